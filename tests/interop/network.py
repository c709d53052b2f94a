# SPDX-License-Identifier: GPL-2.0-only
"""Who is where: the networks that tests/interop's peers live in, the policy, and how a program is run in one of them.

	remote --+                               +-- edge, edge2, edge3 (Access, web conferencing, A/V)
	         +-- internet -- ext0     per0 --+
	partner -+               gateway
	                         int0     per1 ----- edge (its internal side)
	               company --+

The gateway is the guest's initial namespace, the others are namespaces joined by veth. "internet" is a router like any on the way. The
Edge's addresses are private, and translated 1:1 as lyncedgectl nat prints it; IPv6 is routed.
"""
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../..")
sys.path.insert(0, os.path.join(TOP, "tests/vm"))
from gateway import Inside, must, set_sysctl, write  # noqa: E402 pylint: disable=wrong-import-position

# The folder that tests/interop/system has made.
SYSTEM = os.environ.get("LYNCEDGE_PEERS", "/")
V4, V6 = 4, 6
FAMILIES = (V4, V6)

PUBLIC = "131.107.155."
ADDRESSES = {
    # The Edge's own.
    "access": ("10.45.16.10", "2001:db8:16::10"),
    "webconf": ("10.45.16.20", "2001:db8:16::20"),
    "av": ("10.45.16.30", "2001:db8:16::30"),
    "internal": ("172.25.33.10", "2001:db8:33::10"),
    # Other servers of its pool.
    "webconf2": ("10.45.16.21", "2001:db8:16::21"),
    "av2": ("10.45.16.31", "2001:db8:16::31"),
    "webconf3": ("10.45.16.22", "2001:db8:16::22"),
    "av3": ("10.45.16.32", "2001:db8:16::32"),
    # Outside.
    "user": ("192.0.2.7", "2001:db8:92::7"),
    "partner-access": ("203.0.113.10", "2001:db8:203::10"),
    "partner-av": ("203.0.113.12", "2001:db8:203::12"),
    "crl": ("203.0.113.80", "2001:db8:203::80"),
    "dns": ("203.0.113.53", "2001:db8:203::53"),
    # Inside.
    "front-end": ("192.168.10.20", "2001:db8:10::20"),
    "store": ("192.168.10.11", "2001:db8:10::11"),
    "logging": ("192.168.10.40", "2001:db8:10::40"),
    "colleague": ("192.168.10.99", "2001:db8:10::99"),
}
HOSTS = {
    "remote": ("user",),
    "partner": ("partner-access", "partner-av", "crl", "dns"),
    "edge": ("access", "webconf", "av"),
    "edge2": ("webconf2", "av2"),
    "edge3": ("webconf3", "av3"),
    "company": ("front-end", "store", "logging", "colleague"),
}


def address(name, family):
    """Its own address."""
    return ADDRESSES[name][family == V6]


def seen(name, family):
    """As others see it from outside."""
    own = address(name, family)
    return PUBLIC + own.rsplit(".", 1)[1] if own.startswith("10.45.16.") else own


def bracketed(text):
    return f"[{text}]" if ":" in text else text


def policy_text(features, *lines):
    groups = {"federation-partner": "partner-access", "pic-partner": "partner-access", "xmpp-partner": "partner-access",
              "media-partner": "partner-av", "crl-server": "crl", "dns-server": "dns", "front-end": "front-end", "cms": "store",
              "logging-controller": "logging", "xmpp-gateway": "front-end"}
    text = "interface external ext0\ninterface internal int0\n"
    for role in ("access", "webconf", "av"):
        servers = [name for name in ADDRESSES if name.rstrip("23") == role]
        text += f"edge {role} {' '.join(' '.join(ADDRESSES[name]) for name in servers)} public {' '.join(seen(n, V4) for n in servers)}\n"
    text += f"edge internal {' '.join(ADDRESSES['internal'])}\n"
    text += "".join(f"peer {group} {' '.join(ADDRESSES[name])}\n" for group, name in groups.items())
    return text + f"feature {' '.join(features)}\n" + "".join(line + "\n" for line in lines) + "commit\n"


def apply(features, *lines):
    write("policy", policy_text(features, *lines))


def cookbook():
    """{recipe: features}, of those that differ in them."""
    with open(os.path.join(TOP, "docs/cookbook.md"), encoding="utf-8") as f:
        page = f.read()
    recipes = {}
    for title, body in re.findall(r"^## (.*?)$(.*?)(?=^## |\Z)", page, re.M | re.S):
        if policy := re.search(r"^```policy\n(.*?)^```", body, re.M | re.S):
            features = tuple(sorted(word for line in re.findall(r"^feature (.*)$", policy[1], re.M) for word in line.split()))
            if features not in recipes.values():
                recipes[title] = features
    return recipes


def matrix():
    with open(os.path.join(TOP, "tests/oracle/matrix.tsv"), encoding="utf-8") as f:
        names, *rows = (line.rstrip("\n").split("\t") for line in f)
    return [dict(zip(names, row)) for row in rows]


# ---- the networks -----------------------------------------------------------------------------------------------------------

def join(one, two, device_one, device_two):
    """A cable between two namespaces; the empty name is the gateway's."""
    def words(namespace):
        return f"netns {namespace}" if namespace else "netns 1"
    must(f"ip link add name tmp0 type veth peer name tmp1 && ip link set tmp0 name {device_one} {words(one)} && "
         f"ip link set tmp1 name {device_two} {words(two)}")


def configure(namespace, device, *addresses):
    at = f"-n {namespace} " if namespace else ""
    for a in addresses:
        must(f"ip {at}addr add {a} dev {device} {'nodad' if ':' in a else ''}")
    must(f"ip {at}link set {device} up")


