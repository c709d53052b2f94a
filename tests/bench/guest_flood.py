# SPDX-License-Identifier: GPL-2.0-only
"""Floods the guest, once for each peer and rate of floods.py's plan."""
from guest_lib import sh, tried, write

FLOOD = "/sys/kernel/debug/lyncedge_flood/"
ROUTES = """
set -e
sysctl -q net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip address replace 131.107.155.1/24 dev eth0
ip address replace 10.45.16.1/24 dev per0
ip route replace default dev eth0
"""


def flood(rate, media, milliseconds):
    """(media packets that came, that got through, flood packets that came, that were taken)"""
    sh("conntrack -F")
    write(FLOOD + "run", "eth0 per0 %d %d %d" % (rate, media, milliseconds))
    with open(FLOOD + "result", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def figure(peer, case, kind, **more):
    return {"scenario": "flood", "case": case, "kind": kind, "family": 4, "peer": peer, "state": "", "verdict": "", **more}


def flood_at(plan, peer, rate):
    came, through, flooded, taken = flood(rate, plan["media"], plan["milliseconds"])
    return figure(peer, "%s refused packets a second" % format(rate, ","), "flood", rate=rate, flooded=flooded, taken=taken,
                  share=round(100 * through / max(came, 1), 1), instructions=0)


def whole_way(plan, peer):
    """Of an accepted packet, from the driver that it comes by to the one that it leaves by; instructions are nanoseconds."""
    _, through, _, _ = flood(0, plan["way"], plan["milliseconds"])
    return figure(peer, "the whole way of an accepted packet", "way",
                  instructions=round(plan["milliseconds"] * 1e6 / max(through, 1)))


def run(plan, note):
    if not tried(ROUTES):
        return
    for peer, commands in plan["peers"].items():
        if all(tried(c) for c in commands["load"]):
            note(whole_way(plan, peer))
            # Where nothing is refused, there is no flood.
            for rate in plan["rates"] if commands["load"] else []:
                note(flood_at(plan, peer, rate))
        for command in commands["unload"]:
            sh(command)
