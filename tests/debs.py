# SPDX-License-Identifier: BSD-2-Clause
"""Debian's packages as test material: downloaded and unpacked beside the build, never installed.

Other NTP daemons conflict with each other, start themselves and would touch the clock of the
machine. Unpacked, they are only files, which the tests run in namespaces without the right to set
a clock. Used by the system tests (rivals) and the kernel test (a kernel image).
"""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get('TOKI_TEST_CACHE', REPO / 'build-cache'))


def _run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def _candidate(package):
    """The version that apt would download, or None if apt does not know the package."""
    found = re.search(r'Candidate: (\S+)', _run('apt-cache', 'policy', package))
    return found.group(1) if found and found.group(1) != '(none)' else None


def unpack(name, packages):
    """Unpacks the packages into one folder of the cache, once for each version, and returns it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / (name + '.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes share the cache
        versions = {p: _candidate(p) for p in packages}
        if None in versions.values():
            _run('apt-get', 'update')
            versions = {p: _candidate(p) for p in packages}
        stamp = ' '.join(f'{p}={v}' for p, v in versions.items())
        root, stamp_file = CACHE / name, CACHE / (name + '.stamp')
        if root.is_dir() and stamp_file.is_file() and stamp_file.read_text() == stamp:
            return root
        downloads = CACHE / (name + '.downloads')
        for folder in (root, downloads):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        _run('apt-get', '-o', 'APT::Sandbox::User=root', 'download', *packages, cwd=downloads)
        for deb in sorted(downloads.glob('*.deb')):
            _run('dpkg', '-x', str(deb), str(root))
        shutil.rmtree(downloads)
        stamp_file.write_text(stamp)
        return root


def rivals():
    """{'chrony': root, 'ntpsec': root, 'openntpd': root}: three folders, for two have a ntpd."""
    return {
        'chrony': unpack('chrony', ['chrony']),
        'ntpsec': unpack('ntpsec', ['ntpsec', 'ntpsec-ntpdig', 'ntpsec-ntpdate', 'python3-ntp']),
        'openntpd': unpack('openntpd', ['openntpd']),
    }


def kernel():
    """Debian's cloud kernel: (vmlinuz, folder of its modules)."""
    found = re.search(r'Depends: (linux-image-\S+)',
                      _run('apt-cache', 'depends', 'linux-image-cloud-amd64'))
    if not found:
        _run('apt-get', 'update')
        found = re.search(r'Depends: (linux-image-\S+)',
                          _run('apt-cache', 'depends', 'linux-image-cloud-amd64'))
    root = unpack('kernel', [found.group(1)])
    image = next(root.glob('boot/vmlinuz-*'))
    return image, next(root.glob('lib/modules/*'))
