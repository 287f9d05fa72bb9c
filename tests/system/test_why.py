# SPDX-License-Identifier: BSD-2-Clause
"""Why the clock is not synchronised: in situations that are broken in one known way `toki status`
names the true cause, by a stable code, in a sentence, with a remedy. All situations are made first,
for it takes each of them some seconds to show."""

import json

import pytest

import daemons
import names
import net
from pretend_server import PretendServer

REMOTE = '198.51.100.'


def lines(*servers):
    return ''.join(f'server {s if isinstance(s, str) else s.address} iburst minpoll 3 maxpoll 3\n'
                   for s in servers)


def keyed(host, number, secret, lines):
    host.write('/etc/ntp.keys', f'{number} SHA1 {secret.hex()}\n')
    host.path('/etc/ntp.keys').chmod(0o600)
    return f'keys /etc/ntp.keys\ntrustedkey {number}\n' + lines.replace(
        ' iburst', f' key {number} iburst')


class Situations:
    """Hosts with a tokid each, and what is wrong with their servers."""

    def __init__(self, world, rivals):
        self.world, self.rivals, self.ends = world, rivals, []
        self.crowd = world.host('crowd')
        self.hosts, self.servers = {}, {}

    def server(self, number, **properties):
        """One of many servers on one host."""
        self.crowd.add_address(f'192.0.2.{number}/24')
        server = PretendServer(self.crowd, f'192.0.2.{number}', **properties)
        self.ends.append(server)
        return server

    def tokid(self, name, config, host=None, path='/etc/ntp.conf'):
        self.hosts[name] = host or self.world.host(name)
        if '{key}' in config:
            config = keyed(self.hosts[name], 7, b'a' * 20, config.replace('{key}', ''))
        daemons.tokid(self.hosts[name], config, path=path)

    def routed(self, name, action, more='', path='/etc/ntp.conf'):
        """A tokid whose two servers are behind a router of its own that does this to packets."""
        host, router = self.world.host(name), self.world.host(name + '-router')
        network = f'198.51.{len(self.hosts)}.'
        router.add_address(network + '254/24')
        router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward;'
                   'echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects;'
                   'echo 0 > /proc/sys/net/ipv4/conf/eth0/send_redirects')
        router.run('ip', 'rule', 'add', *action.split())
        host.run('ip', 'route', 'add', network + '0/24', 'via', router.v4())
        servers = []
        for number in (1, 2):
            self.crowd.add_address(f'{network}{number}/24')
            servers.append(PretendServer(self.crowd, f'{network}{number}'))
        self.ends += servers
        self.servers[name] = servers
        self.tokid(name, lines(*servers) + more, host, path)

    def names(self, name, server, *wanted):
        host = self.world.host(name)
        host.name_server(server)
        self.tokid(name, lines(*wanted), host)


@pytest.fixture(scope='module')
def made(world, rivals):
    made = Situations(world, rivals)
    reference = world.host('reference')
    reference.write('/etc/chrony.keys', '7 SHA1 HEX:' + '11' * 20 + '\n')
    daemons.start_chronyd(reference, rivals,
                          'local stratum 1\nallow\ncmdport 0\nkeyfile /etc/chrony.keys')
    resolver_host = world.host('dns')
    resolver = names.NameServer(resolver_host, {})
    made.ends.append(resolver)
    good = [made.server(n) for n in (201, 202, 203)]
    made.silent, made.liar = made.server(204, mood='silent'), made.server(205, offset=5.0)
    made.good = good
    made.routed('filtered', 'ipproto udp dport 123 blackhole')
    made.routed('prohibited', 'ipproto udp dport 123 prohibit')
    made.routed('dead', 'iif eth0 blackhole')
    made.routed('source-port', 'ipproto udp sport 123 blackhole', 'acquisitionport 123\n',
                '/etc/chrony/chrony.conf')
    made.tokid('no-route', lines(REMOTE + '1', REMOTE + '2'))
    made.names('dns-dead', reference.v4(), 'ntp1.example', 'ntp2.example')
    made.names('no-name', resolver_host.v4(), 'ntp1.exampel')
    made.tokid('silent', lines(*good, made.silent))
    made.tokid('liar', lines(*good, made.liar))
    made.tokid('two', lines(good[0], made.server(206, offset=3.0)))
    made.tokid('unsynchronised', lines(*[made.server(n, leap=3, stratum=16) for n in (207, 208)]))
    made.tokid('far', 'tos maxdist 0.4\n' + lines(*[made.server(n, delay=1.0)
                                                   for n in (209, 210)]))
    made.tokid('nak', '{key}' + lines(made.server(211, mood='nak')))
    made.tokid('key', '{key}' + lines(reference.v4()))
    made.distant = made.server(214, delay=0.2)
    made.tokid('trusted', lines(good[0], made.liar).replace('iburst', 'iburst true', 1) +
               lines(made.distant))
    made.tokid('kiss', lines(made.server(212, kiss='DENY'), made.server(213, kiss='RATE')))
    yield made
    for one in made.ends:
        one.end()


