# SPDX-License-Identifier: BSD-2-Clause
"""Names: a name service that is dead stops nobody, and a pool is several sources."""

import json
import re
import time

import pytest

import daemons
import names
import net


@pytest.mark.parametrize('mood', ['silent', 'servfail'])
def test_a_dead_name_server_stops_nobody(lab, rivals, mood):
    """Names that nobody answers: numeric sources work at once; the names once the DNS is back."""
    reference, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'late.example': [second.v4(), second.v6()]}, mood)
    host.name_server(box.v4())
    try:
        daemons.tokid(host, f'server {reference.v4()} iburst\nserver late.example iburst\n')
        net.wait_for('the name is asked for', lambda: server.asked)
        if mood == 'silent':  # asked again by the resolver after 5 s, and again by the daemon
            answered, questions = 0, len(server.asked) + 2
            while len(server.asked) < questions:
                answered += bool(daemons.status(host))
            assert answered > 1  # who waits for a name answers nobody meanwhile
        daemons.wait_synchronised(host)
        assert daemons.source(host, 'late.example')['status'] == 'unresolved'
        assert 'late.example' in server.asked
        server.mood = 'answer'
        net.wait_for('the late source is used', lambda: daemons.source(
            host, 'late.example')['tally'] in '*+-' and True)
    finally:
        server.end()


def test_a_pool_name_gives_several_sources(lab, rivals):
    servers = [daemons.reference(lab, rivals, f'member{i}') for i in range(4)]
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'pool.example': [s.v4() for s in servers]})
    host.name_server(box.v4())
    try:
        daemons.tokid(host, 'pool pool.example iburst\n')
        net.wait_for('four sources are used', lambda: sum(
            s['tally'] in '*+-' for s in daemons.status(host)['sources']) == 4)
        assert {s['address'] for s in daemons.status(host)['sources'] if s['address']} == {
            s.v4() for s in servers}
    finally:
        server.end()


def test_a_server_that_moved_is_found_again(lab, rivals):
    """Its name has another address now: it is looked up when the old one is silent."""
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'moved.example': [first.v4()]})
    host.name_server(box.v4())
    try:
        daemons.tokid(host, 'server moved.example iburst minpoll 0 maxpoll 0\n')
        daemons.wait_synchronised(host)
        server.table['moved.example'] = [second.v4()]
        asked = len(server.asked)
        first.link('down')
        net.wait_for('it is asked at the new address', lambda: (
            s := daemons.source(host, 'moved.example'))['address'] == second.v4()
            and s['tally'] == '*')
        assert len(server.asked) - asked <= 4  # A and AAAA, once or twice
        assert daemons.status(host)['clock']['steps'] == 1
    finally:
        server.end()


def test_the_addresses_of_the_last_run(lab, rivals):
    """A start without a name service: what worked last is asked, until the service is back."""
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'one.example': [first.v4()], 'gone.example': ['192.0.2.200']})
    host.name_server(box.v4())
    config = ('server one.example iburst minpoll 2\nserver gone.example\n'
              'driftfile /var/lib/ntp/ntp.drift\n')
    try:
        daemon = daemons.tokid(host, config)
        daemons.wait_synchronised(host)
        daemon.stop()
        text = host.path('/var/lib/ntp/toki.addresses').read_text()
        lines = text.splitlines()  # only what worked
        assert len(lines) == 2 and lines[0] == '# toki addresses 1', text
        assert re.fullmatch(rf'one\.example \d+ {re.escape(first.v4())}', lines[1]), text
        server.mood = 'servfail'
        daemon = daemons.tokid(host, config)
        daemons.wait_synchronised(host)
        assert daemons.source(host, 'one.example')['address'] == first.v4()
        assert 'source-remembered source=one.example' in daemon.output()
        assert daemons.source(host, 'gone.example')['status'] == 'unresolved'
        server.table['one.example'] = [second.v4()]
        server.mood = 'answer'
        net.wait_for('what the service says holds', lambda: daemons.source(
            host, 'one.example')['address'] == second.v4())
        # a damaged file is no file
        daemon.stop()
        host.path('/var/lib/ntp/toki.addresses').write_bytes(b'\xff\0# toki' * 10000)
        server.mood = 'servfail'
        daemon = daemons.tokid(host, config)
        time.sleep(3)
        assert daemons.source(host, 'one.example')['status'] == 'unresolved'
    finally:
        server.end()


def test_what_a_resolver_may_say(lab, rivals):
    """No address, far too many, one family only, nonsense, one address for all names."""
    reference = daemons.reference(lab, rivals)
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {
        'none.example': [], 'six.example': [reference.v6()], 'four.example': [reference.v4()],
        'same.example': [reference.v4()],
        'many.example': [f'198.51.100.{i}' for i in range(1, 65)],
        'bad.example': ['0.0.0.0', '255.255.255.255', '224.0.1.1', 'ff02::1', '::'],
        'self.example': ['192.0.2.3']})
    host.name_server(box.v4())
    assert host.v4() == '192.0.2.3'
    try:
        daemons.tokid(host, ''.join(f'server {n}.example iburst\n' for n in (
            'none', 'six', 'four', 'same', 'bad')) + 'pool many.example maxsources 16\n'
            'pool self.example\n', path='/etc/chrony.conf')
        net.wait_for('both families are used', lambda: all(
            daemons.source(host, f'{n}.example')['tally'] in '*+' for n in ('six', 'four')))
        by_name = {}
        for source in daemons.status(host)['sources']:
            by_name.setdefault(source['name'], []).append(source)
        assert by_name['none.example'][0]['status'] == 'unresolved'
        assert by_name['same.example'][0]['status'] == 'duplicate'
        assert 'remove one of the two' in by_name['same.example'][0]['sentence']
        assert by_name['bad.example'][0]['status'] == 'duplicate'
        assert by_name['self.example'][0]['status'] == 'duplicate'
        assert len(by_name['many.example']) <= 16
        assert len({s['address'] for s in by_name['many.example']}) == len(by_name['many.example'])
    finally:
        server.end()


def test_names_are_refreshed(lab, rivals):
    """`refresh`: a server that still answers is left when its name means another one, but names are
    not asked for in a hurry."""
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    box, host = lab.host('dns'), lab.host('host')
    server = names.NameServer(box, {'one.example': [first.v4()]})
    host.name_server(box.v4())
    try:
        daemon = daemons.tokid(host, 'server one.example iburst minpoll 2\nmakestep 1 3\n',
                               path='/etc/chrony.conf')
        daemons.wait_synchronised(host)
        server.table['one.example'] = [second.v4()]
        host.write('/etc/chrony.conf',
                   'server one.example iburst minpoll 2\nmakestep 1 3\nrefresh 5\n')
        answer = json.loads(host.run(net.TOKI, 'reload', '--json').stdout)
        assert answer['changes'] == ['~ name resolution interval: 1209600 s -> 5 s']
        time.sleep(8)
        assert daemons.source(host, 'one.example')['address'] == first.v4()
        net.wait_for('the other one is asked', lambda: (
            s := daemons.source(host, 'one.example'))['address'] == second.v4()
            and s['tally'] == '*')
        assert 'source-replaced source=one.example' in daemon.output()
    finally:
        server.end()
