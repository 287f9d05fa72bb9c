# SPDX-License-Identifier: BSD-2-Clause
"""Files of measurements: the columns of chronyd and of ntpd, line by line beside the originals.

A server is half a second ahead of the machine's clock, as chronyd, ntpd and tokid measure it at
the same time: what each writes must have the same shape, and the same sign and size where there is
one."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

import daemons
import net

AHEAD = 0.5  # of the server, s
LOGS = 'measurements statistics selection tracking'


@pytest.fixture(scope='module')
def ahead(world):
    """A server whose clock is ahead of the truth by half a second, and 50 ppm fast."""
    host = world.host('ahead')
    daemons.tokid(host, 'local stratum 1\nallow\n', path='/etc/chrony.conf',
                  clock=('--virtual-clock', f'offset={AHEAD},rate=50e-6'))
    daemons.wait_serving(host)
    return host


@pytest.fixture(scope='module')
def chrony(world, ahead, rivals):
    """The host of the original, its files in /var/log/logs."""
    host = world.host('chronyd')
    host.run('mkdir', '-p', '/var/log/logs')
    daemons.start_chronyd(host, rivals, f'server {ahead.v4()} iburst minpoll 0 maxpoll 0\n'
                          f'logdir /var/log/logs\nlog {LOGS}\ncmdport 0\n')
    return host


@pytest.fixture(scope='module')
def ntpsec(world, ahead, rivals):
    host = world.host('ntpsec')
    host.run('mkdir', '-p', '/var/log/logs')
    daemons.start_ntpsec(host, rivals, f'disable ntp kernel\nserver {ahead.v4()} iburst minpoll 3 '
                         'maxpoll 3\nstatsdir /var/log/logs/\n'
                         'statistics loopstats peerstats rawstats protostats\n'
                         'filegen peerstats file peerstats type week link enable\n')
    return host


@pytest.fixture(scope='module')
def chronic(world, ahead):
    """tokid on a chrony.conf with the same files."""
    host = world.host('chronic')
    host.run('mkdir', '-p', '/var/log/logs')
    daemons.tokid(host, f'server {ahead.v4()} iburst minpoll 0 maxpoll 0\nlogdir /var/log/logs\n'
                  f'log {LOGS}\nlogbanner 4\n', path='/etc/chrony.conf', clock=('-x',))
    return host


@pytest.fixture(scope='module')
def classic(world, ahead):
    """tokid on an ntp.conf with the same files."""
    host = world.host('classic')
    host.run('mkdir', '-p', '/var/log/logs')
    daemons.tokid(host, f'server {ahead.v4()} iburst minpoll 3 maxpoll 3\n'
                  'statsdir /var/log/logs/\nstatistics loopstats peerstats rawstats protostats\n'
                  'filegen peerstats file peerstats type week link enable\n', clock=('-x',))
    return host


def lines(host, name, least=1):
    """Lines of data of a file in /var/log/logs, as lists of words, when there are so many."""
    path = host.path('/var/log/logs/' + name)

    def read():
        text = path.read_text().splitlines() if path.is_file() else []
        data = [line for line in text if not re.match(r'=|   Date', line)]
        return data if len(data) >= least else None
    return net.wait_for(f'{least} lines in {name} of {host.name}', read)


def shape(line):
    """What a reader by columns sees: each word as a kind of number or text."""
    line = re.sub(r'\d', '9', line)
    line = re.sub(r'-(?=9)', ' ', re.sub(r'e[+-]', 'e', line))
    return re.sub(r'9+', '9', re.sub(r' +', ' ', line))


def heading(host, name):
    return [line for line in host.path('/var/log/logs/' + name).read_text().splitlines()
            if re.match(r'=|   Date', line)][:3]


@pytest.mark.parametrize('name', LOGS.split())
def test_chrony_columns(chrony, chronic, ntpsec, classic, name):
    file = name + '.log'
    theirs, ours = lines(chrony, file, 5), lines(chronic, file, 5)
    assert heading(chronic, file) == heading(chrony, file)
    assert len(ours[-1].split()) == len(theirs[-1].split())
    assert re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 192\.0\.2\.1 ', ours[-1])
    assert len(ours[-1]) == len(theirs[-1])
    assert shape(ours[-1])[:24] == shape(theirs[-1])[:24]
    if name == 'selection':  # state and options in effect
        assert ours[-1].split()[3:5] == theirs[-1].split()[3:5] == ['*', '-----']


def first_value(host, file, column):
    """Of the first line whose value in this column is of the size of the server's lead."""
    def read():
        for line in lines(host, file):
            value = float(line.split()[column])
            if abs(abs(value) - AHEAD) < 0.05:
                return value
        return None
    return net.wait_for(f'{file} of {host.name} shows the lead', read)


