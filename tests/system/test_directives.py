# SPDX-License-Identifier: BSD-2-Clause
"""Directives whose effect is on sockets, processes and rights: what the simulator cannot show
(tests/sim/test_directives.c has the others)."""

import json
import re
import socket

import pytest

import daemons
import net

LOCAL = 'local stratum 3\nallow\n'  # a chrony.conf that serves without any source


@pytest.fixture(scope='module')
def upstream(world, rivals):
    """A server that tells the truth."""
    return daemons.reference(world, rivals, 'upstream')


@pytest.fixture(scope='module')
def listener(world):
    """A host that only looks at what comes to its port 123."""
    return world.host('listener')


@pytest.fixture(scope='module')
def asker(world):
    return world.host('asker')


def tokid(host, config, *options, path='/etc/chrony.conf', **more):
    """tokid in place of the one before."""
    while host.daemons:
        host.daemons.pop().stop()
    return daemons.tokid(host, config, *options, path=path, **more)


@pytest.fixture(scope='module')
def host(world):
    """The host whose tokid is configured one way after the other."""
    made = world.host('subject')
    made.add_address('192.0.2.77/24')
    made.add_address('2001:db8::77/64')
    return made


def source_of_request(host, listener, config, timeout=net.PATIENCE_S, **more):
    """(address, port) that the first request of this configuration comes from; None: none came."""
    with listener.socket(bind=('0.0.0.0', 123)) as s:
        s.settimeout(timeout)
        tokid(host, config, **more)
        try:
            return s.recvfrom(1024)[1]
        except TimeoutError:
            return None


# how requests leave

def test_requests_leave_from_fresh_ports(host, listener):
    ports = {source_of_request(host, listener, f'server {listener.v4()} iburst\n')[1]
             for _ in range(2)}
    assert len(ports) == 2 and 123 not in ports


def test_bindacqaddress(host, listener):
    config = f'server {listener.v4()} iburst\nbindacqaddress 192.0.2.77\n'
    assert source_of_request(host, listener, config)[0] == '192.0.2.77'


def test_query_from_holds_for_the_servers_below(host, listener):
    config = f'server 192.0.2.250\nquery from 192.0.2.77\nserver {listener.v4()}\n'
    assert source_of_request(host, listener, config, path='/etc/ntpd.conf')[0] == '192.0.2.77'
    config = f'server {listener.v4()}\nquery from 192.0.2.77\nserver 192.0.2.250\n'
    assert source_of_request(host, listener, config, path='/etc/ntpd.conf')[0] == host.v4()


def test_acquisitionport(host, listener, asker):
    config = f'server {listener.v4()} iburst\nacquisitionport 1234\n'
    assert source_of_request(host, listener, config)[1] == 1234
    # port 123, beside the server's own socket
    config = LOCAL + f'server {listener.v4()} iburst\nserver 192.0.2.250\nacquisitionport 123\n'
    assert source_of_request(host, listener, config)[1] == 123
    assert net.ask(asker, host.v4())


def test_bindacqdevice(host, listener):
    config = f'server {listener.v4()} iburst\nbindacqdevice '
    assert source_of_request(host, listener, config + 'eth0\n')
    assert source_of_request(host, listener, config + 'lo\n', timeout=3) is None


def test_dscp_marks_what_is_sent(host, listener):
    with listener.socket(bind=('0.0.0.0', 123)) as s:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        for language, line, tos in (('chrony', '', 0), ('chrony', 'dscp 46\n', 46 << 2),
                                    ('ntp', '', 46 << 2), ('ntp', 'dscp 8\n', 8 << 2)):
            s.settimeout(0)
            try:
                while s.recv(1024):
                    pass  # of the one before
            except BlockingIOError:
                pass
            s.settimeout(net.PATIENCE_S)
            tokid(host, f'server {listener.v4()} iburst\n{line}', path=f'/etc/{language}.conf')
            found = s.recvmsg(1024, 64)[1]
            assert [data[0] for level, kind, data in found if kind == socket.IP_TOS] == [tos], line


# where requests are answered

def served(host, who, addresses):
    """Whether they are the addresses that answer `who`: the host itself, or another one."""
    def answered():
        return {a for a in (host.v4(), '192.0.2.77', host.v6())
                if net.ask(who, a, timeout=net.QUIET_S)}
    return net.wait_for(f'{who.name} is answered by {addresses}', lambda: answered() == addresses)


def everywhere(host):
    return {host.v4(), '192.0.2.77', host.v6()}


