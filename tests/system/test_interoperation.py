# SPDX-License-Identifier: BSD-2-Clause
"""tokid and Debian's chronyd, ntpsec and OpenNTPD, each as the other's server, over IPv4 and IPv6.

All daemons start at once and the tests look at them in turn, for most of the time is waiting.
"""

import re
import time

import pytest

import daemons
import net

SERVERS = ('chrony', 'ntpsec', 'openntpd')
FAMILIES = ('v4', 'v6')


def address(host, family):
    return host.v4() if family == 'v4' else host.v6()


@pytest.fixture(scope='module')
def servers(world, rivals, pretend_clock):
    """Three hosts that serve the true time, each by another daemon."""
    reference = daemons.reference(world, rivals, 'chrony')
    ntpsec, openntpd = world.host('ntpsec'), world.host('openntpd')
    daemons.start_ntpsec(ntpsec, rivals, f'server {reference.v4()} iburst')
    daemons.start_openntpd(openntpd, rivals, pretend_clock,
                           f'listen on *\nserver {reference.v4()}\n')
    daemons.wait_serving(ntpsec)
    daemons.wait_serving(openntpd)
    return {'chrony': reference, 'ntpsec': ntpsec, 'openntpd': openntpd}


@pytest.fixture(scope='module')
def clients_of_rivals(world, servers):
    """Six tokids, each with one source: (server, family) -> host."""
    hosts = {}
    for server in SERVERS:
        for family in FAMILIES:
            host = world.host(f'tokid-{server}-{family}')
            daemons.tokid(host, f'server {address(servers[server], family)} iburst\n')
            hosts[server, family] = host
    return hosts


@pytest.fixture(scope='module')
def tokid_server(world, servers):
    """A host that serves by tokid from a virtual clock which starts wrong."""
    host = world.host('tokid-server')
    daemons.tokid(host, f'server {servers["chrony"].v4()} iburst minpoll 3 maxpoll 3\n')
    daemons.wait_synchronised(host)
    daemons.wait_serving(host)
    return host


@pytest.fixture(scope='module')
def rivals_as_clients(world, tokid_server, rivals, pretend_clock):
    """Six rivals whose only source is tokid: (daemon, family) -> host."""
    hosts = {}
    for family in FAMILIES:
        to = address(tokid_server, family)
        host = hosts['chrony', family] = world.host('chrony-client-' + family)
        daemons.start_chronyd(host, rivals, f'server {to} iburst minpoll 3 maxpoll 3')
        host = hosts['ntpsec', family] = world.host('ntpsec-client-' + family)
        daemons.start_ntpsec(host, rivals, f'server {to} iburst minpoll 3 maxpoll 3')
        host = hosts['openntpd', family] = world.host('openntpd-client-' + family)
        daemons.start_openntpd(host, rivals, pretend_clock, f'server {to}\n')
    return hosts


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('server', SERVERS)
def test_tokid_follows(clients_of_rivals, servers, server, family):
    """Within 1 ms of each of them after a start that was 0.7 s and 40 ppm off."""
    host = clients_of_rivals[server, family]

    def right():
        report = daemons.status(host)
        one = report['sources'][0]
        return report['clock']['synchronised'] and one['tally'] == '*' and max(
            abs(one['offset_s']), abs(report['clock']['true_error_s'])) < 1e-3 and report
    report = net.wait_for('the clock is right', right)
    assert report['clock']['steps'] == 1
    assert report['sources'][0]['address'] == address(servers[server], family)


@pytest.mark.parametrize('family', FAMILIES)
def test_chronyd_follows_tokid(rivals_as_clients, rivals, family):
    host = rivals_as_clients['chrony', family]
    table = net.wait_for('chronyc sources shows ^*', lambda: (
        t := daemons.chronyc(host, rivals, 'sources')) and re.search(r'^\^\*', t, re.M) and t)
    assert 'Leap status     : Normal' in daemons.chronyc(host, rivals, 'tracking'), table


@pytest.mark.parametrize('family', FAMILIES)
def test_ntpsec_follows_tokid(rivals_as_clients, rivals, family):
    host = rivals_as_clients['ntpsec', family]
    net.wait_for('ntpq -pn shows *', lambda: re.search(
        r'^\*', daemons.ntpq(host, rivals, '-pn'), re.M))


@pytest.mark.parametrize('family', FAMILIES)
def test_openntpd_follows_tokid(rivals_as_clients, rivals, family):
    host = rivals_as_clients['openntpd', family]
    net.wait_for('ntpctl -s all shows *', lambda: re.search(
        r'^ \* ', daemons.ntpctl(host, rivals), re.M))


def test_the_served_time_is_true(tokid_server, servers, rivals_as_clients):
    """What the rivals were told is the time of the reference, to a millisecond."""
    net.wait_for('its clock is right', lambda: abs(daemons.true_error(tokid_server)) < 1e-3)

    def served():
        before = time.time()
        reply = net.ask(servers['chrony'], tokid_server.v4())
        return abs(net.time_of(reply) - (before + time.time()) / 2) < 2e-3
    net.wait_for('an exchange that nothing held up shows it', served)
