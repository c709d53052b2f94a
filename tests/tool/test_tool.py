#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of lyncedgectl: its first verbs, and what all verbs have in common. See tooltest.py for what stands for the module."""

import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time

import tooltest
from tooltest import CLEAN, FEATURES, INSIDE, OPEN, PLAIN_TOOL, REASONS, SAMPLE, TOOL, TOP, VERBS, Result, ToolTest


class Words(ToolTest):
    def test_help(self):
        result = self.run_tool("--help", wants=0)
        self.assertEqual(result.err, "")
        listed = [line.split()[0] for line in result.out.splitlines() if line.startswith("  ") and line[2] != " "]
        self.assertEqual([word for word in listed if word in VERBS], VERBS)

    def test_help_of_each_verb(self):
        for verb in VERBS:
            with self.subTest(verb):
                result = self.run_tool(verb, "--help", wants=0)
                self.assertTrue(result.out.startswith("usage: lyncedgectl " + verb), result)
                self.assertGreater(len(result.out.splitlines()), 2, result)
                self.assertEqual(result.err, "")
                self.assertEqual([line for line in result.out.splitlines() if len(line) >= 80], [])
                self.assertEqual(self.run_tool("-h", verb, wants=0).out, result.out)

    def test_help_names_the_options(self):
        takes = {"status": "json peer", "check": "json", "show": "policy json", "mode": "json",
                 "matrix": "all policy tsv json", "counters": "all json watch count", "explain": "policy json batch",
                 "export": "policy", "replay": "policy json all external internal gateway",
                 "log": "policy json group count", "report": "policy"}
        for verb, options in takes.items():
            for option in options.split():
                with self.subTest(verb + " --" + option):
                    self.assertIn("--" + option, self.run_tool(verb, "--help").out)

    def test_version(self):
        result = self.run_tool("--version", wants=0)
        self.assertRegex(result.out, r"^lyncedgectl [0-9]+\.[0-9]+\.[0-9]+\n$")

    def test_no_verb(self):
        self.assertIn("explain", self.run_tool(wants=2).err)

    def test_unknown_verb(self):
        result = self.run_tool("frobnicate", wants=2)
        self.assertIn("unknown verb 'frobnicate'", result.err)
        self.assertIn("hint: one of: status check", result.err)

    def test_unknown_option(self):
        self.assertIn("--frobnicate", self.run_tool("status", "--frobnicate", wants=2).err)

    def test_option_of_another_verb(self):
        for verb, option in [("reset", "--json"), ("apply", "--json"), ("status", "--all"), ("counters", "--tsv"),
                             ("matrix", "--batch"), ("enable", "--json")]:
            result = self.run_tool(verb, option, wants=2)
            self.assertIn("does not take " + option, result.err)
            self.assertIn("usage: lyncedgectl " + verb, result.err)
        self.assertIn("does not take --policy", self.run_tool("status", "--policy", "x", wants=2).err)

    def test_operands(self):
        for verb, what in [("apply", "FILE"), ("enable", "FEATURE"), ("disable", "FEATURE"), ("replay", "CAPTURE"),
                           ("export", "nft, iptables or ipset"), ("diff", "FILE"), ("init", "FILE")]:
            self.assertIn(what + " is missing", self.run_tool(verb, wants=2).err)
        for arguments in [["apply", "a", "b"], ["status", "b"], ["check", "a", "b"], ["reset", "b"], ["show", "b"],
                          ["mode", "off", "b"], ["matrix", "b"], ["counters", "b"], ["export", "nft", "b"]]:
            self.assertIn("'b' is too much", self.run_tool(*arguments, wants=2).err)

    def test_policy_twice(self):
        self.assertIn("twice", self.run_tool("check", "--policy", "a", "--policy", "b", wants=2).err)
        self.assertIn("twice", self.run_tool("check", "--policy", "a", "b", wants=2).err)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            process = subprocess.run([TOOL, "matrix", "--all"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"cannot write", process.stderr)


class WithoutModule(ToolTest):
    def test_no_module(self):
        for arguments in [["status"], ["show"], ["mode"], ["mode", "off"], ["enable", "av"], ["disable", "av"],
                          ["matrix"], ["counters"], ["reset"], ["check"], ["apply", self.write("p", CLEAN)],
                          ["export", "nft"], ["replay", "capture"], ["log"], ["report"], ["counters", "--watch"],
                          ["explain", "external", "in", "tcp", "1.1.1.1:1", "2.2.2.2:2"], ["explain", "--batch"]]:
            with self.subTest(" ".join(arguments)):
                result = self.run_tool(*arguments, wants=2)
                self.assertIn("the module lyncedge is not loaded", result.err)
                self.assertIn("modprobe lyncedge", result.err)
                self.assertEqual(result.out, "")

    def test_another_version(self):
        self.make_sysfs()
        os.unlink(os.path.join(self.sysfs, "generation"))
        self.assertIn("different versions", self.run_tool("status", wants=2).err)

    def test_no_access(self):
        self.make_sysfs()
        os.unlink(os.path.join(self.sysfs, "mode"))
        os.mkdir(os.path.join(self.sysfs, "mode"))
        self.assertIn("mode: Is a directory", self.run_tool("mode", wants=2).err)


class Check(ToolTest):
    def refusal(self, text, name="x.policy"):
        result = self.run_tool("check", self.write(name, text), wants=1)
        self.assertEqual(result.out, "", result)
        return result.err.splitlines()

    def test_clean(self):
        for text in CLEAN, INSIDE:
            path = self.write("clean.policy", text)
            result = self.run_tool("check", path, wants=0)
            self.assertEqual(result.err, "", result)
            self.assertTrue(result.out.startswith(path + ": accepted: "), result)
            self.assertTrue(result.out.endswith("0 warnings\n"), result)

    def test_summary(self):
        result = self.run_tool("check", self.write("p", CLEAN), wants=0)
        self.assertIn(": accepted: 3 of 37 rows active, 0 site rows, 0 prefixes, 0 warnings", result.out)
        result = self.run_tool("check", self.write("p", CLEAN.replace("commit", "peer client 10.0.0.0/8\n"
                               "allow a external in tcp 1 from any to access\ncommit")), wants=0)
        self.assertIn("3 of 37 rows active, 1 site row, 1 prefix, 0 warnings", result.out)

    def test_sample(self):
        result = self.run_tool("check", SAMPLE, wants=0)
        for line in result.err.splitlines():
            self.assertRegex(line, "no device 'eth[01]'|^hint: is it misspelt|federation is limited by no|^hint: peer fed")

    def test_stdin(self):
        result = self.run_tool("check", "-", stdin=CLEAN, wants=0)
        self.assertIn("stdin: accepted", result.out)
        result = self.run_tool("check", "--policy", "-", stdin="x\ncommit\n", wants=1)
        self.assertIn("stdin:1:1: unknown statement 'x'", result.err)

    def test_in_force(self):
        self.make_sysfs(CLEAN)
        self.assertIn("policy in force: accepted", self.run_tool("check", wants=0).out)

    def test_cannot_read(self):
        self.assertIn("nowhere: No such file", self.run_tool("check", "nowhere", wants=2).err)
        self.assertIn("Is a directory", self.run_tool("check", ".", wants=2).err)

    def test_caret(self):
        path = os.path.join(self.dir, "x.policy")
        self.assertEqual(self.refusal("feature av\nfeature dns xmmp crl # why\ncommit\n"), [
            path + ":2:13: unknown feature 'xmmp'",
            "  feature dns xmmp crl # why",
            "              ^",
            "hint: one of: " + " ".join(FEATURES),
        ])

    def test_caret_after_tabs(self):
        lines = self.refusal("\tfeature\t\tdns\txmmp\ncommit\n")
        self.assertTrue(lines[0].endswith(":1:15: unknown feature 'xmmp'"), lines)
        self.assertEqual(lines[1:3], ["  \tfeature\t\tdns\txmmp", "  \t       \t\t   \t^"])

    def test_caret_at_what_is_missing(self):
        lines = self.refusal("edge access\ncommit\n")
        self.assertEqual(lines[1:3], ["  edge access", "             ^"])

    def test_caret_after_utf8(self):
        lines = self.refusal("interface external é è lo lo/x\ncommit\n")
        self.assertTrue(lines[0].endswith(":1:29: no device could be named 'lo/x'"), lines)
        self.assertEqual(lines[1:3], ["  interface external é è lo lo/x", " " * (2 + 26) + "^"])

    def test_caret_in_crlf(self):
        lines = self.refusal("feature av\r\nfeature x\r\ncommit\r\n")
        self.assertEqual(lines[1:3], ["  feature x", "          ^"])

    def test_caret_in_a_long_line(self):
        before, after = " ".join("10.0.0.%d" % i for i in range(100)), " ".join("10.0.1.%d" % i for i in range(100))
        lines = self.refusal("peer client " + before + " 10.0.0.256 " + after + "\ncommit\n")
        self.assertLess(len(lines[1]), 140)
        self.assertTrue(lines[1].startswith("  ...") and lines[1].endswith("..."), lines)
        self.assertEqual(lines[1].index("10.0.0.256"), lines[2].index("^"))
        lines = self.refusal("peer client 10.0.0.256 " + after + "\ncommit\n")
        self.assertTrue(lines[1].startswith("  peer client") and lines[1].endswith("..."), lines)
        self.assertEqual(lines[1].index("10.0.0.256"), lines[2].index("^"))

    def test_control_characters(self):
        lines = self.refusal(b"feature \x1b[31m\x00\ncommit\n")
        self.assertEqual(lines[1:3], ["  feature ?[31m?", "               ^"])

    def test_line_too_long(self):
        lines = self.refusal("feature" + " av" * 1400 + "\ncommit\n")
        self.assertIn("line is longer than 4096 bytes", lines[0])
        self.assertIn("^", lines[2])

    def test_missing_commit(self):
        for text in "feature av\n", "feature av":
            lines = self.refusal(text)
            self.assertTrue(lines[0].endswith(":2:1: missing 'commit'"), lines)
            self.assertEqual(lines[1:], ["hint: end the policy with a line 'commit'"])
        self.assertIn(":1:1: missing 'commit'", self.refusal("")[0])

    def test_json(self):
        data = json.loads(self.run_tool("check", "--json", self.write("p", CLEAN), wants=0).out)
        self.assertEqual((data["accepted"], data["error"], data["warnings"]), (True, None, []))
        self.assertEqual((data["active_rows"], data["site_rows"], data["prefixes"]), (3, 0, 0))
        data = json.loads(self.run_tool("check", "--json", self.write("p", "feature x\ncommit\n"), wants=1).out)
        self.assertEqual(data["accepted"], False)
        self.assertEqual(data["error"]["line"], 1)
        self.assertEqual(data["error"]["column"], 9)
        self.assertEqual(data["error"]["message"], "unknown feature 'x'")
        self.assertIn("one of:", data["error"]["hint"])
        data = json.loads(self.run_tool("check", "--json", self.write("p", "feature av\ncommit\n"), wants=0).out)
        self.assertTrue(data["warnings"])
        for warning in data["warnings"]:
            self.assertTrue(warning["message"] and warning["hint"])

    def test_json_of_a_name_that_is_no_text(self):
        result = self.run_tool("check", "--json", self.write("p", b"interface external a\xff\xc3\xa9\xf4\x90\x80\x80\ncommit\n"),
                               wants=0)
        self.assertIn("'a?é????'", json.loads(result.out)["warnings"][0]["message"])


class Warnings(ToolTest):
    def warnings(self, text):
        path = self.write("w.policy", text)
        result = self.run_tool("check", path, wants=0)
        lines = result.err.splitlines()
        messages, hints = lines[0::2], lines[1::2]
        for message in messages:
            self.assertTrue(message.startswith(path + ": warning: "), result)
        for hint in hints:
            self.assertTrue(hint.startswith("hint: ") and len(hint) > 10, result)
        self.assertEqual(len(messages), len(hints))
        self.assertIn(" %d warning" % len(messages), result.out)
        return [message[len(path + ": warning: "):] for message in messages]

    def only_warning(self, text, *parts):
        found = self.warnings(text)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_no_interface(self):
        self.assertIn("no interface is named: no packet will be judged",
                      self.warnings(CLEAN.replace("interface external lo\n", "")))

    def test_other_interface_forgotten(self):
        self.only_warning(CLEAN.replace("commit", "edge internal 10.0.0.1\ncommit"), "edge internal has addresses",
                          "no internal device is named")

    def test_device(self):
        self.only_warning(CLEAN.replace(" lo", " lo nosuchdevice"), "no device 'nosuchdevice'")

    def test_edge_without_address(self):
        self.only_warning(CLEAN.replace("dns", "crl web-conferencing"), "feature web-conferencing", "edge webconf",
                          "ext-08")
        found = self.warnings(CLEAN.replace("edge access 10.45.16.10\n", ""))
        self.assertEqual(len(found), 2, found)
        self.assertIn("feature dns is on, but edge access has no address: not active: ext-03, ext-04", found)
        self.assertIn("feature remote-access is on, but edge access has no address: not active: ext-05", found)

    def test_other_firewall_is_no_concern(self):
        self.assertEqual(self.warnings(INSIDE), [])

    def test_no_sip(self):
        self.only_warning("interface external lo\nedge av 10.0.0.1\nfeature av\ncommit\n", "av on", "no SIP row", "external")
        self.only_warning("interface external lo\nedge webconf 10.0.0.1\nfeature web-conferencing\ncommit\n",
                          "web-conferencing on", "no SIP row")
        found = self.warnings("interface internal lo\nfeature av\ncommit\n")
        self.assertTrue([text for text in found if "no SIP row is active on the internal interface" in text], found)

    def test_group_not_used(self):
        self.only_warning(CLEAN.replace("commit", "peer xmpp-partner 192.0.2.0/24\ncommit"), "group xmpp-partner",
                          "no active row")

    def test_group_used(self):
        self.assertEqual(self.warnings(CLEAN.replace("commit", "peer client 192.0.2.0/24\ncommit")), [])
        self.assertEqual(self.warnings(CLEAN.replace("commit", "peer xmpp-partner 192.0.2.0/24\n"
                                       "allow a external in tcp 1 from xmpp-partner to any\ncommit")), [])

    def test_group_used_by_an_inactive_row(self):
        found = self.warnings(CLEAN.replace("commit", "peer xmpp-partner 192.0.2.0/24\n"
                              "allow a external in tcp 1 from xmpp-partner to av\ncommit"))
        self.assertEqual(len(found), 2, found)

    def test_hooks_all(self):
        self.only_warning(CLEAN.replace("commit", "option hooks all\ncommit"), "administrator")
        for row in "in udp 22", "out tcp 22":
            self.only_warning(CLEAN.replace("commit", "option hooks all\nallow a external %s from any to any\ncommit" % row),
                              "administrator")
        self.assertEqual(self.warnings(CLEAN.replace("commit", "option hooks all\n"
                                       "allow a external in tcp 22 from any to any\ncommit")), [])

    def test_early_drop(self):
        early = CLEAN.replace("10.45.16.10", "10.45.16.10 public 131.107.155.10").replace("commit", "option early-drop on\ncommit")
        self.assertEqual(self.warnings(early), [])
        self.only_warning(early.replace("commit", "option unmatched reject\ncommit"), "unmatched reject", "early-drop")
        self.only_warning(INSIDE.replace("commit", "option early-drop on\ncommit"), "early-drop", "no external device")

    def test_early_drop_without_public_address(self):
        for address in ["10.0.0.1", "172.31.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"]:
            self.only_warning(CLEAN.replace("10.45.16.10", address).replace("commit", "option early-drop on\ncommit"),
                              "edge access has a private address", "early-drop")
        for address in ["131.107.155.10", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2001:db8::1",
                        "10.0.0.1 public 131.107.155.10", "fd00::1 public 2001:db8::1"]:
            self.assertEqual(self.warnings(CLEAN.replace("10.45.16.10", address)
                                           .replace("commit", "option early-drop on\ncommit")), [])
        self.only_warning(CLEAN.replace("10.45.16.10", "10.0.0.1 public 2001:db8::1")
                          .replace("commit", "option early-drop on\ncommit"), "edge access has a private address")

    def test_early_drop_at_an_address_of_this_machine(self):
        for address in ["127.0.0.1", "131.107.155.10 public 127.0.0.1"]:
            early = CLEAN.replace("10.45.16.10", address).replace("commit", "option early-drop on\ncommit")
            self.only_warning(early, "127.0.0.1 of edge access is this machine's own")
            self.assertEqual(self.warnings(early.replace("option early-drop on", "")), [])
            admin = "option hooks all\nallow a external in tcp 22 from any to any\ncommit"
            self.assertEqual(self.warnings(early.replace("commit", admin)), [])
        self.only_warning(early.replace("commit", "option scope address\n" + admin), "127.0.0.1 of edge access")

    def test_site_row_at_an_edge_without_address(self):
        self.only_warning(CLEAN.replace("commit", "allow a external in tcp 1 from any to av\ncommit"),
                          "row a can never match", "edge av has no address")

    def test_site_row_of_mixed_families(self):
        for ends in ["10.0.0.0/8 to 2001:db8::/32", "2001:db8::/32 to access", "access to ::/0"]:
            self.only_warning(CLEAN.replace("commit", "allow a external in tcp 1 from %s\ncommit" % ends),
                              "row a can never match", "IPv4", "IPv6")
        for ends in ["10.0.0.0/8 to any", "any to 2001:db8::/32", "client to ::/0", "access to 0.0.0.0/0"]:
            self.assertEqual(self.warnings(CLEAN.replace("commit", "allow a external in tcp 1 from %s\ncommit" % ends)), [])
        self.only_warning(CLEAN.replace("commit", "peer client 10.0.0.0/8\n"
                          "allow a external in tcp 1 from client to ::/0\ncommit"), "row a can never match")


class Changes(ToolTest):
    def test_apply(self):
        self.make_sysfs()
        result = self.run_tool("apply", self.write("p", CLEAN), wants=0)
        self.assertEqual(self.sysfs_text("policy"), CLEAN)
        self.assertIn("applied: 3 of 37 rows active", result.out)
        self.assertIn("The mode is off", result.out)
        self.assertEqual(result.err, "")

    def test_apply_stdin_and_mode(self):
        self.make_sysfs(mode="enforce")
        self.assertIn("The mode is enforce.", self.run_tool("apply", "-", stdin=CLEAN, wants=0).out)
        self.assertEqual(self.sysfs_text("policy"), CLEAN)

    def test_apply_replaces_a_longer_one(self):
        self.make_sysfs(policy="#" * 10000)
        self.run_tool("apply", "-", stdin=CLEAN, wants=0)
        self.assertEqual(self.sysfs_text("policy"), CLEAN)

    def test_apply_ends_the_last_line(self):
        self.make_sysfs()
        self.run_tool("apply", "-", stdin=CLEAN.rstrip("\n"), wants=0)
        self.assertEqual(self.sysfs_text("policy"), CLEAN)

    def test_apply_much(self):
        self.make_sysfs()
        text = "".join("peer client 10.%d.%d.0/24\n" % (i // 256, i % 256) for i in range(20000)) + CLEAN
        self.run_tool("apply", "-", stdin=text, wants=0)
        self.assertEqual(self.sysfs_text("policy"), text)

    def test_apply_warns(self):
        self.make_sysfs()
        result = self.run_tool("apply", "-", stdin=CLEAN.replace(" lo", " nosuchdevice"), wants=0)
        self.assertIn("no device 'nosuchdevice'", result.err)

    def test_apply_refused_here(self):
        self.make_sysfs(policy="as it was")
        result = self.run_tool("apply", self.write("p", "feature x\ncommit\n"), wants=1)
        self.assertIn("p:1:9: unknown feature 'x'\n  feature x\n          ^\n", result.err)
        self.assertIn("nothing was changed", result.err)
        self.assertEqual(self.sysfs_text("policy"), "as it was")

    def test_apply_refused_by_the_module(self):
        self.make_sysfs()
        self.refuse("policy", "line 9, column 9: not with me\nhint: with another\n")
        result = self.run_tool("apply", "-", stdin=CLEAN, wants=1)
        self.assertIn("stdin: line 9, column 9: not with me\nhint: with another\n", result.err)
        self.assertEqual(result.out, "")

    def test_apply_fails_otherwise(self):
        self.make_sysfs()
        os.unlink(os.path.join(self.sysfs, "policy"))
        os.symlink("/dev/full", os.path.join(self.sysfs, "policy"))
        self.assertIn("No space left", self.run_tool("apply", "-", stdin=CLEAN, wants=2).err)

    def test_mode(self):
        self.make_sysfs(mode="monitor")
        self.assertEqual(self.run_tool("mode", wants=0).out, "monitor\n")
        self.assertEqual(json.loads(self.run_tool("mode", "--json", wants=0).out), {"mode": "monitor"})
        for mode in "enforce", "off", "monitor":
            self.run_tool("mode", mode, wants=0)
            self.assertEqual(self.sysfs_text("mode"), mode)

    def test_mode_refused(self):
        self.make_sysfs()
        self.refuse("mode", "there is no policy to enforce\nhint: write a policy first\n")
        result = self.run_tool("mode", "enforce", wants=1)
        self.assertIn("mode: there is no policy to enforce\nhint: write a policy first\n", result.err)

    def test_mode_refused_without_a_reason(self):
        self.make_sysfs()
        self.refuse("mode")
        self.assertIn("mode: Invalid argument", self.run_tool("mode", "off", wants=1).err)

    def test_mode_unknown(self):
        self.make_sysfs(mode="monitor")
        self.assertIn("unknown mode 'on': off, monitor or enforce", self.run_tool("mode", "on", wants=2).err)
        self.run_tool("mode", "off", "--json", wants=2)
        self.assertEqual(self.sysfs_text("mode"), "monitor\n")

    def test_features(self):
        self.make_sysfs()
        self.run_tool("enable", "av", "dns", wants=0)
        self.assertEqual([self.sysfs_text("features/" + name) for name in ("av", "dns", "crl")], ["1", "1", "0\n"])
        self.run_tool("disable", "av", wants=0)
        self.assertEqual([self.sysfs_text("features/" + name) for name in ("av", "dns")], ["0", "1"])

    def test_feature_unknown(self):
        self.make_sysfs()
        result = self.run_tool("enable", "av", "xmmp", wants=2)
        self.assertIn("unknown feature 'xmmp'\nhint: one of: " + " ".join(FEATURES), result.err)
        self.assertEqual(self.sysfs_text("features/av"), "0\n")

    def test_feature_refused(self):
        self.make_sysfs()
        os.unlink(os.path.join(self.sysfs, "features/pic"))
        # A file that takes 1, and refuses 0.
        os.symlink("/proc/self/clear_refs", os.path.join(self.sysfs, "features/pic"))
        self.write("sysfs/error", "no\n")
        self.write("sysfs/features/dns", "1")
        result = self.run_tool("disable", "dns", "pic", wants=1)
        self.assertIn("pic: no\n", result.err)
        self.assertIn("changed before that: 1 of 2 features", result.err)
        self.assertEqual(self.sysfs_text("features/dns"), "0")

    def test_confirm(self):
        self.make_sysfs(mode="monitor")
        result = self.run_tool("apply", self.write("p", CLEAN), "--confirm", "60", wants=0)
        self.assertIn("In 60 s all is as before, unless you say: lyncedgectl confirm\n", result.out)
        self.assertEqual(self.sysfs_text("confirm"), "60")
        self.assertEqual(self.sysfs_text("policy"), CLEAN)
        self.assertRegex(self.run_tool("status", wants=0).out, "(?m)^unconfirmed +undone in 60 s")
        self.assertEqual(json.loads(self.run_tool("status", "--json", wants=0).out)["confirm_seconds"], 60)
        self.run_tool("confirm", wants=0)
        self.assertEqual(self.sysfs_text("confirm"), "0")
        result = self.run_tool("confirm", wants=1)
        self.assertIn("there is no change that would have to be confirmed\nhint: ", result.err)
        self.assertNotIn("unconfirmed", self.run_tool("status", wants=0).out)
        self.run_tool("mode", "off", "--confirm", "86400", wants=0)
        self.assertEqual((self.sysfs_text("mode"), self.sysfs_text("confirm")), ("off", "86400"))

    def test_confirm_features(self):
        """Those that were changed before one was refused are undone with it: nothing may confirm them."""
        self.make_sysfs(CLEAN)
        said = "In 60 s all is as before, unless you say: lyncedgectl confirm\n"
        result = self.run_tool("enable", "av", "--confirm", "60", wants=0)
        self.assertEqual((result.out, self.sysfs_text("confirm"), self.sysfs_text("features/av")), (said, "60", "1"))
        self.run_tool("confirm", wants=0)
        self.run_tool("disable", "--confirm=60", "av", "dns", wants=0)
        self.assertEqual((self.sysfs_text("confirm"), self.sysfs_text("features/av"), self.sysfs_text("features/dns")), ("60", "0", "0"))
        self.run_tool("confirm", wants=0)
        self.run_tool("enable", "avv", "--confirm", "60", wants=2)
        self.assertEqual(self.sysfs_text("confirm"), "0")
        os.unlink(os.path.join(self.dir, "sysfs", "features", "pic"))
        self.assertEqual(self.run_tool("enable", "pic", "av", "--confirm", "60", wants=2).out, "")
        self.assertEqual(self.sysfs_text("confirm"), "0")
        result = self.run_tool("enable", "av", "pic", "--confirm", "60", wants=2)
        self.assertIn("changed before that: 1 of 2 features", result.err)
        self.assertEqual((result.out, self.sysfs_text("confirm")), (said, "60"))

    def test_confirm_refused(self):
        """What is refused leaves nothing that would be undone."""
        self.make_sysfs()
        self.run_tool("apply", self.write("p", "nonsense\n"), "--confirm", "60", wants=1)
        self.assertEqual(self.sysfs_text("confirm"), "0\n")
        self.refuse("mode", "there is no policy to enforce\n")
        self.run_tool("mode", "enforce", "--confirm", "60", wants=1)
        self.assertEqual(self.sysfs_text("confirm"), "0")
        # Nor does it confirm a change before it.
        self.write("sysfs/confirm", "30\n")
        self.run_tool("mode", "enforce", "--confirm", "60", wants=1)
        self.assertEqual(self.sysfs_text("confirm"), "60")
        for seconds in ("0", "", "x", "-1", "86401", "1.5", "+60", "99999999999999999999"):
            result = self.run_tool("apply", self.write("p", CLEAN), "--confirm", seconds, wants=2)
            self.assertIn("is no number of seconds from 1 to 86400", result.err)
        self.assertEqual(self.sysfs_text("policy"), "")
        self.run_tool("mode", "--confirm", "60", wants=2)

    def test_reset(self):
        self.make_sysfs()
        self.run_tool("reset", wants=0)
        self.assertEqual(self.sysfs_text("reset"), "1")


class Readings(ToolTest):
    COUNTERS = ("ext-01 0 0\next-05 10 1000\next-15 1 100\nweb 2 300\nno-row 5 500\nmalformed 0 0\nfragment 0 0\n"
                "blocked 1 60\nprotocol 0 0\ninvalid 2 20\nicmp-related 3 90\nicmp-echo 0 0\n")

    def test_status(self):
        self.make_sysfs(CLEAN.replace(" lo", " lo nosuchdevice"), mode="monitor", counters=self.COUNTERS,
                        error="line 3, column 9: oh\nhint: no\n")
        out = self.run_tool("status", wants=0).out
        for line in ["mode +monitor", "generation +7", r"external +lo nosuchdevice \(not there\)", "internal +no device",
                     "features +dns remote-access", "rows +3 of 37 active, and 0 of the site", "prefixes +0",
                     "accepted +16 packets, 1490 bytes", "dropped +8 packets, 580 bytes .*let pass",
                     "last error +line 3, column 9: oh", "hint: no"]:
            self.assertRegex(out, "(?m)^" + line)

    def test_status_enforcing(self):
        self.make_sysfs(CLEAN, mode="enforce", counters=self.COUNTERS)
        out = self.run_tool("status", wants=0).out
        self.assertRegex(out, "(?m)^dropped +8 packets, 580 bytes$")
        self.assertNotIn("last error", out)

    def test_status_without_policy(self):
        self.make_sysfs()
        self.assertRegex(self.run_tool("status", wants=0).out, "(?m)^policy +none: lyncedgectl apply")
        self.assertIsNone(json.loads(self.run_tool("status", "--json", wants=0).out)["policy"])

    def test_status_json(self):
        self.make_sysfs(CLEAN.replace(" lo", " lo nosuchdevice"), mode="monitor", counters=self.COUNTERS,
                        error="line 3, column 9: oh\nhint: no\n")
        self.assertEqual(json.loads(self.run_tool("status", "--json", wants=0).out), {
            "mode": "monitor",
            "generation": 7,
            "confirm_seconds": 0,
            "module": {"version": "0.1.0", "build": "0123456789ABCDEF"},
            "policy": {
                "interfaces": {"external": [{"name": "lo", "present": True}, {"name": "nosuchdevice", "present": False}],
                               "internal": []},
                "features": ["dns", "remote-access"],
                "active_rows": 3, "site_rows": 0, "prefixes": 0,
                "sha256": hashlib.sha256(CLEAN.replace(" lo", " lo nosuchdevice").encode()).hexdigest(),
            },
            "accepted": {"packets": 16, "bytes": 1490},
            "dropped": {"packets": 8, "bytes": 580},
            "error": "line 3, column 9: oh\nhint: no",
            "peer": None,
        })

    def test_status_of_another_version(self):
        self.make_sysfs("option new on\ncommit\n")
        self.assertIn("unknown option 'new'", self.run_tool("status", wants=2).err)

    def test_counters(self):
        self.make_sysfs(counters=self.COUNTERS)
        lines = [line.split() for line in self.run_tool("counters", wants=0).out.splitlines()]
        self.assertEqual(lines, [["NAME", "KIND", "PACKETS", "BYTES"], ["ext-05", "row", "10", "1000"],
                                 ["ext-15", "row", "1", "100"], ["web", "site-row", "2", "300"],
                                 ["no-row", "drop", "5", "500"], ["blocked", "drop", "1", "60"], ["invalid", "drop", "2", "20"],
                                 ["icmp-related", "accept", "3", "90"]])
        lines = self.run_tool("counters", "--all", wants=0).out.splitlines()
        self.assertEqual([line.split()[0] for line in lines[1:]],
                         [line.split()[0] for line in self.COUNTERS.splitlines()])

    def test_counters_json(self):
        self.make_sysfs(counters=self.COUNTERS)
        data = json.loads(self.run_tool("counters", "--json", wants=0).out)
        self.assertEqual(data["counters"][0], {"name": "ext-05", "kind": "row", "packets": 10, "bytes": 1000})
        self.assertEqual(len(data["counters"]), 7)
        data = json.loads(self.run_tool("counters", "--all", "--json", wants=0).out)
        self.assertEqual(len(data["counters"]), 12)

    def test_counters_zero(self):
        self.make_sysfs()
        self.assertEqual(self.run_tool("counters", wants=0).out, "Nothing has been counted.\n")

    def test_counters_not_understood(self):
        for line in "ext-01 1\n", "ext-01\n", "ext-01 1 2 3\n", "ext-01 x 2\n", "\next-01 1 2\n":
            self.setUp()
            self.make_sysfs(counters=line)
            self.assertIn("not understood", self.run_tool("counters", wants=2).err)

    def test_show(self):
        self.make_sysfs("whatever the module says\n")
        self.assertEqual(self.run_tool("show", wants=0).out, "whatever the module says\n")

    def test_show_nothing(self):
        self.make_sysfs()
        result = self.run_tool("show", wants=2)
        self.assertIn("there is no policy in force", result.err)
        self.assertIn("lyncedgectl apply FILE", result.err)

    def test_show_canonical(self):
        canonical = self.run_tool("show", "--policy", SAMPLE, wants=0).out
        self.assertNotIn("#", canonical)
        self.assertTrue(canonical.endswith("commit\n"))
        self.assertEqual(self.run_tool("show", "--policy", "-", stdin=canonical, wants=0).out, canonical)

    def test_show_json(self):
        policy = self.write("p", CLEAN.replace("commit", "peer client 10.0.0.0/8 2001:db8::/32\nblock 192.0.2.1\n"
                            "edge av 10.0.0.3 public 192.0.2.3\nport rtp 40000-40009\nport ext-05 5061\n"
                            "allow a external in udp 1-2 from client to 10.0.0.0/8\noption log-group 5\ncommit"))
        data = json.loads(self.run_tool("show", "--policy", policy, "--json", wants=0).out)
        self.assertEqual(data["interfaces"], {"external": ["lo"], "internal": []})
        self.assertEqual(data["edges"]["av"], {"addresses": ["10.0.0.3"], "public": ["192.0.2.3"]})
        self.assertEqual(data["peers"], {"client": ["10.0.0.0/8", "2001:db8::/32"]})
        self.assertEqual(data["block"], ["192.0.2.1"])
        self.assertEqual(data["features"], ["dns", "remote-access"])
        self.assertEqual(data["ports"], {"rtp": {"port_first": 40000, "port_last": 40009},
                                         "ext-05": {"port_first": 5061, "port_last": 5061}})
        self.assertEqual(data["site_rows"], [{"name": "a", "interface": "external", "direction": "in", "protocol": "udp",
                                              "port_first": 1, "port_last": 2, "from": "client", "to": "10.0.0.0/8"}])
        self.assertEqual(data["options"]["established"], "conntrack")
        self.assertEqual(data["options"]["log-group"], 5)

    def test_policy_that_changes_while_it_is_read(self):
        """The second time, generation is the same before and after: what is read then counts."""
        self.make_sysfs(CLEAN)
        path = os.path.join(self.sysfs, "generation")
        os.unlink(path)
        os.mkfifo(path)
        served = []

        def serve():
            for text, policy in [("1\n", CLEAN), ("2\n", OPEN + "commit\n"), ("2\n", None)]:
                # Opening waits for the tool to open; it reads "policy" only after this is closed.
                with open(path, "w", encoding="ascii") as file:
                    if policy:
                        self.write("sysfs/policy", policy)
                    file.write(text)
                served.append(text)
                time.sleep(0.2)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        result = self.run_tool("show", wants=0)
        thread.join(10)
        self.assertEqual(len(served), 3)
        self.assertEqual(result.out, OPEN + "commit\n")


class Matrix(ToolTest):
    def tsv(self, *arguments):
        lines = self.run_tool("matrix", "--tsv", *arguments, wants=0).out.splitlines()
        return [line.split("\t") for line in lines]

    def test_all_is_the_published_one(self):
        with open(os.path.join(TOP, "tests", "oracle", "matrix.tsv"), encoding="ascii") as file:
            published = file.read()
        self.assertEqual(len(published.splitlines()), 38)
        self.assertEqual(self.run_tool("matrix", "--all", "--tsv", wants=0).out, published)

    def test_all_is_the_published_one_whatever_is_in_force(self):
        self.make_sysfs(OPEN + "port ext-05 1\ncommit\n")
        self.assertEqual(len(self.tsv("--all")), 38)
        self.assertIn("443", [row for row in self.tsv("--all") if row[0] == "ext-05"][0])

    def test_all(self):
        lines = self.run_tool("matrix", "--all", wants=0).out.splitlines()
        self.assertEqual(len(lines), 38)
        for line in lines:
            self.assertEqual(line, line.rstrip())
        repeats = {line.split()[0]: line.split()[-3:] for line in lines if "counts at" in line}
        self.assertEqual(repeats, {"fed-01": ["counts", "at", "ext-07"], "xmpp-01": ["counts", "at", "ext-01"],
                                   "xmpp-03": ["counts", "at", "int-01"]})

    def test_active(self):
        ids = [row[0] for row in self.tsv("--policy", self.write("p", CLEAN))]
        self.assertEqual(ids, ["id", "ext-03", "ext-04", "ext-05"])
        self.make_sysfs(CLEAN)
        self.assertEqual([row[0] for row in self.tsv()], ids)

    def test_site_rows_and_ports(self):
        policy = self.write("p", OPEN + "port ext-05 5061\nport rtp 1024-2047\ncommit\n")
        rows = {row[0]: row for row in self.tsv("--policy", policy)}
        self.assertEqual(rows["ext-05"][6:8], ["5061", "5061"])
        self.assertEqual(rows["pic-04"][6:8], ["1024", "2047"])
        self.assertEqual(rows["web"], "web internal out site - tcp 8000 8080 internal 192.0.2.0/24 -".split())
        self.assertEqual(list(rows)[-1], "web")
        self.assertNotIn("ext-09", rows)

    def test_states(self):
        policy = self.write("p", OPEN.replace("edge webconf 10.45.16.20\n", "") +
                            "port fed-01 5060-5061\noption ports strict\nallow w external in tcp 1 from webconf to any\ncommit\n")
        lines = self.run_tool("matrix", "--all", "--policy", policy, wants=0).out.splitlines()
        states = {line.split()[0]: line.split(None, 8)[8] for line in lines}
        self.assertEqual(states["ext-05"], "active")
        self.assertEqual(states["ext-02"], "off: feature crl")
        self.assertEqual(states["ext-08"], "off: edge webconf has no address")
        self.assertEqual(states["w"], "off: edge webconf has no address")
        self.assertEqual(states["fed-01"], "active")
        self.assertEqual(states["xmpp-01"], "active, counts at ext-01")
        self.assertEqual(states["pic-04"], "active, port at either end")
        self.assertEqual(states["ext-16"], "active, port and source in the media range")
        self.assertEqual(states["pic-05"], "active, port and source 3478")
        self.assertEqual(states["web"], "active")

    def test_nothing_active(self):
        self.assertIn("No row is active", self.run_tool("matrix", "--policy", "-", stdin="commit\n", wants=0).out)

    def test_json(self):
        data = json.loads(self.run_tool("matrix", "--all", "--json", wants=0).out)
        self.assertEqual(len(data["rows"]), 37)
        self.assertEqual(data["rows"][4], {
            "id": "ext-05", "interface": "external", "direction": "in", "service": "access", "application": "SIP/TLS",
            "protocol": "tcp", "port_first": 443, "port_last": 443, "source": ["client"], "destination": ["access"],
            "features": ["remote-access"]})
        data = json.loads(self.run_tool("matrix", "--json", "--policy", self.write("p", OPEN + "commit\n"), wants=0).out)
        rows = {row["id"]: row for row in data["rows"]}
        self.assertEqual(rows["fed-01"]["counts_at"], "ext-07")
        self.assertTrue(rows["fed-01"]["active"])
        self.assertEqual(rows["int-05"]["source"], ["front-end", "branch"])
        self.assertNotIn("features", rows["web"])

    def test_json_and_tsv(self):
        self.run_tool("matrix", "--all", "--json", "--tsv", wants=2)

    def test_refused_policy(self):
        self.run_tool("matrix", "--policy", "-", stdin="x\n", wants=2)


class Explain(ToolTest):
    PACKET = "external in tcp 198.51.100.7:40000 10.45.16.10:443".split()

    def explain(self, packet, policy=OPEN + "commit\n", options=(), wants=None):
        return self.run_tool("explain", *options, "--policy", self.write("e.policy", policy), *packet.split(), wants=wants)

    def test_accepted(self):
        result = self.explain("external in tcp 198.51.100.7:40000 10.45.16.10:443", wants=0)
        lines = result.out.splitlines()
        self.assertEqual(lines[0], "accept ext-05")
        self.assertIn("SIP/TLS", lines[1])
        self.assertEqual(result.err, "")

    def test_repeated(self):
        out = self.explain("external out tcp 10.45.16.10:40000 198.51.100.7:5061", wants=0).out
        self.assertTrue(out.startswith("accept ext-07\n"))
        self.assertIn("fed-01 says the same", out)

    def test_dropped(self):
        out = self.explain("external in tcp 198.51.100.7:40000 10.45.16.10:444", wants=1).out
        self.assertTrue(out.startswith("drop no-row\n"))
        self.assertIn("row ext-05 comes nearest, but its port is 443, not 444", out)

    def test_dropped_by_a_row_that_is_off(self):
        out = self.explain("external out tcp 10.45.16.10:40000 198.51.100.7:80", wants=1).out
        self.assertIn("row ext-02 comes nearest, but it is off: it needs feature crl", out)
        out = self.explain("external out udp 10.45.16.30:3478 198.51.100.7:3478", OPEN.replace(" pic-av", "") + "commit\n",
                           wants=1).out
        self.assertIn("row ext-13 comes nearest, but it is off: it needs one of the features av-federation,", out)

    def test_other_answers(self):
        for packet, more, answer in [
                ("external in tcp 203.0.113.9:1 10.45.16.10:443", "", "drop blocked"),
                ("external in gre 198.51.100.7 10.45.16.10", "", "drop protocol"),
                ("external in icmp 198.51.100.7 10.45.16.10", "", "drop protocol"),
                ("external in icmp-echo 198.51.100.7 10.45.16.10", "", "drop protocol"),
                ("external in icmp-echo 198.51.100.7 10.45.16.10", "option icmp-echo allow\n", "accept icmp-echo"),
                ("external in icmp-echo 2001:db8::1 2001:db8:16::10", "option icmp-echo allow\n", "accept icmp-echo"),
                ("external in icmp 198.51.100.7 10.45.16.10", "option icmp-echo allow\n", "drop protocol"),
                ("external in tcp 198.51.100.7:1 10.9.9.9:443", "option scope address\n", "accept unjudged"),
                ("external in tcp 198.51.100.7:1 10.9.9.9:443", "", "drop no-row"),
                ("internal out tcp 172.25.33.10:1 192.0.2.5:8080", "", "accept web"),
                ("internal out tcp 172.25.33.10:1 192.0.2.5:8081", "", "drop no-row"),
                ("external in tcp [2001:db8::1]:40000 [2001:DB8:16:0::10]:443", "", "accept ext-05")]:
            with self.subTest(packet + " / " + more):
                result = self.explain(packet, OPEN + more + "commit\n", wants=0 if answer.startswith("accept") else 1)
                self.assertEqual(result.out.splitlines()[0], answer)

    def test_mirror_of_stateless(self):
        """Only UDP can answer with its first packet."""
        for protocol, answer in [("udp", "accept ext-14"), ("tcp", "drop no-row")]:
            packet = "external out %s 10.45.16.30:%d 198.51.100.7:40000" % (protocol, 3478 if protocol == "udp" else 443)
            self.assertEqual(self.judged(OPEN + "option established stateless\ncommit\n", packet), [answer])
            self.assertEqual(self.judged(OPEN + "commit\n", packet), ["drop no-row"])

    def test_in_force(self):
        self.make_sysfs(OPEN + "commit\n", mode="monitor")
        result = self.run_tool("explain", *self.PACKET, wants=0)
        self.assertTrue(result.out.startswith("accept ext-05\n"))
        self.assertNotIn("mode", result.out)
        result = self.run_tool("explain", *self.PACKET[:-1], "10.45.16.10:444", wants=1)
        self.assertIn("the mode is monitor", result.out)
        self.write("sysfs/mode", "off\n")
        self.assertIn("the mode is off", self.run_tool("explain", *self.PACKET, wants=0).out)
        result = self.run_tool("explain", "--batch", stdin=" ".join(self.PACKET), wants=0)
        self.assertEqual(result.out, "accept ext-05\n")

    def test_nothing_in_force(self):
        self.make_sysfs()
        self.assertIn("there is no policy in force", self.run_tool("explain", *self.PACKET, wants=2).err)

    def test_refused_policy(self):
        self.assertIn(":1:1: ", self.explain(" ".join(self.PACKET), "x\n", wants=2).err)

    def test_json(self):
        packet = "external in tcp 198.51.100.7:40000 10.45.16.10:"
        self.assertEqual(json.loads(self.explain(packet + "443", options=["--json"], wants=0).out),
                         {"verdict": "accept", "row": "ext-05", "service": "access", "application": "SIP/TLS"})
        data = json.loads(self.explain(packet + "444", options=["--json"], wants=1).out)
        self.assertEqual((data["verdict"], data["reason"]), ("drop", "no-row"))
        data = json.loads(self.explain(packet + "444", OPEN + "option scope address\ncommit\n", ["--json"], wants=1).out)
        self.assertEqual(data["reason"], "no-row")
        data = json.loads(self.explain("external in tcp 1.1.1.1:1 10.9.9.9:444", OPEN + "option scope address\ncommit\n",
                                       ["--json"], wants=0).out)
        self.assertEqual((data["verdict"], data["reason"]), ("accept", "unjudged"))

    def test_error(self):
        result = self.explain("external in tcp 198.51.100.7 10.45.16.10:443", wants=2)
        self.assertEqual(result.out, "")
        self.assertIn("no source port", result.err)
        self.assertIn("usage: lyncedgectl explain", result.err)

    def test_stdin_twice(self):
        self.run_tool("explain", "--batch", "--policy", "-", stdin=CLEAN, wants=2)
        self.run_tool("explain", "--batch", "external", wants=2)


class Batch(ToolTest):
    GOOD = "external in tcp 198.51.100.7:40000 10.45.16.10:443"

    def test_errors(self):
        ends = "198.51.100.7:1 10.45.16.10:443"
        for line, message in [
                ("", "empty line"),
                (" \t ", "empty line"),
                ("external in tcp 198.51.100.7:1", "too few words"),
                (self.GOOD + " x", "too many words"),
                ("outside in tcp " + ends, "unknown interface"),
                ("extern in tcp " + ends, "unknown interface"),
                ("external inn tcp " + ends, "unknown direction"),
                ("external in tpc " + ends, "unknown protocol"),
                ("external in 256 " + ends, "unknown protocol"),
                ("external in -1 " + ends, "unknown protocol"),
                ("external in tcp 198.51.100:1 10.45.16.10:443", "malformed source address"),
                ("external in tcp 198.51.100.7:1 10.45.16.300:443", "malformed destination address"),
                ("external in tcp [198.51.100.7]:1 10.45.16.10:443", "malformed source address"),
                ("external in tcp [2001:db8::1:1 [2001:db8::2]:443", "malformed source address"),
                ("external in tcp [2001:db8::1]1 [2001:db8::2]:443", "malformed source address"),
                ("external in tcp []:1 [2001:db8::2]:443", "malformed source address"),
                ("external in tcp 2001:db8::g [2001:db8::2]:443", "malformed source address"),
                ("external in tcp : 10.45.16.10:443", "malformed source address"),
                ("external in tcp [ 10.45.16.10:443", "malformed source address"),
                ("external in tcp 198.51.100.7 10.45.16.10:443", "no source port"),
                ("external in udp 198.51.100.7:1 10.45.16.10", "no destination port"),
                ("external in udp [2001:db8::1] [2001:db8::2]:443", "no source port"),
                ("external in 6 198.51.100.7 10.45.16.10", "no source port"),
                ("external in tcp 2001:db8::1 [2001:db8::2]:443", "no source port"),
                ("external in tcp 198.51.100.7: 10.45.16.10:443", "source port is not from 0 to 65535"),
                ("external in tcp 198.51.100.7:1 10.45.16.10:65536", "destination port is not from 0 to 65535"),
                ("external in tcp 198.51.100.7:1 10.45.16.10:99999999999999999999", "destination port is not"),
                ("external in tcp 198.51.100.7:1 10.45.16.10:4x3", "destination port is not from 0 to 65535"),
                ("external in gre 198.51.100.7:x 10.45.16.10", "source port is not from 0 to 65535"),
                ("external in tcp 198.51.100.7:1 [2001:db8::2]:443", "source and destination are of different families"),
                ("external in tcp \xe9:1 10.45.16.10:443", "malformed source address"),
                ("x" * 2000, "line too long")]:
            with self.subTest(line[:80]):
                answers = self.judged(OPEN + "commit\n", self.GOOD, line, self.GOOD)
                self.assertEqual((answers[0], answers[2]), ("accept ext-05", "accept ext-05"))
                self.assertTrue(answers[1].startswith("error " + message), answers)

    def test_status(self):
        policy = self.write("p", OPEN + "commit\n")
        run = lambda text: self.run_tool("explain", "--policy", policy, "--batch", stdin=text).status
        self.assertEqual(run(self.GOOD + "\n"), 0)
        self.assertEqual(run(self.GOOD.replace("443", "444") + "\n"), 0)
        self.assertEqual(run(""), 0)
        self.assertEqual(run(self.GOOD + "\nx\n"), 2)

    def test_forms(self):
        same = [self.GOOD, "  external\tin   tcp\t\t198.51.100.7:40000 10.45.16.10:443  ", self.GOOD + "\r",
                self.GOOD.replace("tcp", "6"), self.GOOD.replace(":443", ":0443")]
        self.assertEqual(self.judged(OPEN + "commit\n", *same), ["accept ext-05"] * len(same))
        others = ["external in gre 198.51.100.7 10.45.16.10:1", "external in 255 [2001:db8::1] 2001:db8::2",
                  "external in sctp [2001:db8::1]:1 [2001:db8::2]:0", "external in 0 1.1.1.1 2.2.2.2",
                  "internal out ospf ::1 ::"]
        self.assertEqual(self.judged(OPEN + "commit\n", *others), ["drop protocol"] * len(others))

    def test_last_line_without_end(self):
        result = self.run_tool("explain", "--policy", self.write("p", OPEN + "commit\n"), "--batch",
                               stdin=self.GOOD + "\n" + self.GOOD, wants=0)
        self.assertEqual(result.out, "accept ext-05\naccept ext-05\n")

    def test_very_long_lines(self):
        """Longer than any buffer, at the start, in the middle, at the end; and long input in general."""
        text = "y" * 1000000 + "\n" + self.GOOD + "\n" + "z" * 3000000 + "\n" + self.GOOD + "\n" + "x" * 600000
        result = self.run_tool("explain", "--policy", self.write("p", OPEN + "commit\n"), "--batch", stdin=text, wants=2)
        self.assertEqual(result.out.splitlines(), ["error line too long", "accept ext-05"] * 2 + ["error line too long"])

    def test_json(self):
        result = self.run_tool("explain", "--json", "--policy", self.write("p", OPEN + "commit\n"), "--batch",
                               stdin="\n".join([self.GOOD, self.GOOD.replace("443", "1"), "x"]), wants=2)
        data = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(data[:2], [{"verdict": "accept", "row": "ext-05"}, {"verdict": "drop", "reason": "no-row"}])
        self.assertIn("too few words", data[2]["error"])

    def test_answers_at_once(self):
        """A program can ask line by line."""
        process = subprocess.Popen([TOOL, "explain", "--policy", self.write("p", OPEN + "commit\n"), "--batch"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        guard = threading.Timer(20, process.kill)
        guard.start()
        for _ in range(3):
            process.stdin.write(self.GOOD.encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), b"accept ext-05\n")
        process.stdin.close()
        self.assertEqual(process.wait(), 0)
        process.stdout.close()
        guard.cancel()

    def test_site_rows_by_number(self):
        """Answers of many site rows, beyond the first word of the compiled table."""
        rows = "".join("allow row-%d external in tcp %d from any to any\n" % (i, 10000 + i) for i in range(1023))
        answers = self.judged(OPEN + rows + "commit\n",
                              *["external in tcp 1.1.1.1:1 2.2.2.2:%d" % (10000 + i) for i in range(1023)])
        self.assertEqual(answers, ["accept row-%d" % i for i in range(1023)])

    def test_a_million(self):
        known = {443: "accept ext-05", 5061: "accept ext-06", 80: "drop no-row", 5269: "accept ext-01"}
        ports = list(known)
        packets = "".join("external in tcp 198.51.%d.%d:%d %s\n" %
                          (i >> 8 & 255, i & 255, i & 65535,
                           "10.45.16.10:%d" % ports[i % 4] if i % 5 else "[2001:db8::1]:1")
                          for i in range(1000000))
        families = "error source and destination are of different families: both IPv4, or both IPv6"
        expected = [known[ports[i % 4]] if i % 5 else families for i in range(1000000)]
        started = time.monotonic()
        result = self.run_tool("explain", "--policy", self.write("p", OPEN + "commit\n"), "--batch", stdin=packets,
                               tool=PLAIN_TOOL, wants=2)
        print("a million packets: %.2f s" % (time.monotonic() - started))
        self.assertTrue(result.out.splitlines() == expected)


class ExportTest(ToolTest):
    """That a ruleset does as the module does is shown by tests/nft/run; here it is whether its filter takes it at all."""

    def export_to(self, policy, *arguments):
        result = self.run_tool("export", *arguments, "--policy", self.write("export.policy", policy), wants=0)
        self.assertEqual(result.err, "")
        return result.out

    def run_apart(self, script):
        """Runs a shell script in a network of its own."""
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        process = subprocess.run([*as_root, "unshare", "-n", "sh", "-ec", script], cwd=self.dir, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, check=False)
        result = Result(process)
        self.assertEqual(result.status, 0, result)
        return result.out


class ExportNft(ExportTest):
    def export(self, policy):
        return self.export_to(policy, "nft")

    def nft(self, script):
        return self.run_apart(script)

    def taken(self, policy):
        """The ruleset, which nft takes."""
        ruleset = self.export(policy)
        self.write("x.nft", ruleset)
        self.nft("nft -c -f x.nft")
        return ruleset

    def counters(self, ruleset):
        return [line.split()[1] for line in ruleset.splitlines() if line.startswith("\tcounter ")]

    def test_sample(self):
        with open(SAMPLE, encoding="ascii") as file:
            ruleset = self.taken(file.read())
        active = [line.split("\t")[0] for line in self.run_tool("matrix", "--tsv", "--policy", SAMPLE).out.splitlines()[1:]]
        site = [name for name in active if name == "edge-admin"]
        rows = [name for name in active if name not in site]
        self.assertIn("ext-16", rows)
        drops = ["drop-" + reason for reason in REASONS[:6]]
        self.assertEqual(self.counters(ruleset), rows + ["site-" + name for name in site] + drops + REASONS[6:])
        self.assertIn("# external in tcp 443, from client to access; access, SIP/TLS\n\tcounter ext-05 {", ruleset)
        self.assertIn("; counts at ext-07\n\tcounter fed-01 {", ruleset)
        self.assertIn('\t\tiifname "eth0" goto external-in\n\t\tiifname "eth1" goto internal-in\n', ruleset)
        self.assertIn('\t\tip saddr 192.168.10.0/24 counter name "int-02" accept\n', ruleset)

    def test_shape(self):
        """Media ranges first, then one map from protocol, port and address; several devices in a map."""
        ruleset = self.taken("interface external eth0 eth2\ninterface internal eth1\nedge access 10.45.16.10\nedge av 10.45.16.10\n"
                             "feature remote-access av av-federation-ocs2007\noption established stateless\n"
                             "allow mine external in tcp 100-200 from any to access\n"
                             "allow his external in udp 3478 from 192.0.2.0/24 to any\ncommit\n")
        self.assertIn('iifname vmap { "eth0" : goto external-in, "eth2" : goto external-in, "eth1" : goto internal-in }', ruleset)
        crossing = ruleset.split("\tchain external-in {\n")[1].split("\t}\n")[0].replace("\n\t\t\t", " ").splitlines()
        self.assertEqual(crossing, [
            "\t\tth dport 50000-59999 jump external-in-50000-59999",
            "\t\tmeta l4proto . th dport . ip daddr vmap { tcp . 443 . 10.45.16.10 : jump external-in-tcp-443-access-av, "
            "udp . 3478 . 10.45.16.10 : jump external-in-udp-3478-av }",
            "\t\tmeta l4proto udp jump external-in-udp", "\t\tmeta l4proto tcp jump external-in-tcp",
            "\t\tmeta l4proto udp goto external-out-answers", "\t\tmeta l4proto != tcp goto external-in-other",
            "\t\t@th,104,8 & 0x14 != 0 goto external-out-answers", "\t\tgoto no-row"])
        # Both rows of the key, in order; nothing after one that takes all.
        key = ruleset.split("\tchain external-in-tcp-443-access-av {\n")[1].split("\t}\n")[0]
        self.assertIn("ext-05", key)
        self.assertNotIn("ext-15", key)

    def test_replaces_itself(self):
        self.write("one.nft", self.export(OPEN + "commit\n"))
        self.write("two.nft", self.export("interface external lo\nallow mine external in tcp 22 from any to any\ncommit\n"))
        listed = self.nft("nft -f one.nft; nft -f one.nft; nft -f two.nft; nft list ruleset")
        self.assertIn("counter site-mine", listed)
        self.assertNotIn("ext-05", listed)
        self.assertEqual(listed.count("table "), 1)

    def test_nothing(self):
        self.assertNotIn("vmap", self.taken("commit\n").split("chain leaving")[0])

    def test_in_force(self):
        self.make_sysfs(policy=CLEAN)
        self.assertEqual(self.run_tool("export", "nft", wants=0).out, self.export(CLEAN))

    def test_nothing_in_force(self):
        self.make_sysfs()
        self.assertIn("there is no policy in force", self.run_tool("export", "nft", wants=2).err)

    def test_refused_policy(self):
        result = self.run_tool("export", "nft", "--policy", self.write("x", "peer nobody 1.2.3.4\ncommit\n"), wants=2)
        self.assertIn("unknown peer group 'nobody'", result.err)
        self.assertEqual(result.out, "")

    def test_other_filters(self):
        self.make_sysfs(policy=CLEAN)
        self.assertIn("unknown packet filter 'pf'", self.run_tool("export", "pf", wants=2).err)
        for name in ["nft", "ipset"]:
            self.assertIn("--ipv6 is for iptables: %s has both families" % name,
                          self.run_tool("export", name, "--ipv6", wants=2).err)

    def test_options(self):
        for option in ["established stateless", "established conntrack", "rtp-outbound source", "rtp-outbound destination",
                       "ports strict", "scope address", "unmatched reject", "icmp-echo allow", "hooks all",
                       "log-group 7", "early-drop on"]:
            for more in ["", "option established stateless\n"]:
                if more and option.startswith("established"):
                    continue
                with self.subTest(option + more):
                    self.taken(OPEN + more + "option " + option + "\ncommit\n")
        self.assertIn('log group 7 prefix "lyncedge:no-row"', self.export(OPEN + "option log-group 7\ncommit\n"))

    def test_names(self):
        """Words of nft, and what only looks like one."""
        names = ["accept", "tcp", "drop", "9", "9.9", "a.b_c-d", "counter", "x" * 31]
        rows = "".join("allow %s external in tcp %d from any to any\n" % (name, 1000 + n) for n, name in enumerate(names))
        ruleset = self.taken("interface external drop br-dmz.7 100 a@b {x} it's; \xe9t\xe9\n" + rows + "commit\n")
        self.assertEqual(self.counters(ruleset)[:len(names)], ["site-" + name for name in names])

    def test_devices_that_nft_cannot_name(self):
        for name in ["eth*", 'a"b', "a\\*", "*"]:
            with self.subTest(name):
                path = self.write("x", "interface external ok %s\ncommit\n" % name)
                result = self.run_tool("export", "nft", "--policy", path, wants=2)
                self.assertIn("nft has no way to write the device name " + name, result.err)
                self.assertEqual(result.out, "")

    def test_everybody(self):
        """Prefixes that hold all or touch the ends of all, nested and side by side."""
        self.taken(OPEN + "peer client 0.0.0.0/0 ::/0 10.0.0.0/8 10.1.0.0/16 255.255.255.255 ffff::/16 0.0.0.0\n"
                   "peer federation-partner 240.0.0.0/4 224.0.0.0/4 8000::/1 ::1\nblock 0.0.0.0/1 ::/0\n"
                   "allow a external in tcp 1 from 0.0.0.0/0 to ::/0\nallow b external in tcp 1-65535 from ::/0 to any\n"
                   "option established stateless\ncommit\n")

    def test_much(self):
        """A group of 100,000 prefixes loads."""
        prefixes = "".join("peer client 10.%d.%d.%d/31\n" % (n >> 14, n >> 6 & 255, n << 2 & 255) for n in range(50000))
        prefixes += "".join("peer client 2001:db8:%x:%x::/64\n" % (n >> 8, n << 1 & 511) for n in range(50000))
        self.write("x.nft", self.export(OPEN + prefixes + "option established stateless\ncommit\n"))
        started = time.monotonic()
        elements = self.nft("nft -f x.nft; nft list set inet lyncedge client-v4 | tr , '\\n' | grep -c /31")
        print("a group of 100,000 prefixes: loaded and listed in %.1f s" % (time.monotonic() - started))
        self.assertEqual(elements, "50000\n")

    def test_many_overlapping_site_rows(self):
        """Ranges that nest 1,000 deep are not repeated in each of their pieces."""
        rows = "".join("allow r%d external in tcp %d-%d from 198.51.%d.%d to access\n" %
                       (n, 1000 + n, 60000 - n, n >> 8, n & 255) for n in range(1000))
        ruleset = self.export(OPEN + rows + "commit\n")
        self.assertLess(len(ruleset), 4 << 20)
        self.write("x.nft", ruleset)
        self.nft("nft -c -f x.nft")


class ExportIptables(ExportTest):
    KINDS = ["legacy", "nft"]

    def export(self, policy):
        """(IPv4, IPv6, sets)"""
        return (self.export_to(policy, "iptables"), self.export_to(policy, "iptables", "--ipv6"),
                self.export_to(policy, "ipset"))

    def write_all(self, policy):
        parts = self.export(policy)
        for name, text in zip(["x.v4", "x.v6", "x.ipset"], parts):
            self.write(name, text)
        return parts

    def taken(self, policy):
        """What is exported, which both kinds of iptables take; the sets as well when they are there already."""
        parts = self.write_all(policy)
        self.run_apart("ipset -exist restore <x.ipset; ipset -exist restore <x.ipset\n" +
                       "".join("iptables-%s-restore --test <x.v4; ip6tables-%s-restore --test <x.v6\n" % (kind, kind)
                               for kind in self.KINDS))
        return parts

    def loaded(self, policy, script):
        self.write_all(policy)
        return self.run_apart("ipset -exist restore <x.ipset; iptables-legacy-restore <x.v4; "
                              "ip6tables-legacy-restore <x.v6\n" + script)

    def rules(self, ruleset):
        return [line for line in ruleset.splitlines() if line.startswith("-A ")]

    def check_sound(self, ruleset):
        """Every chain ends in a verdict or a goto (a chain that simply ends would accept), is declared, and, but for one
        without use, is reached; only the kernel's own chains jump."""
        chains = {line[1:].split()[0]: [] for line in ruleset.splitlines() if line.startswith(":")}
        reached = set()
        for rule in self.rules(ruleset):
            chain = rule.split()[1]
            jump = re.search(r" -([gj]) (\S+)(?: --(?:reject-with|nflog).*)?$", rule)
            self.assertTrue(jump, rule)
            if chain in chains:
                chains[chain].append(rule)
            if jump[2].startswith("lync-"):
                self.assertIn(jump[2], chains)
                self.assertEqual(jump[1], "j" if chain in ("INPUT", "FORWARD", "OUTPUT", "lync-output") else "g", rule)
                reached.add(jump[2])
        for chain, rules in chains.items():
            self.assertLessEqual(len(chain), 28)
            if chain in ("lync-output", "lync-defragment"):
                continue
            self.assertTrue(rules, chain)
            self.assertRegex(rules[-1], r"^-A \S+( -m comment --comment \S+)? -([gj]) \S+( --reject-with \S+)?$")
        self.assertLessEqual(set(chains) - reached,
                             {"lync-defragment"} | {name for name in chains if name.startswith("lync-drop-")})

    def test_sample(self):
        with open(SAMPLE, encoding="ascii") as file:
            parts = self.taken(file.read())
        self.assertEqual(parts[2], "")
        active = [line.split("\t")[0] for line in self.run_tool("matrix", "--tsv", "--policy", SAMPLE).out.splitlines()[1:]]
        for ruleset in parts[:2]:
            self.check_sound(ruleset)
            named = set(re.findall(r"--comment (\S+) -j RETURN", ruleset))
            wanted = {"site-" + name if name == "edge-admin" else name for name in active} - {"fed-01"}
            if ruleset is parts[1]:
                wanted -= {"site-edge-admin"}
            self.assertEqual(named, wanted | {"icmp-related"})
            for drop in ["no-row", "fragment", "blocked", "protocol", "invalid"]:
                self.assertIn("--comment drop-%s -j DROP" % drop, ruleset)
            self.assertRegex(ruleset, r"\n# fed-01 .*; counts at ext-07\n")
        self.assertIn('\n-A FORWARD -i "eth0" -j lync-ext-in\n', parts[0])

    def test_options(self):
        """All values but the defaults, several at a time."""
        for options in [["rtp-outbound source", "ports strict", "scope address", "log-group 7"],
                        ["rtp-outbound destination", "unmatched reject", "icmp-echo allow", "hooks all", "early-drop on"]]:
            for established in ["stateless", "conntrack"]:
                with self.subTest(options, established=established):
                    text = "".join("option %s\n" % option for option in options + ["established " + established])
                    for ruleset in self.taken(OPEN + text + "commit\n")[:2]:
                        self.check_sound(ruleset)

    def test_words(self):
        """What an option has the rules say."""
        for statement, wanted in [("option log-group 7", "-j NFLOG --nflog-group 7 --nflog-prefix lyncedge:no-row"),
                                  ("option unmatched reject", "--comment drop-no-row -j REJECT --reject-with tcp-reset"),
                                  ("option icmp-echo allow", "--icmp-type 8 -m comment --comment icmp-echo -j RETURN"),
                                  ("option hooks all", '-A OUTPUT -o "eth0" -j lync-ext-out'),
                                  ("option established stateless", "-m socket"),
                                  ("block 192.0.2.0/24", "-A lync-ext-in -s 192.0.2.0/24 -g lync-drop-blocked"),
                                  ("", "-m multiport --ports 50000:59999 -m tcp -m comment --comment pic-04"),
                                  ("option rtp-outbound source", "-m tcp --sport 50000:59999 -m comment --comment pic-04"),
                                  ("option ports strict", "-m udp --sport 3478 --dport 3478 -m comment --comment pic-05")]:
            with self.subTest(statement):
                self.assertIn(wanted, self.export_to(OPEN + statement + "\ncommit\n", "iptables"))

    def test_everybody(self):
        """Prefixes that hold all, nested and side by side: whoever is everybody is not asked for, not even in a set."""
        _, _, sets = self.taken(OPEN + "peer client 0.0.0.0/0 ::/0 10.0.0.0/8 10.1.0.0/16 255.255.255.255 ffff::/16 0.0.0.0\n"
                                "peer federation-partner 240.0.0.0/4 224.0.0.0/4 8000::/1 ::1\nblock 0.0.0.0/1 ::/0\n"
                                "allow a external in tcp 1 from 0.0.0.0/0 to ::/0\n"
                                "allow b external in tcp 1-65535 from ::/0 to any\noption established stateless\ncommit\n")
        self.assertEqual(sets, "")

    def test_sets(self):
        """Small groups are asked for one by one, larger ones in a set, which can be exchanged under rules in force."""
        few, more = (" ".join("192.0.2.%d" % n for n in range(1, last)) for last in (5, 6))
        policy = OPEN + "peer client " + few + "\npeer xmpp-partner " + more + " 2001:db8::/32\ncommit\n"
        v4, v6, sets = self.taken(policy)
        self.assertIn("-s 192.0.2.4 -p tcp -m tcp --dport 443", v4.replace("-d 10.45.16.10 ", ""))
        self.assertIn("-m set --match-set lyncedge-xmpp-partner-v4 src", v4)
        self.assertNotIn("-m set", v6)
        self.assertEqual(sets.count("add "), 5)
        listed = self.loaded(policy, "ipset -exist restore <x.ipset; ipset list lyncedge-xmpp-partner-v4; ipset list -n")
        self.assertIn("Number of entries: 5\n", listed)
        self.assertNotIn("lyncedge-new", listed)

    def test_many_edge_addresses(self):
        """A pool is asked for in sets, its scope as well."""
        pool = " ".join("10.45.17.%d" % n for n in range(1, 40))
        v4, _, sets = self.taken("interface external lo\nedge access " + pool + "\nedge webconf " + pool + "\n"
                                 "feature remote-access web-conferencing\noption scope address\ncommit\n")
        self.assertIn("-A lync-ext-in -m set ! --match-set lyncedge-edges-v4 dst -j RETURN", v4)
        self.assertIn("--match-set lyncedge-access-v4 dst", v4)
        self.assertEqual(sets.count("create lyncedge-new "), 3)

    def test_much(self):
        """A group of 100,000 prefixes loads."""
        prefixes = "".join("peer client 10.%d.%d.%d/31\n" % (n >> 14, n >> 6 & 255, n << 2 & 255) for n in range(50000))
        prefixes += "".join("peer client 2001:db8:%x:%x::/64\n" % (n >> 8, n << 1 & 511) for n in range(50000))
        listed = self.loaded(OPEN + prefixes + "commit\n", "ipset -t list lyncedge-client-v6")
        self.assertIn("Number of entries: 50000\n", listed)

    def test_many_overlapping_site_rows(self):
        """Ranges that nest 1,000 deep are not repeated over and over, and those that do not overlap are halved."""
        nested = "".join("allow r%d external in tcp %d-%d from 198.51.%d.%d to access\n" %
                         (n, 1000 + n, 60000 - n, n >> 8, n & 255) for n in range(1000))
        v4 = self.export_to(OPEN + nested + "commit\n", "iptables")
        self.check_sound(v4)
        self.assertLess(len(v4), 4 << 20)
        apart = "".join("allow r%d external in tcp %d from any to any\n" % (n, 20000 + 7 * n) for n in range(1000))
        v4 = self.export_to(OPEN + apart + "commit\n", "iptables")
        self.check_sound(v4)
        chains = collections.Counter(rule.split()[1] for rule in self.rules(v4) if " -m comment --comment site-" in rule and
                                     " -p tcp " in rule)
        self.assertLessEqual(max(chains.values()), 4)

    def test_devices(self):
        """Words that mean something to iptables, and what it cannot write."""
        names = ["eth*", 'a"b', "a\\b", "!x", "-i", "it's;", "+a"]
        listed = self.loaded("interface external %s\ncommit\n" % " ".join(names), "iptables-legacy -S FORWARD")
        for name in names:
            self.assertIn("-A FORWARD -i %s -j lync-ext-in\n" % name, listed)
        result = self.run_tool("export", "iptables", "--policy", self.write("x", "interface external ok eth+\ncommit\n"),
                               wants=2)
        self.assertIn("iptables has no way to write the device name eth+", result.err)
        self.assertEqual(result.out, "")

    def test_replaces_itself(self):
        """Whole; or beside rules of one's own, as the heading has it."""
        self.write("two.v4", self.export("interface external lo\nallow mine external in tcp 22 from any to any\ncommit\n")[0])
        listed = self.loaded(OPEN + "commit\n", "iptables-legacy-restore <two.v4; iptables-legacy-save")
        self.assertIn("--comment site-mine", listed)
        self.assertNotIn("ext-05", listed)
        beside = next(line for line in self.export(CLEAN)[0].splitlines() if "grep" in line)[1:].strip()
        beside = beside.replace("<THIS", "<two.v4").replace("iptables-restore", "iptables-legacy-restore")
        listed = self.loaded(OPEN + "commit\n", "iptables-legacy -A FORWARD -s 192.0.2.9 -j DROP\n%s\n%s\niptables-legacy-save"
                             % (beside, beside))
        self.assertIn("-A FORWARD -s 192.0.2.9/32 -j DROP", listed)
        self.assertEqual(listed.count("-A FORWARD -i eth0 -j lync-ext-in\n"), 1)
        self.assertEqual(listed.count("-m tcp --dport 22 "), 1)

    def test_in_force(self):
        self.make_sysfs(policy=CLEAN)
        for arguments in [["iptables"], ["iptables", "--ipv6"], ["ipset"]]:
            self.assertEqual(self.run_tool("export", *arguments, wants=0).out, self.export_to(CLEAN, *arguments))

    def test_nothing(self):
        for ruleset in self.taken("commit\n")[:2]:
            self.assertNotIn("\n-A FORWARD", ruleset)


class Extras(ToolTest):
    COMPLETION = os.path.join(TOP, "tools", "lyncedgectl.bash-completion")

    def complete(self, *words):
        script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lyncedgectl; printf "%s\\n" "${COMPREPLY[@]}"'
        out = subprocess.run(["bash", "-c", script, self.COMPLETION, "lyncedgectl", *words], cwd=self.dir,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout.decode()
        return out.split()

    def test_completion(self):
        self.write("some.policy", "")
        self.assertEqual(self.complete(""), VERBS)
        self.assertEqual(self.complete("mo"), ["mode"])
        self.assertEqual(self.complete("mode", ""), ["off", "monitor", "enforce"])
        self.assertEqual(self.complete("enable", "av", ""), FEATURES)
        self.assertEqual(self.complete("apply", "so"), ["some.policy"])
        self.assertEqual(self.complete("matrix", "--policy", "so"), ["some.policy"])
        self.assertEqual(self.complete("explain", "--policy", "x", "external", ""), ["in", "out"])
        self.assertIn("--tsv", self.complete("matrix", "--"))
        self.assertIn("--all", self.complete("counters", "--a"))
        self.assertEqual(self.complete("export", ""), ["nft", "iptables", "ipset"])
        self.assertEqual(self.complete("export", "nft", ""), [])

    def test_completion_offers_the_options_of_each_verb(self):
        for verb in VERBS:
            for option in self.complete(verb, "--"):
                with self.subTest(verb + " " + option):
                    arguments = [option] + (["x"] if option == "--policy" else [])
                    self.assertNotIn("does not take", self.run_tool(verb, *arguments, *["off"] * (verb != "mode")).err)

    def man_page(self):
        with open(os.path.join(TOP, "tools", "lyncedgectl.8"), encoding="ascii") as file:
            return file.read()

    def test_man_page_names_all_verbs(self):
        synopsis, _, rest = self.man_page().partition(".Sh DESCRIPTION")
        for verb in VERBS:
            self.assertIn("\n.Nm\n.Cm " + verb + "\n", synopsis)
            self.assertIn("Cm " + verb, rest)

    def test_man_page_explains_all_options(self):
        explained = self.man_page().partition("The options are:")[2].partition(".Sh ")[0]
        explained = {word for line in explained.replace("\\\n", "").splitlines() if line.startswith(".It Fl")
                     for word in re.findall("Fl (-[a-z0-9-]+)", line)}
        offered = {option[1:] for verb in VERBS for option in self.complete(verb, "--")}
        self.assertEqual(offered - explained, set())


if __name__ == "__main__":
    sys.exit(tooltest.main())
