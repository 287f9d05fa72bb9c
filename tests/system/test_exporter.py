# SPDX-License-Identifier: BSD-2-Clause
"""toki exporter: read by Prometheus itself, checked by promtool, and what it says held against what
tokid says. The rules and the dashboard that are shipped are asked for on real data."""

import http.client
import json
import re
import subprocess
from urllib.parse import quote

import pytest

import daemons
import net

ETC = net.REPO / 'etc'
CONFIG = '''
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [/etc/toki.rules.yml]
scrape_configs:
  - job_name: toki
    static_configs: [{targets: ['127.0.0.1:9923']}]
'''


@pytest.fixture(scope='module')
def subject(world, rivals):
    """A host with tokid that follows a server and has a client of its own."""
    upstream = daemons.reference(world, rivals, 'upstream')
    host = world.host('subject')
    daemons.tokid(host, f'server {upstream.v4()} iburst minpoll 3\nserver 192.0.2.250 iburst\n'
                  'restrict default kod limited\n', clock=('-x',))
    client = world.host('client')
    daemons.tokid(client, f'server {host.v4()} iburst\n', clock=('-x',))
    host.start(net.TOKI, 'exporter', name='exporter')
    net.wait_for('the exporter answers', lambda: get(host, '/metrics')[0] == 200)
    return host


@pytest.fixture(scope='module')
def scraper(subject, prometheus):
    """The same host with Prometheus on it."""
    subject.write('/etc/toki.rules.yml', (ETC / 'toki.rules.yml').read_text())
    subject.write('/etc/prometheus.yml', CONFIG)
    subject.start(prometheus / 'prometheus', '--config.file=/etc/prometheus.yml',
                  '--storage.tsdb.path=/run/prometheus', '--web.listen-address=127.0.0.1:9090',
                  name='prometheus')
    net.wait_for('Prometheus has scraped', lambda: query(subject, 'toki_up'))
    return subject


def fetch(host, port, path, method='GET', accept=None):
    """(status, type, text); status 0: nobody listens."""
    connection = http.client.HTTPConnection('127.0.0.1', port)
    try:
        connection.sock = host.connect(port)
        connection.request(method, path, headers={'Accept': accept} if accept else {})
        reply = connection.getresponse()
        return reply.status, reply.headers['Content-Type'], reply.read().decode()
    except ConnectionError:
        return 0, '', ''
    finally:
        connection.close()


def get(host, path, method='GET', accept=None):
    return fetch(host, 9923, path, method, accept)


def ask(host, path):
    status, _, text = fetch(host, 9090, path)
    return json.loads(text)['data'] if status == 200 else None


def query(host, expression):
    data = ask(host, '/api/v1/query?query=' + quote(expression))
    return data and data['result']


def values(text):
    """{'name{labels}': number}"""
    found = {}
    for line in text.splitlines():
        if line and line[0] != '#':
            name, _, value = line.rpartition(' ')
            assert name not in found, 'twice: ' + name
            found[name] = float(value)
    return found


def test_formats(subject, prometheus):
    status, kind, text = get(subject, '/metrics')
    assert status == 200 and kind.startswith('text/plain; version=0.0.4')
    checked = subprocess.run([prometheus / 'promtool', 'check', 'metrics'], input=text, text=True,
                             capture_output=True, check=False)
    assert checked.returncode == 0 and checked.stderr == '', checked.stderr
    status, kind, text = get(subject, '/metrics', accept='application/openmetrics-text')
    assert status == 200 and kind.startswith('application/openmetrics-text; version=1.0.0')
    assert text.endswith('\n# EOF\n') and text.count('# EOF') == 1
    assert '# UNIT toki_clock_offset_seconds seconds\n' in text
    families = re.findall(r'^# TYPE (\S+) ', text, re.M)
    assert len(families) == len(set(families)) > 30


def test_other_requests(subject):
    assert get(subject, '/')[0] == 200
    assert get(subject, '/etc/passwd')[0] == 404
    assert get(subject, '/metrics', 'POST')[0] == 405
    status, _, text = get(subject, '/metrics', 'HEAD')
    assert status == 200 and text.strip() == ''
    silent = [subject.connect(9923) for _ in range(8)]
    assert get(subject, '/metrics')[0] == 200  # who says nothing keeps nobody waiting
    for connection in silent:
        connection.close()
    listening = subject.run('ss', '-Hltn').stdout
    assert '127.0.0.1:9923' in listening and '0.0.0.0:9923' not in listening


