# SPDX-License-Identifier: GPL-2.0-only
"""What comes through a flood of refused packets, by where they are refused. lyncedge_flood.c says what comes when; what is here is
who refuses, and at which rates. A second is a thousand million instructions of the guest's."""
import os

import rulesets
from policies import Policy

HERE = os.path.dirname(os.path.realpath(__file__))
# Packets a second: the flood's, from none on, and the stream's: a hundred calls.
RATES = (0, 50000, 100000, 200000, 300000, 400000, 600000, 800000)
MEDIA = 5000
# More media than any processor of this speed forwards: how many it does says what each costs, on its whole way.
WAY_RATE = 1000000
# More than a processor of this speed refuses in FORWARD.
REQUIRED_RATE = 300000
MILLISECONDS = 50


def save(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def lyncedge(folder, early):
    text = Policy(stateless=False).text().replace("commit\n", "option early-drop %s\ncommit\n" % early)
    path = save(folder, "early-%s" % early, text)
    return {"load": ["cat %s >/sys/kernel/lyncedge/policy" % path, "echo enforce >/sys/kernel/lyncedge/mode"],
            "unload": ["echo off >/sys/kernel/lyncedge/mode"]}


def all_floods(bpf, folder):
    """{"rates", "media", "way", "milliseconds", "peers": {PEER: {"load", "unload"}}} for the guest."""
    os.makedirs(folder)
    load = "nft -f " + save(folder, "tree.nft", rulesets.nft_tree(Policy(stateless=False)))
    flush = "nft flush ruleset"
    peers = {
        "no firewall": {"load": [], "unload": []},
        "lyncedge": lyncedge(folder, "off"),
        "lyncedge, early drop": lyncedge(folder, "on"),
        "nft, tree by hand": {"load": [load], "unload": [flush]},
        "nft, the same and ingress.nft": {"load": [load, "nft -f %s/ingress.nft" % HERE], "unload": [flush]},
        "nft, the same and an XDP program": {
            "load": [load, "ip link set dev eth0 xdpgeneric obj %s/xdp.bpf.o sec xdp" % bpf],
            "unload": ["ip link set dev eth0 xdpgeneric off", flush]},
    }
    return {"rates": RATES, "media": MEDIA, "way": WAY_RATE, "milliseconds": MILLISECONDS, "peers": peers}
