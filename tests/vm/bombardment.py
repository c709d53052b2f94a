# SPDX-License-Identifier: GPL-2.0-only
"""Packets by the million (mutated.py) through a gateway with lyncedge on it, and each verdict held against an independent reading
(reading.py).

The gateway logs every packet that FORWARD sees to one NFLOG group, in one numbered stream: just before lyncedge's hook, with
what conntrack says of it; by lyncedge itself if it is dropped, with the reason; and just behind its hook if not. So the reading
is given the very bytes that lyncedge saw, after reassembly and NAT. At the end of each policy the counters have to be the sums of
what the reading expected, packets and bytes, each row and each reason.
"""
import collections
import functools
import ipaddress
import os
import socket
import time

from gateway import Inside, TREE, check, counters, must, set_sysctl, write
from mutated import Maker, UNTRACKED, UNTRACKED_EARLY
from nflog import Nflog
from packets import udp
from reading import Reading

GROUP = 5
FORWARD = 2    # NF_INET_FORWARD
SHOWN = 10    # disagreements that are shown
ENOUGH = 32000    # packets, for everything to occur
BATCH = 64    # fits many times into the queue between two devices
MEMORY = 20000    # packets after which conntrack is made to forget, before there are too many for a small machine
NEXT_HOP = {4: "169.254.0.1", 6: "fe80::1"}
GATEWAY_MAC, FAR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"

# The gateway's devices, and what is beyond them. No host is: whatever arrives there is seen by nobody, and answered by nobody.
DEVICES = {
    "ext0": "0.0.0.0/0 ::/0",
    "ext1": "198.51.100.128/25 2001:db8:51:8000::/49",
    "int0": "192.168.0.0/18 2001:db8:10::/48",
    "per0": "10.45.16.0/24 2001:db8:16::/48",
    "per1": "172.25.33.0/24 2001:db8:33::/48",
    "oth0": "192.168.200.0/24 2001:db8:77::/48",
}
NAMES = list(DEVICES)
NETWORKS = sorted(((ipaddress.ip_network(text), number) for number, name in enumerate(NAMES) for text in DEVICES[name].split()),
                  key=lambda pair: -pair[0].prefixlen)
PUBLICS = {"10.45.16.10": "131.107.155.10", "10.45.16.20": "131.107.155.20", "10.45.16.30": "131.107.155.30"}

RULES = """table inet watch {
	chain untracked {
		type filter hook prerouting priority raw;
		ip ttl %(untracked)d notrack
		ip6 hoplimit %(untracked)d notrack
	}
	chain untracked-early {
		type filter hook prerouting priority -450;
		ip ttl %(early)d notrack
		ip6 hoplimit %(early)d notrack
	}
	chain before {
		type filter hook forward priority -2;
		iifname "oth0" ip daddr 192.168.200.9 udp dport 9 log prefix "mark" group %(group)d queue-threshold 1 drop
		%(views)s
	}
	chain behind {
		type filter hook forward priority 0;
		log prefix "passed" group %(group)d queue-threshold 64
	}
}
"""
# What conntrack says; only where it is asked, since a rule that asks brings it in.
VIEWS = [("ct state invalid", "invalid"), ("ct state untracked", "untracked"),
         ("ct state related ct direction reply", "related-reply"), ("ct state related", "related"),
         ("ct direction reply", "reply"), ("", "original")]
NAT = """table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		dnat to ip daddr map { %s }
	}
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname { "ext0", "ext1" } snat to ip saddr map { %s }
	}
}
""" % (", ".join(f"{public} : {own}" for own, public in PUBLICS.items()),
       ", ".join(f"{own} : {public}" for own, public in PUBLICS.items()))

