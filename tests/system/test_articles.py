# SPDX-License-Identifier: BSD-2-Clause
"""The three articles that toki began with, walked line by line.

There is no internet here: the names in the files are answered by each host's own hosts file and
point to servers of the test.
"""

import re

import pytest

import daemons
import net

CONTROL_QUERY = b'\x16\x02\x00\x01' + bytes(8)  # mode 6, read variables: what ntpq asks
PRIVATE_QUERY = b'\x17\x00\x03\x2a' + bytes(44)  # mode 7, MON_GETLIST_1: what was amplified


@pytest.fixture(scope='module')
def upstreams(world, rivals):
    """Five servers that tell the truth."""
    return [daemons.reference(world, rivals, f'upstream{i}') for i in range(5)]


# FreeBSD and ntpd

FREEBSD_CONF = '''#
# /etc/ntp.conf
#
server ntp1.sakura.ad.jp iburst
driftfile /var/db/ntpd.drift
'''


@pytest.fixture(scope='module')
def freebsd(world, upstreams):
    host = world.host('freebsd')
    host.names({'ntp1.sakura.ad.jp': upstreams[0].v4()})
    host.write('/etc/ntp.conf', FREEBSD_CONF)
    host.run('mkdir', '-p', '/var/db')  # as FreeBSD has it
    return host


def test_freebsd_check_finds_nothing_wrong(freebsd):
    done = freebsd.run(net.TOKI, 'check', '/etc/ntp.conf')
    assert 'error' not in done.stdout and 'warning' not in done.stdout


def test_freebsd_far_off_is_set_once_while_the_daemon_is_down(freebsd):
    """`ntpd -q` of the article: an hour off, set, told, gone."""
    done = freebsd.run(net.TOKID, '-g', '-q', '-f', '/etc/ntp.conf', '--virtual-clock',
                       'offset=3600,rate=40e-6')
    assert re.search(r'the clock was 3(600|599)\.\d+ s fast and has been set', done.stdout)
    left = re.search(r'([+-][0-9.]+) s left', done.stdout)
    assert left and abs(float(left.group(1))) < 1e-3, done.stdout


def test_freebsd_daemon_synchronises_and_shows_its_sources(freebsd, upstreams):
    daemons.tokid(freebsd, FREEBSD_CONF)
    daemons.wait_synchronised(freebsd)
    one = daemons.source(freebsd, 'ntp1.sakura.ad.jp')
    assert one['address'] == upstreams[0].v4() and one['tally'] == '*' and one['reach'] > 0
    table = freebsd.run(net.TOKI, 'sources').stdout
    assert re.search(r'^\*.*ntp1\.sakura\.ad\.jp', table, re.M), table


def test_freebsd_setting_while_the_daemon_is_up_is_refused(freebsd):
    """`ntpd -q` with the daemon up: 'the NTP socket is in use' of the article, but clearer."""
    before = daemons.status(freebsd)
    done = freebsd.run(net.TOKID, '-q', '-f', '/etc/ntp.conf', '--virtual-clock', 'offset=3600',
                       check=False)
    assert done.returncode == 1
    assert re.search(r'another tokid is running \(pid \d+, lock /run/tokid\.pid\): stop it first',
                     done.stdout), done.stdout
    pid = int(re.search(r'pid (\d+)', done.stdout).group(1))
    assert freebsd.run('cat', f'/proc/{pid}/comm').stdout.strip().startswith('tokid')
    assert daemons.status(freebsd)['clock']['steps'] == before['clock']['steps']


def test_freebsd_drift_file_is_kept(freebsd):
    daemon = freebsd.daemons[-1]
    frequency = daemons.status(freebsd)['clock']['frequency_ppm']
    assert daemon.stop() == 0
    assert float(freebsd.path('/var/db/ntpd.drift').read_text().split()[0]) == pytest.approx(
        frequency, abs=5)


# A VPS and chrony

VPS_CONF = '''# 上位サーバ
server ntp.nict.jp iburst # 東京
server 0.jp.pool.ntp.org iburst # 負荷分散 (複数地域)
server 1.jp.pool.ntp.org iburst # 負荷分散 (複数地域)
server 2.jp.pool.ntp.org iburst # 負荷分散 (複数地域)

driftfile /var/lib/chrony/drift
makestep 1.0 3
rtcsync
logdir /var/log/chrony

# 時刻を配る相手
allow 127.0.0.1
allow ::1
allow 162.43.5.61
'''


@pytest.fixture(scope='module')
def vps(world, upstreams):
    host = world.host('vps')
    host.add_address('162.43.5.61/32')
    host.names({'ntp.nict.jp': [upstreams[0].v6(), upstreams[0].v4()],
                '0.jp.pool.ntp.org': upstreams[1].v4(), '1.jp.pool.ntp.org': upstreams[2].v4(),
                '2.jp.pool.ntp.org': upstreams[3].v4()})
    daemons.tokid(host, VPS_CONF, path='/etc/chrony.conf')
    return host


def test_vps_file_with_japanese_comments_is_right(vps):
    done = vps.run(net.TOKI, 'check', '/etc/chrony.conf')
    assert done.stdout == '/etc/chrony.conf: ok (chrony.conf)\n'


def test_vps_file_is_refused_by_chronyd(vps, rivals):
    """Its comments behind the words are errors there."""
    done = vps.run(rivals['chrony'] / 'usr/sbin/chronyd', '-p', '-f', '/etc/chrony.conf', check=False)
    assert done.returncode != 0 and 'Could not parse' in done.stdout, done.stdout


