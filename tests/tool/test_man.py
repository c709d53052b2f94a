#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The man pages: they render without a warning, refer to each other, and are complete: every file of the module, every word of
the policy language, every verb and every option, as the sources have them, is explained. Their examples are accepted."""

import itertools
import os
import re
import subprocess
import sys
import unittest

import tooltest
from tooltest import PLAIN_TOOL, TOP, ToolTest, verbs_of_help

PAGES = {name: os.path.join(TOP, "tools", name) for name in ("lyncedge.4", "lyncedge.5", "lyncedgectl.8")}


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def array(source, name):
    """Strings of an array in a C file."""
    body = re.search(r"\b%s\[[^\n]*= \{(.*?)^\};" % name, read(source), re.S | re.M)[1]
    return re.findall(r'"([^"]+)"', body)


def rows():
    return re.findall(r'^\tROW\("([a-z]+-\d\d)"', read("lyncedge_matrix.c"), re.M)


class Page:
    """A page: its sections as source, and as it is read."""

    def __init__(self, name):
        self.source = read("tools", name)
        self.text = rendered(PAGES[name])
        self.flat = re.sub(r"‐\s+", "", self.text)
        self.flat = re.sub(r"\s+", " ", self.flat)

    def section(self, name):
        return self.source.partition(".Sh %s\n" % name)[2].partition("\n.Sh ")[0] + "\n"

    def items(self, section):
        """What the tagged lists of a section explain: words of their .It lines."""
        return {word for line in re.findall(r"^\.It (.*)$", self.section(section), re.M) for word in line.split()}


def rendered(path):
    done = subprocess.run(["man", "-l", path], capture_output=True, check=True,
                          env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8", MANPAGER="cat", MAN_KEEP_FORMATTING=""))
    return re.sub(".\b", "", done.stdout.decode())


class Pages(unittest.TestCase):
    def test_they_render(self):
        for name, path in PAGES.items():
            for command in [["groff", "-man", "-ww", "-Tutf8", "-z", path], ["mandoc", "-T", "lint", "-W", "warning", path]]:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), " ".join(command))
            self.assertEqual([line for line in rendered(path).splitlines() if len(line) > 80], [], name)

    def test_they_know_each_other(self):
        for name in PAGES:
            others = {tuple(other.split(".")) for other in PAGES if other != name}
            referred = set(re.findall(r"^\.Xr (\S+) (\d)", read("tools", name).partition(".Sh SEE ALSO")[2], re.M))
            self.assertEqual(others - referred, set(), name)
            # No reference leads to a page of ours that is not there.
            for page, section in re.findall(r"Xr (lyncedge\w*) (\d)", read("tools", name)):
                self.assertIn(f"{page}.{section}", PAGES)


class Module(unittest.TestCase):
    def setUp(self):
        self.page = Page("lyncedge.4")

    def test_parameters(self):
        sources = "".join(read(name) for name in os.listdir(TOP) if name.endswith(".c"))
        parameters = re.findall(r"^module_param\((\w+),", sources, re.M)
        self.assertTrue(parameters)
        for name in parameters:
            self.assertIn(name, self.page.items("PARAMETERS"))

    def explained_files(self):
        """{path: mode} of all files that the page speaks of."""
        found = {}
        for line in re.findall(r"^\.It Pa (.*)$", self.page.section("FILES"), re.M):
            mode = re.search(r"No \((\d+)\)", line)[1]
            paths = line.partition(" No ")[0].replace("Ns Ar ", "").replace(" Ns Pa ", "").replace(" ", "")
            for path in paths.split(","):
                found[path] = mode
        return found

    def test_files(self):
        """Those of lyncedge_sysfs.c, with their modes; tests/vm/test-sysfs holds the same against a module."""
        source = read("lyncedge_sysfs.c")
        expected = {name: mode for name, mode in re.findall(r"__(?:BIN_)?ATTR\((\w+), (0\d+)", source)
                    if name not in ("packets", "bytes", "active")}
        expected.update({f"features/{name}": "0600" for name in array("lyncedge_matrix.c", "le_feature_names")})
        drops = array("lyncedge_matrix.c", "le_reason_names")[:6]
        for name, mode in re.findall(r"__ATTR\((packets|bytes|active), (0\d+)", source):
            expected.update({f"rows/{row}/{name}": mode for row in rows()})
            expected.update({f"drops/{drop}/{name}": mode for drop in drops if name != "active"})
        self.assertEqual(len(expected), 144)
        explained = {}
        listed = self.page.section("FILES")
        for path, mode in self.explained_files().items():
            directory = path.partition("/")[0]
            names = {"features": re.findall(r"features/([a-z0-9-]+)", listed), "rows": rows(),
                     "drops": re.findall(r"drops/([a-z-]+)", listed)}.get(directory, [None])
            for name in names:
                explained[re.sub("feature$|id(?=/)|reason(?=/)", lambda _, name=name: name, path) if name else path] = mode
        self.assertEqual(explained, expected)

    def test_words(self):
        for word in array("lyncedge_control.c", "le_mode_names") + array("lyncedge_matrix.c", "le_reason_names"):
            self.assertIn(word, self.page.flat)
        for first, last in (("ext-01", "ext-16"), ("int-01", "int-11"), ("pic-01", "pic-06"), ("xmpp-01", "xmpp-03")):
            self.assertIn(f"{first} to {last}", self.page.flat)
            self.assertIn(last, rows())
        self.assertIn("1 to %s:" % re.search(r"LE_MAX_CONFIRM_SECONDS (\d+)", read("lyncedge_policy.h"))[1], self.page.flat)

    def test_diagnostics(self):
        """What the module says to the kernel's log, word for word."""
        said = {text for name in os.listdir(TOP) if re.fullmatch(r"lyncedge_\w+\.c", name)
                for text in re.findall(r'pr_(?:err|notice|warn|info)\("(.*?)\\n"', read(name))}
        self.assertTrue(said)
        plain = {re.sub(r"%\.\*s", "%s", text) for text in said}
        self.assertEqual(plain, set(re.findall(r'^\.It "(.*)"$', self.page.section("DIAGNOSTICS"), re.M)))


