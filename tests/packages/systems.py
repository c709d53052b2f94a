#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots a clean Debian system again and again, and has lyncedge's packages installed, upgraded and purged in it, while packets never
stop: tests/packages/run starts it. What the gateway itself can show is checked there (the script inside); here it is seen what comes
out at its other device, from the moment on at which there is a device at all.

Frames go to and from the emulated devices by datagram sockets, so that no network of the machine is used.
"""
import argparse
import collections
import os
import re
import select
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../vm"))
sys.path.insert(0, os.path.join(HERE, "../lib"))
import firmware  # noqa: E402 pylint: disable=wrong-import-position
from packets import tcp  # noqa: E402 pylint: disable=wrong-import-position

# A boot takes a minute or two, what is built in it some more.
PATIENCE = 2400
# From outside to the Edge's Access role: one port that the policy opens, one that it does not, in either family.
ENDS = (("192.0.2.7", "10.45.16.10"), ("2001:db8:99::7", "2001:db8:16::10"))
KINDS = {"allowed": 443, "refused": 22}
FAMILIES = ("IPv4", "IPv6")

passed = failed = 0


def check(name, good, seen=""):
    global passed, failed
    passed += good
    failed += not good
    print(f"ok - {name}" if good else f"not ok - {name}: {seen}", flush=True)


class Device:
    """One of the gateway's network devices: an end of a pair of datagram sockets, whose other end QEMU has."""

    def __init__(self, number, folder):
        self.mac = bytes((2, 0, 0, 0, number, 1))
        self.near, self.far = (os.path.join(folder, f"{number}-{end}") for end in ("near", "far"))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.near)
        self.socket.setblocking(False)
        self.words = ["-netdev", f"dgram,id=net{number},local.type=unix,local.path={self.far},remote.type=unix,remote.path={self.near}",
                      "-device", f"virtio-net-pci,netdev=net{number},mac={self.mac.hex(':')}"]

    def send(self, packet):
        kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
        try:
            self.socket.sendto(self.mac + b"\x02\0\0\0\0\x09" + kind + packet, self.far)
        except (BlockingIOError, FileNotFoundError, ConnectionRefusedError):
            # There is no machine yet, or it takes nothing at the moment.
            pass

    def receive(self):
        try:
            return self.socket.recv(65536)
        except BlockingIOError:
            return None


def kind_of(frame):
    """(kind, family) of one of ours that has come through, or None."""
    at = {b"\x08\x00": 14 + 20, b"\x86\xdd": 14 + 40}.get(frame[12:14])
    if at is None or len(frame) < at + 4 or frame[:6] != b"\x02\0\0\0\x02\x02":
        return None
    port = int.from_bytes(frame[at + 2:at + 4], "big")
    return next(((kind, FAMILIES[at > 40]) for kind, number in KINDS.items() if number == port), None)


class Traffic(threading.Thread):
    """Sends all kinds, some hundred packets a second, and counts what arrives, until it is stopped."""

    def __init__(self, outside, inside):
        super().__init__(daemon=True)
        self.outside, self.inside = outside, inside
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.arrived = collections.Counter()
        self.sent = 0

    def run(self):
        turn = 0
        while not self.stopped.is_set():
            turn += 1
            for src, dst in ENDS:
                for port in KINDS.values():
                    self.outside.send(tcp(src, dst, 1024 + turn % 60000, port))
                    self.sent += 1
            until = time.monotonic() + 0.02
            while time.monotonic() < until:
                select.select([self.outside.socket, self.inside.socket], [], [], max(until - time.monotonic(), 0))
                while self.outside.receive():
                    pass
                while frame := self.inside.receive():
                    if kind := kind_of(frame):
                        with self.lock:
                            self.arrived[kind] += 1

    def count(self):
        """What has arrived since the last time."""
        with self.lock:
            now, self.arrived = self.arrived, collections.Counter()
        return now


# What has to arrive at each mark, of (allowed, refused); None: it may. (Docker, by its version, has nothing against IPv6.)
STATES = {"open": (True, True), "closed": (True, False), "shut": (False, False), "judged": (None, False)}
# Stage, words of the kernel's command line, and what arrives before its first mark; None: it is not known.
STAGES = (
    ("install", "", None),
    ("upgrade", "", "closed"),
    ("bad", "", "shut"),
    ("newer", "", "closed"),
    ("beside", "", "closed"),
    ("refused", "module.sig_enforce=1", "open"),
    ("required", "module.sig_enforce=1", "shut"),
    ("enrolled", "", "closed"),
    ("purge", "", "closed"),
)


def judge(where, state, arrived):
    for kind, wanted in zip(KINDS, STATES[state]):
        for family in FAMILIES:
            n = arrived[kind, family]
            if wanted:
                check(f"{where}: {kind} {family} packets pass", n > 0, dict(arrived))
            elif wanted is False:
                check(f"{where}: no {kind} {family} packet has passed", n == 0, n)


def judge_between(where, states, arrived):
    """Somewhere on the way one state became another: what neither lets through has not passed."""
    for kind, *wanted in zip(KINDS, *(STATES[state] for state in states)):
        for family in FAMILIES:
            if wanted == [False, False]:
                check(f"{where}: no {kind} {family} packet has passed", arrived[kind, family] == 0, arrived[kind, family])


