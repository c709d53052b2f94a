# SPDX-License-Identifier: GPL-2.0-only
"""A gateway with lyncedge on it, for the tests that run in a guest: the networks around it, the module's files, and checks that
send a packet and see where it arrives and what it counts as.

The guest's initial namespace is the gateway; the Internet, the Edge, the company and a network that lyncedge has no part in are
namespaces behind veth devices, with 1:1 NAT by nftables on the external side for IPv4 and plain routing for IPv6.
"""
import collections
import ctypes
import errno
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import time

from packets import ICMP6, UDP, icmp, is_v6, ports, tcp, udp

TREE = "/sys/kernel/lyncedge/"
LIBC = ctypes.CDLL(None, use_errno=True)

passed = failed = 0


def check(name, good, seen=""):
    global passed, failed
    if good:
        passed += 1
        print(f"ok - {name}")
    else:
        failed += 1
        print(f"not ok - {name}: {seen}")


def tally():
    """The last line of a test; its status."""
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def must(command, text=None):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, input=text, check=False)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout


# ---- the module -----------------------------------------------------------------------------------------------------------

def write(name, text):
    with open(TREE + name, "w", encoding="ascii") as f:
        f.write(text)


def counters(column=1):
    with open(TREE + "counters", encoding="ascii") as f:
        return {words[0]: int(words[column]) for words in map(str.split, f)}


def moved_since(before):
    return {k: v - before.get(k, 0) for k, v in counters().items() if v != before.get(k, 0)}


BASE = """interface external ext0
interface internal int0
edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge webconf 10.45.16.20 2001:db8:16::20 public 131.107.155.20
edge av 10.45.16.30 2001:db8:16::30 public 131.107.155.30
edge internal 172.25.33.10 2001:db8:33::10
peer front-end 192.168.10.0/24 2001:db8:10::/64
block 203.0.113.0/24 2001:db8:bad::/48
"""
FEATURES = "remote-access web-conferencing av federation"


def policy(*lines, features=FEATURES, base=BASE):
    """Puts a policy in force: the sample network, features, more lines."""
    text = base + (f"feature {features}\n" if features else "") + "".join(line + "\n" for line in lines) + "commit\n"
    try:
        write("policy", text)
    except OSError as e:
        with open(TREE + "error", encoding="ascii") as f:
            sys.exit(f"policy refused ({e}): {f.read()}\n{text}")


# ---- the network ----------------------------------------------------------------------------------------------------------

