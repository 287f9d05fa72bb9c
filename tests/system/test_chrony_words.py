# SPDX-License-Identifier: BSD-2-Clause
"""chrony's vocabulary: Debian's chronyd and tokid with the same chrony.conf, before the same
servers, must call each source by the same letters: in selectdata, ntpdata and authdata, and in
their selection.log and measurements.log.

The servers are sockets of this process that answer as their row says."""

import contextlib
import re

import pytest

import daemons
import net
from farm import Farm, address_of, good

SOCKET = '/run/chrony/chronyd.sock'
KEYS = '7 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\n'

class Client:
    """One of the two daemons."""

    def __init__(self, host, rivals, theirs):
        self.host, self.rivals, self.theirs = host, rivals, theirs

    def start(self, config):
        config += 'logdir /var/log/logs\nlog selection rawmeasurements\n' \
                  'keyfile /etc/chrony.keys\nallow 203.0.113.0/24\n'
        self.host.run('mkdir', '-p', '/var/log/logs', '/run/chrony')
        self.host.write('/etc/chrony.keys', KEYS)
        if self.theirs:
            self.host.run('chmod', '750', '/run/chrony')
            self.host.write('/etc/chrony-test.conf', config + 'user root\n'
                            f'pidfile /run/chronyd.pid\nbindcmdaddress {SOCKET}\n')
            self.host.start(self.rivals['chrony'] / 'usr/sbin/chronyd', '-d', '-x', '-f',
                            '/etc/chrony-test.conf')
        else:
            daemons.tokid(self.host, config, path='/etc/chrony.conf', clock=('-x',))

    def ask(self, *words):
        said = self.host.run(self.rivals['chrony'] / 'usr/bin/chronyc', '-n', '-c', '-h', SOCKET,
                             *words, check=False).stdout
        return [line.split(',') for line in said.splitlines()]

    def state(self, letter):
        """Before 4.6 chronyd calls a source that never gave a sample 's', not 'M'."""
        return 'M' if self.theirs and letter == 's' else letter

    def selected(self):
        """{address: (state, authenticated, options, options in effect)} of selectdata."""
        return {re.sub(r'ID#.*', 'ID', row[1]): (self.state(row[0]), row[2], ''.join(row[3:8]),
                                                 ''.join(row[8:13]))
                for row in self.ask('selectdata', '-a')}

    def log(self, name):
        """{address: words} of the last line of each address."""
        path = self.host.path('/var/log/logs/' + name)
        lines = path.read_text().splitlines() if path.is_file() else []
        return {line.split()[2]: line.split() for line in lines if line.startswith('2')}

    def logged_states(self):
        """{address: (state, options in effect)} of selection.log."""
        return {name: (self.state(words[3]), words[4])
                for name, words in self.log('selection.log').items()}

    def tests(self):
        return {row[0]: ' '.join(row[23:26]) for row in self.ask('ntpdata')}

    def logged_tests(self):
        return {name: ' '.join(words[5:8]) for name, words in self.log('measurements.log').items()}

    def authentication(self):
        return {row[0]: row[1:5] for row in self.ask('authdata')}


@contextlib.contextmanager
def side_by_side(lab, rivals, servers, config):
    """Both daemons on this configuration."""
    farm = Farm(lab.host('farm'), servers)
    try:
        clients = [Client(lab.host(name), rivals, name == 'theirs') for name in ('theirs', 'ours')]
        for client in clients:
            client.start(config)
        yield clients
    finally:
        farm.end()


def source(number, options=''):
    return f'server {address_of(number)} iburst minpoll 0 maxpoll 0 {options}\n'


def wait_same(clients, what, expected, timeout=60):
    """Both come to say this; `expected` may leave sources out."""
    for client in clients:
        seen = {}

        def comes(client=client, seen=seen):
            seen.clear()
            seen.update(what(client))
            return all(seen.get(name) == value for name, value in expected.items())
        try:
            net.wait_for('the words', comes, timeout)
        except AssertionError:
            pass
        assert {name: seen.get(name) for name in expected} == expected, client.host.name


# number: server, options, state, letters of the options (none has the last place any more)
MAIN = {
    101: (good(), 'prefer', '*', '-P---'),
    102: (good(), '', 'P', '-----'),
    103: (good(), '', 'P', '-----'),
    104: (good(), 'noselect trust', 'N', 'N-T--'),
    105: (good(ahead=0.5), '', 'x', '-----'),
    106: (good(dispersion=5), '', 'd', '-----'),
    107: (good(leap=3, stratum=0, refid=b'\0\0\0\0'), '', 'M', '-----'),
    108: (good(answers=0), '', 'M', '-----'),
    109: (good(), 'offline', 'M', '-----'),
    110: (good(answers=0), 'noselect', 'N', 'N----'),
}


def start_keyed(lab, rivals):
    """A server with a key."""
    keyed = lab.host('keyed')
    keyed.write('/etc/chrony.keys', KEYS)
    daemons.start_chronyd(keyed, rivals, 'local stratum 1\nallow\ncmdport 0\n'
                          'keyfile /etc/chrony.keys')
    daemons.wait_serving(keyed)
    return keyed


