# SPDX-License-Identifier: BSD-2-Clause
"""How tokid starts, lives and ends: ports, locks, signals, roles, names, files."""

import json
import re
import signal
import socket
import time

import pytest

import daemons
import names
import net


@pytest.fixture
def reference(lab, rivals):
    return daemons.reference(lab, rivals)


@pytest.fixture
def host(lab):
    return lab.host('host')


def ntp_conf(reference, more=''):
    return f'server {reference.v4()} iburst\ndriftfile /var/lib/ntp/ntp.drift\n{more}'


def alive(host, pid):
    return host.path(f'/proc/{pid}/stat').exists() and \
        host.path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'


def test_the_tests_cannot_set_the_clock(host):
    """The promise of net.py, seen from inside."""
    bounding = re.search(r'CapBnd:\s+(\w+)', host.run('cat', '/proc/self/status').stdout)
    assert not int(bounding.group(1), 16) >> 25 & 1
    assert 'not permitted' in host.run('date', '-s', '2000-01-01', check=False).stdout


# start and end

def test_a_second_tokid_says_who_is_running(host, reference):
    first = daemons.tokid(host, ntp_conf(reference))
    second = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert second.process.wait(5) == 1
    assert re.search(r'another tokid is running \(pid \d+, lock /run/tokid.pid\)', second.output())
    assert first.running()


def test_a_second_tokid_says_who_holds_the_port(host, reference):
    daemons.tokid(host, ntp_conf(reference))
    second = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL, '--pidfile', '/',
                        '--control', '/')
    assert second.process.wait(5) == 1
    holder = re.search(r'UDP port 123 is taken by (\S+) \(pid (\d+)\)', second.output())
    assert holder, second.output()
    assert 'tokid' in holder.group(1) and alive(host, int(holder.group(2)))


def test_it_names_a_rival_that_holds_the_port(reference):
    daemon = reference.start(net.TOKID, '-d', '-f', reference.write('/etc/ntp.conf',
                             'server 192.0.2.99 iburst\n'), *daemons.VIRTUAL)
    assert daemon.process.wait(5) == 1
    assert re.search(r'UDP port 123 is taken by chronyd \(pid \d+\)', daemon.output())


@pytest.mark.parametrize('state', ['before the first reply', 'synchronised'])
def test_sigterm_ends_it_in_two_seconds(host, reference, state):
    daemon = daemons.tokid(host, ntp_conf(reference))
    if state == 'synchronised':
        daemons.wait_synchronised(host, 20)
    before = daemons.roles(host)
    status, seconds = daemon.stop()
    assert status == 0 and seconds < 2
    assert set(before) == {'sync', 'lookup', 'serve'}
    assert not any(alive(host, pid) for pid in before.values())
    assert not host.path('/run/toki/tokid.sock').exists()


def test_the_starter_returns_when_the_daemon_is_ready(host, reference):
    """Without -d it becomes a daemon; its pid file names it."""
    host.write('/etc/ntp.conf', ntp_conf(reference))
    host.run('mkdir', '-p', '/var/lib/ntp')
    host.run(net.TOKID, '-f', '/etc/ntp.conf', *daemons.VIRTUAL, timeout=10)
    report = daemons.status(host)
    pid = int(host.path('/run/tokid.pid').read_text())
    assert report['pid'] == pid
    daemons.wait_synchronised(host, 20)
    host.run('kill', str(pid))
    net.wait_for('the daemon is gone', lambda: not alive(host, pid), 2)


def test_no_right_to_set_the_clock_is_said(host, reference):
    """Without CAP_SYS_TIME, which no test has: it measures and serves, and says so."""
    daemon = daemons.tokid(host, ntp_conf(reference), clock=())
    assert 'no right to set the clock (CAP_SYS_TIME)' in daemon.output()
    net.wait_for('it measures', lambda: daemons.status(host)['clock']['code'] == 'measuring', 20)
    done = host.run(net.TOKID, '-q', '-f', '/etc/ntp.conf', '--pidfile', '/', check=False)
    assert done.returncode == 1 and 'no right to set the clock' in done.stdout


# one look

