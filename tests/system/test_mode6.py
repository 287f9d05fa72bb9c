# SPDX-License-Identifier: BSD-2-Clause
"""Debian's NTP tools against tokid over mode 6: ntpq, ntpmon, ntpdig, check_ntp_peer,
check_ntp_time, ntpstat. What they show is compared with toki's own JSON. And what others get who
are not to know: less than they sent."""

import json
import os
import re
import select
import struct
import time

import pytest

import daemons
import debs
import net
import terminal

KEYS = '1 AES-128 0123456789abcdef0123456789abcdef\n2 SHA1 another-secret\n'
WRONG_KEYS = '1 AES-128 ffffffffffffffffffffffffffffffff\n'
FAST_S = 0.25  # one server is so far ahead

CONF = '''server {0} iburst minpoll 3 maxpoll 4
server {1} iburst minpoll 3 maxpoll 4
server ntp3.example iburst minpoll 3 maxpoll 4
server {3} iburst minpoll 3 maxpoll 4
server 192.0.2.250
refclock shm unit 2 refid GPS
keys /etc/ntp.keys
trustedkey 1 2
controlkey 1
'''


@pytest.fixture(scope='module')
def asked(world, rivals):
    """tokid with three servers that tell the truth, one that is ahead, one that is not there, and
    a reference clock that says nothing."""
    servers = [daemons.reference(world, rivals, f'reference{i}') for i in range(3)]
    liar = world.host('liar')
    daemons.tokid(liar, 'local stratum 1\nallow\n', path='/etc/chrony.conf',
                  clock=('--virtual-clock', f'offset={FAST_S},rate=0'))
    host = world.host('asked')
    host.names({'ntp3.example': servers[2].v4()})
    host.write('/etc/ntp.keys', KEYS)
    host.path('/etc/ntp.keys').chmod(0o600)
    host.write('/etc/wrong.keys', WRONG_KEYS)
    daemons.tokid(host, CONF.format(*(h.v4() for h in [*servers, liar])),
                  clock=('--virtual-clock', 'offset=0,rate=1e-6'))
    daemons.wait_synchronised(host)
    net.wait_for('the liar is found', lambda: daemons.source(host, liar.v4())['tally'] == 'x')
    host.liar = liar.v4()
    return host


@pytest.fixture(scope='module')
def stranger(world, asked):
    return world.host('stranger')


@pytest.fixture(scope='module')
def monitors():
    return debs.monitors()


def variables(host, rivals, *words):
    """What ntpq gets, as it came: {name: value}."""
    raw = daemons.ntpq(host, rivals, '-n', '-c', 'raw', '-c', ' '.join(('rv', *map(str, words))))
    found = dict(re.findall(r'(\w+)=("[^"]*"|[^,\n]*)', raw))
    assert found, raw
    return found


def associations(host, rivals):
    """[(id, status word)] in their order."""
    table = daemons.ntpq(host, rivals, '-n', '-c', 'as')
    return [(int(a), int(s, 16)) for a, s in re.findall(r'^ *\d+ +(\d+) +([0-9a-f]{4}) ', table,
                                                        re.M)]


# ntpq, row by row

