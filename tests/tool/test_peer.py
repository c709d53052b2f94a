#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl status --peer: whether another gateway, which is a text here, would do as this one does; and contrib/ha/apply-both,
with gateways that are trees of plain files."""

import hashlib
import json
import os
import subprocess
import sys

import tooltest
from tooltest import CLEAN, PLAIN_TOOL, TOP, Result, ToolTest

APPLY_BOTH = os.path.join(TOP, "contrib", "ha", "apply-both")


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


class Both(ToolTest):
    """Two gateways, gw1 and gw2, each a folder with its tool, its tree, and its /etc/lyncedge. What is applied counts at once, as far
    as a plain file can."""

    def setUp(self):
        super().setUp()
        for name in "gw1", "gw2":
            self.sysfs = os.path.join(self.dir, name, "sysfs")
            os.makedirs(self.sysfs)
            self.make_tree(name)
            self.write(f"{name}/policy", CLEAN)
        self.ssh = self.write("ssh", f"""#!/bin/bash
# Reaches what is named, unless it is said to be down, or is by the command.
[ ! -e $1.down ] || exit 255
[ ! -e $1.down-for ] || [[ $2 != *"$(cat $1.down-for)"* ]] || exit 255
export LYNCEDGE_SYSFS=$PWD/$1/sysfs PATH={os.path.dirname(PLAIN_TOOL)}:$PATH
command=${{2//\\/etc\\/lyncedge/$PWD\\/$1}}
bash -c "$command"
""")
        os.chmod(self.ssh, 0o755)

    def make_tree(self, name):
        for folder in "features", "module":
            os.makedirs(os.path.join(self.sysfs, folder))
        for file, text in (("policy", CLEAN), ("mode", "enforce\n"), ("error", ""), ("generation", "7\n"), ("confirm", "0\n"),
                           ("counters", ""), ("module/version", "0.1.0\n"), ("module/srcversion", "01\n")):
            self.write(f"{name}/sysfs/{file}", text)

    def apply(self, text, wants, **environment):
        path = self.write("new", text)
        process = subprocess.run([APPLY_BOTH, path, "gw1", "gw2"], cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True,
                                 env=dict(os.environ, LYNCEDGE_SSH=self.ssh, LC_ALL="C", **environment), check=False)
        result = Result(process)
        self.assertEqual(result.status, wants, result)
        return result

    def kept(self):
        """The policy for the next boot, and the seconds left, of each."""
        return [(open(os.path.join(self.dir, name, "policy"), encoding="ascii").read(),
                 open(os.path.join(self.dir, name, "sysfs/confirm"), encoding="ascii").read()) for name in ("gw1", "gw2")]

    def test_both(self):
        new = CLEAN.replace("dns", "crl")
        result = self.apply(new, 0)
        self.assertRegex(result.out, "(?m)^policy .* same$")
        self.assertEqual([(policy, int(seconds)) for policy, seconds in self.kept()], [(new, 0)] * 2)

    def test_refused(self):
        self.apply("feature nonsense\ncommit\n", 1)
        self.assertEqual(self.kept(), [(CLEAN, "0\n")] * 2)

    def test_one_is_down(self):
        new = CLEAN.replace("dns", "crl")
        for name in "gw1", "gw2":
            self.write(f"{name}.down", "")
            self.assertIn(name, self.apply(new, 1).err)
            os.unlink(os.path.join(self.dir, f"{name}.down"))
            self.assertEqual([policy for policy, _ in self.kept()], [CLEAN] * 2)

    def test_one_goes_down_meanwhile(self):
        new = CLEAN.replace("dns", "crl")
        for name in "gw1", "gw2":
            for command in "lyncedgectl apply", "status", "cat >":
                self.write(f"{name}.down-for", command)
                self.assertIn("is undone within 60 seconds", self.apply(new, 1).err)
                self.assertEqual([policy for policy, _ in self.kept()], [CLEAN] * 2)
            # The last moment: one has it, and that is said.
            self.write(f"{name}.down-for", "confirm &&")
            self.assertIn(f"{name} has not confirmed", self.apply(new, 2).err)
            os.unlink(os.path.join(self.dir, f"{name}.down-for"))
            for gateway in "gw1", "gw2":
                self.write(f"{gateway}/policy", CLEAN)

    def test_they_differ(self):
        self.write("gw2/sysfs/mode", "monitor\n")
        self.assertIn("they are not the same", self.apply(CLEAN, 1).err)
        self.assertEqual([policy for policy, _ in self.kept()], [CLEAN] * 2)

    def test_usage(self):
        for words in [], ["x"], ["x", "gw1"], ["nowhere", "gw1", "gw2"]:
            done = subprocess.run([APPLY_BOTH, *words], cwd=self.dir, capture_output=True, check=False)
            self.assertEqual(done.returncode, 2, words)

    def test_sample(self):
        """The pair's own policy is one that is accepted without a doubt but for devices that are not here."""
        path = os.path.join(TOP, "contrib", "ha", "policy")
        result = self.run_tool("check", path, wants=0)
        self.assertNotRegex(result.out + result.err, "(?m)warning: (?!.*(not exist|ext0|int0))")


if __name__ == "__main__":
    sys.exit(tooltest.main())
