# SPDX-License-Identifier: BSD-2-Clause
"""toki under the names of other tools: ntpq, chronyc and ntpdate beside Debian's, asking the same
daemons in the same minute; ntpctl and ntpstat; setting a clock that only pretends to be one."""

import os
import pty
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

import daemons
import net

# Seconds, ppm and counters move between two questions: numbers are held against each other by sign
# and size only where they do not.
NUMBER = re.compile(r'^[-+]?\d+(\.\d*)?(e[-+]\d+)?$')


@pytest.fixture(scope='module')
def tools(world):
    """A folder with links to toki under each name."""
    folder = world.folder / 'tools'
    folder.mkdir()
    subprocess.run([net.TOKI, 'install-links', folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope='module')
def reference(world, rivals):
    return daemons.reference(world, rivals)


@pytest.fixture(scope='module')
def ntpsec(world, rivals, reference):
    """Debian's ntpd with a source of each kind."""
    host = world.host('ntpsec')
    host.names({'one.example': reference.v4(), 'a.long.name.of.a.server.example': reference.v6()})
    host.write('/etc/keys', '1 MD5 secretsecret\n2 AES 00112233445566778899aabbccddeeff\n')
    daemons.start_ntpsec(host, rivals, f'''server {reference.v4()} iburst minpoll 3 maxpoll 3
server {reference.v6()} iburst minpoll 3 maxpoll 3
server 192.0.2.99
refclock local
pool nowhere.example
keys /etc/keys
trustedkey 1 2
controlkey 1
disable ntp
''')
    net.wait_for('ntpd has a system peer', lambda: re.search(
        r'^\*', daemons.ntpq(host, rivals, '-pn'), re.M), interval=1.0)
    return host


@pytest.fixture(scope='module')
def chrony(world, rivals, reference):
    """Debian's chronyd with a source of each kind, and its Unix socket."""
    host = world.host('chrony')
    host.names({'one.example': reference.v4()})
    host.run('mkdir', '-m', '750', '/run/chrony')
    host.write('/etc/keys', '1 SHA1 HEX:00112233445566778899\n')
    host.write('/etc/chrony-test.conf', f'''server {reference.v4()} iburst minpoll 2 maxpoll 3
server {reference.v6()} iburst minpoll 2 maxpoll 3 noselect
server one.example minpoll 3
peer 192.0.2.99 key 1
refclock SHM 7 refid GPS
keyfile /etc/keys
authselectmode ignore
allow
manual
user root
pidfile /run/chronyd.pid
driftfile /run/chrony.drift
''')
    host.start(rivals['chrony'] / 'usr/sbin/chronyd', '-d', '-x', '-f', '/etc/chrony-test.conf')
    net.wait_for('chronyd has selected a source', lambda: '^*' in host.run(
        rivals['chrony'] / 'usr/bin/chronyc', '-n', 'sources', check=False).stdout, interval=1.0)
    return host


def ours_and_theirs(host, ours, theirs, env=None):
    """Both outputs and exit codes, the one right behind the other."""
    a = host.run(*theirs, check=False, env=env)
    b = host.run(*ours, check=False)
    return (a.stdout, a.returncode), (b.stdout, b.returncode)


def fields(text):
    """Words with what moves taken out: numbers by their sign and number of digits behind the point."""
    found = []
    # Debian's ntpq leaves the brackets out around an IPv6 address with a port
    text = re.sub(r'\[([0-9a-f:]+)\](:\d+)', r'\1\2', text)
    for word in re.split(r'[\s,=\[\]()]+', text):
        if NUMBER.match(word) or word == '-':
            found.append('number')
        elif word in ('slow', 'fast'):
            found.append('sign')  # of what is about zero; see test_signs
        elif re.match(r'^[-+]?[\d.]+(ns|us|ms|s|m|h|p/s|s/p|ppm)$', word):
            found.append('amount')
        elif re.match(r'^([0-9a-f]{8}\.[0-9a-f]{8}|\d{4}-\d\d-\d\d(T|$).*|\d\d:\d\d:\d\d)', word):
            found.append('time')
        elif word:
            found.append(word)
    return found


TABLE = {}  # command: how alike the outputs were


@pytest.fixture(scope='module', autouse=True)
def table():
    """Printed at the end, for who runs this with -s."""
    yield
    print('\n| command | against | output |\n|---|---|---|')
    for (command, against), alike in TABLE.items():
        print(f'| `{command}` | {against} | {alike} |')


def note(host, ours, same):
    words = ' '.join(f'"{w}"' if ' ' in w else w for w in [Path(ours[0]).name, *map(str, ours[1:])])
    TABLE[words, host.name] = 'the same' if same else 'the same fields; numbers that move'


def assert_alike(host, ours, theirs, env=None, trim=lambda text: text):
    """The same fields and the same exit code; asks both again while what they say moves."""
    deadline = time.monotonic() + net.PATIENCE_S
    while True:
        a, b = ours_and_theirs(host, ours, theirs, env)
        if fields(a[0]) == fields(trim(b[0])) and a[1] == b[1]:
            note(host, ours, a[0] == trim(b[0]))
            return b
        if time.monotonic() > deadline:
            assert fields(a[0]) == fields(trim(b[0])), f'{a[0]}\n----\n{b[0]}'
            assert a[1] == b[1]
        time.sleep(0.5)


# ntpq

NTPQ = [['-p'], ['-pn'], ['-pw'], ['-s', '-p'], ['-c', 'apeers'], ['-c', 'opeers'], ['-c', 'lpeers'],
        ['-c', 'as'], ['-c', 'lassociations'], ['-c', 'sysinfo'], ['-nc', 'sysinfo'],
        ['-c', 'sysstats'], ['-c', 'kerninfo'], ['-c', 'iostats'], ['-c', 'timerstats'],
        ['-c', 'monstats'], ['-c', 'authinfo'], ['-c', 'ntsinfo'], ['-c', 'rv 0 leap,stratum'],
        ['-c', 'rv &1 srcadr offset'], ['-c', 'cv &4'], ['-c', 'pstats &1'],
        ['-c', 'mrv &1 &2 stratum srcadr'], ['-c', 'raw', '-c', 'rv 0 leap,stratum'],
        ['-c', 'addvars stratum,leap', '-c', 'rl', '-c', 'showvars', '-c', 'rmvars leap', '-c', 'rl'],
        ['-c', 'host', '-c', 'timeout', '-c', 'keyid', '-c', 'ntpversion 3', '-c', 'hostnames no'],
        ['-c', 'cv'], ['-c', 'nonsense'], ['-c', 'p'], ['-c', 'rv 0 nosuchname'],
        ['-a', '1', '-k', '/etc/keys', '-c', 'reslist'],
        ['-a', '1', '-k', '/etc/keys', '-c', 'ifstats'],
        ['-a', '2', '-k', '/etc/keys', '-c', 'ifstats'],  # not the control key
        ['-a', '1', '-k', '/etc/keys', '-c', ':config foo bar'], ['-p', '::1', '127.0.0.1']]


@pytest.mark.parametrize('words', NTPQ, ids=' '.join)
def test_ntpq_has_the_fields_of_debians(ntpsec, rivals, tools, words):
    assert_alike(ntpsec, [tools / 'ntpq', *words], ['ntpq', *words],
                 daemons._ntpsec_environment(rivals))


def test_the_billboards_columns_are_where_scripts_cut_them(ntpsec, rivals, tools):
    def same():
        """Byte for byte: until no source was polled between the two."""
        theirs, ours = ours_and_theirs(ntpsec, [tools / 'ntpq', '-pn'], ['ntpq', '-pn'],
                                       daemons._ntpsec_environment(rivals))
        strip = [re.sub(r'(.{38}).{4}', r'\1    ', t[0]) for t in (theirs, ours)]  # "when"
        return strip[0] == strip[1] and strip[0]
    assert re.search(r'^\*', net.wait_for('two equal billboards', same), re.M)


def variables(text):
    """{name: value} of what `rv` prints, numbers as numbers."""
    found = {}
    for name, value in re.findall(r'(\w+)\s?=\s*("[^"]*"|[^,\n]*)', text):
        found[name] = float(value) if NUMBER.match(value) else value
    return found


def test_lists_of_variables_have_the_same_names_and_values(ntpsec, rivals, tools):
    moving = {'clock', 'reftime', 'rec', 'xmt', 'rootdisp', 'headway', 'delay', 'offset', 'jitter',
              'dispersion', 'sys_jitter', 'clk_jitter', 'reach', 'rootdelay', 'rootdist', 'unreach',
              'filtdelay', 'filtoffset', 'filtdisp', 'frequency', 'tc', 'status', 'refid'}
    for words in ('rv', 'rv &1', 'rv &2', 'rv &3', 'rv &4'):
        theirs, ours = ours_and_theirs(ntpsec, [tools / 'ntpq', '-c', words], ['ntpq', '-c', words],
                                       daemons._ntpsec_environment(rivals))
        a, b = variables(theirs[0]), variables(ours[0])
        assert list(a) == list(b) and len(a) > 15, words
        for name in set(a) - moving:
            assert a[name] == b[name], (words, name)
        assert theirs[0].splitlines()[0] == ours[0].splitlines()[0]  # the line of status, in words


def test_ntpq_shows_clients_and_says_when_nobody_answers(ntpsec, rivals, tools):
    theirs, ours = ours_and_theirs(ntpsec, [tools / 'ntpq', '-nc', 'mrulist'],
                                   ['ntpq', '-nc', 'mrulist'], daemons._ntpsec_environment(rivals))
    rows = [[sorted(line.split()[-1] for line in text.splitlines() if re.match(r' +\d', line))]
            for text, code in (theirs, ours)]
    assert rows[0] == rows[1] and len(rows[0][0]) >= 2
    header = [line for line in theirs[0].splitlines() if 'lstint' in line]
    assert header == [line for line in ours[0].splitlines() if 'lstint' in line]
    words = [tools / 'ntpq', '-c', 'timeout 200', '-c', 'rv']
    silent = ntpsec.run(*words, '192.0.2.99').stdout
    assert '192.0.2.99: timed out, nothing received\n***Request timed out\n' in silent
    said = ntpsec.run('sh', '-c', f'printf "rv 0 stratum\\nquit\\nrv\\n" | {tools}/ntpq').stdout
    assert said == 'stratum=2\n'


def test_a_long_list_of_clients_comes_whole(world, ntpsec, rivals, tools):
    """Several answers of many datagrams each."""
    crowd, count = world.host('crowd'), 300
    crowd.write('/run/batch', ''.join(f'address add 2001:db8::1:{i:x}/64 dev eth0 nodad\n'
                                      for i in range(count)))
    crowd.run('ip', '-batch', '/run/batch')
    clients = {f'2001:db8::1:{i:x}' for i in range(count)}

    def addresses(text):
        return sorted(line.split()[-1] for line in text.splitlines() if re.match(r' +\d', line))

    def whole():
        theirs, ours = ours_and_theirs(ntpsec, [tools / 'ntpq', '-nc', 'mrulist'], [
            'ntpq', '-nc', 'mrulist'], daemons._ntpsec_environment(rivals))
        for address in clients - set(addresses(theirs[0])):
            with crowd.socket(socket.AF_INET6, (address, 0)) as client:
                client.sendto(net.request(), (ntpsec.v6(), 123))
        return addresses(theirs[0]) == addresses(ours[0]) and clients <= set(addresses(ours[0]))
    net.wait_for('two equal lists with all clients', whole)


def talk(host, words, lines):
    """What a program says on a terminal, its prompts included."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(host.command(words), stdin=theirs, stdout=theirs, stderr=theirs,
                          start_new_session=True) as process:
        os.close(theirs)
        os.write(ours, ''.join(line + '\n' for line in lines).encode())
        said = b''
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:  # it has ended
                break
        assert process.wait(net.PATIENCE_S) == 0
    os.close(ours)
    return said.decode()


def test_prompts_on_a_terminal(ntpsec, chrony, tools):
    said = talk(ntpsec, [tools / 'ntpq'], ['rv 0 stratum', 'help peers', 'quit'])
    assert said.count('ntpq> ') == 3
    assert 'stratum=2' in said and 'function: print the peers' in said
    said = talk(chrony, [tools / 'chronyc'], ['activity', 'nonsense', 'quit'])
    assert said.count('chronyc> ') == 3
    assert 'sources online' in said and 'Unrecognized command' in said


# chronyc

CHRONYC = ['tracking', '-n tracking', '-c tracking', 'sources', '-n sources', '-n sources -a',
           '-c sources', '-N sources', 'sourcestats', '-c sourcestats', 'activity', '-c activity',
           'ntpdata', '-c ntpdata', 'ntpdata 192.0.2.1', 'selectdata', '-c selectdata -a', 'authdata',
           '-c authdata', 'serverstats', '-c serverstats', '-n clients', '-n clients -k',
           'accheck 192.0.2.7', 'cmdaccheck 192.0.2.7', 'rtcdata', 'smoothing', 'manual list',
           'sourcename 192.0.2.1', '-c waitsync 1', '-h 127.0.0.1 serverstats',
           '-h 127.0.0.1 tracking', '-h 127.0.0.1 makestep', '-h /nowhere tracking',
           '-h 127.0.0.1 -p 999 tracking', '-h 192.0.2.99,127.0.0.1 activity',
           '-m tracking activity', 'nonsense', 'add server foo.invalid', 'add pool foo.invalid',
           'makestep', 'makestep 1 3', 'burst', 'burst 1/2', 'burst 1/2 255.255.255.0/192.0.2.0',
           'offline 192.0.2.99', 'online', 'online 192.0.2.0/24', 'online 192.0.2.77', 'allow 10/8',
           'deny 10.1', 'allow all 10.2.3.4', 'allow ::/0', 'allow x/y', 'cmdallow 10.1.1.0/24',
           'minpoll 192.0.2.1 2', 'maxpoll 192.0.2.77 3', 'maxdelay 192.0.2.1 0.1', 'minpoll 3',
           'polltarget 192.0.2.1 10', 'reselect', 'reselectdist 0.001', 'dump', 'cyclelogs',
           'refresh', 'rekey', 'reload sources', 'reload', 'maxupdateskew 100', 'dfreq 0',
           'doffset 0', 'smoothtime reset', 'trimrtc', 'writertc', 'manual on', 'manual x',
           'manual delete 3', 'onoffline', 'settime nonsense', 'add server', 'add server 192.0.2.1',
           'add peer x.example minpoll', 'delete 192.0.2.78', 'local stratum 12 orphan', 'local off',
           'local x', 'dns -n', 'timeout 100', 'retries 0']


@pytest.mark.parametrize('words', CHRONYC)
def test_chronyc_has_the_fields_of_debians(chrony, rivals, tools, words):
    original = rivals['chrony'] / 'usr/bin/chronyc'
    assert_alike(chrony, [tools / 'chronyc', *words.split()], [original, *words.split()])


def test_chronyc_prints_reports_byte_for_byte(chrony, rivals, tools):
    original = rivals['chrony'] / 'usr/bin/chronyc'
    for words in ('-n sources', 'sources', '-c sources -a', 'activity', '-n selectdata',
                  'ntpdata 192.0.2.1', '-n authdata -a', '-c ntpdata'):
        def same(words=words):  # until no measurement came between the two
            theirs, ours = ours_and_theirs(chrony, [tools / 'chronyc', *words.split()],
                                           [original, *words.split()])
            return theirs == ours and theirs[1] == 0
        net.wait_for('two equal reports of ' + words, same, interval=0.1)


def test_signs_of_tracking_and_statistics(chrony, rivals, tools):
    original = rivals['chrony'] / 'usr/bin/chronyc'

    def same(words, pick):  # what moves about zero is the same a moment later
        theirs, ours = ours_and_theirs(chrony, [tools / 'chronyc', *words], [original, *words])
        return pick(theirs[0]) == pick(ours[0])

    def text_signs(text):
        return re.findall(r'slow|fast', text) + re.findall(r': ([-+])', text)

    def value_signs(text):
        return [[value.startswith('-') for value in line.split(',')] for line in text.splitlines()]

    net.wait_for('equal signs', lambda: same(['tracking'], text_signs), interval=0.1)
    for words in (['-c', 'tracking'], ['-c', 'sourcestats'], ['-c', 'sources']):
        net.wait_for('equal signs', lambda words=words: same(words, value_signs), interval=0.1)


def test_chronyc_adds_and_deletes_sources(chrony, rivals, tools):
    original = rivals['chrony'] / 'usr/bin/chronyc'
    said = chrony.run(tools / 'chronyc', 'add', 'server', '192.0.2.50', 'minpoll', '4', 'maxpoll',
                      '5', 'offline').stdout
    assert said == '200 OK\n'
    assert re.search(r'^\^,\?,192\.0\.2\.50,0,4,', chrony.run(original, '-c', 'sources').stdout, re.M)
    assert '1 sources offline' in chrony.run(tools / 'chronyc', 'activity').stdout
    assert chrony.run(tools / 'chronyc', 'delete', '192.0.2.50').stdout == '200 OK\n'
    done = chrony.run(tools / 'chronyc', 'delete', '192.0.2.50', check=False)
    assert (done.stdout, done.returncode) == ('503 No such source\n', 1)
    assert not list(chrony.path('/run/chrony').glob('chronyc*'))  # its own socket is gone
    said = chrony.run('sh', '-c', f'printf "activity\\nquit\\nx\\n" | {tools}/chronyc -c').stdout
    assert re.fullmatch(r'\d+(,\d+){4}\n', said)


# ntpdate

ONE = ('-p', '1', '-t', '60')  # one sample, with patience


class Shifted:
    """An NTP server whose time is off, on a host's port 123."""

    def __init__(self, host, offset):
        self.offset, self.socket = offset, host.socket(bind=('0.0.0.0', 123))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                request, source = self.socket.recvfrom(2000)
            except TimeoutError:
                continue
            except OSError:
                return
            now = time.time() + self.offset + 2208988800
            stamp = struct.pack('!II', int(now), int((now % 1) * 2**32))
            self.socket.sendto(struct.pack('!BBbbII4s', 0x24, 2, 6, -20, 0, 0, b'\x7f\x7f\x01\x01') +
                               stamp + request[40:48] + stamp + stamp, source)


@pytest.fixture(scope='module')
def shifted(world):
    made = {}
    for name, offset in (('near', 0.2), ('far', -3.0)):
        host = world.host(name)
        made[name] = (host, Shifted(host, offset))
    yield {name: host.v4() for name, (host, server) in made.items()}
    for host, server in made.values():
        server.socket.close()


@pytest.fixture(scope='module')
def bare(world):
    return world.host('bare')


@pytest.fixture(scope='module')
def recorder(tmp_path_factory):
    library = tmp_path_factory.mktemp('preload') / 'record_clock.so'
    subprocess.run(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-D_GNU_SOURCE',
                    '-o', library, Path(__file__).with_name('record_clock.c')], check=True)
    return library


