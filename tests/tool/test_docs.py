#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What documents say of lyncedgectl can be done: every command line parses, every row, feature, statement, metric and file that is
named exists, links lead somewhere, docs/matrix.md is the tool's own matrix, and docs/troubleshooting.md explains each drop reason.

That the tutorial and the troubleshooting's commands print what is shown, tests/vm/test-tutorial and test-troubleshooting prove.
"""

import glob
import json
import os
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
import console
import tooltest
from tooltest import FEATURES, REASONS, SAMPLE, TOP, VERBS, ToolTest

DOCUMENTS = sorted(glob.glob(os.path.join(TOP, "*.md")) + glob.glob(os.path.join(TOP, "docs", "*.md")) +
                   glob.glob(os.path.join(TOP, "contrib", "*", "*.md")))
WRITTEN_HERE = ["tutorial", "cookbook", "matrix", "troubleshooting"]
# Where a command is spoken of and not shown, what may stand for a word of it.
STANDS_FOR = {"FILE": "my.policy", "FEATURE": "xmpp", "CLIENT": "192.0.2.7", "SECONDS": "60"}
# What parts commands in a shell, and what may stand before one.
OPERATORS = {"|", "||", "&&", ";", "&", "(", ")"}
REDIRECTIONS = {"<", ">", ">>"}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def name_of(path):
    return os.path.relpath(path, TOP)


def prose_of(path):
    """Without what is shown of a terminal, and without comments."""
    text = re.sub(r"^```.*?^```$", "", text_of(path), flags=re.M | re.S)
    return re.sub(r"<!--.*?-->", "", text, flags=re.S)


def shown_commands(path):
    """Of ```console and ```sh blocks, as they are typed."""
    commands = [command.text for block in console.read(path) for command in block.commands]
    for script in re.findall(r"^ *```sh\n(.*?)^ *```$", text_of(path), re.M | re.S):
        commands += script.replace("\\\n", " ").splitlines()
    for block in re.findall(r"^```\n(.*?)^```$", text_of(path), re.M | re.S):
        commands += [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return commands


def simple_commands(line):
    """Lists of words, one for each command of a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    commands, skip = [[]], False
    for word in lexer:
        if word in OPERATORS:
            commands.append([])
        elif word in REDIRECTIONS:
            skip = True
        elif skip:
            skip = False
        else:
            commands[-1].append(word)
    return commands


def calls_in(command):
    """Calls of lyncedgectl in a command, as lists of words; in a here-document, those of a systemd unit."""
    for line in command.replace("\\\n", " ").splitlines():
        line = line.replace("ExecStart=", "")
        if "lyncedgectl" not in line:
            continue
        for words in simple_commands(line):
            while words and words[0] in ("sudo", "timeout"):
                words = words[2:] if words[0] == "timeout" else words[1:]
            if words and os.path.basename(words[0]) == "lyncedgectl":
                yield words[1:]


def calls():
    """(document, words) of every call that is shown, or is in code marks."""
    for path in DOCUMENTS:
        for command in shown_commands(path):
            for words in calls_in(command):
                yield name_of(path), words
        for code in re.findall(r"`(lyncedgectl [^`]+)`", prose_of(path)):
            for words in calls_in(re.sub(r"[][]", "", code.replace("\n", " "))):
                # A verb alone is spoken of, and not called.
                yield name_of(path), words if len(words) > 1 else [words[0], "--help"]


