#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Plants bugs into a copy of the tree, one at a time, and looks whether a test fails.

A mutant is a file NAME.mutant:

    # SPDX-License-Identifier: GPL-2.0-only
    breaks: what is wrong with it, in one line
    killer: unit:fast_test          the part that is tried first, or what its name begins with (see find_parts)
    planted: 3 read past the head   of the faults that --planted plants: its number, and what it is called
    file: lyncedge_compile.c
    -       lines as they are now
    +       lines as they are to be

Lines that begin with - are looked for in the file, together and whole, and must be there exactly once; those that begin
with + take their place. Several replacements may follow each other, each with a "file:" of its own. Lines that begin with
# are for the reader.

The parts of the test suite run from the cheap to the dear until one fails. A part has failed only if its last line is "N
passed, N failed" and so says, or if it runs on where it ended before; a tree that does not build proves nothing, and
neither does a part that fails without any mutant. A mutant that no part sees has survived, and is a failure here.

The planted faults are the mistakes that a kernel module is feared for. --planted plants these alone, and ends with a table that
says of each which part saw it, and by what words.

Copies, logs and results are in build/mutants. What was killed is not run again until the mutant, the sources or the tests
that killed it change.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
BUILD = os.path.join(TOP, "build", "mutants")
WORKERS = 2

# A part that takes this much longer than without a mutant hangs.
PATIENCE_FACTOR = 4
PATIENCE_SECONDS = 60
LONGEST = 3600

Part = collections.namedtuple("Part", "command environment folders")
RESULT = re.compile(r"^(\d+) passed, (\d+) failed$")
# A part that cannot be built has no result, or counts as a failure what is none here.
NO_BUILD = re.compile(r"\b(do|does|did) not build\b")


class Wrong(Exception):
    """A mutant, or the tree under it, is not as it should be."""


def tests_in(folder, pattern):
    """What the pattern's group is in the names of the files there that match it."""
    matches = (re.fullmatch(pattern, file) for file in sorted(os.listdir(os.path.join(TOP, "tests", folder))))
    return [match.group(1) for match in matches if match]


def find_parts():
    """Each program, suite or guest is a part of its own, so that no mutant waits for more than what sees it. The dear ones are
    last."""
    parts = {}
    suites = tests_in("kunit", r"lyncedge_(.*)_kunit\.c") + ["test-memory"]
    pure = ["lyncedge_%s_kunit" % name for name in ("policy", "addr", "rules")]
    for name in tests_in("unit", r"(.*_test)\.c") + pure:
        parts["unit:" + name] = Part(["tests/unit/run", name], {}, ["unit", "kunit"])
    parts["tool"] = Part(["tests/tool/run"], {}, ["tool"])
    # Fewer than tests/oracle/run would: enough for a bug to show.
    parts["oracle"] = Part(["tests/oracle/run", "--policies", "24", "--packets", "2000", "--keep", "build/oracle"], {}, ["oracle"])
    for kernel, environment in (("kunit:", {}), ("kunit-debug:", {"KUNIT": "debug"})):
        for name in suites:
            parts[kernel + name] = Part(["tests/kunit/run", name], environment, ["kunit"])
    for name in tests_in("vm", r"test-(.*)"):
        parts["vm:" + name] = Part(["tests/vm/test", name], {}, ["vm"])
    # What is read and not run: after all that runs, but for what takes several processors and luck to be seen running.
    parts["spatch"] = Part(["tests/style/cocci/run"], {}, ["style"])
    return parts


PARTS = find_parts()


def parts_named(beginning):
    """The part of that name, or all whose names go on with a colon."""
    return [name for name in PARTS if name == beginning or name.startswith(beginning + ":")]


def parts_from(beginning):
    """All parts: those of that name first, and before others those of the same kind."""
    named, kind = parts_named(beginning), parts_named(beginning.partition(":")[0])
    return sorted(PARTS, key=lambda name: (name not in named, name not in kind))


# ---- mutants ---------------------------------------------------------------------------------------------------------