def test_values(subject):
    """What tokid says is what the metrics say."""
    daemons.wait_synchronised(subject)
    said = daemons.status(subject)
    found = values(get(subject, '/metrics')[2])
    assert found['toki_up'] == 1 and found['toki_synchronised'] == 1
    assert found['toki_clock_code{code="%s"}' % said['clock']['code']] == 1
    assert found['toki_stratum'] == said['clock']['stratum']
    assert found['toki_clock_error_bound_seconds'] == pytest.approx(
        said['clock']['error_bound_s'], rel=0.9)
    assert found['toki_uptime_seconds'] >= said['uptime_s']
    for source in said['sources']:
        label = '{source="%s",address="%s"}' % (source['name'], source['address'])
        used = source['status'] in ('selected', 'combined')
        assert found['toki_source_used' + label] == used
        assert found['toki_source_requests_total' + label] >= source['sent']
        assert found['toki_source_reach_ratio' + label] == (0 if not used else pytest.approx(
            bin(source['reach']).count('1') / 8, abs=0.51))
    assert found['toki_server_requests_total{result="answered"}'] >= 1
    assert found['toki_clients_known'] >= 1
    assert found['toki_client_interval_seconds_bucket{le="+Inf"}'] == found[
        'toki_client_interval_seconds_count']


def test_textfile(subject):
    subject.run(net.TOKI, 'exporter', '--textfile', '/run/toki.prom')
    path = subject.path('/run/toki.prom')
    text = path.read_text()
    assert values(text)['toki_up'] == 1
    assert path.stat().st_mode & 0o777 == 0o644
    wrong = subject.run(net.TOKI, 'exporter', '--textfile', '/no/such/toki.prom', check=False)
    assert wrong.returncode == 2 and 'No such file' in wrong.stdout


@pytest.mark.parametrize('words', [('--listen', 'nonsense'), ('--listen', '127.0.0.1:0'),
                                   ('--listen', '[::1'), ('more',), ('--listen', '192.0.2.251:99')])
def test_wrong_use(subject, words):
    wrong = subject.run(net.TOKI, 'exporter', *words, check=False)
    assert wrong.returncode == 2 and wrong.stdout.startswith(('toki: ', 'toki exporter: '))


def test_rules_are_right(prometheus):
    checked = subprocess.run([prometheus / 'promtool', 'check', 'rules', ETC / 'toki.rules.yml'],
                             capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def dashboard_queries():
    board = json.loads((ETC / 'toki.dashboard.json').read_text())
    for panel in board['panels']:
        for target in panel['targets']:
            yield panel['title'], target['expr']


def test_dashboard(scraper):
    """Each query of each panel returns data."""
    fill = {'$instance': '.*', '$__rate_interval': '1m', '$__range': '5m'}
    left = dict.fromkeys(dashboard_queries())
    assert len(left) > 20

    def all_answered():
        for title, expression in list(left):
            filled = expression
            for name, value in fill.items():
                filled = filled.replace(name, value)
            if query(scraper, filled):
                del left[title, expression]
        return not left
    try:
        net.wait_for('all queries return data', all_answered, interval=1)
    except AssertionError:
        raise AssertionError(f'no data: {list(left)}') from None


def test_rules_on_data(scraper):
    """All rules can be evaluated, those that record have recorded, and no alert hangs in the air:
    each metric that it asks for is there."""
    def evaluated():
        rules = [r for g in (ask(scraper, '/api/v1/rules') or {'groups': []})['groups']
                 for r in g['rules']]
        return rules if rules and all(r['health'] == 'ok' for r in rules) else None
    rules = net.wait_for('the rules are evaluated', evaluated)
    kinds = {kind: [r for r in rules if r['type'] == kind] for kind in ('recording', 'alerting')}
    assert len(kinds['recording']) >= 2 and len(kinds['alerting']) >= 7
    for name in (r['name'] for r in kinds['recording']):
        net.wait_for(name, lambda name=name: query(scraper, name))
    for rule in kinds['alerting']:
        for name in set(re.findall(r'\btoki[a-z_0-9:]+', rule['query'])):
            assert query(scraper, name), f'{rule["name"]} asks for {name}, which is not there'
    assert [r['name'] for r in kinds['alerting'] if r['state'] == 'firing'] == []


def test_down(scraper):
    """Without tokid the exporter says so, and the alert waits for its time."""
    [daemon] = [d for d in scraper.daemons if d.name.startswith('tokid')]
    daemon.stop()
    status, _, text = get(scraper, '/metrics')
    assert status == 200 and values(text)['toki_up'] == 0
    assert [n for n in values(text) if not n.startswith(('toki_up', 'toki_exporter'))] == []

    def pending():
        return [a for a in ask(scraper, '/api/v1/alerts')['alerts']
                if a['labels']['alertname'] == 'TokiDown']
    net.wait_for('TokiDown waits', pending)


def test_end(scraper):
    [exporter] = [d for d in scraper.daemons if d.name == 'exporter']
    assert exporter.stop() == 0