def wait_for_code(host, code, *options):
    """Until the clock has this code; its report."""
    seen = []

    def reached():
        report = json.loads(host.run(net.TOKI, 'status', '--json', *options, check=False).stdout)
        seen.append((report['clock']['code'], [s['code'] for s in report['sources']]))
        return report['clock']['code'] == code and report

    try:
        return net.wait_for(f'the clock says {code}', reached, interval=0.5)
    except AssertionError as e:
        raise AssertionError(f'{e}; was {sorted(set(map(str, seen)))}') from None


def said(host):
    """What a human reads; held to the JSON of the same codes."""
    return host.run(net.TOKI, 'status', check=False).stdout


def explained(host, *codes):
    """Each code has its page."""
    for code in codes:
        page = host.run(net.TOKI, 'explain', code).stdout
        assert page.startswith(f'{code} (of ') and 'Said as:' in page, page


def test_no_route(made):
    host = made.hosts['no-route']
    report = wait_for_code(host, 'no-route')
    for source in report['sources']:
        assert source['code'] == 'no-route', source
        assert 'Network is unreachable' in source['cause'] and 'ip route' in source['remedy']
    assert 'no route' in report['clock']['cause'] and report['clock']['remedy']
    text = said(host)
    assert 'this computer has no route to them' in text and 'no route to 198.51.100.2' in text
    explained(host, 'no-route')


def test_dead_name_service(made):
    """Nobody answers on port 53 there: it is refused, and the resolver says so in its words."""
    host = made.hosts['dns-dead']
    report = wait_for_code(host, 'name-service-silent')
    for source in report['sources']:
        assert source['code'] in ('name-service-silent', 'looking-up'), source
    assert any('Temporary failure in name resolution' in s['cause'] for s in report['sources'])
    assert 'DNS' in report['clock']['cause'] and '/etc/resolv.conf' in report['clock']['remedy']
    explained(host, 'name-service-silent', 'looking-up')


def test_names_that_do_not_exist(made):
    """The name service works, and the line has a slip of the fingers."""
    report = wait_for_code(made.hosts['no-name'], 'names-unknown')
    assert report['sources'][0]['code'] == 'name-unknown'
    assert 'spelling' in report['sources'][0]['remedy']


def test_port_123_is_filtered(made):
    """A router drops UDP 123 without a word: what passes on other ports is the evidence."""
    host = made.hosts['filtered']
    report = wait_for_code(host, 'udp-filtered')
    for source in report['sources']:
        assert source['code'] == 'udp-filtered', source
        assert source['probe'] == {'ntp_answered': False, 'host_answered': True, 'error': None}
        assert f'sent to {source["address"]}:123, 0 received' in source['cause']
    assert not any(server.requests for server in made.servers['filtered'])
    assert 'UDP port 123 is filtered along the path' in said(host)
    # without probes there is no evidence, and it says what could be done
    quiet = daemons.status(host, '--no-probe')
    assert quiet['clock']['code'] == 'no-replies' and 'toki status' in quiet['clock']['remedy']
    assert all(s['code'] == 'no-replies' and 'probe' not in s for s in quiet['sources'])
    explained(host, 'udp-filtered', 'no-replies')


def test_port_123_is_prohibited(made):
    """The router says so by ICMP."""
    host = made.hosts['prohibited']
    report = wait_for_code(host, 'hosts-unreachable', '--no-probe')
    assert {s['code'] for s in report['sources']} == {'host-unreachable'}


def test_the_source_port_is_filtered(made):
    """Requests leave from port 123, as configured, and that is dropped: another port passes."""
    host = made.hosts['source-port']
    report = wait_for_code(host, 'probe-answered')
    for source in report['sources']:
        assert source['code'] == 'probe-answered' and source['probe']['ntp_answered'], source
    assert 'acquisitionport' in report['clock']['remedy']
    explained(host, 'probe-answered')


def test_a_dead_network(made):
    """Nothing comes back, whatever is sent."""
    host = made.hosts['dead']
    report = wait_for_code(host, 'network-silent')
    assert {s['code'] for s in report['sources']} == {'network-silent'}