def test_ntpdate_measures_what_debians_does(bare, rivals, tools, shifted, reference):
    for server, offset in ((reference.v4(), 0.0), (shifted['near'], 0.2), (shifted['far'], -3.0)):
        theirs = daemons.ntpdate(bare, rivals, '-q', server)
        ours = bare.run(tools / 'ntpdate', '-q', *ONE, server)
        value = float(re.search(r' ([-+][\d.]+) \+/- ', theirs.stdout).group(1))
        lines = re.fullmatch(
            rf'server {server}, stratum (\d+), offset ([-+]\d+\.\d{{6}}), delay (\d+\.\d{{5}})\n'
            r'[ \d]\d \w{3} \d\d:\d\d:\d\d ntpdate\[\d+\]: (adjust|step) time server '
            rf'{server} offset ([-+]\d+\.\d{{6}}) sec\n', ours.stdout)
        assert lines, ours.stdout
        assert abs(value - float(lines.group(2))) < 0.15 and abs(offset - value) < 0.15
        assert lines.group(4) == ('step' if abs(offset) > 0.5 else 'adjust')
        assert theirs.returncode == ours.returncode == 0


def test_ntpdate_says_when_there_is_no_server(bare, tools):
    done = bare.run(tools / 'ntpdate', '-q', '-p', '1', '-t', '0.2', '192.0.2.99', check=False)
    assert 'server 192.0.2.99, stratum 0, offset' in done.stdout
    assert done.stdout.endswith('no server suitable for synchronization found\n')
    assert done.returncode == 1
    done = bare.run(tools / 'ntpdate', '-q', 'nowhere.example', check=False)
    assert "Can't find host nowhere.example" in done.stdout and done.returncode == 1
    assert bare.run(tools / 'ntpdate', '-b', '-B', 'x', check=False).returncode == 1