ROWS = {  # command -> what its output has to show
    'as': (r'sel_sys\.peer|sys\.peer', r'falsetick', r'reject'),
    'peers': (r'^\*', r'^x', r'SHM\(2\)'),
    'apeers': (r'^\*', r'^x'),
    'opeers': (r'^\*',),
    'rv': (r'version="tokid ', r'stratum=2', r'leap=00', r'refid=192\.0\.2\.', r'clock='),
    'rv 1': (r'srcadr=192\.0\.2\.', r'reach=0?\d+', r'filtdelay', r'filtoffset', r'filtdisp'),
    'rv &1 stratum,offset,jitter': (r'stratum=1', r'offset=', r'jitter='),
    'readvar 0 tai,rootdist': (r'tai=0', r'rootdist='),
    'cv 6': (r'device="shared memory segment 2"', r'refid=GPS', r'noreply='),
    'sysinfo': (r'system peer: +192\.0\.2\.', r'stratum: +2$', r'leap indicator: +00'),
    'sysstats': (r'uptime:', r'packets received:', r'processed for time:', r'KoD responses:'),
    'kerninfo': (r'pll frequency:', r'maximum error:', r'frequency tolerance:'),
    'iostats': (r'received packets:', r'packets sent:', r'input wakeups:'),
    'authinfo': (r'stored keys: +2$', r'digest failures:'),
    'monstats': (r'addresses in use: +\d+', r'maximum addresses: +\d+'),
    'ntsinfo': (r'NTS server sends: +0',),
    'lopeers': (r'^\*192\.0\.2\.\d+ +192\.0\.2\.\d+ ',),
    'timerstats': (r'calls to transmit: +\d+',),
    'pstats 1': (r'remote host: +192\.0\.2\.', r'packets received: +\d+', r'candidate order: +\d'),
    'mru': (r' (127\.0\.0\.1|::1)$',),
    'mrulist limit=1': (r'remote address',),
    'mreadvar 1 2 stratum': (r'stratum=1',),
}


@pytest.mark.parametrize('command', ROWS)
def test_ntpq_shows(asked, rivals, command):
    done = daemons.ntpq(asked, rivals, '-n', '-c', command)
    for pattern in ROWS[command]:
        assert re.search(pattern, done, re.M), f'{pattern} is not in:\n{done}'
    assert not re.search(r'\*\*\*|Traceback|timed out|nan|\?\?', done), done


@pytest.mark.parametrize('command', ['ifstats', 'reslist', ':config restrict 198.51.100.1 noserve'])
def test_ntpq_needs_the_key(asked, rivals, command):
    def run(keys, number):
        return daemons.ntpq(asked, rivals, '-n', '-k', keys, '-a', number, '-c', command)
    wanted = {'ifstats': r'0\.0\.0\.0:123', 'reslist': r'0\.0\.0\.0',
              ':config': r'Config Succeeded'}[command.split()[0]]
    assert not re.search(wanted, run('/etc/wrong.keys', '1'))
    assert not re.search(wanted, run('/etc/ntp.keys', '2'))  # a key, but not the control key
    assert not re.search('198.51.100.1', asked.run(net.TOKI, 'config', 'show', '--daemon').stdout)
    assert re.search(wanted, run('/etc/ntp.keys', '1'))
    if command.startswith(':config'):
        assert re.search('198.51.100.1', asked.run(net.TOKI, 'config', 'show', '--daemon').stdout)
        again = daemons.ntpq(asked, rivals, '-n', '-k', '/etc/ntp.keys', '-a', '1', '-c',
                             ':config sever 192.0.2.99')
        assert 'sever' in again and 'Succeeded' not in again
        asked.run(net.TOKI, 'reload')


def test_billboard(asked, rivals):
    """Each column of `ntpq -pn`, against toki's JSON of the same moment."""
    def compare():
        before = {s['name']: s for s in daemons.status(asked)['sources']}
        table = daemons.ntpq(asked, rivals, '-pn')
        after = {s['name']: s for s in daemons.status(asked)['sources']}
        lines = [line for line in table.splitlines()[2:] if line.strip()]
        assert len(lines) == len(after) == 6, table
        moves = ('reach', 'tally', 'sent', 'received')
        if [[s[name] for name in moves] for s in before.values()] != [
                [s[name] for name in moves] for s in after.values()]:
            return False  # it changed meanwhile: once more
        for line, s in zip(lines, after.values()):
            remote, refid, stratum, kind, when, poll, reach, delay, offset, _ = line[1:].split()
            refid = refid.strip('.')
            assert line[0] == s['tally'], table
            assert remote == {'SHM2': 'SHM(2)', 'ntp3.example': s['address']}.get(
                s['name'], s['name']) or remote == s['name'], table
            assert int(reach, 8) == s['reach'], table
            assert kind == ('l' if s['kind'] == 'refclock' else 'u')
            assert int(poll) == 2**s['poll'], table
            if s['reach']:
                assert int(stratum) == s['stratum'] and refid == s['refid'], table
                assert abs(float(delay) / 1e3 - s['delay_s']) < 1e-6, table
                assert abs(float(offset) / 1e3 - s['offset_s']) < 1e-4, table
                # by the virtual clock it may come from the future, which is shown as a dash
                assert abs(int(when.replace('-', '0')) - s['last_sample_age_s']) < 10, table
            elif s['kind'] == 'server':
                assert (stratum, refid, when) == ('16', 'INIT', '-'), table
        return True
    net.wait_for('the billboard is that of the JSON', compare)