def test_vps_synchronises(vps):
    """makestep 1.0 3: the clock is 0.7 s off, so it is slewed, not stepped, as chrony would."""
    report = net.wait_for('vps is within 1 ms', lambda: (
        s := daemons.status(vps)) and s['clock']['synchronised']
        and abs(s['clock']['true_error_s']) < 1e-3 and s)
    assert report['config']['language'] == 'chrony.conf'
    assert report['clock']['steps'] == 0
    assert {s['name'] for s in report['sources'] if s['tally'] in '*+-'} == {
        'ntp.nict.jp', '0.jp.pool.ntp.org', '1.jp.pool.ntp.org', '2.jp.pool.ntp.org'}


@pytest.mark.parametrize('source, to', [('127.0.0.1', '127.0.0.1'), ('::1', '::1'),
                                        ('162.43.5.61', '162.43.5.61'),
                                        ('162.43.5.61', 'own')])
def test_vps_answers_whom_it_allows(vps, source, to):
    reply = net.ask(vps, vps.v4() if to == 'own' else to, source=source)
    assert reply and net.stratum(reply) == 2 and reply[0] >> 6 == 0


@pytest.mark.parametrize('source, to', [('own4', '127.0.0.1'), ('own4', 'own4'), ('own6', 'own6'),
                                        ('127.0.0.2', '127.0.0.1')])
def test_vps_answers_none_of_its_other_addresses(vps, source, to):
    real = {'own4': vps.v4(), 'own6': vps.v6()}
    assert net.ask(vps, real.get(to, to), source=real.get(source, source),
                   timeout=net.QUIET_S) is None


@pytest.mark.parametrize('family', ['v4', 'v6'])
def test_vps_does_not_answer_the_world(vps, upstreams, family):
    assert net.ask(upstreams[0], getattr(vps, family)(), timeout=net.QUIET_S) is None


def test_vps_answers_the_allowed_address_from_afar(vps, world):
    """The third address belongs to another machine now."""
    vps.run('ip', 'address', 'del', '162.43.5.61/32', 'dev', 'eth0')
    vps.run('ip', 'route', 'add', '162.43.5.61', 'dev', 'eth0')
    friend = world.host('friend')
    friend.add_address('162.43.5.61/32')
    assert net.ask(friend, vps.v4(), source='162.43.5.61')
    assert net.ask(friend, vps.v4(), timeout=net.QUIET_S) is None


# CentOS and the NTP Pool

CENTOS_CONF = '''driftfile /var/lib/ntp/ntp.drift

restrict default nomodify notrap nopeer noquery kod limited
restrict 127.0.0.1
restrict ::1

server ntp1.example.org iburst
server ntp2.example.org iburst
server ntp3.example.org iburst
server ntp4.example.org iburst
server ntp5.example.org iburst
'''


@pytest.fixture(scope='module')
def centos(world, upstreams):
    host = world.host('centos')
    host.names({f'ntp{i + 1}.example.org': upstream.v4() for i, upstream in enumerate(upstreams)})
    daemons.tokid(host, CENTOS_CONF)
    daemons.wait_synchronised(host)
    return host


@pytest.fixture(scope='module')
def stranger(world):
    return world.host('stranger')


def test_centos_uses_five_servers(centos):
    net.wait_for('five sources with a tally', lambda: sum(
        s['tally'] in '*+-' for s in daemons.status(centos)['sources']) == 5)
    assert daemons.status(centos)['config']['language'] == 'ntp.conf'


@pytest.mark.parametrize('family', ['v4', 'v6'])
def test_centos_serves_the_world(centos, stranger, family):
    reply = net.ask(stranger, getattr(centos, family)())
    assert reply and net.stratum(reply) == 2 and reply[0] == 0x24


@pytest.mark.parametrize('family', ['v4', 'v6'])
@pytest.mark.parametrize('query', [CONTROL_QUERY, PRIVATE_QUERY], ids=['mode6', 'mode7'])
def test_centos_answers_no_status_query_from_outside(centos, stranger, family, query):
    assert net.ask(stranger, getattr(centos, family)(), query, timeout=net.QUIET_S) is None


def test_centos_is_measured_by_ntpdate(centos, stranger, rivals):
    """`ntpdate -q` of another host shows stratum, offset and delay."""
    net.wait_for('the clock is right', lambda: abs(daemons.true_error(centos)) < 1e-3)

    def measured():
        done = daemons.ntpdate(stranger, rivals, '-q', centos.v4())
        found = re.search(r'([+-]\d+\.\d+) \+/- (\d+\.\d+) ' + re.escape(centos.v4()) +
                          r' s(\d+)', done.stdout)
        return done.returncode == 0 and found and 0 < float(found.group(2)) < 0.1 and found
    # again: the rate limit counts the stranger's questions above, and a busy machine delays packets
    found = net.wait_for('ntpdate measures it', measured, interval=5)
    assert abs(float(found.group(1))) < 2e-3 + float(found.group(2)) and found.group(3) == '2'


def test_centos_limits_who_asks_too_much(centos, stranger):
    """restrict ... kod limited: a flood gets few answers, and a kiss now and then; others are
    served on."""
    with stranger.socket() as s:
        s.settimeout(0.05)
        replies = []
        for _ in range(60):  # ten at a time, so that none is lost on the way
            for _ in range(10):
                s.sendto(net.request(), (centos.v4(), 123))
            try:
                while True:
                    replies.append(s.recv(1024))
            except TimeoutError:
                pass
    assert len(replies) < 260  # of 600: the burst, and a quarter that gets through at random
    assert all(len(r) <= 48 for r in replies)
    assert any(net.stratum(r) == 0 and r[12:16] == b'RATE' for r in replies)
    assert net.ask(centos, centos.v4())
