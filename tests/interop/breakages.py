# SPDX-License-Identifier: GPL-2.0-only
"""What deployments break on though every row is right: each with real programs or, where a port or a moment has to be just so, with
sockets of the kernel's. Some of it cannot work, and then it is shown what is seen of it (docs/troubleshooting.md tells what to do)."""
import errno
import re
import select
import socket
import struct
import time

import network
import peers
import talks
from network import FAMILIES, V4, V6, address, bracketed, run, seen, translate
from gateway import Inside, check, counters, moved_since, must

ALL = ("remote-access", "web-conferencing", "av", "federation", "av-federation", "dns")
OCS2007 = ("remote-access", "web-conferencing", "av", "federation", "av-federation-ocs2007", "dns")
PATIENCE = 30


def make(namespace, kind, own, port):
    with Inside(namespace):
        s = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((own, port))
    s.settimeout(3)
    return s


def arrives(sender, target, receiver):
    """Who sent it, as the receiver sees it, or None."""
    sender.sendto(b"media", target)
    try:
        return receiver.recvfrom(100)[1][:2]
    except TimeoutError:
        return None


def hairpin():
    """The A/V Edges of a pool reach each other by their public addresses, as Microsoft requires."""
    network.apply(ALL)

    def goes():
        return run("edge", "turnutils_stunclient", "-L", address("av", V4), seen("av2", V4), patience=5)
    translate()
    before = counters()
    goes()
    moved = moved_since(before)
    check("hairpin: without it what one A/V Edge has for another leaves for the Internet, and is judged", moved.get("ext-13"), moved)
    translate("--hairpin")
    before = counters()
    status, said = goes()
    check("hairpin: lyncedgectl nat --hairpin has it reach it, and be seen by its own public address",
          re.search("reflexive addr: .*" + re.escape(seen("av", V4)), said), said)
    good, said = talks.relayed("edge", address("av", V4), seen("av2", V4), PATIENCE, "-y")
    check("hairpin: media are relayed by the other", good, said)
    # Connections of before may have a word left when conntrack has forgotten them.
    moved = set(moved_since(before)) - {"invalid"}
    check("hairpin: what turns round at a perimeter device is not judged", not moved, moved)
    good, said = talks.user_calls(V4, PATIENCE)
    check("hairpin: calls from outside go on", good, said)
    good, said = talks.partner_is_called(V4, PATIENCE)
    check("hairpin: and calls to a partner", good, said)
    translate()


def path_mtu():
    """Somewhere on the way packets have to be smaller than both ends think."""
    network.apply(ALL)
    for f in FAMILIES:
        must("ip -n internet link set to-remote mtu 1300")
        before = counters()
        status, said = run("remote", "curl", "-sS", "--cacert", f"{peers.FOLDER}/ca.pem", "--resolve",
                           f"conference{f}.example:443:{bracketed(seen('webconf', f))}", "--max-time", PATIENCE,
                           f"https://conference{f}.example/large", "-o", "/dev/null", "-w", "%{size_download}", patience=PATIENCE + 5)
        moved = moved_since(before)
        must("ip -n internet link set to-remote mtu 1500")
        check(f"path MTU, IPv{f}: a large page arrives whole", status == 0 and said.strip() == "300000", said)
        check(f"path MTU, IPv{f}: the error that it needs has passed", moved.get("icmp-related"), moved)