@pytest.mark.parametrize('name, column', [('measurements', 11), ('statistics', 4), ('tracking', 6),
                                          ('selection', 8)])
def test_chrony_signs(chrony, chronic, name, column):
    """The server is ahead, so the clock is slow: in each column the sign that chronyd has."""
    theirs = first_value(chrony, name + '.log', column)
    ours = first_value(chronic, name + '.log', column)
    assert theirs * ours > 0
    assert ours == pytest.approx(theirs, abs=0.05)


def test_chrony_frequency_sign(chrony, chronic):
    """The server runs 50 ppm fast: by it both clocks run slow."""
    def settled(host):
        word = lines(host, 'tracking.log')[-1].split()[4]
        return abs(float(word) + 50) < 25 and float(word)
    net.wait_for('chronyd knows the frequency', lambda: settled(chrony))
    net.wait_for('tokid knows the frequency', lambda: settled(chronic))


def test_banner(chronic):
    """A heading before each 4 lines, as the file says."""
    lines(chronic, 'selection.log', 5)
    text = chronic.path('/var/log/logs/selection.log').read_text().splitlines()
    assert [i for i, line in enumerate(text) if line.startswith('   Date')][:2] == [1, 8]


def test_files_moved_away(chronic):
    """logrotate's way: the file is renamed, SIGUSR1 comes, and the next line is in a new file."""
    path = chronic.path('/var/log/logs/tracking.log')
    before = len(lines(chronic, 'tracking.log'))
    path.rename(path.with_suffix('.old'))
    chronic.daemons[-1].signal(signal.SIGUSR1)
    assert lines(chronic, 'tracking.log', 2)
    assert chronic.daemons[-1].running()
    old = path.with_suffix('.old').read_text()
    assert len([x for x in old.splitlines() if x[0] == '2']) >= before


def test_disk_full(chronic):
    """A disk without room costs the lines and one warning; half a line is never left."""
    chronic.run('mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', '/var/log/logs')
    try:
        net.wait_for('it is told', lambda: 'statistics-not-written' in chronic.daemons[-1].output())
        time.sleep(3)
        assert chronic.daemons[-1].output().count('statistics-not-written') == 1
        for path in chronic.path('/var/log/logs').iterdir():
            text = path.read_text()
            assert text == '' or text.endswith('\n')
        assert daemons.status(chronic)['clock']
    finally:
        chronic.run('umount', '/var/log/logs')


NTP_FILES = ['loopstats', 'peerstats', 'rawstats', 'protostats']


@pytest.mark.parametrize('name', NTP_FILES)
def test_ntp_columns(ntpsec, classic, name):
    theirs, ours = lines(ntpsec, name, 2), lines(classic, name, 2)
    their, our = theirs[-1].split(), ours[-1].split()
    if name != 'protostats':
        assert len(our) == len(their)
    assert our[0] == their[0]  # the day
    assert re.fullmatch(r'\d+\.\d{3}', our[1])
    for a, b in list(zip(our, their))[2:]:
        assert re.sub(r'.*\.', '', a) == a or len(a.split('.')[-1]) == len(b.split('.')[-1])


def test_ntp_signs(ntpsec, classic):
    for name, column in (('peerstats', 4), ('loopstats', 2)):
        theirs, ours = (first_value(h, name, column) for h in (ntpsec, classic))
        assert ours > 0 and theirs > 0
    words = lines(classic, 'rawstats')[0].split()
    sent, receive, transmit, came = (float(w) for w in words[4:8])
    assert (receive - sent + transmit - came) / 2 == pytest.approx(AHEAD, abs=0.05)


