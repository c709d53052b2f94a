# SPDX-License-Identifier: GPL-2.0-only
"""What a document shows of a terminal, and whether it is true: reads the ```console blocks of docs/*.md, runs their commands in
order, and compares what they print with what the document shows.

A line that begins with "$ " is a command of a user, one with "# " of root; it goes on after a backslash, and to the end of a
here-document. What follows, up to the next command, is what it prints, on stdout and stderr. There, a word in angle brackets,
<like this>, stands for what varies within a line, and a line of three dots for any lines at all.

A comment before a block tells the test what the reader does not need to be told:
    <!-- test: before NAME... -->       what is to happen first: functions of the test, by name
    <!-- test: meanwhile NAME -->       what is to happen while its last command runs
    <!-- test: status N -->             the exit status of its last command, if not 0
    <!-- test: policy LINES -->         these lines are in force, with what the test adds to them, and all counters are 0
    <!-- test: not run: REASON -->      it cannot be run here
"""
import re
import subprocess
import threading

NOBODY = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all"]
HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
PLACEHOLDER = re.compile(r"<[a-z][a-z ]*>")
DIRECTIVE = re.compile(r"<!-- test: (.*?) -->", re.S)
WORDS = ("before", "meanwhile", "status", "policy", "not run:")


class Command:
    def __init__(self, line, prompt, text):
        self.line, self.is_root, self.text, self.shown = line, prompt == "#", text, []


class Block:
    def __init__(self, line, directives):
        self.line, self.commands = line, []
        self.directives = {}
        for directive in directives:
            word = next((w for w in WORDS if directive.startswith(w + " ")), None)
            if word is None:
                raise ValueError(f"line {line}: no such directive: {directive}")
            self.directives[word] = directive[len(word) + 1:].strip()

    def is_run(self):
        return "not run:" not in self.directives


def read_command(lines, at):
    """The command that begins at a line, and the number of the line after it."""
    text = lines[at][2:]
    while text.endswith("\\"):
        at += 1
        text += "\n" + lines[at]
    document = HERE_DOCUMENT.search(text)
    while document and lines[at] != document.group(2):
        at += 1
        text += "\n" + lines[at]
    return text, at + 1


def read_block(lines, at, directives):
    """A block of which the first line is given, and the number of the line after it."""
    block = Block(at, directives)
    while lines[at] != "```":
        if lines[at][:2] in ("$ ", "# "):
            begun = at
            text, at = read_command(lines, at)
            block.commands.append(Command(begun + 1, lines[begun][0], text))
        elif block.commands:
            block.commands[-1].shown.append(lines[at])
            at += 1
        else:
            raise ValueError(f"line {at + 1}: output of no command")
    return block, at + 1


def read(path):
    """All blocks of a document, in order."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks, directives, at = [], [], 0
    while at < len(lines):
        if lines[at].startswith("<!-- test:"):
            comment = lines[at]
            while "-->" not in comment:
                at += 1
                comment += "\n" + lines[at]
            directives += DIRECTIVE.findall(comment)
        if lines[at] == "```console":
            block, at = read_block(lines, at + 1, directives)
            blocks.append(block)
            directives = []
        else:
            at += 1
    return blocks


def pattern_of(shown):
    """What is shown, as a regular expression."""
    pattern = ""
    for line in shown:
        if line == "...":
            pattern += r"(?:.*\n)*?"
            continue
        at = 0
        for hole in PLACEHOLDER.finditer(line):
            pattern += re.escape(line[at:hole.start()]) + r"[^\n]+?"
            at = hole.end()
        pattern += re.escape(line[at:]) + r" *\n"
    return pattern


def run(command, directory, path):
    """Runs a command; its status, and what it printed."""
    argv = ["bash", "-c", command.text]
    environment = {"PATH": path, "HOME": directory, "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"}
    done = subprocess.run(argv if command.is_root else NOBODY + argv, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def run_block(block, check, happen, directory, path):
    """Runs all commands of a block. check(name, good, seen) is told of each; happen(name) makes happen what directives name, and
    happen("policy", lines) puts a policy in force."""
    if "policy" in block.directives:
        happen("policy", block.directives["policy"])
    for name in block.directives.get("before", "").split():
        happen(name)
    for command in block.commands:
        last = command is block.commands[-1]
        meanwhile = None
        if last and "meanwhile" in block.directives:
            meanwhile = threading.Thread(target=happen, args=(block.directives["meanwhile"],))
            meanwhile.start()
        status, out = run(command, directory, path)
        if meanwhile:
            meanwhile.join()
        wants = int(block.directives.get("status", 0)) if last else 0
        name = f"line {command.line}: {command.text.splitlines()[0]}"
        check(name, status == wants and re.fullmatch(pattern_of(command.shown), out),
              f"status {status}, printed:\n{out}--- not:\n" + "\n".join(command.shown))
