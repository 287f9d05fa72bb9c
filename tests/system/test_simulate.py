# SPDX-License-Identifier: BSD-2-Clause
"""toki simulate: what it predicts for people's own configurations, how it says what is wrong with
an option, and whether its picture is one. The simulated world itself is tested in tests/sim."""

import json
import re
import resource
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import net

CENTOS = '''driftfile /var/lib/ntp/ntp.drift

restrict default nomodify notrap nopeer noquery kod limited
restrict 127.0.0.1
restrict ::1

server ntp1.example.org iburst
server ntp2.example.org iburst
server ntp3.example.org iburst
server ntp4.example.org iburst
server ntp5.example.org iburst
'''

LAB = '''refclock SHM 0 refid PPS
server ntp1.example.org iburst
server ntp2.example.org iburst
makestep 1 3
'''

SVG = '{http://www.w3.org/2000/svg}'


def run(folder, *words):
    done = subprocess.run([net.TOKI, 'simulate', *words], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=net.PATIENCE_S, check=False)
    return done.returncode, done.stdout, done.stderr


def results(folder, *words):
    code, out, error = run(folder, '--json', *words)
    assert (code, error) == (0, '')
    return json.loads(out)['results']


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize('name,text', [('ntp.conf', CENTOS), ('chrony.conf', LAB)])
def test_a_users_file_takes_seconds(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    before = cpu_seconds()
    code, out, _ = run(tmp_path, '--config', name, '--delay', '20ms', '--jitter', '1ms',
                       '--wander', '1e-9', '--days', '3', '--plot', 'out.svg')
    assert code == 0
    assert cpu_seconds() - before < 5
    for line in ('accuracy ', 'frequency ', 'error bound ', 'convergence ', 'packets ',
                 'corrections '):
        assert line in out
    assert ElementTree.parse(tmp_path / 'out.svg').getroot().tag == SVG + 'svg'


def test_five_servers_far_away(tmp_path):
    (tmp_path / 'ntp.conf').write_text(CENTOS)
    words = ('--config', 'ntp.conf', '--delay', '20ms', '--jitter', '1ms')
    [got] = results(tmp_path, *words)
    assert (got['servers'], got['refclocks'], got['left_out']) == (5, 0, 0)
    assert 30e-6 < got['rms_s'] < 300e-6  # jitter of 1 ms, averaged over hours and five servers
    assert got['rms_s'] < got['p95_s'] < got['p99_s'] <= got['max_s'] < got['bound_max_s']
    assert 0.010 < got['bound_s'] < 0.040  # half the delay, and what an oscillator may do meanwhile
    assert got['outside'] < 0.001 and got['unsynchronised'] == 0
    assert got['first_set_s'] < 30  # iburst
    assert 512 < got['poll_s'] < 1100
    assert got['packets_per_day'] == pytest.approx(5 * 86400 / got['poll_s'], rel=1e-6)
    assert results(tmp_path, *words) == [got]  # the same seed
    assert results(tmp_path, *words, '--seed', '77') != [got]


def test_reference_clock_and_pool(tmp_path):
    (tmp_path / 'chrony.conf').write_text(LAB.replace('server ntp1.example.org',
                                                      'pool pool.example.org maxsources 3'))
    [got] = results(tmp_path, '--config', 'chrony.conf', '--days', '3h',
                    '--refclock-noise', '1us')
    assert (got['servers'], got['refclocks']) == (4, 1)
    assert 50e-9 < got['rms_s'] < 1e-6
    assert got['below_10us_s'] < 120


def test_more_servers_than_there_is_room_for(tmp_path):
    (tmp_path / 'ntp.conf').write_text(''.join(f'server s{i}.example.org\n' for i in range(20)))
    [got] = results(tmp_path, '--config', 'ntp.conf', '--days', '1h')
    assert (got['servers'], got['left_out']) == (15, 5)


def test_comparison(tmp_path):
    rows = results(tmp_path, '--poll', '6,8,10', '--servers', '1,4', '--delay', '20ms',
                   '--jitter', '1ms', '--days', '2')
    assert [(r['servers'], r['minpoll'], r['maxpoll']) for r in rows] == [
        (1, 6, 6), (1, 8, 8), (1, 10, 10), (4, 6, 6), (4, 8, 8), (4, 10, 10)]
    rms = [r['rms_s'] for r in rows]
    assert rms[0] < rms[1] < rms[2] and rms[3] < rms[4] < rms[5]
    for one, four in zip(rms[:3], rms[3:]):
        assert four < 0.8 * one
    for row in rows:
        assert row['poll_s'] == pytest.approx(2 ** row['minpoll'], rel=0.03)


def test_what_the_network_does(tmp_path):
    def rms(*words):
        return [r['rms_s'] for r in results(tmp_path, '--delay', '10ms', '--days', '1', *words)]

    calm, noisy = rms('--jitter', '10us,1ms')
    assert noisy > 5 * calm
    steady, restless = rms('--jitter', '10us', '--wander', '1e-10,1e-7')
    assert restless > 3 * steady  # although it is asked for more often
    [skewed] = rms('--jitter', '10us', '--asymmetry', '4ms')
    assert skewed == pytest.approx(2e-3, rel=0.05)  # half of it
    [lost] = results(tmp_path, '--days', '1', '--loss', '50%')
    assert lost['outside'] < 0.001
    [out] = results(tmp_path, '--days', '1', '--outage', '10h/6h', '--wander', '1e-8',
                    '--jitter', '10us')
    assert out['max_s'] > 20 * out['p95_s'] or out['max_s'] > 1e-3
    assert out['outside'] < 0.001
    [cold] = results(tmp_path, '--days', '1', '--offset', '-3s', '--freq', '-100ppm')
    assert cold['steps'] >= 1 and cold['below_1ms_s'] < 3600


def test_time_against_frequency(tmp_path):
    """Slow corrections: a steadier frequency, a worse time. Fast ones: the other way round."""
    for noise in (('--delay', '20ms', '--jitter', '1ms'), ('--delay', '0.2ms', '--jitter', '20us')):
        fast, own, slow = results(tmp_path, '--corrtimeratio', '0.01,auto,10', '--poll', '6', *noise)
        assert [r['corrtimeratio'] for r in (fast, own, slow)] == [0.01, None, 10]
        assert fast['frequency_rms_ppm'] > 2 * own['frequency_rms_ppm']
        assert own['frequency_rms_ppm'] > 1.4 * slow['frequency_rms_ppm']
        assert own['rms_s'] < 0.95 * slow['rms_s'] and own['rms_s'] < 1.1 * fast['rms_s']
        for row in (fast, own, slow):
            assert row['frequency_rms_ppm'] < row['frequency_max_ppm']
    # a clock that has no noise to follow keeps its frequency
    [calm] = results(tmp_path, '--jitter', '0', '--wander', '0', '--days', '1')
    assert calm['frequency_rms_ppm'] < 1e-3


def alternatives(out):
    words = out[out.index('corrections '):out.index("'Below'")].split('\n')
    return words[0].split(None, 1)[1], [w.split()[0] for w in words[1:] if w]


def test_other_values_of_corrtimeratio(tmp_path):
    (tmp_path / 'chrony.conf').write_text('server ntp1.example.org iburst\ncorrtimeratio 3\n')
    code, out, _ = run(tmp_path, '--days', '12h')
    assert code == 0
    assert re.search(r'^frequency +error [0-9.]+ pp[bm] rms, at most [0-9.]+ pp[bm]$', out, re.M), out
    assert alternatives(out) == ('corrtimeratio auto; other values would give', ['1', '3', '10'])
    code, out, _ = run(tmp_path, '--config', 'chrony.conf', '--days', '12h', '--plot', 'p.svg')
    assert code == 0
    assert alternatives(out) == ('corrtimeratio 3; other values would give', ['auto', '1', '10'])
    assert not any('corrtimeratio' in w for w in texts(tmp_path / 'p.svg')[1])  # one curve
    # the option goes before the file, and is all there is to compare
    words = ('--config', 'chrony.conf', '--days', '12h')
    three, [file] = results(tmp_path, *words, '--corrtimeratio', 'auto,3')[1], results(tmp_path, *words)
    assert three == file and file['corrtimeratio'] == 3
    code, out, _ = run(tmp_path, *words, '--corrtimeratio', '1')
    assert alternatives(out) == ('corrtimeratio 1', [])
    # what would take long is left to the option
    code, out, _ = run(tmp_path, '--poll', '0', '--days', '2', '--runs', '1')
    assert alternatives(out) == ('corrtimeratio auto', [])


ERRORS = [
    (('--delay', '20'), "--delay: '20' has no unit (ns, us, ms, s, min, h or d): expected a time from "
     '0 to 4 s, such as 20ms'),
    (('--delay', '1ms,2sm'), "--delay: '2sm' is not a time (a number with ns, us, ms, s, min, h or "
     'd): expected a time from 0 to 4 s, such as 20ms'),
    (('--jitter', 'inf'), "--jitter: 'inf' is not a time (a number with ns, us, ms, s, min, h or "
     'd): expected a time from 0 to 2 s, such as 0.5ms'),
    (('--jitter', '-1ms'), "--jitter: '-1ms' is out of range: expected a time from 0 to 2 s, "
     'such as 0.5ms'),
    (('--loss', '120%'), "--loss: '120%' is out of range: expected a part from 0 to 95 %, such as 1%"),
    (('--wander', '1e-9s'), "--wander: '1e-9s' is not a rate (a number, or one with ppm or ppb): "
     'expected a rate from 0 to 1e-5, such as 1e-9'),
    (('--poll', '10..6'), "--poll: '10..6' is a range that ends before it begins: expected log2 "
     'seconds from -6 to 17, such as 6, or 6..10 for a range'),
    (('--servers', '1.5'), "--servers: '1.5' is not a whole number: expected a whole number from 0 to "
     '15'),
    (('--corrtimeratio', 'auto,fast'), "--corrtimeratio: 'fast' is not a number: expected auto, or a "
     'ratio from 0.001 to 1e6, such as 3'),
    (('--corrtimeratio', '0'), "--corrtimeratio: '0' is out of range: expected auto, or a ratio from "
     '0.001 to 1e6, such as 3'),
    (('--corrtimeratio', '3%'), "--corrtimeratio: '3%' is not a number: expected auto, or a ratio from "
     '0.001 to 1e6, such as 3'),
    (('--temperature', '1ppm'), "--temperature: '1ppm' is not two values separated by '/': "
     'expected a rate up to 1000 ppm and a period from 1 min to 400 d, such as 0.5ppm/24h'),
    (('--days', '0'), "--days: '0' is out of range: expected a length from 10 min to 400 days, such as "
     '3 or 12h'),
    (('--runs', '0'), "--runs: '0' is out of range: expected a whole number from 1 to 100"),
    (('--seeed', '1'), "unknown option '--seeed'; did you mean '--seed'?"),
    (('--delay',), '--delay needs a time from 0 to 4 s, such as 20ms'),
    (('chrony.conf',), "unexpected argument 'chrony.conf'; usage: toki simulate [OPTION]..."),
]
REFUSED = [
    (('--asymmetry', '20ms'), '--asymmetry: a path cannot be more asymmetric than its --delay'),
    (('--servers', '0'), 'simulate: no file given, server HOST iburst has no source of time; add '
     'one, or give --servers N'),
]


@pytest.mark.parametrize('words,message', ERRORS)
def test_wrong_options(tmp_path, words, message):
    assert run(tmp_path, *words) == (2, '', f'toki simulate: {message}\n')


@pytest.mark.parametrize('words,message', REFUSED)
def test_what_cannot_be_simulated(tmp_path, words, message):
    assert run(tmp_path, *words) == (2, '', f'toki: {message}\n')


def test_wrong_file(tmp_path):
    (tmp_path / 'ntp.conf').write_text('sever ntp1.example.org\nserver ntp2.example.org\n')
    code, out, error = run(tmp_path, '--config', 'ntp.conf')
    assert (code, out) == (2, '')
    assert "ntp.conf:1:1: error: unknown directive 'sever'" in error
    assert "did you mean 'server'?" in error


def test_plot_that_cannot_be_written(tmp_path):
    code, _, error = run(tmp_path, '--days', '1h', '--plot', 'no/such/folder.svg')
    assert code == 2
    assert error.startswith('toki: cannot write no/such/folder.svg')


def texts(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == SVG + 'svg'
    assert not root.findall(f'.//{SVG}script') and 'href' not in path.read_text()
    return root, [''.join(t.itertext()) for t in root.iter(SVG + 'text')]


def test_picture_of_one_clock(tmp_path):
    (tmp_path / 'a&b<c>.conf').write_text('server ntp1.example.org iburst\n')
    assert run(tmp_path, '--config', 'a&b<c>.conf', '--days', '12h', '--plot', 'p.svg')[0] == 0
    root, words = texts(tmp_path / 'p.svg')
    assert 'Predicted clock error: a&b<c>.conf, 1 server' in words
    assert 'time since the start (h)' in words
    assert any(w.startswith('clock error (clock') for w in words)
    assert any('error bound sent to clients' in w for w in words)
    assert any(w.endswith('\u00b5s') for w in words)
    assert root.findall(f".//{SVG}path[@class='b']")  # the band


def test_picture_of_a_comparison(tmp_path):
    assert run(tmp_path, '--poll', '6,10', '--servers', '1,4', '--days', '1', '--plot',
               'p.svg')[0] == 0
    _, words = texts(tmp_path / 'p.svg')
    assert 'Predicted clock error: servers and poll compared' in words
    for name in ('1 server, poll 64 s', '1 server, poll 1024 s', '4 servers, poll 64 s',
                 '4 servers, poll 1024 s'):
        assert sum(w.startswith(name + ': ') and w.endswith(' rms') for w in words) == 1
    code, _, error = run(tmp_path, '--poll', '6,7,8', '--servers', '1,2,3', '--plot', 'q.svg')
    assert code == 2 and 'too many for one picture' in error
    assert not (tmp_path / 'q.svg').exists()


def test_help_tells_typical_values(tmp_path):
    code, out, _ = run(tmp_path, '--help')
    assert code == 0
    for words in ('LAN', 'ADSL', 'LTE', 'Wi-Fi', 'satellite', 'ordinary quartz 1e-9', 'TCXO 1e-10',
                  'OCXO 1e-11', 'busy laptop 1e-8', 'random step'):
        assert words in out
