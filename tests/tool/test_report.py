#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl report: that the page is valid HTML by two parsers (html5lib, strictly, and tidy), needs nothing but itself, says of
every row what the matrix, the counters and the other verbs say, and takes what comes from a policy for text, whatever it is.
"""

import os
import re
import subprocess
import sys

import html5lib

import tooltest
from tooltest import OPEN, REASONS, SAMPLE, TOP, ToolTest

XHTML = "{http://www.w3.org/1999/xhtml}"
TITLES = {"ext": "External firewall", "int": "Internal firewall", "fed": "Federation",
          "pic": "Public instant messaging connectivity", "xmpp": "XMPP federation"}


def matrix():
    """The rows as the product's own copy has them, which another test holds equal to the published ones."""
    with open(os.path.join(TOP, "lyncedge_matrix.c"), encoding="ascii") as file:
        return re.findall(r'ROW\("([a-z]+-\d+)"', file.read())


ROWS = matrix()
COUNTERS = {**{name: (0, 0) for name in ROWS}, "ext-05": (600, 60000), "ext-06": (300, 1234567), "web": (100, 1000),
            **{reason: (0, 0) for reason in REASONS}, "no-row": (75, 4500), "blocked": (25, 1500), "icmp-related": (9, 900)}


class Report(ToolTest):
    def page(self, policy=OPEN + "commit\n", counters=None, **state):
        self.make_sysfs(policy, counters="".join("%s %d %d\n" % (name, *n) for name, n in (counters or COUNTERS).items()), **state)
        return self.parsed(self.run_tool("report", wants=0))

    def parsed(self, result):
        """The page's body, which is valid, by parsers that do not look kindly on mistakes."""
        self.assertEqual(result.err, "")
        self.text = result.out
        data = result.out.encode("utf-8", "surrogateescape")
        self.tree = html5lib.HTMLParser(strict=True).parse(data)
        tidy = subprocess.run(["tidy", "-q", "-e", "-utf8", "--drop-empty-elements", "no"], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual((tidy.returncode, tidy.stderr), (0, b""))
        return self.tree.find(XHTML + "body")

    @staticmethod
    def words(element):
        return " ".join("".join(element.itertext()).split())

    def tables(self, body):
        """Title of each section with a table: its rows by name, each the texts of its cells."""
        found = {}
        for section in body.iter(XHTML + "section"):
            rows = [[self.words(cell) for cell in row] for row in section.iter(XHTML + "tr")]
            if rows:
                found[self.words(section.find(XHTML + "h2"))] = {row[0]: row for row in rows[1:]}
        return found

    def facts(self, body):
        dl = list(body.iter(XHTML + "dl"))[0]
        return dict(zip([self.words(e) for e in dl if e.tag == XHTML + "dt"],
                        [self.words(e) for e in dl if e.tag == XHTML + "dd"]))

    def test_self_contained(self):
        body = self.page()
        for element in self.tree.iter():
            self.assertNotIn(element.tag, [XHTML + tag for tag in ("script", "link", "img", "iframe", "object", "embed")])
            for name in element.attrib:
                self.assertNotIn(name, ("src", "href"))
                self.assertFalse(name.startswith("on"))
        for word in "://", "url(", "@import":
            self.assertNotIn(word, self.text)
        self.assertIn("default-src 'none'", self.text)
        for word in "@media print", "prefers-color-scheme: dark", "size: A4", "break-inside: avoid":
            self.assertIn(word, self.text)
        self.assertTrue(self.words(body).startswith("lyncedge on " + os.uname().nodename))

    def test_five_tables(self):
        """All rows, in their order; each says what 'matrix --all' does."""
        tables = self.tables(self.page())
        self.assertEqual([row for title in TITLES.values() for row in tables[title]], ROWS)
        self.assertEqual([title for title in tables if title in TITLES.values()], [*TITLES.values()])
        listed = self.run_tool("matrix", "--all", "--policy", self.write("p", OPEN + "commit\n"), wants=0).out.splitlines()
        at = listed[0].index("STATE")
        for line in listed[1:38]:
            name, state = line.split()[0], line[at:]
            with self.subTest(name):
                row = tables[TITLES[name.split("-")[0]]][name]
                self.assertEqual(row[5], re.sub(",(?! )", ", ", state))
                self.assertEqual(row[1], "%s%s %s" % tuple(line.split()[i] for i in (3, 4, 5)))
                self.assertEqual(row[2], line.split()[2])

    def test_words(self):
        policy = OPEN + ("peer front-end 192.168.10.0/24 192.168.11.0/24 192.168.12.0/24 2001:db8:10::/64\n"
                         "peer federation-partner 198.51.100.0/24\ncommit\n")
        tables = self.tables(self.page(policy))
        self.assertEqual(tables[TITLES["ext"]]["ext-06"][3:5],
                         ["federated partners198.51.100.0/24", "Access Edge10.45.16.10, 2001:db8:16::10"])
        self.assertEqual(tables[TITLES["ext"]]["ext-05"][3], "users outsideanybody")
        self.assertEqual(tables[TITLES["ext"]]["ext-14"][3], "anybody")
        # A group beside one that is defined is nobody.
        self.assertEqual(tables[TITLES["int"]]["int-05"][3],
                         "Front Ends and Directors or survivable branch servers192.168.10.0/24, 192.168.11.0/24 and 2 more")
        who = tables["Edges and groups"]
        self.assertEqual(list(who), ["access", "webconf", "av", "internal", "federation-partner", "front-end", "block"])
        self.assertEqual(who["front-end"][2], "192.168.10.0/24, 192.168.11.0/24, 192.168.12.0/24, 2001:db8:10::/64")
        self.assertEqual(who["block"][2], "203.0.113.0/24")

    def test_public_addresses(self):
        with open(SAMPLE, encoding="ascii") as file:
            who = self.tables(self.page(file.read()))["Edges and groups"]
        self.assertEqual(who["access"][2], "10.45.16.10, 2001:db8:16::10public: 131.107.155.10")

    def test_many_members(self):
        prefixes = "".join("peer client 10.0.%d.0/24\n" % n for n in range(100))
        who = self.tables(self.page(OPEN + prefixes + "commit\n"))["Edges and groups"]
        self.assertTrue(who["client"][2].endswith("10.0.23.0/24 and 76 more"), who["client"])

    def test_counters(self):
        tables = self.tables(self.page())
        external = tables[TITLES["ext"]]
        self.assertEqual(external["ext-05"][6:], ["600", "60,000", "60.0 %"])
        self.assertEqual(external["ext-06"][6:], ["300", "1,234,567", "30.0 %"])
        self.assertEqual(external["ext-01"][6:], ["0", "0", ""])
        self.assertEqual(tables["Rows of the site"]["web"][6:], ["100", "1,000", "10.0 %"])
        self.assertIn('style="width:60.00%"', self.text)
        self.assertEqual(tables["Dropped"]["no-row"][2:], ["75", "4,500", "75.0 %"])
        self.assertEqual(tables["Dropped"]["blocked"][2:], ["25", "1,500", "25.0 %"])
        self.assertEqual(tables["Accepted, but not by a row"]["icmp-related"][2:4], ["9", "900"])
        for reason in REASONS:
            row = tables["Dropped" if reason in REASONS[:6] else "Accepted, but not by a row"][reason]
            self.assertGreater(len(row[1]), 20)

    def test_large_counters(self):
        tables = self.tables(self.page(counters={**COUNTERS, "ext-05": (2**64 - 1, 2**64 - 1)}))
        self.assertEqual(tables[TITLES["ext"]]["ext-05"][6], "18,446,744,073,709,551,615")

    def test_facts(self):
        body = self.page(OPEN.replace("eth0", "lo") + "commit\n", mode="enforce")
        facts = self.facts(body)
        self.assertEqual((facts["mode"], facts["policy"]), ("enforce", "generation 7"))
        self.assertEqual(facts["external interface"], "lo")
        self.assertEqual(facts["accepted"], "1,009 packets, 1,296,467 bytes")
        self.assertEqual(facts["dropped"], "100 packets, 6,000 bytes")
        self.assertIn("web-conferencing, av", facts["features"])
        self.assertRegex(self.words(body), r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")

    def test_warnings(self):
        """Those of 'check', with their remedies."""
        policy = OPEN + "commit\n"
        said = self.run_tool("check", self.write("p", policy), wants=0).err
        self.page(policy)
        messages = [line.partition(": warning: ")[2] for line in said.splitlines() if ": warning: " in line]
        remedies = [line[len("hint: "):] for line in said.splitlines() if line.startswith("hint: ")]
        shown = [self.words(item) for item in self.tree.iter(XHTML + "li")]
        self.assertEqual(shown, ["%sRemedy: %s" % both for both in zip(messages, remedies)])
        self.assertTrue(shown)

    def test_no_warnings(self):
        body = self.page(tooltest.CLEAN)
        self.assertIn("nothing is doubtful about the policy", self.words(body))

    def test_monitor_off_and_confirm(self):
        body = self.page(mode="monitor", error="line 3, column 9: unknown feature 'xmmp'\nhint: no\n")
        self.assertIn("nothing is dropped. These would have been", self.words(body))
        self.assertIn("was refused: line 3, column 9: unknown feature 'xmmp' hint: no", self.words(body))
        self.write("sysfs/mode", "off\n")
        self.write("sysfs/confirm", "42\n")
        body = self.parsed(self.run_tool("report", wants=0))
        self.assertIn("nothing is judged", self.words(body))
        self.assertIn("is undone in 42 s, unless somebody says lyncedgectl confirm", self.words(body))

    def test_no_policy(self):
        body = self.page("")
        self.assertIn("No policy is in force", self.words(body))
        tables = self.tables(body)
        self.assertEqual(tables[TITLES["ext"]]["ext-05"][5], "off: feature remote-access")

    def test_file(self):
        """Without the module, and without counters."""
        body = self.parsed(self.run_tool("report", "--policy", self.write("a<b>&.policy", OPEN + "commit\n"), wants=0))
        self.assertIn("without counters", self.words(body))
        self.assertTrue(self.facts(body)["policy"].endswith("a<b>&.policy"))
        self.assertNotIn("mode", self.facts(body))
        tables = self.tables(body)
        self.assertEqual(len(tables[TITLES["ext"]]["ext-05"]), 6)
        self.assertNotIn("Dropped", tables)
        body = self.parsed(self.run_tool("report", "--policy", "-", stdin=tooltest.CLEAN, wants=0))
        self.assertEqual(self.facts(body)["policy"], "stdin")

    def test_text_is_text(self):
        """Device names may have anything but blanks, slashes and colons: tags, quotes, no UTF-8, what is no character, and what
        turns the reader's eye around."""
        for name, shown in [(b"<script>x", "<script>x"), (b"\"'><b>", "\"'><b>"), (b"a&lt;b&", "a&lt;b&"), (b"\xff\xfe", "??"),
                            (b"\x01\x7f", "??"), ("\x85\x9f".encode(), "??"), ("\ufffe".encode(), "?"), ("é".encode(), "é"),
                            ("\U0001f600".encode(), "\U0001f600"), ("\ufdd0\U0001ffff".encode(), "??"),
                            ("\u202edcba".encode(), "\u202edcba"), (b"-->", "-->"), (b"]]>", "]]>")]:
            with self.subTest(name):
                policy = b"interface external " + name + b"\n" + OPEN.partition("\n")[2].encode() + b"commit\n"
                body = self.parsed(self.run_tool("report", "--policy", self.write("p", policy), wants=0))
                self.assertEqual(self.facts(body)["external interface"], shown + " (not there)")
                self.assertIn("there is no device '%s' here now" % shown, self.words(body))
                self.assertEqual([e for e in body.iter() if e.tag in (XHTML + "script", XHTML + "b")], [])
        # A name is set apart, whichever way it is written.
        self.assertIn("unicode-bidi: isolate", self.text)

    def test_much(self):
        """The most rows that a site may have, and a large group."""
        rows = "".join("allow r%d external in tcp %d from any to access\n" % (n, n + 1) for n in range(1024))
        prefixes = "".join("peer client 10.%d.%d.0/24\n" % (n >> 8, n & 255) for n in range(30000))
        tables = self.tables(self.page(OPEN.replace("allow", "#") + rows + prefixes + "commit\n"))
        self.assertEqual(len(tables["Rows of the site"]), 1024)

    def test_no_module(self):
        result = self.run_tool("report", wants=2)
        self.assertIn("not loaded", result.err)
        self.assertEqual(result.out, "")
        self.assertIn("does not take --json", self.run_tool("report", "--json", wants=2).err)

    def test_refused(self):
        result = self.run_tool("report", "--policy", self.write("p", "feature x\ncommit\n"), wants=2)
        self.assertIn("unknown feature 'x'", result.err)
        self.assertEqual(result.out, "")


if __name__ == "__main__":
    sys.exit(tooltest.main())
