#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""docs/cookbook.md is true: each of its policies is accepted, with the warnings that stand under it and no other; the rows that
it names are those that are active; and each packet of its tables is judged as it says."""

import json
import os
import re
import sys

import tooltest
from tooltest import TOP, ToolTest

COOKBOOK = os.path.join(TOP, "docs", "cookbook.md")
# What the deployments of the issue are called here.
WANTED = ["Remote users only", "Federation with Lync 2013", "Federation with OCS 2007", "Public instant messaging", "XMPP",
          "A pool of three", "Both firewalls in one box", "One address for three roles", "IPv6"]
PACKET = re.compile(r"^\| `([^`]+)` \| (accept|drop) (\S+) \|", re.M)


class Recipe:
    def __init__(self, section):
        self.name = section.split("\n", 1)[0]
        policies = re.findall(r"^```policy\n(.*?)^```$", section, re.M | re.S)
        assert len(policies) == 1, self.name
        self.policy = policies[0]
        paragraph = re.search(r"^Active rows: (.*?)\n\n", section, re.M | re.S).group(1)
        self.rows = re.findall(r"`([a-z]+-\d+)`", paragraph)
        self.says_of_warnings = re.search(r"^`check` warns:( of nothing\.)?$", section, re.M) is not None
        self.warns_of_nothing = "`check` warns: of nothing." in section
        self.warnings = re.findall(r"^> (.*)$", section, re.M)
        self.packets = [(packet, f"{verdict} {why}") for packet, verdict, why in PACKET.findall(section)]
        self.lines_of_table = len(re.findall(r"^\| `", section, re.M))


def recipes():
    with open(COOKBOOK, encoding="utf-8") as file:
        return [Recipe(section) for section in re.split(r"^## ", file.read(), flags=re.M)[1:]]


class Cookbook(ToolTest):
    maxDiff = None

    def test_all_are_there(self):
        names = [recipe.name for recipe in recipes()]
        self.assertEqual([name for name in WANTED if name not in names], [])
        with open(COOKBOOK, encoding="utf-8") as file:
            self.assertEqual(re.findall(r"^\| \[(.*?)\]\(#", file.read(), re.M), names)

    def test_warnings(self):
        for recipe in recipes():
            with self.subTest(recipe.name):
                data = json.loads(self.run_tool("check", "--json", self.write("p", recipe.policy), wants=0).out)
                self.assertTrue(data["accepted"], data)
                found = [w["message"] for w in data["warnings"] if not w["message"].startswith("there is no device")]
                self.assertEqual(found, recipe.warnings)
                self.assertTrue(recipe.says_of_warnings)
                self.assertEqual(recipe.warns_of_nothing, not found)

    def test_active_rows(self):
        for recipe in recipes():
            with self.subTest(recipe.name):
                rows = json.loads(self.run_tool("matrix", "--json", "--policy", self.write("p", recipe.policy), wants=0).out)
                active = [row["id"] for row in rows["rows"] if re.fullmatch(r"[a-z]+-\d\d", row["id"])]
                self.assertEqual(recipe.rows, active)

    def test_packets(self):
        for recipe in recipes():
            with self.subTest(recipe.name):
                self.assertEqual(len(recipe.packets), recipe.lines_of_table, "a line of the table is not understood")
                self.assertTrue(any(want.startswith("accept") for _, want in recipe.packets))
                self.assertTrue(any(want.startswith("drop") for _, want in recipe.packets))
                self.assertEqual(list(zip([packet for packet, _ in recipe.packets],
                                          self.judged(recipe.policy, *[packet for packet, _ in recipe.packets]))),
                                 recipe.packets)

    def test_nat(self):
        """The NAT that they speak of can be printed."""
        for recipe in recipes():
            if " public " in recipe.policy:
                with self.subTest(recipe.name):
                    self.run_tool("nat", "--hairpin", "--policy", self.write("p", recipe.policy), wants=0)


if __name__ == "__main__":
    sys.exit(tooltest.main())