def test_ntpdate_believes_the_majority(bare, tools, shifted, reference):
    done = bare.run(tools / 'ntpdate', '-q', *ONE, shifted['far'], reference.v4(),
                    reference.v6())
    assert re.search(r'adjust time server (192\.0\.2|2001:db8)', done.stdout)


def set_clock(bare, tools, recorder, *words):
    """What the clock was told, and what was said."""
    bare.run('rm', '-f', '/run/clock.log')
    done = bare.run('env', f'LD_PRELOAD={recorder}', 'CLOCK_LOG=/run/clock.log', tools / 'ntpdate',
                    *ONE, *words)
    return bare.path('/run/clock.log').read_text().splitlines()[-1], done.stdout


def test_ntpdate_slews_a_little_and_steps_a_lot(bare, tools, recorder, shifted):
    told, said = set_clock(bare, tools, recorder, shifted['near'])
    slew = int(re.match(r'modes=0x8001 offset=(-?\d+) ', told).group(1))  # singleshot, microseconds
    assert abs(slew - 200000) < 100000 and 'adjust time server' in said
    told, said = set_clock(bare, tools, recorder, shifted['far'])
    step = re.match(r'modes=(0x\w+) .*seconds=(-?\d+) fraction=(\d+)', told)
    assert int(step.group(1), 16) & 0x100  # ADJ_SETOFFSET
    assert abs(int(step.group(2)) + int(step.group(3)) / 1e9 + 3.0) < 0.1
    assert 'step time server' in said
    assert 'step time server' in set_clock(bare, tools, recorder, '-b', shifted['near'])[1]
    assert 'adjust time server' in set_clock(bare, tools, recorder, '-B', shifted['far'])[1]
    bare.run('rm', '-f', '/run/clock.log')
    bare.run('env', f'LD_PRELOAD={recorder}', 'CLOCK_LOG=/run/clock.log', tools / 'ntpdate', '-q',
             *ONE, shifted['far'])
    assert not bare.path('/run/clock.log').exists()


