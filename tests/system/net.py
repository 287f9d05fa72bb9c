# SPDX-License-Identifier: BSD-2-Clause
"""A small world of hosts for the system tests: one Lab is a switch, each Host a machine on it.

A Host is a set of Linux namespaces (network, mount, process, host name) held by one process. Its
/etc and /var are overlays, its /run is its own: files written there are seen by that
Host alone and nothing of the machine changes. When the holder ends, the kernel ends every process
of the Host and removes its devices, so a failed test leaves nothing behind; no name is used
outside, so test runs in parallel do not meet.

Nothing here may set a clock: conftest.py drops CAP_SYS_TIME from the whole test process.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get('TOKI_BUILD', REPO / 'build'))
TOKID = BUILD / 'tokid'
TOKI = BUILD / 'toki'

# How long a test waits for what has to come: on a machine that is busy with other work everything
# takes its time, and where all is well this costs nothing.
PATIENCE_S = 180.0
QUIET_S = 0.4  # how long for what is not to come
AGAIN_S = 2.0  # a request that stays without an answer is sent again, for the network may lose it

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_CAP_SYS_TIME = 25
_CLONE_NEWNET = 0x40000000

# Run by the first process of a Host. Overlays keep what the machine has there readable.
_HOLDER = r'''
set -e
mount -t tmpfs tmpfs /run
for folder in etc var; do
    mkdir -p /run/.upper/$folder /run/.work/$folder
    mount -t overlay overlay \
        -o lowerdir=/$folder,upperdir=/run/.upper/$folder,workdir=/run/.work/$folder /$folder
done
mount -t sysfs sysfs /sys
hostname "$1"
ip link set lo up
echo ready
while sleep 1000; do :; done
'''


def drop_clock_right():
    """Takes the right to set the clock from this process's children, for good."""
    if _libc.prctl(_PR_CAPBSET_DROP, _CAP_SYS_TIME, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'cannot drop CAP_SYS_TIME: the tests need root')


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _enter_network(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'setns')


