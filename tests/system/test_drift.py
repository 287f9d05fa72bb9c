# SPDX-License-Identifier: BSD-2-Clause
"""The drift file: kept in the format of the configuration's language, read, and never trusted."""

import time

import pytest

import daemons
import net


@pytest.mark.parametrize('language', ['ntp', 'chrony'])
def test_the_drift_file_is_kept_and_read(host, reference, language):
    """At the end it is written in the format of the configuration's language; the next start
    begins with it."""
    path, file = {'ntp': ('/etc/ntp.conf', '/var/lib/ntp/ntp.drift'),
                  'chrony': ('/etc/chrony.conf', '/var/lib/chrony/drift')}[language]
    config = f'server {reference.v4()} iburst minpoll 2 maxpoll 2\ndriftfile {file}\n'
    config += 'makestep 0.1 3\n' if language == 'chrony' else ''
    daemon = daemons.tokid(host, config, path=path)
    assert 'drift-not-used' not in daemon.output()  # there is none before the first run
    daemons.wait_synchronised(host, 20)
    time.sleep(20)
    learnt = daemons.status(host)['clock']['frequency_ppm']
    assert learnt == pytest.approx(-40, abs=8)  # the oscillator is 40 ppm fast
    daemon.stop()
    numbers = [float(word) for word in host.path(file).read_text().split()]
    if language == 'ntp':
        assert numbers == [pytest.approx(learnt, abs=3)]  # ntp.conf's sign: the correction
    else:
        assert numbers[0] == pytest.approx(-learnt, abs=3) and len(numbers) == 2
    daemons.tokid(host, config, path=path)
    before, start = daemons.true_error(host), time.monotonic()
    time.sleep(1.5)  # no update of the clock yet: its rate is that of the file
    report, seconds = daemons.status(host), time.monotonic() - start
    assert report['clock']['updates'] == 0
    assert abs(report['clock']['true_error_s'] - before) < 10e-6 * seconds


def test_the_drift_file_is_written_so_often(host, reference):
    config = f'server {reference.v4()} iburst minpoll 2 maxpoll 2\nmakestep 0.1 3\ndriftfile /var/lib/'
    daemons.tokid(host, config + 'chrony/drift interval 1\n', path='/etc/chrony.conf')
    written = set()

    def again():
        path = host.path('/var/lib/chrony/drift')
        if path.exists():
            written.add(path.stat().st_mtime_ns)
        return len(written) > 2
    net.wait_for('the drift file is written three times', again, 120)


@pytest.mark.parametrize('content', ['', 'nan\n', '1e999\n', '99999\n', 'x' * 100000, '\x00\x01\n'])
def test_a_broken_drift_file_is_not_believed(host, content):
    host.write('/var/lib/ntp/ntp.drift', content)
    daemon = daemons.tokid(host, 'server 192.0.2.250\ndriftfile /var/lib/ntp/ntp.drift\n')
    assert 'drift_ppm=0.000' in daemon.output()
    assert 'drift-not-used path=/var/lib/ntp/ntp.drift text="' in daemon.output()
    before = daemons.status(host)
    time.sleep(1.5)
    after = daemons.status(host)
    drifted = ((after['clock']['true_error_s'] - before['clock']['true_error_s']) /
               (after['now'] - before['now']))
    assert drifted == pytest.approx(40e-6, abs=10e-6)  # as the oscillator is
