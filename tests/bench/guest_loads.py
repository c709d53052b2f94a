# SPDX-License-Identifier: GPL-2.0-only
"""What changing the policy costs in the guest: takes the steps of loads.py, and counts."""
import os
import subprocess
import sys

from guest_lib import must, sh


def count(step):
    """Instructions of a program, its own and the kernel's on its behalf; the clock ticks one a nanosecond."""
    with open(step.get("stdin", "/dev/null"), "rb") as stdin:
        process = subprocess.Popen(step["argv"], stdin=stdin, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("%s: status %d" % (" ".join(step["argv"]), process.returncode))
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def run(load, note):
    for step in load["steps"]:
        # What it reads shall be in memory.
        files = [a for a in step["argv"] if "/" in a] + [step.get("stdin", "/dev/null")]
        sh("cat %s; %s --version" % (" ".join(files), step["argv"][0]))
        note({"scenario": "loads", "case": step["case"], "kind": "load", "family": load["family"], "peer": load["peer"],
              "state": "", "verdict": "", "instructions": count(step)})
    for command in load["unload"]:
        must(command)