def test_ntpdate_with_keys(world, bare, rivals, tools):
    keyed = world.host('keyed')
    keyed.write('/etc/keys', '1 SHA1 HEX:00112233445566778899aabbccddeeff00112233\n')
    daemons.start_chronyd(keyed, rivals, 'local stratum 3\nallow\ncmdport 0\nkeyfile /etc/keys')
    daemons.wait_serving(keyed)
    bare.write('/etc/ntp.keys', '1 SHA1 00112233445566778899aabbccddeeff00112233\n2 MD5 wrong\n')
    words = [tools / 'ntpdate', '-q', *ONE]
    assert 'adjust time server' in bare.run(*words, '-a', '1', keyed.v4()).stdout
    words = [tools / 'ntpdate', '-q', '-p', '1', '-t', '0.2']
    assert bare.run(*words, '-a', '2', keyed.v4(), check=False).returncode == 1
    assert 'key 3 unknown' in bare.run(*words, '-a', '3', keyed.v4(), check=False).stdout


def test_ntpdate_refuses_while_a_daemon_runs(ntpsec, tools, reference):
    done = ntpsec.run(tools / 'ntpdate', reference.v4(), check=False)
    assert done.stdout.endswith('the NTP socket is in use, exiting\n') and done.returncode == 1


def test_ntpdate_refuses_while_a_daemon_runs_that_serves_nobody(world, rivals, tools, reference):
    host = world.host('client')
    host.run('mkdir', '-m', '750', '/run/chrony')
    daemons.start_chronyd(host, rivals, f'server {reference.v4()}\nport 0')
    net.wait_for('chronyd answers', lambda: 'Stratum' in daemons.chronyc(host, rivals, 'tracking'))
    done = host.run(tools / 'ntpdate', reference.v4(), check=False)
    assert done.stdout.endswith('chronyd is running and keeps the clock, exiting\n')
    assert done.returncode == 1


