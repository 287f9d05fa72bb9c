# SPDX-License-Identifier: BSD-2-Clause
"""Changes of a running tokid: reloads and directives by hand are one step or nothing, and nobody who
asks for the time notices."""

import contextlib
import itertools
import json
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

import daemons
import net
from daemons import ntp_conf

_SO_RCVBUFFORCE = 33
SERVE = 'local stratum 3\nallow\n'  # a chrony.conf that serves without any source


def toki(host, *words, check=False):
    return host.run(net.TOKI, *words, check=check)


def ordered(host, *words):
    """The daemon's own answer to an order."""
    said = toki(host, *words, '--json').stdout
    assert said.startswith('{'), said
    return json.loads(said)


def chrony(host, config, *options, **more):
    return daemons.tokid(host, config, *options, path='/etc/chrony.conf', **more)


class Asker:
    """A client that asks a server all the time and counts the requests that stay without answer. It
    waits for those that are late, so that no queue runs over where the machine is slow."""

    AHEAD = 100


    def __init__(self, client, server, rate=1000, port=123):
        self.sent = self.answered = 0
        self._answers = set()
        self._socket = client.socket()
        self._socket.settimeout(0.2)
        # answers wait here while this process does not get the processor
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 24)
        self._to, self._gap = (server, port), 1 / rate
        self._ended = self._heard = False
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._ask, self._hear)]
        for thread in self._threads:
            thread.start()

    def _ask(self):
        due = time.monotonic()
        while not self._ended:
            if self.sent - len(self._answers) >= self.AHEAD:
                time.sleep(self._gap)
                continue
            self._socket.sendto(net.request(transmit=self.sent.to_bytes(8, 'big')), self._to)
            self.sent += 1
            due += self._gap
            time.sleep(max(0.0, due - time.monotonic()))

    def _hear(self):
        while True:
            try:
                reply = self._socket.recv(1024)
            except TimeoutError:
                if self._heard:
                    return
                continue
            if reply[12:16] not in (b'RATE', b'DENY'):  # no kiss
                self._answers.add(int.from_bytes(reply[24:32], 'big'))

    def end(self):
        """How many were lost."""
        self._ended = True
        self._threads[0].join()
        with contextlib.suppress(AssertionError):
            net.wait_for('all answers', lambda: len(self._answers) == self.sent)
        self._heard = True
        self._threads[1].join()
        self._socket.close()
        return self.sent - len(self._answers)


def test_reload_says_what_changed(lab, rivals):
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    host = lab.host('host')
    daemon = daemons.tokid(host, ntp_conf(first))
    daemons.wait_synchronised(host)
    before = daemons.source(host, first.v4())
    assert ordered(host, 'reload')['changes'] == []
    host.write('/etc/ntp.conf', ntp_conf(
        first, f'server {second.v4()} iburst minpoll 4\ntinker step 0.2\n'
        'restrict 198.51.100.0/24 noserve\n'))
    answer = ordered(host, 'reload')
    assert answer['ok'] and answer['changes'] == [
        f'+ server {second.v4()} minpoll 4 maxpoll 10 iburst',
        '+ access 198.51.100.0/24: deny', '~ step threshold: 0.128 s -> 0.2 s']
    net.wait_for('the second source is used', lambda: (
        s := daemons.source(host, second.v4())) and s['tally'] in '*+-')
    after = daemons.source(host, first.v4())
    assert after['samples'] >= before['samples'] and after['sent'] >= before['sent']
    assert daemons.status(host)['clock']['steps'] == 1
    assert f'changed text="+ server {second.v4()}' in daemon.output()
    said = toki(host, 'reload')
    assert said.returncode == 0 and said.stdout.endswith('nothing has changed\n')
    assert '[W001]' in said.stdout and said.stdout.count('\n') == 3