def enter(namespace):
    path = f"/run/netns/{namespace}" if namespace else "/proc/1/ns/net"
    fd = os.open(path, os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        sys.exit(f"setns {path}: {os.strerror(ctypes.get_errno())}")
    os.close(fd)


class Inside:
    """What is made in the block lives in that namespace: sockets stay where they were made."""

    def __init__(self, namespace):
        self.namespace = namespace

    def __enter__(self):
        enter(self.namespace)

    def __exit__(self, *_):
        enter(None)


class Side:
    """One end of a veth pair, outside the gateway: frames are sent and seen here."""

    sides = []

    def __init__(self, number, namespace, device, gateway_device):
        self.namespace, self.device, self.gateway_device = namespace, device, gateway_device
        self.gateway_mac = f"02:00:00:00:{number:02x}:01"
        self.mac = f"02:00:00:00:{number:02x}:02"
        self.socket = None
        Side.sides.append(self)

    def link_lines(self):
        return (f"link add {self.gateway_device} address {self.gateway_mac} type veth peer name {self.device} "
                f"address {self.mac} netns {self.namespace}\nlink set {self.gateway_device} up\n")

    def open(self):
        with Inside(self.namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.socket.bind((self.device, 3))
        self.socket.setblocking(False)

    def send(self, packet, vlan=None, mac=None):
        kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
        if vlan:
            kind = b"\x81\x00" + struct.pack("!H", vlan) + kind
        self.socket.send(bytes.fromhex(((mac or self.gateway_mac) + self.mac).replace(":", "")) + kind + packet)

    def drain(self):
        """Packets that have arrived, but for what neighbours have to say to each other."""
        got = []
        while True:
            try:
                frame, address = self.socket.recvfrom(65536)
            except BlockingIOError:
                return got
            except OSError as e:
                # The device went down or away.
                if e.errno != errno.ENETDOWN:
                    raise
                return got
            if address[2] == 4 or address[1] not in (0x800, 0x86dd):
                continue
            seen = Seen(self, frame[14:])
            if not seen.is_chatter():
                got.append(seen)


INET = Side(1, "inet", "eth0", "ext0")
PER = Side(2, "edge", "eth0", "per0")
EDGE_INT = Side(3, "edge", "eth1", "per1")
COMP = Side(4, "comp", "eth0", "int0")
OTH = Side(5, "oth", "eth0", "oth0")
# Not named by any policy but those that are about devices.
SPARE = Side(6, "inet", "eth1", "spare0")

# Addresses that no namespace has: what is sent from and to them is seen on the wire and answered by nobody.
MUTE4 = "192.0.2.0/24, 203.0.113.0/24, 192.168.10.128/25, 192.168.77.0/24, 10.45.16.128/25"
MUTE6 = "2001:db8:99::/48, 2001:db8:bad::/48, 2001:db8:10::8000/113, 2001:db8:77::/48, 2001:db8:16::8000/113"

NAT = """table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		dnat to ip daddr map { 131.107.155.10 : 10.45.16.10, 131.107.155.20 : 10.45.16.20, 131.107.155.30 : 10.45.16.30 }
	}
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname "ext0" snat to ip saddr map {
			10.45.16.10 : 131.107.155.10, 10.45.16.20 : 131.107.155.20, 10.45.16.30 : 131.107.155.30
		}
	}
}
"""


def build_network():
    for setting in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding"):
        set_sysctl(setting, 1)
    for setting in ("net/ipv6/conf/default/accept_dad", "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter",
                    "net/ipv4/icmp_ratelimit", "net/ipv6/icmp/ratelimit", "net/ipv4/conf/all/send_redirects",
                    "net/ipv4/conf/default/send_redirects"):
        set_sysctl(setting, 0)
    for name in ("inet", "edge", "comp", "oth"):
        must(f"ip netns add {name}")
        with Inside(name):
            set_sysctl("net/ipv6/conf/default/accept_dad", 0)
            set_sysctl("net/ipv6/conf/default/router_solicitations", 0)
            # Handed down from the gateway; what a host has no address for it must not send back.
            set_sysctl("net/ipv4/ip_forward", 0)
    lines = "".join(side.link_lines() for side in Side.sides)
    for device, addresses in (("ext0", "198.51.100.1/24 2001:db8:51::1/64"), ("per0", "10.45.16.1/24 2001:db8:16::1/64"),
                              ("per1", "172.25.33.1/24 2001:db8:33::1/64"), ("int0", "192.168.9.1/24 2001:db8:9::1/64"),
                              ("oth0", "192.168.78.1/24 2001:db8:78::1/64")):
        lines += "".join(f"addr add {a} dev {device}\n" for a in addresses.split())
    for side, addresses in ((INET, "198.51.100.2 2001:db8:51::2"),
                            (PER, "10.45.16.10 10.45.16.20 10.45.16.30 2001:db8:16::10 2001:db8:16::20 2001:db8:16::30"),
                            (EDGE_INT, "172.25.33.10 2001:db8:33::10"), (COMP, "192.168.9.2 2001:db8:9::2"),
                            (OTH, "192.168.78.2 2001:db8:78::2")):
        lines += "".join(f"neigh replace {a} lladdr {side.mac} dev {side.gateway_device} nud permanent\n"
                         for a in addresses.split())
    lines += """route add default via 198.51.100.2
route add default via 2001:db8:51::2
route add 192.168.10.0/24 via 192.168.9.2
route add 2001:db8:10::/64 via 2001:db8:9::2
route add 192.168.77.0/24 via 192.168.78.2
route add 2001:db8:77::/48 via 2001:db8:78::2
"""
    must("ip -batch -", lines)
    must("ip -n inet -batch -", """link set eth0 up
link set eth1 up
addr add 198.51.100.2/24 dev eth0
addr add 2001:db8:51::2/64 dev eth0
route add default via 198.51.100.1
route add default via 2001:db8:51::1
""")
    must("ip -n edge -batch -", """link set eth0 up
link set eth1 up
addr add 10.45.16.10/24 dev eth0
addr add 10.45.16.20/24 dev eth0
addr add 10.45.16.30/24 dev eth0
addr add 2001:db8:16::10/64 dev eth0
addr add 2001:db8:16::20/64 dev eth0
addr add 2001:db8:16::30/64 dev eth0
addr add 172.25.33.10/24 dev eth1
addr add 2001:db8:33::10/64 dev eth1
route add default via 10.45.16.1
route add default via 2001:db8:16::1
route add 192.168.10.0/24 via 172.25.33.1
route add 2001:db8:10::/64 via 2001:db8:33::1
""")
    must("ip -n comp -batch -", "link set eth0 up\naddr add 192.168.9.2/24 dev eth0\n"
         "addr add 2001:db8:9::2/64 dev eth0\n")
    must("ip -n oth -batch -", "link set eth0 up\naddr add 192.168.78.2/24 dev eth0\n")
    must("ip netns exec edge nft -f -", f"""table inet mute {{
	chain prerouting {{
		type filter hook prerouting priority -450;
		ip saddr {{ {MUTE4} }} drop
		ip6 saddr {{ {MUTE6} }} drop
	}}
}}
""")
    for side in Side.sides:
        side.open()


def demolish_network():
    # A device is gone when the command returns, what a namespace takes with it some time later.
    for side in Side.sides:
        must(f"ip link del {side.gateway_device}")
    for name in ("inet", "edge", "comp", "oth"):
        must(f"ip netns del {name}")


def set_sysctl(name, value):
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as f:
        f.write(str(value))


def nat(on):
    must("nft -f -", NAT if on else "delete table ip nat\n")


# ---- checks -------------------------------------------------------------------------------------------------------------

class Seen:
    """A packet that arrived."""

    def __init__(self, side, packet):
        self.side, self.packet = side, packet
        self.protocol = packet[6] if packet[0] >> 4 == 6 else packet[9]
        if packet[0] >> 4 == 6:
            self.src, self.dst = (str(ipaddress.ip_address(packet[i:i + 16])) for i in (8, 24))
            self.body = packet[40:]
        else:
            self.src, self.dst = (str(ipaddress.ip_address(packet[i:i + 4])) for i in (12, 16))
            self.body = packet[(packet[0] & 15) * 4:]

    def is_chatter(self):
        # Neighbour and multicast listener discovery; the latter comes behind a hop-by-hop header.
        if self.packet[0] >> 4 != 6:
            return self.dst.startswith("224.")
        return self.dst.startswith("ff") or (self.protocol == ICMP6 and self.src.startswith("fe80")) or (
            self.protocol == ICMP6 and self.body[0] in range(133, 138) and self.packet[7] == 255)

    def place(self):
        return (self.side.gateway_device, self.src, self.dst)


def addresses_of(packet):
    seen = Seen(None, packet)
    return seen.src, seen.dst


Step = collections.namedtuple("Step", "side packet to src dst")


def step(side, packet, to, src=None, dst=None):
    """A packet sent at a side, and where and as what it arrives if it passes."""
    own = addresses_of(packet if isinstance(packet, bytes) else packet[0])
    return Step(side, packet, to, src or own[0], dst or own[1])


arrived = []


def observe(name, frames, counts, places, vlan=None, mac=None):
    """Sends frames [(side, packet)] and compares what moved and what arrived with what should."""
    want_counts, want_places = dict(collections.Counter(counts)), sorted(set(places))
    for side in Side.sides:
        side.drain()
    before = counters()
    for side, packet in frames:
        side.send(packet, vlan, mac)
    arrived.clear()
    deadline = time.monotonic() + 1
    while True:
        got_counts = moved_since(before)
        for side in Side.sides:
            arrived.extend(side.drain())
        got_places = sorted({a.place() for a in arrived})
        good = (got_counts, got_places) == (want_counts, want_places)
        if time.monotonic() > deadline or (good and (want_counts or want_places)):
            break
        # What is to have no effect at all is given some time to have one.
        if good and time.monotonic() > deadline - 0.9:
            break
        time.sleep(0.005)
    check(name, good, f"expected {want_counts} arriving {want_places}, got {got_counts} arriving {got_places}")
    return good


def frames_of(s):
    return [(s.side, p) for p in ([s.packet] if isinstance(s.packet, bytes) else s.packet)]


def passes(name, s, *counts, vlan=None):
    says = " ".join(counts) or "uncounted"
    return observe(f"{name}: passes, {says}", frames_of(s), counts, [(s.to.gateway_device, s.src, s.dst)], vlan)


def drops(name, s, *counts, vlan=None, mac=None, answers=()):
    says = " ".join(counts) or "uncounted"
    return observe(f"{name}: dropped, {says}", frames_of(s), counts, answers, vlan, mac)


class Conn:
    """A connection or exchange from a client to a server, with the addresses that NAT shows to the other."""

    def __init__(self, protocol, client_side, client, server_side, server, dport, sport=None, server_seen=None,
                 client_seen=None):
        self.protocol, self.client_side, self.client = protocol, client_side, client
        self.server_side, self.server, self.dport = server_side, server, dport
        self.sport = next(ports) if sport is None else sport
        self.server_seen, self.client_seen = server_seen or server, client_seen or client
        self.client_seq, self.server_seq = 1000, 5000

    def make(self, src, dst, sport, dport, flags, seq, ack, data):
        if self.protocol == UDP:
            return udp(src, dst, sport, dport, data or b"payload")
        return tcp(src, dst, sport, dport, flags, seq, ack if "A" in flags else 0, data)

    def up(self, flags="", data=b"", seq=None):
        """From client to server."""
        packet = self.make(self.client, self.server_seen, self.sport, self.dport, flags,
                           self.client_seq if seq is None else seq, self.server_seq, data)
        if seq is None:
            self.client_seq += ("S" in flags) + len(data)
        return step(self.client_side, packet, self.server_side, self.client_seen, self.server)

    def down(self, flags="", data=b"", seq=None):
        packet = self.make(self.server, self.client_seen, self.dport, self.sport, flags,
                           self.server_seq if seq is None else seq, self.client_seq, data)
        if seq is None:
            self.server_seq += ("S" in flags) + len(data)
        return step(self.server_side, packet, self.client_side, self.server_seen, self.client)

    def error_up(self, source=None, kind=3, code=3, word=0):
        """An ICMP error from the client's side about what the server sent."""
        quoted = self.make(self.server_seen, self.client, self.dport, self.sport, "A", 1, 1, b"")
        source = source or self.client
        packet = icmp(source, self.server_seen, kind, code, word, quoted[:68])
        return step(self.client_side, packet, self.server_side,
                    source if self.client == self.client_seen else self.client_seen, self.server)

    def error_down(self, source=None, kind=3, code=3, word=0):
        quoted = self.make(self.client_seen, self.server, self.sport, self.dport, "A", 1, 1, b"")
        source = source or self.server
        packet = icmp(source, self.client_seen, kind, code, word, quoted[:68])
        return step(self.server_side, packet, self.client_side,
                    source if self.server == self.server_seen else self.server_seen, self.client)


class Family:
    """Names for addresses, so that most checks are said once for both families."""

    def __init__(self, version):
        self.v6 = version == 6
        self.name = f"IPv{version}"

    def far(self, n=7):
        return f"2001:db8:99::{n:x}" if self.v6 else f"192.0.2.{n}"

    def edge(self, role):
        last = {"access": "10", "webconf": "20", "av": "30"}
        if role == "internal":
            return "2001:db8:33::10" if self.v6 else "172.25.33.10"
        return ("2001:db8:16::" if self.v6 else "10.45.16.") + last[role]

    def public(self, role):
        """As the Internet knows it."""
        return self.edge(role) if self.v6 else self.edge(role).replace("10.45.16.", "131.107.155.")

    blocked = property(lambda self: "2001:db8:bad::5" if self.v6 else "203.0.113.5")
    front_end = property(lambda self: "2001:db8:10::8005" if self.v6 else "192.168.10.200")
    company = property(lambda self: "2001:db8:10::8006" if self.v6 else "192.168.10.201")
    elsewhere = property(lambda self: "2001:db8:77::5" if self.v6 else "192.168.77.5")
    perimeter_router = property(lambda self: "2001:db8:16::8001" if self.v6 else "10.45.16.200")
    gateway_ext = property(lambda self: "2001:db8:51::1" if self.v6 else "198.51.100.1")
    host_ext = property(lambda self: "2001:db8:51::2" if self.v6 else "198.51.100.2")

    def inbound(self, protocol, role, dport, n=7, nat_on=True, sport=None):
        return Conn(protocol, INET, self.far(n), PER, self.edge(role), dport, sport,
                    server_seen=self.public(role) if nat_on else None)

    def outbound(self, protocol, role, dport, n=7, nat_on=True, sport=None):
        return Conn(protocol, PER, self.edge(role), INET, self.far(n), dport, sport,
                    client_seen=self.public(role) if nat_on else None)


V4, V6 = Family(4), Family(6)
BOTH = (V4, V6)


def errors_of(f):
    if f.v6:
        return (("unreachable", 1, 4, 0), ("packet too big", 2, 0, 1400), ("time exceeded", 3, 0, 0),
                ("parameter problem", 4, 1, 40))
    return (("unreachable", 3, 3, 0), ("fragmentation needed", 3, 4, 1400), ("time exceeded", 11, 0, 0),
            ("parameter problem", 12, 0, 0))


# ---- real connections -----------------------------------------------------------------------------------------------------

def listener(namespace, address, port):
    with Inside(namespace):
        s = socket.socket(socket.AF_INET6 if is_v6(address) else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen()
    s.settimeout(2)
    return s


def connect(namespace, own, to, timeout=2):
    with Inside(namespace):
        s = socket.socket(socket.AF_INET6 if is_v6(to[0]) else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(timeout)
    if own:
        s.bind(own)
    try:
        s.connect(to)
    except OSError:
        s.close()
        return None
    return s


def converse(server, client, size=20000):
    if not client:
        server.close()
        return False
    s, _ = server.accept()
    s.settimeout(2)
    with server, client, s:
        try:
            client.sendall(b"c" * size)
            s.sendall(b"s" * size)
            return receive(s, size) == b"c" * size and receive(client, size) == b"s" * size
        except OSError:
            return False


def receive(s, size):
    data = b""
    while len(data) < size:
        piece = s.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


# ---- the test as a whole --------------------------------------------------------------------------------------------------

def run_parts(parts, words=None, with_nat=True):
    """Loads the module, and runs all parts, or those that words (the command line) name, or all but those left out: -NAME."""
    words = sys.argv[1:] if words is None else words
    started = time.monotonic()
    must(f"insmod {os.environ['LYNCEDGE_KO']}")
    build_network()
    if with_nat:
        nat(True)
    policy()
    write("mode", "enforce")
    left_out = [a[1:] for a in words if a.startswith("-")]
    asked = [a for a in words if not a.startswith("-")]
    unknown = set(left_out + asked) - {part.__name__ for part in parts} - {"none"}
    if unknown:
        sys.exit(f"no such part: {' '.join(sorted(unknown))} (there are: {' '.join(part.__name__ for part in parts)})")
    for part in parts:
        if part.__name__ not in left_out and (not asked or part.__name__ in asked):
            begun = time.monotonic()
            part()
            print(f"# {part.__name__}: {time.monotonic() - begun:.1f} s")
    write("mode", "off")
    must("rmmod lyncedge")
    print(f"# {time.monotonic() - started:.1f} s")
