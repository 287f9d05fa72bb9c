# SPDX-License-Identifier: BSD-2-Clause
"""How tokid starts and ends, what it does once, and what becomes of its roles."""

import json
import re

import pytest

import daemons
import net
from daemons import ntp_conf


def alive(host, pid):
    try:
        return host.path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_tests_cannot_set_the_clock(host):
    """The promise of net.py, seen from inside."""
    bounding = re.search(r'CapBnd:\s+(\w+)', host.run('cat', '/proc/self/status').stdout)
    assert not int(bounding.group(1), 16) >> 25 & 1
    assert 'not permitted' in host.run('date', '-s', '2000-01-01', check=False).stdout


# start and end

def test_a_second_tokid_says_who_is_running(host, reference):
    first = daemons.tokid(host, ntp_conf(reference))
    second = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert second.wait() == 1
    assert re.search(r'another tokid is running \(pid \d+, lock /run/tokid.pid\)', second.output())
    assert first.running()


def test_a_second_tokid_says_who_holds_the_port(host, reference):
    daemons.tokid(host, ntp_conf(reference))
    second = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL, '--pidfile', '/',
                        '--control', '/')
    assert second.wait() == 1
    holder = re.search(r'UDP port 123 is in use by (\S+) \(pid (\d+)\)', second.output())
    assert holder, second.output()
    assert 'tokid' in holder.group(1) and alive(host, int(holder.group(2)))


def test_it_names_a_rival_that_holds_the_port(reference):
    daemon = reference.start(net.TOKID, '-d', '-f', reference.write('/etc/ntp.conf',
                             'server 192.0.2.99 iburst\n'), *daemons.VIRTUAL)
    assert daemon.wait() == 1
    assert re.search(r'UDP port 123 is in use by chronyd \(pid \d+\)', daemon.output())


@pytest.mark.parametrize('state', ['before the first reply', 'synchronised'])
def test_sigterm_ends_it(host, reference, state):
    daemon = daemons.tokid(host, ntp_conf(reference))
    if state == 'synchronised':
        daemons.wait_synchronised(host)
    before = daemons.roles(host)
    assert daemon.stop() == 0
    assert set(before) == {'sync', 'lookup', 'serve'}
    net.wait_for('no role is left', lambda: not any(alive(host, pid) for pid in before.values()))
    assert not host.path('/run/toki/tokid.sock').exists()