def test_a_broken_file_changes_nothing(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    daemons.wait_synchronised(host)
    host.write('/etc/ntp.conf', 'sever 192.0.2.99\nrestrict default ignore\ntinker step x\n')
    said = toki(host, 'reload')
    assert said.returncode == 1
    assert "ntp.conf:1:1: error: unknown directive 'sever'" in said.stdout
    assert 'ntp.conf:3:13: error:' in said.stdout and '^' in said.stdout
    assert 'tokid says: /etc/ntp.conf has errors; the previous configuration stays in force' in said.stdout
    answer = ordered(host, 'reload')
    assert not answer['ok'] and answer['error'] == 'refused' and len(answer['messages']) == 2
    assert daemons.status(host)['clock']['synchronised']
    assert net.ask(host, host.v4())
    assert 'reload-refused file=/etc/ntp.conf' in daemon.output()
    host.path('/etc/ntp.conf').unlink()
    assert 'no such file' in toki(host, 'reload').stdout
    assert len(daemons.status(host)['sources']) == 1


@pytest.mark.parametrize('verb', ['allow', 'deny'])
@pytest.mark.parametrize('config', [ntp_conf, None], ids=['ntp', 'chrony'])
def test_a_rule_by_hand_for_a_name_without_an_address_is_refused(host, reference, verb, config):
    if config:
        daemons.tokid(host, config(reference))
    else:
        chrony(host, 'local stratum 3\n')
    said = toki(host, verb, 'no.such.invalid')
    assert said.returncode == 1 and 'nothing has changed' not in said.stdout
    if not config:  # ntp.conf has rules for addresses only
        assert "no address found for 'no.such.invalid'" in said.stdout


def test_only_root_and_the_owner_change_things(host, reference):
    daemons.tokid(host, ntp_conf(reference))
    host.run('cp', net.TOKI, '/run/toki-copy')
    host.run('chmod', '755', '/run/toki-copy')
    for words in ('reload', 'add server 192.0.2.9', 'allow', 'makestep', 'burst'):
        said = host.run('setpriv', '--reuid', '64100', '--clear-groups', '/run/toki-copy',
                        *words.split(), check=False)
        assert said.returncode == 1 and 'permission denied' in said.stdout, words
    assert host.run('setpriv', '--reuid', '64100', '--clear-groups', '/run/toki-copy',
                    'status', check=False).returncode in (0, 1)
    assert len(daemons.status(host)['sources']) == 1


def test_directives_by_hand(lab, rivals):
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    host, client = lab.host('host'), lab.host('client')
    chrony(host, f'server {first.v4()} iburst minpoll 2\nmakestep 1 3\nallow {client.v4()}\n')
    daemons.wait_synchronised(host)
    assert net.ask(client, host.v4()) and not net.ask(second, host.v4(), timeout=net.QUIET_S)
    answer = ordered(host, 'add', 'server', second.v4(), 'iburst', 'minpoll', '2')
    assert answer['changes'] == [f'+ server {second.v4()} minpoll 2 maxpoll 10 iburst']
    assert 'until the next reload' in answer['note']
    net.wait_for('the new source is used', lambda: daemons.source(
        host, second.v4())['tally'] in '*+')
    assert ordered(host, 'allow', second.v4())['ok']
    assert net.ask(second, host.v4())
    assert ordered(host, 'deny', client.v4())['ok']
    assert not net.ask(client, host.v4(), timeout=net.QUIET_S)
    # offline keeps what is known
    samples = daemons.source(host, first.v4())['samples']
    assert ordered(host, 'offline', first.v4())['ok']
    sent = daemons.source(host, first.v4())['sent']
    assert ordered(host, 'burst', second.v4())['ok']
    assert ordered(host, 'burst', first.v4())['error'] == 'refused'
    time.sleep(3)
    assert daemons.source(host, first.v4())['sent'] == sent
    assert daemons.source(host, first.v4())['samples'] >= samples
    assert ordered(host, 'online')['ok'] and ordered(host, 'burst')['ok']
    net.wait_for('the first source is asked again', lambda: daemons.source(
        host, first.v4())['sent'] > sent)
    assert ordered(host, 'delete', first.v4())['ok']
    assert not daemons.source(host, first.v4())
    assert ordered(host, 'delete', first.v4())['error'] == 'refused'
    wrong = ordered(host, 'add', 'server', second.v4(), 'ibrust')
    assert wrong['error'] == 'refused' and 'ibrust' in wrong['messages'][0]
    assert ordered(host, 'add', 'driftfile', '/etc/passwd')['error'] == 'refused'
    steps = daemons.status(host)['clock']['steps']
    assert 'stepped by' in ordered(host, 'makestep')['note']
    assert daemons.status(host)['clock']['steps'] == steps + 1
    # the file is as it was, and so is the daemon after a reload
    assert ordered(host, 'reload')['changes'] != []
    assert daemons.source(host, first.v4()) and not daemons.source(host, second.v4())
    assert net.ask(client, host.v4()) and not net.ask(second, host.v4(), timeout=net.QUIET_S)


@pytest.mark.parametrize('options, workers', [((), 1), (('--one-process',), 1), ((), 2)])
def test_no_request_is_lost(lab, options, workers):
    """1,000 requests a second, while access, limits, sources and the sockets themselves change."""
    host, client = lab.host('host'), lab.host('client')
    daemon = chrony(host, SERVE, '--user', 'root', *options, workers=workers)
    assert net.ask(client, host.v4())
    asker = Asker(client, host.v4())
    for i in itertools.count():
        if i >= 40 and asker.sent > 3000:
            break
        more = [f'deny 198.51.{i % 250}.0/24', f'server 192.0.2.{100 + i % 100}',
                f'clientloglimit {65536 << i % 3}', f'bindaddress {host.v4()}',
                'bindaddress 0.0.0.0', 'dscp 46', ''][i % 7]
        host.write('/etc/chrony.conf', SERVE + more + '\n')
        if i % 2:
            assert ordered(host, 'reload')['ok']
        else:
            daemon.signal(signal.SIGHUP)
            time.sleep(0.2)
    lost = asker.end()
    assert lost == 0, f'{lost} of {asker.sent}'
    assert 'reload-refused' not in daemon.output()


def test_another_port(lab):
    """The new port answers before the old one is closed; who holds it is named, and nothing changes."""
    host, client = lab.host('host'), lab.host('client')
    chrony(host, SERVE)
    assert net.ask(client, host.v4())
    holder = host.socket(bind=('0.0.0.0', 11124))
    host.write('/etc/chrony.conf', SERVE + 'port 11124\ndeny 198.51.100.0/24\n')
    refused = ordered(host, 'reload')
    assert not refused['ok'] and '11124: Address already in use' in refused['message']
    assert net.ask(client, host.v4())
    holder.close()
    assert ordered(host, 'reload')['ok']
    assert net.ask(client, host.v4(), port=11124)
    assert not net.ask(client, host.v4(), timeout=net.QUIET_S)
    assert daemons.status(host)['server']['port'] == 11124
    # nobody is served; then somebody again
    host.write('/etc/chrony.conf', 'local stratum 3\n')
    assert ordered(host, 'reload')['ok']
    assert not net.ask(client, host.v4(), port=11124, timeout=net.QUIET_S)
    assert not daemons.status(host)['server']['open'] and 'serve' not in daemons.roles(host)
    assert ordered(host, 'allow', client.v4())['ok']
    assert net.ask(client, host.v4())
    assert daemons.status(host)['server']['open']
    # and nobody else may bind the port that was shared for a moment
    second = host.run(net.TOKID, '-d', '-f', '/etc/chrony.conf', '-x', '--pid-file', '/', check=False)
    assert second.returncode != 0


def test_a_storm_of_signals_ends_in_the_last_file(lab):
    host = lab.host('host')
    daemon = chrony(host, SERVE)
    pid = daemon.pid()
    start = time.monotonic()
    for i in range(1000):
        if i % 20 == 0:
            host.path('/etc/chrony.conf.new').write_text(f'local stratum {3 + i % 7}\nallow\n')
            host.path('/etc/chrony.conf.new').rename(host.path('/etc/chrony.conf'))
        if i == 999:
            host.write('/etc/chrony.conf', 'local stratum 12\nallow\n')
        daemon.signal(signal.SIGHUP)
        time.sleep(max(0.0, start + i / 1000 - time.monotonic()))
    net.wait_for('the last file is in force', lambda: daemons.status(
        host)['clock']['stratum'] == 12)
    assert daemon.pid() == pid and daemon.running()
    reloads = 10 * (time.monotonic() - start)  # a tenth of a second from one to the next
    assert daemon.output().count('reloaded file=') < reloads + 10
    assert daemon.stop() == 0


def memory_kb(host):
    """Unswapped private memory of each role."""
    kinds = {}
    for name, pid in daemons.roles(host).items():
        text = host.path(f'/proc/{pid}/smaps_rollup').read_text()
        kinds[name] = sum(int(n) for n in re.findall(r'^Private_\w+: +(\d+) kB', text, re.M))
    return kinds


def test_memory_does_not_grow(lab):
    host = lab.host('host')
    daemon = chrony(host, SERVE)
    parent = Path(f'/proc/{daemon.pid()}')

    def files():
        return len(list((parent / 'fd').iterdir()))

    def reload(count):
        for i in range(count):
            many = ''.join(f'server 192.0.2.{100 + n} port {20000 + i % 2}\n' for n in range(64))
            host.write('/etc/chrony.conf', SERVE + many + f'port {123 + 11000 * (i % 2)}\n'
                       f'deny 198.51.{i % 250}.0/24\n')
            assert ordered(host, 'reload')['ok']

    reload(50)
    before, open_before = memory_kb(host), files()
    parent_before = re.search(r'VmRSS:\s+(\d+)', (parent / 'status').read_text()).group(1)
    reload(1000)
    after = memory_kb(host)
    parent_after = re.search(r'VmRSS:\s+(\d+)', (parent / 'status').read_text()).group(1)
    assert files() == open_before
    assert int(parent_after) < int(parent_before) + 512
    for role, kb in before.items():
        assert after[role] < kb + 512, (role, before, after)
    assert daemon.stop() == 0


def takes_signals(daemon):
    """Whether the process is the daemon by now, past its very first lines: SIGHUP is caught."""
    try:
        status = Path(f'/proc/{daemon.pid()}/status').read_text()
    except (IndexError, OSError):
        return False
    caught = int(re.search(r'^SigCgt:\s+(\w+)', status, re.M).group(1), 16)
    return status.startswith('Name:\ttokid') and caught & 1


def test_reload_at_any_moment(lab, rivals):
    """During the start, during the first step and a slew, with 64 sources and with none."""
    reference, host = daemons.reference(lab, rivals), lab.host('host')
    config = f'server {reference.v4()} iburst minpoll 0 maxpoll 0\nmakestep 1 -1\nmaxslewrate 500\n'
    host.write('/etc/chrony.conf', config)
    daemon = chrony(host, config, wait=False, clock=('--virtual-clock', 'offset=0.02,rate=40e-6'))
    net.wait_for('it runs', lambda: takes_signals(daemon), interval=0.001)
    for _ in range(100):
        daemon.signal(signal.SIGHUP)
        time.sleep(0.05)
    daemons.wait_synchronised(host)
    time.sleep(0.5)  # the last signal is dealt with
    error = abs(daemons.true_error(host))
    many = ''.join(f'server 192.0.2.{100 + n}\n' for n in range(63))
    host.write('/etc/chrony.conf', config + many)
    assert ordered(host, 'reload')['change_count'] == 63
    assert len(daemons.status(host)['sources']) == 64
    host.write('/etc/chrony.conf', config)
    assert ordered(host, 'reload')['change_count'] == 63
    net.wait_for('the slew goes on', lambda: abs(daemons.true_error(host)) < error / 2)
    host.write('/etc/chrony.conf', 'maxslewrate 500\n')
    assert ordered(host, 'reload')['ok']
    assert daemons.status(host)['sources'] == []
    assert daemons.status(host)['clock']['code'] in ('no-sources', 'holdover')
    host.write('/etc/chrony.conf', config)
    assert ordered(host, 'reload')['ok']
    net.wait_for('the source is used again', lambda: daemons.source(
        host, reference.v4())['tally'] == '*')
    assert daemon.stop() == 0


def test_the_service_manager_hears_of_a_reload(host, reference):
    """RELOADING=1 with the time of CLOCK_MONOTONIC, and READY=1 when it is over, refused or not."""
    path = '/run/notify'
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(host.path(path)))
    listener.settimeout(net.PATIENCE_S)
    host.write('/etc/ntp.conf', ntp_conf(reference))
    daemon = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL,
                        env={'NOTIFY_SOCKET': path})

    def next_state():
        while (said := listener.recv(1024)).startswith(b'STATUS='):
            pass
        return said

    assert next_state() == b'READY=1'
    for text in (ntp_conf(reference, 'restrict 198.51.100.1\n'), 'sever x\n'):
        host.write('/etc/ntp.conf', text)
        begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        daemon.signal(signal.SIGHUP)
        said = next_state()
        match = re.fullmatch(rb'RELOADING=1\nMONOTONIC_USEC=(\d+)', said)
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert match and begun <= int(match.group(1)) <= now, said
        assert next_state() == b'READY=1'
    daemon.stop()
    listener.close()