def test_signs(asked, rivals):
    """A server that is ahead has a positive offset, as ntpd shows it; its line has an x."""
    line = next(entry for entry in daemons.ntpq(asked, rivals, '-pn').splitlines()
                if entry.startswith('x' + asked.liar))
    assert float(line.split()[8]) == pytest.approx(FAST_S * 1e3, abs=20)
    number = next(n for n, word in associations(asked, rivals) if word >> 8 & 7 == 1)
    found = variables(asked, rivals, number)
    assert float(found['offset']) == pytest.approx(FAST_S * 1e3, abs=20)
    newest = found['filtoffset'].split()[0]
    assert float(newest) == pytest.approx(FAST_S * 1e3, abs=20)
    # the oscillator is fast, so the correction is negative
    assert daemons.status(asked)['clock']['frequency_ppm'] == pytest.approx(
        float(variables(asked, rivals)['frequency']), abs=5)


def test_system_variables(asked, rivals):
    def same():
        before, found, after = (daemons.status(asked)['clock'], variables(asked, rivals),
                                daemons.status(asked)['clock'])
        low, high = sorted(c['root_dispersion_s'] * 1e3 for c in (before, after))
        selected = [n for n, word in associations(asked, rivals) if word >> 8 & 7 == 6]
        return before['refid'] == after['refid'] == found['refid'] and \
            int(found['stratum']) == after['stratum'] and int(found['leap']) == 0 and \
            low - 5 < float(found['rootdisp']) < high + 5 and [int(found['peer'])] == selected
    net.wait_for('the variables are those of the JSON', same)  # again if it changes meanwhile


def test_ids_rise_and_stay(asked, rivals):
    ids = [number for number, _ in associations(asked, rivals)]
    assert ids == sorted(ids) and len(ids) == 6
    assert [number for number, _ in associations(asked, rivals)] == ids


def test_list_of_clients(asked, rivals, world):
    """ntpq's list has whom `clients` of the control socket has, with as many requests."""
    hosts = [world.host(f'client{i}') for i in range(2)]
    for host in hosts:
        for _ in range(5):
            assert net.ask(host, asked.v4())
    listed = dict((a, int(n)) for n, a in re.findall(
        r'^ *\S+ +\S+ +\S+ +\S+ +3 +4 +(\d+) +\S+ +\d+ +\d+ (\S+)$',
        daemons.ntpq(asked, rivals, '-n', '-c', 'mru'), re.M))
    known = {c['address']: c['requests'] for c in json.loads(
        asked.run(net.TOKI, 'clients', '--json').stdout)['clients']}
    for host in hosts:
        assert listed[host.v4()] == known[host.v4()] >= 5  # more where a request was repeated
    # nobody is missing in a long one, which takes many requests
    for i in range(600):
        assert net.ask(asked, '127.0.0.1', source=f'127.1.{i // 200}.{i % 200 + 1}')
    table = daemons.ntpq(asked, rivals, '-n', '-c', 'mru', '127.0.0.1')
    assert len(re.findall(r' 127\.1\.\d+\.\d+$', table, re.M)) == 600, table[-1000:]
    # the list is kept when the worker dies
    asked.run('sh', '-c', f'kill -9 {daemons.roles(asked)["serve"]}')
    assert net.ask(hosts[0], asked.v4())
    again = {c['address']: c['requests'] for c in json.loads(
        asked.run(net.TOKI, 'clients', '--json').stdout)['clients']}
    assert again[hosts[0].v4()] > known[hosts[0].v4()]
    assert again[hosts[1].v4()] == known[hosts[1].v4()]


# its relatives