class Mutant:
    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.fields = {}
        self.replacements = []  # [file, old lines, new lines]
        for number, line in enumerate(text.splitlines(), 1):
            if line and not line.startswith("#"):
                self._read_line(number, line)
        for field in ("breaks", "killer"):
            if field not in self.fields:
                raise Wrong("%s: no line '%s:'" % (name, field))
        if not parts_named(self.fields["killer"]):
            raise Wrong("%s: no such part: %s" % (name, self.fields["killer"]))
        if not re.match(r"[1-9]\d* \S", self.fields.get("planted", "1 fault")):
            raise Wrong("%s: planted: a number, and a name" % name)
        if not self.replacements or not all(old for _, old, _ in self.replacements):
            raise Wrong("%s: replaces nothing" % name)

    def _read_line(self, number, line):
        key, colon, value = line.partition(":")
        if line[0] in "-+" and self.replacements:
            self.replacements[-1][1 if line[0] == "-" else 2].append(line[1:])
        elif colon and key == "file":
            self.replacements.append([value.strip(), [], []])
        elif colon and key in ("breaks", "killer", "planted") and key not in self.fields:
            self.fields[key] = value.strip()
        else:
            raise Wrong("%s, line %d: not understood: %s" % (self.name, number, line))

    def files(self):
        return sorted({file for file, _, _ in self.replacements})

    def fault(self):
        """(number, name) of a planted fault, None of any other mutant."""
        number, _, name = self.fields.get("planted", "").partition(" ")
        return (int(number), name) if number else None

    def apply(self, folder):
        """Changes the files in the folder; all or none of them."""
        changed = {}
        for file, old, new in self.replacements:
            if file not in changed:
                with open(os.path.join(folder, file), encoding="utf-8") as source:
                    changed[file] = source.read()
            changed[file] = replace_once(self.name, file, changed[file], old, new)
        for file, text in changed.items():
            with open(os.path.join(folder, file), "w", encoding="utf-8") as source:
                source.write(text)


def replace_once(name, file, text, old, new):
    lines = text.split("\n")
    places = [i for i in range(len(lines)) if lines[i:i + len(old)] == old]
    if len(places) != 1:
        raise Wrong("%s: does not apply to %s: found %d times: %s" % (name, file, len(places), " / ".join(old)))
    lines[places[0]:places[0] + len(old)] = new
    return "\n".join(lines)


def read_mutants(names):
    found = sorted(file[:-len(".mutant")] for file in os.listdir(HERE) if file.endswith(".mutant"))
    for name in names:
        if name not in found:
            raise Wrong("no such mutant: " + name)
    mutants = []
    for name in names or found:
        with open(os.path.join(HERE, name + ".mutant"), encoding="utf-8") as file:
            mutants.append(Mutant(name, file.read()))
    return mutants


# ---- the tree and its copies -----------------------------------------------------------------------------------------

