#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Repeats transcripts/*.txt, and compares every line of output and every exit status (how they are written: transcript.py).
It proves that no verb says anything other than was agreed to, as text or as JSON; a change of output is a change of these files.

usage: test_transcripts.py TOOL PLAIN_TOOL [--rewrite] [FILE...]      FILE: a transcript; default: all
--rewrite: takes what is said now for right. Look at the diff before you commit it.

Each transcript begins in a folder of its own with the files below: policies, captures, a listing of conntrack, and a tree of
plain files in place of the module's, with gateway.policy in force and mode monitor. The machine is a network namespace with two
devices, ext0 (with the default route) and int0. tests/vm/test-transcripts does the same with a module.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from captures import ETHERNET, ethernet, icmp, pcap, tcp, udp
from test_log import NFLOG, logged
from tooltest import FEATURES, HERE, REASONS, SAMPLE, TOP, UNREHEARSED, verbs_of_help
from transcript import Player, commands_in

TRANSCRIPTS = os.path.join(HERE, "transcripts")
NETWORK = """ip link set lo up
ip link add ext0 type veth peer name int0
ip addr add 198.51.100.1/24 dev ext0
ip addr add 192.168.10.1/24 dev int0
ip link set ext0 up
ip link set int0 up
ip route add default via 198.51.100.2
"""
# Nothing is doubtful about this one.
POLICY = """# The gateway of the transcripts.
interface external ext0
interface internal int0
edge access   10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge webconf  10.45.16.20 public 131.107.155.20
edge av       10.45.16.30 public 131.107.155.30
edge internal 172.25.33.10
peer front-end 192.168.10.0/24
peer federation-partner 198.51.100.0/24
block 203.0.113.0/24
feature remote-access web-conferencing av federation dns
allow proxy-web external in tcp 8443 from 192.0.2.0/24 to access
option log-group 5
commit
"""
COUNTERS = {"ext-05": (120, 98000), "ext-14": (4000, 640000), "int-02": (12, 9000), "proxy-web": (3, 180), "no-row": (17, 1020),
            "blocked": (2, 120), "icmp-related": (1, 56)}
CONNTRACK = """\
ipv4     2 tcp      6 431999 ESTABLISHED src=198.51.100.7 dst=131.107.155.10 sport=40000 dport=443 src=10.45.16.10 \
dst=198.51.100.7 sport=443 dport=40000 [ASSURED] mark=0 zone=0 use=2
ipv4     2 udp      17 20 src=198.51.100.7 dst=131.107.155.30 sport=50010 dport=5000 [UNREPLIED] src=10.45.16.30 \
dst=198.51.100.7 sport=5000 dport=50010 mark=0 zone=0 use=2
"""
FAR, PUBLIC, ACCESS = "198.51.100.7", "131.107.155.10", "10.45.16.10"


def packets():
    """A client that signs in, one that tries what is not open, a blocked one, and an echo."""
    yield ethernet(tcp(FAR, PUBLIC, 40000, 443, "S"))
    yield ethernet(tcp(PUBLIC, FAR, 443, 40000, "SA"))
    yield ethernet(tcp(FAR, PUBLIC, 40000, 443, "A"))
    for _ in range(3):
        yield ethernet(tcp("198.51.100.8", "131.107.155.20", 41000, 5061, "S"))
    yield ethernet(udp("203.0.113.5", "131.107.155.30", 3478, 3478))
    yield ethernet(icmp("198.51.100.9", PUBLIC, 8, 0))
    yield ethernet(tcp("192.0.2.77", "192.0.2.78", 1, 2, "S"))


def drops():
    yield logged(tcp(FAR, "10.45.16.20", 40000, 5061), into=1)
    yield logged(tcp("203.0.113.5", ACCESS, 40000, 443), "blocked", into=1)
    yield logged(udp(FAR, ACCESS, 53, 40000), into=99, out=98)


def write(directory, name, data):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


