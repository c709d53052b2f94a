# SPDX-License-Identifier: GPL-2.0-only
"""A gateway in a virtual machine (tests/vm/run) that takes commands, and can be switched off the hard way."""
import base64
import os
import shlex
import signal
import socket
import subprocess
import threading
import time

from switch import SEGMENTS, gateway_mac

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "../.."))
# What a machine needs to come up is some ten seconds; others may want the processor, too.
PATIENCE = 300
# The status of tests/vm/run if the kernel complained, whatever became of the machine.
COMPLAINED = 120


class Gone(Exception):
    """The machine has ended, or does not answer."""


class Machine:
    def __init__(self, name, folder, ports, logs):
        self.name, self.folder, self.ports = name, folder, ports
        self.log = os.path.join(logs, name + ".log")
        self.process = self.control = None
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path("control"))
        self.listener.listen()
        with open(self.log, "wb"):
            pass

    def path(self, what):
        return os.path.join(self.folder, f"{self.name}-{what}")

    def words(self):
        words = f"-pidfile {self.path('pid')} -chardev socket,id=control,path={self.path('control')} " \
                "-device virtserialport,chardev=control,name=control"
        for port in self.ports:
            mac = gateway_mac(self.name, port.segment).hex(":")
            words += f" -netdev dgram,id={port.segment},local.type=unix,local.path={port.far}," \
                     f"remote.type=unix,remote.path={port.near} -device virtio-net-pci,netdev={port.segment},mac={mac}"
        return words

    def start(self, *words):
        """Begins to boot; ready() waits for the end of that."""
        command = [os.path.join(TOP, "tests/vm/run"), "--kernel", "6.1", "--cpus", "1", "--memory", "512", "--timeout", "86400",
                   "--qemu", self.words(), os.path.join(HERE, "gateway"), self.name, *words]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=TOP)

    def ready(self):
        self.listener.settimeout(PATIENCE)
        try:
            self.control, _ = self.listener.accept()
        except TimeoutError as e:
            raise Gone(f"{self.name} did not start") from e
        self.answer(PATIENCE)

    def answer(self, patience):
        """(status, output): it ends with a zero byte and the status."""
        self.control.settimeout(patience)
        data = b""
        while b"\0" not in data or not data.endswith(b"\n"):
            try:
                piece = self.control.recv(65536)
            except OSError as e:
                raise Gone(f"{self.name} does not answer: {e}") from e
            if not piece:
                raise Gone(f"{self.name} has ended")
            data += piece
        output, status = data.split(b"\0")
        return int(status), output.decode(errors="replace")

    def command(self, line, stdin=None, patience=60):
        if stdin is not None:
            line = f"base64 -d <<<{base64.b64encode(stdin).decode()} | {{ {line}; }}"
        with self.lock:
            try:
                self.control.sendall(shlex.quote(line).replace("\n", " ").encode() + b"\n")
            except OSError as e:
                raise Gone(f"{self.name} is not there: {e}") from e
            return self.answer(patience)

    def must(self, line, **more):
        status, output = self.command(line, **more)
        if status:
            raise Gone(f"{self.name}: {line}: status {status}: {output}")
        return output

    def wait_for(self, line, patience=60):
        """Until a command succeeds; whether it did."""
        deadline = time.monotonic() + patience
        while self.command(line)[0]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.3)
        return True

    def kill(self):
        """Power off, as far as anybody can tell; when that was."""
        with open(self.path("pid"), encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGKILL)
        return time.monotonic()

    def buried(self):
        """After kill(): the status of tests/vm/run."""
        status = self.process.wait(60)
        self.control.close()
        return status
