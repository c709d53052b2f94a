# SPDX-License-Identifier: GPL-2.0-only
"""Floods the guest, once for each peer and rate of floods.py's plan."""
import subprocess

FLOOD = "/sys/kernel/debug/lyncedge_flood/"
ROUTES = """
set -e
sysctl -q net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip address replace 131.107.155.1/24 dev eth0
ip address replace 10.45.16.1/24 dev per0
ip route replace default dev eth0
"""


def sh(command):
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print("%s: %s" % (command, done.stdout[-2000:]), flush=True)
    return not done.returncode


def flood(rate, media, milliseconds):
    """(media packets that came, that got through, flood packets that came, that were taken)"""
    sh("conntrack -F 2>/dev/null")
    with open(FLOOD + "run", "w", encoding="ascii") as file:
        file.write("eth0 per0 %d %d %d" % (rate, media, milliseconds))
    with open(FLOOD + "result", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def run(plan, note):
    if not sh(ROUTES):
        return
    for peer, commands in plan["peers"].items():
        if all(sh(c) for c in commands["load"]):
            for rate in plan["rates"]:
                came, through, flooded, taken = flood(rate, plan["media"], plan["milliseconds"])
                note({"scenario": "flood", "case": "%s refused packets a second" % format(rate, ","), "kind": "flood", "family": 4,
                      "peer": peer, "state": "", "verdict": "", "rate": rate, "flooded": flooded, "taken": taken,
                      "share": round(100 * through / max(came, 1), 1),
                      # Of all that a processor had time for, as if media cost nothing.
                      "instructions": round(plan["milliseconds"] * 1e6 / taken) if taken < flooded else 0})
        for command in commands["unload"]:
            sh(command)
