#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl top, in a terminal of its own (tmux): what the screen shows of counters that move, at several sizes, what keys do,
that it outlasts what may happen to the module, and that it leaves the terminal as it was.

Nothing is said of when: each test waits until the screen shows what it should, or for long.
"""

import os
import re
import subprocess
import sys
import threading
import time

import tooltest
from tooltest import OPEN, PLAIN_TOOL, REASONS, TOOL, ToolTest

# Twice as long as anything has been seen to take on a machine that had much else to do.
PATIENCE = 60
POLICY = OPEN + "commit\n"
START = {"ext-01": (0, 0), "ext-05": (1000, 90000), "ext-06": (2000, 30000), "ext-14": (5, 500), "int-02": (7, 700),
         "int-03": (8, 800), "int-06": (9, 900), "web": (3, 300), "no-row": (50, 3000), "malformed": (0, 0), "fragment": (0, 0),
         "blocked": (4, 240), "protocol": (0, 0), "invalid": (0, 0), "icmp-related": (0, 0), "icmp-echo": (0, 0)}


class Feeder(threading.Thread):
    """Traffic: adds to counters, all the time."""

    def __init__(self, case):
        super().__init__(daemon=True)
        self.case, self.counters, self.steps = case, dict(START), {}
        self.lock, self.over = threading.Lock(), threading.Event()

    def write(self):
        with self.lock:
            for name, (packets, size) in self.steps.items():
                had = self.counters[name]
                self.counters[name] = had[0] + packets, had[1] + packets * size
            text = "".join("%s %d %d\n" % (name, *counted) for name, counted in self.counters.items())
        self.case.replace("counters", text)

    def set(self, counters=None, **steps):
        with self.lock:
            self.counters = dict(counters or self.counters)
            self.steps = {name.replace("_", "-"): step for name, step in steps.items()}

    def run(self):
        while not self.over.wait(0.05):
            self.write()


class Top(ToolTest):
    def setUp(self):
        super().setUp()
        self.make_sysfs(POLICY, mode="enforce")
        self.feeder = Feeder(self)
        self.feeder.write()

    def replace(self, name, text):
        """A file is seen as it was or as it is, but not in between; in a module that is loaded."""
        if not os.path.isdir(self.sysfs):
            return
        new = os.path.join(self.dir, "new-" + name)
        with open(new, "w", encoding="ascii") as file:
            file.write(text)
        try:
            os.replace(new, os.path.join(self.sysfs, name))
        except FileNotFoundError:
            pass

    def tmux(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR")}
        environment.update(TMUX_TMPDIR=self.dir, LYNCEDGE_SYSFS=self.sysfs, LC_ALL="C.UTF-8")
        return subprocess.run(["tmux", "-L", "lyncedge-test", "-f", "/dev/null", *arguments], env=environment, cwd=self.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout.decode()

    def screen(self, *arguments):
        return self.tmux("capture-pane", "-p", *arguments).split("\n")[:-1]

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def wait_for(self, *wanted, absent=(), arguments=()):
        """Until the screen matches all that is wanted, each a regular expression."""
        ends = time.monotonic() + PATIENCE
        while True:
            lines = self.screen(*arguments)
            text = "\n".join(lines)
            if all(re.search(pattern, text, re.M) for pattern in wanted) and \
               not any(re.search(pattern, text, re.M) for pattern in absent):
                return lines
            if time.monotonic() > ends:
                self.fail("no %s, or %s, in:\n%s" % (wanted, absent, text))
            time.sleep(0.05)

    def shell_and_children(self):
        """The terminal's shell, and what it waits for."""
        shell = int(self.tmux("display", "-p", "#{pane_pid}"))
        with open("/proc/%d/task/%d/children" % (shell, shell), encoding="ascii") as file:
            return [shell] + [int(word) for word in file.read().split()]

    def end_all(self):
        # What still runs is not to end by itself: the leak sanitizer waits for ever where a terminal has just gone.
        try:
            for process in self.shell_and_children():
                os.kill(process, 9)
        except (subprocess.CalledProcessError, OSError):
            pass
        subprocess.run(["tmux", "-L", "lyncedge-test", "kill-server"], check=False, env=dict(os.environ, TMUX_TMPDIR=self.dir),
                       stderr=subprocess.DEVNULL)

    def shell(self, width=80, height=24):
        self.addCleanup(self.end_all)
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), "PS1='$ ' exec bash --norc --noprofile")
        self.wait_for(r"^\$")

    def start(self, width=80, height=24, before="", arguments="0.2", wanted=("PACKETS",)):
        self.shell(width, height)
        self.type("-l", "echo earlier; stty -a >before")
        self.type("Enter")
        self.wait_for("^earlier$")
        self.type("-l", "%s %s top %s 2>err; echo $? >status; stty -a >after; echo >ended" % (before, TOOL, arguments))
        self.type("Enter")
        self.feeder.start()
        self.addCleanup(self.feeder.join)
        self.addCleanup(self.feeder.over.set)
        return self.wait_for(*wanted)

    def ended(self):
        """It has, with the terminal as it was, and nothing said. Return: its exit status."""
        ends = time.monotonic() + PATIENCE
        while not os.path.exists(os.path.join(self.dir, "ended")):
            self.assertLess(time.monotonic(), ends, self.screen())
            time.sleep(0.05)
        texts = {}
        for name in "before", "after", "err", "status":
            with open(os.path.join(self.dir, name), encoding="utf-8") as file:
                texts[name] = file.read()
        self.assertEqual(texts["before"], texts["after"])
        self.assertEqual(texts["err"], "")
        self.wait_for("^earlier$")
        self.assertEqual(self.tmux("display", "-p", "#{alternate_on} #{cursor_flag}"), "0 1\n")
        return int(texts["status"])

    @staticmethod
    def figures(lines, name):
        """Of a line of the table, as numbers."""
        units = dict(zip("kMGTPEZ", (1e3, 1e6, 1e9, 1e12, 1e15, 1e18, 1e21)))
        line = next(line for line in lines if line.split()[:1] == [name])
        words = line.split("#")[0].split()[1:]
        words = words[max((i + 1 for i, word in enumerate(words) if not re.fullmatch(r"\d+(\.\d+)?[kMGTPEZ]?", word)), default=0):]
        return [float(word.rstrip("kMGTPEZ")) * units.get(word[-1], 1) for word in words][-4:]

    @staticmethod
    def order(lines, *names):
        return [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in names]

    def check_fits(self, lines, width, height):
        self.assertEqual(len(lines), height)
        self.assertLessEqual(max(map(len, lines)), width)
        self.assertTrue(lines[-1].startswith("q quit  s sort"), lines[-1])
        self.assertTrue(lines[0].startswith("mode enforce  policy 7"), lines[0])

    def test_rates(self):
        self.feeder.set(ext_05=(9, 100), ext_06=(3, 1000), no_row=(2, 60))
        self.start()
        lines = self.wait_for(r"^ext-05 .* [1-9]\S* +\S+ +\S+ +\S+$", r"^no-row .* [1-9]\S* +\S+ +\S+ +\S+$")
        self.check_fits(lines, 80, 24)
        rates = {name: self.figures(lines, name) for name in ("ext-05", "ext-06", "no-row", "accepted", "dropped", "blocked")}
        self.assertGreater(rates["ext-05"][0], rates["ext-06"][0])
        self.assertGreater(rates["ext-06"][1], rates["ext-05"][1])
        self.assertGreater(rates["accepted"][0], rates["ext-05"][0])
        self.assertGreater(rates["no-row"][0], 0)
        self.assertEqual(rates["blocked"], [0, 0, 4, 240])
        self.assertAlmostEqual(rates["dropped"][0], rates["no-row"][0])
        self.assertEqual(self.order(lines, "ext-05", "ext-06", "no-row", "blocked"), ["ext-05", "ext-06", "no-row", "blocked"])
        self.assertIn("tcp 443 in SIP/TLS", next(line for line in lines if line.startswith("ext-05")))
        self.assertIn("no active row takes it", next(line for line in lines if line.startswith("no-row")))
        self.assertIn("site row", next(line for line in lines if line.startswith("web")))
        self.assertNotIn("ext-01", "\n".join(lines))
        self.feeder.set(ext_05=(1, 100), ext_06=(9, 1000))
        ends = time.monotonic() + PATIENCE
        while self.order(self.screen(), "ext-05", "ext-06") != ["ext-06", "ext-05"]:
            self.assertLess(time.monotonic(), ends)

    def test_sizes(self):
        self.feeder.set(ext_05=(9, 100), no_row=(2, 60))
        self.start()
        for width, height in (40, 10), (200, 50), (80, 24), (30, 6), (133, 43):
            with self.subTest("%dx%d" % (width, height)):
                self.tmux("resize-window", "-x", str(width), "-y", str(height))
                lines = self.wait_for(r"\A.*\n.*\n(.*\n){%d}q quit.*\Z" % (height - 3), r"^accepted +.*[1-9]")
                self.check_fits(lines, width, height)
                shown = self.order(lines, "accepted", "dropped", "ext-05", "no-row")
                self.assertEqual(shown, ["accepted", "dropped", "ext-05", "no-row"][:4 if height > 6 else 3])
                if width >= 133:
                    self.assertIn("SIP/TLS, external in, tcp 443, from client to access", "\n".join(lines))
                    self.assertRegex("\n".join(lines), r"(?m)^ext-05 .* #+$")

    def test_too_small(self):
        self.start(20, 5, wanted=["^too small"])
        self.tmux("resize-window", "-x", "80", "-y", "24")
        self.check_fits(self.wait_for("^ext-05", r"\A.{70}", r"^q quit.*\Z"), 80, 24)

    def test_sort(self):
        self.feeder.set(ext_05=(9, 100), ext_14=(3, 1000))
        self.start(90, 24)
        names = "ext-05", "ext-06", "ext-14"
        for sort, order in [(r"packets/s", ["ext-05", "ext-14", "ext-06"]), (r"bytes/s", ["ext-14", "ext-05", "ext-06"]),
                            (r"packets ", None), (r"bytes ", None), (r"matrix", ["ext-05", "ext-06", "ext-14"]),
                            (r"packets/s", ["ext-05", "ext-14", "ext-06"])]:
            with self.subTest(sort):
                lines = self.wait_for("s sort: " + sort, r"^ext-05 .* [1-9]\S* +\S+ +\S+ +\S+$", r"^ext-14 .* [1-9]\S* +\S+ +\S+ +\S+$")
                if order:
                    self.assertEqual(self.order(lines, *names), order)
                else:
                    totals = [self.figures(lines, name)[2 if sort == "packets " else 3] for name in self.order(lines, *names)]
                    self.assertEqual(totals, sorted(totals, reverse=True))
                self.type("s")

    def test_pause(self):
        self.feeder.set(ext_05=(9, 100))
        self.start()
        self.type("p")
        lines = self.wait_for("^PAUSED  mode enforce", "p go on")
        counted = self.feeder.counters["ext-05"]
        while self.feeder.counters["ext-05"][0] < counted[0] + 100:
            time.sleep(0.05)
        self.assertEqual(self.screen(), lines)
        self.tmux("resize-window", "-x", "100", "-y", "30")
        self.wait_for(r"\A(.*\n){29}q quit", "^PAUSED")
        self.type("p")
        self.wait_for("^mode enforce", "p pause")
        packets = self.figures(lines, "ext-05")[2]
        ends = time.monotonic() + PATIENCE
        while self.figures(self.screen(), "ext-05")[2] <= packets:
            self.assertLess(time.monotonic(), ends)

    def test_interval(self):
        self.start()
        self.wait_for("interval: 0.2 s")
        for key, interval in [("+", "0.5"), ("+", "1"), ("+", "2"), ("-", "1"), *[("+", None)] * 7, ("+", "60"), ("-", "30")]:
            self.type(key)
            if interval:
                self.wait_for("interval: %s s" % interval)

    def test_reset_of_the_view(self):
        self.feeder.set(ext_14=(1, 100))
        self.start()
        self.type("r")
        lines = self.wait_for("^accepted +since the view was reset", "r module's totals")
        self.assertEqual(self.figures(lines, "ext-06")[2:], [0, 0])
        self.assertEqual(self.sysfs_text("reset"), "")
        self.wait_for(r"^ext-14 .* [1-9]\S* +\S+$")
        self.type("r")
        lines = self.wait_for("r reset view", absent=["since the view"])
        self.assertEqual(self.figures(lines, "ext-06")[2:], [2000, 30000])

    def test_all(self):
        self.start()
        self.wait_for("^ext-05", absent=["^ext-01", "^malformed"])
        self.type("a")
        self.wait_for("^ext-01", "^malformed", "a not all")
        self.type("a")
        self.wait_for("^ext-05", absent=["^ext-01", "^malformed"])

    def test_scroll(self):
        self.start(80, 12)
        self.wait_for(r"^0 rows above, \d below", "^ext-06", absent=["^web"])
        for _ in range(9):
            self.type("Down")
        self.wait_for(r"^\d rows above, 0 below", "^web", absent=["^ext-06"])
        self.type("PPage", "PPage")
        self.wait_for(r"^0 rows above, \d below", "^ext-06")

    def test_change_to_be_confirmed(self):
        self.start()
        self.replace("confirm", "42\n")
        self.wait_for(r"\Amode enforce  policy 7  undone in 42 s ")
        self.tmux("resize-window", "-x", "40", "-y", "10")
        self.wait_for(r"\Amode enforce  policy 7  undone in 42 s\s")
        self.replace("confirm", "0\n")
        self.replace("mode", "monitor\n")
        self.wait_for(r"\Amode monitor  policy 7 ", absent=["undone"])
        self.tmux("resize-window", "-x", "80", "-y", "24")
        self.wait_for("^dropped +let pass: mode monitor")

    def test_module_goes_and_comes(self):
        self.feeder.set(ext_05=(9, 100))
        self.start()
        gone = self.sysfs + "-gone"
        os.rename(self.sysfs, gone)
        lines = self.wait_for(r"\Awaiting for the module", "the module lyncedge is not loaded")
        self.assertTrue(lines[-1].startswith("q quit"), lines)
        # The next one has another policy, and has counted little.
        self.feeder.set({"ext-05": (1, 60), "ext-08": (2, 80), "no-row": (0, 0)})
        with open(os.path.join(gone, "generation"), "w", encoding="ascii") as file:
            file.write("0\n")
        os.rename(gone, self.sysfs)
        lines = self.wait_for(r"\Amode enforce  no policy yet", r"^ext-08 .* 2 +80$")
        self.assertEqual(self.figures(lines, "ext-05"), [0, 0, 1, 60])
        self.type("q")
        self.assertEqual(self.ended(), 0)

    def test_counters_are_reset(self):
        self.feeder.set(ext_05=(9, 100))
        self.start()
        self.wait_for(r"^ext-05 .* [1-9]\S* +\S+ +\S+ +\S+$")
        self.feeder.set({name: (0, 0) for name in START}, ext_05=(9, 100))
        ends = time.monotonic() + PATIENCE
        while True:
            lines = self.screen()
            self.assertLess(max(self.figures(lines, "accepted")[:2]), 1e9)
            if self.figures(lines, "accepted")[2] < 1000:
                break
            self.assertLess(time.monotonic(), ends)
        self.wait_for(r"^ext-05 .* [1-9]\S* +\S+ +\S+ +\S+$", absent=["^ext-06"])

    def test_policy_changes(self):
        self.start()
        self.wait_for("^web .*tcp 8000-8080 out site row")
        self.replace("policy", POLICY.replace("8000-8080", "9000"))
        self.replace("generation", "8\n")
        self.wait_for("policy 8", "^web .*tcp 9000 out site row")

    def test_ends(self):
        """By a key, by signals, when the terminal is left in the middle of things."""
        for how, end in [("q", lambda case: case.type("q")), ("interrupt", lambda case: case.type("C-c")),
                         ("SIGTERM", lambda case: case.terminate(15)), ("SIGHUP", lambda case: case.terminate(1))]:
            with self.subTest(how):
                case = self.another()
                case.start()
                end(case)
                self.assertEqual(case.ended(), 0)

    def another(self):
        """A terminal and a tree beside those of this test."""
        case = Top()
        case.setUp()
        self.addCleanup(case.doCleanups)
        return case

    def terminate(self, signal):
        _, child = self.shell_and_children()
        os.kill(child, signal)

    def test_stop_and_go_on(self):
        self.feeder.set(ext_05=(9, 100))
        self.start()
        self.type("C-z")
        self.wait_for("^earlier$", "Stopped")
        self.type("-l", "fg")
        self.type("Enter")
        self.check_fits(self.wait_for("^ext-05"), 80, 24)
        self.type("q")
        self.wait_for("^earlier$", r"^\$$")
        self.type("-l", "stty -a >after; echo looked")
        self.type("Enter")
        self.wait_for("^looked$")
        self.assertEqual(self.ended(), 148)

    def test_colour(self):
        """Of drops, and of the mode; but not against NO_COLOR."""
        coloured = r"\x1b\[3[0-7]m"
        self.feeder.set(no_row=(2, 60))
        self.start()
        self.wait_for(coloured + ".*no-row", coloured + ".*mode enforce", arguments=["-e"])
        for value, has in ("1", False), ("", True):
            case = self.another()
            case.feeder.set(no_row=(2, 60))
            case.start(before="NO_COLOR=" + value)
            case.wait_for(r"^no-row .* [1-9]\S* +\S+ +\S+ +\S+$")
            self.assertEqual(bool(re.search(coloured, "\n".join(case.screen("-e")))), has)

    def test_no_terminal(self):
        result = self.run_tool("top", wants=2)
        self.assertIn("top wants a terminal", result.err)
        self.assertIn("'lyncedgectl counters --watch'", result.err)
        self.assertEqual(result.out, "")

    def test_unknown_terminal(self):
        # Not with sanitizers: then ncurses leaves something behind.
        self.shell()
        self.type("-l", "TERM=nonsense %s top; echo status $?" % PLAIN_TOOL)
        self.type("Enter")
        self.wait_for("the terminal 'nonsense' is not known", "counters --watch", "^status 2$")

    def test_no_module(self):
        self.shell()
        self.type("-l", "LYNCEDGE_SYSFS=/nowhere %s top; echo status $?" % TOOL)
        self.type("Enter")
        self.wait_for("the module lyncedge is not loaded", "modprobe lyncedge", "^status 2$")

    def test_interval_that_is_none(self):
        for text in "x", "0", "-1", "1e3", "0.01", "100000", "1.2.3", "", ".":
            self.assertIn("'%s' is no number of seconds" % text, self.run_tool("top", "--", text, wants=2).err)
        self.assertIn("'2' is too much", self.run_tool("top", "1", "2", wants=2).err)


assert set(REASONS) <= set(START)

if __name__ == "__main__":
    sys.exit(tooltest.main())
