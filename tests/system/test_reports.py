# SPDX-License-Identifier: BSD-2-Clause
"""What toki reports: each document is as doc/schema says, and words follow the terminal."""

import json
import re
from xml.etree import ElementTree

import pytest

import daemons
import net
import schema
from pretend_server import PretendServer
from terminal import Terminal, is_coloured, plain, screen

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


def control(host, line):
    """The answer to a line on the control socket."""
    return host.run('/usr/bin/python3', '-c', '''
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/toki/tokid.sock")
s.sendall(sys.argv[1].encode() + b"\\n")
print(s.makefile().read(), end="")''', line).stdout


def test_completion_offers_the_sources_of_the_daemon(host):
    folder = net.TOKI.parent
    script = ('source "$1"; COMP_WORDS=(toki delete "$2"); COMP_CWORD=2; _toki; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    for typed, offered in (('', {'ntp.example', LONG, '192.0.2.77'}), ('n', {'ntp.example'})):
        done = host.run('env', f'PATH={folder}:/usr/bin:/bin', 'bash', '-c', script, 'bash',
                        folder / 'toki.bash', typed)
        assert set(done.stdout.split()) == offered


def test_each_document_is_as_the_schema_says(host):
    status = schema.check(toki(host, 'status', '--json'), 'status')
    assert len(status['sources']) == 3
    schema.check(toki(host, 'sources', '--json'), 'sources')
    tracking = schema.check(toki(host, 'tracking', '--json'), 'tracking')
    assert tracking['clock']['code'] == 'synchronised'
    schema.check(toki(host, 'wait', '--json', '--bound', '10s', '--timeout', '60'), 'wait')
    schema.check(toki(host, 'config', 'show', '--daemon', '--json'), 'config')
    schema.check(toki(host, 'check', '/etc/ntp.conf', '--json'), 'check')
    schema.check(toki(host, 'explain', '--json'), 'explain')
    schema.check(toki(host, 'simulate', '--config', '/etc/ntp.conf', '--days', '0.1', '--json'),
                 'simulate')
    for layer in ('hour', 'day', 'month'):
        schema.check(control(host, f'history {layer}'), 'history')
    for words in (['reload'], ['add', 'server', '192.0.2.88'], ['delete', '192.0.2.88'],
                  ['offline', '192.0.2.77'], ['online', '192.0.2.77'], ['burst']):
        assert schema.check(toki(host, *words, '--json'), words[0])['ok']
    assert not schema.check(toki(host, 'delete', '192.0.2.99', '--json', code=1), 'delete')['ok']


def test_errors_on_the_control_socket_are_documents_too(host):
    for line in ('nonsense', 'status of', 'clients 0', 'add'):
        error = schema.check(control(host, line), 'error')
        assert error['error'] in ('unknown-command', 'usage')
    # and nobody adds a verb without its schema
    for verb in schema.check(control(host, ''), 'error')['message'].split(': ')[1].split(', '):
        assert schema.knows(verb), verb


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
    assert re.match(r'\d+ s: synchronised', toki(host, 'wait', '--bound', '5s', '--timeout', '60'))
    # a bound that no clock keeps
    text = toki(host, 'wait', '--bound', '1ns', '--timeout', '0.6', code=1)
    assert text.startswith('toki: not reached: ') and 'error at most' in text
    assert toki(host, 'wait', '--quiet') == ''
    nobody = world.host('nobody')
    assert 'cannot reach tokid' in toki(nobody, 'wait', '--timeout', '0.3', code=2)
    assert "--bound: '5x' is not a time" in toki(nobody, 'wait', '--bound', '5x', code=2)
    with Terminal(host, net.TOKI, 'wait', '--bound', '1ns', '--timeout', '1.2') as terminal:
        status, text = terminal.finish()
    assert status == 1 and text.count('\r\033[K') > 2  # progress, written over


def test_wait_for_a_daemon_that_starts_later(world, server):
    late = world.host('late')
    with Terminal(late, net.TOKI, 'wait', '--bound', '10s', '--timeout', '180') as waiting:
        waiting.read_until('cannot reach tokid')
        daemons.tokid(late, daemons.ntp_conf(server))
        status, text = waiting.finish()
    assert status == 0 and 'synchronised, error at most' in text


def test_clients(host, server):
    for _ in range(60):
        net.ask(server, host.v4(), timeout=0.02)
    answer = schema.check(toki(host, 'clients', '--json'), 'clients')
    busiest = answer['clients'][0]
    assert busiest['address'] == server.v4() and busiest['limited'] > 0
    text = toki(host, 'clients', 'limited')
    assert re.search(rf'^{re.escape(server.v4())} +\d+ +\d+', text, re.M)
    assert 'exceeded the rate limit' in text
    assert 'whole number from 1 to 500' in toki(host, 'clients', '--count', '0', code=2)
    assert "'loudest' is unknown" in toki(host, 'clients', 'loudest', code=2)


# servers of others

WRONG = '192.0.2.140'  # of the crowd, for a server that a test makes


@pytest.fixture(scope='module')
def crowd(world):
    """A chain 10 <- 11 <- 12, a loop 20 <-> 21, a silent one and an unsynchronised one."""
    box = world.host('crowd')
    box.add_address(f'{WRONG}/24')

    def server(number, **properties):
        box.add_address(f'192.0.2.{number}/24')
        return PretendServer(box, f'192.0.2.{number}', **properties)

    def refid(number):
        return bytes((192, 0, 2, number))

    servers = [server(110, stratum=1, refid=b'GPS', offset=0.25),
               server(111, stratum=2, refid=refid(110), root_delay=0.01),
               server(112, stratum=3, refid=refid(111), root_delay=0.02),
               server(120, stratum=5, refid=refid(121)), server(121, stratum=4, refid=refid(120)),
               server(130, mood='silent'), server(131, leap=3, stratum=16),
               server(132, stratum=2, refid=bytes((240, 1, 2, 3)))]
    yield box
    for one in servers:
        one.end()


@pytest.fixture(scope='module')
def asker(world, crowd):
    return world.host('asker')


PATIENT = ('--timeout', '60')  # where all that are asked answer
ALL = [f'192.0.2.{n}' for n in (110, 111, 112, 120, 121, 131, 132)]


def test_query_many_at_once(asker):
    answer = schema.check(toki(asker, 'query', '--json', *PATIENT, *ALL, 'no.example'), 'query')
    by_host = {r['host']: r for r in answer['results']}
    assert [h for h, r in by_host.items() if not r['usable']] == ['192.0.2.131', 'no.example']
    assert 0.2 < by_host['192.0.2.110']['offset_s'] < 0.3
    assert by_host['192.0.2.131']['leap'] == 'unsynchronised'
    assert 'not synchronised' in by_host['192.0.2.131']['error']
    assert by_host['no.example']['address'] is None and by_host['no.example']['offset_s'] is None
    text = toki(asker, 'query', *PATIENT, *ALL, 'no.example')
    for host in [*ALL, 'no.example']:
        assert re.search(rf'^{re.escape(host)} ', text, re.M), text
    assert re.search(r'^192\.0\.2\.110 +192\.0\.2\.110 +1 GPS +\+2\d\d ms', text, re.M), text
    # more than an engine has room for
    many = schema.check(toki(asker, 'query', '--json', *PATIENT, *ALL[:1],
                             *['192.0.2.110'] * 70), 'query')
    assert len(many['results']) == 71 and many['results'][0]['usable']
    assert 'usage' in toki(asker, 'query', code=2)
    assert 'whole number from 1 to 8' in toki(asker, 'query', '--samples', '9', 'x', code=2)
    silent = json.loads(toki(asker, 'query', '--json', '--timeout', '0.5', '192.0.2.130', code=1))
    assert 'no reply to 1 request within' in silent['results'][0]['error']


@pytest.mark.parametrize('reason, properties', [
    ('rejected (date)', {'offset': -9 * 366 * 86400.0}),
    ('rejected (distance)', {'root_dispersion': 17.0}),
    ('rejected (origin)', {'mood': 'origin'}),
    ('not synchronised itself', {'leap': 3}),
    ('kiss code DENY', {'kiss': 'DENY'}),
    ('kiss code XMPL', {'kiss': 'XMPL'})])
def test_what_asking_again_cannot_change_ends_a_measurement(crowd, asker, reason, properties):
    """Four answers are wanted, and there is time for four requests."""
    server = PretendServer(crowd, WRONG, **properties)
    try:
        for words in (('query', '--samples', '4', *PATIENT), ('ntpdate', '-q', '-t', '60')):
            before = server.requests
            said = toki(asker, *words, WRONG, code=1)
            assert reason in said, said
            assert before < server.requests <= before + 2  # 1 but on a machine that stands still
    finally:
        server.end()


def test_query_of_a_closed_port_and_of_others_than_123(crowd, asker):
    server = PretendServer(crowd, '192.0.2.110', port=1123)
    try:
        answer = schema.check(toki(asker, 'query', '--json', *PATIENT, '192.0.2.110:1123',
                                   '192.0.2.110:1124'), 'query')
    finally:
        server.end()
    assert [(r['port'], r['usable']) for r in answer['results']] == [(1123, True), (1124, False)]
    assert 'Connection refused' in answer['results'][1]['error']


def test_query_progress_and_letters(asker):
    with Terminal(asker, net.TOKI, 'query', *PATIENT, *ALL, '時計.example') as terminal:
        status, text = terminal.finish()
    assert status == 0 and re.search(r'\r\033\[K7 of 8 answered|looking up 8 of 8', text)
    assert '時計.example' in text
    with Terminal(asker, net.TOKI, 'query', *PATIENT, ALL[0], '時計.example', columns=60,
                  env={'LC_ALL': 'C'}) as terminal:
        status, text = terminal.finish()
    assert plain(text).isascii() and '??.example' in text


def test_watch_and_plot(asker):
    """Rounds as lines of JSON, and a picture that an XML parser reads."""
    text = toki(asker, 'query', *PATIENT, *ALL[:2], '--interval', '1', '--count', '3', '--json',
                '--plot', '/tmp/offsets-&.svg')
    rounds = [schema.check(line + '\n', 'query') for line in text.splitlines()]
    assert len(rounds) == 3 and rounds[2]['now'] - rounds[0]['now'] > 1.5
    picture = ElementTree.fromstring(asker.run('cat', '/tmp/offsets-&.svg').stdout)
    points = picture.findall('.//{*}circle')
    assert len(points) == 6
    heights = sorted(float(p.get('cy')) for p in points)
    assert heights[2] + 50 < heights[3]  # the one that is ahead by 0.25 s is drawn above
    assert 'cannot write' in toki(asker, 'query', ALL[0], '--plot', '/nowhere/x.svg', code=2)
    asker.run('rm', '/tmp/offsets-&.svg')
    text = toki(asker, 'query', *PATIENT, ALL[0], '--interval', '1', '--count', '2')
    assert len(re.findall(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$', text, re.M)) == 2
    assert re.search(r' 2/2$', text, re.M)


def test_watch_on_a_terminal_ends_well_by_a_signal(asker):
    with Terminal(asker, net.TOKI, 'query', *PATIENT, '--interval', '1', *ALL[:2], '--plot',
                  '/run/watch.svg') as terminal:
        text = terminal.read_until('2/2')
        terminal.press('\x03')
        net.wait_for('the picture', lambda: asker.run('cat', '/run/watch.svg',
                                                      check=False).stdout.endswith('</svg>\n'))
    lines = screen(text.split('\033[H\033[J')[-2], 80, 24)
    assert lines[0].split()[:3] == ['host', 'address', 'st'] and 'scatter' in lines[0]


def test_trace(asker):
    answer = schema.check(toki(asker, 'trace', *PATIENT, '--json', '192.0.2.112'), 'trace')
    assert [h['address'] for h in answer['hops']] == ['192.0.2.112', '192.0.2.111', '192.0.2.110']
    assert [h['stratum'] for h in answer['hops']] == [3, 2, 1]
    assert answer['complete'] and answer['end'] == 'primary'
    for host, end, hops, words in (
            ('192.0.2.120', 'loop', 2, PATIENT), ('192.0.2.132', 'no-address', 1, PATIENT),
            ('192.0.2.131', 'unsynchronised', 1, PATIENT),
            ('192.0.2.130', 'silent', 1, ('--timeout', '0.5')), ('no.example', 'silent', 1, ())):
        found = schema.check(toki(asker, 'trace', '--json', *words, host, code=1), 'trace')
        assert (found['end'], len(found['hops'])) == (end, hops), found
    text = toki(asker, 'trace', *PATIENT, '192.0.2.112')
    assert re.search(r'^3 192\.0\.2\.110 +1 GPS', text, re.M) and 'primary server' in text


# the terminal

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


# top

ENTER, LEAVE = '\033[?1049h', '\033[?1049l'


def frames(written):
    """What the screen showed, frame by frame; the last one may be unfinished."""
    return written.split('\033[H')[1:-1]


@pytest.mark.parametrize('columns, rows', [(80, 24), (132, 43)])
def test_top(host, columns, rows):
    with Terminal(host, net.TOKI, 'top', '--interval', '0.3', columns=columns,
                  rows=rows) as terminal:
        text = terminal.read_until(lambda written: len(frames(written)) > 3)
        assert text.startswith(ENTER) and not terminal.is_restored()
        lines = screen(frames(text)[-1], columns, rows)
        assert lines[0].startswith('tokid 0') and 'UTC' in lines[0]
        assert 'synchronised to' in lines[1] and 'q quit' in lines[rows - 1]
        assert any('source' in line and 'jitter' in line for line in lines)
        assert any(LONG in line for line in lines) and any('*' in line[:2] for line in lines)
        assert any(line[:1] in '▁▂▃▄▅▆▇█' for line in lines if line)
        terminal.press('w')
        terminal.read_until('    no replies: ')
        terminal.press('q')
        status, text = terminal.finish()
        assert status == 0 and LEAVE in text and terminal.is_restored()


def test_top_follows_the_window(host):
    with Terminal(host, net.TOKI, 'top', '--interval', '0.3') as terminal:
        terminal.read_until('q quit')
        terminal.resize(60, 12)
        terminal.read_until('\033[12;1H')
        drawn = len(frames(terminal.read()))
        text = terminal.read_until(lambda written: len(frames(written)) > drawn + 2)
        lines = screen(frames(text)[-1], 60, 12)
        assert 'q quit' in lines[11] and any('more lines' in line for line in lines)
        terminal.press('q')
        assert terminal.finish()[0] == 0


def test_top_restores_the_terminal_when_it_is_killed(host):
    with Terminal(host, net.TOKI, 'top') as terminal:
        terminal.read_until('q quit')
        terminal.terminate()
        net.wait_for('it is as it was', lambda: LEAVE in terminal.read() and
                     terminal.is_restored())


def test_top_needs_a_terminal_and_waits_for_a_daemon(host, world):
    assert 'needs a terminal' in toki(host, 'top', code=2)
    with Terminal(world.host('without'), net.TOKI, 'top') as terminal:
        terminal.read_until('cannot reach tokid')
        terminal.press('q')
        assert terminal.finish()[0] == 0