def headings(path):
    """Anchors, as GitHub makes them."""
    found = []
    for title in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text_of(path), flags=re.M | re.S), re.M):
        found.append(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"))
    return found


def links(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", text_of(path), flags=re.M | re.S)):
        if not target.startswith(("http://", "https://")):
            yield target


class Commands(ToolTest):
    def setUp(self):
        super().setUp()
        self.make_sysfs(text_of(SAMPLE), mode="monitor")
        for name in "my.policy", "sample.policy", "old.policy":
            self.write(name, text_of(SAMPLE))

    def parses(self, words):
        """Whether the tool understands a command line. It is run, on plain files in place of a module, unless it would take
        its time."""
        words = [STANDS_FOR.get(word, word) for word in words]
        if words[0] in ("log", "init", "top") or "--watch" in words:
            words = [*words, "--help"]
        if words[0] == "check" and len(words) == 1:
            words.append("my.policy")
        result = self.run_tool(*words)
        for complaint in "usage:", "unknown verb", "unrecognized option", "requires an argument", "does not take":
            if complaint in result.err:
                return result
        return None

    def test_they_parse(self):
        found = list(calls())
        self.assertGreater(len(found), 100)
        for document, words in found:
            if not words or words[0].startswith("--"):
                continue
            with self.subTest("%s: lyncedgectl %s" % (document, " ".join(words))):
                self.assertIn(words[0], VERBS)
                self.assertIsNone(self.parses(words))

    def test_this_can_fail(self):
        for line in ("lyncedgectl chek my.policy", "lyncedgectl reset --confirm 60", "lyncedgectl mode --polcy x",
                     "lyncedgectl explain external in tcp"):
            (words,) = calls_in(line)
            self.assertIsNotNone(self.parses(words), line)
        self.assertEqual(list(calls_in("x && lyncedgectl mode monitor --confirm 3 | cat; lyncedgectl confirm # yes")),
                         [["mode", "monitor", "--confirm", "3"], ["confirm"]])

    def test_explained_packets_are_packets(self):
        for document, words in calls():
            if words and words[0] == "explain" and "--conn" not in words and "--batch" not in words and len(words) > 5:
                with self.subTest("%s: %s" % (document, words)):
                    result = self.run_tool(*words)
                    self.assertIn(result.out.split()[0], ("accept", "drop"), result)


class Names(ToolTest):
    def test_rows(self):
        known = {row["id"] for row in json.loads(self.run_tool("matrix", "--all", "--json", wants=0).out)["rows"]}
        for path in DOCUMENTS:
            named = set(re.findall(r"\b(?:ext|int|fed|pic|xmpp)-\d\d\b", text_of(path)))
            self.assertLessEqual(named, known, name_of(path))

    def test_reasons(self):
        for path in DOCUMENTS:
            named = re.findall(r"^drop (\S+)$|\| drop (\S+) \|", text_of(path), re.M)
            self.assertLessEqual({name for pair in named for name in pair if name}, set(REASONS), name_of(path))

    def test_features(self):
        for path in DOCUMENTS:
            text = re.sub(r"\bfeature '?(xmmp|web-conferencin)\b", "", text_of(path))
            for words in re.findall(r"(?:^|`)feature ((?:[a-z0-9-]+ ?)+)(?:$|`|#)", text, re.M):
                self.assertLessEqual(set(words.split()), set(FEATURES), name_of(path))
            for words in re.findall(r"lyncedgectl (?:en|dis)able ((?:[a-z0-9-]+ ?)+)", text):
                self.assertLessEqual(set(words.split()), set(FEATURES), name_of(path))

    def test_statements(self):
        """Each statement in code marks is one that the parser takes, where it is whole."""
        whole = re.compile(r"`((?:option|port|block|peer|edge|interface|allow) [^`]+)`")
        for path in DOCUMENTS:
            for statement in whole.findall(prose_of(path)):
                if re.search(r"\b[A-Z]|…|\||<", statement) or statement in ("option log-group", "peer pic-partner") or (
                        len(statement.split()) < 3):
                    continue
                with self.subTest("%s: %s" % (name_of(path), statement)):
                    self.run_tool("check", self.write("p", statement + "\ncommit\n"), wants=0)

    def test_files(self):
        """Paths into this tree that are named in code marks."""
        for path in DOCUMENTS:
            for name in re.findall(r"`((?:tests|docs|tools|contrib)/[\w./-]+)`", text_of(path)):
                name = name.rstrip(".")
                places = [os.path.join(TOP, name), os.path.join(os.path.dirname(path), name)]
                self.assertTrue(any(os.path.exists(p) for p in places) or name.startswith("tools/lyncedgectl"),
                                "%s: %s" % (name_of(path), name))

    def test_files_of_the_module(self):
        known = {"mode", "policy", "error", "generation", "features", "rows", "drops", "counters", "reset", "confirm"}
        for path in DOCUMENTS:
            for name in re.findall(r"/sys/kernel/lyncedge/(\w+)", text_of(path)):
                self.assertIn(name, known, name_of(path))

    def test_metrics(self):
        self.make_sysfs(text_of(SAMPLE))
        exported = self.run_tool("metrics", "--prometheus", wants=0).out
        for path in DOCUMENTS:
            for name in re.findall(r"\blyncedge_\w+(?:_total|_seconds|_info|_refused|_present|_mode)\b", text_of(path)):
                self.assertIn("\n" + name, exported, name_of(path))

    def test_links(self):
        for path in DOCUMENTS:
            for target in links(path):
                with self.subTest("%s: %s" % (name_of(path), target)):
                    file, _, anchor = target.partition("#")
                    to = os.path.join(os.path.dirname(path), file) if file else path
                    self.assertTrue(os.path.exists(to))
                    if anchor:
                        self.assertIn(anchor, headings(to))


class Documents(ToolTest):
    def test_they_are_in_the_readme(self):
        readme = text_of(os.path.join(TOP, "README.md"))
        for path in glob.glob(os.path.join(TOP, "docs", "*.md")):
            if os.path.basename(path)[:-3] in WRITTEN_HERE:
                self.assertIn("(docs/%s)" % os.path.basename(path), readme)

    def test_reasons_are_explained(self):
        text = text_of(os.path.join(TOP, "docs", "troubleshooting.md"))
        for reason in REASONS[:6]:
            self.assertRegex(text, r"(?m)^\| `%s` \| .{20,} \| .{10,} \|$" % reason)
        for reason in REASONS[6:]:
            self.assertIn("`%s` (" % reason, text)

    def test_symptoms(self):
        """At least fifteen; each is in the table at the head, has something to look at, and is more than a heading."""
        text = text_of(os.path.join(TOP, "docs", "troubleshooting.md"))
        sections = re.split(r"^## ", text, flags=re.M)[1:]
        symptoms = [s for s in sections if not s.startswith("The reasons\n")]
        self.assertGreaterEqual(len(symptoms), 15)
        for section in symptoms:
            title = section.partition("\n")[0]
            anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            self.assertIn("](#%s)" % anchor, text.partition("\n## ")[0], title)
            self.assertIn("```console", section, title)

    def test_matrix(self):
        """The tables of docs/matrix.md are what the tool has, row by row, five tables in order."""
        rows = json.loads(self.run_tool("matrix", "--all", "--json", wants=0).out)["rows"]
        text = text_of(os.path.join(TOP, "docs", "matrix.md"))
        counts_at = dict(re.findall(r"(?m)^(\S+) .* counts at (\S+)$", self.run_tool("matrix", "--all", wants=0).out))
        wants = []
        for row in rows:
            ports = "%d-%d" % (row["port_first"], row["port_last"]) if row["port_first"] != row["port_last"] else (
                "%d" % row["port_first"])
            wants.append([row["id"], row["interface"], row["service"], row["application"], row["direction"], row["protocol"],
                          ports, ", ".join(row["source"]), ", ".join(row["destination"]), ", ".join(row["features"]),
                          counts_at.get(row["id"], "")])
        tables = re.split(r"^## \d\. ", text, flags=re.M)[1:]
        self.assertEqual(len(tables), 5)
        found = [[cell.strip() for cell in line.strip("|").split("|")] for table in tables for line in
                 re.findall(r"^\| (?:[a-z]+-\d\d) \|.*$", table, re.M)]
        self.assertEqual(found, wants)
        for table, prefix in zip(tables, ("ext", "int", "fed", "pic", "xmpp")):
            self.assertEqual(set(re.findall(r"^\| ([a-z]+)-\d\d \|", table, re.M)), {prefix})

    def test_matrix_is_the_source_document(self):
        """And that of the document that the tests have a copy of."""
        with open(os.path.join(TOP, "tests", "oracle", "matrix.tsv"), encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file][1:]
        text = text_of(os.path.join(TOP, "docs", "matrix.md"))
        found = re.findall(r"^\| ([a-z]+-\d\d) \| (\w+) \| (\w+) \| (\S+) \| (\w+) \| (\w+) \|", text, re.M)
        self.assertEqual(found, [(w[0], w[1], w[3], w[4], w[2], w[5]) for w in lines])

    def test_features_of_the_matrix(self):
        rows = json.loads(self.run_tool("matrix", "--all", "--json", wants=0).out)["rows"]
        text = text_of(os.path.join(TOP, "docs", "matrix.md")).partition("## By feature")[2]
        found = {name: ids.split() for name, ids in re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| ([^|]*-\d\d) \|$", text, re.M)}
        self.assertEqual(found, {name: [row["id"] for row in rows if name in row["features"]] for name in FEATURES})

    def test_capacity(self):
        """The tables of docs/capacity.md are what contrib/capacity prints, and its inputs what docs/performance.md has."""
        tables = subprocess.run([os.path.join(TOP, "contrib", "capacity")], check=True, capture_output=True, text=True).stdout
        text = text_of(os.path.join(TOP, "docs", "capacity.md"))
        self.assertIn("\n" + tables + "\n<!-- up to here -->", text)
        for name in ("lyncedge", "nft, tree by hand"):
            cost = re.search(r"(?s)The whole way of an accepted packet.*?^\| %s \| ([\d,]+) \|$" % name,
                             text_of(os.path.join(TOP, "docs", "performance.md")), re.M)[1]
            self.assertIn(cost + " with ", text)


if __name__ == "__main__":
    sys.exit(tooltest.main())
