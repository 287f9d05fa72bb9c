# SPDX-License-Identifier: BSD-2-Clause
"""The drift file: kept in the format of the configuration's language, read, and never trusted."""

import pytest

import daemons
import net


def wait_for_drift(host, rate):
    """Until the clock of a host without a source has shown for a while that it drifts so fast: a
    report may be held up between the two times that stand in it."""
    begun = daemons.status(host)
    assert begun['clock']['updates'] == 0

    def shown():
        now = daemons.status(host)
        seconds = now['now'] - begun['now']
        drifted = now['clock']['true_error_s'] - begun['clock']['true_error_s']
        return seconds > 1 and drifted / seconds == pytest.approx(rate, abs=10e-6)
    net.wait_for(f'the clock drifts by {rate}', shown)


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
    daemons.wait_synchronised(host)
    net.wait_for('the frequency is known', lambda: (c := daemons.status(host)['clock'])[
        'frequency_sd_ppm'] < 2 and c['frequency_ppm'] == pytest.approx(-40, abs=8))
    learnt = daemons.status(host)['clock']['frequency_ppm']  # the oscillator is 40 ppm fast
    daemon.stop()
    numbers = [float(word) for word in host.path(file).read_text().split()]
    if language == 'ntp':
        assert numbers == [pytest.approx(learnt, abs=3)]  # ntp.conf's sign: the correction
    else:
        assert numbers[0] == pytest.approx(-learnt, abs=3) and len(numbers) == 2
    reference.link('down')  # no update of the clock: its rate is that of the file
    daemons.tokid(host, config, path=path)
    wait_for_drift(host, 0)


def test_the_drift_file_is_written_so_often(host, reference):
    config = f'server {reference.v4()} iburst minpoll 2 maxpoll 2\nmakestep 0.1 3\ndriftfile /var/lib/'
    daemons.tokid(host, config + 'chrony/drift interval 1\n', path='/etc/chrony.conf')
    written = set()

    def again():
        path = host.path('/var/lib/chrony/drift')
        if path.exists():
            written.add(path.stat().st_mtime_ns)
        return len(written) > 2
    net.wait_for('the drift file is written three times', again)


@pytest.mark.parametrize('content', ['', 'nan\n', '1e999\n', '99999\n', 'x' * 100000, '\x00\x01\n'])
def test_a_broken_drift_file_is_not_believed(host, content):
    host.write('/var/lib/ntp/ntp.drift', content)
    daemon = daemons.tokid(host, 'server 192.0.2.250\ndriftfile /var/lib/ntp/ntp.drift\n')
    assert 'drift_ppm=0.000' in daemon.output()
    assert 'drift-not-used path=/var/lib/ntp/ntp.drift text="' in daemon.output()
    wait_for_drift(host, 40e-6)  # as the oscillator is
