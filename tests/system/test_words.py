# SPDX-License-Identifier: BSD-2-Clause
"""The words of ntpd, side by side: Debian's ntpd and tokid have the same sources, each of them wrong
in its own way, and the same clients. What Debian's ntpq says of the two has to be the same, and so
has what our own ntpq says."""

import re

import pytest

import daemons
import net
from pretend_server import PretendServer

GOOD = ('192.0.2.201', '192.0.2.202', '192.0.2.203')
# address: properties of the server, options of its line
SOURCES = {
    **{address: ({}, '') for address in GOOD},
    '192.0.2.204': ({'offset': 3.0}, ''),
    '192.0.2.205': ({'leap': 3, 'stratum': 3}, ''),  # at 16 NTPsec takes it for a kiss
    '192.0.2.206': ({'mood': 'silent'}, ''),
    '192.0.2.207': ({}, 'noselect'),
    '192.0.2.208': ({'kiss': 'RATE'}, ''),
    '192.0.2.209': ({'root_dispersion': 5.0}, ''),
    '192.0.2.210': ({'mood': 'origin'}, ''),
    '192.0.2.211': ({'leap': 1}, 'noselect'),
}
TALLIES = {'sys.peer': '*', 'candidate': '+', 'outlier': '-', 'backup': '#'}
USED = set(TALLIES)
RESTRICT = 'restrict default kod nomodify limited\nrestrict 127.0.0.1\nrestrict ::1\n'


def lines():
    return ''.join(f'server {address} {options} iburst minpoll 3 maxpoll 3\n'
                   for address, (_, options) in SOURCES.items())


@pytest.fixture(scope='module')
def hosts(world, rivals):
    """{'ntpd': its Host, 'tokid': its Host}, both settled."""
    crowd = world.host('crowd')
    for address in SOURCES:
        crowd.add_address(f'{address}/24')
    servers = [PretendServer(crowd, address, **properties)
               for address, (properties, _) in SOURCES.items()]
    found = {name: world.host(name) for name in ('ntpd', 'tokid')}
    daemons.start_ntpsec(found['ntpd'], rivals, 'disable ntp kernel\n' + lines())
    daemons.tokid(found['tokid'], lines() + RESTRICT,
                  clock=('--virtual-clock', 'offset=0,rate=0'))
    for name, host in found.items():
        net.wait_for(f'{name} is settled', lambda host=host: is_settled(host, rivals), 120, 2.0)
    yield found
    for server in servers:
        server.end()


def associations(host, rivals, tool=daemons.ntpq):
    """{address: {'condition': ..., 'tally': ..., 'flash': {word, ...}, ...}}"""
    table = tool(host, rivals, '-n', '-c', 'as')
    board = {line[1:].split()[0]: line[0]
             for line in tool(host, rivals, '-pn').splitlines()[2:] if line.strip()}
    found = {}
    for number, conf, reach, auth, condition, event in re.findall(
            r'^ *\d+ +(\d+) +[0-9a-f]{4} +(\w+) +(\w+) +(\w+) +(\S+) +(\w*) +\d+$', table, re.M):
        shown = tool(host, rivals, '-n', '-c', f'rv {number} srcadr,flash,leap')
        address = re.search(r'srcadr=([\d.]+)', shown).group(1)
        found[address] = {'conf': conf, 'reach': reach, 'auth': auth, 'condition': condition,
                          'event': event, 'tally': board[address],
                          'flash': set(re.search(r'flash=[0-9a-f]+([\w ]*)', shown)
                                       .group(1).split()),
                          'leap': re.search(r'leap=(\d\d)', shown).group(1)}
    return found


def is_settled(host, rivals):
    found = associations(host, rivals)
    return (all(found[a]['condition'] in USED for a in GOOD)
            and any(found[a]['condition'] == 'sys.peer' for a in GOOD)
            and found['192.0.2.204']['condition'] == 'falsetick')


def test_words_of_sources(hosts, rivals):
    """Condition, tally, last event, leap, flash, reach and authentication of each source."""
    def compare():
        theirs, ours = (associations(hosts[name], rivals) for name in ('ntpd', 'tokid'))
        wrong = []
        for address in SOURCES:
            a, b = dict(theirs[address]), dict(ours[address])
            if address in GOOD:  # which of the good ones leads is each daemon's own choice
                for one in (a, b):
                    one['used'] = TALLIES.get(one.pop('condition')) == one.pop('tally')
            for one in (a, b):  # it may have been chosen at first
                one['event'] = one['event'].replace('sys_peer', 'reachable')
            if address == '192.0.2.210':  # packets of strangers change nothing that tokid tells
                a['flash'].discard('pkt_unsync')
            if a != b:
                wrong.append((address, a, b))
        return wrong

    # a packet on its way may change a word between the two questions
    try:
        net.wait_for('the words are the same', lambda: not compare(), 60, 2.0)
    except AssertionError as e:
        raise AssertionError(f'{e}; they differ in {compare()}') from None


def test_our_ntpq_says_the_same(hosts, rivals):
    """Of both daemons, in a moment in which nothing changed."""
    def ours(host, _, *words):
        return host.run(net.TOKI, 'ntpq', *words, check=False).stdout

    def same(host):
        before = associations(host, rivals)
        own = associations(host, rivals, ours)
        return before == associations(host, rivals) and before == own

    for host in hosts.values():
        net.wait_for(f'{host.name}: both clients agree', lambda host=host: same(host), 60, 1.0)


def letters(host, rivals, client):
    """What both clients show of this one in the list: (K, L or '.', bits)."""
    def find(table):
        row = re.search(rf'^ *\S+ +\S+ +([0-9a-f]+) (\S) 3 4 .* {re.escape(client)}$', table, re.M)
        return row and (row.group(2), row.group(1))

    return (find(daemons.ntpq(host, rivals, '-n', '-c', 'mru')),
            find(host.run(net.TOKI, 'ntpq', '-n', '-c', 'mru', check=False).stdout))


@pytest.mark.parametrize('name', ['ntpd', 'tokid'])
def test_limited_clients(world, hosts, rivals, name):
    """A client that asks too often is shown as K while it is told so by a kiss, and as L while it
    is only dropped; one that does not, as neither."""
    host = hosts[name]
    client = world.host(f'eager-{name}')
    assert net.ask(client, host.v4())
    theirs, ours = letters(host, rivals, client.v4())
    assert theirs == ours and theirs[0] == '.', (theirs, ours)
    seen = {}

    def flood():
        with client.socket() as s:
            for _ in range(25):
                s.sendto(net.request(), (host.v4(), 123))
        theirs, ours = letters(host, rivals, client.v4())
        assert theirs == ours, (theirs, ours)
        seen[theirs[0]] = int(theirs[1], 16) & 0x420
        return {'K', 'L'} <= set(seen)

    net.wait_for('it was kissed and dropped', flood, 120, 0.1)
    assert seen['K'] == 0x420 and seen['L'] == 0x20, seen  # RES_LIMITED and RES_KOD of NTPsec
