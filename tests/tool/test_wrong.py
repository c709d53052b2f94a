#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Wrong policies and wrong command lines: each message says where, what, and how to mend it, and the exit status is the one that
was promised. What the module says of a policy is the same (lyncedge_policy.c is in both); tests/kunit compares all of that."""

import os
import pty
import re
import shlex
import subprocess
import sys
import unittest

import tooltest
from tooltest import CLEAN, FEATURES, ToolTest, verbs_of_help

ADDRESS = "an address such as 10.45.16.10 or 2001:db8::10"
PREFIX = "a prefix such as 192.0.2.0/24 or 2001:db8::/32, or an address"
PORTS = "a port from 1 to 65535, or two of them as FIRST-LAST"
ALLOW = "allow NAME external|internal in|out tcp|udp PORT[-PORT] from X to Y"
OF_FEATURES = "one of: " + " ".join(FEATURES)
NAME = "at most 31 letters, digits, '-', '_' and '.', a letter or digit first"

# (the policy but for its commit, place, what is wrong, how to mend it)
POLICIES = [
    ("feeture av", "1:1", "unknown statement 'feeture'", "one of: interface edge peer block feature port allow option commit"),
    ("\n# x\n\t feeture", "3:3", "unknown statement 'feeture'", "one of: interface"),
    ("interface", "1:10", "missing interface", "interface external|internal DEVICE [DEVICE...]"),
    ("interface outside eth0", "1:11", "unknown interface 'outside'", "one of: external internal"),
    ("interface external", "1:19", "missing device name", "interface external|internal DEVICE"),
    ("interface external eth/0", "1:20", "no device could be named 'eth/0'", "at most 15 bytes, no '/', no ':'"),
    ("interface external sixteen-letters-", "1:20", "no device could be named 'sixteen-letters-'", "at most 15 bytes"),
    ("interface external a\ninterface internal b a", "2:22", "the other interface has device 'a'", "external or internal"),
    ("interface internal" + " d%d" * 65 % tuple(range(65)), "1:266", "more than 64 devices", "name the bridge or bond"),
    ("edge", "1:5", "missing edge", "edge access|webconf|av|internal ADDRESS... [public ADDRESS...]"),
    ("edge front 10.0.0.1", "1:6", "unknown edge 'front'", "one of: access webconf av internal"),
    ("edge access", "1:12", "missing address", "edge access|webconf|av|internal ADDRESS..."),
    ("edge access 10.0.0.256", "1:13", "malformed address '10.0.0.256'", ADDRESS),
    ("edge access 10.45.16.10/24", "1:13", "malformed address '10.45.16.10/24'", ADDRESS),
    ("edge access 010.0.0.1", "1:13", "malformed address '010.0.0.1'", ADDRESS),
    ("edge access 2001:db8:::1", "1:13", "malformed address '2001:db8:::1'", ADDRESS),
    ("edge access 10.45.16.10 public", "1:31", "missing address after 'public'", "[public ADDRESS...]"),
    ("edge av " + " ".join("10.0.%d.%d" % (n >> 8, n & 255) for n in range(257)), "1:2715", "more than 256 addresses of one edge",
     "admit further servers by their prefix"),
    ("peer", "1:5", "missing peer group", "peer GROUP PREFIX [PREFIX...]"),
    ("peer friends 192.0.2.0/24", "1:6", "unknown peer group 'friends'", "one of: client federation-partner"),
    ("peer client", "1:12", "missing prefix", "peer GROUP PREFIX [PREFIX...]"),
    ("peer client any", "1:13", "malformed prefix 'any'", PREFIX),
    ("peer client 192.0.2.0/33", "1:13", "malformed prefix length in '192.0.2.0/33'", PREFIX),
    ("peer client 192.0.2.1/24", "1:13", "host bits set in prefix '192.0.2.1/24'", "192.0.2.0/24"),
    ("peer client 2001:db8::1/32", "1:13", "host bits set in prefix '2001:db8::1/32'", "2001:db8::/32"),
    ("block", "1:6", "missing prefix", "block PREFIX [PREFIX...]"),
    ("block 203.0.113.0/2x", "1:7", "malformed prefix length in '203.0.113.0/2x'", PREFIX),
    ("feature", "1:8", "missing feature", "feature NAME [NAME...]"),
    ("feature av xmmp", "1:12", "unknown feature 'xmmp'", OF_FEATURES),
    ("feature av\nfeature crl pic", "2:13", "feature 'pic' needs the peer group 'pic-partner'", "peer pic-partner PREFIX..."),
    ("port", "1:5", "missing row", "port ROW|rtp PORT[-PORT]"),
    ("port ext-99 443", "1:6", "unknown row 'ext-99'", "a row of the matrix, ext-01 to xmpp-03, or 'rtp'"),
    ("port ext-05", "1:12", "missing port", "port ROW|rtp PORT[-PORT]"),
    ("port ext-05 0", "1:13", "no port from 1 to 65535: '0'", PORTS),
    ("port ext-05 65536", "1:13", "no port from 1 to 65535: '65536'", PORTS),
    ("port ext-05 443-", "1:13", "no port from 1 to 65535: '443-'", PORTS),
    ("port rtp 59999-50000", "1:10", "reversed port range '59999-50000'", "the lower port first"),
    ("port ext-05 5061 5062", "1:18", "extra word '5062'", "port ROW|rtp PORT[-PORT]"),
    ("port ext-05 443\nport ext-05 444", "2:6", "line 1 moves 'ext-05' elsewhere", "keep one of the two lines"),
    ("allow", "1:6", "missing name", ALLOW),
    ("allow ext-05 external in tcp 1 from any to any", "1:7", "the matrix has a row 'ext-05'", "choose another name"),
    ("allow no-row external in tcp 1 from any to any", "1:7", "reserved name 'no-row'", "choose another name"),
    ("allow a/b external in tcp 1 from any to any", "1:7", "malformed row name 'a/b'", NAME),
    ("allow web outside in tcp 1 from any to any", "1:11", "unknown interface 'outside'", "one of: external internal"),
    ("allow web external up tcp 1 from any to any", "1:20", "unknown direction 'up'", "one of: in out"),
    ("allow web external in sctp 1 from any to any", "1:23", "unknown protocol 'sctp'", "one of: tcp udp"),
    ("allow web external in tcp http from any to any", "1:27", "no port from 1 to 65535: 'http'", PORTS),
    ("allow web external in tcp 80 any to any", "1:30", "unknown word 'any'", "one of: from"),
    ("allow web external in tcp 80 from", "1:34", "missing any, edge, peer group or prefix", ALLOW),
    ("allow web external in tcp 80 from nobody to any", "1:35", "unknown end 'nobody'", "an edge, a peer group or a prefix"),
    ("allow web external in tcp 80 from any to 10.1.1.1/8", "1:42", "host bits set in prefix '10.1.1.1/8'", "10.0.0.0/8"),
    ("allow web external in tcp 80 from any to any now", "1:46", "extra word 'now'", ALLOW),
    ("allow a external in tcp 80 from any to any\nallow a external in udp 80 from any to any", "2:7",
     "there is already a row 'a'", "choose another name"),
    ("".join("allow r%d external in tcp 1 from any to any\n" % n for n in range(1025)), "1025:1", "more than 1024 site rows",
     "a row takes a range of ports"),
    ("option", "1:7", "missing option", "option NAME VALUE"),
    ("option colour blue", "1:8", "unknown option 'colour'", "one of: established rtp-outbound ports"),
    ("option unmatched", "1:17", "missing value", "option NAME VALUE"),
    ("option unmatched refuse", "1:18", "unknown value 'refuse'", "one of: drop reject"),
    ("option log-group 65536", "1:18", "no group from 0 to 65535: '65536'", "a number from 0 to 65535"),
    ("option ports strict\noption ports destination", "2:8", "line 1 sets 'ports' otherwise", "keep one of the two lines"),
    ("option log-group 1\noption log-group 2", "2:8", "line 1 sets 'log-group' otherwise", "keep one of the two lines"),
    ("commit now", "1:8", "extra word 'now'", "'commit' stands alone on the last line"),
    ("commit\nfeature av", "2:1", "text after commit", "'commit' is the last line"),
    ("feature av\0", "1:11", "NUL byte", "a policy is plain text"),
    ("feature" + " av" * 1400, "1:4097", "line is longer than 4096 bytes", "repeat the statement on a second line"),
]

# (the command line, what the message begins with after "lyncedgectl", how to mend it: more of what is said, or its usage)
USAGE = "usage: lyncedgectl "
VERBS = "hint: one of: status check"
NOT_THERE = "hint: a policy's file is wanted, or - for stdin"
COMMANDS = [
    ("", ": what is to be done?", VERBS),
    ("frobnicate", ": unknown verb 'frobnicate'", VERBS),
    ("status --frobnicate", ": unrecognized option '--frobnicate'", "hint: see 'lyncedgectl --help'"),
    ("explain --p x", ": option '--p' is ambiguous; possibilities: '--policy' '--p", "hint: see 'lyncedgectl --help'"),
    ("check --policy", ": option '--policy' requires an argument", "hint: see 'lyncedgectl --help'"),
    ("check --policy a --policy b", ": --policy is given twice", "hint: packets are judged by one policy"),
    ("status extra", " status: 'extra' is too much", USAGE),
    ("status --tsv", " status: does not take --tsv", USAGE),
    ("check policy --policy policy", " check: FILE is given twice", USAGE),
    ("check nowhere", ": nowhere: No such file or directory", NOT_THERE),
    ("check .", ": .: Is a directory", NOT_THERE),
    ("show --policy nowhere", ": nowhere: No such file or directory", NOT_THERE),
    ("apply", " apply: FILE is missing", USAGE),
    ("apply a b", " apply: 'b' is too much", USAGE),
    ("apply policy --json", " apply: does not take --json", USAGE),
    ("apply policy --confirm soon", " apply: --confirm: 'soon' is no number of seconds from 1 to 86400", USAGE),
    ("apply policy --confirm 0", " apply: --confirm: '0' is no number of seconds from 1 to 86400", USAGE),
    ("apply policy --confirm 86401", " apply: --confirm: '86401' is no number of seconds from 1 to 86400", USAGE),
    ("apply policy --confirm=-5", " apply: --confirm: '-5' is no number of seconds from 1 to 86400", USAGE),
    ("mode nonsense", " mode: unknown mode 'nonsense': off, monitor or enforce", USAGE),
    ("mode off --confirm 5s", " mode: --confirm: '5s' is no number of seconds from 1 to 86400", USAGE),
    ("mode --confirm 5", " mode: --confirm goes with a new mode", USAGE),
    ("mode off --json", " mode: --json shows the mode, and does not go with a new one", USAGE),
    ("confirm now", " confirm: 'now' is too much", USAGE),
    ("enable", " enable: FEATURE is missing", USAGE),
    ("enable av xmmp", ": unknown feature 'xmmp'", "hint: " + OF_FEATURES),
    ("matrix --json --tsv", " matrix: --json and --tsv exclude each other", USAGE),
    ("counters ext-05", " counters: 'ext-05' is too much", USAGE),
    ("reset --json", " reset: does not take --json", USAGE),
    ("explain", " explain: the packet is missing", USAGE),
    ("explain external in", " explain: too few words: INTERFACE DIRECTION PROTOCOL SOURCE DESTINATION", USAGE),
    ("explain outside in tcp 1.1.1.1:1 2.2.2.2:2", " explain: unknown interface: external or internal", USAGE),
    ("explain external up tcp 1.1.1.1:1 2.2.2.2:2", " explain: unknown direction: in (toward the Edge) or out", USAGE),
    ("explain external in stcp 1.1.1.1:1 2.2.2.2:2", " explain: unknown protocol: tcp, udp, icmp-echo, ..., or 0 to 255", USAGE),
    ("explain external in tcp 1.1.1.1 2.2.2.2:2", " explain: no source port: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6", USAGE),
    ("explain external in tcp 1.1.1.1:1 2.2.2:2", " explain: malformed destination address: ADDRESS:PORT, or [ADDR", USAGE),
    ("explain external in tcp 1.1.1.1:1 2.2.2.2:70000", " explain: destination port is not from 0 to 65535", USAGE),
    ("explain external in tcp 1.1.1.1:1 [::1]:2", " explain: source and destination are of different families: both", USAGE),
    ("explain external in tcp 1.1.1.1:1 2.2.2.2:2 now", " explain: too many words: INTERFACE DIRECTION PROTOCOL SOURCE", USAGE),
    ("explain --batch external", " explain: --batch reads packets from stdin, and takes none here", USAGE),
    ("explain --batch --policy -", " explain: stdin cannot be both the policy and the packets", USAGE),
    ("explain --batch --conn", " explain: --conn and --batch do not go together", USAGE),
    ("explain --conn external up tcp", " explain: unknown direction: in (toward the Edge) or out", USAGE),
    ("explain --conn tcp host", " explain: malformed address: ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT for IPv6", USAGE),
    ("explain --conn - --policy -", " explain: stdin cannot be both the policy and the connections", USAGE),
    ("explain --conn src=1.1.1.1 --policy policy", ": this is no entry such as 'conntrack -L' prints: src=1.1.1.1", "hint: it"),
    ("replay", " replay: CAPTURE is missing", USAGE),
    ("replay nowhere --policy policy", ": nowhere: No such file or directory", "hint: a capture is a file of 'tcpdump -w'"),
    ("replay policy --policy policy", ": policy: unknown file format", "hint: a capture is a file of 'tcpdump -w'"),
    ("replay - --policy policy", ": stdin: too short to be a capture", "hint: a capture is a file of 'tcpdump -w'"),
    ("replay - --policy -", " replay: stdin cannot be both the policy and the capture", USAGE),
    ("replay x --policy policy --external here", " replay: --external: 'here' is no address and no prefix", USAGE),
    ("replay x --policy policy --gateway 10.0.0.1/8", " replay: --gateway: '10.0.0.1/8' has bits set beyond its length", USAGE),
    ("log --policy policy", ": drops are not logged: the policy has no log group", "hint: add 'option log-group 5' to it"),
    ("log --group 65536", " log: --group: '65536' is no number from 0 to 65535", USAGE),
    ("log --count 0", " log: --count: '0' is no number of lines, from 1 on", USAGE),
    ("log x --group 5", " log: --group is for what happens: a capture is of one group", USAGE),
    ("log nowhere --policy policy", ": nowhere: No such file or directory", "hint: a file that 'tcpdump -i nflog:"),
    ("log policy --policy policy", ": policy: unknown file format", "hint: a file that 'tcpdump -i nflog:GROUP -w FILE'"),
    ("export", " export: nft, iptables or ipset is missing", USAGE),
    ("export pf", " export: unknown packet filter 'pf': nft, iptables or ipset", USAGE),
    ("export nft --ipv6", " export: --ipv6 is for iptables: nft has both families", USAGE),
    ("diff", " diff: FILE is missing", USAGE),
    ("diff - --policy -", " diff: stdin cannot be both policies", USAGE),
    ("init new --yes --access 10.0.0", ": --access: malformed address '10.0.0'", "hint: " + ADDRESS),
    ("init new --yes --features xmmp", ": --features: unknown feature 'xmmp'", "hint: " + OF_FEATURES),
    ("init new --yes --front-end 10.0.0.1/8", ": --front-end: host bits set in prefix '10.0.0.1/8'", "hint: 10.0.0.0/8"),
    ("init new --yes --external lo --internal lo", ": the answers do not go together: the other interface h", "hint: a dev"),
    ("init policy --yes", ": policy: File exists", "hint: nothing was changed; --force writes over it"),
    ("init no/where --yes", ": no/where: No such file or directory", "hint: nothing was written"),
    ("init new", ": the answers ended before the question: Devices toward the Internet", "hint: nothing was written; --yes"),
    ("metrics --json", " metrics: does not take --json", USAGE),
    ("status", ": the module lyncedge is not loaded", "hint: modprobe lyncedge"),
    ("nat --policy policy", ": no public address could be paired: there is nothing to", "hint: edge access ADDRESS public"),
]
# Whose status is "no" rather than "error".
REFUSALS = {"nat --policy policy"}


class Wrong(ToolTest):
    def test_there_are_many(self):
        self.assertGreater(len(POLICIES), 40)
        self.assertGreater(len(COMMANDS), 40)

    def test_policies(self):
        for text, place, what, remedy in POLICIES:
            with self.subTest(text[:60]):
                end = "" if text.startswith("commit") else "\ncommit\n"
                result = self.run_tool("check", self.write("x", text + end), wants=1)
                self.assertEqual(result.out, "")
                lines = result.err.splitlines()
                self.assertTrue(lines[0].startswith(f"{self.dir}/x:{place}: {what}"), lines)
                # The line itself, and a caret below the place.
                number, column = map(int, place.split(":"))
                wrong = (text + end).splitlines()[number - 1]
                self.assertEqual(lines[2].lstrip(" \t"), "^", lines)
                if len(wrong) < 60:
                    self.assertEqual(lines[1], "  " + wrong.replace("\0", "?"))
                    self.assertEqual(len(lines[2]), 2 + column)
                self.assertTrue(lines[3].startswith("hint: ") and remedy in lines[3], lines)
                self.assertEqual(len(lines), 4)

    def test_what_is_refused_can_be_mended(self):
        """Where a hint is the right word itself, it is."""
        self.run_tool("check", self.write("x", "interface external lo\npeer client 192.0.2.0/24\ncommit\n"), wants=0)

    def test_commands(self):
        self.write("policy", "interface external lo\nedge access 10.45.16.10\nfeature remote-access\ncommit\n")
        for command, what, remedy in COMMANDS:
            with self.subTest(command):
                result = self.run_tool(*shlex.split(command), wants=1 if command in REFUSALS else 2)
                self.assertEqual(result.out, "")
                lines = [line for line in result.err.splitlines() if not line.startswith("warning: ")]
                self.assertTrue(lines[0].startswith("lyncedgectl" + what), result)
                verb = command.split()[0] if command else ""
                wanted = remedy + (verb if remedy is USAGE else "")
                self.assertTrue(lines[1].startswith(wanted), result)
        self.assertEqual(os.listdir(self.dir), ["policy"])

    def test_a_policy_that_others_may_read(self):
        path = self.write("secret", CLEAN)
        os.chmod(path, 0)
        # Another user might not get at the tool itself.
        powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        done = subprocess.run([*powerless, tooltest.PLAIN_TOOL, "check", path], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, f"lyncedgectl: {path}: Permission denied\n"
                                                             "hint: who runs lyncedgectl must be able to read the policy\n"))

    def test_every_verb_minds_its_words(self):
        """Options that are not its own, and more words than it takes."""
        free = {"enable", "disable", "explain"}
        for verb in verbs_of_help():
            result = self.run_tool(verb, "--hairpin" if verb != "nat" else "--batch", wants=2)
            self.assertIn(f"lyncedgectl {verb}: does not take --", result.err)
            if verb not in free:
                result = self.run_tool(verb, "a", "b", "c", wants=2)
                self.assertRegex(result.err, f"^lyncedgectl {verb}: '[abc]' is too much\n{USAGE}{verb}")


class Streams(ToolTest):
    """What goes where, and to whom."""

    def run_with(self, *arguments, **environment):
        environment = dict(os.environ, LYNCEDGE_SYSFS=self.sysfs, **environment)
        return subprocess.run([tooltest.TOOL, *arguments], capture_output=True, cwd=self.dir, env=environment, check=False)

    def test_nobody_reads_on(self):
        """A reader that has seen enough ends the tool, without a word; whether or not SIGPIPE is ignored where it is run."""
        self.make_sysfs("".join("peer client 10.%d.%d.0/24\n" % (n >> 8, n & 255) for n in range(20000)) + "commit\n")
        for words in ["matrix --all", "show", "show --json", "matrix --all --json"]:
            for before, statuses in [("", (141,)), ("trap '' PIPE; ", (2,))]:
                script = before + '"$0" %s | :; echo ${PIPESTATUS[0]}' % words
                # Several times: what fits into the pipe is written before the reader has gone.
                for _ in range(3):
                    done = subprocess.run(["bash", "-c", script, tooltest.PLAIN_TOOL], capture_output=True, check=True,
                                          env=dict(os.environ, LYNCEDGE_SYSFS=self.sysfs))
                    self.assertEqual(done.stderr, b"", words)
                    self.assertIn(int(done.stdout), statuses + (0,))
        big = self.run_tool("show", tool=tooltest.PLAIN_TOOL).out
        self.assertGreater(len(big), 1 << 17)

    def at_a_terminal(self, *arguments, **environment):
        """What is seen there, of stdout and stderr."""
        inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        master, slave = pty.openpty()
        process = subprocess.Popen([tooltest.PLAIN_TOOL, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                                   env={**inherited, "LYNCEDGE_SYSFS": self.sysfs, "TERM": "xterm-256color", **environment})
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            seen += piece
        process.wait()
        os.close(master)
        return seen

    def test_colour(self):
        """None where there is no terminal, nor where NO_COLOR is set; and what is said is the same with and without."""
        self.make_sysfs(CLEAN, mode="monitor", counters="ext-05 1 2\nno-row 1 2\n")
        for command in ["status", "counters", "matrix", "check", "show", "explain external in tcp 1.1.1.1:1 2.2.2.2:2", "--help",
                        "status --json", "frobnicate", "check nowhere", "diff nowhere"]:
            words = command.split()
            plain = self.run_tool(*words)
            self.assertNotIn("\x1b", plain.out + plain.err)
            seen = self.at_a_terminal(*words, NO_COLOR="1")
            self.assertNotIn(b"\x1b", seen)
            self.assertEqual(seen.decode().replace("\r\n", "\n"), plain.out + plain.err)
            coloured = self.at_a_terminal(*words)
            self.assertEqual(re.sub(rb"\x1b\[[0-9;]*m", b"", coloured), seen)
        packet = "explain external %s tcp 1.1.1.1:1 10.45.16.10:443"
        self.assertTrue(self.at_a_terminal(*(packet % "in").split()).startswith(b"\x1b[32maccept\x1b[0m ext-05"))
        self.assertTrue(self.at_a_terminal(*(packet % "out").split()).startswith(b"\x1b[31mdrop\x1b[0m no-row"))
        self.write("sysfs/policy", "interface external lo\nedge av 10.0.0.1 public 10.0.0.2 10.0.0.3\nfeature av\ncommit\n")
        self.assertIn(b": \x1b[33mwarning:\x1b[0m ", self.at_a_terminal("check"))
        self.assertIn(b"\x1b[33mwarning:\x1b[0m ", self.at_a_terminal("nat"))
        for quiet in dict(NO_COLOR="0"), dict(TERM="dumb"):
            self.assertNotIn(b"\x1b", self.at_a_terminal("check", **quiet))
        self.assertIn(b"\x1b", self.at_a_terminal("check", NO_COLOR=""))

    def test_a_full_disk_is_said(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([tooltest.TOOL, "matrix", "--all"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, b"lyncedgectl: cannot write: No space left on device\n"))

    def locales(self):
        """de_DE and tr_TR, made for this: a comma in numbers, and a dotless i."""
        directory = os.path.join(self.dir, "locales")
        os.makedirs(directory)
        for name in "de_DE", "tr_TR":
            subprocess.run(["localedef", "-i", name, "-f", "UTF-8", os.path.join(directory, name + ".UTF-8")], check=True,
                           capture_output=True)
            yield dict(LC_ALL=name + ".UTF-8", LOCPATH=directory, LANGUAGE=name[:2])

    def test_locales(self):
        """Output, messages and what is read are the same everywhere."""
        counters = "ext-05 1234567 1234567890123\nno-row 1000000 5\n"
        policy = "interface external lo\nedge internal 10.0.0.1\nfeature pic-av\ncommit\n"
        self.make_sysfs(policy, mode="monitor", counters=counters)
        self.write("POLICY", "interface external lo\nedge internal 10.0.0.1\nFEATURE PIC\ncommit\n")
        commands = ["status", "status --json", "counters --json", "metrics", "matrix --all", "check POLICY", "check nowhere",
                    "mode ENFORCE", "show", "explain internal in tcp 1.1.1.1:1 10.0.0.1:443", "--help", "status --frobnicate"]
        plain = [self.run_with(*command.split(), LC_ALL="C") for command in commands]
        for locale in self.locales():
            for command, want in zip(commands, plain):
                with self.subTest(locale["LC_ALL"] + ": " + command):
                    got = self.run_with(*command.split(), **locale)
                    self.assertEqual((got.returncode, got.stdout, got.stderr), (want.returncode, want.stdout, want.stderr))


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    sys.exit(tooltest.main())