def tree_files():
    """What is in the repository, or could be added to it."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True,
                            stdout=subprocess.PIPE, universal_newlines=True).stdout.split("\0")
    return [file for file in listed if file and os.path.isfile(os.path.join(TOP, file))]


def hash_files(files):
    whole = hashlib.sha256()
    for file in sorted(files):
        with open(os.path.join(TOP, file), "rb") as content:
            whole.update(("%s %s\n" % (file, hashlib.sha256(content.read()).hexdigest())).encode())
    return whole.hexdigest()


class Tree:
    """The files as they are at the start of the run."""

    def __init__(self):
        self.files = tree_files()
        sources = [file for file in self.files if not file.startswith("tests/") and
                   (file.startswith("tools/") or file.endswith((".c", ".h", ".mk", "Kbuild")))]
        self.source_hash = hash_files(sources)
        self.part_hash = {name: self._hash_part(part) for name, part in PARTS.items()}

    def _hash_part(self, part):
        folders = tuple("tests/%s/" % folder for folder in part.folders + ["lib"])
        return hash_files([file for file in self.files if file.startswith(folders)])

    def key(self, part, text=""):
        """Changes with whatever may change what a part says of a mutant."""
        return hashlib.sha256("\n".join((self.source_hash, self.part_hash[part], text)).encode()).hexdigest()

    def copy_to(self, folder):
        """Only what differs is written, so that make builds only what has to be."""
        for file in self.files:
            source, target = os.path.join(TOP, file), os.path.join(folder, file)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if not same(source, target):
                shutil.copyfile(source, target)
                shutil.copymode(source, target)
        wanted = set(self.files)
        for root, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
            for file in files:
                path = os.path.relpath(os.path.join(root, file), folder)
                if path not in wanted and path.endswith((".c", ".h", ".py")) and not path.endswith(".mod.c"):
                    os.remove(os.path.join(root, file))


def same(one, other):
    try:
        with open(one, "rb") as left, open(other, "rb") as right:
            return left.read() == right.read()
    except FileNotFoundError:
        return False


# ---- running ---------------------------------------------------------------------------------------------------------

class Stopped(Exception):
    """The run is being ended."""


class Runner:
    """Starts commands, each in a process group of its own, and ends them with the run."""

    def __init__(self):
        self.lock = threading.Lock()
        self.groups = set()
        self.stopped = False

    def run(self, command, folder, environment, log, patience):
        """(exit status or None for one that took too long, seconds)"""
        start = time.monotonic()
        with open(log, "w", encoding="utf-8") as output:
            with self.lock:
                if self.stopped:
                    raise Stopped()
                process = subprocess.Popen(command, cwd=folder, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
                self.groups.add(process.pid)
            try:
                status = process.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                status = None
                end_group(process)
            with self.lock:
                self.groups.discard(process.pid)
        if self.stopped:
            raise Stopped()
        return status, time.monotonic() - start

    def stop(self):
        with self.lock:
            self.stopped = True
            for group in self.groups:
                os.killpg(group, signal.SIGTERM)


def end_group(process):
    """Politely first: a runner of virtual machines ends its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def read_log(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# What a part says when something is wrong, in words of the kernel, of a sanitizer, of a test. The first line of the first kind
# that there is says it.
COMPLAINTS = [re.compile(pattern) for pattern in (
    r"BUG: KASAN|ERROR: \w+Sanitizer|runtime error: |refcount_t: |unregister_netdevice: |BUG: scheduling|unreferenced object",
    r"BUG|WARNING: |Kernel panic|Call Trace|segfault",
    r"^(\[[\d:]+\] )?\[FAILED\] |^ *not ok\b",
    r"^\S+\.c:\d+: |guest died|FAILED|no results",
)]
# Times and processes, which are others in every run, and the rest of a path.
PASSING = re.compile(r"^(\[[ \d:.]+\]|==\d+==)\s*|/\S*/")


def complaint_in(text):
    lines = [line.strip() for line in text.splitlines()]
    for pattern in COMPLAINTS:
        for line in lines:
            if pattern.search(line):
                return re.sub(r"\s+", " ", PASSING.sub("", line))
    return ""


def consoles(folder, seconds):
    """The beginnings of what guests have said in these last seconds."""
    for path in glob.glob(os.path.join(folder, "build", "**", "console.log"), recursive=True):
        if time.time() - os.path.getmtime(path) < seconds:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read(1 << 20)


Outcome = collections.namedtuple("Outcome", "failed why seconds said")


class Worker:
    """A copy of the tree, in which one mutant at a time lives."""

    def __init__(self, number, tree, runner, baselines):
        self.folder = os.path.join(BUILD, "copy-%d" % number)
        self.tree = tree
        self.runner = runner
        self.baselines = baselines

    def run_part(self, name, log, patience):
        part = PARTS[name]
        status, seconds = self.runner.run(part.command, self.folder, part.environment, log, patience)
        if status is None:
            # What runs guests is ended before it could show what they said.
            said = complaint_in(read_log(log)) or complaint_in("".join(consoles(self.folder, seconds)))
            return Outcome(True, "no end after %d s" % seconds, seconds, said)
        text = read_log(log).rstrip("\n")
        last = RESULT.match(text.rpartition("\n")[2])
        if not last or NO_BUILD.search(text):
            raise Wrong("no result from %s, status %s (%s)" % (name, status, log))
        failed = int(last.group(2)) > 0 or status != 0
        if "guest died" in text:
            text = "".join(consoles(self.folder, seconds)) + text
        return Outcome(failed, last.group(0), seconds, complaint_in(text))

    def judge(self, mutant):
        """(the part that failed or None, what it said)"""
        self.tree.copy_to(self.folder)
        mutant.apply(self.folder)
        log = os.path.join(BUILD, "log", mutant.name + ".%s.log")
        for name in parts_from(mutant.fields["killer"]):
            baseline = self.baselines.get(name, self)
            if baseline is None:
                continue
            outcome = self.run_part(name, log % name.replace(":", "-"), baseline)
            if outcome.failed:
                return name, outcome
        return None, None


class Baselines:
    """How long each part takes on the tree as it is. One that fails there is no judge of mutants."""

    def __init__(self, tree, runner, parts):
        self.tree = tree
        self.parts = parts
        self.lock = threading.Lock()
        self.worker = Worker(0, tree, runner, self)
        self.results = Results("baselines")
        self.patience = {}
        self.broken = []

    def get(self, name, _worker):
        """Seconds to wait for the part, or None if it is not to be asked."""
        if name not in self.parts:
            return None
        with self.lock:
            if name not in self.patience:
                self.patience[name] = self._measure(name)
            return self.patience[name]

    def _measure(self, name):
        key = self.tree.key(name)
        known = self.results.get(name, key)
        if known:
            return known["patience"]
        say("%s: on the tree as it is ..." % name)
        self.tree.copy_to(self.worker.folder)
        log = os.path.join(BUILD, "log", "baseline.%s.log" % name.replace(":", "-"))
        try:
            outcome = self.worker.run_part(name, log, LONGEST)
        except Wrong as wrong:
            outcome = Outcome(True, str(wrong), 0, "")
        say("%s: %s on the tree as it is, %.0f s" % (name, outcome.why, outcome.seconds))
        if outcome.failed:
            self.broken.append("%s fails without any mutant: %s" % (name, outcome.why))
            return None
        patience = PATIENCE_FACTOR * outcome.seconds + PATIENCE_SECONDS
        self.results.put(name, key, patience=patience)
        return patience


class Results:
    """What is known from earlier runs."""

    def __init__(self, name):
        self.path = os.path.join(BUILD, name + ".json")
        self.lock = threading.Lock()
        try:
            with open(self.path, encoding="utf-8") as file:
                self.known = json.load(file)
        except (FileNotFoundError, ValueError):
            self.known = {}

    def get(self, name, key):
        known = self.known.get(name)
        return known if known and known["key"] == key else None

    def put(self, name, key, **values):
        with self.lock:
            self.known[name] = dict(values, key=key)
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(self.known, file, indent=1, sort_keys=True)
            os.replace(self.path + ".new", self.path)


def say(text):
    print(text, flush=True)


class Run:
    def __init__(self, mutants, parts):
        self.mutants = mutants
        self.tree = Tree()
        self.runner = Runner()
        self.baselines = Baselines(self.tree, self.runner, parts)
        self.results = Results("killed")
        self.workers = queue.Queue()
        for number in range(1, WORKERS + 1):
            self.workers.put(Worker(number, self.tree, self.runner, self.baselines))
        self.lock = threading.Lock()
        self.done = 0
        self.killed = 0
        self.seen = {}  # by mutant: (part, what it said)

    def _report(self, mutant, killed, text):
        with self.lock:
            self.done += 1
            self.killed += killed
            say("%s - %d/%d %s: %s" % ("ok" if killed else "not ok", self.done, len(self.mutants), mutant.name, text))
            if not killed:
                say("    breaks: " + mutant.fields["breaks"])

    def _known(self, mutant):
        for part in PARTS:
            known = self.results.get(mutant.name, self.tree.key(part, mutant.text))
            if known and known["part"] == part:
                self.seen[mutant.name] = part, known.get("said") or known["why"]
                return "killed by %s before: %s" % (part, known["why"])
        return None

    def _one(self, mutant):
        known = self._known(mutant)
        if known:
            self._report(mutant, True, known)
            return
        worker = self.workers.get()
        try:
            part, outcome = worker.judge(mutant)
        except Wrong as wrong:
            self._report(mutant, False, str(wrong))
            return
        except Stopped:
            return
        finally:
            self.workers.put(worker)
        if not part:
            self._report(mutant, False, "SURVIVED")
            return
        self.seen[mutant.name] = part, outcome.said or outcome.why
        self.results.put(mutant.name, self.tree.key(part, mutant.text), part=part, why=outcome.why, said=outcome.said)
        self._report(mutant, True, "killed by %s: %s, %.0f s" % (part, outcome.why, outcome.seconds))

    def all(self):
        # The dear ones last: what is cheap to know is known first.
        order = list(PARTS)
        mutants = sorted(self.mutants, key=lambda mutant: order.index(parts_named(mutant.fields["killer"])[0]))
        pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        try:
            for future in [pool.submit(self._one, mutant) for mutant in mutants]:
                future.result()
        except BaseException:
            self.runner.stop()
            raise
        finally:
            pool.shutdown()
        for complaint in self.baselines.broken:
            say("not ok - " + complaint)
        return self.killed, len(self.mutants) - self.killed + len(self.baselines.broken)

    def table(self):
        """Of the planted faults: which part saw each, and what it said."""
        rows = [("fault", "file", "seen by", "what it said")]
        for mutant in sorted(self.mutants, key=Mutant.fault):
            part, words = self.seen.get(mutant.name, ("NONE", ""))
            rows.append(("%d %s" % mutant.fault(), ", ".join(mutant.files()), part, words[:110]))
        widths = [max(len(row[column]) for row in rows) for column in range(3)] + [0]
        for row in rows:
            say("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def apply_all(mutants):
    """(how many apply, how many do not)"""
    failed = 0
    for mutant in mutants:
        try:
            for file, old, new in mutant.replacements:
                with open(os.path.join(TOP, file), encoding="utf-8") as source:
                    replace_once(mutant.name, file, source.read(), old, new)
        except (Wrong, OSError) as wrong:
            failed += 1
            say("not ok - %s" % wrong)
    return len(mutants) - failed, failed


def main():
    parser = argparse.ArgumentParser(description="plant bugs into a copy of the tree, and see whether a test fails")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    parser.add_argument("--parts", metavar="NAME,...", default=",".join(PARTS),
                        help="only these parts, or those whose names begin so: " + ", ".join(PARTS))
    parser.add_argument("--apply", action="store_true", help="only see whether all of them apply")
    parser.add_argument("--planted", action="store_true", help="only the planted faults, and a table of what saw them")
    parser.add_argument("--plant", metavar="FOLDER", help="plant the named mutants into that copy of the tree, and end")
    arguments = parser.parse_args()
    for part in arguments.parts.split(","):
        if not parts_named(part):
            parser.error("no such part: " + part)
    parts = [name for part in arguments.parts.split(",") for name in parts_named(part)]
    try:
        mutants = [mutant for mutant in read_mutants(arguments.names) if mutant.fault() or not arguments.planted]
        if arguments.plant:
            for mutant in mutants:
                mutant.apply(arguments.plant)
            return 0
    except Wrong as wrong:
        say("tests/mutants/run: %s" % wrong)
        say("0 passed, 1 failed")
        return 1
    passed, failed = apply_all(mutants)
    if not arguments.apply and not failed:
        os.makedirs(os.path.join(BUILD, "log"), exist_ok=True)
        run = Run(mutants, parts)
        passed, failed = run.all()
        if arguments.planted:
            run.table()
    say("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
