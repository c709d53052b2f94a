#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of mutants.py itself: what is no mutant is refused, and what is no failed test counts as none."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import mutants

HEAD = "breaks: it\nkiller: unit\nfile: a.c\n"


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder.name, name), encoding="utf-8") as file:
            return file.read()


class Planting(Files):
    def plant(self, text, source):
        self.write("a.c", source)
        mutants.Mutant("m", text).apply(self.folder.name)
        return self.read("a.c")

    def test_lines_are_replaced_together(self):
        self.assertEqual(self.plant(HEAD + "-two\n-\tthree\n+2\n", "one\ntwo\n\tthree\nfour\n"), "one\n2\nfour\n")

    def test_lines_can_go(self):
        self.assertEqual(self.plant(HEAD + "-two\n", "one\ntwo\n"), "one\n")

    def test_lines_that_are_not_there_are_an_error(self):
        for source in ("one\n", "two \n", " two\n", "twofold\n"):
            with self.assertRaisesRegex(mutants.Wrong, "found 0 times"):
                self.plant(HEAD + "-two\n+2\n", source)

    def test_lines_that_are_there_twice_are_an_error(self):
        with self.assertRaisesRegex(mutants.Wrong, "found 2 times"):
            self.plant(HEAD + "-two\n+2\n", "two\ntwo\n")

    def test_all_files_or_none(self):
        self.write("b.c", "one\n")
        with self.assertRaises(mutants.Wrong):
            self.plant(HEAD + "-two\n+2\nfile: b.c\n-nothing\n+0\n", "two\n")
        self.assertEqual(self.read("a.c"), "two\n")

    def test_a_planted_fault_has_a_number_and_a_name(self):
        self.assertEqual(mutants.Mutant("m", HEAD + "planted: 3 a leak\n-two\n").fault(), (3, "a leak"))
        self.assertIsNone(mutants.Mutant("m", HEAD + "-two\n").fault())
        for wrong in ("a leak", "3", "0 a leak"):
            with self.assertRaises(mutants.Wrong):
                mutants.Mutant("m", HEAD + "planted: %s\n-two\n" % wrong)

    def test_what_is_not_understood_is_an_error(self):
        for text in (HEAD, HEAD + "+2\n", "killer: unit\nfile: a.c\n-two\n", "breaks: it\nfile: a.c\n-two\n",
                     HEAD + "-two\nbreaks: it\n", HEAD + "-two\nnonsense\n", "breaks: it\nkiller: none\nfile: a.c\n-two\n"):
            with self.assertRaises(mutants.Wrong):
                mutants.Mutant("m", text)


class Judging(Files):
    """What a part says, and what that proves."""

    def judge(self, script, patience=20):
        mutants.PARTS["fake"] = mutants.Part(["sh", "-c", script], {}, [])
        self.addCleanup(mutants.PARTS.pop, "fake", None)
        worker = mutants.Worker(0, None, mutants.Runner(), None)
        worker.folder = self.folder.name
        return worker.run_part("fake", os.path.join(self.folder.name, "log"), patience).failed

    def test_a_failed_test_is_one(self):
        self.assertTrue(self.judge("echo 3 passed, 1 failed; exit 1"))
        self.assertTrue(self.judge("echo 3 passed, 0 failed; exit 1"))

    def test_a_passed_test_is_none(self):
        self.assertFalse(self.judge("echo 3 passed, 0 failed"))

    def test_no_end_is_a_failure(self):
        self.assertTrue(self.judge("sleep 60", patience=0.2))

    def test_what_is_shown_of_it_is_the_worst(self):
        log = "ok 1\nnot ok 2 a\n  not ok 3 b\n[  1.0] BUG: KASAN:  use-after-free in f\nWARNING: CPU: 0\n1 passed, 1 failed\n"
        self.assertEqual(mutants.complaint_in(log), "BUG: KASAN: use-after-free in f")
        self.assertEqual(mutants.complaint_in("ok 1\nnot ok 2 a\n  not ok 3 b\n"), "not ok 2 a")
        self.assertEqual(mutants.complaint_in("ok 1\n"), "")

    def test_no_end_is_shown_by_what_a_guest_said(self):
        os.makedirs(os.path.join(self.folder.name, "build", "kunit"))
        self.write("build/kunit/console.log", "BUG: KASAN: use-after-free in f\n")
        self.assertEqual(list(mutants.consoles(self.folder.name, 60)), ["BUG: KASAN: use-after-free in f\n"])
        self.assertEqual(list(mutants.consoles(self.folder.name, -60)), [])

    def test_no_result_is_no_failure(self):
        for script in ("exit 1", "echo 3 passed, 1 failed; echo and more", "echo the suites do not build; echo 0 passed, 1 failed"):
            with self.assertRaises(mutants.Wrong):
                self.judge(script)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    bad = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - bad, bad))
    sys.exit(bad != 0)