def test_ntpmon(asked, rivals):
    """It ends at once if the daemon cannot give it the list of clients."""
    root = rivals['ntpsec']
    environment = {'PYTHONPATH': str(root / 'usr/lib/python3/dist-packages'),
                   'LD_LIBRARY_PATH': str(next(root.glob('usr/lib/*/ntp')))}
    with terminal.Terminal(asked, root / 'usr/bin/ntpmon', env=environment) as screen:
        shown = screen.read_until('remote address')
        assert re.search(r'\*192\.0\.2|\*\S', shown) and 'tokid' in shown
        screen.press('q')


def test_ntpdig(asked, stranger, rivals):
    root = rivals['ntpsec']
    answer = stranger.run(root / 'usr/bin/ntpdig', asked.v4(), check=False, env={
        **os.environ, 'PYTHONPATH': str(root / 'usr/lib/python3/dist-packages'),
        'LD_LIBRARY_PATH': str(next(root.glob('usr/lib/*/ntp')))}).stdout
    assert re.search(re.escape(asked.v4()) + r' s2 no-leap', answer), answer


def test_check_ntp_peer(asked, monitors):
    program = monitors / 'usr/lib/nagios/plugins/check_ntp_peer'
    done = asked.run(program, '-H', '127.0.0.1', '-w', '0.1', '-c', '0.2', '-W', '5', '-C', '9',
                     '-m', '3:', '-n', '2:', check=False)
    assert done.returncode == 0 and re.search(r'NTP OK: Offset -?\d', done.stdout), done.stdout
    assert re.search(r'truechimers=3', done.stdout) and 'stratum=1' in done.stdout, done.stdout


def test_check_ntp_time(asked, stranger, monitors):
    program = monitors / 'usr/lib/nagios/plugins/check_ntp_time'
    done = stranger.run(program, '-H', asked.v4(), '-w', '0.5', '-c', '1', check=False)
    assert done.returncode == 0 and 'NTP OK: Offset' in done.stdout, done.stdout


def test_ntpstat(asked, monitors):
    done = asked.run(monitors / 'usr/bin/ntpstat', check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r'synchronised to NTP server \(192\.0\.2\.\d+\) at stratum 2', done.stdout)
    assert re.search(r'time correct to within \d+ ms', done.stdout)


# who may ask, and what others get

LENGTHS = (0, 1, 4, 8, 11, 12, 13, 16, 20, 24, 32, 36, 47, 48, 49, 52, 60, 68, 72, 96, 100, 192, 468,
           480, 500, 548, 1000, 1400)


def hostile():
    """Datagrams of each mode, version, operation and many lengths."""
    for length in LENGTHS:
        for mode in range(8):
            for version in range(8):
                yield bytes([version << 3 | mode]) + os.urandom(length - 1) if length else b''
        for operation in range(32):
            head = struct.pack('>BBHHHHH', 0x16, operation, 1, 0, 0, 0, max(0, min(length, 480) - 12))
            yield (head + b'version,peer').ljust(length, b'\0')[:length]
            yield (b'\x17' + bytes([operation]) + head[2:]).ljust(length, b'\0')[:length]


def replies_to(host, to, datagrams):
    """[(bytes sent, [bytes of each reply])]: each datagram from a port of its own."""
    family = 10 if ':' in to else 2
    sockets = [(host.socket(family), datagram) for datagram in datagrams]
    found = []
    for s, datagram in sockets:
        s.sendto(datagram, (to, 123))
    assert net.ask(host, to)  # after those
    time.sleep(0.2)  # sync answers by another way than the workers
    for s, datagram in sockets:
        got = []
        while select.select([s], [], [], 0)[0]:
            got.append(len(s.recv(65535)))
        found.append((len(datagram), got, datagram[:2].hex()))
        s.close()
    return found