def test_states_and_options(lab, rivals):
    keyed = start_keyed(lab, rivals)
    servers = {number: row[0] for number, row in MAIN.items()}
    config = ''.join(source(number, row[1]) for number, row in MAIN.items()) + \
        source(keyed.v4().split('.')[-1], 'key 7 require') + 'server none.example\n' \
        'authselectmode ignore\n'

    def log_order(letters):  # chronyc shows the unused place behind the others, the log before
        return '-' + letters[:4]

    with side_by_side(lab, rivals, servers, config) as clients:
        expected = {}
        for number, (_, _, state, options) in MAIN.items():
            expected[address_of(number)] = (state, 'N', options, options)
        expected[keyed.v4()] = ('P', 'Y', '---R-', '---R-')
        expected['ID'] = ('M', 'N', '-----', '-----')
        wait_same(clients, Client.selected, expected)
        wait_same(clients, Client.logged_states,
                  {name: (row[0], log_order(row[2])) for name, row in expected.items()
                   if name not in ('ID', address_of(109))})
        wait_same(clients, Client.authentication,
                  {keyed.v4(): ['SK', '7', '2', '160'], address_of(101): ['-', '0', '0', '0']})


@pytest.mark.parametrize('mode, with_key, without', [
    ('mix', '--TR-', '-----'), ('prefer', '-----', 'N----'), ('require', '-----', 'N----'),
    ('ignore', '-----', '-----')])
def test_options_that_are_added(lab, rivals, mode, with_key, without):
    """By authselectmode: they are in effect, and are not said to be configured."""
    keyed = start_keyed(lab, rivals)
    config = source(keyed.v4().split('.')[-1], 'key 7') + source(101) + f'authselectmode {mode}\n'
    with side_by_side(lab, rivals, {101: good()}, config) as clients:
        wait_same(clients, lambda c: {n: row[2:] for n, row in c.selected().items()},
                  {keyed.v4(): ('-----', with_key), address_of(101): ('-----', without)})
        wait_same(clients, lambda c: {n: row[1] for n, row in c.logged_states().items()},
                  {keyed.v4(): '-' + with_key[:4], address_of(101): '-' + without[:4]})


def test_state_of_a_source_that_fell_silent(lab, rivals):
    with side_by_side(lab, rivals, {101: good(answers=12)}, source(101)) as clients:
        wait_same(clients, lambda c: {n: row[0] for n, row in c.selected().items()},
                  {address_of(101): 'S'}, 90)


@pytest.mark.parametrize('config, states', [
    (source(101, 'require') + source(108), {101: '*', 108: 'M'}),
    (source(101) + source(108, 'require'), {101: 'W', 108: 'M'}),
    ('minsources 2\n' + source(101) + source(108), {101: 'W', 108: 'M'}),
    (source(101) + source(105), {101: 'x', 105: 'x'}),
    ('maxdistance 0.001\n' + source(101), {101: 'd'}),
    ('maxjitter 1e-7\n' + source(101), {101: '~'}),
])
def test_states_of_few(lab, rivals, config, states):
    servers = {101: good(), 105: good(ahead=0.5), 108: good(answers=0)}
    expected = {address_of(number): letter for number, letter in states.items()}
    with side_by_side(lab, rivals, servers, config) as clients:
        wait_same(clients, lambda c: {n: row[0] for n, row in c.selected().items()}, expected)
        wait_same(clients, lambda c: {n: row[0] for n, row in c.logged_states().items()}, expected)


# number: server, options, tests as logged; those that ntpdata never shows are marked
PACKETS = {
    101: (good(), '', '111 111 1111'),
    102: (good(leap=3, stratum=0, refid=b'\0\0\0\0'), '', '111 101 0000'),
    103: (good(stratum=16), '', '111 101 0000'),
    104: (good(leap=3, dispersion=20), '', '111 100 0000'),
    105: (good(dispersion=20), '', '111 110 0000'),
    106: (good(), 'maxdelay 1e-7', '111 111 0111'),
    107: (good(refid=None, stratum=2), '', '111 111 1110'),
    108: (good(leap=3, stratum=0, refid=b'RATE'), '', '111 101 0000'),
    109: (good(no_stamp=True), '', '110 111 0000'),
}
UNSEEN = {109}  # a packet without its timestamps is not valid: chronyd logs it, and shows it not


def test_packets(lab, rivals):
    servers = {number: row[0] for number, row in PACKETS.items()}
    config = ''.join(source(number, row[1]) for number, row in PACKETS.items())
    expected = {address_of(number): row[2] for number, row in PACKETS.items()}
    with side_by_side(lab, rivals, servers, config) as clients:
        wait_same(clients, Client.logged_tests, expected)
        wait_same(clients, Client.tests, {name: tests for name, tests in expected.items()
                                          if int(name.split('.')[-1]) not in UNSEEN})


def test_skew(lab, rivals):
    """Of each daemon: the skew of the log is the one of the report, of the same sample."""
    with side_by_side(lab, rivals, {101: good()}, source(101) + 'log statistics tracking\n'
                      ) as clients:
        for client in clients:
            def agree(client=client):
                words = client.log('statistics.log').get(address_of(101))
                rows = client.ask('sourcestats')
                return words and int(rows[0][1]) > 4 and \
                    float(words[7]) * 1e6 == pytest.approx(float(rows[0][5]), rel=0.01, abs=1e-3)
            net.wait_for('the skew of the source', agree, 60)

            def agree_on_clock(client=client):
                words = client.log('tracking.log').get(address_of(101))
                rows = client.ask('tracking')
                return words and rows and float(rows[0][9]) > 0 and \
                    float(words[5]) == pytest.approx(float(rows[0][9]), rel=0.01, abs=2e-3)
            net.wait_for('the skew of the clock', agree_on_clock, 60)