def test_allow_serves_everywhere(host, asker):
    tokid(host, LOCAL)
    assert served(host, host, everywhere(host)) and served(host, asker, everywhere(host))


def test_bindaddress(host, asker):
    tokid(host, LOCAL + f'bindaddress 192.0.2.77\nbindaddress {host.v6()}\n')
    assert all(served(host, who, {'192.0.2.77', host.v6()}) for who in (host, asker))


def test_binddevice(host, asker):
    tokid(host, LOCAL + 'binddevice lo\n')
    assert net.ask(host, '127.0.0.1') and served(host, asker, set())
    tokid(host, LOCAL + 'binddevice eth0\n')
    assert net.ask(asker, host.v4()) and not net.ask(host, '127.0.0.1', timeout=net.QUIET_S)


NTP = 'server 127.127.1.0\n'  # serves without any source


@pytest.mark.parametrize('lines, answered', [
    ('interface ignore wildcard\n', 'all'),
    ('interface ignore all\ninterface listen 192.0.2.77\n', '192.0.2.77'),
    ('interface ignore 192.0.2.77\n', 'but 192.0.2.77'),
    ('interface ignore all\ninterface listen 2001:db8::/32\n', 'v6'),
    ('interface ignore all\ninterface listen lo\n', 'none'),
    ('interface ignore all\ninterface listen eth0\ninterface ignore ipv6\n', 'v4'),
])
def test_interface(host, asker, lines, answered):
    tokid(host, NTP + lines, path='/etc/ntp.conf')
    expected = {'all': {host.v4(), '192.0.2.77', host.v6()}, 'v6': {host.v6()}, 'none': set(),
                '192.0.2.77': {'192.0.2.77'}, 'but 192.0.2.77': {host.v4(), host.v6()},
                'v4': {host.v4(), '192.0.2.77'}}[answered]
    assert served(host, asker, expected)
    local = answered in ('all', 'but 192.0.2.77') or 'lo' in lines
    assert bool(net.ask(host, '127.0.0.1', timeout=net.PATIENCE_S if local else net.QUIET_S)) == local


def test_an_address_that_nobody_has_is_told(host):
    host.write('/etc/ntp.conf', NTP + 'interface ignore all\ninterface listen 192.0.2.199\n')
    tokid(host, 'server 192.0.2.250\n').stop()
    done = host.run(net.TOKID, '-d', '-x', '-f', '/etc/ntp.conf', check=False)
    assert done.returncode == 1 and 'cannot serve on 192.0.2.199:123' in done.stdout


def test_extra_port(host, asker):
    tokid(host, NTP + 'extra port 1123\n', path='/etc/ntp.conf')
    assert net.ask(asker, host.v4()) and net.ask(asker, host.v4(), port=1123)
    assert net.ask(asker, host.v6(), port=1123)


def test_listen_on(host, asker):
    """OpenNTPD's language from end to end: serves nobody, or everybody at the named address."""
    upstream_less = 'server 192.0.2.250\n'
    tokid(host, upstream_less, path='/etc/ntpd.conf')
    assert served(host, host, set()) and served(host, asker, set())
    tokid(host, upstream_less + 'listen on 192.0.2.77\n', path='/etc/ntpd.conf')
    assert all(served(host, who, {'192.0.2.77'}) for who in (host, asker))
    tokid(host, upstream_less + 'listen on *\n', path='/etc/ntpd.conf')
    assert served(host, host, everywhere(host)) and served(host, asker, everywhere(host))


def test_openntpd_synchronises(host, upstream):
    tokid(host, f'servers {upstream.v4()}\nsensor *\n', path='/etc/openntpd/ntpd.conf')
    report = daemons.wait_synchronised(host)
    assert report['config']['language'] == "OpenNTPD's ntpd.conf"
    assert report['clock']['steps'] == 0  # 0.7 s is slewed


# access

def verdicts(host, name):
    return daemons.source(host, name)


def test_restrict_ignore_drops_replies_but_for_restrict_source(host, upstream, asker):
    server = f'server {upstream.v4()} iburst\n'
    closed = 'restrict default ignore\nrestrict 127.0.0.1\n'
    tokid(host, server + closed, path='/etc/ntp.conf')
    one = net.wait_for('the source is unreachable', lambda: (
        s := daemons.source(host, upstream.v4()))['status'] == 'unreachable' and s)
    assert one['reach'] == 0 and 'restricted' in one['sentence'], one
    assert not net.ask(upstream, host.v4(), timeout=net.QUIET_S)
    tokid(host, server + closed + 'restrict source nomodify noquery\n', path='/etc/ntp.conf')
    daemons.wait_synchronised(host)
    # and our sources, but nobody else, may ask us
    assert net.ask(upstream, host.v4()) and not net.ask(asker, host.v4(), timeout=net.QUIET_S)
    tokid(host, server + closed + f'restrict {upstream.v4()} nomodify\n', path='/etc/ntp.conf')
    daemons.wait_synchronised(host)