@pytest.mark.parametrize('dialect', ['ntp', 'chrony'])
def test_nobody_elsewhere_gets_more_than_he_sent(world, stranger, rivals, dialect):
    host = world.host(f'server-{dialect}')
    source = 'local stratum 5\nallow\n' if dialect == 'chrony' else \
        'server 127.127.1.0\nfudge 127.127.1.0 stratum 5\n'
    daemons.tokid(host, source, path=f'/etc/{dialect}.conf')
    daemons.wait_serving(host)
    everything = list(hostile())
    answered = 0
    for start in range(0, len(everything), 500):
        for sent, got, what in replies_to(stranger, (host.v4(), host.v6())[start // 500 % 2],
                                          everything[start:start + 500]):
            assert sum(got) <= sent, f'{got} bytes for {sent} of {what}'
            answered += len(got)
    assert answered > 5  # well-formed requests for the time are among them
    # this machine itself is answered, by both languages
    assert 'version="tokid' in daemons.ntpq(host, rivals, '-n', '-c', 'rv')
    assert 'version="tokid' in daemons.ntpq(host, rivals, '-n', '-c', 'rv', '::1')


QUERY = struct.pack('>BBHHHHH', 0x16, 2, 1, 0, 0, 0, 0)


def test_restrict_decides(world, stranger, rivals):
    """As ntpd has it: who has no noquery may ask; but gets one datagram, where this machine gets
    all."""
    host = world.host('restricted')
    conf = 'server 192.0.2.1\nserver 127.127.1.0\nrestrict default kod limited nomodify noquery\n'
    daemons.tokid(host, conf)
    daemons.wait_serving(host)
    assert net.ask(host, '127.0.0.1', QUERY, timeout=net.QUIET_S) is None
    assert net.ask(stranger, host.v4(), QUERY, timeout=net.QUIET_S) is None
    host.write('/etc/ntp.conf', conf + f'restrict {stranger.v4()} kod nomodify\n'
               'restrict 127.0.0.1\nrestrict ::1\n')
    host.run(net.TOKI, 'reload')
    reply = net.ask(stranger, host.v4(), QUERY)  # as soon as the rule holds
    assert len(reply) <= 480 and not reply[1] & 0x20  # whole in itself
    assert reply[12:].rstrip(b'\0').endswith(b'\r\n')
    # one datagram for each request is enough for a billboard and for a list of clients
    assert re.search(r'^.192\.0\.2\.1 +\S+ +\d+ u .* \d+\.\d+$', daemons.ntpq(
        stranger, rivals, '-pn', host.v4()), re.M)
    assert stranger.v4() in daemons.ntpq(stranger, rivals, '-n', '-c', 'mru', host.v4())
    assert net.ask(host, '127.0.0.1', QUERY)
    assert net.ask(stranger, host.v6(), QUERY, timeout=net.QUIET_S) is None
    assert net.ask(stranger, host.v4(), b'\x17\x00\x03\x2a' + bytes(44), timeout=net.QUIET_S) is None


def test_a_flood_starves_nobody(asked, rivals):
    """Twenty thousand control requests from this machine: those in the way are dropped, the time is
    served and the clock is kept all the while."""
    with asked.socket() as s:
        s.setblocking(False)
        for _ in range(20000):
            try:
                s.sendto(QUERY, ('127.0.0.1', 123))
            except BlockingIOError:
                time.sleep(0.001)
        assert net.ask(asked, asked.v4())
    assert daemons.status(asked)['clock']['synchronised']
    net.wait_for('ntpq is answered', lambda: 'version="tokid' in daemons.ntpq(
        asked, rivals, '-n', '-c', 'rv'))


def test_one_process(world, rivals):
    host = world.host('one')
    host.write('/etc/ntp.keys', KEYS)
    host.path('/etc/ntp.keys').chmod(0o600)
    daemons.tokid(host, 'server 192.0.2.250\nkeys /etc/ntp.keys\ntrustedkey 1\ncontrolkey 1\n',
                  '--one-process')
    assert 'version="tokid' in daemons.ntpq(host, rivals, '-n', '-c', 'rv')
    key = ('-n', '-k', '/etc/ntp.keys', '-a', '1')
    assert 'Succeeded' in daemons.ntpq(host, rivals, *key, '-c', ':config server 192.0.2.251')
    assert '192.0.2.251' in daemons.ntpq(host, rivals, '-pn')
    assert 'Succeeded' in daemons.ntpq(host, rivals, *key, '-c', ':config unpeer 192.0.2.251')
    assert '192.0.2.251' not in daemons.ntpq(host, rivals, '-pn')