class Policy(ToolTest):
    def setUp(self):
        super().setUp()
        self.page = Page("lyncedge.5")

    def test_statements(self):
        for name in array("lyncedge_policy.c", "statement_names"):
            self.assertRegex(self.page.section("STATEMENTS"), rf"(?m)^\.It Ic {name}\b")

    def test_groups_and_features(self):
        for section, name in ("PEER GROUPS", "le_group_names"), ("FEATURES", "le_feature_names"):
            found = re.findall(r"^\.It Cm (\S+)$", self.page.section(section), re.M)
            self.assertEqual(sorted(found), sorted(array("lyncedge_matrix.c", name)))

    def test_rows_of_features_and_groups(self):
        """The rows that it names for each are those of the matrix."""
        table = self.run_tool("matrix", "--all", "--tsv").out.splitlines()[1:]
        order = [line.split("\t")[0] for line in table]
        for section, columns in ("PEER GROUPS", slice(8, 10)), ("FEATURES", slice(10, 11)):
            for name, text in re.findall(r"^\.It Cm (\S+)\n(.*?)(?=^\.It|^\.El)", self.page.section(section), re.M | re.S):
                wanted = {line.split("\t")[0] for line in table if name in ",".join(line.split("\t")[columns]).split(",")}
                found = set()
                for first, last in re.findall(r"([a-z]+-\d\d)(?: to ([a-z]+-\d\d))?", text):
                    found |= set(order[order.index(first):order.index(last or first) + 1])
                self.assertEqual(found, wanted, name)

    def test_options(self):
        """Each with all of its values, the default first."""
        values = re.search(r"le_option_values\[.*?= \{(.*?)^\};", read("lyncedge_policy.c"), re.S | re.M)[1]
        values = [re.findall(r'"([^"]+)"', line) for line in values.strip().splitlines()]
        for name, words in zip(array("lyncedge_policy.c", "le_option_names"), values):
            self.assertIn(f"\n.It Cm {name} {' | '.join(words)}\n", self.page.section("OPTIONS"))
        self.assertIn("\n.It Cm log-group Ar number\n", self.page.section("OPTIONS"))

    def test_reasons(self):
        for reason in array("lyncedge_matrix.c", "le_reason_names"):
            self.assertIn(reason, self.page.section("HOW A PACKET IS JUDGED"))

    def test_limits(self):
        maxima = re.findall(r"#define (LE_MAX_\w+) \(?(\d+)U?(?: << (\d+))?", read("lyncedge_policy.h"))
        self.assertEqual(len(maxima), 8)
        for name, number, shift in maxima:
            if name != "LE_MAX_CONFIRM_SECONDS":
                self.assertIn(f" {int(number) << int(shift or 0)} ", " " + self.page.section("LIMITS").replace("\n", " "), name)

    def test_example(self):
        example = re.search(r"^\.Bd [^\n]*\n(.*?)^\.Ed", self.page.section("EXAMPLES"), re.M | re.S)[1]
        self.run_tool("check", self.write("example", example), wants=0)
        for name in array("lyncedge_policy.c", "statement_names"):
            self.assertRegex(example, rf"(?m)^{name}\b")