def test_q_sets_once_and_exits(host, reference):
    host.write('/etc/ntp.conf', ntp_conf(reference))
    done = host.run(net.TOKID, '-q', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert re.search(r'was 0\.(7|69)\d* s fast and has been set', done.stdout)


def test_capital_q_only_looks(host, reference):
    host.write('/etc/ntp.conf', ntp_conf(reference))
    done = host.run(net.TOKID, '-Q', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert re.search(r'is 0\.(7|69)\d* s fast .* not changed', done.stdout)


def test_q_without_an_answer_fails_and_says_why(host):
    host.write('/etc/ntp.conf', 'server 192.0.2.99 iburst\n')
    done = host.run(net.TOKID, '-q', '-t', '5', '-f', '/etc/ntp.conf', *daemons.VIRTUAL,
                    check=False)
    assert done.returncode == 1
    assert 'no good time found' in done.stdout and '192.0.2.99' in done.stdout


def test_toki_query_measures_a_server(host, reference):
    done = host.run(net.TOKI, 'query', '--json', reference.v4())
    assert json.loads(done.stdout)
    assert host.run(net.TOKI, 'query', reference.v6()).returncode == 0
    assert host.run(net.TOKI, 'query', '192.0.2.99', check=False).returncode != 0


# names

@pytest.mark.parametrize('mood', ['silent', 'servfail'])
def test_a_dead_name_server_stops_nobody(lab, rivals, mood):
    """Names that nobody answers: numeric sources work at once; the names once the DNS is back."""
    reference, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'late.example': [second.v4(), second.v6()]}, mood)
    host.name_server(box.v4())
    try:
        daemons.tokid(host, f'server {reference.v4()} iburst\nserver late.example iburst\n')
        start = time.monotonic()
        slowest = 0.0
        while time.monotonic() - start < 15:
            asked = time.monotonic()
            report = daemons.status(host)
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.3)
        assert report['clock']['synchronised'] and slowest < 1
        assert daemons.source(host, 'late.example')['status'] == 'unresolved'
        assert 'late.example' in server.asked
        server.mood = 'answer'
        net.wait_for('the late source is used', lambda: daemons.source(
            host, 'late.example')['tally'] in '*+-' and True, 60)
    finally:
        server.end()


def test_a_pool_name_gives_several_sources(lab, rivals):
    servers = [daemons.reference(lab, rivals, f'member{i}') for i in range(4)]
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'pool.example': [s.v4() for s in servers]})
    host.name_server(box.v4())
    try:
        daemons.tokid(host, 'pool pool.example iburst\n')
        net.wait_for('four sources are used', lambda: sum(
            s['tally'] in '*+-' for s in daemons.status(host)['sources']) == 4, 20)
        assert {s['address'] for s in daemons.status(host)['sources'] if s['address']} == {
            s.v4() for s in servers}
    finally:
        server.end()


# roles