def test_access_rules_by_name(host, upstream, asker, listener):
    host.names({'upstream.example': upstream.v4(), 'friend.example': [asker.v4(), asker.v6()],
                'foe.example': listener.v4()})
    # the other servers' replies are not ours to take
    tokid(host, 'server upstream.example iburst\nrestrict default ignore\n'
          'restrict upstream.example nomodify\nrestrict 127.0.0.1\n', path='/etc/ntp.conf')
    daemons.wait_synchronised(host)
    assert not net.ask(asker, host.v4(), timeout=net.QUIET_S)

    tokid(host, 'local stratum 3\nallow friend.example\n')
    assert net.ask(asker, host.v4()) and net.ask(asker, host.v6())
    assert not net.ask(listener, host.v4(), timeout=net.QUIET_S)

    tokid(host, LOCAL + 'deny foe.example\n')
    assert net.ask(asker, host.v4()) and not net.ask(listener, host.v4(), timeout=net.QUIET_S)


def test_a_name_without_an_address_opens_nothing_and_closes_nothing_in_silence(host, asker):
    daemon = tokid(host, 'local stratum 3\nallow nobody.example\nallow 127.0.0.1\n')
    assert not net.ask(asker, host.v4(), timeout=net.QUIET_S)
    assert 'access-name-unknown name=nobody.example' in daemon.output()
    daemon.stop()
    host.write('/etc/chrony.conf', LOCAL + 'deny nobody.example\n')
    done = host.run(net.TOKID, '-d', '-x', '-f', '/etc/chrony.conf', check=False)
    assert done.returncode == 2
    assert "no address found for 'nobody.example', which an access rule denies" in done.stdout
    # to check a file needs no network
    assert host.run(net.TOKI, 'check', '/etc/chrony.conf').stdout.endswith('ok (chrony.conf)\n')


# the process

def test_lock_all_and_sched_priority(host):
    tokid(host, 'server 192.0.2.250\nlock_all\nsched_priority 7\nuser ntpd\n')
    pid = daemons.roles(host)['sync']
    status = host.run('cat', f'/proc/{pid}/status').stdout
    assert int(re.search(r'VmLck:\s+(\d+) kB', status).group(1)) > 1000
    assert re.search(r'Uid:\s+(\d+)', status).group(1) == host.run('id', '-u', 'ntpd').stdout.strip()
    policy = host.run('chrt', '-p', pid).stdout
    assert 'SCHED_FIFO' in policy and 'priority: 7' in policy, policy

    tokid(host, 'server 192.0.2.250\n')
    pid = daemons.roles(host)['sync']
    assert re.search(r'VmLck:\s+0 kB', host.run('cat', f'/proc/{pid}/status').stdout)
    assert 'SCHED_OTHER' in host.run('chrt', '-p', pid).stdout


def test_pidfile(host):
    tokid(host, 'server 192.0.2.250\npidfile /run/elsewhere.pid\n')
    pid = int(host.path('/run/elsewhere.pid').read_text())
    assert host.run('cat', f'/proc/{pid}/comm').stdout.startswith('tokid')


def test_logfile(host):
    config = 'server 192.0.2.250\nlogfile /var/log/ntp.log\n'
    host.run('mkdir', '-p', '/var/log')
    host.write('/var/log/ntp.log', 'old\n')
    daemon = tokid(host, config)
    net.wait_for('the source is in the file', lambda: 'source-added source=192.0.2.250' in
                 host.path('/var/log/ntp.log').read_text())  # told by a role in its sandbox
    text = host.path('/var/log/ntp.log').read_text()
    assert text.startswith('old\n') and 'source-added source=192.0.2.250' in daemon.output()
    daemon = tokid(host, 'server 192.0.2.250\nlogfile /none/ntp.log\n')
    assert 'no-log-file path=/none/ntp.log' in daemon.output()


