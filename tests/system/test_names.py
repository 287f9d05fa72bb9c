# SPDX-License-Identifier: BSD-2-Clause
"""Names: a name service that is dead stops nobody, and a pool is several sources."""

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
        start = time.monotonic()
        slowest = 0.0
        while time.monotonic() - start < 15:
            asked = time.monotonic()
            report = daemons.status(host)
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.3)
        assert report['clock']['synchronised']
        assert slowest < 4  # asking a silent server in the loop would block it for 10 s
        assert daemons.source(host, 'late.example')['status'] == 'unresolved'
        assert 'late.example' in server.asked
        server.mood = 'answer'
        net.wait_for('the late source is used', lambda: daemons.source(
            host, 'late.example')['tally'] in '*+-' and True, 60)
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
            s['tally'] in '*+-' for s in daemons.status(host)['sources']) == 4, 20)
        assert {s['address'] for s in daemons.status(host)['sources'] if s['address']} == {
            s.v4() for s in servers}
    finally:
        server.end()
