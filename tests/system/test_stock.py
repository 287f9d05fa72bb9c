# SPDX-License-Identifier: BSD-2-Clause
"""The files that distributions ship, untouched, start tokid (tests/vectors/config/stock-*.conf; what
`toki check` says of each is beside it), and so do the very files of Debian's packages."""

import re
import subprocess

import pytest

import daemons
import net

VECTORS = net.TOKI.parent.parent / 'tests/vectors/config'
STOCK = sorted(VECTORS.glob('stock-*.conf'))


def starts(lab, path, text):
    """tokid runs on this file, and its log has no line louder than a notice about the file."""
    host = lab.host('computer')
    # where the distribution has its folders
    host.run('mkdir', '-p', '/var/db', '/var/lib/ntpsec', '/var/lib/chrony', '/var/run/chrony')
    daemon = daemons.tokid(host, text, path=path)
    report = daemons.status(host)
    assert report['sources'], report
    return daemon.output()


@pytest.mark.parametrize('file', STOCK, ids=lambda f: f.stem.removeprefix('stock-'))
def test_stock_file(lab, file):
    expected = file.with_suffix('.expected').read_text()
    errors, warnings = map(int, re.search(r'(\d+) errors, (\d+) warnings', expected).groups())
    if 'openbsd' in file.stem:
        assert errors == 3 and 'remove the line' in expected  # constraints: said, not swallowed
        return
    assert errors == 0 and (warnings == 0 or 'rhel7' in file.stem)
    text = file.read_text().replace('stock.d', str(VECTORS / 'stock.d'))
    output = starts(lab, '/etc/stock.conf', text)
    assert output.count('warning: ') == warnings, output


@pytest.mark.parametrize('package, file', [
    ('chrony', 'usr/share/chrony/chrony.conf'), ('ntpsec', 'etc/ntpsec/ntp.conf'),
    ('openntpd', 'etc/openntpd/ntpd.conf')])
def test_the_file_of_the_package(lab, rivals, package, file):
    text = (net.TOKI.parent.parent / 'build-cache' / package / file).read_text()
    output = starts(lab, f'/{file}', text)
    assert 'warning: ' not in output, output


def test_all_of_them_were_found():
    assert len(STOCK) > 15
    done = subprocess.run([net.TOKI, 'check', 'stock-debian-chrony.conf'], cwd=VECTORS, text=True,
                          stdout=subprocess.PIPE, check=False)
    assert (done.returncode, done.stdout) == (
        0, 'stock-debian-chrony.conf: ok (chrony.conf)\n')
