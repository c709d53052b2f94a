#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl nat: nft takes what it prints, twice in a row; what cannot be paired is told; and real packets go where the
policy says, both ways, in networks of namespaces."""

import os
import subprocess
import sys

import tooltest
from tooltest import OPEN, SAMPLE, Result, ToolTest

POOL = """interface external ext0
edge access 10.45.16.10 10.45.16.11 public 131.107.155.10 131.107.155.11
edge av 10.45.16.30 2001:db8:16::30 public 131.107.155.30 2001:db8:77::30
feature remote-access
commit
"""

# The Internet, a gateway with NAT, a network with two Edge servers. A server answers with who asked and who it is.
NETWORK = r"""
mount -t tmpfs none /run; mkdir -p /run/netns
for n in inet gw edge1 edge2; do ip netns add $n; ip -n $n link set lo up; done
ip -n gw link add br0 type bridge; ip -n gw link set br0 up
ip -n gw link add ext0 type veth peer name eth0 netns inet
ip -n gw link add e1 type veth peer name eth0 netns edge1
ip -n gw link add e2 type veth peer name eth0 netns edge2
ip -n gw link set e1 master br0 up; ip -n gw link set e2 master br0 up; ip -n gw link set ext0 up
for n in inet edge1 edge2; do ip -n $n link set eth0 up; done
ip -n gw addr add 198.51.100.1/24 dev ext0; ip -n gw addr add 2001:db8:51::1/64 dev ext0 nodad
ip -n gw addr add 10.45.16.1/24 dev br0; ip -n gw addr add 2001:db8:16::1/64 dev br0 nodad
ip -n inet addr add 198.51.100.7/24 dev eth0; ip -n inet addr add 2001:db8:51::7/64 dev eth0 nodad
ip -n inet route add 131.107.155.0/24 via 198.51.100.1; ip -n inet route add 2001:db8:77::/64 via 2001:db8:51::1
ip -n edge1 addr add 10.45.16.10/24 dev eth0; ip -n edge1 addr add 10.45.16.30/24 dev eth0
ip -n edge1 addr add 2001:db8:16::30/64 dev eth0 nodad
ip -n edge2 addr add 10.45.16.11/24 dev eth0
ip -n edge1 route add default via 10.45.16.1; ip -n edge2 route add default via 10.45.16.1
ip -n edge1 route add default via 2001:db8:16::1
ip netns exec gw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip netns exec gw nft -f x.nft
# A device without carrier keeps its addresses tentative, nodad or not, and the kernel looks at carriers once a second.
for n in inet gw edge1 edge2; do
	tries=0
	while ip -n $n -6 -o addr show tentative | grep -q .; do
		tries=$((tries + 1)); [ $tries -lt 200 ] || { ip -n $n -6 addr; exit 1; } >&2
		sleep 0.1
	done
done
"""

# ask.py SERVER_NAMESPACE ADDRESS... : a server at these addresses; CLIENT_NAMESPACE FROM TO asks, prints who it is seen as.
ASK = r"""
import ctypes, os, socket, sys, threading

def enter(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    assert not ctypes.CDLL(None).setns(fd, 0x40000000)
    os.close(fd)

def make(namespace, address):
    enter(namespace)
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)

server, at, client, own, to = sys.argv[1:]
s = make(server, at)
s.bind((at, 3478))
c = make(client, own)
c.bind((own, 40000))
s.settimeout(4)
c.settimeout(4)
try:
    c.sendto(b"?", (to, 3478))
    _, who = s.recvfrom(9)
    s.sendto(b"!", who)
    print(who[0], c.recvfrom(9)[1][0])
except (TimeoutError, OSError) as e:
    print(type(e).__name__)
