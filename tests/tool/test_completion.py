#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Completion in real shells: bash and zsh run interactively at a terminal of their own, a line is typed and the completion key
pressed. Both shells offer the same: every verb, each verb's options and no others, features, modes, words of packets, files."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import tooltest
from tooltest import FEATURES, PLAIN_TOOL, TOP, ToolTest, verbs_of_help

TOOLS = os.path.join(TOP, "tools")
PATIENCE = 60

# Every match that is offered is written to the file OFFERED; then the shell ends.
ZSHRC = """
fpath=({tools} $fpath)
autoload -U compinit
compinit -u -D
bindkey '^I' complete-word
compadd() {{
	# Not those that only ask what would match.
	if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)\\ * ]]; then
		typeset -a __offered
		builtin compadd -A __offered "$@"
		print -rl -- $__offered >>$OFFERED
	fi
	builtin compadd "$@"
}}
ended() {{ print -r -- END >>$OFFERED; exit; }}
comppostfuncs=(ended)
PS1='ready> '
"""
# readline shows no more than it has asked the function for, which a debug trap cannot see: the function is wrapped.
BASHRC = """
source {tools}/lyncedgectl.bash-completion
offer() {{ _lyncedgectl "$@"; printf '%s\\n' "${{COMPREPLY[@]}}" END >"$OFFERED"; kill $$; }}
complete -F offer lyncedgectl
bind 'set bell-style none'
trap 'exit' TERM
PS1='ready> '
"""


class Shell(ToolTest):
    """One shell's completion; a test of each is made below."""

    def offered(self, *words):
        """What is offered for the last of these words."""
        path = os.path.join(self.dir, "offered")
        if os.path.exists(path):
            os.unlink(path)
        pid, terminal = pty.fork()
        if not pid:
            os.chdir(self.work)
            environment = {"PATH": os.environ["PATH"], "HOME": self.dir, "ZDOTDIR": self.dir, "TERM": "dumb", "OFFERED": path}
            os.execvpe(self.command[0], self.command, environment)
        try:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 200, 0, 0))
            self.seen, typed = "", False
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and not self.ended(path):
                if not select.select([terminal], [], [], 0.05)[0]:
                    continue
                try:
                    self.seen += os.read(terminal, 65536).decode("utf-8", "replace")
                except OSError:
                    break
                if not typed and "ready> " in self.seen:
                    os.write(terminal, (" ".join(["lyncedgectl", *words]) + "\t").encode())
                    typed = True
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)
        self.assertTrue(self.ended(path), self.seen)
        with open(path, encoding="utf-8") as file:
            return list(dict.fromkeys(line.strip() for line in file if line.strip() not in ("", "END")))

    @staticmethod
    def ended(path):
        if not os.path.exists(path):
            return False
        with open(path, encoding="utf-8") as file:
            return file.read().endswith("END\n")

    def setUp(self):
        super().setUp()
        # Where files are completed: nothing else may lie there.
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.work)
        self.write("work/some.policy", "")


class Offers:
    """What is wanted of both shells."""

    def is_offered(self, words, wanted):
        self.assertEqual(sorted(self.offered(*words)), sorted(wanted), words)

    def test_verbs(self):
        self.is_offered([""], verbs_of_help())
        self.is_offered(["mo"], ["mode"])
        self.is_offered(["re"], ["reset", "replay"] + ["report"] * ("report" in verbs_of_help()))

    def test_words(self):
        self.is_offered(["mode", ""], ["off", "monitor", "enforce"])
        self.is_offered(["mode", "e"], ["enforce"])
        for verb in "enable", "disable":
            self.is_offered([verb, ""], FEATURES)
        self.is_offered(["export", ""], ["nft", "iptables", "ipset"])
        self.is_offered(["apply", "x", "--confirm", ""], ["30", "60", "300"])

    def test_more_features(self):
        offered = self.offered("enable", "av", "pic", "")
        self.assertLessEqual(set(FEATURES) - {"av", "pic"}, set(offered))

    def test_packets(self):
        self.is_offered(["explain", ""], ["external", "internal"])
        self.is_offered(["explain", "external", ""], ["in", "out"])
        self.assertLessEqual({"tcp", "udp", "icmp-echo"}, set(self.offered("explain", "--policy", "x", "external", "in", "")))
        self.is_offered(["explain", "external", "in", "tcp", ""], [])

    def test_files(self):
        for words in [["check", "so"], ["apply", "so"], ["diff", "so"], ["init", "so"], ["replay", "so"], ["log", "so"],
                      ["matrix", "--policy", "so"], ["explain", "--policy", "so"], ["export", "nft", "--policy", "so"],
                      ["nat", "--policy", "so"], ["diff", "x", "--policy", "so"], ["show", "--policy", "so"], ["status", "--peer", "so"]]:
            self.is_offered(words, ["some.policy"])
        self.is_offered(["apply", "x", "so"], [])
        self.is_offered(["status", "so"], [])

    def test_init(self):
        self.assertIn("lo", self.offered("init", "x", "--external", ""))
        self.assertLessEqual(set(FEATURES), set(self.offered("init", "x", "--features", "")))
        self.is_offered(["init", "x", "--access", ""], [])

    def test_options_of_each_verb(self):
        """Those that the verb's usage and help name, and the tool takes."""
        for verb in verbs_of_help():
            said = self.run_tool(verb, "--help", tool=PLAIN_TOOL).out
            known = set(re.findall(r"--[a-z0-9-]+", said)) | {"--help"}
            # In the text of a help there are options of others.
            taken = {option for option in known if option == "--help" or not re.search(
                "does not take|unrecognized", self.run_tool(verb, option, "x", "y", "z", "u", tool=PLAIN_TOOL).err)}
            self.assertEqual(set(self.offered(verb, "--")), taken, verb)


class Bash(Offers, Shell):
    def setUp(self):
        super().setUp()
        self.command = ["bash", "--noprofile", "--rcfile", self.write("bashrc", BASHRC.format(tools=TOOLS)), "-i"]


class Zsh(Offers, Shell):
    command = ["zsh", "-d", "-i"]

    def setUp(self):
        super().setUp()
        self.write(".zshrc", ZSHRC.format(tools=TOOLS))


if __name__ == "__main__":
    sys.exit(tooltest.main())