def test_one_server_is_silent(made):
    host = made.hosts['silent']
    silent = made.silent
    net.wait_for('it is called silent', lambda: daemons.source(host, silent.address)['code'] ==
                 'no-replies')
    one = daemons.source(host, silent.address)
    assert one['cause'] == (f'no replies: {one["sent"]} sent to {silent.address}:123, 0 received; '
                            'the other 3 sources answer, so this server is down or blocks you')
    # a probe is sent on demand where all is well; this computer answers on closed ports
    report = net.wait_for('all is well', lambda: (r := daemons.status(host, '--probe'))['clock'][
        'code'] == 'synchronised' and r)
    probed = [s for s in report['sources'] if 'probe' in s]
    assert [s['code'] for s in probed] == ['server-silent']


def test_one_liar(made):
    host = made.hosts['liar']
    honest, liar = made.good, made.liar
    daemons.wait_synchronised(host)
    net.wait_for('the liar is found', lambda: daemons.source(host, liar.address)['code'] ==
                 'falseticker')
    one = daemons.source(host, liar.address)
    assert 'rejected: it says' in one['cause'] and 'majority' in one['cause'] and one['remedy']
    assert 4.9 < one['offset_s'] - daemons.source(host, honest[0].address)['offset_s'] < 5.1
    report = wait_for_code(host, 'synchronised')
    assert '1 rejected as wrong' in report['clock']['cause']
    assert {s['code'] for s in report['sources'] if s['address'] != liar.address} <= {
        'selected', 'combined', 'outlying'}
    explained(host, 'falseticker', 'synchronised')


def test_one_trusted(made):
    """It decides alone, and what reaches beyond its interval is not used beside it."""
    host = made.hosts['trusted']
    wait_for_code(host, 'synchronised')
    expected = {made.good[0].address: 'selected', made.liar.address: 'falseticker',
                made.distant.address: 'untrusted'}
    net.wait_for('each is called what it is', lambda: {
        s['address']: s['code'] for s in daemons.status(host)['sources']} == expected)
    assert 'not used beside the trusted sources' in said(host)
    explained(host, 'untrusted')


def test_two_of_two_disagree(made):
    host = made.hosts['two']
    report = wait_for_code(host, 'two-disagree')
    assert {s['code'] for s in report['sources']} == {'two-disagree'}
    assert '192.0.2.201 says' in report['clock']['cause']
    assert 'three outvote one falseticker' in report['clock']['remedy']
    assert not report['clock']['synchronised'] and report['clock']['steps'] == 0
    explained(host, 'two-disagree')


def test_unsynchronised_server(made):
    host = made.hosts['unsynchronised']
    report = wait_for_code(host, 'sources-unsynchronised')
    assert {s['code'] for s in report['sources']} == {'server-unsynchronised'}
    assert 'is not synchronised itself' in said(host)
    explained(host, 'sources-unsynchronised', 'server-unsynchronised')


def test_too_far_away(made):
    """Half of 1 s there and back is more than the limit of 0.4 s."""
    host = made.hosts['far']
    report = wait_for_code(host, 'too-distant')
    for source in report['sources']:
        assert source['code'] == 'too-distant', source
        assert source['root_distance_s'] > 0.4 and 'the limit of 400 ms' in source['cause']
    assert 'maxdist' in report['clock']['remedy']
    explained(host, 'too-distant')


def test_wrong_key(made):
    """The server says so by crypto-NAKs."""
    host = made.hosts['nak']
    report = wait_for_code(host, 'wrong-key')
    one, = report['sources']
    assert one['code'] == 'wrong-key' and one['key'] == 7, one
    assert 'crypto-NAK' in one['cause'] and 'key files' in one['remedy']
    explained(host, 'wrong-key', 'key-dropped')


def test_wrong_key_at_a_silent_server(made):
    """chronyd drops a request whose code is wrong: a request without a key tells it from death."""
    report = wait_for_code(made.hosts['key'], 'wrong-key')
    one, = report['sources']
    assert one['code'] in ('key-dropped', 'wrong-key') and one['key'] == 7, one
    assert 'both key files' in one['remedy']


def test_kisses(made):
    host = made.hosts['kiss']
    net.wait_for('both are understood', lambda: {s['code'] for s in daemons.status(host)['sources']}
                 == {'refused', 'rate-limited'})
    by_code = {s['code']: s for s in daemons.status(host)['sources']}
    assert 'DENY' in by_code['refused']['cause'] and by_code['refused']['kiss'] == 'DENY'
    assert 'minpoll' in by_code['rate-limited']['remedy']


def test_explain_lists_what_it_knows(made):
    host = made.hosts['liar']
    listed = host.run(net.TOKI, 'explain').stdout
    assert 'Of the clock' in listed and '  udp-filtered\n' in listed and '  two-disagree\n' in listed
    assert host.run(net.TOKI, 'explain', 'NO-ROUTE').stdout.startswith('no-route (of the clock)')
