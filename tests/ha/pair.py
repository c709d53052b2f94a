#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two gateways as contrib/ha has them, keepalived and conntrackd beside lyncedge, in two virtual machines joined by a switch
(switch.py), between peers in namespaces of this machine (peers.py) who have calls and TLS sessions through them. tests/ha/run starts
it, in namespaces of its own.

Stages, in this order:
  failovers   the active gateway is killed (its machine gets SIGKILL), comes back as backup, and is in step before the other is killed
  handover    keepalived is stopped on the active gateway, and the other way round: a change of hands for maintenance, and back;
              lyncedge is switched off there
  split       the two lose sight of each other, and find each other again
  policy      the policy changes on both; while the active gateway is killed; while it cannot be reached
  conntrackd  is restarted, on the backup and on the active gateway
  without     conntrackd is stopped on the backup: what does not survive then

After each, all that was up is up, and of what the policy refuses, which is sent all the time, nothing has come through either gateway.
How long nothing came through is printed, and not judged: that is for a machine that is not emulated.
"""
import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
import peers  # noqa: E402 pylint: disable=wrong-import-position
from machine import COMPLAINED, Gone, Machine  # noqa: E402 pylint: disable=wrong-import-position
from switch import GATEWAYS, KINDS, SEGMENTS, Port, Switch, refused  # noqa: E402 pylint: disable=wrong-import-position

TOP = os.path.realpath(os.path.join(HERE, "../.."))
LOGS = os.path.join(TOP, "build/ha")
# Until what was up is up again. TCP doubles its pauses: a session comes back after up to twice the time that the gateway was away.
PATIENCE = 60

passed = failed = 0


def check(name, good, seen=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    print(f"ok - {name}" if good else f"not ok - {name}: {seen}", flush=True)
    return good


class Pair:
    def __init__(self, folder):
        self.folder = folder
        taps = peers.build_network()
        ports = {name: [Port(segment, name, folder=folder) for segment in SEGMENTS] for name in GATEWAYS}
        self.machines = {name: Machine(name, folder, ports[name], LOGS) for name in GATEWAYS}
        self.switch = Switch([port for name in GATEWAYS for port in ports[name]] +
                             [Port(network, tap=tap) for network, tap in taps.items()])
        self.switch.start()
        self.calls = peers.Calls()
        self.sessions = peers.sessions()
        self.came = {}
        self.gaps = {}
        self.worst = {}
        threading.Thread(target=self.serve_ssh, daemon=True).start()

    def serve_ssh(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.folder, "ssh"))
        listener.listen()
        while True:
            with listener.accept()[0] as s, s.makefile("rb") as f:
                asked = json.load(f)
                try:
                    status, output = self.machines[asked["gateway"]].command(asked["command"], stdin=asked["stdin"].encode(),
                                                                            patience=10)
                except Gone as e:
                    status, output = 255, f"{e}\n"
                s.sendall(json.dumps({"status": status, "output": output}).encode())

    # ---- the gateways

    def state(self, name):
        try:
            return self.machines[name].command("cat /run/lyncedge-ha.state")[1]
        except Gone:
            return "gone"

    def active(self):
        """The one that is, and the other; waits until that is settled."""
        deadline = time.monotonic() + PATIENCE
        while True:
            states = {name: self.state(name) for name in GATEWAYS}
            if sorted(states.values()) == ["BACKUP", "MASTER"]:
                return sorted(self.machines.values(), key=lambda machine: states[machine.name] != "MASTER")
            if time.monotonic() > deadline:
                raise Gone(f"not one active gateway, and one backup: {states}")
            time.sleep(0.2)

    def in_step(self, backup):
        """Whether the backup has come to know what is up. (By the ports at the near end: what NAT has changed does not matter.)"""
        ports = [call.caller.getsockname()[1] for call in self.calls.calls] + [session.port for session in self.sessions]
        wanted = " && ".join(f"grep -q 'sport={port} ' /tmp/copies" for port in ports)
        return backup.wait_for(f"conntrackd -e >/tmp/copies && {wanted}")

    def boot(self, *machines):
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.ready()

    def kill(self, machine):
        when = machine.kill()
        if machine.buried() == COMPLAINED:
            check(f"the kernel of {machine.name} had no complaint", False, machine.log)
        return when

    # ---- the peers

    def is_back(self, since, but=()):
        now = time.monotonic()
        return all(d.arrived_since(max(since, now - 0.5)) > 15 for d in self.calls.directions() if d.name not in but) and \
            all(s.arrived_since(max(since, now - 2)) > 3 for s in self.sessions if s.name not in but)

    def goes_on(self, name, since, but=()):
        """All that was up is up, after something has happened, and has been for a while."""
        deadline = time.monotonic() + PATIENCE
        while not self.is_back(since, but) and time.monotonic() < deadline and not any(s.error for s in self.sessions):
            time.sleep(0.05)
        # For all that comes after it, and for gratuitous ARP that comes twice.
        time.sleep(1)
        broken = [d.name for d in self.calls.directions() if d.name not in but and not d.arrived_since(time.monotonic() - 0.8)]
        broken += [f"{s.name}: {s.error or 'silent'}" for s in self.sessions
                   if s.name not in but and (s.error or not s.arrived_since(time.monotonic() - 3))]
        self.gaps = {d.name: d.gap_since(since) for d in self.calls.directions() + self.sessions if d.name not in but}
        talking = [self.gaps[d.name] for c in self.calls.calls for d in c.directions() if not c.silent and d.name in self.gaps]
        silent = [self.gaps[d.name] for c in self.calls.calls for d in c.directions() if c.silent and d.name in self.gaps]
        tls = [self.gaps[s.name] for s in self.sessions if s.name in self.gaps]
        self.worst = {"media": max(talking), "media that answers": max(silent, default=0), "TLS": max(tls)}
        text = ", ".join(f"{name} {gap:.2f} s" for name, gap in self.worst.items() if gap)
        print(f"# {name}: nothing came for: {text}", flush=True)
        good = check(f"{name}: calls and TLS sessions go on", not broken, broken)
        self.nothing_came(name)
        return good

    def nothing_came(self, name, extra=()):
        """Since the last time, of what is refused."""
        came, _ = self.switch.counts()
        bad = {key: came[key] - self.came.get(key, 0) for key in came
               if (refused(key[1]) or key[1] in extra) and came[key] != self.came.get(key, 0)}
        self.came = dict(came)
        return check(f"{name}: nothing that is refused has come through", not bad, bad)

    def comes(self, kind):
        """Whether some of a kind comes through, for now, of each gateway that is there."""
        before, _ = self.switch.counts()
        time.sleep(1.5)
        after, _ = self.switch.counts()
        return [name for name in GATEWAYS if after[name, kind] > before[name, kind]]

    def compare(self):
        """(status, output) of comparing the two."""
        one, two = (self.machines[name] for name in GATEWAYS)
        said = two.must("lyncedgectl status --json").encode()
        return one.command("lyncedgectl status --peer -", stdin=said)

    def same(self, name):
        status, output = self.compare()
        return check(f"{name}: lyncedgectl says that both have the same", status == 0, output)


# ---- the stages -----------------------------------------------------------------------------------------------------------

def start(pair):
    pair.switch.noise(True)
    pair.boot(*pair.machines.values())
    active, backup = pair.active()
    print(f"# {active.name} is active", flush=True)
    files = peers.certificate(pair.folder)
    pair.calls.start()
    begun = time.monotonic()
    for session in pair.sessions:
        session.start(files)
    pair.goes_on("start", begun)
    for name in GATEWAYS:
        check(f"start: {name} lets through what is admitted", name in pair.comes("admitted"))
    check("start: the backup is in step", pair.in_step(backup))
    pair.same("start")


def once(pair, name):
    """The active gateway is killed, and comes back; whether all went on."""
    active, backup = pair.active()
    if not check(f"{name}: the backup {backup.name} is in step", pair.in_step(backup)):
        print(backup.command("conntrackd -s; conntrackd -s network; cat /tmp/copies; cat /run/log")[1])
    when = pair.kill(active)
    good = pair.goes_on(f"{name}, {active.name} killed", when)
    pair.boot(active)
    pair.nothing_came(f"{name}, {active.name} booting")
    return good


def failovers(pair, options):
    survived, worst = 0, {}
    for number in range(1, options.failovers + 1):
        survived += once(pair, f"failover {number}")
        for name, gap in pair.worst.items():
            worst.setdefault(name, []).append(gap)
    print(f"# figures: {survived} of {options.failovers} failovers: all calls and TLS sessions went on")
    for name, gaps in worst.items():
        print(f"# figures: gap of {name}: median {statistics.median(gaps):.2f} s, worst {max(gaps):.2f} s", flush=True)


def handover(pair, _):
    for name in ("handover", "failback"):
        active, backup = pair.active()
        check(f"{name}: the backup is in step", pair.in_step(backup))
        when = time.monotonic()
        active.must("kill -TERM $(cat /run/keepalived.pid)")
        backup.wait_for("[ $(cat /run/lyncedge-ha.state) = MASTER ]")
        pair.goes_on(f"{name}, keepalived of {active.name} stopped", when)
        check(f"{name}: {backup.name} is active", pair.state(backup.name) == "MASTER", pair.state(backup.name))
        active.must("while [ -e /run/keepalived.pid ]; do sleep 0.2; done; keepalived --vrrp")
        pair.active()
    pair.same("failback")

    # Meanwhile it lets everything through, so nothing that is refused is sent.
    active, backup = pair.active()
    pair.switch.noise(False)
    when = time.monotonic()
    active.must("lyncedgectl mode off")
    taken = backup.wait_for("[ $(cat /run/lyncedge-ha.state) = MASTER ]")
    check("lyncedge switched off on the active gateway: the other takes over", taken and pair.state(active.name) == "FAULT",
          pair.state(active.name))
    active.must("lyncedgectl mode enforce")
    pair.active()
    pair.switch.noise(True)
    pair.goes_on("lyncedge switched off on the active gateway", when)


def split(pair, _):
    active, backup = pair.active()
    when = time.monotonic()
    pair.switch.cut("sync0")
    time.sleep(8)
    check("split, of sync0 alone: nothing changes hands", pair.active() == [active, backup])
    pair.switch.cut()
    pair.goes_on("split, of sync0 alone", when)
    when = time.monotonic()
    pair.switch.cut(*SEGMENTS)
    deadline = when + PATIENCE
    while pair.state(backup.name) != "MASTER" and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(8)
    states = [pair.state(name) for name in GATEWAYS]
    check("split: both are active", states == ["MASTER", "MASTER"], states)
    pair.goes_on("split", when)
    when = time.monotonic()
    pair.switch.cut()
    active, backup = pair.active()
    check("split, healed: the one of higher priority is active", active.name == "gw1", active.name)
    pair.goes_on("split, healed", when)
    deadline = time.monotonic() + PATIENCE
    while not peers.all_send_to(1) and time.monotonic() < deadline:
        time.sleep(0.2)
    print(f"# split, healed: all neighbours have learnt it after {time.monotonic() - when:.0f} s", flush=True)
    check("split, healed: all neighbours send to the active gateway", peers.all_send_to(1))
    once(pair, "failover after the split")


POLICY = os.path.join(TOP, "contrib/ha/policy")


def with_row(name, port):
    """The policy of the pair, and one row more."""
    with open(POLICY, encoding="ascii") as f:
        return f.read().replace("commit\n", f"allow {name} external in tcp {port} from any to access\ncommit\n")


def apply_both(pair, text):
    path = os.path.join(pair.folder, "policy")
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return subprocess.Popen([os.path.join(TOP, "contrib/ha/apply-both"), path, *GATEWAYS], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "LYNCEDGE_SSH": os.path.join(HERE, "ssh"), "LYNCEDGE_CONFIRM": "15",
                                 "LYNCEDGE_HA": os.path.join(pair.folder, "ssh")})


def has_applied(name, process, wanted):
    output, _ = process.communicate()
    check(f"{name}: apply-both says so", process.returncode == wanted, f"{process.returncode}: {output}")


def policy(pair, _):
    old, new = with_row("old", 8443), with_row("new", 9443)
    when = time.monotonic()
    has_applied("policy", apply_both(pair, old), 0)
    pair.goes_on("policy, changed on both", when)
    check("policy: both let through what is new in it", pair.comes("old") == list(GATEWAYS))
    pair.same("policy")

    # The other hand: it is killed when it has applied what it has not confirmed.
    active, backup = pair.active()
    check("policy: the backup is in step", pair.in_step(backup))
    process = apply_both(pair, new)
    active.wait_for("[ $(cat /sys/kernel/lyncedge/confirm) != 0 ]", 10)
    when = pair.kill(active)
    has_applied("policy, changed while the active gateway is killed", process, 1)
    pair.goes_on("policy, changed while the active gateway is killed", when)
    check("policy: what was not confirmed is undone", backup.wait_for("[ $(cat /sys/kernel/lyncedge/confirm) = 0 ]", 30) and
          pair.comes("old") == [backup.name] and pair.comes("new") == [])
    pair.nothing_came("policy, undone")

    # It comes back with what it had at its last boot.
    backup.must("cat >/tmp/policy && lyncedgectl apply /tmp/policy", stdin=new.encode())
    pair.boot(active)
    pair.active()
    status, output = pair.compare()
    check("policy: lyncedgectl says that they differ, and wherein", status == 1 and "policy" in output, f"{status}: {output}")
    when = time.monotonic()
    has_applied("policy, mended", apply_both(pair, new), 0)
    pair.same("policy, mended")
    pair.goes_on("policy, mended", when)
    check("policy: both let through what is new, and no longer what is not",
          pair.comes("new") == list(GATEWAYS) and pair.comes("old") == [])

    # At the same moment, to another one that takes all that is up as well.
    active, backup = pair.active()
    check("policy: the backup is in step", pair.in_step(backup))
    change = threading.Thread(target=backup.must, args=("lyncedgectl apply -",), kwargs={"stdin": old.encode()})
    change.start()
    when = pair.kill(active)
    pair.goes_on("policy, changed on the backup as it takes over", when)
    change.join()
    check("policy: it holds", pair.comes("old") == [backup.name] and pair.comes("new") == [])
    pair.boot(active)
    has_applied("policy, as it was", apply_both(pair, with_row("old", 8443)), 0)
    pair.same("policy, as it was")


RESTART = "conntrackd -k && while pgrep -x conntrackd >/dev/null; do sleep 0.2; done; conntrackd -d >/dev/null && " \
          "sleep 1 && /etc/keepalived/lyncedge-ha again"


def conntrackd(pair, _):
    for which in (1, 0):
        machine = pair.active()[which]
        name = f"conntrackd restarted on the {('active gateway', 'backup')[which]}"
        when = time.monotonic()
        machine.must(RESTART)
        pair.goes_on(name, when)
        once(pair, f"failover after {name}")


def without(pair, _):
    active, backup = pair.active()
    backup.must("conntrackd -k")
    silent = [d.name for c in pair.calls.calls if c.silent for d in c.directions()] + [s.name for s in pair.sessions if s.silent]
    when = pair.kill(active)
    pair.goes_on("without conntrackd", when, silent)
    still = [d.name for d in pair.calls.directions() + pair.sessions if d.name in silent and d.arrived_since(when + 1)]
    check("without conntrackd: answers to what this gateway has not seen do not pass", not still, still)
    when = time.monotonic()
    pair.calls.anew()
    gone = [s.name for s in pair.sessions if s.silent]
    pair.goes_on("without conntrackd, called once more", when, gone)
    pair.boot(active)


STAGES = (failovers, handover, split, policy, conntrackd, without)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--failovers", type=int, default=50)
    parser.add_argument("stages", nargs="*", metavar="STAGE", default=[stage.__name__ for stage in STAGES])
    options = parser.parse_args()
    unknown = set(options.stages) - {stage.__name__ for stage in STAGES}
    if unknown:
        parser.error(f"no such stage: {' '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(folder)
        try:
            start(pair)
            for stage in STAGES:
                if stage.__name__ in options.stages:
                    begun = time.monotonic()
                    stage(pair, options)
                    print(f"# {stage.__name__} took {time.monotonic() - begun:.0f} s", flush=True)
            finish(pair)
        except Gone as e:
            check("to the end", False, e)
        finally:
            for machine in pair.machines.values():
                keep_log(machine)
                if machine.process and machine.process.poll() is None:
                    machine.kill()
                    machine.process.wait()
    print(f"{passed} passed, {failed} failed")
    return failed > 0


def finish(pair):
    came, sent = pair.switch.counts()
    lines = [f"{kind} {sent[kind]}" for kind in KINDS if refused(kind)]
    print(f"# figures: sent to either gateway, and refused by both: {', '.join(lines)}")
    total = sum(came[key] for key in came if refused(key[1]))
    check("in all: nothing that is refused has come through", total == 0, total)


def keep_log(machine):
    try:
        with open(os.path.join(LOGS, machine.name + ".messages"), "w", encoding="utf-8") as f:
            f.write(machine.command("cat /run/log; lyncedgectl counters; conntrackd -s")[1])
    except (Gone, AttributeError, OSError):
        # It is not up.
        pass


if __name__ == "__main__":
    sys.exit(main())