# ntpctl, ntpstat, links

def test_ntpctl_shows_tokid_as_openntpds_does(world, tools, reference):
    host = world.host('openntpd-user')
    host.names({'pool.example': reference.v4()})
    daemons.tokid(host, f'servers pool.example\nserver {reference.v6()}\nserver 192.0.2.99\n',
                  path='/etc/ntpd.conf')
    daemons.wait_synchronised(host)
    said = net.wait_for('two peers are valid', lambda: (lambda t: '2/3 peers' in t and t)(
        host.run(tools / 'ntpctl', '-s', 'all').stdout))
    lines = said.splitlines()
    assert re.fullmatch(r'2/3 peers valid, clock synced, stratum 2', lines[0])
    assert lines[2:4] == ['peer', '   wt tl st  next  poll          offset       delay      jitter']
    assert f'{reference.v4()} from pool pool.example' in lines
    row = re.compile(r' [ *]  1 [ \d]\d  1 [ \d]{4}s [ \d]{4}s {1,13}-?[\d.]+ms {1,9}[\d.]+ms {1,9}[\d.]+ms')
    assert len([line for line in lines if row.fullmatch(line)]) == 2
    assert len([line for line in lines if line.startswith(' *')]) == 1
    assert re.search(r'^192\.0\.2\.99 \n    1 +\d+  - .*---- peer not valid ----$', said, re.M)
    assert host.run(tools / 'ntpctl', '-s', 's').stdout == lines[0] + '\n'
    assert host.run(tools / 'ntpctl', '-s', 'Sensors').stdout == 'no sensors configured\n'
    done = host.run(tools / 'ntpctl', '-s', 'nonsense', check=False)
    assert "Unknown show modifier 'nonsense'" in done.stdout and done.returncode == 1
    done = host.run(tools / 'ntpstat')
    assert re.fullmatch(r'synchronised to NTP server \([\w.:]+\) at stratum 2\n'
                        r'   time correct to within \d+ ms\n   polling server every \d+ s\n',
                        done.stdout)


