# SPDX-License-Identifier: GPL-2.0-only
"""How media fare with the module and without, side by side: calls of ffmpeg's go on without a pause, over IPv4 and IPv6, while the
module is loaded and enforces for some seconds, and is gone for some seconds, in turn. At the receiver it is seen which packets came,
in which order, and how evenly (jitter as in RFC 3550, 6.4.1, from the kernel's own time stamps). Loss and order are checked; jitter,
which is the emulated machine's, is printed for both."""
import os
import socket
import statistics
import struct
import subprocess
import threading
import time

import network
from network import FAMILIES, address, bracketed, command, seen
from gateway import Inside, check, counters, must, write

PORT = 50080
TURNS, SECONDS = 6, 5
CLOCK = 8000
SO_TIMESTAMPNS = 35
FEATURES = ("remote-access", "av", "federation", "av-federation-ocs2007")


class Call(threading.Thread):
    """What one of the streams looks like where it arrives: (time of arrival, sequence number, time stamp)."""

    def __init__(self, family):
        super().__init__(daemon=True)
        self.family = family
        with Inside("edge"):
            self.socket = socket.socket(socket.AF_INET6 if family == network.V6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address("av", family), PORT))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.settimeout(0.5)
        self.packets, self.ended = [], False
        words = ("ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate={CLOCK}",
                 "-c:a", "pcm_mulaw", "-f", "rtp",
                 f"rtp://{bracketed(seen('av', family))}:{PORT}?localport={PORT}&pkt_size=172&localaddr={address('partner-av', family)}")
        self.sender = subprocess.Popen(command("partner", *words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,  # pylint: disable=consider-using-with
                                       stderr=subprocess.DEVNULL)
        self.start()

    def run(self):
        while not self.ended:
            try:
                data, extra, _, _ = self.socket.recvmsg(2000, 100)
            except TimeoutError:
                continue
            seconds, nanoseconds = struct.unpack("qq", next(value for _, kind, value in extra if kind == SO_TIMESTAMPNS))
            _, _, number, stamp = struct.unpack("!BBHI", data[:8])
            self.packets.append((seconds + nanoseconds / 1e9, number, stamp))

    def end(self):
        self.sender.terminate()
        self.sender.wait()
        self.ended = True
        self.join()


def jitter(packets):
    """Of a run of packets, in milliseconds."""
    value, last = 0.0, None
    for arrival, _, stamp in packets:
        transit = arrival - stamp / CLOCK
        if last is not None:
            value += (abs(transit - last) - value) / 16
        last = transit
    return value * 1000


def lost_and_disordered(packets):
    numbers = [number for _, number, _ in packets]
    steps = [(b - a) % 65536 for a, b in zip(numbers, numbers[1:])]
    return sum(step - 1 for step in steps if 1 < step < 32768), sum(step == 0 or step >= 32768 for step in steps)


def turn(with_module):
    """One of the two states, for a while: when it had settled, and when it ended."""
    if with_module:
        must(f"insmod {os.environ['LYNCEDGE_KO']}")
        network.apply(FEATURES)
        write("mode", "enforce")
    else:
        write("mode", "off")
        must("rmmod lyncedge")
    time.sleep(1)
    began = time.time()
    time.sleep(SECONDS)
    if with_module:
        check("media: with the module they count at their row", counters()["ext-12"] > SECONDS * 50, counters()["ext-12"])
    return began, time.time()


def run_all():
    write("mode", "off")
    must("rmmod lyncedge")
    calls = [Call(f) for f in FAMILIES]
    until = time.monotonic() + 60
    while not all(len(call.packets) > 50 for call in calls) and time.monotonic() < until:
        time.sleep(0.1)
    for call in calls:
        del call.packets[:]
    turns = [(with_module, turn(with_module)) for _ in range(TURNS) for with_module in (True, False)]
    for call in calls:
        call.end()
        lost, disordered = lost_and_disordered(call.packets)
        check(f"media, IPv{call.family}: none of {len(call.packets)} packets is lost", lost == 0 and len(call.packets) > 1000, lost)
        check(f"media, IPv{call.family}: all are in order", disordered == 0, disordered)
        for with_module, words in ((True, "with the module"), (False, "without")):
            parts = [[p for p in call.packets if began <= p[0] < ended] for which, (began, ended) in turns if which == with_module]
            values = [jitter(part) for part in parts]
            losses = [lost_and_disordered(part) for part in parts]
            print(f"# media, IPv{call.family}, {words}: {sum(map(len, parts))} packets, {sum(one[0] for one in losses)} lost, "
                  f"{sum(one[1] for one in losses)} out of order, jitter {statistics.median(values):.2f} ms "
                  f"({min(values):.2f} to {max(values):.2f} in {len(values)} turns)", flush=True)
    must(f"insmod {os.environ['LYNCEDGE_KO']}")