EDGES = """interface external ext0 ext1
interface internal int0
edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge webconf 10.45.16.20 2001:db8:16::20 public 131.107.155.20
edge av 10.45.16.30 2001:db8:16::30 public 131.107.155.30
edge internal 172.25.33.10 172.25.33.11 2001:db8:33::10
peer pic-partner 65.54.0.0/24 2001:db8:65::/64
block 203.0.113.0/24 2001:db8:bad::/48
option log-group 5
"""
BASE = EDGES + """feature crl dns remote-access federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools
feature pic pic-av xmpp cms-replication central-logging
"""
GROUPS = """peer client 192.0.2.0/26 2001:db8:99:1::/64
peer federation-partner 192.0.2.64/26 198.51.100.192/26 2001:db8:99:2::/64 2001:db8:51:8001::/64
peer media-partner 192.0.2.128/27 198.51.100.128/28 2001:db8:99:3::/64
peer messenger-client 65.55.0.0/16 2001:db8:66::/48
peer xmpp-partner 192.0.2.160/32 2001:db8:99:4::7
peer crl-server 192.0.2.176/28 2001:db8:99:5::/64
peer dns-server 9.9.9.9 2001:db8:99:6::53
peer front-end 192.168.10.0/24 2001:db8:10::/64
peer branch 192.168.11.0/25 2001:db8:10:1::/64
peer xmpp-gateway 192.168.12.7 2001:db8:10:2::7
peer cms 192.168.13.0/30 2001:db8:10:3::/126
peer logging-controller 192.168.14.1 2001:db8:10:4::1
allow web external in tcp 8443-8450 from any to access
allow media external in udp 20000-20100 from 192.0.2.0/24 to av
allow media6 external in udp 20000-20100 from 2001:db8:99::/48 to av
allow ntp external out udp 123 from internal to any
allow across internal out udp 1-65535 from federation-partner to front-end
"""
COMPANY = "peer front-end 192.168.10.0/24 2001:db8:10::/64\npeer logging-controller 192.168.14.0/24\n"
# One address for all of the external side, and a pool.
SHARED = """interface external ext0
interface internal int0 ext1
edge access 10.45.16.10 10.45.16.11 2001:db8:16::10
edge webconf 10.45.16.10 10.45.16.11 2001:db8:16::10
edge av 10.45.16.10 10.45.16.11 2001:db8:16::10
edge internal 172.25.33.10 172.25.33.11 172.25.33.12 2001:db8:33::10
feature remote-access federation web-conferencing av av-federation av-federation-ocs2007
block 192.0.2.0/30 172.25.33.0/29
option log-group 5
port ext-06 5062
port rtp 40000-40099
port ext-12 59999-60000
"""



def without(text, *statements):
    return "".join(line for line in text.splitlines(True) if not line.startswith(statements))


# Name, policy, whether there is NAT, mode.
Turn = collections.namedtuple("Turn", "name text nat mode")
TURNS = [
    Turn("conntrack", BASE, False, "enforce"),
    Turn("stateless", BASE + "option established stateless\noption icmp-echo allow\n", False, "enforce"),
    Turn("conntrack, all groups, site rows, echo", BASE + GROUPS + "option icmp-echo allow\n", False, "enforce"),
    Turn("stateless, all groups, site rows, strict ports, scope address", BASE + GROUPS +
         "option established stateless\noption ports strict\noption scope address\n", False, "enforce"),
    Turn("conntrack, NAT, echo", BASE + COMPANY + "option icmp-echo allow\n", True, "enforce"),
    Turn("conntrack, NAT, all groups, scope address, media by source", BASE + GROUPS +
         "option scope address\noption rtp-outbound source\noption icmp-echo allow\n", True, "enforce"),
    Turn("conntrack, reject, media by destination, strict ports", BASE + COMPANY +
         "option unmatched reject\noption rtp-outbound destination\noption ports strict\n", False, "enforce"),
    Turn("stateless, reject, media by source", BASE + GROUPS +
         "option established stateless\noption unmatched reject\noption rtp-outbound source\n", False, "enforce"),
    Turn("conntrack, one address, a pool, moved ports", SHARED, False, "enforce"),
    Turn("stateless, one address, a pool, moved ports", SHARED +
         "option established stateless\noption rtp-outbound destination\n", False, "enforce"),
    Turn("conntrack, public IM alone", EDGES + GROUPS + "feature pic pic-av\n", True, "enforce"),
    # Without a log, and without a block list, lyncedge refuses by a shorter way; the counters alone say why.
    Turn("conntrack, no log", without(BASE, "option log-group"), False, "enforce"),
    Turn("conntrack, no log, no block list", without(BASE + GROUPS, "option log-group", "block"), False, "enforce"),
    Turn("stateless, no log, no block list", without(BASE, "option log-group", "block") + "option established stateless\n", False,
         "enforce"),
    Turn("monitor, conntrack, all groups", BASE + GROUPS + "option icmp-echo allow\n", False, "monitor"),
    Turn("monitor, stateless", BASE + COMPANY + "option established stateless\n", False, "monitor"),
]
# They repeat other rows word for word.
SHADOWED = {"fed-01", "xmpp-01", "xmpp-03"}
REASONS = {"no-row", "malformed", "fragment", "blocked", "protocol", "invalid"}


# ---- the network ----------------------------------------------------------------------------------------------------------

def towards(address):
    """The number of the device that leads to an address."""
    address = ipaddress.ip_address(address)
    return next(number for network, number in NETWORKS if address.version == network.version and address in network)


