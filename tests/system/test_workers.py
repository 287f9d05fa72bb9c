# SPDX-License-Identifier: BSD-2-Clause
"""Several workers (TOKI_WORKERS until the configuration can say so): each of them serves, passes control
requests on over its own channel, and is restarted alone."""

import re

import daemons
import net

SERVE = 'local stratum 3\nallow\n'
READVAR = b'\x16\x02\0\1' + bytes(8)  # the system variables, by mode 6


def workers(host):
    listing = host.run('sh', '-c', 'grep -l "tokid: serve" /proc/[0-9]*/comm 2>/dev/null',
                       check=False).stdout
    return {int(pid) for pid in re.findall(r'/proc/(\d+)/', listing)}


def start(host):
    daemon = daemons.tokid(host, SERVE, path='/etc/chrony.conf', workers=2)
    net.wait_for('two workers', lambda: len(workers(host)) == 2, 10)
    net.wait_for('it serves', lambda: net.ask(host, '127.0.0.1'), 10)
    return daemon


def answers(host):
    """Does it give the time, and its variables?"""
    reply = net.ask(host, '127.0.0.1', READVAR)
    return net.ask(host, '127.0.0.1') and reply and b'stratum=3' in reply


def test_each_worker_answers_and_passes_on(host):
    start(host)
    assert daemons.status(host)['server']['workers'] == 2
    for stopped in workers(host):
        host.kill(stopped, 'STOP')
        for _ in range(3):
            net.wait_for('the other worker answers', lambda: answers(host), 10)
        host.kill(stopped, 'CONT')


def test_a_killed_worker_is_restarted_alone(host):
    daemon = start(host)
    before, sync = workers(host), daemons.roles(host)['sync']
    killed, kept = sorted(before)
    host.kill(killed, 'KILL')
    net.wait_for('another worker', lambda: len(workers(host) - {killed}) == 2, 20)
    assert kept in workers(host) and daemons.roles(host)['sync'] == sync
    assert daemon.output().count('role-died role="tokid: serve"') == 1
    host.kill(kept, 'STOP')
    net.wait_for('the new one answers', lambda: answers(host), 10)
    host.kill(kept, 'CONT')


def test_a_reload_replaces_all_of_them(host):
    start(host)
    before = workers(host)
    host.write('/etc/chrony.conf', SERVE + 'dscp 46\n')
    host.run(net.TOKI, 'reload')
    assert workers(host) == before  # the sockets are the same
    host.write('/etc/chrony.conf', SERVE + 'port 1123\n')
    host.run(net.TOKI, 'reload')
    net.wait_for('two other workers', lambda: len(workers(host) - before) == 2
                 and not workers(host) & before, 10)
    assert net.ask(host, '127.0.0.1', port=1123)
    host.write('/etc/chrony.conf', 'local stratum 3\n')
    host.run(net.TOKI, 'reload')
    net.wait_for('nobody serves', lambda: not workers(host), 10)
    host.write('/etc/chrony.conf', SERVE)
    host.run(net.TOKI, 'reload')
    net.wait_for('two workers', lambda: len(workers(host)) == 2 and answers(host), 10)


def test_the_limit_outlives_a_worker(lab):
    """One answer of two at once, whoever gives it: neither a restart nor a reload begins anew."""
    host, client = lab.host('host'), lab.host('client')
    start(host)
    host.write('/etc/chrony.conf', SERVE + 'ratelimit interval 12 burst 2 leak 4\n')
    host.run(net.TOKI, 'reload')
    net.wait_for('it is limited', lambda: sum(
        net.ask(client, host.v4(), timeout=0.3) is None for _ in range(8)) >= 4, 20)

    def answered():
        return sum(net.ask(client, host.v4(), timeout=0.1) is not None for _ in range(32))
    assert answered() < 12  # one in 16 leaks
    before = workers(host)
    for pid in before:
        host.kill(pid, 'KILL')
    net.wait_for('new workers', lambda: len(workers(host) - before) == 2 and answers(host), 20)
    assert answered() < 12
    before = workers(host)
    host.write('/etc/chrony.conf', SERVE + 'ratelimit interval 12 burst 2 leak 4\nport 1123\n')
    host.run(net.TOKI, 'reload')
    net.wait_for('new workers', lambda: len(workers(host) - before) == 2, 20)
    assert sum(net.ask(client, host.v4(), port=1123, timeout=0.1) is not None
               for _ in range(32)) < 12


def test_wrong_numbers_of_workers_are_refused(host):
    for number in ('0', '17', '-1', 'two', ''):
        daemon = host.start(net.TOKID, '-d', env={'TOKI_WORKERS': number})
        assert daemon.process.wait(5) == 2 and 'TOKI_WORKERS is' in daemon.output(), number