def build():
    for setting in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding"):
        set_sysctl(setting, 1)
    for setting in ("net/ipv6/conf/default/accept_dad", "net/ipv4/conf/all/send_redirects", "net/ipv4/conf/default/send_redirects"):
        set_sysctl(setting, 0)
    for name in ("internet", *HOSTS):
        must(f"ip netns add {name}")
        must(f"ip -n {name} link set lo up")
        with Inside(name):
            set_sysctl("net/ipv6/conf/default/accept_dad", 0)
            set_sysctl("net/ipv6/conf/default/accept_ra", 0)
            for setting in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding"):
                set_sysctl(setting, int(name == "internet"))
            # What opens a connection does so from below the media range, but for media.
            set_sysctl("net/ipv4/ip_local_port_range", "20000 39999")
            # A connection that a policy has cut shall be forgotten before the next one is in force.
            for setting, times in (("tcp_retries2", 3), ("tcp_orphan_retries", 1), ("tcp_syn_retries", 2)):
                set_sysctl(f"net/ipv4/{setting}", times)
    join("", "internet", "ext0", "up0")
    must("ip netns add perimeter")
    join("", "perimeter", "per0", "gateway")
    must("ip -n perimeter link add switch type bridge && ip -n perimeter link set switch up")
    for name in ("edge", "edge2", "edge3"):
        join("perimeter", name, name, "eth0")
    for device in ("gateway", "edge", "edge2", "edge3"):
        must(f"ip -n perimeter link set {device} master switch up")
    join("", "edge", "per1", "eth1")
    join("", "company", "int0", "eth0")
    join("internet", "remote", "to-remote", "eth0")
    join("internet", "partner", "to-partner", "eth0")
    configure("", "ext0", "198.51.100.1/24", "2001:db8:51::1/64")
    configure("", "per0", "10.45.16.1/24", "2001:db8:16::1/64")
    configure("", "per1", "172.25.33.1/24", "2001:db8:33::1/64")
    configure("", "int0", "192.168.10.1/24", "2001:db8:10::1/64")
    configure("internet", "up0", "198.51.100.2/24", "2001:db8:51::2/64")
    configure("internet", "to-remote", "192.0.2.1/24", "2001:db8:92::1/64")
    configure("internet", "to-partner", "203.0.113.1/24", "2001:db8:203::1/64")
    for name, hosts in HOSTS.items():
        configure(name, "eth0", *(f"{a}/{64 if ':' in a else 24}" for host in hosts for a in ADDRESSES[host]))
    configure("edge", "eth1", "172.25.33.10/24", "2001:db8:33::10/64")
    must("ip route add default via 198.51.100.2 && ip route add default via 2001:db8:51::2")
    for name, via in (("internet", ("198.51.100.1", "2001:db8:51::1")), ("remote", ("192.0.2.1", "2001:db8:92::1")),
                      ("partner", ("203.0.113.1", "2001:db8:203::1")), ("company", ("192.168.10.1", "2001:db8:10::1")),
                      *((name, ("10.45.16.1", "2001:db8:16::1")) for name in ("edge", "edge2", "edge3"))):
        # Who has several speaks for himself by the first: the Edge by its Access address.
        own = ADDRESSES[HOSTS[name][0]] if name in HOSTS else None
        for i, gateway in enumerate(via):
            must(f"ip -n {name} route add default via {gateway}" + (f" src {own[i]}" if own else ""))
    # The company is reached by the internal side, as Microsoft has it.
    must("ip -n edge route add 192.168.10.0/24 via 172.25.33.1 src 172.25.33.10 && "
         "ip -n edge route add 2001:db8:10::/64 via 2001:db8:33::1 src 2001:db8:33::10")


@contextlib.contextmanager
def changed(namespace, setting, value):
    """A sysctl, for a while."""
    with Inside(namespace):
        with open(f"/proc/sys/{setting}", encoding="ascii") as f:
            before = f.read()
        set_sysctl(setting, value)
    try:
        yield
    finally:
        with Inside(namespace):
            set_sysctl(setting, before)


def translate(*options):
    """1:1 NAT, as the tool has it of the policy in force."""
    with open("/run/nat.policy", "w", encoding="ascii") as f:
        f.write(policy_text(("remote-access",)))
    must(f"lyncedgectl nat {' '.join(options)} --policy /run/nat.policy | nft -f -")


# ---- programs ---------------------------------------------------------------------------------------------------------------

def command(namespace, *words):
    """A program of the peers' system, in a namespace."""
    return ["ip", "netns", "exec", namespace, "chroot", SYSTEM, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
            "LC_ALL=C.UTF-8", "PYTHONUNBUFFERED=1", *map(str, words)]


# Of a thread: a question whether to wait any longer (see ended).
waiting = threading.local()


def ended(process, patience):
    """Waits until it has ended; False: it had not in time, or its thread waits no longer."""
    until = time.monotonic() + patience
    while process.poll() is None:
        if time.monotonic() > until or given_up():
            return False
        time.sleep(0.1)
    return True


def given_up():
    return hasattr(waiting, "is_over") and waiting.is_over()


def run(namespace, *words, patience=30, text=""):
    """(status, what it said); status None: it had not ended in time, and was ended."""
    with tempfile.TemporaryFile("w+", errors="replace") as said, tempfile.TemporaryFile("w+") as told:
        told.write(text)
        told.seek(0)
        with subprocess.Popen(command(namespace, *words), stdin=told, stdout=said, stderr=subprocess.STDOUT, start_new_session=True) as process:
            if not ended(process, patience):
                os.killpg(process.pid, 9)
        said.seek(0)
        return (process.returncode if process.returncode >= 0 else None), said.read()
