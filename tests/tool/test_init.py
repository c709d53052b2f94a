#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl init: by options, from a pipe, at a terminal; what is found on the machine; and that nothing is left behind where
it ends too soon."""

import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time

import tooltest
from tooltest import TOOL, Result, ToolTest

ANSWERS = ["--external", "lo", "--internal", "none", "--access", "10.45.16.10,2001:db8:16::10 public 131.107.155.10",
           "--webconf", "none", "--av", "10.45.16.30", "--edge-internal", "none", "--front-end", "none",
           "--features", "remote-access,av", "--log-group", "7"]
STATEMENTS = ["interface external lo", "edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10", "edge av 10.45.16.30",
              "feature remote-access av", "option log-group 7", "commit"]
QUESTIONS = 9


class Init(ToolTest):
    def statements(self, name="new.policy"):
        with open(os.path.join(self.dir, name), encoding="ascii") as file:
            return [line for line in file.read().splitlines() if line and not line.startswith("#")]

    def nothing_is_left(self, *others):
        self.assertEqual(sorted(os.listdir(self.dir)), sorted(others))

    def test_options(self):
        result = self.run_tool("init", "new.policy", *ANSWERS, wants=0)
        self.assertEqual(self.statements(), STATEMENTS)
        self.assertIn("new.policy is written", result.out)
        self.nothing_is_left("new.policy")
        self.run_tool("check", "new.policy", wants=0)

    def test_stdout(self):
        out = self.run_tool("init", "-", *ANSWERS, wants=0).out
        self.assertEqual([line for line in out.splitlines() if line and line[0] != "#"], STATEMENTS)
        self.nothing_is_left()

    def test_comments(self):
        """What is left out is there to be filled in; and all is accepted with the examples in place."""
        out = self.run_tool("init", "-", *ANSWERS, wants=0).out
        self.assertIn("\n#edge webconf 10.45.16.20 public 131.107.155.20\n", out)
        self.assertIn("\n#peer front-end 192.168.10.0/24\n", out)
        whole = "".join(line[1:] if line[:2] in ("#e", "#p", "#a", "#i") else line for line in out.splitlines(True))
        self.assertIn("\nedge webconf", whole)
        self.run_tool("check", self.write("whole.policy", whole), wants=0)

    def test_features_that_can_be(self):
        """Of each feature that is listed, the answer is taken."""
        out = self.run_tool("init", "-", *ANSWERS, wants=0).out
        listed = out.partition("There is: ")[2].partition(".")[0].replace("#", "").split()
        self.assertEqual(set(tooltest.FEATURES) - set(listed), {"pic"})
        self.assertIn("There is also pic, which", out)
        for feature in listed:
            arguments = [feature if before == "--features" else word for before, word in zip([None, *ANSWERS], ANSWERS)]
            self.run_tool("init", "-", *arguments, wants=0)

    def test_pipe(self):
        answers = "lo\nnone\n10.45.16.10 2001:db8:16::10 public 131.107.155.10\n\n10.45.16.30\n\n\nremote-access av\n7\n"
        self.assertEqual(answers.count("\n"), QUESTIONS)
        self.run_tool("init", "new.policy", stdin=answers, wants=0)
        self.assertEqual(self.statements(), STATEMENTS)

    def test_options_and_pipe(self):
        self.run_tool("init", "new.policy", *ANSWERS[:-4], stdin="remote-access av\n7", wants=0)
        self.assertEqual(self.statements(), STATEMENTS)

    def test_pipe_that_ends_too_soon(self):
        for answers in "", "lo\n", "lo\nnone\n10.45.16.10\nnone\nnone\nnone\nnone\nnone\n":
            result = self.run_tool("init", "new.policy", stdin=answers, wants=2)
            self.assertIn("the answers ended before the question: ", result.err)
            self.assertIn("hint: nothing was written", result.err)
            self.nothing_is_left()

    def test_wrong_answers(self):
        for option, value, message in [
                ("--access", "10.45.16.300", "malformed address"), ("--access", "10.45.16.1 public", "address"),
                ("--external", "eth/0", "device"), ("--front-end", "192.168.10.1/24", "host bits"),
                ("--features", "xmmp", "unknown feature 'xmmp'"), ("--features", "pic", "pic-partner"),
                ("--log-group", "x", ""), ("--log-group", "70000", ""), ("--features", "av # all", "comments"),
                ("--access", "10.0.0.1\ncommit", "comments")]:
            with self.subTest(option + " " + value):
                arguments = list(ANSWERS)
                arguments[arguments.index(option) + 1] = value
                result = self.run_tool("init", "new.policy", *arguments, wants=2)
                self.assertIn("lyncedgectl: ", result.err)
                self.assertIn(message, result.err)
                self.nothing_is_left()
        result = self.run_tool("init", "new.policy", stdin="lo\nnone\n10.45.16\n", wants=2)
        self.assertIn("--access: ", result.err)
        self.nothing_is_left()

    def test_answers_that_do_not_go_together(self):
        arguments = list(ANSWERS)
        arguments[3] = "lo"
        self.assertIn("do not go together", self.run_tool("init", "new.policy", *arguments, wants=2).err)
        self.nothing_is_left()

    def test_existing_file(self):
        self.write("new.policy", "mine\n")
        for more in [], ["--yes"]:
            result = self.run_tool("init", "new.policy", *ANSWERS, *more, wants=2)
            self.assertIn("File exists", result.err)
            self.assertIn("hint: nothing was changed; --force", result.err)
            self.assertEqual(self.statements(), ["mine"])
        self.run_tool("init", "new.policy", *ANSWERS, "--force", wants=0)
        self.assertEqual(self.statements(), STATEMENTS)
        self.nothing_is_left("new.policy")

    def test_file_that_cannot_be(self):
        self.assertIn("No such file", self.run_tool("init", "no/such/dir", *ANSWERS, wants=2).err)
        os.mkdir(os.path.join(self.dir, "d"))
        self.run_tool("init", "d", *ANSWERS, "--force", wants=2)
        self.nothing_is_left("d")

    def test_mode_of_the_file(self):
        before = os.umask(0o027)
        self.addCleanup(os.umask, before)
        self.run_tool("init", "new.policy", *ANSWERS, wants=0)
        self.assertEqual(os.stat(os.path.join(self.dir, "new.policy")).st_mode & 0o777, 0o640)

    def test_mode_and_owner_of_what_was_there(self):
        path = self.write("new.policy", "mine\n")
        os.chmod(path, 0o604)
        if os.geteuid() == 0:
            os.chown(path, 1, 2)
        before = os.stat(path)
        self.run_tool("init", "new.policy", *ANSWERS, "--force", wants=0)
        after = os.stat(path)
        self.assertEqual(self.statements(), STATEMENTS)
        self.assertEqual((oct(after.st_mode), after.st_uid, after.st_gid), (oct(before.st_mode), before.st_uid, before.st_gid))

    def test_symbolic_link(self):
        """What it leads to is written over, and it stays."""
        os.mkdir(os.path.join(self.dir, "d"))
        self.write("d/real.policy", "mine\n")
        os.symlink("d/real.policy", os.path.join(self.dir, "new.policy"))
        self.run_tool("init", "new.policy", *ANSWERS, "--force", wants=0)
        self.assertTrue(os.path.islink(os.path.join(self.dir, "new.policy")))
        self.assertEqual(self.statements("d/real.policy"), STATEMENTS)
        self.assertEqual(os.listdir(os.path.join(self.dir, "d")), ["real.policy"])
        os.symlink("nowhere", os.path.join(self.dir, "broken"))
        self.assertIn("broken: ", self.run_tool("init", "broken", *ANSWERS, "--force", wants=2).err)
        self.nothing_is_left("broken", "d", "new.policy")

    def test_what_is_no_file(self):
        """A device, a pipe: replaced, it would be gone."""
        os.mkfifo(os.path.join(self.dir, "pipe"))
        os.symlink("/dev/null", os.path.join(self.dir, "null"))
        for name in "pipe", "null", ".":
            self.assertIn("not a regular file", self.run_tool("init", name, *ANSWERS, "--force", wants=2).err)
        self.assertTrue(stat.S_ISFIFO(os.stat(os.path.join(self.dir, "pipe")).st_mode))
        self.nothing_is_left("null", "pipe")

    def test_misuse(self):
        self.assertIn("FILE is missing", self.run_tool("init", wants=2).err)
        self.assertIn("does not take --yes", self.run_tool("status", "--yes", wants=2).err)
        self.assertIn("does not take --access and the like", self.run_tool("status", "--av", "x", wants=2).err)

    def run_on_a_gateway(self, script):
        """In a network with an outer device that has the default route, and an inner one."""
        network = """
            ip link set lo up
            ip link add wan0 type veth peer name isp; ip link add lan0 type veth peer name company
            for device in wan0 isp lan0 company; do ip link set $device up; done
            ip addr add 10.20.30.1/20 dev lan0; ip addr add 2001:db8:9::1/64 dev lan0; ip addr add 198.51.100.2/24 dev wan0
            ip route add default via 198.51.100.1 dev wan0
            ip route add default via 10.20.30.9 dev lan0 metric 500
        """
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        done = subprocess.run([*as_root, "unshare", "-n", "sh", "-ec", network + script, TOOL], cwd=self.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, Result(done))
        return Result(done)

    def test_defaults_found_on_the_machine(self):
        self.run_on_a_gateway('"$0" init new.policy --yes --access 10.45.16.10 --edge-internal 172.25.33.10')
        self.assertEqual(self.statements(), ["interface external wan0", "interface internal lan0", "edge access 10.45.16.10",
                                             "edge internal 172.25.33.10", "peer front-end 10.20.16.0/20 2001:db8:9::/64",
                                             "feature remote-access federation dns crl cms-replication", "option log-group 5",
                                             "commit"])
        result = self.run_tool("check", "new.policy", wants=0)
        self.assertNotIn("no address", result.err)

    def test_defaults_of_one_firewall(self):
        script = '"$0" init %s.policy --yes --%s none --access 10.45.16.10 --webconf 10.45.16.20 --edge-internal 172.25.33.10;'
        self.run_on_a_gateway(script % ("in", "external") + script % ("out", "internal"))
        self.assertIn("feature remote-access web-conferencing av federation cms-replication", self.statements("in.policy"))
        self.assertIn("feature remote-access web-conferencing federation dns crl", self.statements("out.policy"))

    def test_no_network_at_all(self):
        self.run_on_a_gateway('unshare -n "$0" init new.policy --yes')
        self.assertEqual(self.statements(), ["option log-group 5", "commit"])


class Terminal(ToolTest):
    """As at a keyboard."""

    def start(self):
        pid, self.terminal = pty.fork()
        if not pid:
            os.chdir(self.dir)
            os.execv(TOOL, [TOOL, "init", "new.policy"])
        self.pid = pid
        self.seen = b""
        self.addCleanup(os.close, self.terminal)

    def read_until(self, text):
        """What is on the screen, up to a text; all of it if the program ends."""
        deadline = time.monotonic() + 20
        while text is None or text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, "waited in vain for %r, saw %r" % (text, self.seen))
            try:
                more = os.read(self.terminal, 4096)
            except OSError:
                break
            if not more:
                break
            self.seen += more
        part, _, self.seen = self.seen.partition(text) if text else (self.seen, b"", b"")
        return part.decode()

    def say(self, line):
        os.write(self.terminal, line.encode())

    def end(self):
        self.rest = self.read_until(None)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def test_questions_and_answers(self):
        self.start()
        self.assertIn("Devices here:", self.read_until(b"Devices toward the Internet ["))
        self.read_until(b"]: ")
        self.say("lo\n")
        self.read_until(b"company network [")
        self.read_until(b"]: ")
        self.say("none\n")
        self.read_until(b"Access Edge")
        self.read_until(b"[none]: ")
        self.say("10.45.16\n")
        self.assertIn("malformed address", self.read_until(b"[none]: "))
        self.say("10.45.16.10, 2001:db8:16::10 public 131.107.155.10\n")
        for question, answer in [(b"Web Conferencing", ""), (b"A/V Edge", "10.45.16.30"), (b"Internal Edge", ""),
                                 (b"Front End", "none"), (b"Features", "remote-access av"), (b"NFLOG", "7")]:
            self.read_until(question)
            self.read_until(b"]: ")
            self.say(answer + "\n")
        self.assertEqual(self.end(), 0)
        with open(os.path.join(self.dir, "new.policy"), encoding="ascii") as file:
            self.assertEqual([line for line in file.read().splitlines() if line and line[0] != "#"], STATEMENTS)

    def test_end_of_input(self):
        self.start()
        self.read_until(b"]: ")
        self.say("lo\n")
        self.read_until(b"company network [")
        self.read_until(b"]: ")
        self.say("\x04")
        self.assertEqual(self.end(), 2)
        self.assertIn("nothing was written", self.rest)
        self.assertEqual(os.listdir(self.dir), [])

    def test_interrupt(self):
        self.start()
        self.read_until(b"]: ")
        self.say("lo\n")
        self.read_until(b"company network [")
        self.read_until(b"]: ")
        self.say("\x03")
        self.assertEqual(self.end(), -signal.SIGINT)
        self.assertEqual(os.listdir(self.dir), [])


if __name__ == "__main__":
    sys.exit(tooltest.main())