def test_ntpstat_asks_whatever_daemon_there_is(chrony, ntpsec, bare, tools):
    done = ntpsec.run(tools / 'ntpstat', check=False)
    assert done.stdout.startswith('unsynchronised\n   polling server every ')
    assert done.returncode == 1  # `disable ntp`: it says so itself
    net.wait_for('ntpstat says that chronyd is synchronised', lambda: re.fullmatch(
        r'synchronised to NTP server \([\w.:]+\) at stratum 2\n   time correct to within \d+ ms\n'
        r'   polling server every \d+ s\n', chrony.run(tools / 'ntpstat', check=False).stdout))
    done = bare.run(tools / 'ntpstat', check=False)
    assert done.returncode == 2 and 'Unable to talk to NTP daemon' in done.stdout


def test_links_replace_nothing(tmp_path):
    def install(*words):
        return subprocess.run([net.TOKI, 'install-links', tmp_path, *words], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (tmp_path / 'ntpq').write_text('mine')
    done = install()
    assert done.returncode == 1 and 'no link' in done.stdout
    assert (tmp_path / 'ntpq').read_text() == 'mine'
    assert os.readlink(tmp_path / 'chronyc') == str(net.TOKI.resolve())
    assert install('chronyc').returncode == 0  # it is there already
    assert install('vi').returncode == 2


# our tools and Debian's, asking tokid

@pytest.fixture(scope='module')
def tokid(world, reference):
    host = world.host('tokid')
    host.run('mkdir', '-p', '/var/lib/chrony')
    daemons.tokid(host, f'server {reference.v4()} iburst minpoll 3 maxpoll 3\n'
                  f'server {reference.v6()} iburst\nserver 192.0.2.99\nallow\n'
                  'driftfile /var/lib/chrony/drift\n', path='/etc/chrony/chrony.conf', clock=('-x',))
    net.wait_for('tokid has selected a source', lambda: any(
        s['tally'] == '*' for s in daemons.status(host)['sources']))
    return host


def test_both_ntpqs_show_the_same_of_tokid(tokid, rivals, tools):
    for words in (['-pn'], ['-c', 'as'], ['-c', 'sysinfo'], ['-c', 'sysstats'], ['-c', 'kerninfo'],
                  ['-c', 'monstats'], ['-c', 'pstats &1'], ['-c', 'rv 0 leap,stratum']):
        said = assert_alike(tokid, [tools / 'ntpq', *words], ['ntpq', *words],
                            daemons._ntpsec_environment(rivals))[0]
        assert said and 'timed out' not in said and 'error code' not in said


def test_both_chronycs_show_the_same_of_tokid(tokid, rivals, tools):
    original = rivals['chrony'] / 'usr/bin/chronyc'
    for words in ('tracking', '-n sources', '-c sources', 'sourcestats', 'activity', 'ntpdata',
                  '-n selectdata', 'authdata', 'serverstats', 'smoothing', 'rtcdata', 'burst 1/2'):
        # 4.3 asks for fewer counters than we do
        assert_alike(tokid, [tools / 'chronyc', *words.split()], [original, *words.split()],
                     trim=lambda text: re.sub(r'NTP (daemon|kernel|hardware) .*\n|'
                                              r'Total (kernel|HW) .*\n', '', text))


def test_ntpstat_and_ntpctl_ask_tokid(tokid, tools):
    assert tokid.run(tools / 'ntpctl', '-s', 'peers').stdout.startswith('peer\n   wt tl st  next')
    assert tokid.run(tools / 'ntpstat', check=False).returncode in (0, 1)
