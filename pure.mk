# SPDX-License-Identifier: GPL-2.0-only
# The sources of the pure part, which builds in kernel and user space: for Kbuild, the tool and the tests.
lyncedge-pure := lyncedge_rules lyncedge_compile lyncedge_terms lyncedge_ports lyncedge_spans \
	lyncedge_addr lyncedge_packet lyncedge_early lyncedge_policy lyncedge_render lyncedge_matrix \
	lyncedge_inet
