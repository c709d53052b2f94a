# SPDX-License-Identifier: GPL-2.0-only
"""What tests share in which the module, devices and namespaces come and go (tests/vm/test-lifecycle, tests/vm/storm), on top of
gateway.py."""
import ctypes
import os
import subprocess
import sys
import time

from gateway import INET, LIBC, TREE, check, must

KO = os.environ["LYNCEDGE_KO"]


def sh(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False)


# ---- the module -----------------------------------------------------------------------------------------------------------

def read(name):
    with open(TREE + name, encoding="ascii") as f:
        return f.read()


def loaded():
    return os.path.exists(TREE)


SYS_DELETE_MODULE, SYS_FINIT_MODULE = 176, 313


def insmod(options=""):
    """As insmod does it, without the time that starting a program takes on an emulated processor."""
    fd = os.open(KO, os.O_RDONLY)
    done = LIBC.syscall(SYS_FINIT_MODULE, fd, options.encode(), 0)
    os.close(fd)
    if done:
        sys.exit(f"insmod {KO} {options}: {os.strerror(ctypes.get_errno())}")


def rmmod():
    if LIBC.syscall(SYS_DELETE_MODULE, b"lyncedge", os.O_NONBLOCK):
        sys.exit(f"rmmod lyncedge: {os.strerror(ctypes.get_errno())}")


# ---- devices -------------------------------------------------------------------------------------------------------------

def make_ext0():
    must(f"ip link add ext0 address {INET.gateway_mac} type veth peer name eth0 address {INET.mac} netns inet")
    configure_ext0()
    must("ip -n inet -batch -", """link set eth0 up
addr add 198.51.100.2/24 dev eth0
addr add 2001:db8:51::2/64 dev eth0
route replace default via 198.51.100.1
route replace default via 2001:db8:51::1
""")


def configure_ext0():
    """Also after it was renamed or moved, which takes its addresses and neighbours away."""
    must("ip -batch -", f"""link set ext0 up
addr replace 198.51.100.1/24 dev ext0
addr replace 2001:db8:51::1/64 dev ext0
neigh replace 198.51.100.2 lladdr {INET.mac} dev ext0 nud permanent
neigh replace 2001:db8:51::2 lladdr {INET.mac} dev ext0 nud permanent
route replace default via 198.51.100.2
route replace default via 2001:db8:51::2
""")


# ---- memory ---------------------------------------------------------------------------------------------------------------

def memory():
    """What the module could leave behind: areas of vmalloc that name it, percpu memory, slab."""
    areas = sum("lyncedge" in line for line in open("/proc/vmallocinfo", encoding="ascii"))
    info = dict(line.split(":") for line in open("/proc/meminfo", encoding="ascii"))
    return areas, *(int(info[k].split()[0]) for k in ("Percpu", "SUnreclaim"))


def memory_after(enough, patience=60):
    """Memory once enough is free again: on a busy machine RCU's callbacks, which free it, take their time."""
    end = time.monotonic() + patience
    while True:
        time.sleep(1)
        now = memory()
        if enough(now) or time.monotonic() > end:
            return now


def check_memory(before, after_what):
    """Memory is as it was. A leak of one page a cycle would show as 800 KiB in 200; noise of a running machine is well below."""
    # KASAN keeps what was freed for a while, and kmemleak, which judges better, its own records: slab says nothing there.
    slab = 800 if not os.path.exists("/sys/kernel/debug/kmemleak") else 1 << 30
    after = memory_after(lambda m: not m[0] and m[1] - before[1] < 400 and m[2] - before[2] < slab)
    check(f"{after_what}: no area of vmalloc is left", after[0] == 0, after)
    check(f"{after_what}: percpu memory does not grow", after[1] - before[1] < 400, (before, after))
    check(f"{after_what}: slab does not grow", after[2] - before[2] < slab, (before, after))
    return after
