#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the oracle itself: cases computed by hand from the sentences of the specification.

The oracle is what lyncedgectl is compared with, so it must not be believed either. Each test quotes or paraphrases the
sentence that it reads. The last classes prove that the random policies and packets reach everything (each row, each
reason, both families) and that `compare` passes a right tool and fails wrong ones.
"""

import collections
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import generate
import oracle

HERE = os.path.dirname(os.path.abspath(__file__))

INTERFACES = "interface external eth0\ninterface internal eth1\n"
EDGES = """
edge access   10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge webconf  10.45.16.20 2001:db8:16::20 public 131.107.155.20
edge av       10.45.16.30 2001:db8:16::30 public 131.107.155.30
edge internal 172.25.33.10 2001:db8:33::10
"""


class Judgement(unittest.TestCase):
    def judge(self, statements, edges=EDGES):
        """From here on packets are judged by these statements."""
        self.policy = oracle.Policy("\n".join([INTERFACES, edges, statements, "commit\n"]))

    def says(self, answer, packet):
        self.assertEqual(self.policy.explain(packet), answer, packet)

    def refused(self, statements):
        with self.assertRaises(ValueError):
            self.judge(statements)


class Words(Judgement):
    def test_example_of_the_specification(self):
        self.judge("feature remote-access")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:443")

    def test_ipv6(self):
        self.judge("feature remote-access")
        self.says("accept ext-05", "external in tcp [2001:db8:99::7]:40000 [2001:db8:16::10]:443")
        self.says("accept ext-05", "external in tcp [2001:DB8:99:0:0::7]:40000 [2001:0db8:0016::0010]:443")

    def test_nothing_is_on_unless_the_policy_says_so(self):
        self.judge("")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.10:443")
        self.says("drop no-row", "internal in udp 192.168.10.1:40000 172.25.33.10:3478")

    def test_undefined_group_means_any(self):
        self.judge("feature federation")
        self.says("accept ext-06", "external in tcp 203.0.113.1:5061 10.45.16.10:5061")

    def test_defined_group_means_its_prefixes(self):
        self.judge("feature federation\npeer federation-partner 203.0.113.0/24")
        self.says("accept ext-06", "external in tcp 203.0.113.0:40000 10.45.16.10:5061")
        self.says("accept ext-06", "external in tcp 203.0.113.255:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp 203.0.112.255:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp 203.0.114.0:40000 10.45.16.10:5061")

    def test_group_of_one_family_holds_nothing_of_the_other(self):
        self.judge("feature federation\npeer federation-partner 0.0.0.0/0")
        self.says("accept ext-06", "external in tcp 203.0.113.1:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp [2001:db8:99::7]:40000 [2001:db8:16::10]:5061")

    def test_group_of_ipv6_prefix_and_host(self):
        self.judge("feature federation\npeer federation-partner 2001:db8:aa::/47 2001:db8:cc::1/128")
        self.says("accept ext-06", "external in tcp [2001:db8:ab:ffff:ffff:ffff:ffff:ffff]:1 [2001:db8:16::10]:5061")
        self.says("drop no-row", "external in tcp [2001:db8:ac::]:1 [2001:db8:16::10]:5061")
        self.says("accept ext-06", "external in tcp [2001:db8:cc::1]:1 [2001:db8:16::10]:5061")
        self.says("drop no-row", "external in tcp [2001:db8:cc::2]:1 [2001:db8:16::10]:5061")

    def test_pic_needs_its_partner(self):
        self.refused("feature pic")
        self.judge("feature pic\npeer pic-partner 203.0.113.9/32")
        self.says("accept pic-01", "external in tcp 203.0.113.9:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp 203.0.113.8:40000 10.45.16.10:5061")
        self.says("accept pic-02", "external out tcp 10.45.16.10:40000 203.0.113.9:5061")
        self.says("accept pic-03", "external in tcp 198.51.100.7:40000 10.45.16.10:443")

    def test_two_groups_neither_defined(self):
        self.judge("feature av")
        self.says("accept int-05", "internal in tcp 192.168.10.1:40000 172.25.33.10:5062")

    def test_two_groups_once_one_is_defined_the_other_is_empty(self):
        self.judge("feature av\npeer front-end 192.168.10.0/24")
        self.says("accept int-05", "internal in tcp 192.168.10.1:40000 172.25.33.10:5062")
        self.says("drop no-row", "internal in tcp 192.168.11.1:40000 172.25.33.10:5062")
        self.judge("feature av\npeer branch 192.168.11.0/24")
        self.says("drop no-row", "internal in tcp 192.168.10.1:40000 172.25.33.10:5062")
        self.says("accept int-05", "internal in tcp 192.168.11.1:40000 172.25.33.10:5062")
        self.says("accept int-02", "internal in tcp 192.168.10.1:40000 172.25.33.10:5061")  # front-end alone: any

    def test_two_groups_both_defined(self):
        self.judge("feature av\npeer branch 192.168.11.0/24\npeer front-end 192.168.10.0/24")
        self.says("accept int-05", "internal in tcp 192.168.10.1:40000 172.25.33.10:5062")
        self.says("accept int-05", "internal in tcp 192.168.11.1:40000 172.25.33.10:5062")
        self.says("drop no-row", "internal in tcp 192.168.12.1:40000 172.25.33.10:5062")
        self.says("drop no-row", "internal in tcp 192.168.11.1:40000 172.25.33.10:5061")

    def test_row_whose_edge_has_no_address_is_not_active(self):
        self.judge("feature av web-conferencing", edges="edge internal 172.25.33.10")
        self.says("drop no-row", "external in udp 198.51.100.7:40000 10.45.16.30:3478")
        self.says("accept int-06", "internal in udp 192.168.10.1:40000 172.25.33.10:3478")

    def test_one_feature_of_several_is_enough(self):
        packet = "external out udp 10.45.16.30:3478 198.51.100.7:3478"
        for feature in ("av-federation", "av-federation-ocs2007", "multiple-pools"):
            self.judge("feature " + feature)
            self.says("accept ext-13", packet)
        self.judge("feature av federation pic-av")
        self.says("accept pic-05", packet)

    def test_pool_of_several_addresses(self):
        self.judge("feature remote-access", edges="edge access 10.45.16.10 10.45.16.11\nedge access 10.45.16.12")
        for last in (10, 11, 12):
            self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.%d:443" % last)
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.13:443")

    def test_edges_may_share_an_address(self):
        self.judge("feature web-conferencing av", edges="edge access 10.1.1.1\nedge webconf 10.1.1.1\nedge av 10.1.1.1")
        self.says("accept ext-08", "external in tcp 198.51.100.7:40000 10.1.1.1:443")
        self.says("accept ext-14", "external in udp 198.51.100.7:40000 10.1.1.1:3478")
        self.judge("feature web-conferencing av remote-access", edges="edge access 10.1.1.1\nedge webconf 10.1.1.1")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.1.1.1:443")

    def test_public_addresses_are_not_judged(self):
        self.judge("feature remote-access")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 131.107.155.10:443")


class Text(Judgement):
    def test_comments_tabs_and_crlf(self):
        text = ("# a comment\r\n\r\n\tinterface external\teth0 # one\r\ninterface internal eth1\r\n"
                "edge access 10.45.16.10\t# two\r\nfeature\tremote-access\r\ncommit\r\n")
        self.policy = oracle.Policy(text)
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:443")

    def test_commented_out_statement_does_nothing(self):
        self.judge("#feature federation\nfeature remote-access # federation")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.10:5061")

    def test_repeated_list_statement_adds(self):
        self.judge("feature dns\nfeature crl\npeer dns-server 192.0.2.1/32\npeer dns-server 192.0.2.3/32\n"
                   "block 198.18.0.0/16\nblock 198.19.0.0/16")
        self.says("accept ext-03", "external out tcp 10.45.16.10:40000 192.0.2.1:53")
        self.says("accept ext-04", "external out udp 10.45.16.10:40000 192.0.2.3:53")
        self.says("drop no-row", "external out udp 10.45.16.10:40000 192.0.2.2:53")
        self.says("accept ext-02", "external out tcp 10.45.16.10:40000 192.0.2.2:80")
        self.says("drop blocked", "external out tcp 10.45.16.10:40000 198.18.0.1:80")
        self.says("drop blocked", "external out tcp 10.45.16.10:40000 198.19.0.1:80")

    def test_order_is_free(self):
        self.policy = oracle.Policy("allow late external in tcp 8443 from cms to access\nfeature remote-access\n"
                                    "peer cms 192.0.2.0/24\nedge access 10.45.16.10\n" + INTERFACES + "commit\n")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:443")
        self.says("accept late", "external in tcp 192.0.2.9:40000 10.45.16.10:8443")

    def test_commit_is_needed_and_last(self):
        for text in (INTERFACES, INTERFACES + "commit\nfeature av\n"):
            with self.assertRaises(ValueError):
                oracle.Policy(text)

    def test_some_of_what_is_refused(self):
        self.refused("feature xmmp")
        self.refused("port ext-05 0")
        self.refused("port ext-05 65536")
        self.refused("port rtp 59999-50000")
        self.refused("peer cms 10.0.0.1/24")
        self.refused("allow ext-05 external in tcp 1 from any to any")
        self.refused("allow a external in tcp 1 from any to any\nallow a external in tcp 2 from any to any")
        self.refused("port ext-05 444\nport ext-05 445")


class Rows(Judgement):
    def test_direction_is_seen_from_the_edge(self):
        self.judge("feature federation")
        self.says("accept ext-06", "external in tcp 198.51.100.7:40000 10.45.16.10:5061")
        self.says("accept ext-07", "external out tcp 10.45.16.10:40000 198.51.100.7:5061")
        self.says("drop no-row", "external out tcp 198.51.100.7:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp 10.45.16.10:40000 198.51.100.7:5061")

    def test_interface_is_the_rows(self):
        self.judge("feature web-conferencing")
        self.says("accept int-04", "internal in tcp 192.168.10.1:40000 172.25.33.10:8057")
        self.says("drop no-row", "external in tcp 192.168.10.1:40000 172.25.33.10:8057")
        self.says("drop no-row", "internal in tcp 198.51.100.7:40000 10.45.16.20:443")

    def test_protocol_is_the_rows(self):
        self.judge("feature av")
        self.says("accept ext-14", "external in udp 198.51.100.7:40000 10.45.16.30:3478")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.30:3478")
        self.says("accept ext-15", "external in tcp 198.51.100.7:40000 10.45.16.30:443")
        self.says("drop no-row", "external in udp 198.51.100.7:40000 10.45.16.30:443")

    def test_edge_is_the_rows(self):
        self.judge("feature remote-access")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.20:443")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.30:443")

    def test_reply_is_not_a_first_packet(self):
        self.judge("feature remote-access av")
        self.says("drop no-row", "external out tcp 10.45.16.10:443 198.51.100.7:40000")
        self.says("drop no-row", "external out udp 10.45.16.30:3478 198.51.100.7:40000")

    def test_media_range_has_both_ends(self):
        self.judge("feature av-federation-ocs2007")
        for port, answer in ((49999, "drop no-row"), (50000, "accept ext-12"), (59999, "accept ext-12"), (60000, "drop no-row")):
            self.says(answer, "external in udp 198.51.100.7:3478 10.45.16.30:%d" % port)
        self.says("accept ext-11", "external in tcp 198.51.100.7:3478 10.45.16.30:55555")

    def test_inbound_media_rows_take_no_source_port(self):
        self.judge("feature av-federation-ocs2007")
        self.says("drop no-row", "external in udp 198.51.100.7:50000 10.45.16.30:1024")

    def test_media_over_tcp_without_ocs2007_is_outbound_only(self):
        self.judge("feature av-federation")
        self.says("accept ext-09", "external out tcp 10.45.16.30:50000 198.51.100.7:443")
        self.says("drop no-row", "external out udp 10.45.16.30:50000 198.51.100.7:50000")
        self.says("drop no-row", "external in tcp 198.51.100.7:50000 10.45.16.30:50000")

    def test_port_zero(self):
        self.judge("feature av av-federation-ocs2007\nallow all external in udp 1-65535 from any to any")
        self.says("drop no-row", "external in udp 198.51.100.7:40000 10.45.16.30:0")
        self.says("drop no-row", "external out udp 10.45.16.30:0 198.51.100.7:0")

    def test_whole_internal_table(self):
        self.judge("feature xmpp federation web-conferencing av cms-replication central-logging")
        for row, protocol, port in (("int-01", "tcp", 23456), ("int-02", "tcp", 5061), ("int-04", "tcp", 8057),
                                    ("int-05", "tcp", 5062), ("int-06", "udp", 3478), ("int-07", "tcp", 443),
                                    ("int-08", "tcp", 4443), ("int-09", "tcp", 50001), ("int-10", "tcp", 50002),
                                    ("int-11", "tcp", 50003)):
            self.says("accept " + row, "internal in %s 192.168.10.1:40000 172.25.33.10:%d" % (protocol, port))
        self.says("accept int-03", "internal out tcp 172.25.33.10:40000 192.168.10.1:5061")

    def test_repeating_rows_lose_to_the_first(self):
        self.judge("feature federation xmpp")
        self.says("accept ext-07", "external out tcp 10.45.16.10:40000 198.51.100.7:5061")
        self.says("accept ext-01", "external in tcp 198.51.100.7:40000 10.45.16.10:5269")
        self.says("accept xmpp-02", "external out tcp 10.45.16.10:40000 198.51.100.7:5269")
        self.says("accept int-01", "internal in tcp 192.168.10.1:40000 172.25.33.10:23456")

    def test_repeating_row_stands_alone_once_the_first_moves(self):
        self.judge("feature federation\nport ext-07 5099")
        self.says("accept ext-07", "external out tcp 10.45.16.10:40000 198.51.100.7:5099")
        self.says("accept fed-01", "external out tcp 10.45.16.10:40000 198.51.100.7:5061")

    def test_first_row_that_takes_the_peer(self):
        self.judge("feature federation pic\npeer federation-partner 203.0.113.0/25\npeer pic-partner 203.0.113.0/24")
        self.says("accept ext-06", "external in tcp 203.0.113.127:40000 10.45.16.10:5061")
        self.says("accept pic-01", "external in tcp 203.0.113.128:40000 10.45.16.10:5061")

    def test_messenger(self):
        self.judge("feature pic-av\npeer messenger-client 192.0.2.0/24")
        self.says("accept pic-04", "external out tcp 10.45.16.30:40000 192.0.2.1:50000")
        self.says("accept pic-05", "external out udp 10.45.16.30:40000 192.0.2.1:3478")
        self.says("accept pic-06", "external in udp 192.0.2.1:40000 10.45.16.30:3478")
        self.says("drop no-row", "external in udp 192.0.3.1:40000 10.45.16.30:3478")


class MovedPorts(Judgement):
    def test_moved_row_leaves_its_standard_port(self):
        self.judge("feature remote-access\nport ext-05 5061")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:5061")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.10:443")

    def test_moving_one_row_moves_no_other(self):
        self.judge("feature av\nport ext-15 444")
        self.says("accept ext-15", "external in tcp 198.51.100.7:40000 10.45.16.30:444")
        self.says("accept ext-16", "external out tcp 10.45.16.30:40000 198.51.100.7:443")
        self.says("drop no-row", "external out tcp 10.45.16.30:40000 198.51.100.7:444")

    def test_rtp_moves_five_rows_at_once(self):
        self.judge("feature av-federation-ocs2007 pic-av\nport rtp 20000-20099\npeer media-partner 192.0.2.0/24")
        self.says("accept ext-09", "external out tcp 10.45.16.30:40000 192.0.2.1:20000")
        self.says("accept ext-10", "external out udp 10.45.16.30:40000 192.0.2.1:20099")
        self.says("accept ext-11", "external in tcp 192.0.2.1:40000 10.45.16.30:20000")
        self.says("accept ext-12", "external in udp 192.0.2.1:40000 10.45.16.30:20099")
        self.says("accept pic-04", "external out tcp 10.45.16.30:40000 198.51.100.7:20050")
        self.says("drop no-row", "external in udp 192.0.2.1:40000 10.45.16.30:20100")
        self.says("drop no-row", "external in udp 192.0.2.1:40000 10.45.16.30:50000")

    def test_rtp_does_not_move_the_logging_ports(self):
        self.judge("feature central-logging\nport rtp 20000-20099")
        self.says("accept int-09", "internal in tcp 192.168.10.1:40000 172.25.33.10:50001")

    def test_single_row_beats_rtp_in_any_order(self):
        for text in ("port ext-12 30000\nport rtp 20000-20099", "port rtp 20000-20099\nport ext-12 30000"):
            self.judge("feature av-federation-ocs2007\n" + text)
            self.says("accept ext-12", "external in udp 198.51.100.7:40000 10.45.16.30:30000")
            self.says("drop no-row", "external in udp 198.51.100.7:40000 10.45.16.30:20000")
            self.says("accept ext-11", "external in tcp 198.51.100.7:40000 10.45.16.30:20000")

    def test_row_moved_to_a_range(self):
        self.judge("feature remote-access\nport ext-05 8000-8002")
        for port, answer in ((7999, "drop no-row"), (8000, "accept ext-05"), (8002, "accept ext-05"), (8003, "drop no-row")):
            self.says(answer, "external in tcp 198.51.100.7:40000 10.45.16.10:%d" % port)


class SiteRows(Judgement):
    def test_example_of_the_specification(self):
        self.judge("allow proxy-web external in tcp 8443 from any to access")
        self.says("accept proxy-web", "external in tcp 198.51.100.7:40000 10.45.16.10:8443")
        self.says("accept proxy-web", "external in tcp [2001:db8:99::7]:40000 [2001:db8:16::10]:8443")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.20:8443")
        self.says("drop no-row", "external in udp 198.51.100.7:40000 10.45.16.10:8443")

    def test_matrix_first(self):
        self.judge("allow web external in tcp 1-65535 from any to any\nfeature remote-access")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:443")
        self.says("accept web", "external in tcp 198.51.100.7:40000 10.45.16.10:444")

    def test_site_rows_in_the_order_written(self):
        self.judge("allow b external in tcp 100-200 from any to any\nallow a external in tcp 150-300 from any to any")
        self.says("accept b", "external in tcp 198.51.100.7:40000 10.45.16.10:150")
        self.says("accept b", "external in tcp 198.51.100.7:40000 10.45.16.10:200")
        self.says("accept a", "external in tcp 198.51.100.7:40000 10.45.16.10:201")

    def test_prefix_to_edge_and_edge_to_group(self):
        self.judge("allow ssh internal in tcp 22 from 192.168.10.0/30 to internal\npeer cms 192.168.11.0/24\n"
                   "allow back internal out udp 514 from internal to cms")
        self.says("accept ssh", "internal in tcp 192.168.10.3:40000 172.25.33.10:22")
        self.says("drop no-row", "internal in tcp 192.168.10.4:40000 172.25.33.10:22")
        self.says("accept back", "internal out udp 172.25.33.10:40000 192.168.11.200:514")
        self.says("drop no-row", "internal out udp 172.25.33.10:40000 192.168.12.200:514")

    def test_undefined_group_means_any(self):
        self.judge("allow x external out tcp 25 from access to crl-server")
        self.says("accept x", "external out tcp 10.45.16.10:40000 198.51.100.7:25")

    def test_undefined_pic_partner_means_any_while_pic_is_off(self):
        self.judge("allow x external out tcp 25 from access to pic-partner")
        self.says("accept x", "external out tcp 10.45.16.10:40000 198.51.100.7:25")

    def test_edge_without_address_makes_it_inactive(self):
        self.judge("allow x external in tcp 25 from any to av\nallow y external in tcp 25 from any to any",
                   edges="edge access 10.45.16.10")
        self.says("accept y", "external in tcp 198.51.100.7:40000 10.45.16.10:25")

    def test_needs_no_feature_and_takes_no_part_in_strict(self):
        self.judge("option ports strict\nallow x external out udp 3478 from av to any")
        self.says("accept x", "external out udp 10.45.16.30:40000 198.51.100.7:3478")


class Options(Judgement):
    def rtp(self, choice, statements=""):
        self.judge("feature av-federation-ocs2007\noption rtp-outbound %s\n%s" % (choice, statements))
        packets = ("50000 443", "443 50000", "55000 55000", "49999 60000")
        packets = ["external out udp 10.45.16.30:%s 198.51.100.7:%s" % tuple(ports.split()) for ports in packets]
        return [self.policy.explain(packet).split()[1] for packet in packets]

    def test_rtp_outbound(self):
        self.assertEqual(self.rtp("either"), ["ext-10", "ext-10", "ext-10", "no-row"])
        self.assertEqual(self.rtp("source"), ["ext-10", "no-row", "ext-10", "no-row"])
        self.assertEqual(self.rtp("destination"), ["no-row", "ext-10", "ext-10", "no-row"])

    def test_rtp_outbound_default_is_either(self):
        self.judge("feature av-federation pic-av\npeer media-partner 192.0.2.0/24")
        self.says("accept ext-09", "external out tcp 10.45.16.30:59999 192.0.2.1:1024")
        self.says("accept pic-04", "external out tcp 10.45.16.30:59999 192.0.3.1:1024")

    def test_rtp_outbound_takes_the_rows_own_range(self):
        self.assertEqual(self.rtp("either", "port ext-10 443"), ["ext-10", "ext-10", "no-row", "no-row"])
        self.assertEqual(self.rtp("source", "port ext-10 443"), ["no-row", "ext-10", "no-row", "no-row"])

    def test_strict_ext16_comes_from_the_media_range(self):
        for statements, port, answer in (("", 50000, "accept ext-16"), ("", 59999, "accept ext-16"),
                                         ("", 49999, "drop no-row"), ("", 60000, "drop no-row"),
                                         ("port rtp 20000-20099", 20099, "accept ext-16"),
                                         ("port rtp 20000-20099", 50000, "drop no-row"),
                                         ("port ext-09 20000-20099", 50000, "accept ext-16")):
            self.judge("feature av\noption ports strict\n" + statements)
            self.says(answer, "external out tcp 10.45.16.30:%d 198.51.100.7:443" % port)

    def test_strict_stun_comes_from_3478(self):
        for feature, row in (("multiple-pools", "ext-13"), ("pic-av", "pic-05")):
            self.judge("option ports strict\nfeature " + feature)
            self.says("accept " + row, "external out udp 10.45.16.30:3478 198.51.100.7:3478")
            self.says("drop no-row", "external out udp 10.45.16.30:3479 198.51.100.7:3478")
            self.judge("feature " + feature)
            self.says("accept " + row, "external out udp 10.45.16.30:3479 198.51.100.7:3478")

    def test_strict_stun_source_stays_when_the_row_moves(self):
        self.judge("option ports strict\nfeature multiple-pools\nport ext-13 3500")
        self.says("accept ext-13", "external out udp 10.45.16.30:3478 198.51.100.7:3500")
        self.says("drop no-row", "external out udp 10.45.16.30:3500 198.51.100.7:3500")

    def test_strict_leaves_other_rows_alone(self):
        self.judge("option ports strict\nfeature av remote-access")
        self.says("accept ext-14", "external in udp 198.51.100.7:1024 10.45.16.30:3478")
        self.says("accept ext-15", "external in tcp 198.51.100.7:1024 10.45.16.30:443")
        self.says("accept ext-05", "external in tcp 198.51.100.7:1024 10.45.16.10:443")

    def test_stateless_takes_the_mirror_image_of_udp(self):
        self.judge("option established stateless\nfeature av dns")
        self.says("accept ext-14", "external out udp 10.45.16.30:3478 198.51.100.7:40000")
        self.says("accept ext-04", "external in udp 192.0.2.1:53 10.45.16.10:40000")
        self.says("accept int-06", "internal out udp 172.25.33.10:3478 192.168.10.1:40000")
        self.says("drop no-row", "external out udp 10.45.16.30:3479 198.51.100.7:40000")
        self.says("drop no-row", "internal out udp 10.45.16.30:3478 198.51.100.7:40000")

    def test_stateless_first_tcp_packet_has_no_mirror(self):
        self.judge("option established stateless\nfeature av")
        self.says("accept ext-15", "external in tcp 198.51.100.7:40000 10.45.16.30:443")
        self.says("drop no-row", "external out tcp 10.45.16.30:443 198.51.100.7:40000")

    def test_stateless_direct_before_mirror(self):
        self.judge("option established stateless\nfeature av\nallow x external out udp 1-65535 from av to any")
        self.says("accept x", "external out udp 10.45.16.30:3478 198.51.100.7:40000")

    def test_stateless_mirror_of_strict(self):
        self.judge("option established stateless\noption ports strict\nfeature multiple-pools")
        self.says("accept ext-13", "external in udp 198.51.100.7:3478 10.45.16.30:3478")
        self.says("drop no-row", "external in udp 198.51.100.7:3478 10.45.16.30:3479")

    def test_stateless_mirror_of_outbound_media(self):
        self.judge("option established stateless\noption rtp-outbound source\nfeature av-federation-ocs2007\n"
                   "port ext-12 1")
        self.says("accept ext-10", "external in udp 198.51.100.7:40000 10.45.16.30:50000")
        self.says("drop no-row", "external in udp 198.51.100.7:50000 10.45.16.30:40000")

    def test_scope_address(self):
        self.judge("option scope address\nfeature remote-access")
        self.says("accept unjudged", "external in tcp 198.51.100.7:40000 10.45.16.99:443")
        self.says("accept unjudged", "external out tcp 10.45.16.99:40000 198.51.100.7:1")
        self.says("drop no-row", "external out tcp 10.45.16.10:40000 198.51.100.7:1")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 172.25.33.10:443")  # any edge, whatever the side
        self.says("accept unjudged", "external in tcp 198.51.100.7:40000 131.107.155.10:443")

    def test_scope_address_looks_at_the_edge_side_only(self):
        self.judge("option scope address")
        self.says("accept unjudged", "external in tcp 10.45.16.10:40000 198.51.100.7:443")
        self.says("accept unjudged", "external out tcp 198.51.100.7:40000 10.45.16.10:443")

    def test_scope_interface_judges_all(self):
        self.judge("feature remote-access")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.99:443")

    def test_options_that_judge_nothing_here(self):
        self.judge("option unmatched reject\noption icmp-echo allow\noption hooks all\noption log-group 5\n"
                   "option early-drop on\nfeature remote-access")
        self.says("drop no-row", "external in tcp 198.51.100.7:40000 10.45.16.10:444")
        self.says("accept ext-05", "external in tcp 198.51.100.7:40000 10.45.16.10:443")


class Block(Judgement):
    def test_before_any_row(self):
        self.judge("feature remote-access\nblock 203.0.113.0/24\nallow x external in tcp 1-65535 from any to any")
        self.says("drop blocked", "external in tcp 203.0.113.255:40000 10.45.16.10:443")
        self.says("accept ext-05", "external in tcp 203.0.114.0:40000 10.45.16.10:443")

    def test_far_address_only(self):
        self.judge("feature federation\nblock 203.0.113.0/24 10.45.16.0/24")
        self.says("drop blocked", "external out tcp 10.45.16.10:40000 203.0.113.1:5061")
        self.says("accept ext-07", "external out tcp 10.45.16.10:40000 198.51.100.7:5061")
        self.says("accept ext-06", "external in tcp 198.51.100.7:40000 10.45.16.10:5061")

    def test_on_either_interface_and_family(self):
        self.judge("feature av\nblock 192.168.10.0/24 2001:db8:bad::/48")
        self.says("drop blocked", "internal in tcp 192.168.10.1:40000 172.25.33.10:443")
        self.says("drop blocked", "internal in tcp [2001:db8:bad::1]:40000 [2001:db8:33::10]:443")
        self.says("accept int-07", "internal in tcp [2001:db8:bae::1]:40000 [2001:db8:33::10]:443")

    def test_everything(self):
        self.judge("feature av\nblock 0.0.0.0/0")
        self.says("drop blocked", "external in tcp 198.51.100.7:40000 10.45.16.30:443")
        self.says("accept ext-15", "external in tcp [2001:db8:99::7]:40000 [2001:db8:16::30]:443")

    def test_scope_comes_before_block_and_block_before_protocol(self):
        self.judge("option scope address\nblock 203.0.113.0/24")
        self.says("accept unjudged", "external in tcp 203.0.113.1:40000 10.45.16.99:443")
        self.says("drop blocked", "external in sctp 203.0.113.1:1 10.45.16.10:2")
        self.says("accept unjudged", "external in sctp 198.51.100.7:1 10.45.16.99:2")
        self.says("drop protocol", "external in sctp 198.51.100.7:1 10.45.16.10:2")

    def test_stateless_mirror_is_blocked_too(self):
        self.judge("option established stateless\nfeature av\nblock 203.0.113.0/24")
        self.says("drop blocked", "external out udp 10.45.16.30:3478 203.0.113.1:40000")

    def test_any_other_protocol(self):
        self.judge("feature av\nallow x external in tcp 1-65535 from any to any")
        self.says("drop protocol", "external in gre 198.51.100.7 10.45.16.30")
        self.says("drop protocol", "external in esp [2001:db8:99::7] [2001:db8:16::30]")


class Matrix(unittest.TestCase):
    def test_table_is_the_documents(self):
        with open(os.path.join(HERE, "matrix.tsv"), encoding="ascii") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        header, rows = lines[0], lines[1:]
        self.assertEqual(header, "id interface direction service application protocol port_first port_last source "
                                 "destination features".split())
        self.assertEqual(len(rows), 37)
        self.assertEqual([row[0:3] + row[5:] for row in rows], oracle.MATRIX)

    def test_words_are_known(self):
        for name, interface, direction, protocol, _, _, source, destination, features in oracle.MATRIX:
            self.assertIn((interface, protocol), [(i, p) for i in ("external", "internal") for p in ("tcp", "udp")], name)
            near, far = (destination, source) if direction == "in" else (source, destination)
            self.assertIn(near, oracle.EDGES, name)
            for group in far.split(","):
                self.assertIn(group, oracle.GROUPS + ["any"], name)
            for feature in features.split(","):
                self.assertIn(feature, oracle.FEATURES, name)


class Generated(unittest.TestCase):
    def test_everything_is_reached(self):
        answers, words, versions = collections.Counter(), set(), set()
        for number in range(100):
            text = generate.policy_text("reach", number)
            for line in text.splitlines():
                self.assertLess(len(line), 4096)
                words.update(line.partition("#")[0].split())
            policy = oracle.Policy(text)
            for packet in generate.packet_lines("reach", number, policy, 400):
                answer = policy.explain(packet)
                site_row = answer.startswith("accept") and answer.split()[1] in [allow[0] for allow in policy.allows]
                answers["accept site" if site_row else answer] += 1
                versions.add("[" in packet)
        expected = ["accept " + name for name in oracle.ROW_IDS + ["site", "unjudged"]]
        expected += ["drop " + reason for reason in ("no-row", "blocked", "protocol")]
        self.assertEqual(sorted(answers), sorted(expected))
        accepted = sum(count for answer, count in answers.items() if answer.startswith("accept "))
        self.assertGreater(accepted, 0.3 * sum(answers.values()))
        self.assertEqual(versions, {False, True})
        statements = "interface edge peer block feature port allow option commit public rtp log-group".split()
        for word in statements + oracle.GROUPS + oracle.FEATURES + oracle.ROW_IDS:
            self.assertIn(word, words)
        for option, choices in oracle.OPTIONS.items():
            self.assertLessEqual({option, *choices}, words)
        for suffix in (".0/0", "::/0", "/32", "/128"):
            self.assertTrue(any(word.endswith(suffix) for word in words), suffix)

    def test_same_seed_same_text(self):
        policy = oracle.Policy(generate.policy_text("7", 3))
        self.assertEqual(generate.policy_text("7", 3), generate.policy_text("7", 3))
        self.assertNotEqual(generate.policy_text("7", 3), generate.policy_text("8", 3))
        self.assertEqual(generate.packet_lines("7", 3, policy, 50), generate.packet_lines("7", 3, policy, 50))


class Compare(unittest.TestCase):
    def compare(self, stand_in):
        """Runs compare on a stand-in for lyncedgectl: the oracle's own program, with a change."""
        with tempfile.TemporaryDirectory() as directory:
            tool = os.path.join(directory, "lyncedgectl")
            with open(tool, "w", encoding="ascii") as file:
                file.write("#!%s\nimport sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, %r)\nimport oracle\n%s\n"
                           % (sys.executable, HERE, stand_in))
            os.chmod(tool, 0o700)
            run = subprocess.run([os.path.join(HERE, "compare"), "--policies", "4", "--packets", "500", "--lyncedgectl",
                                  tool, "--keep", directory], stdout=subprocess.PIPE, universal_newlines=True)
            return run.returncode, run.stdout.splitlines()[-1]

    def test_right_tool_passes(self):
        self.assertEqual(self.compare("oracle.main()"), (0, "4 passed, 0 failed"))

    def test_wrong_port_fails(self):
        wrong = "oracle.Row.takes_ports = lambda row, source, destination: row.first <= destination < row.last"
        self.assertEqual(self.compare(wrong + "\noracle.main()"), (1, "0 passed, 4 failed"))

    def test_missing_answers_fail(self):
        self.assertEqual(self.compare("pass"), (1, "0 passed, 4 failed"))

    def test_surplus_answer_fails(self):
        self.assertEqual(self.compare("oracle.main()\nprint('accept ext-01')"), (1, "0 passed, 4 failed"))

    def test_error_status_fails(self):
        self.assertEqual(self.compare("oracle.main()\nsys.exit(2)"), (1, "0 passed, 4 failed"))


def main():
    result = unittest.main(argv=[sys.argv[0]] + sys.argv[1:], exit=False).result
    failed = len({test.id().split(" ")[0] for test, _ in result.failures + result.errors})
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