class Tool(ToolTest):
    def test_synopsis(self):
        """Each verb with the options of its usage."""
        synopsis = Page("lyncedgectl.8").section("SYNOPSIS")
        entries = re.findall(r"^\.Nm\n\.Cm (\w+)\n(.*?)(?=^\.Nm|\Z)", synopsis, re.M | re.S)
        for verb in verbs_of_help():
            text = "".join(body for name, body in entries if name == verb)
            self.assertIn(verb, {name for name, _ in entries})
            usage = self.run_tool(verb, "--help").out.partition("\n\n")[0]
            for option in re.findall(r"--([a-z0-9-]+)", usage):
                self.assertRegex(text, rf"(Fl -|\| -){option}\b", verb)

    def test_options(self):
        """Of main.c, in the man page's list and in the help of a verb."""
        source = re.search(r"long_options\[\] = \{(.*?)NULL, 0", read("tools", "main.c"), re.S)[1]
        options = re.findall(r'\{ "([a-z0-9-]+)",', source)
        self.assertGreater(len(options), 20)
        explained = read("tools", "lyncedgectl.8").partition("The options are:")[2].partition(".Sh ")[0].replace("\\\n", "")
        lines = re.findall(r"^\.It (Fl .*)$", explained, re.M)
        explained = {word for line in lines for word in re.findall(r"Fl -([a-z0-9-]+)", line)}
        self.assertEqual(explained, set(options))
        said = "".join(self.run_tool(*words, "--help").out for words in [[]] + [[verb] for verb in verbs_of_help()])
        for option in options:
            self.assertRegex(said, rf"--{option}\b")

    def test_help(self):
        """Each verb's: to stdout, complete, narrow; and it names what the verb takes, and nothing else."""
        source = re.search(r"long_options\[\] = \{(.*?)NULL, 0", read("tools", "main.c"), re.S)[1]
        options = dict(re.findall(r'\{ "([a-z0-9-]+)", (no|required)_argument', source))
        for verb in itertools.chain([None], verbs_of_help()):
            words = [verb] if verb else []
            result = self.run_tool(*words, "--help", wants=0)
            self.assertEqual(result.err, "")
            self.assertEqual([line for line in result.out.splitlines() if len(line) > 79], [])
            self.assertTrue(result.out.startswith("usage: lyncedgectl " + (verb or "VERB")))
            self.assertEqual(self.run_tool("--help", *words).out, result.out)
            if not verb:
                continue
            if verb not in ("show", "confirm", "enable", "disable", "reset", "counters", "matrix", "nat", "status"):
                self.assertIn("Exit status:", result.out, verb)
            named = set(re.findall(r"--([a-z0-9-]+)", result.out))
            for option, kind in options.items():
                if option in ("help", "version"):
                    continue
                arguments = ["--" + option] + ["x"] * (kind == "required")
                refused = "does not take" in self.run_tool(verb, *arguments, "a", "b", "c", "d", tool=PLAIN_TOOL).err
                if not refused:
                    self.assertIn(option, named, verb)


if __name__ == "__main__":
    sys.exit(tooltest.main())