def test_frequency_and_precision_at_the_start(host):
    host.write('/var/lib/ntp/ntp.drift', '-3.000\n')
    config = 'server 192.0.2.250\ndriftfile /var/lib/ntp/ntp.drift\n'
    tokid(host, config, path='/etc/ntp.conf')
    assert daemons.status(host)['clock']['frequency_ppm'] == pytest.approx(-3)
    tokid(host, config + 'tinker freq 12\n', path='/etc/ntp.conf')
    assert daemons.status(host)['clock']['frequency_ppm'] == pytest.approx(12)
    tokid(host, 'server 192.0.2.250\nclockprecision 0.001\n')
    assert daemons.status(host)['clock']['precision_s'] == pytest.approx(1e-3, rel=0.5)


# files beside the file

def test_ntp_d_beside_ntp_conf(host):
    host.write('/etc/ntpsec/ntp.d/20-more.conf', 'server 192.0.2.251\n')
    host.write('/etc/ntpsec/ntp.d/10-first.conf', 'server 192.0.2.252\n')
    host.write('/etc/ntpsec/ntp.d/README', 'rubbish\n')
    tokid(host, 'server 192.0.2.250\ntinker panic 0\n', path='/etc/ntpsec/ntp.conf')
    names = [s['name'] for s in daemons.status(host)['sources']]
    assert names == ['192.0.2.250', '192.0.2.252', '192.0.2.251']
    host.write('/etc/ntpsec/ntp.d/20-more.conf', 'sever 192.0.2.251\n')
    done = host.run(net.TOKI, 'check', '/etc/ntpsec/ntp.conf', check=False)
    assert done.returncode == 2
    assert "/etc/ntpsec/ntp.d/20-more.conf:1:1: error: unknown directive 'sever'" in done.stdout


def test_chrony_folders(host):
    host.write('/etc/chrony/conf.d/a.conf', 'server 192.0.2.251\n')
    host.write('/etc/chrony/sources.d/b.sources', 'server 192.0.2.252\nserver 192.0.2.253\n')
    tokid(host, 'confdir /etc/chrony/conf.d\nsourcedir /etc/chrony/sources.d\n',
          path='/etc/chrony/chrony.conf')
    names = [s['name'] for s in daemons.status(host)['sources']]
    assert names == ['192.0.2.251', '192.0.2.252', '192.0.2.253']
    report = json.loads(host.run(net.TOKI, 'check', '--json', '/etc/chrony/chrony.conf').stdout)
    assert report['ok'] and report['warnings'] == 0


def test_config_show_of_a_file_and_of_the_daemon_are_the_same(host):
    config = 'server 192.0.2.250 iburst\nmaxslewrate 500\nallow 192.0.2.0/24\n'
    tokid(host, config)
    of_file = json.loads(host.run(net.TOKI, 'config', 'show', '--json', '/etc/chrony.conf').stdout)
    of_daemon = json.loads(host.run(net.TOKI, 'config', 'show', '--daemon', '--json').stdout)
    assert of_file == of_daemon
    shown = host.run(net.TOKI, 'config', 'show', '--daemon').stdout
    assert re.search(r'^maximum slew rate +maxslewrate +500 ppm +/etc/chrony\.conf:2$', shown, re.M), shown
    assert re.search(r'^step threshold +makestep +never +default of chrony\.conf$', shown, re.M), shown


def test_config_diff_and_explain(host):
    host.write('/etc/a.conf', 'server 192.0.2.250 iburst\nrtcsync\n')
    host.write('/etc/b.conf', 'server 192.0.2.250 iburst\nrtcsync\nmaxjitter 0.5\n')
    same = host.run(net.TOKI, 'config', 'diff', '/etc/a.conf', '/etc/a.conf')
    assert same.stdout == ''
    done = host.run(net.TOKI, 'config', 'diff', '/etc/a.conf', '/etc/b.conf', check=False)
    assert (done.returncode, done.stdout) == (1, '~ maximum jitter: 1 s -> 0.5 s\n')
    host.write('/etc/b.conf', 'sever a\n')
    done = host.run(net.TOKI, 'config', 'diff', '/etc/a.conf', '/etc/b.conf', check=False)
    assert done.returncode == 2 and '[E001]' in done.stdout

    assert host.run(net.TOKI, 'explain', 'w001').stdout.startswith('W001: two sources\n\n')
    listed = host.run(net.TOKI, 'explain').stdout.splitlines()
    assert len(listed) > 30 and listed[0] == 'E001  unknown directive'
    assert host.run(net.TOKI, 'explain', 'X1', check=False).returncode == 2
