# SPDX-License-Identifier: GPL-2.0-only
"""Transcripts: what was typed, and everything that came of it, as files that people read and programs repeat. It proves nothing
by itself; test_transcripts.py and tests/vm/test-transcripts do with it.

    # What is shown here.
    $ lyncedgectl mode nonsense
    2> lyncedgectl mode: unknown mode 'nonsense': off, monitor or enforce
    = 2

A block is a command after "$ " (further lines of it after "> "), what it wrote to stdout, what it wrote to stderr with "2> "
before each line, and after "= " its exit status. Between blocks there are comments, blank lines, and lines "@ WORD ...", which
have the test do something that no command can. Commands are bash's, each run on its own.

{{NAME}} stands for what differs from one run to the next; what it may be is in PLACEHOLDERS. In a file that is rewritten, a
line with placeholders stays as it is while it still fits.
"""
import difflib
import os
import re
import subprocess

PLACEHOLDERS = {
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?",      # as people read it
    "seconds": r"\d+(?:\.\d+)?",                                # a duration, or since 1970
    "number": r"\d+",
    "version": r"\d+\.\d+\.\d+",
    "build": r"[0-9A-F]+",                                      # checksum of the module's sources
    "directory": r"/\S+?",                                      # where the test runs
}
# Seconds after which a command is ended: only what hangs takes so long.
LIMIT = 300


class Block:
    """A command, and what should come of it."""

    def __init__(self, number, command):
        self.number, self.command, self.said = number, command, []

    def text(self, said):
        return "$ " + "\n> ".join(self.command) + "\n" + "".join(line + "\n" for line in said)


def parse(text, name):
    """The parts of a transcript: Blocks, and the lines between them."""
    parts, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if block is None and line.startswith("$ "):
            block = Block(number, [line[2:]])
            parts.append(block)
        elif block is None:
            if line and line[0] not in "#@":
                raise ValueError(f"{name}:{number}: neither a command nor a comment: {line}")
            parts.append(line)
        elif line.startswith("> ") and not block.said:
            block.command.append(line[2:])
        else:
            block.said.append(line)
            if re.fullmatch(r"= \d+", line):
                block = None
    if block:
        raise ValueError(f"{name}:{block.number}: the command has no exit status")
    return parts


def lines_of(text, mark=""):
    lines = [mark + line for line in text.split("\n")]
    if lines[-1] != mark:
        lines[-1] += " {no newline}"
    else:
        lines.pop()
    return lines


def run(block, directory, environment):
    """What a command says now, as lines."""
    done = subprocess.run(["timeout", str(LIMIT), "bash", "-c", "\n".join(block.command)], cwd=directory, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    out, err = (stream.decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr))
    return lines_of(out) + lines_of(err, "2> ") + [f"= {done.returncode}"]


def fits(expected, line):
    if "{{" not in expected:
        return expected == line
    pieces = re.split(r"\{\{(\w+)\}\}", expected)
    pattern = "".join(PLACEHOLDERS[piece] if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
    return re.fullmatch(pattern, line) is not None


def all_fit(expected, said):
    return len(expected) == len(said) and all(map(fits, expected, said))


def with_placeholders(expected, said):
    """What is said now, but in the words of the transcript where those still fit."""
    patterns = [line for line in expected if "{{" in line]
    kept = []
    for line in said:
        found = next((n for n, pattern in enumerate(patterns) if fits(pattern, line)), None)
        kept.append(line if found is None else patterns[found])
        if found is not None:
            del patterns[:found + 1]
    return kept


class Player:
    """Repeats transcripts: on(WORD, ...) does what a line "@ WORD ..." asks for."""

    def __init__(self, directory, environment, on=None, rewrite=None):
        """rewrite: a folder that is given the transcripts as they are now; None if they are to be compared."""
        self.directory, self.environment, self.on, self.rewrite = directory, environment, on, rewrite
        self.passed = self.failed = 0

    def judge(self, name, block, said):
        if all_fit(block.said, said):
            self.passed += 1
            return
        self.failed += 1
        print(f"not ok - {name}:{block.number}: $ {block.command[0]}")
        for line in difflib.unified_diff(block.said, said, "expected", "seen", lineterm="", n=2):
            print("    " + line)

    def play(self, path):
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            parts = parse(file.read(), name)
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part + "\n"
                if part.startswith("@ "):
                    self.on(*part[2:].split(None, 1))
                continue
            said = run(part, self.directory, self.environment)
            text += part.text(with_placeholders(part.said, said))
            if self.rewrite is None:
                self.judge(name, part, said)
        if self.rewrite is not None:
            with open(os.path.join(self.rewrite, name), "w", encoding="utf-8") as file:
                file.write(text)


def commands_in(paths):
    """(file, Block) of all transcripts."""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for part in parse(file.read(), os.path.basename(path)):
                if isinstance(part, Block):
                    yield os.path.basename(path), part