def build():
    for setting in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding"):
        set_sysctl(setting, 1)
    for setting in ("net/ipv6/conf/default/accept_dad", "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/rp_filter",
                    "net/ipv4/conf/all/send_redirects", "net/ipv4/conf/default/send_redirects"):
        set_sysctl(setting, 0)
    must("ip netns add far")
    with Inside("far"):
        set_sysctl("net/ipv6/conf/all/disable_ipv6", 1)
        set_sysctl("net/ipv6/conf/default/disable_ipv6", 1)
        set_sysctl("net/ipv4/ip_forward", 0)
    lines = "".join(f"link add {name} address {GATEWAY_MAC} type veth peer name {name} address {FAR_MAC} netns far\n"
                    f"link set {name} up\n" for name in NAMES)
    for name in NAMES:
        for version, hop in NEXT_HOP.items():
            lines += f"neigh replace {hop} lladdr {FAR_MAC} dev {name} nud permanent\n"
    must("ip -batch -", lines)
    must("ip -n far -batch -", "".join(f"link set {name} up\n" for name in NAMES))
    for version, hop in NEXT_HOP.items():
        must(f"ip -{version} -batch -", "".join(f"route add {network} via {hop} dev {NAMES[number]} onlink\n"
                                                for network, number in NETWORKS if network.version == version))


def demolish():
    must("ip -batch -", "".join(f"link del {name}\n" for name in NAMES))
    must("ip netns del far")


def open_far_ends():
    sockets = []
    with Inside("far"):
        for name in NAMES:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.bind((name, 0))
            sockets.append(s)
    return sockets


def watch(stateless):
    views = [('log prefix "before none"', "")] if stateless else [(f'log prefix "before {view}"', on) for on, view in VIEWS]
    rules = "".join(f"{on} {log} group {GROUP} queue-threshold 64 accept\n\t\t" for log, on in views)
    must("nft -f -", RULES % {"untracked": UNTRACKED, "early": UNTRACKED_EARLY, "group": GROUP, "views": rules})


# ---- what becomes of packets ----------------------------------------------------------------------------------------------

class Observer:
    """Follows the log, packet by packet, and compares."""

    def __init__(self, reading, monitor, wrong):
        self.reading, self.monitor, self.wrong = reading, monitor, wrong
        self.names = {socket.if_nametoindex(name): name for name in NAMES}
        self.pending = self.reason = None
        self.marked = False
        # What is dropped is then known by its not being passed.
        self.silent = reading.policy.log_group is None
        self.seen = 0
        self.verdicts = collections.Counter()
        self.packets, self.bytes = collections.Counter(), collections.Counter()
        # Conversations are had again and again.
        self.judge = functools.lru_cache(maxsize=30000)(reading.judge)

    def take(self, logged):
        if self.silent and self.pending and (logged.prefix == "mark" or logged.prefix.startswith("before ")):
            self.compare("dropped", False)
        if logged.prefix == "mark":
            self.marked = True
        elif logged.hook != FORWARD:
            self.complain("is logged elsewhere than in FORWARD", logged)
        elif logged.prefix.startswith("before "):
            if self.pending:
                self.complain("has no verdict", self.pending)
            self.pending, self.reason = logged, None
        elif not self.pending or logged.packet != self.pending.packet:
            self.complain(f"comes from nowhere, {logged.prefix}", logged)
        elif logged.prefix == "passed":
            self.compare(None if not self.monitor else self.reason, True)
        elif logged.prefix.startswith("lyncedge:") and not self.reason:
            self.reason = logged.prefix[9:]
            if not self.monitor:
                self.compare(self.reason, False)
        else:
            self.complain(f"is logged as '{logged.prefix}' as well", logged)

    def compare(self, drop, passed):
        packet, self.pending = self.pending, None
        self.seen += 1
        entered, left = self.names.get(packet.entered, "?"), self.names.get(packet.left, "?")
        outcome = self.judge(packet.family, packet.packet, entered, left, packet.prefix[7:])
        for name in outcome.counts:
            self.packets[name] += 1
            self.bytes[name] += len(packet.packet)
        self.verdicts[outcome.drop or ("accepted" if outcome.counts else "unjudged")] += 1
        if outcome.drop != drop and not (self.silent and outcome.drop and drop):
            self.complain(f"is {drop or 'accepted'}, and should be {outcome.drop or 'accepted'} {outcome.counts}", packet)

    def complain(self, what, logged):
        self.wrong.append(f"{what}: IPv{logged.family}, {self.names.get(logged.entered)} to {self.names.get(logged.left)}, "
                          f"{logged.prefix}: {logged.packet.hex()}")