def asymmetric():
    """Answers take another way: conntrack sees half of a connection."""
    network.join("edge", "internet", "bypass", "bypass")
    network.configure("edge", "bypass", "2001:db8:aa::2/64")
    network.configure("internet", "bypass", "2001:db8:aa::1/64")
    must("ip -n edge route add 2001:db8:92::/64 via 2001:db8:aa::1 src 2001:db8:16::20")

    def goes():
        before = counters()
        status, said = run("remote", "curl", "-sS", "--cacert", f"{peers.FOLDER}/ca.pem", "--resolve",
                           f"conference6.example:443:[{seen('webconf', V6)}]", "--max-time", 8, "https://conference6.example/large", "-o",
                           "/dev/null", "-w", "%{size_download}", patience=15)
        return status == 0 and said.strip() == "300000", said, moved_since(before)
    network.apply(ALL)
    good, said, moved = goes()
    check("asymmetric route: with conntrack it does not work", not good, said)
    check("asymmetric route: and counts at invalid", moved.get("invalid"), moved)
    network.apply(ALL, "option established stateless")
    good, said, moved = goes()
    check("asymmetric route: with option established stateless it does", good, said)
    check("asymmetric route: and counts at its row alone", set(moved) == {"ext-08"}, moved)
    must("ip -n edge link del bypass")
    network.apply(ALL)


def pexip():
    """A partner whose media come from 40000 to 49999, not from the range."""
    network.apply(OCS2007)
    for f in FAMILIES:
        before = counters()
        good, said = talks.stream("partner", address("partner-av", f), "edge", seen("av", f), address("av", f), 50040, PATIENCE,
                                  own_port=41000)
        check(f"ports 40000-49999 of a partner's, IPv{f}: sound comes", good and moved_since(before).get("ext-12"), said)
        before = counters()
        good, said = talks.stream("edge", address("av", f), "partner", address("partner-av", f), address("partner-av", f), 42000, PATIENCE,
                                  own_port=50042)
        check(f"ports 40000-49999 of a partner's, IPv{f}: and goes, by its source port", good and moved_since(before).get("ext-10"), said)


def ports_kept():
    """1:1 NAT keeps ports, which the media range rests on; a user's own NAT need not."""
    network.apply(OCS2007)
    with make("edge", socket.SOCK_DGRAM, address("av", V4), 50123) as edge, \
            make("partner", socket.SOCK_DGRAM, address("partner-av", V4), 50456) as partner:
        who = arrives(edge, (address("partner-av", V4), 50456), partner)
        check("NAT: what the A/V Edge sends has its public address and its own port", who == (seen("av", V4), 50123), who)
        who = arrives(partner, (seen("av", V4), 50123), edge)
        check("NAT: and is answered there", who == (address("partner-av", V4), 50456), who)
    must("ip netns exec internet nft -f -", """table ip home {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		ip saddr 192.0.2.0/24 oifname up0 masquerade
	}
}
""")
    must("ip -n remote addr add 192.0.2.8/24 dev eth0")
    before = counters()
    question = struct.pack("!HHI12s", 1, 0, 0x2112a442, b"lyncedgestun")
    for own in (address("user", V4), "192.0.2.8"):
        with make("remote", socket.SOCK_DGRAM, own, 5555) as user:
            user.sendto(question, (seen("av", V4), 3478))
            try:
                answer = user.recv(1000)
            except TimeoutError:
                answer = b""
            check(f"NAT: {own}, behind a NAT with others who have the same port, is answered", answer[:2] == b"\x01\x01", answer)
    moved = moved_since(before)
    check("NAT: as two calls from one address", moved == {"ext-14": 4}, moved)
    must("ip -n remote addr del 192.0.2.8/24 dev eth0")
    must("ip netns exec internet nft delete table ip home")


