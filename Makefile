# SPDX-License-Identifier: GPL-2.0-only
# The commands of the repository; `make help` lists them. What the module is made of is in Kbuild.

PREFIX ?= /usr/local
UNITDIR ?= /usr/lib/systemd/system
KDIR ?= /lib/modules/$(shell uname -r)/build

all: module tool ## build the module (KDIR=… for another kernel than the running one) and the tool

module: ## build lyncedge.ko
	@test -d "$(KDIR)" || { echo "No kernel headers in $(KDIR): install the package" \
		"linux-headers-$$(uname -r), or name another kernel's with KDIR=…" >&2; exit 1; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules

tool: ## build tools/lyncedgectl
	$(MAKE) -C tools

demo: ## boot a stock kernel in a VM and show all 37 rows on real traffic
	@tests/vm/demo

check: ## run every test; the last line says how many passed
	@tests/check

unit: ## test the pure part in user space, under sanitizers
	@tests/unit/run

oracle: ## compare lyncedgectl with an independent reading of the matrix
	@tests/oracle/run

tool-test: ## test lyncedgectl
	@tests/tool/run

kunit: ## run the KUnit suites in a User Mode Linux kernel (KUNIT=debug: with KASAN, lockdep, kmemleak)
	@tests/kunit/run

coverage: ## say how much of each source file the tests run; build/coverage/html shows it
	@tests/coverage/run

vm-test: ## test the module in a VM with a stock kernel (KERNELS="5.10 6.1 6.12 7 s390x arm64": with these; RECORD=1: for the README)
	@tests/vm/test

interop: ## let real SIP, XMPP, TURN, HTTP, DNS and media programs talk through the module, in a VM (RECORD=1: for docs/interop.md)
	@tests/interop/run

ha-test: ## kill one of a pair of gateways again and again, in VMs (FAILOVERS=50, long)
	@tests/ha/run --failovers $(or $(FAILOVERS),50)

soak: ## run the long forms: storms in a debug kernel with several processors (long)
	@tests/soak/run

fuzz: ## fuzz the policy language, the compiler and the header reader (SECONDS=… or EXECUTIONS=… for each)
	@FUZZ_SECONDS=$(or $(SECONDS),60) FUZZ_EXECUTIONS=$(EXECUTIONS) tests/fuzz/run

prove: ## prove by bounded model checking what no run can try out
	@tests/cbmc/run

mutants: ## plant bugs into a copy of the tree, and see whether the tests fail
	@tests/mutants/run

planted: ## plant the ten faults that a kernel module is feared for, and say which test sees each
	@tests/mutants/run --planted

nft-diff: ## compare the module with lyncedgectl export nft, packet by packet, in VMs
	@tests/nft/run

iptables-diff: ## the same with lyncedgectl export iptables
	@tests/nft/run --peer iptables

bench: ## count what a packet costs, next to nftables, iptables and BPF (KERNELS="6.1 6.12"); figures go to build/bench.json
	@tests/bench/run $(KERNELS)

style: ## build with W=1 by gcc and clang, and let sparse, checkpatch, spatch and two static analyzers look
	@tests/style/run

install: tool ## install the tool, its pages and the systemd unit below DESTDIR (PREFIX=/usr/local; the module: see dkms.conf)
	$(MAKE) -C tools install
	install -d "$(DESTDIR)/etc/lyncedge" "$(DESTDIR)$(UNITDIR)"
	sed 's#/usr/sbin/#$(PREFIX)/sbin/#' contrib/systemd/lyncedge.service >"$(DESTDIR)$(UNITDIR)/lyncedge.service"
	chmod 644 "$(DESTDIR)$(UNITDIR)/lyncedge.service"

deb: ## make Debian packages, in build/deb
	@contrib/deb

deb-test: ## install, upgrade and purge the packages in clean Debian systems, in VMs (SUITES="bookworm trixie"; long)
	@tests/packages/run $(SUITES)

dist: ## make the release's archive, in build/dist
	@contrib/dist

in-tree: ## put the module into a kernel's source (LINUX=…), to be built with it
	@contrib/in-tree "$(LINUX)"

clean: ## remove what was built
	rm -rf build
	$(MAKE) -C tools clean
	find . -maxdepth 1 \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o \
		-name '.*.cmd' -o -name modules.order -o -name Module.symvers \) -delete

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: interop ha-test deb deb-test dist in-tree all module tool install demo check unit oracle tool-test kunit coverage vm-test soak style clean help mutants planted prove fuzz nft-diff iptables-diff bench