def test_a_killed_serve_role_comes_back(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    daemons.wait_synchronised(host, 20)
    before = daemons.roles(host)
    host.run('kill', '-KILL', str(before['serve']))
    net.wait_for('a new serve role', lambda: daemons.roles(host).get('serve') not in
                 (None, before['serve']), 5)
    net.wait_for('it answers', lambda: net.ask(reference, host.v4(), timeout=0.5), 5)
    assert daemons.roles(host)['sync'] == before['sync'] and daemon.running()


def test_a_killed_lookup_role_comes_back(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    before = daemons.roles(host)
    host.run('kill', '-KILL', str(before['lookup']))
    net.wait_for('a new lookup role', lambda: daemons.roles(host).get('lookup') not in
                 (None, before['lookup']), 5)
    assert daemon.running()


def test_without_sync_all_is_over(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    before = daemons.roles(host)
    host.run('kill', '-KILL', str(before['sync']))
    assert daemon.process.wait(5) != 0
    assert not any(alive(host, pid) for pid in before.values())


def test_the_roles_have_given_up_their_rights(host, reference):
    """Nobody is root but the parent; serve and lookup hold no capability at all."""
    daemons.tokid(host, ntp_conf(reference), '--user', 'toki')
    for role, pid in daemons.roles(host).items():
        text = host.run('cat', f'/proc/{pid}/status').stdout
        assert int(re.search(r'Uid:\s+(\d+)', text).group(1)) != 0, role
        assert int(re.search(r'CapEff:\s+(\w+)', text).group(1), 16) == 0, role
        assert re.search(r'Seccomp:\s+2', text), role


# files and reload

def test_reload_keeps_the_samples(lab, rivals):
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    host = lab.host('host')
    daemon = daemons.tokid(host, ntp_conf(first))
    daemons.wait_synchronised(host, 20)
    before = daemons.source(host, first.v4())
    host.write('/etc/ntp.conf', ntp_conf(first, f'server {second.v4()} iburst\n'))
    daemon.signal(signal.SIGHUP)
    net.wait_for('the second source is used', lambda: (
        s := daemons.source(host, second.v4())) and s['tally'] in '*+-', 20)
    after = daemons.source(host, first.v4())
    assert after['samples'] >= before['samples'] and after['sent'] >= before['sent']
    assert daemons.status(host)['clock']['steps'] == 1
    host.write('/etc/ntp.conf', ntp_conf(second))
    daemon.signal(signal.SIGHUP)
    net.wait_for('the first source is gone', lambda: not daemons.source(host, first.v4()), 5)
    assert daemons.status(host)['clock']['synchronised']


def test_reload_of_a_broken_file_changes_nothing(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    daemons.wait_synchronised(host, 20)
    host.write('/etc/ntp.conf', ntp_conf(reference) + 'sever 192.0.2.99\n')
    daemon.signal(signal.SIGHUP)
    net.wait_for('the refusal', lambda: 'reload-refused' in daemon.output(), 5)
    assert re.search(r"ntp\.conf:3:1: error: unknown .*'sever'", daemon.output())
    assert len(daemons.status(host)['sources']) == 1
    assert daemons.status(host)['clock']['synchronised']


@pytest.mark.parametrize('language', ['ntp', 'chrony'])
def test_the_drift_file_is_kept_and_read(host, reference, language):
    """At the end it is written in the format of the configuration's language; the next start
    begins with it."""
    path, file = {'ntp': ('/etc/ntp.conf', '/var/lib/ntp/ntp.drift'),
                  'chrony': ('/etc/chrony.conf', '/var/lib/chrony/drift')}[language]
    config = f'server {reference.v4()} iburst minpoll 2 maxpoll 2\ndriftfile {file}\n'
    config += 'makestep 0.1 3\n' if language == 'chrony' else ''
    daemon = daemons.tokid(host, config, path=path)
    daemons.wait_synchronised(host, 20)
    time.sleep(20)
    learnt = daemons.status(host)['clock']['frequency_ppm']
    assert learnt == pytest.approx(-40, abs=8)  # the oscillator is 40 ppm fast
    daemon.stop()
    numbers = [float(word) for word in host.path(file).read_text().split()]
    if language == 'ntp':
        assert numbers == [pytest.approx(learnt, abs=3)]  # ntp.conf's sign: the correction
    else:
        assert numbers[0] == pytest.approx(-learnt, abs=3) and len(numbers) == 2
    daemons.tokid(host, config, path=path)
    before, start = daemons.true_error(host), time.monotonic()
    time.sleep(1.5)  # no update of the clock yet: its rate is that of the file
    report, seconds = daemons.status(host), time.monotonic() - start
    assert report['clock']['updates'] == 0
    assert abs(report['clock']['true_error_s'] - before) < 10e-6 * seconds


@pytest.mark.parametrize('content', ['', 'nan\n', '1e999\n', '99999\n', 'x' * 100000, '\x00\x01\n'])
def test_a_broken_drift_file_is_not_believed(host, reference, content):
    host.write('/var/lib/ntp/ntp.drift', content)
    daemon = daemons.tokid(host, ntp_conf(reference))
    assert 'drift_ppm=0.000' in daemon.output()
    before, start = daemons.true_error(host), time.monotonic()
    time.sleep(1.5)
    drifted = (daemons.true_error(host) - before) / (time.monotonic() - start)
    assert drifted == pytest.approx(40e-6, abs=10e-6)  # as the oscillator is


def test_a_cable_pulled_and_plugged_in(lab, rivals):
    """Holdover says so; back again, it is synchronised without another step."""
    reference, host = daemons.reference(lab, rivals), lab.host('host')
    daemons.tokid(host, f'server {reference.v4()} iburst minpoll 1 maxpoll 1\n')
    daemons.wait_synchronised(host, 20)
    host.link('down')
    net.wait_for('holdover', lambda: daemons.status(host)['clock']['code'] == 'holdover', 60)
    host.link('up')
    net.wait_for('the source answers again', lambda: daemons.source(
        host, reference.v4())['tally'] == '*', 30)
    assert daemons.status(host)['clock']['steps'] == 1


def test_the_service_manager_is_told(host, reference):
    """sd_notify: READY=1 when it is up, STOPPING=1 at the end."""
    path = '/run/notify'
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(host.path(path)))
    listener.settimeout(10)
    host.write('/etc/ntp.conf', ntp_conf(reference))
    daemon = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL,
                        env={'NOTIFY_SOCKET': path})
    assert b'READY=1' in listener.recv(1024)
    daemon.stop()
    said = b''
    while b'STOPPING=1' not in said:
        said = listener.recv(1024)
    listener.close()
