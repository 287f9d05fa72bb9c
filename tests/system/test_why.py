# SPDX-License-Identifier: BSD-2-Clause
"""Why the clock is not synchronised: in situations that are broken in one known way `toki status`
names the true cause, by a stable code, in a sentence, with a remedy."""

import json

import pytest

import daemons
import names
import net
from pretend_server import PretendServer

REMOTE = '198.51.100.'


@pytest.fixture
def crowd(lab):
    """A host with many addresses; made(n, ...) starts a server on one of them."""
    box = lab.host('crowd')
    started = []

    def made(number, **properties):
        address = f'192.0.2.{number}'
        box.add_address(address + '/24')
        started.append(PretendServer(box, address, **properties))
        return started[-1]

    made.box = box
    yield made
    for server in started:
        server.end()


def lines(*servers):
    return ''.join(f'server {s if isinstance(s, str) else s.address} iburst minpoll 3 maxpoll 3\n'
                   for s in servers)


def wait_for_code(host, code, timeout=60):
    """Until the clock has this code; its report."""
    seen = []

    def reached():
        report = json.loads(host.run(net.TOKI, 'status', '--json', check=False).stdout)
        seen.append((report['clock']['code'], [s['code'] for s in report['sources']]))
        return report['clock']['code'] == code and report

    try:
        return net.wait_for(f'the clock says {code}', reached, timeout, 0.5)
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


def test_no_route(host):
    daemons.tokid(host, lines(REMOTE + '1', REMOTE + '2'))
    report = wait_for_code(host, 'no-route')
    for source in report['sources']:
        assert source['code'] == 'no-route', source
        assert 'Network is unreachable' in source['cause'] and 'ip route' in source['remedy']
    assert 'no route' in report['clock']['cause'] and report['clock']['remedy']
    text = said(host)
    assert 'this computer has no route to them' in text and 'no route to 198.51.100.2' in text
    explained(host, 'no-route')


def test_dead_name_service(lab, host):
    """Nobody answers on port 53 there: it is refused, and the resolver says so in its words."""
    host.name_server(lab.host('dns').v4())
    daemons.tokid(host, lines('ntp1.example', 'ntp2.example'))
    report = wait_for_code(host, 'name-service-silent')
    for source in report['sources']:
        assert source['code'] in ('name-service-silent', 'looking-up'), source
    assert any('Temporary failure in name resolution' in s['cause'] for s in report['sources'])
    assert 'DNS' in report['clock']['cause'] and '/etc/resolv.conf' in report['clock']['remedy']
    explained(host, 'name-service-silent', 'looking-up')


def test_names_that_do_not_exist(lab, host):
    """The name service works, and the line has a slip of the fingers."""
    box = lab.host('dns')
    server = names.NameServer(box, {})
    host.name_server(box.v4())
    try:
        daemons.tokid(host, lines('ntp1.exampel'))
        report = wait_for_code(host, 'names-unknown')
        assert report['sources'][0]['code'] == 'name-unknown'
        assert 'spelling' in report['sources'][0]['remedy']
    finally:
        server.end()


def routed(lab, host, crowd, numbers):
    """Servers behind a router; returns it."""
    router = lab.host('router')
    router.add_address(REMOTE + '254/24')
    router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward;'
               'echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects;'
               'echo 0 > /proc/sys/net/ipv4/conf/eth0/send_redirects')
    for number in numbers:
        crowd.box.add_address(f'{REMOTE}{number}/24')
    host.run('ip', 'route', 'add', REMOTE + '0/24', 'via', router.v4())
    return router


@pytest.fixture
def remote(lab, host, crowd):
    router = routed(lab, host, crowd, (1, 2))
    servers = [PretendServer(crowd.box, f'{REMOTE}{n}') for n in (1, 2)]
    router.servers = servers
    yield router
    for server in servers:
        server.end()


def filter_ntp(router, action):
    router.run('ip', 'rule', 'add', 'ipproto', 'udp', 'dport', '123', action)


def test_port_123_is_filtered(host, remote):
    """A router drops UDP 123 without a word: what passes on other ports is the evidence."""
    filter_ntp(remote, 'blackhole')
    daemons.tokid(host, lines(*remote.servers))
    report = wait_for_code(host, 'udp-filtered')
    for source in report['sources']:
        assert source['code'] == 'udp-filtered', source
        assert source['probe'] == {'ntp_answered': False, 'host_answered': True, 'error': None}
        assert f'sent to {source["address"]}:123, 0 received' in source['cause']
    assert not any(server.requests for server in remote.servers)
    assert 'UDP port 123 is filtered on the way' in said(host)
    # without probes there is no evidence, and it says what could be done
    quiet = daemons.status(host, '--no-probe')
    assert quiet['clock']['code'] == 'no-replies' and 'toki status' in quiet['clock']['remedy']
    assert all(s['code'] == 'no-replies' and 'probe' not in s for s in quiet['sources'])
    explained(host, 'udp-filtered', 'no-replies')


def test_port_123_is_prohibited(host, remote):
    """The router says so by ICMP."""
    filter_ntp(remote, 'prohibit')
    daemons.tokid(host, lines(*remote.servers))
    report = wait_for_code(host, 'hosts-unreachable')
    assert {s['code'] for s in report['sources']} == {'host-unreachable'}


def test_a_dead_network(host, remote):
    """Nothing comes back, whatever is sent."""
    remote.run('ip', 'rule', 'add', 'iif', 'eth0', 'blackhole')
    daemons.tokid(host, lines(*remote.servers))
    report = wait_for_code(host, 'network-silent')
    assert {s['code'] for s in report['sources']} == {'network-silent'}