class Stage:
    """The folder that a transcript plays in, and what it asks for with "@"."""

    def __init__(self, directory, tool):
        self.directory, self.tool = directory, tool
        write(directory, "gateway.policy", POLICY)
        shutil.copy(SAMPLE, directory)
        write(directory, "day.pcap", pcap(list(packets()), linktype=ETHERNET))
        write(directory, "cut.pcap", pcap(list(packets()), linktype=ETHERNET)[:-7])
        # Devices have the indexes of the namespace, which the policy of logged.policy has as lo: it is always the first.
        write(directory, "drops.pcap", pcap(list(drops()), linktype=NFLOG))
        write(directory, "logged.policy", POLICY.replace("external ext0", "external lo"))
        write(directory, "conntrack", CONNTRACK)
        self.make_module()

    def make_module(self):
        rows = subprocess.run([self.tool, "matrix", "--all", "--tsv"], capture_output=True, text=True, check=True).stdout
        names = [line.split("\t")[0] for line in rows.splitlines()[1:]] + ["proxy-web"] + REASONS
        canonical = subprocess.run([self.tool, "show", "--policy", "-"], input=POLICY, capture_output=True, text=True, check=True)
        files = {"policy": canonical.stdout, "mode": "monitor\n", "error": "", "generation": "7\n", "confirm": "0\n",
                 "reset": "", "counters": "".join("%s %d %d\n" % (name, *COUNTERS.get(name, (0, 0))) for name in names)}
        files.update({"features/" + name: "0\n" for name in FEATURES})
        for name, text in files.items():
            write(self.directory, "module/" + name, text)

    def do(self, word, rest=""):
        path = os.path.join(self.directory, "module")
        if word == "no-module":
            shutil.rmtree(path)
        elif word == "no-policy":
            write(path, "policy", "")
        elif word == "refuse":
            # As the kernel refuses what is neither "allow" nor "deny" there.
            name, _, why = rest.partition(" ")
            os.unlink(os.path.join(path, name))
            os.symlink("/proc/self/setgroups", os.path.join(path, name))
            write(path, "error", why.replace("\\n", "\n") + "\n")
        else:
            raise ValueError(f"nobody knows what '@ {word}' asks for")

    def environment(self):
        bin_directory = os.path.join(self.directory, ".bin")
        os.makedirs(bin_directory)
        os.symlink(self.tool, os.path.join(bin_directory, "lyncedgectl"))
        return {"PATH": f"{bin_directory}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.directory, "LC_ALL": "C.UTF-8",
                "TZ": "UTC", "LYNCEDGE_SYSFS": "module", "LYNCEDGE_CONNTRACK": "conntrack",
                "ASAN_OPTIONS": "detect_leaks=0" if os.environ.get("LYNCEDGE_NO_LEAKS") else ""}


def rehearsed(paths):
    """(verb, with --json) of all commands."""
    for _, block in commands_in(paths):
        for words in re.findall(r"lyncedgectl ([^|<>&;]*)", "\n".join(block.command)):
            yield words.split()[0], "--json" in words.split()


def check_complete(player, tool):
    """Every verb is in the transcripts, here and with the module, as text and, where it takes --json, as JSON."""
    for directory in TRANSCRIPTS, os.path.join(TOP, "tests", "vm", "transcripts"):
        seen = set(rehearsed(glob.glob(os.path.join(directory, "*.txt"))))
        for verb, takes_json in verbs_of_help(tool).items():
            for json in [False, True] if takes_json else [False]:
                if verb in UNREHEARSED or (verb, json) in seen:
                    player.passed += 1
                    continue
                player.failed += 1
                print(f"not ok - no transcript of {os.path.relpath(directory, TOP)} has {verb}{' --json' * json}")


def main():
    tool = os.path.abspath(sys.argv[1])
    rewrite = "--rewrite" in sys.argv
    everything = sorted(glob.glob(os.path.join(TRANSCRIPTS, "*.txt")))
    paths = [word for word in sys.argv[3:] if word != "--rewrite"] or everything
    total = Player(None, None)
    for path in paths:
        with tempfile.TemporaryDirectory() as directory:
            stage = Stage(directory, tool)
            player = Player(directory, stage.environment(), stage.do, TRANSCRIPTS if rewrite else None)
            player.play(path)
            total.passed += player.passed
            total.failed += player.failed
            if player.passed and not player.failed:
                print(f"ok - {os.path.basename(path)}: {player.passed} commands")
    if not rewrite:
        check_complete(total, tool)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not (total.passed or rewrite) else 0


if __name__ == "__main__":
    if "LYNCEDGE_NAMESPACE" not in os.environ:
        # The same once more, in a namespace of its own.
        as_root = [] if os.geteuid() == 0 else ["sudo", "-E"]
        os.environ["LYNCEDGE_NAMESPACE"] = TOP
        os.execvp((as_root + ["unshare"])[0], as_root + ["unshare", "-n", "sh", "-ec", NETWORK + 'exec "$0" "$@"',
                                                         sys.executable, *sys.argv])
    sys.exit(main())
