# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of lyncedgectl share. Each is a program of its own, test_*.py TOOL PLAIN_TOOL.

TOOL is what is tested, preferably built with sanitizers; PLAIN_TOOL answers where time is printed.
There is no module here: a tree of plain files stands for /sys/kernel/lyncedge. Where a write must be refused, the file is
a link to one of the kernel's own that refuses it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
SAMPLE = os.path.join(TOP, "tools", "sample.policy")
TOOL, PLAIN_TOOL = (os.path.abspath(path) for path in sys.argv[1:3])

VERBS = ("status check apply show mode confirm enable disable matrix counters reset explain replay log export "
         "diff nat init metrics top report").split()
# Verbs that no transcript can have, each with the reason.
UNREHEARSED = {
    "top": "draws on a terminal, and goes on until it is told to stop",
}
FEATURES = ("crl dns remote-access federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools "
            "pic pic-av xmpp cms-replication central-logging").split()
REASONS = "no-row malformed fragment blocked protocol invalid icmp-related icmp-echo".split()

# Nothing is doubtful here: lo exists everywhere, and may stand for both firewalls' devices, one at a time.
CLEAN = """interface external lo
edge access 10.45.16.10
feature remote-access dns
commit
"""
# An inside firewall of a gateway that holds only that.
INSIDE = """interface internal lo
edge internal 172.25.33.10
peer front-end 192.168.10.0/24
feature web-conferencing av
commit
"""
# All edges, all open to all; by no interface, since that does not matter to what is judged.
OPEN = """interface external eth0
interface internal eth1
edge access 10.45.16.10 2001:db8:16::10
edge webconf 10.45.16.20
edge av 10.45.16.30
edge internal 172.25.33.10
block 203.0.113.0/24
feature remote-access web-conferencing av federation xmpp pic-av
allow web internal out tcp 8000-8080 from internal to 192.0.2.0/24
"""


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode("utf-8", "surrogateescape")
        self.err = process.stderr.decode("utf-8", "surrogateescape")

    def __repr__(self):
        return "status %d\n--- stdout\n%s--- stderr\n%s" % (self.status, self.out, self.err)


class ToolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.sysfs = os.path.join(self.dir, "sysfs")

    def run_tool(self, *arguments, stdin=b"", tool=None, wants=None):
        environment = dict(os.environ, LYNCEDGE_SYSFS=self.sysfs, LC_ALL="C")
        if isinstance(stdin, str):
            stdin = stdin.encode()
        process = subprocess.run([tool or TOOL, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=environment, cwd=self.dir, check=False)
        result = Result(process)
        self.assertNotIn("Sanitizer", result.err)
        self.assertNotIn("runtime error", result.err)
        if wants is not None:
            self.assertEqual(result.status, wants, result)
        return result

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def make_sysfs(self, policy="", mode="off", error="", counters=None):
        """A tree of plain files such as the module has."""
        os.makedirs(os.path.join(self.sysfs, "features"))
        os.makedirs(os.path.join(self.sysfs, "module"))
        for name in FEATURES:
            self.write("sysfs/features/" + name, "0\n")
        if counters is None:
            counters = "".join(name + " 0 0\n" for name in ["ext-01", "ext-05", "web"] + REASONS)
        for name, text in [("policy", policy), ("mode", mode + "\n"), ("error", error), ("generation", "7\n"),
                           ("confirm", "0\n"), ("reset", ""), ("counters", counters),
                           ("module/version", "0.1.0\n"), ("module/srcversion", "0123456789ABCDEF\n")]:
            self.write("sysfs/" + name, text)

    def refuse(self, name, error=""):
        """Makes writes of a file be refused with EINVAL, as the kernel refuses no number for an OOM score."""
        path = os.path.join(self.sysfs, name)
        os.unlink(path)
        os.symlink("/proc/self/oom_score_adj", path)
        self.write("sysfs/error", error)

    def sysfs_text(self, name):
        with open(os.path.join(self.sysfs, name), encoding="ascii") as file:
            return file.read()

    def judged(self, policy, *lines):
        """Answers to a batch, one for each line."""
        result = self.run_tool("explain", "--policy", self.write("judged.policy", policy), "--batch",
                               stdin="".join(line + "\n" for line in lines))
        answers = result.out.splitlines()
        self.assertEqual(len(answers), len(lines), result)
        return answers


def verbs_of_help(tool=None):
    """{verb: it takes --json}, as the tool says itself, so that a new verb is missed where something of every verb is wanted."""
    def said(*words):
        return subprocess.run([tool or TOOL, *words], stdout=subprocess.PIPE, check=True).stdout.decode()

    listed = re.findall(r"^  ([a-z]\S*) +\S", said("--help").partition("\n\n")[2].partition("\nOptions")[0], re.M)
    return {verb: "--json" in said(verb, "--help").partition("\n\n")[0] for verb in listed}


def main():
    # A shell that runs tests in the background has interrupts ignored, by all that they start as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=1, stream=sys.stdout).run(suite)
    failed = len({str(getattr(case, "test_case", case)) for case, _ in result.failures + result.errors})
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    return 1 if failed or not result.testsRun else 0