def test_one_server_is_silent(host, crowd):
    good = [crowd(n) for n in (101, 102, 103)]
    silent = crowd(104, mood='silent')
    daemons.tokid(host, lines(*good, silent))
    net.wait_for('it is called silent', lambda: daemons.source(host, silent.address)['code'] ==
                 'no-replies', 60)
    one = daemons.source(host, silent.address)
    assert one['cause'] == (f'no replies: {one["sent"]} sent to {silent.address}:123, 0 received; '
                            'the other 3 sources answer, so this server is down or blocks you')
    # a probe is sent on demand where all is well; this computer answers on closed ports
    report = daemons.status(host, '--probe')
    probed = [s for s in report['sources'] if 'probe' in s]
    assert [s['code'] for s in probed] == ['server-silent']
    assert report['clock']['code'] == 'synchronised'


def test_one_liar(host, crowd):
    honest = [crowd(n) for n in (101, 102, 103)]
    liar = crowd(104, offset=5.0)
    daemons.tokid(host, lines(*honest, liar))
    daemons.wait_synchronised(host, 60)
    net.wait_for('the liar is found', lambda: daemons.source(host, liar.address)['code'] ==
                 'falseticker', 60)
    one = daemons.source(host, liar.address)
    assert 'rejected: it says' in one['cause'] and 'majority' in one['cause'] and one['remedy']
    assert 4.9 < one['offset_s'] - daemons.source(host, honest[0].address)['offset_s'] < 5.1
    report = wait_for_code(host, 'synchronised')
    assert '1 rejected as wrong' in report['clock']['cause']
    assert {s['code'] for s in report['sources'] if s['address'] != liar.address} <= {
        'selected', 'combined', 'outlying'}
    explained(host, 'falseticker', 'synchronised')


def test_two_of_two_disagree(host, crowd):
    daemons.tokid(host, lines(crowd(101), crowd(102, offset=3.0)))
    report = wait_for_code(host, 'two-disagree')
    assert {s['code'] for s in report['sources']} == {'two-disagree'}
    assert '192.0.2.101 says' in report['clock']['cause']
    assert 'three outvote one liar' in report['clock']['remedy']
    assert not report['clock']['synchronised'] and report['clock']['steps'] == 0
    explained(host, 'two-disagree')


def test_unsynchronised_server(host, crowd):
    daemons.tokid(host, lines(crowd(101, leap=3, stratum=16), crowd(102, leap=3, stratum=16)))
    report = wait_for_code(host, 'sources-unsynchronised')
    assert {s['code'] for s in report['sources']} == {'server-unsynchronised'}
    assert 'does not know the time itself' in said(host)
    explained(host, 'sources-unsynchronised', 'server-unsynchronised')


def test_too_far_away(host, crowd):
    """Half of 1 s there and back is more than the limit of 0.4 s."""
    daemons.tokid(host, 'tos maxdist 0.4\n' + lines(crowd(101, delay=1.0), crowd(102, delay=1.0)))
    report = wait_for_code(host, 'too-distant')
    for source in report['sources']:
        assert source['code'] == 'too-distant', source
        assert source['root_distance_s'] > 0.4 and 'the limit of 400 ms' in source['cause']
    assert 'maxdist' in report['clock']['remedy']
    explained(host, 'too-distant')


def keyed(host, number, secret, lines):
    host.write('/etc/ntp.keys', f'{number} SHA1 {secret.hex()}\n')
    host.path('/etc/ntp.keys').chmod(0o600)
    return f'keys /etc/ntp.keys\ntrustedkey {number}\n' + lines.replace(
        ' iburst', f' key {number} iburst')


def test_wrong_key(host, crowd):
    """The server says so by crypto-NAKs."""
    server = crowd(101, mood='nak')
    daemons.tokid(host, keyed(host, 7, b'a' * 20, lines(server)))
    report = wait_for_code(host, 'wrong-key')
    one, = report['sources']
    assert one['code'] == 'wrong-key' and one['key'] == 7, one
    assert 'crypto-NAK' in one['cause'] and 'key files' in one['remedy']
    explained(host, 'wrong-key', 'key-dropped')


def test_wrong_key_at_a_silent_server(lab, host, rivals):
    """chronyd drops a request whose code is wrong: a request without a key tells it from death."""
    reference = lab.host('reference')
    reference.write('/etc/chrony.keys', '7 SHA1 HEX:' + '11' * 20 + '\n')
    daemons.start_chronyd(reference, rivals,
                          'local stratum 1\nallow\ncmdport 0\nkeyfile /etc/chrony.keys')
    daemons.wait_serving(reference)
    daemons.tokid(host, keyed(host, 7, b'\x22' * 20, lines(reference.v4())))
    report = wait_for_code(host, 'wrong-key')
    one, = report['sources']
    assert one['code'] in ('key-dropped', 'wrong-key') and one['key'] == 7, one
    assert 'both key files' in one['remedy']


def test_kisses(host, crowd):
    daemons.tokid(host, lines(crowd(101, kiss='DENY'), crowd(102, kiss='RATE')))
    net.wait_for('both are understood', lambda: {s['code'] for s in daemons.status(host)['sources']}
                 == {'refused', 'rate-limited'}, 60)
    by_code = {s['code']: s for s in daemons.status(host)['sources']}
    assert 'DENY' in by_code['refused']['cause'] and by_code['refused']['kiss'] == 'DENY'
    assert 'minpoll' in by_code['rate-limited']['remedy']


def test_explain_lists_what_it_knows(host):
    listed = host.run(net.TOKI, 'explain').stdout
    assert 'Of the clock' in listed and '  udp-filtered\n' in listed and '  two-disagree\n' in listed
    assert host.run(net.TOKI, 'explain', 'NO-ROUTE').stdout.startswith('no-route (of the clock)')