class Bombardment:
    def __init__(self, seed, total):
        self.seed, self.total = seed, total
        self.log = Nflog(GROUP, 64 << 20)
        self.far = open_far_ends()
        self.sent = 0
        self.verdicts, self.rows = collections.Counter(), collections.Counter()
        self.started = time.monotonic()
        self.header = {version: bytes.fromhex((GATEWAY_MAC + FAR_MAC).replace(":", "")) + kind
                       for version, kind in ((4, b"\x08\x00"), (6, b"\x86\xdd"))}

    def frame(self, packet):
        return self.header[6 if packet[0] >> 4 == 6 else 4] + packet

    def settle(self, observer):
        """Everything that was sent has been judged, once what was sent last has come through."""
        for _ in range(20):
            self.far[NAMES.index("oth0")].send(self.frame(udp("192.168.200.8", "192.168.200.9", 9, 9)))
            deadline = time.monotonic() + 1
            while not observer.marked and time.monotonic() < deadline:
                for logged in self.log.poll():
                    observer.take(logged)
            if observer.marked:
                return
        observer.wrong.append("the end of the packets did not come through")

    def turn(self, number, turn, count):
        reading, wrong = Reading(turn.text + "commit\n"), []
        write("policy", turn.text + "commit\n")
        write("mode", turn.mode)
        # What never becomes whole is soon forgotten, or there is no room for what does.
        for setting in ("net/ipv4/ipfrag_time", "net/netfilter/nf_conntrack_frag6_timeout"):
            set_sysctl(setting, 5)
        watch(reading.stateless)
        if turn.nat:
            must("nft -f -", NAT)
        write("reset", "1")
        observer = Observer(reading, turn.mode == "monitor", wrong)
        devices = {interface: [NAMES.index(name) for name in names] for interface, names in reading.policy.interfaces.items()}
        near = {"external": NAMES.index("per0"), "internal": NAMES.index("per1")}
        publics = PUBLICS if turn.nat else {}
        packets = Maker(f"{self.seed}/{number}", reading.policy, devices, near, towards, publics).packets()
        for i in range(count):
            device, packet = next(packets)
            self.far[device].send(self.frame(packet))
            if i % BATCH == 0:
                for logged in self.log.poll():
                    observer.take(logged)
            if i % MEMORY == MEMORY - 1:
                forget()
        self.settle(observer)
        self.sent += count
        if observer.pending:
            observer.complain("has no verdict", observer.pending)
        self.verdicts.update(observer.verdicts)
        self.rows.update(observer.packets)
        for line in wrong[:SHOWN]:
            print(f"#   a packet {line}")
        check(f"hostile: {turn.name}: no packet is judged otherwise than by the reading, {observer.seen} of {count} seen",
              not wrong and observer.seen > count // 4, f"{len(wrong)} are, {observer.seen} seen")
        for what, column, want in (("packets", 1, observer.packets), ("bytes", 2, observer.bytes)):
            got = {name: value for name, value in counters(column).items() if value}
            check(f"hostile: {turn.name}: all counters, in {what}", got == dict(want),
                  {name: (got.get(name, 0), want[name]) for name in set(got) | set(want) if got.get(name, 0) != want[name]})
        must("nft flush ruleset")
        forget()
        print(f"# {turn.name}: {dict(observer.verdicts)}, {time.monotonic() - self.started:.0f} s", flush=True)

    def run(self):
        write("reset", "1")
        share = -(-self.total // len(TURNS))
        for number, turn in enumerate(TURNS):
            self.turn(number, turn, min(share, self.total - self.sent))
        if self.total >= ENOUGH:
            rows = [name for name in os.listdir(TREE + "rows") if name not in SHADOWED]
            missing = sorted(REASONS - set(self.verdicts)) + sorted(set(rows) - set(self.rows))
            check("hostile: every reason and every row has occurred", not missing, f"missing: {missing}")
        seen = sum(self.verdicts.values())
        print(f"# figures: hostile: {self.sent} packets sent, {seen} seen by lyncedge, " +
              ", ".join(f"{name} {n}" for name, n in self.verdicts.most_common()) +
              f", {time.monotonic() - self.started:.0f} s, seed {self.seed}")


def forget():
    must("conntrack -F")


def prepare_conntrack():
    must("modprobe nf_conntrack 2>/dev/null || :")
    # Room for all connections of a turn.
    with open("/sys/module/nf_conntrack/parameters/hashsize", "w", encoding="ascii") as f:
        f.write("65536")
    set_sysctl("net/netfilter/nf_conntrack_max", 400000)


def bombard(seed, total):
    # On one processor, packets stay in order, and the log with them.
    os.sched_setaffinity(0, {0})
    must(f"insmod {os.environ['LYNCEDGE_KO']}")
    build()
    prepare_conntrack()
    Bombardment(seed, total).run()
    write("mode", "off")
    must("rmmod lyncedge")
    demolish()
