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
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get('TOKI_TEST_CACHE', REPO / 'build-cache'))


def _run(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def _candidates(packages):
    """{package: the version that apt would download}; None if apt does not know one of them."""
    said = _run('apt-cache', 'policy', *packages)
    found = dict(re.findall(r'^(\S+):\n.*\n +Candidate: (\S+)', said, re.M))
    return found if all(found.get(p, '(none)') != '(none)' for p in packages) else None


def _download(root, packages):
    versions = _candidates(packages)
    if versions is None:
        _run('apt-get', 'update')
        versions = _candidates(packages)
    stamp = ' '.join(f'{package}={versions[package]}' for package in packages)
    stamp_file = root.with_suffix('.stamp')
    if not (root.is_dir() and stamp_file.is_file() and stamp_file.read_text() == stamp):
        downloads = root.with_suffix('.downloads')
        for folder in (root, downloads):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        _run('apt-get', '-o', 'APT::Sandbox::User=root', 'download', *packages, cwd=downloads)
        for deb in sorted(downloads.glob('*.deb')):
            _run('dpkg', '-x', str(deb), str(root))
        shutil.rmtree(downloads)
    stamp_file.write_text(stamp)


def unpack(name, packages):
    """Unpacks the packages into one folder of the cache and returns it; looks for newer versions
    once a day."""
    CACHE.mkdir(parents=True, exist_ok=True)
    root, stamp_file = CACHE / name, CACHE / (name + '.stamp')
    with open(CACHE / (name + '.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes share the cache
        if not stamp_file.is_file() or time.time() - stamp_file.stat().st_mtime > 86400:
            _download(root, packages)
    return root


def rivals():
    """{'chrony': root, 'ntpsec': root, 'openntpd': root}: three folders, for two have a ntpd."""
    return {
        'chrony': unpack('chrony', ['chrony']),
        'ntpsec': unpack('ntpsec', ['ntpsec', 'ntpsec-ntpdig', 'ntpsec-ntpdate', 'python3-ntp']),
        'openntpd': unpack('openntpd', ['openntpd']),
    }


def prometheus():
    """Folder with Debian's prometheus and promtool."""
    return unpack('prometheus', ['prometheus']) / 'usr/bin'


def monitors():
    """Programs that watch NTP servers: check_ntp_peer, check_ntp_time, ntpstat."""
    return unpack('monitors', ['monitoring-plugins-basic', 'ntpstat'])


def shells():
    """zsh and fish, for their completion."""
    return unpack('shells', ['zsh', 'zsh-common', 'fish', 'fish-common', 'libpcre2-32-0'])


def kernel():
    """Debian's cloud kernel: (vmlinuz, folder of its modules)."""
    root = CACHE / 'kernel'
    if not list(root.glob('boot/vmlinuz-*')):
        # the package of that name holds nothing but a dependency on the newest one
        if _candidates(['linux-image-cloud-amd64']) is None:
            _run('apt-get', 'update')
        said = _run('apt-cache', 'depends', 'linux-image-cloud-amd64')
        unpack('kernel', [re.search(r'Depends: (linux-image-\S+)', said).group(1)])
    return next(root.glob('boot/vmlinuz-*')), next(root.glob('lib/modules/*'))
