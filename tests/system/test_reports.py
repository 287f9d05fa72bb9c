# SPDX-License-Identifier: BSD-2-Clause
"""What toki reports: each document is as doc/schema says, and words follow the terminal."""

import json
import re

import pytest

import daemons
import net
import schema
from terminal import Terminal, is_coloured, plain

LONG = '2001:db8:1234:5678:9abc:def0:1234:5678'


@pytest.fixture(scope='module')
def server(world, rivals):
    reference = daemons.reference(world, rivals)
    reference.add_address(LONG + '/32')
    return reference


@pytest.fixture(scope='module')
def host(world, server):
    """A tokid with a source by a name, one by a long address, a silent one."""
    host = world.host('host')
    host.names({'ntp.example': server.v4()})
    host.run('ip', 'address', 'add', '2001:db8:1234:5678:9abc:def0:1234:1/32', 'dev', 'eth0',
             'nodad')
    daemons.tokid(host, f'server ntp.example iburst\nserver {LONG} iburst\n'
                  'server 192.0.2.77 iburst minpoll 3\nrestrict default limited kod\n')
    daemons.wait_synchronised(host)
    return host


def toki(host, *words, code=0):
    done = host.run(net.TOKI, *words, check=False)
    assert done.returncode == code, done.stdout
    return done.stdout


def test_each_document_is_as_the_schema_says(host):
    status = schema.check(toki(host, 'status', '--json'), 'status')
    assert len(status['sources']) == 3
    schema.check(toki(host, 'sources', '--json'), 'sources')
    tracking = schema.check(toki(host, 'tracking', '--json'), 'tracking')
    assert tracking['clock']['code'] == 'synchronised'
    schema.check(toki(host, 'wait', '--json', '--bound', '10s', '--timeout', '60'), 'wait')
    schema.check(toki(host, 'config', 'show', '--daemon', '--json'), 'config')
    schema.check(toki(host, 'check', '/etc/ntp.conf', '--json'), 'check')
    for words in (['reload'], ['add', 'server', '192.0.2.88'], ['delete', '192.0.2.88'],
                  ['offline', '192.0.2.77'], ['online', '192.0.2.77'], ['burst']):
        assert schema.check(toki(host, *words, '--json'), words[0])['ok']
    assert not schema.check(toki(host, 'delete', '192.0.2.99', '--json', code=1), 'delete')['ok']


def test_errors_on_the_control_socket_are_documents_too(host):
    for line in ('nonsense', 'status of', 'clients 0', 'add'):
        with host.socket() as _:
            answer = host.run('/usr/bin/python3', '-c', f'''
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("/run/toki/tokid.sock")
s.sendall(b"{line}\\n")
print(s.makefile().read(), end="")''').stdout
        assert schema.check(answer, 'error')['error'] in ('unknown-command', 'usage')


def test_sources_in_full(host):
    text = toki(host, 'sources', '-v')
    assert re.search(r'^[*+] ntp\.example, 192\.0\.2\.1 by name-service, port 123, server', text,
                     re.M), text
    assert LONG in text and re.search(r'reach \d+ \([*.]{8}\)', text)
    assert 'packets: accepted' in text and 'timestamps by the kernel' in text
    assert 'no replies:' in text or 'requests sent' in text


def test_tracking(host):
    text = toki(host, 'tracking')
    clock = daemons.status(host)['clock']
    assert re.search(r'^stratum +2$', text, re.M) and re.search(r'^code +synchronised$', text, re.M)
    for row in ('error at most', 'frequency', 'root delay', 'root dispersion', 'last update',
                'precision', 'offset'):
        assert re.search(rf'^{row}.* [-+0-9]', text, re.M), text
    assert clock['synchronised']


def test_wait(host, world):
    assert toki(host, 'wait', '--bound', '5s', '--timeout', '60').startswith('0 s: synchronised')
    # a bound that no clock keeps
    text = toki(host, 'wait', '--bound', '1ns', '--timeout', '0.6', code=1)
    assert text.startswith('toki: not reached: ') and 'error at most' in text
    assert toki(host, 'wait', '--quiet') == ''
    nobody = world.host('nobody')
    assert 'no tokid' in toki(nobody, 'wait', '--timeout', '0.3', code=2)
    assert "--bound '5x': write a time" in toki(nobody, 'wait', '--bound', '5x', code=2)
    with Terminal(host, net.TOKI, 'wait', '--bound', '1ns', '--timeout', '1.2') as terminal:
        status, text = terminal.finish()
    assert status == 1 and text.count('\r\033[K') > 2  # progress, written over


def test_wait_for_a_daemon_that_starts_later(world, server):
    late = world.host('late')
    with Terminal(late, net.TOKI, 'wait', '--bound', '10s', '--timeout', '60') as waiting:
        waiting.read_until('no tokid')
        daemons.tokid(late, daemons.ntp_conf(server))
        status, text = waiting.finish(60)
    assert status == 0 and 'synchronised, error at most' in text


def test_clients(host, server):
    for _ in range(60):
        net.ask(server, host.v4(), timeout=0.02)
    answer = schema.check(toki(host, 'clients', '--json'), 'clients')
    busiest = answer['clients'][0]
    assert busiest['address'] == server.v4() and busiest['limited'] > 0
    text = toki(host, 'clients', 'limited')
    assert re.search(rf'^{re.escape(server.v4())} +\d+ +\d+', text, re.M)
    assert 'were over the rate limit' in text
    assert 'whole number from 1 to 500' in toki(host, 'clients', '--count', '0', code=2)
    assert 'usage' in toki(host, 'clients', 'loudest', code=2)


def lines_of(host, *words, columns, env=None):
    with Terminal(host, net.TOKI, *words, columns=columns, env=env) as terminal:
        status, text = terminal.finish()
    assert status == 0
    return text, plain(text).splitlines()


@pytest.mark.parametrize('words', [['status'], ['sources'], ['sources', '-v'], ['clients']])
def test_the_width_is_respected_and_no_address_is_cut(host, words):
    for columns in (132, 80, 60, 40):
        text, lines = lines_of(host, *words, columns=columns)
        # a long address may stand alone, or behind two characters; nothing else is too long
        assert all(len(line) <= max(columns, len(LONG) + 2) for line in lines), text
        if words != ['clients']:
            assert LONG in plain(text)
    assert max(map(len, toki(host, 'status').splitlines())) > 132  # a pipe has no width


def test_colour_on_a_terminal_only(host):
    assert is_coloured(lines_of(host, 'status', columns=80)[0])
    assert not is_coloured(lines_of(host, 'status', columns=80, env={'NO_COLOR': '1'})[0])
    assert not is_coloured(toki(host, 'status'))
