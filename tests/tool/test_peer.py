#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl status --peer: whether another gateway, which is a text here, would do as this one does."""

import hashlib
import json
import os
import sys

import tooltest
from tooltest import CLEAN, PLAIN_TOOL, ToolTest


class Peer(ToolTest):
    def setUp(self):
        super().setUp()
        self.make_sysfs(CLEAN, mode="enforce")

    def said(self, **more):
        """What a gateway says that is like this one but for more."""
        value = json.loads(self.run_tool("status", "--json", wants=0).out)
        value.update(more)
        return json.dumps(value)

    def compare(self, text, *options, wants=None):
        return self.run_tool("status", "--peer", "-", *options, stdin=text, wants=wants)

    def differs(self, text):
        result = self.compare(text, "--json", wants=1)
        return json.loads(result.out)["peer"]["differs"]

    def test_the_same(self):
        result = self.compare(self.said(generation=99, accepted=None, peer={"same": False}), wants=0)
        self.assertEqual(result.err, "")
        self.assertRegex(result.out, r"(?m)^generation +7 +99 +not compared$")
        for what in "mode", "policy", "module", "unconfirmed":
            self.assertRegex(result.out, f"(?m)^{what} .* same$")
        peer = json.loads(self.compare(self.said(), "--json", wants=0).out)["peer"]
        self.assertTrue(peer["same"])
        self.assertEqual(peer["differs"], [])

    def test_without_policy(self):
        self.assertEqual(self.differs(self.said(policy=None)), ["policy"])
        self.write("sysfs/policy", "")
        self.assertEqual(self.compare(self.said(), wants=0).err, "")

    def test_differences(self):
        for more, what in (({"mode": "monitor"}, "mode"), ({"policy": {"sha256": "0" * 64}}, "policy"),
                           ({"module": {"version": "0.1.1", "build": "0123456789ABCDEF"}}, "module"),
                           ({"module": {"version": "0.1.0", "build": "0123456789ABCDEE"}}, "module"),
                           ({"module": {"version": None, "build": None}}, "module"), ({"confirm_seconds": 5}, "unconfirmed")):
            with self.subTest(what):
                text = self.said(**more)
                self.assertEqual(self.differs(text), [what])
                result = self.compare(text, wants=1)
                self.assertRegex(result.out, f"(?m)^{what} .* differs$")
                self.assertEqual(result.out.count("differs"), 1)
                self.assertEqual("lyncedgectl diff -" in result.err, what == "policy")
        # Both wait: that is how a change is made on both.
        text = self.said(confirm_seconds=5)
        self.write("sysfs/confirm", "60\n")
        self.compare(text, wants=0)

    def test_hash(self):
        """As sha256sum has it, at every length that ends a block in another way."""
        for length in list(range(1, 130)) + [1000, 4096, 70001]:
            text = CLEAN.replace("commit\n", "")
            while len(text) + 8 < length:
                text += "#" * min(length - len(text) - 8, 4000) + "\n"
            text += "commit\n"
            self.write("sysfs/policy", text)
            value = json.loads(self.run_tool("status", "--json", tool=PLAIN_TOOL, wants=0).out)
            self.assertEqual(value["policy"]["sha256"], hashlib.sha256(text.encode()).hexdigest(), len(text))

    def test_a_file(self):
        self.write("said", self.said())
        self.run_tool("status", "--peer", "said", wants=0)
        self.assertIn("nowhere: No such file", self.run_tool("status", "--peer", "nowhere", wants=2).err)

    def test_what_is_not_understood(self):
        good = json.loads(self.said())
        texts = ["", "{", "[]", "null", "7", "\0", "{}"]
        for key in "mode", "generation", "confirm_seconds", "module", "policy":
            texts.append(json.dumps({k: v for k, v in good.items() if k != key}))
            texts.append(json.dumps({**good, key: []}))
        texts.append(self.said(policy={"features": []}))
        # Of an earlier version, which did not say it; or what must not come onto a terminal.
        texts.append(self.said(policy={"sha256": None}))
        texts.append(self.said(mode="\033[2J"))
        texts.append(self.said(module={"version": "x" * 100, "build": None}))
        for text in texts:
            result = self.compare(text, wants=2)
            self.assertIn("is not what 'lyncedgectl status --json' of this version says", result.err, text)
            self.assertEqual(result.out, "", text)

    def test_without_module(self):
        text = self.said()
        os.environ["LYNCEDGE_SYSFS"] = ""
        self.sysfs = os.path.join(self.dir, "nowhere")
        self.assertIn("not loaded", self.compare(text, wants=2).err)


if __name__ == "__main__":
    sys.exit(tooltest.main())