"""


class Nat(ToolTest):
    def nat(self, policy, *options, wants=0):
        return self.run_tool("nat", *options, "--policy", self.write("nat.policy", policy), wants=wants)

    def run_apart(self, script):
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        process = subprocess.run([*as_root, "unshare", "-n", "-m", "sh", "-ec", script], cwd=self.dir, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, check=False)
        result = Result(process)
        self.assertEqual(result.status, 0, result)
        return result.out

    def taken(self, policy, *options):
        result = self.nat(policy, *options)
        self.write("x.nft", result.out)
        self.run_apart("nft -c -f x.nft; nft -f x.nft; nft -f x.nft; nft list ruleset >listed")
        return result

    def test_sample(self):
        with open(SAMPLE, encoding="ascii") as file:
            result = self.taken(file.read())
        self.assertEqual(result.err, "")
        for own, public in [("10.45.16.10", "131.107.155.10"), ("10.45.16.20", "131.107.155.20"),
                            ("10.45.16.30", "131.107.155.30")]:
            self.assertIn("%s <-> %s" % (own, public), result.out)
            self.assertIn("\t%s : %s" % (own, public), result.out)
            self.assertIn("\t%s : %s" % (public, own), result.out)
        self.assertNotIn("\ntable ip6 lyncedge-nat {", result.out)
        self.assertNotIn("2001:", result.out)

    def test_both_families_and_hairpin(self):
        for options in [], ["--hairpin"]:
            result = self.taken(POOL, *options)
            self.assertEqual(result.err, "")
            self.assertIn("\ntable ip6 lyncedge-nat {", result.out)
            self.assertEqual("set own {" in result.out.split("table ip lyncedge-nat {")[1], bool(options))

    def test_devices(self):
        out = self.taken(POOL.replace("ext0", "eth0 eth1 a{b")).out
        self.assertIn('iifname { "eth0", "eth1", "a{b" } dnat', out)
        self.assertIn("nft has no way to write", self.nat(POOL.replace("ext0", 'a"b'), wants=2).err)
        self.assertIn("no external device is named", self.nat(POOL.replace("interface external ext0\n", ""), wants=2).err)

    def test_replaces_what_an_earlier_policy_had(self):
        self.write("six.nft", self.nat(POOL).out)
        self.write("four.nft", self.nat(POOL.replace(" 2001:db8:77::30", "")).out)
        listed = self.run_apart("nft -f six.nft; nft -f four.nft; nft list ruleset")
        self.assertNotIn("table ip6", listed)
        self.assertIn("table ip lyncedge-nat", listed)

    def test_odd(self):
        for statement, message in [
                ("edge av 10.0.0.1 10.0.0.2 public 192.0.2.1", "edge av: 10.0.0.2 has no public address"),
                ("edge av 10.0.0.1 public 192.0.2.1 192.0.2.2",
                 "edge av: the public address 192.0.2.2 has no IPv4 address of the Edge's to go to"),
                ("edge av 10.0.0.1 public 192.0.2.1 2001:db8::1",
                 "edge av: the public address 2001:db8::1 has no IPv6 address of the Edge's to go to"),
                ("edge av 10.0.0.1 public 192.0.2.1\nedge webconf 10.0.0.2 public 192.0.2.1",
                 "edge av: 10.0.0.1 cannot have 192.0.2.1: that is 10.0.0.2's, edge webconf, and 1:1 NAT knows no ports"),
                ("edge av 10.0.0.1 public 192.0.2.1\nedge webconf 10.0.0.1 public 192.0.2.2",
                 "edge av: 10.0.0.1 has several public addresses: what it sends leaves as 192.0.2.2, not 192.0.2.1"),
                ("edge av 10.0.0.1 public 192.0.2.1\nedge internal 10.1.0.1 public 192.0.2.2",
                 "edge internal: its public addresses are left out"),
                ("edge av 10.0.0.1 public 192.0.2.1\nedge webconf 10.0.0.2", "edge webconf: 10.0.0.2 has no public address"),
                ("edge av 192.0.2.9 192.0.2.8 public 192.0.2.1", "edge av: 192.0.2.8 has no public address")]:
            with self.subTest(statement):
                result = self.taken("interface external eth0\n" + statement + "\ncommit\n")
                self.assertIn("warning: " + message, result.err)
                self.assertIn("#   " + message, result.out)

    def test_not_odd(self):
        for statement in ["edge av 10.0.0.1 public 192.0.2.1\nedge webconf 10.0.0.1 public 192.0.2.1",
                          "edge av 10.0.0.1 public 192.0.2.1\nedge webconf 10.0.0.1",
                          "edge av 10.0.0.1 2001:db8::1 public 192.0.2.1\nedge internal 10.1.0.1",
                          "edge av 2001:db8::1 10.0.0.1 public 192.0.2.1 2001:db8:1::1"]:
            with self.subTest(statement):
                self.assertEqual(self.taken("interface external eth0\n" + statement + "\ncommit\n").err, "")

    def test_nothing(self):
        result = self.nat(OPEN + "commit\n", wants=1)
        self.assertEqual(result.out, "")
        self.assertIn("there is nothing to translate", result.err)
        self.assertIn("hint: ", result.err)

    def test_in_force(self):
        self.make_sysfs(policy=POOL)
        self.assertEqual(self.run_tool("nat", wants=0).out, self.nat(POOL).out)

    def test_packets(self):
        """Where a packet arrives and as what, and that the answer is taken for one."""
        self.write("ask.py", ASK)
        cases = [
            # server's namespace, its address, who asks, from where, whom; as what it is seen, who answers
            ("edge1", "10.45.16.10", "inet", "198.51.100.7", "131.107.155.10", "198.51.100.7 131.107.155.10"),
            ("edge2", "10.45.16.11", "inet", "198.51.100.7", "131.107.155.11", "198.51.100.7 131.107.155.11"),
            ("edge1", "10.45.16.30", "inet", "198.51.100.7", "131.107.155.30", "198.51.100.7 131.107.155.30"),
            ("edge1", "2001:db8:16::30", "inet", "2001:db8:51::7", "2001:db8:77::30", "2001:db8:51::7 2001:db8:77::30"),
            ("inet", "198.51.100.7", "edge1", "10.45.16.10", "198.51.100.7", "131.107.155.10 198.51.100.7"),
            ("inet", "198.51.100.7", "edge2", "10.45.16.11", "198.51.100.7", "131.107.155.11 198.51.100.7"),
            ("inet", "2001:db8:51::7", "edge1", "2001:db8:16::30", "2001:db8:51::7", "2001:db8:77::30 2001:db8:51::7"),
            ("edge2", "10.45.16.11", "inet", "198.51.100.7", "131.107.155.12", "TimeoutError"),
        ]
        hairpin = [("edge2", "10.45.16.11", "edge1", "10.45.16.30", "131.107.155.11", "131.107.155.30 131.107.155.11"),
                   ("edge1", "10.45.16.10", "edge2", "10.45.16.11", "131.107.155.10", "131.107.155.11 131.107.155.10")]
        lost = [case[:-1] + ("TimeoutError",) for case in hairpin]
        for options, table in [([], cases + lost), (["--hairpin"], cases + hairpin)]:
            self.taken(POOL, *options)
            asks = "".join("python3 ask.py %s\n" % " ".join(case[:-1]) for case in table)
            answers = self.run_apart(NETWORK + asks).splitlines()
            self.assertEqual(answers, [case[-1] for case in table])


if __name__ == "__main__":
    sys.exit(tooltest.main())