def silence():
    """A call in which nobody says anything for longer than conntrack remembers."""
    network.apply(ALL)
    with network.changed("", "net/netfilter/nf_conntrack_udp_timeout", 2), \
            network.changed("", "net/netfilter/nf_conntrack_udp_timeout_stream", 2):
        for f in FAMILIES:
            with make("edge3", socket.SOCK_DGRAM, address("av3", f), 3478) as edge, \
                    make("remote", socket.SOCK_DGRAM, address("user", f), 6000) as user:
                name, to = f"silence, IPv{f}", (seen("av3", f), 3478)
                who = arrives(user, to, edge)
                check(f"{name}: a call is up", who and arrives(edge, who, user), who)
                for _ in range(4):
                    time.sleep(1)
                    arrives(user, to, edge)
                check(f"{name}: keepalives keep it up", arrives(edge, who, user), "nothing arrived")
                time.sleep(5)
                before = counters()
                check(f"{name}: after a long one the Edge's packets are strangers", not arrives(edge, who, user), "it arrived")
                check(f"{name}: and count at no-row", moved_since(before) == {"no-row": 1}, moved_since(before))
                check(f"{name}: until the user sends again", arrives(user, to, edge) and arrives(edge, who, user), "nothing arrived")


def simultaneous():
    """Both ends of a media connection open it at the same time (RFC 9293, 3.5), as ICE does with TCP candidates."""
    network.apply(OCS2007)
    for namespace in ("edge", "partner"):
        must(f"ip netns exec {namespace} tc qdisc add dev eth0 root netem delay 300ms")
    for f in FAMILIES:
        up = crossed = 0
        for i in range(5):
            before = crossings("edge")
            with make("edge", socket.SOCK_STREAM, address("av", f), 50700 + i) as edge, \
                    make("partner", socket.SOCK_STREAM, address("partner-av", f), 50800 + i) as partner:
                for s, to in ((edge, (address("partner-av", f), 50800 + i)), (partner, (seen("av", f), 50700 + i))):
                    s.setblocking(False)
                    if s.connect_ex(to) != errno.EINPROGRESS:
                        check(f"simultaneous open, IPv{f}", False, "it did not begin")
                up += both_speak(edge, partner)
            crossed += crossings("edge") > before
        check(f"simultaneous open, IPv{f}: all of five are up, and data go both ways", up == 5, up)
        check(f"simultaneous open, IPv{f}: nobody had accepted anything", crossed == 0, crossed)
    for namespace in ("edge", "partner"):
        must(f"ip netns exec {namespace} tc qdisc del dev eth0 root")


def crossings(namespace):
    """Connections that were accepted (passive opens): with crossing SYNs there are none."""
    lines = [line.split() for line in must(f"ip netns exec {namespace} cat /proc/net/snmp").splitlines() if line.startswith("Tcp:")]
    return int(dict(zip(*lines))["PassiveOpens"])


def both_speak(one, two):
    until = time.monotonic() + 10
    for s in (one, two):
        select.select([], [s], [], max(until - time.monotonic(), 0))
        s.setblocking(True)
        s.settimeout(5)
    try:
        one.sendall(b"there")
        two.sendall(b"back")
        return two.recv(100) == b"there" and one.recv(100) == b"back"
    except OSError:
        return False


def pool():
    """Three servers behind one name."""
    network.apply(ALL)

    def fetch():
        status, said = run("remote", "curl", "-sS", "-4", "--cacert", f"{peers.FOLDER}/ca.pem", "--max-time", PATIENCE,
                           "https://pool.example/", "-o", "/dev/null", "-w", "%{remote_ip}", patience=PATIENCE + 5)
        return said.strip() if status == 0 else f"failed: {said}"
    used = [fetch() for _ in range(9)]
    check("a pool of three: whichever server DNS names is reached", all(re.match(r"131\.107\.155\.2[012]$", a) for a in used), used)
    check("a pool of three: it names more than one", len(set(used)) > 1, used)
    peers.servers["web-edge2"].terminate()
    peers.servers["web-edge2"].wait()
    used = [fetch() for _ in range(6)]
    check("a pool of three: with one of them down the others are used", all(re.match(r"131\.107\.155\.2[02]$", a) for a in used), used)


def run_all():
    for part in (hairpin, path_mtu, asymmetric, pexip, ports_kept, silence, simultaneous, pool):
        began = time.monotonic()
        part()
        print(f"# {part.__name__}: {time.monotonic() - began:.0f} s", flush=True)


