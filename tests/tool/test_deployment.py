#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What check says of the deployment that a policy describes: every warning where it belongs, with a remedy that settles it, and
not where it does not."""

import sys

import tooltest
from tooltest import SAMPLE, ToolTest

# Nothing is doubtful here.
GOOD = """interface external lo
edge access 10.45.16.10
edge webconf 10.45.16.20
edge av 10.45.16.30
peer federation-partner 192.0.2.0/24
feature remote-access web-conferencing av federation
commit
"""


def more(*lines):
    return GOOD.replace("commit", "\n".join(lines) + "\ncommit")


def but(*changes):
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


MEDIA = "ports of the media range inward"
TO_ALL = "feature av-federation-ocs2007 opens ports 50000-59999 inward to everybody"
SHARED = "only one of them can listen there"
POOLS = "and none may send to port 3478"
NETWORK = "seems to be in the external network"
NAT = "has no public address"
FEDERATION = "federation is limited by no group"
RTP = "'rtp-outbound"
SIP = "nobody could set it up"
SINGLE = but(("10.45.16.20", "10.45.16.10"), ("10.45.16.30", "10.45.16.10"))

# The warning; policies that have it, and nothing but; policies that have no warning at all.
TABLE = [
    (SIP, ["interface external lo\nedge av 10.0.0.1\nfeature av\ncommit\n",
           "interface external lo\nedge webconf 10.0.0.1\nfeature web-conferencing\ncommit\n"],
     ["interface external lo\nedge access 10.0.0.1\nfeature dns\ncommit\n"]),
    (MEDIA, [more("allow rtp external in udp 50000-59999 from any to av"),
             more("allow rtp external in tcp 1024-65535 from any to any"),
             more("allow rtp external in udp 50000-50199 from any to 10.45.16.0/24"),
             more("port rtp 40000-40999", "allow rtp external in udp 40000-40999 from client to av")],
     [more("allow rtp external in udp 50000 from any to av"), more("allow rtp external in udp 50000-59999 from any to access"),
      more("allow rtp external out udp 50000-59999 from av to any"),
      more("allow rtp external in udp 50000-59999 from any to 10.45.17.0/24"),
      more("port rtp 40000-40999", "allow rtp external in udp 50000-59999 from any to av"),
      more("feature av-federation-ocs2007", "peer media-partner 192.0.2.0/24",
           "allow rtp external in udp 50000-59999 from any to av")]),
    (TO_ALL, [more("feature av-federation-ocs2007")],
     [more("feature av-federation"), more("feature av-federation-ocs2007", "peer media-partner 192.0.2.0/24")]),
    (SHARED, [but(("10.45.16.20", "10.45.16.10")), but(("10.45.16.20", "10.45.16.30")),
              SINGLE.replace("commit", "port ext-05 5061\ncommit")],
     [SINGLE.replace("commit", "port ext-05 5061\nport ext-08 444\ncommit"),
      but(("10.45.16.20", "10.45.16.10"), (" web-conferencing", "")),
      but(("10.45.16.20", "10.45.16.10"), ("commit", "port ext-08 444\ncommit"))]),
    (POOLS, [but(("10.45.16.30", "10.45.16.30 10.45.16.31")), but(("10.45.16.30", "10.45.16.30 2001:db8::1 2001:db8::2"))],
     [but(("10.45.16.30", "10.45.16.30 10.45.16.31"), ("feature", "feature multiple-pools")),
      but(("10.45.16.30", "10.45.16.30 10.45.16.31"), ("feature", "feature av-federation")),
      but(("10.45.16.30", "10.45.16.30 2001:db8::1")), but(("10.45.16.10", "10.45.16.10 10.45.16.11"))]),
    (NETWORK, [more("edge internal 10.45.16.99", "interface internal nosuch"),
               more("edge internal 10.45.16.10", "interface internal nosuch"),
               but(("10.45.16.30", "10.45.16.30 2001:db8::1"),
                   ("commit", "edge internal 2001:db8::2\ninterface internal nosuch\ncommit"))],
     []),
    (NAT, [but(("10.45.16.10", "10.45.16.10 public 131.107.155.10"),
               ("edge webconf 10.45.16.20\n", ""), (" web-conferencing", "")),
           but(("10.45.16.10", "10.45.16.10 10.45.16.11 public 131.107.155.10"), ("edge webconf 10.45.16.20\n", ""),
               ("edge av 10.45.16.30\n", ""), (" web-conferencing av", ""))],
     [but(("10.45.16.10", "10.45.16.10 public 131.107.155.10"), ("10.45.16.20", "10.45.16.20 public 131.107.155.20"),
          ("10.45.16.30", "10.45.16.30 2001:db8::1 public 131.107.155.30")),
      but(("10.45.16.10", "131.107.155.10"), ("10.45.16.20", "131.107.155.20"),
          ("10.45.16.30", "10.45.16.30 public 131.107.155.30"))]),
    (FEDERATION, [but(("peer federation-partner 192.0.2.0/24\n", ""))],
     [but(("peer federation-partner 192.0.2.0/24\n", ""), (" federation", "")),
      "interface internal lo\nedge internal 10.0.0.1\npeer front-end 10.1.0.0/24\nfeature federation\ncommit\n"]),
    (RTP, [more("feature av-federation", "option rtp-outbound source"),
           more("feature av-federation", "option rtp-outbound destination"),
           more("feature pic-av", "option rtp-outbound source")],
     [more("option rtp-outbound source"), more("feature av-federation"),
      more("feature av-federation", "option rtp-outbound either")]),
]
# Of the device that is there for what is said of the other side alone.
DEVICE = "there is no device 'nosuch'"


class Deployment(ToolTest):
    def warnings(self, text):
        path = self.write("d.policy", text)
        lines = self.run_tool("check", path, wants=0).err.splitlines()
        for message, hint in zip(lines[0::2], lines[1::2]):
            self.assertTrue(message.startswith(path + ": warning: "), lines)
            self.assertTrue(hint.startswith("hint: ") and len(hint) > 20, lines)
        return [message.partition(": warning: ")[2] for message in lines[0::2] if DEVICE not in message]

    def test_good(self):
        self.assertEqual(self.warnings(GOOD), [])

    def test_where_it_belongs(self):
        for message, policies, _ in TABLE:
            for policy in policies:
                with self.subTest(message + "\n" + policy):
                    found = self.warnings(policy)
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(message, found[0])

    def test_where_it_does_not(self):
        for message, _, policies in TABLE:
            for policy in policies:
                with self.subTest(message + "\n" + policy):
                    self.assertEqual(self.warnings(policy), [])

    def test_networks_of_their_own(self):
        for inside in "10.45.17.10", "172.25.33.10", "2001:db8:1::1":
            found = self.warnings(more("edge internal " + inside, "interface internal nosuch", "peer front-end 10.1.0.0/16"))
            self.assertEqual([text for text in found if NETWORK in text], [])

    def test_all_that_collide(self):
        found = self.warnings(SINGLE)
        self.assertEqual(len(found), 3, found)
        self.assertIn("rows ext-05 and ext-08 lead to 10.45.16.10, tcp port 443, which is edge access and edge webconf: " +
                      SHARED, found)

    def test_what_nat_cannot(self):
        for change, message in [("10.45.16.10 public 131.107.155.10 131.107.155.11",
                                 "has no IPv4 address of the Edge's to go to"),
                                ("10.45.16.10 public 131.107.155.20", "1:1 NAT knows no ports")]:
            found = self.warnings(but(("10.45.16.10", change), ("10.45.16.20", "10.45.16.20 public 131.107.155.20"),
                                      ("10.45.16.30", "10.45.16.30 public 131.107.155.30")))
            self.assertTrue([text for text in found if message in text], found)

    def test_sample(self):
        """It leaves federation open, as most deployments do, and is warned of nothing else."""
        with open(SAMPLE, encoding="ascii") as file:
            found = self.warnings(file.read())
        self.assertEqual([text for text in found if "there is no device" not in text],
                         ["federation is limited by no group: everybody may come to port 5061 (ext-06)"])


if __name__ == "__main__":
    sys.exit(tooltest.main())
