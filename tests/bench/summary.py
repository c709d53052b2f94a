# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmark prints at its end: every case with all peers side by side, how lyncedge compares with the best of each kind,
and the requirements."""
import requirements
import tables

WORDS = {True: "met", False: "not met", None: "not measured"}
PACKETS = ("accept", "drop", "transit", "mix", "member", "stranger", "row", "site")


def by_case(results):
    peers = results.peers(kind=PACKETS)
    print("\nInstructions above a hook that does nothing, Linux %s. In the columns:" % results.version)
    for n, peer in enumerate(peers):
        print("  (%d) %s" % (n + 1, peer))
    print("%-62s %-11s" % ("", "") + "".join("%9s" % ("(%d)" % (n + 1)) for n in range(len(peers))) + "   nft/us   ipt/us")
    for scenario, case, state in results.cases(peer="lyncedge", kind=PACKETS):
        found = {f["peer"]: f for f in results.find(scenario=scenario, case=case, state=state) if f["peer"] in peers}
        print("%-62s %-11s" % (case, state) + "".join(cell(found.get(p), found["lyncedge"]) for p in peers) +
              "".join(" %8s" % times(results, found["lyncedge"], kind) for kind in ("nft", "iptables")))
    print("! another verdict than lyncedge's")


def cell(figure, ours):
    if not figure:
        return "%9s" % "-"
    return "%9s" % ("%d%s" % (figure["instructions"], "" if figure["verdict"] == ours["verdict"] else "!"))


def times(results, ours, kind):
    rival = results.rival(ours, kind)
    return requirements.ratio(ours, rival) if rival else "-"


def others(results):
    print("\nInstructions of a whole change, in user space and kernel:")
    for f in results.find(kind="load"):
        print("  %-34s %-20s %15s" % (f["case"], f["peer"], format(f["instructions"], ",")))
    print("\nPer cent of the media that come through a flood:")
    rates = list(dict.fromkeys(f["rate"] for f in results.find(kind="flood")))
    print("  %-36s" % "refused packets a second" + "".join("%9s" % format(r, ",") for r in rates))
    for peer in results.peers(kind="flood"):
        print("  %-36s" % peer + "".join("%9.1f" % f["share"] for f in results.find(kind="flood", peer=peer)))
    print("\nInstructions of the whole way of an accepted packet, with conntrack:")
    for f in results.find(kind="way"):
        print("  %-36s%9d" % (f["peer"], f["instructions"]))
    print("\nMemory of the compiled table:")
    for f in results.find(kind="memory"):
        print("  %-62s %12s bytes" % (f["case"], format(f["bytes"], ",")) +
              (", %5.1f a prefix" % f["bytes_per_prefix"] if f["prefixes"] >= tables.MANY else ""))


def native(results):
    print("\nNanoseconds above a hook that does nothing, in User Mode Linux on this processor, the cheapest and the dearest case:")
    for peer in results.peers(kind="native"):
        print("  %-26s" % peer + "".join(", %s %s" % (word, tables.nanoseconds(results.find(kind="native", peer=peer, what=what)))
                                         for what, word in tables.KINDS)[2:])


def required(results):
    print("\nRequirements, Linux %s:" % results.version)
    for number, text, figure, limit, met in requirements.all_requirements(results):
        print("  %d  %-12s  %-74s %8s  (%s)" % (number, WORDS[met], text, "-" if figure is None else figure, limit))


def print_all(all_results):
    for results in all_results:
        by_case(results)
    others(all_results[0])
    native(all_results[0])
    for results in all_results:
        required(results)