def test_ntp_rotation(ntpsec, classic):
    """The same names as the original makes, and the bare one a link to the present file."""
    def names(host):
        # the original's number of a week is the day of the year modulo seven
        return {re.sub(r'w\d\d$', 'wNN', p.name): p.stat().st_ino
                for p in host.path('/var/log/logs').iterdir()}
    for name in NTP_FILES:
        lines(ntpsec, name), lines(classic, name)
    assert set(names(classic)) == set(names(ntpsec))
    ours = names(classic)
    for name in NTP_FILES:
        [full] = [n for n in ours if n.startswith(name + '.')]
        assert ours[full] == ours[name]


def test_peer_status_word(classic):
    """The system peer is marked in its status word."""
    def marked():
        return any(int(line.split()[3], 16) >> 8 & 7 == 6 for line in lines(classic, 'peerstats'))
    net.wait_for('the system peer shows', marked)


READER = """
import sys
from ntp.statfiles import NTPStats
stats = NTPStats(sys.argv[1], period=3600)
for line in stats.loopstats:
    print('loop', line[0], float(line[2]), float(line[3]), float(line[4]), float(line[5]))
for source, lines in stats.peersplit().items():
    for line in lines:
        print('peer', source, float(line[4]))
print('raw', len(stats.rawstats))
"""


def test_ntpviz_reads_them(classic, rivals):
    """The reader of ntpviz finds all lines, with what they say."""
    loops, peers, raws = (lines(classic, name, 2) for name in NTP_FILES[:3])
    time.sleep(1)  # the clock is half a second ahead, and no line of the future is read
    said = subprocess.run(
        [sys.executable, '-c', READER, classic.path('/var/log/logs')], text=True, check=True,
        stdout=subprocess.PIPE, env={**os.environ, 'PYTHONPATH': str(
            rivals['ntpsec'] / 'usr/lib/python3/dist-packages')}).stdout.splitlines()
    found = {kind: [line.split() for line in said if line.startswith(kind)]
             for kind in ('loop', 'peer', 'raw')}
    assert len(found['loop']) >= len(loops) and len(found['peer']) >= len(peers)
    assert int(found['raw'][0][1]) >= len(raws)
    assert abs(int(found['loop'][-1][1]) / 1000 - time.time()) < 60
    assert float(found['loop'][-1][2]) == pytest.approx(AHEAD, abs=0.05)
    assert found['peer'][-1][1] == '192.0.2.1'


def test_reload_begins_files(world, ahead):
    """Files are kept from the reload on that asks for them, and by a daemon in one process that has
    given its rights up as well."""
    plain = f'server {ahead.v4()} iburst minpoll 0 maxpoll 0\nlogdir /var/log/logs\n'
    hosts = []
    for options in ((), ('--one-process',)):
        host = world.host('plain' + str(len(options)))
        host.run('mkdir', '-p', '/var/log/logs')
        host.run('chown', 'toki', '/var/log/logs')
        daemons.tokid(host, plain, *options, path='/etc/chrony.conf', clock=('-x',))
        hosts.append(host)
    for host in hosts:
        daemons.wait_synchronised(host)
        assert list(host.path('/var/log/logs').iterdir()) == []
        host.write('/etc/chrony.conf', plain + 'log tracking\n')
        said = host.run(net.TOKI, 'reload').stdout
        assert 'log of tracking: none -> tracking.log' in said
        assert lines(host, 'tracking.log', 2)


def test_a_folder_that_cannot_be_made_is_said_with_its_cause(world, ahead):
    host = world.host('fixed')
    host.run('mkdir', '-p', '/var/log/fixed')
    host.run('mount', '-t', 'tmpfs', '-o', 'ro', 'none', '/var/log/fixed')
    daemon = daemons.tokid(host, f'server {ahead.v4()} iburst minpoll 0 maxpoll 0\n'
                           'logdir /var/log/fixed/logs\nlog tracking\n', path='/etc/chrony.conf')
    net.wait_for('a complaint', lambda: 'statistics-not-written' in daemon.output())
    assert 'Read-only file system' in daemon.output(), daemon.output()
    assert 'No such file' not in daemon.output()