class System:
    def __init__(self, suite, image, folder, archive):
        self.suite, self.folder, self.archive = suite, folder, archive
        with open(os.path.join(image, "newer"), encoding="ascii") as f:
            self.newer = f.read().strip()
        self.image = image

    def begin(self):
        for name in ("disk", "vmlinuz", "initrd"):
            subprocess.run(["cp", "--sparse=always", os.path.join(self.image, name), self.path(name)], check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def take(self, there, name):
        """Out of the system's disk."""
        subprocess.run(["debugfs", "-R", f"dump {there} {self.path(name)}", self.path("disk")], check=True, capture_output=True)
        check(f"{self.suite}: {there} is there", os.path.getsize(self.path(name)) > 0)

    def take_newer_kernel(self):
        self.take(f"/boot/vmlinuz-{self.newer}", "vmlinuz")
        self.take(f"/boot/initrd.img-{self.newer}", "initrd")

    def secure_boot(self):
        """Firmware with Secure Boot, in which the key that DKMS has made for this machine is enrolled: words for QEMU."""
        self.take("/var/lib/dkms/mok.pub", "mok.der")
        with open(self.path("mok.der"), "rb") as key, open(self.path("firmware"), "wb") as memory:
            memory.write(firmware.enrolled(key.read()))
        return firmware.words(self.path("firmware"))

    def pack(self, stage):
        with tarfile.open(self.path("stage.tar"), "w") as tar:
            tar.add(self.archive, ".")
            for name, text in (("stage", stage + "\n"), ("newer", self.newer + "\n")):
                with open(self.path(name), "w", encoding="ascii") as f:
                    f.write(text)
                tar.add(self.path(name), name)
        # The device is a whole number of sectors, and more than the archive is not looked at.
        os.truncate(self.path("stage.tar"), (os.path.getsize(self.path("stage.tar")) + 4095) // 4096 * 4096)

    def boot(self, stage, append, state, more=()):
        name = f"{self.suite} {stage}"
        self.pack(stage)
        with tempfile.TemporaryDirectory() as sockets:
            outside, inside = Device(1, sockets), Device(2, sockets)
            # A pipe, which ends when the machine does, however that comes about.
            readable, port = os.pipe()
            command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
                       "-accel", "tcg,thread=single", "-smp", "2", "-cpu", "max,la57=off,cx16=off", "-m", "1536",
                       "-kernel", self.path("vmlinuz"), "-initrd", self.path("initrd"),
                       "-drive", f"file={self.path('disk')},if=none,id=disk,format=raw,cache=unsafe",
                       "-device", "virtio-blk-pci,drive=disk",
                       "-drive", f"file={self.path('stage.tar')},if=none,id=stage,format=raw,readonly=on",
                       "-device", "virtio-blk-pci,drive=stage,serial=stage",
                       "-chardev", f"file,id=console,path={self.path(stage + '.console')}", "-serial", "chardev:console",
                       "-device", "virtio-serial-pci", "-chardev", f"file,id=port,path=/dev/fd/{port}",
                       "-device", "virtserialport,chardev=port,name=stage", *outside.words, *inside.words, *more,
                       "-append", f"root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off no_timer_check {append}"]
            traffic = Traffic(outside, inside)
            traffic.start()
            began = time.monotonic()
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(port,)) as machine:
                os.close(port)
                ended = self.follow(name, machine, readable, traffic, state)
            traffic.stopped.set()
            traffic.join()
        print(f"# {name}: {traffic.sent} packets sent in {time.monotonic() - began:.0f} s", flush=True)
        check(f"{name}: went through to its end", ended and machine.returncode == 0, machine.returncode)

    def follow(self, name, machine, readable, traffic, state):
        """Shows what the gateway says, and judges what has arrived: before, at and between marks, and until it is off."""
        killer = threading.Timer(PATIENCE, machine.kill)
        killer.start()
        up = ended = False
        where = f"{name}, until it was up"
        with open(readable, encoding="utf-8", errors="replace") as lines:
            for line in map(str.rstrip, lines):
                if found := re.match("# now (.*)", line):
                    if up:
                        judge_between(f"{where}, until {found[1]}", (state, found[1]), traffic.count())
                    elif state:
                        judge_between(where, (state, state), traffic.count())
                    up, state, where = True, found[1], f"{name}, {found[1]}"
                    # What was on its way when the state changed.
                    time.sleep(2)
                    traffic.count()
                    time.sleep(6)
                    judge(where, state, traffic.count())
                elif found := re.match("(not )?ok - (.*)", line):
                    check(f"{name}: {found[2]}", not found[1])
                elif line.startswith("# end"):
                    ended = True
                else:
                    print(f"# {line}", flush=True)
        machine.wait()
        killer.cancel()
        if state:
            judge_between(f"{where}, until it was off", (state, state), traffic.count())
        return ended


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("image", help="folder that tests/packages/image has made")
    parser.add_argument("archive", help="folder of what goes into the machine")
    parser.add_argument("folder", help="where the disk's copy and the consoles are kept")
    names = [stage for stage, _, _ in STAGES]
    parser.add_argument("--from", dest="first", choices=names, default=names[0],
                        help="go on with the disk of a run that was stopped, from this stage on")
    options = parser.parse_args()
    system = System(options.suite, options.image, options.folder, options.archive)
    if options.first == names[0]:
        system.begin()
    for stage, append, state in STAGES[names.index(options.first):]:
        if stage == "newer":
            system.take_newer_kernel()
        system.boot(stage, append, state, system.secure_boot() if stage == "enrolled" else ())
    if not failed:
        os.unlink(system.path("disk"))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
