# SPDX-License-Identifier: BSD-2-Clause
"""A Linux guest under qemu whose clock really may be set: the one place where the tests let a
daemon touch a kernel's clock.

The guest is Debian's cloud kernel and an initramfs made here of busybox, the network driver and the
programs under test with their libraries. Its console is a file of the host; its network is qemu's
user network, where 10.0.2.2 is the loopback of the namespace that qemu runs in.
"""

import re
import subprocess
import time
from pathlib import Path

# In the order of loading; each needs those before it.
_MODULES = ('drivers/virtio/virtio_ring.ko', 'drivers/virtio/virtio.ko',
            'drivers/virtio/virtio_pci_modern_dev.ko', 'drivers/virtio/virtio_pci_legacy_dev.ko',
            'drivers/virtio/virtio_pci.ko', 'net/core/failover.ko', 'drivers/net/net_failover.ko',
            'drivers/net/virtio_net.ko')

_INIT = '''#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do insmod $module || echo "insmod $module failed"; done
hostname guest
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
echo "GUEST up after $(cut -d' ' -f1 /proc/uptime) s"
. /script
echo "GUEST end"
poweroff -f
'''


def _libraries(program):
    """The shared libraries of a program, and the loader, as absolute paths."""
    out = subprocess.run(['ldd', str(program)], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r'(/\S+) \(0x', out))


def make_initramfs(folder, modules, programs, files, script):
    """Writes folder/initramfs: `programs` {path in the guest: path here}, `files` {path: text},
    `script` the shell words that the guest runs once its network is up."""
    root = folder / 'root'
    wanted = {'/bin/busybox': '/bin/busybox', **programs}
    for program in programs.values():
        wanted.update({library: library for library in _libraries(program)})
    for number, module in enumerate(_MODULES):
        wanted[f'/modules/{number}-{Path(module).name}'] = modules / 'kernel' / module
    for inside, outside in wanted.items():
        target = root / inside.lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(outside).read_bytes())
        target.chmod(0o755)
    texts = {'/etc/passwd': 'root:x:0:0::/:/bin/sh\ntoki:x:900:900::/run:/bin/false\n',
             '/etc/group': 'root:x:0:\ntoki:x:900:\n', '/etc/hosts': '127.0.0.1 localhost\n',
             '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
             '/script': script, '/init': _INIT, **files}
    for inside, text in texts.items():
        target = root / inside.lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (root / 'init').chmod(0o755)
    names = '\n'.join(str(p.relative_to(root)) for p in sorted(root.rglob('*')))
    with open(folder / 'initramfs', 'wb') as out:
        subprocess.run(['cpio', '--quiet', '-o', '-H', 'newc', '-R', '0:0'], input=names.encode(),
                       stdout=out, cwd=root, check=True)
    return folder / 'initramfs'


class Guest:
    """A running guest; .console() is all that it printed."""

    def __init__(self, host, folder, image, initramfs, clock_error_s, name):
        """`host`: the Host (see tests/system/net.py) in whose network qemu runs. The guest's
        hardware clock starts `clock_error_s` off the truth. Its port 123 is the host's 1123."""
        # the clock chip knows whole seconds: the error is right to half a second
        start = time.gmtime(time.time() + clock_error_s + 0.5)
        self.process = host.start(
            'qemu-system-x86_64', '-accel', 'tcg', '-machine', 'q35', '-cpu', 'max', '-smp', '1',
            '-m', '256', '-display', 'none', '-nodefaults', '-no-user-config', '-no-reboot',
            '-serial', 'stdio', '-rtc', 'base=' + time.strftime('%Y-%m-%dT%H:%M:%S', start),
            '-netdev', 'user,id=net0,hostfwd=udp:127.0.0.1:1123-:123',
            '-device', 'virtio-net-pci,netdev=net0,romfile=', '-kernel', image,
            '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on',
            name=name)
        self.started = time.monotonic()

    def console(self):
        return self.process.output().replace('\r', '')

    def age(self):
        return time.monotonic() - self.started

    def wait(self, timeout):
        deadline = time.monotonic() + timeout
        while self.process.running():
            if time.monotonic() > deadline:
                self.process.process.kill()
                raise AssertionError('the guest did not end:\n' + self.console())
            time.sleep(0.2)
