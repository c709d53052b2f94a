# SPDX-License-Identifier: GPL-2.0-only
"""The deployment that docs/tutorial.md and docs/troubleshooting.md speak of, and what its people do: for the tests that run these
documents (tests/vm/test-tutorial, tests/vm/test-troubleshooting).

What people do is done packet by packet, from addresses of which nobody answers, so that every counter is known.
"""
import itertools
import os
import shutil
import time

from gateway import COMP, EDGE_INT, INET, PER, V4, Conn, Side, build_network, frames_of, must, step
from packets import TCP, UDP, echo, ip, tcp

# Where the reader of the documents sits, and what is in his PATH.
HOME = "/home/reader/lyncedge"
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The same in each run: the documents show them.
ports = itertools.count(40001)


def prepare():
    """A gateway without module and NAT, and a directory in which this tree has been built."""
    build_network()
    os.makedirs(HOME + "/tools")
    shutil.copy(shutil.which("lyncedgectl"), HOME + "/tools/lyncedgectl")
    shutil.copy(os.environ["LYNCEDGE_KO"], HOME + "/lyncedge.ko")
    shutil.copytree(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../contrib"), HOME + "/contrib")
    must(f"chown -R 1000:1000 {HOME}")


def send(*steps):
    """One after the other: each has arrived, or has had its time to, before the next."""
    for s in steps:
        for side in Side.sides:
            side.drain()
        for side, packet in frames_of(s):
            side.send(packet)
        until = time.monotonic() + 0.1
        while time.monotonic() < until and not s.to.drain():
            time.sleep(0.002)


def tcp_connection(c):
    send(c.up("S"), c.down("SA"), c.up("A"), c.up("PA", b"ask"), c.down("PA", b"answer"), c.up("A"))


def inbound(protocol, role, dport):
    return V4.inbound(protocol, role, dport, sport=next(ports))


def inside(dport):
    return Conn(TCP, COMP, V4.front_end, EDGE_INT, V4.edge("internal"), dport, next(ports))


def outbound(role, to, dport, sport):
    return Conn(UDP, PER, V4.edge(role), INET, to, dport, sport, client_seen=V4.public(role))


# ---- what people do -------------------------------------------------------------------------------------------------------

def sign_in():
    tcp_connection(inbound(TCP, "access", 443))
    tcp_connection(inside(5061))


def call():
    c = inbound(UDP, "av", 3478)
    send(c.up(), c.down(), c.up(), c.down())
    tcp_connection(inside(5062))


def conference():
    tcp_connection(inbound(TCP, "webconf", 443))
    tcp_connection(inside(8057))


def sign_in_refused():
    send(inbound(TCP, "access", 443).up("S"))


def conference_refused():
    send(inbound(TCP, "webconf", 443).up("S"), inside(8057).up("S"))


def share_desktop():
    send(inbound(TCP, "av", 443).up("S"), inside(443).up("S"))


def maintenance():
    tcp_connection(inside(3389))


def scan():
    for _ in range(2):
        send(V4.inbound(TCP, "access", 22, n=66, sport=next(ports)).up("S"))


def federated_call():
    send(outbound("av", "192.0.2.12", 3478, 3478).up())


def forgotten_call():
    """The Edge goes on with a call of which conntrack has forgotten."""
    send(outbound("av", V4.far(), 40000, 3478).up())


def provider_moved():
    send(step(INET, tcp("203.0.113.99", V4.public("access"), next(ports), 5061), PER))


def nonsense():
    send(inbound(TCP, "access", 443).up("SF"))


def ping():
    send(step(INET, echo(V4.far(), V4.public("access")), PER))


def cut_short():
    send(step(INET, ip(V4.far(), V4.public("access"), TCP, b"\0" * 8), PER))


def wait_for_log():
    """Until lyncedgectl log has its socket at the group."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with open("/proc/net/netfilter/nfnetlink_log", encoding="ascii") as f:
            if any(line.split()[0] == "5" for line in f):
                return
        time.sleep(0.05)


def scan_for_log():
    wait_for_log()
    scan()
