# SPDX-License-Identifier: GPL-2.0-only
"""Running programs in the guest."""
import subprocess
import sys


def sh(command):
    """(status, what it said) of a command line."""
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)
    return done.returncode, done.stdout


def tried(command):
    """Whether it went well; if not, what it said is shown."""
    status, said = sh(command)
    if status:
        # The end of a verifier's log is what counts.
        print("# %s: status %d: %s" % (command, status, said[-2000:]), flush=True)
    return not status


def must(command):
    if not tried(command):
        sys.exit(1)


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
