# SPDX-License-Identifier: BSD-2-Clause
"""Reference clocks and interleaved mode over the real system: shared memory with a feeder of our own,
and Debian's chronyd as the server."""

import sys
from pathlib import Path

import pytest

import daemons
import net

UNIT = 231  # out of the way of real receivers
FEEDER = Path(__file__).with_name('shm_feeder.py')


def feed(host, seconds=3600, offset=0.0):
    return host.start(sys.executable, FEEDER, str(UNIT), str(seconds), str(offset))


@pytest.mark.parametrize('language, config', [
    ('chrony', f'refclock SHM {UNIT} refid GPS offset 0.1 delay 0.001\nmakestep 0.1 3\n'),
    ('ntp', f'server 127.127.28.{UNIT} minpoll 4\nfudge 127.127.28.{UNIT} time1 0.1 refid GPS\n'
            'driftfile /var/lib/ntp/ntp.drift\n'),
    ('ntpsec', f'refclock shm unit {UNIT} time1 0.1 refid GPS\nrestrict default nomodify\n'),
])
def test_shared_memory_sets_the_clock(lab, language, config):
    """The receiver is late by a constant 0.1 s, which the configuration knows."""
    host = lab.host('timekeeper')
    feed(host, offset=-0.1)
    daemons.tokid(host, config)
    state = daemons.wait_synchronised(host)
    clock = daemons.source(host, f'SHM{UNIT}')
    assert clock['kind'] == 'refclock' and clock['refid'] == 'GPS' and clock['tally'] == '*'
    assert clock['stratum'] == 0 and clock['reach'] & 1
    assert state['clock']['stratum'] == 1 and state['clock']['refid'] == 'GPS'
    net.wait_for('the clock is right', lambda: abs(daemons.true_error(host)) < 100e-6)
    reply = net.ask(host, '127.0.0.1') if language != 'chrony' else None
    assert reply is None or (reply[1] == 1 and reply[12:16] == b'GPS\0')


def test_a_receiver_that_falls_silent(lab):
    host = lab.host('timekeeper')
    feeder = feed(host)
    daemons.tokid(host, f'refclock SHM {UNIT} poll 0 dpoll -1 precision 0.02\nmakestep 0.1 3\n')
    daemons.wait_synchronised(host)
    assert daemons.source(host, f'SHM{UNIT}')['offset_sd_s'] > 1e-3  # its samples are that rough
    net.wait_for('many polls', lambda: daemons.source(host, f'SHM{UNIT}')['reach'] > 15)
    feeder.stop()
    net.wait_for('silence is noticed',
                 lambda: daemons.source(host, f'SHM{UNIT}')['status'] == 'unreachable')
    assert 'gpsd' in daemons.source(host, f'SHM{UNIT}')['sentence']
    assert daemons.status(host)['clock']['code'] == 'holdover'


def test_memory_that_is_not_there_to_use(lab):
    """One that may not be written is named, and the daemon goes on without it."""
    host = lab.host('timekeeper')
    host.write('/etc/small.py', 'import ctypes\n'
               f'print(ctypes.CDLL(None).shmget({0x4e545030 + UNIT}, 8, 0o1600))\n')
    number = host.run(sys.executable, '/etc/small.py').stdout.strip()
    try:
        daemon = daemons.tokid(host, f'refclock SHM {UNIT}\nmakestep 0.1 3\n')
        assert f'refclock-not-opened source=SHM{UNIT}' in daemon.output()
        assert daemons.source(host, f'SHM{UNIT}')['status'] in ('waiting', 'unreachable')
    finally:
        host.run('ipcrm', '-m', number)


@pytest.mark.parametrize('config, mode', [
    (f'refclock SHM {UNIT}\n', '600'), (f'refclock SHM {UNIT}:perm=0644\n', '644'),
    (f'refclock shm unit {UNIT} mode 1\nrestrict default nomodify\n', '600'),
    (f'server 127.127.28.{UNIT}\nrestrict default nomodify\n', '666'),
])
def test_who_may_feed_a_new_segment(lab, config, mode):
    host = lab.host('timekeeper')
    daemons.tokid(host, config)
    segments = [line.split() for line in host.run('ipcs', '-m').stdout.splitlines()]
    found = [words for words in segments if words[:1] == [f'{0x4e545030 + UNIT:#010x}']]
    host.daemons.pop().stop()
    for words in found:
        host.run('ipcrm', '-m', words[1])
    assert [words[3] for words in found] == [mode], segments


def test_interleaved_with_chronyd(lab, rivals):
    """chronyd knows when its answers left; beside it, the same server in basic mode."""
    server = daemons.reference(lab, rivals)
    client = lab.host('client')
    daemons.tokid(client, f'server {server.v4()} minpoll -1 maxpoll -1 xleave\n'
                  f'server {server.v6()} minpoll -1 maxpoll -1\nmakestep 0.1 3\n')
    daemons.wait_synchronised(client)

    def interleaved():
        return daemons.source(client, server.v4())['interleaved']
    net.wait_for('an interleaved answer', interleaved)
    net.wait_for('many samples', lambda: all(
        daemons.source(client, a)['samples'] > 16 for a in (server.v4(), server.v6())))
    xleave, basic = (daemons.source(client, a) for a in (server.v4(), server.v6()))
    assert xleave['interleaved'] and not basic['interleaved']
    for one in (xleave, basic):
        refused = {k: v for k, v in one['verdicts'].items() if v and k not in ('accepted', 'late')}
        assert refused == {}
    net.wait_for('the clock is right', lambda: abs(daemons.true_error(client)) < 1e-3)