def wait_for(what, check, timeout=PATIENCE_S, interval=0.2):
    """Calls check() until it gives something true and returns that; fails after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'after {timeout:g} s still not: {what} (last: {value!r})')
        time.sleep(interval)


class Daemon:
    """A running program of a Host; its output goes to a file."""

    def __init__(self, host, name, process, log):
        self.host, self.name, self.process, self.log = host, name, process, log

    def output(self):
        return Path(self.log).read_text(errors='replace')

    def running(self):
        return self.process.poll() is None

    def pid(self):
        """Its pid as the machine sees it: nsenter's child."""
        children = Path(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read_text()
        return int(children.split()[0])

    def signal(self, number):
        os.kill(self.pid(), number)

    def stop(self, timeout=PATIENCE_S):
        """SIGTERM; returns the exit status."""
        if self.running():
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()
            raise AssertionError(
                f'{self.name} did not end in {timeout} s\n{self.output()}') from None

    def wait(self):
        """The exit status, when it ends by itself."""
        return self.process.wait(PATIENCE_S)


class Host:
    """One machine of a Lab; see Lab.host()."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.addresses = []
        self.daemons = []
        self._holder = subprocess.Popen(
            ['unshare', '--net', '--mount', '--uts', '--pid', '--ipc', '--fork', '--kill-child',
             '--mount-proc', '--propagation', 'private', 'sh', '-c', _HOLDER, 'holder', name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            preexec_fn=_die_with_parent)
        line = self._holder.stdout.readline()
        if line != 'ready\n':
            raise AssertionError('cannot make a host: ' + line + self._holder.stdout.read())
        children = f'/proc/{self._holder.pid}/task/{self._holder.pid}/children'
        self.pid = int(Path(children).read_text().split()[0])
        self.path('/run/empty').mkdir()
        for account in ('toki', 'ntpd'):
            self._add_account(account)

    def _add_account(self, name):
        if f'\n{name}:' not in self.path('/etc/passwd').read_text():
            number = 64100 + len(name)
            with open(self.path('/etc/passwd'), 'a', encoding='ascii') as f:
                f.write(f'{name}:x:{number}:{number}::/run/empty:/usr/sbin/nologin\n')
            with open(self.path('/etc/group'), 'a', encoding='ascii') as f:
                f.write(f'{name}:x:{number}:\n')

    def end(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def path(self, path):
        """A path of the Host as this process can open it."""
        return Path(f'/proc/{self.pid}/root{path}')

    def write(self, path, text):
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text, encoding='utf-8')
        return path

    def names(self, table):
        """Writes /etc/hosts: {'ntp1.example': [address, ...]}. Names are asked there only."""
        lines = ['127.0.0.1 localhost', '::1 localhost']
        for name, addresses in table.items():
            addresses = [addresses] if isinstance(addresses, str) else addresses
            lines += [f'{address} {name}' for address in addresses]
        self.write('/etc/hosts', '\n'.join(lines) + '\n')
        self.write('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n')
        # multi on: a name with several lines has several addresses, as a pool has
        self.write('/etc/host.conf', 'multi on\n')

    def name_server(self, address):
        """Names are asked from that DNS server (after /etc/hosts)."""
        self.names({})
        self.write('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
        resolv = self.path('/etc/resolv.conf')
        if resolv.is_symlink():
            resolv.unlink()
        self.write('/etc/resolv.conf', f'nameserver {address}\noptions timeout:5 attempts:2\n')

    def command(self, words):
        return ['nsenter', '--target', str(self.pid), '--net', '--mount', '--uts', '--pid', '--ipc',
                '--root', '--wd', '--', *map(str, words)]

    def run(self, *words, check=True, timeout=PATIENCE_S, **options):
        """Runs a program to its end; .stdout holds what it said on both outputs."""
        done = subprocess.run(self.command(words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                              errors='replace', timeout=timeout, check=False, **options)
        if check and done.returncode != 0:
            raise AssertionError(f'{words} ended with {done.returncode}:\n{done.stdout}')
        return done

    def kill(self, pid, signal_name='TERM'):
        """`pid` as the Host counts."""
        self.run('sh', '-c', f'kill -{signal_name} {pid}')

    def start(self, *words, name=None, env=None):
        """Starts a program that stays in the foreground."""
        name = name or Path(words[0]).name
        log = self.lab.folder / f'{self.name}-{name}-{len(self.daemons)}.log'
        with open(log, 'wb') as output:
            process = subprocess.Popen(self.command(words), stdout=output, stderr=output,
                                       stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent,
                                       env=None if env is None else {**os.environ, **env})
        daemon = Daemon(self, name, process, log)
        self.daemons.append(daemon)
        return daemon

    def add_address(self, address, device='eth0'):
        """'192.0.2.7/24' or '2001:db8::7/64'."""
        words = ['ip', 'address', 'add', address, 'dev', device]
        self.run(*words, *(['nodad'] if ':' in address else []))
        self.addresses.append(address.split('/')[0])

    def v4(self):
        return next(a for a in self.addresses if ':' not in a)

    def v6(self):
        return next(a for a in self.addresses if ':' in a)

    def link(self, state):
        """'up' or 'down': plugs the cable in or out."""
        self.run('ip', 'link', 'set', 'eth0', state)

    @contextlib.contextmanager
    def _network(self):
        """This thread in the Host's network: a socket made meanwhile stays there for good."""
        here = os.open('/proc/self/ns/net', os.O_RDONLY)
        there = os.open(f'/proc/{self.pid}/ns/net', os.O_RDONLY)
        try:
            _enter_network(there)
            try:
                yield
            finally:
                _enter_network(here)
        finally:
            os.close(here)
            os.close(there)

    def socket(self, family=socket.AF_INET, bind=None):
        """A UDP socket that lives in the Host, used from the test."""
        with self._network():
            made = socket.socket(family, socket.SOCK_DGRAM)
            if bind:
                made.bind(bind)
        made.settimeout(PATIENCE_S)
        return made

    def connect(self, port):
        """A TCP connection to this port of the Host's own 127.0.0.1, used from the test."""
        with self._network():
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(PATIENCE_S)
        try:
            made.connect(('127.0.0.1', port))
        except OSError:
            made.close()
            raise
        return made

    def sniffer(self):
        """A packet socket that sees each frame on eth0, both ways."""
        with self._network():
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            made.bind(('eth0', 0))
        return made


class Lab:
    """A switch and the hosts on it. Use as a context: everything is gone at its end."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='toki-test-'))
        self.hosts = []
        self._switch = None

    def __enter__(self):
        try:
            self._switch = Host(self, 'switch')
            self._switch.run('ip', 'link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0')
            self._switch.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv6/conf/br0/disable_ipv6;'
                             'ip link set br0 up')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for host in [*self.hosts, self._switch]:
            if host:
                host.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def host(self, name):
        """A new host with 192.0.2.N/24 and 2001:db8::N/64 on eth0."""
        host = Host(self, name)
        self.hosts.append(host)
        number = len(self.hosts)
        subprocess.run(
            ['nsenter', '--target', str(self._switch.pid), '--net', 'ip', 'link', 'add',
             f'port{number}', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', str(host.pid)],
            check=True)
        self._switch.run('ip', 'link', 'set', f'port{number}', 'master', 'br0', 'up')
        host.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad;'
                 'ip link set eth0 up')
        host.add_address(f'192.0.2.{number}/24')
        host.add_address(f'2001:db8::{number:x}/64')
        host.names({})
        return host

    def logs(self):
        """Everything that the programs said, for the report of a failed test."""
        parts = []
        for log in sorted(self.folder.glob('*.log')):
            parts.append(f'==== {log.name}\n{log.read_text(errors="replace")[-6000:]}')
        return '\n'.join(parts)


def request(first_byte=0x23, transmit=None, length=48):
    """A client's packet: the first byte, zeros, a transmit timestamp."""
    packet = bytearray(max(length, 48))
    packet[0] = first_byte
    packet[40:48] = transmit if transmit is not None else os.urandom(8)
    return bytes(packet[:length])


def ask(host, to, packet=None, port=123, timeout=PATIENCE_S, source=None):
    """Sends a packet from the host, again while there is no answer; returns the answer, or None if
    there was none in time. Where none is to come, `timeout` is QUIET_S."""
    family = socket.AF_INET6 if ':' in to else socket.AF_INET
    packet = request() if packet is None else packet
    with host.socket(family, (source, 0) if source else None) as s:
        while timeout > 0:
            s.sendto(packet, (to, port))
            s.settimeout(min(timeout, AGAIN_S))
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                return s.recv(65535)
            timeout -= AGAIN_S
    return None


def stratum(reply):
    return reply[1]


def time_of(reply):
    """The transmit timestamp of a reply as seconds since 1970."""
    seconds, fraction = struct.unpack('!II', reply[40:48])
    return seconds - 2208988800 + fraction / 2**32