def test_the_starter_returns_when_the_daemon_is_ready(host, reference):
    """Without -d it becomes a daemon; its pid file names it."""
    host.write('/etc/ntp.conf', ntp_conf(reference))
    host.run('mkdir', '-p', '/var/lib/ntp')
    host.run(net.TOKID, '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    report = daemons.status(host)
    pid = int(host.path('/run/tokid.pid').read_text())
    assert report['pid'] == pid
    daemons.wait_synchronised(host)
    host.kill(pid)
    net.wait_for('the daemon is gone', lambda: not alive(host, pid))


def test_no_right_to_set_the_clock_is_said(host, reference):
    """Without CAP_SYS_TIME, which no test has: it measures and serves, and says so."""
    daemon = daemons.tokid(host, ntp_conf(reference), clock=())
    assert 'no permission to set the clock (CAP_SYS_TIME)' in daemon.output()
    net.wait_for('it measures', lambda: daemons.status(host)['clock']['code'] == 'measuring')
    done = host.run(net.TOKID, '-q', '-f', '/etc/ntp.conf', '--pidfile', '/', check=False)
    assert done.returncode == 1 and 'no permission to set the clock' in done.stdout


# one look

def test_q_sets_once_and_exits(host, reference):
    host.write('/etc/ntp.conf', ntp_conf(reference))
    done = host.run(net.TOKID, '-q', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert re.search(r'was 0\.[67]\d* s fast and has been set', done.stdout)


def test_capital_q_only_looks(host, reference):
    host.write('/etc/ntp.conf', ntp_conf(reference))
    done = host.run(net.TOKID, '-Q', '-f', '/etc/ntp.conf', *daemons.VIRTUAL)
    assert re.search(r'is 0\.[67]\d* s fast .* not changed', done.stdout)


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


# roles

PAGE_READER = r'''
import mmap, os, struct, sys
folder = f"/proc/{open('/run/tokid.pid').read().strip()}/fd"
name, = (n for n in os.listdir(folder) if 'memfd:toki-page' in os.readlink(f'{folder}/{n}'))
fd = os.open(f'{folder}/{name}', os.O_RDONLY)
page = mmap.mmap(fd, os.fstat(fd).st_size, prot=mmap.PROT_READ)
magic, version, size, _ = struct.unpack_from('=4I', page, 0)
assert (magic, version) == (0x746f6b69, 2) and size <= len(page)
while True:
    sequence, = struct.unpack_from('=I', page, 12)
    slot = page[64 + 64 * (sequence >> 1 & 1):][:56]
    if not sequence & 1 and struct.unpack_from('=I', page, 12)[0] == sequence:
        break
print(sequence, slot[:24].hex(), *struct.unpack_from('=qQQq', slot, 24))
try:
    mmap.mmap(os.open(f'{folder}/{name}', os.O_RDWR), 4096)
    print('writable')
except OSError:
    print('sealed')
'''


def test_the_page_can_be_read_by_others(host, reference):
    """serve/page.h, as a program that is not ours reads it."""
    daemons.tokid(host, ntp_conf(reference, 'restrict default\n'))
    daemons.wait_synchronised(host, 20)

    def look():
        words = host.run('/usr/bin/python3', '-c', PAGE_READER).stdout.split()
        return int(words[0]), bytes.fromhex(words[1]), [int(w) for w in words[2:6]], words[6]

    def same():
        sequence, head, (at_ns, dispersion, rate, valid_until_ns), sealed = look()
        reply = net.ask(host, host.v4())
        assert sealed == 'sealed' and sequence % 2 == 0
        if look()[1] != head:
            return False  # a new one came meanwhile
        assert head[0] == reply[0] & 0xc0 and head[1] == reply[1] and head[2] == 0
        assert head[3:8] == reply[3:8] and head[12:] == reply[12:24]
        told = int.from_bytes(reply[8:12], 'big')
        assert int.from_bytes(head[8:12], 'big') <= told
        assert 0 <= told - (dispersion >> 32) <= 1 + (valid_until_ns - at_ns) * rate / 1024 / 2**48
        return True
    net.wait_for('the page says what a reply says', same, 10)
    before = look()[0]
    net.wait_for('the page is renewed', lambda: look()[0] > before, 10)


def test_a_killed_serve_role_comes_back(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    daemons.wait_synchronised(host)
    before = daemons.roles(host)
    host.kill(before['serve'], 'KILL')
    net.wait_for('a new serve role', lambda: daemons.roles(host).get('serve') not in
                 (None, before['serve']))
    net.wait_for('it answers', lambda: net.ask(reference, host.v4()))
    assert daemons.roles(host)['sync'] == before['sync'] and daemon.running()


def test_a_killed_lookup_role_comes_back(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    before = daemons.roles(host)
    host.kill(before['lookup'], 'KILL')
    net.wait_for('a new lookup role', lambda: daemons.roles(host).get('lookup') not in
                 (None, before['lookup']))
    assert daemon.running()


def test_without_sync_all_is_over(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    before = daemons.roles(host)
    host.kill(before['sync'], 'KILL')
    assert daemon.wait() != 0
    net.wait_for('no role is left', lambda: not any(alive(host, pid) for pid in before.values()))


def test_the_roles_have_given_up_their_rights(host, reference):
    """Nobody is root but the parent; serve and lookup hold no capability at all."""
    daemons.tokid(host, ntp_conf(reference), '--user', 'toki')
    for role, pid in daemons.roles(host).items():
        text = host.run('cat', f'/proc/{pid}/status').stdout
        assert int(re.search(r'Uid:\s+(\d+)', text).group(1)) != 0, role
        assert int(re.search(r'CapEff:\s+(\w+)', text).group(1), 16) == 0, role
        assert re.search(r'Seccomp:\s+2', text), role
