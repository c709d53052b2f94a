#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl counters --watch: what it says of counters that move, are reset, or are not there for a while, as lines and as
JSON, and that it ends without a word. See tooltest.py for what stands for the module.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import tooltest
from tooltest import OPEN, TOOL, ToolTest

PATIENCE = 60
START = {"ext-05": (100, 9000), "ext-06": (5, 500), "web": (0, 0), "no-row": (50, 3000), "icmp-echo": (0, 0)}


class Watch(ToolTest):
    def setUp(self):
        super().setUp()
        self.make_sysfs(OPEN + "commit\n", mode="enforce")
        self.count(START)

    def count(self, counters):
        path = self.write("new", "".join("%s %d %d\n" % (name, *counted) for name, counted in counters.items()))
        os.replace(path, os.path.join(self.sysfs, "counters"))

    def start(self, *arguments, **keywords):
        process = subprocess.Popen([TOOL, "counters", "--watch", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, LYNCEDGE_SYSFS=self.sysfs, LC_ALL="C"), text=True, bufsize=1, **keywords)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        return process

    def objects(self, process, wanted):
        """Reads until one is wanted. Return: that and all before it."""
        objects = []
        for line in process.stdout:
            objects.append(json.loads(line))
            if wanted(objects[-1]):
                return objects
        self.fail("it has ended after %r: %s" % (objects, process.stderr.read()))

    def test_json(self):
        process = self.start("0.1", "--json")
        self.objects(process, lambda o: True)
        self.count({**START, "ext-05": (124, 9960), "no-row": (51, 3060), "web": (1, 60)})
        last = self.objects(process, lambda o: o["counters"])[-1]
        self.assertEqual((last["mode"], last["generation"], last["confirm_seconds"], last["reset"]), ("enforce", 7, 0, False))
        self.assertGreater(last["seconds"], 0)
        self.assertLess(abs(last["time"] - time.time()), 3600)
        found = {c["name"]: c for c in last["counters"]}
        self.assertEqual({n: (c["kind"], c["packets"], c["bytes"], c["new_packets"], c["new_bytes"]) for n, c in found.items()},
                         {"ext-05": ("row", 124, 9960, 24, 960), "web": ("site-row", 1, 60, 1, 60),
                          "no-row": ("drop", 51, 3060, 1, 60)})
        self.assertAlmostEqual(found["ext-05"]["packets_per_second"], 24 / last["seconds"], delta=24 / last["seconds"] / 10)
        self.assertAlmostEqual(found["ext-05"]["bytes_per_second"], 960 / last["seconds"], delta=960 / last["seconds"] / 10)
        self.assertEqual((last["accepted"]["packets"], last["accepted"]["new_packets"], last["accepted"]["new_bytes"]),
                         (130, 25, 1020))
        self.assertEqual((last["dropped"]["packets"], last["dropped"]["new_packets"]), (51, 1))
        self.assertEqual(self.objects(process, lambda o: True)[-1]["counters"], [])

    def test_text(self):
        process = self.start("0.1")
        self.assertEqual(process.stdout.readline().split(), ["TIME", "NAME", "KIND", "PACKETS", "BYTES", "PACKETS/S", "BYTES/S"])
        process.stdout.readline()
        self.count({**START, "ext-05": (124, 9960)})
        lines = []
        while not any(line.split()[2] == "ext-05" for line in lines):
            lines.append(process.stdout.readline())
        lines += [process.stdout.readline() for _ in range(2)]
        row, accepted, dropped = [line.split() for line in lines[-3:]]
        self.assertRegex(" ".join(row[:2]), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
        self.assertEqual(row[2:6], ["ext-05", "row", "24", "960"])
        self.assertGreater(float(row[6]), 0)
        self.assertAlmostEqual(float(row[7]), float(row[6]) * 40, delta=float(row[6]))
        self.assertEqual(accepted[2:], ["accepted", "sum", "24", "960", *row[6:]])
        self.assertEqual(dropped[2:], ["dropped", "sum", "0", "0", "0.0", "0.0"])

    def test_all(self):
        result = self.run_tool("counters", "--watch=0.1", "--count", "1", "--all", wants=0)
        self.assertEqual([line.split()[2] for line in result.out.splitlines()[1:]], [*START, "accepted", "dropped"])
        result = self.run_tool("counters", "--json", "--all", "--watch", "0.1", "--count", "1", wants=0)
        self.assertEqual([c["name"] for c in json.loads(result.out)["counters"]], [*START])

    def test_long_names_keep_the_columns(self):
        self.count({"a" * 31: (0, 0), **START})
        lines = self.run_tool("counters", "--watch=0.1", "--count", "2", "--all", wants=0).out.splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1, lines)

    def test_count(self):
        result = self.run_tool("counters", "--watch", "0.1", "--count", "3", "--json", wants=0)
        self.assertEqual(len(result.out.splitlines()), 3)
        self.assertEqual(result.err, "")

    def test_reset(self):
        process = self.start("0.1", "--json")
        self.objects(process, lambda o: True)
        self.count({**START, "ext-05": (3, 300), "no-row": (0, 0)})
        last = self.objects(process, lambda o: o["counters"])[-1]
        self.assertTrue(last["reset"])
        self.assertEqual({c["name"]: (c["packets"], c["new_packets"], c["new_bytes"]) for c in last["counters"]},
                         {"ext-05": (3, 3, 300)})
        self.assertFalse(self.objects(process, lambda o: True)[-1]["reset"])

    def test_site_rows_come_and_go(self):
        """A site row whose counter starts again is no reset of all; one that is new has counted all that it has."""
        self.count({**START, "web": (9, 900)})
        process = self.start("0.1", "--json")
        self.objects(process, lambda o: True)
        self.count({"ext-05": (100, 9000), "ext-06": (5, 500), "other": (7, 70), "web": (1, 60), "no-row": (50, 3000)})
        last = self.objects(process, lambda o: o["counters"])[-1]
        self.assertFalse(last["reset"])
        self.assertEqual({c["name"]: c["new_packets"] for c in last["counters"]}, {"other": 7, "web": 1})

    def test_module_goes_and_comes(self):
        process = self.start("0.1", "--json")
        self.objects(process, lambda o: True)
        os.rename(self.sysfs, self.sysfs + "-gone")
        self.assertEqual(process.stderr.readline(),
                         "lyncedgectl: the module lyncedge is not loaded: there is no %s: waiting for it\n" % self.sysfs)
        os.rename(self.sysfs + "-gone", self.sysfs)
        last = self.objects(process, lambda o: True)[-1]
        self.assertEqual(last["counters"], [])
        self.assertGreater(last["seconds"], 0)
        os.rename(self.sysfs, self.sysfs + "-gone")
        # Once for each time that it is gone.
        self.assertIn("waiting for it", process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(process.stderr.read(), "")

    def test_ends_quietly(self):
        for number in signal.SIGINT, signal.SIGTERM:
            for interval in "0.1", "86400":
                with self.subTest(number, interval=interval):
                    process = self.start(interval)
                    process.stdout.readline()
                    process.send_signal(number)
                    self.assertEqual(process.wait(PATIENCE), 0)
                    self.assertEqual(process.stderr.read(), "")

    def test_reader_goes_away(self):
        process = self.start("0.1")
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(PATIENCE), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), "")

    def test_head_of_a_pipe(self):
        """In a shell, as an administrator would."""
        done = subprocess.run(["sh", "-c", '"$0" counters --watch 0.1 | head -n 2', TOOL], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, LYNCEDGE_SYSFS=self.sysfs), check=True, timeout=PATIENCE)
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertEqual(done.stderr, b"")

    def test_wrong_words(self):
        for arguments, complaint in [(["--watch", "x"], "--watch: 'x' is no number of seconds"),
                                     (["--watch=0"], "--watch: '0' is no number of seconds"),
                                     (["--watch=1", "2"], "'2' is too much"), (["--watch", "1", "2"], "'2' is too much"),
                                     (["2"], "'2' is too much without --watch"), (["--count", "2"], "--count goes with --watch"),
                                     (["--watch", "--count", "0"], "--count: '0' is no number of times"),
                                     (["--watch", "--count", "-1"], "--count: '-1' is no number of times")]:
            result = self.run_tool("counters", *arguments, wants=2)
            self.assertIn(complaint, result.err)
            self.assertEqual(result.out, "")

    def test_no_module(self):
        os.rename(self.sysfs, self.sysfs + "-gone")
        result = self.run_tool("counters", "--watch", wants=2)
        self.assertIn("the module lyncedge is not loaded", result.err)
        self.assertIn("modprobe", result.err)


if __name__ == "__main__":
    sys.exit(tooltest.main())
