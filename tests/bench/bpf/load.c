// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads forward.bpf.o, fills its maps from a text, and hooks it into FORWARD of IPv4 and IPv6, as
 * long as the process lives that it leaves behind: load OBJECT TABLE PIDFILE.
 *
 * The text has a line for each entry: "device NAME LANE+1", "lane N TERMS", "ports FIRST LAST
 * DESTINATION SOURCE", "near ADDRESS FROM TO", "far ADDRESS LENGTH FROM TO", "conntrack 1".
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "table.h"

/* Newer than the distribution's headers. */
#define PROG_TYPE_NETFILTER 32
#define ATTACH_NETFILTER 45
#define PRIORITY_FILTER 0
#define HOOK_FORWARD 2

struct maps {
	int near4;
	int near6;
	int far4;
	int far6;
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static struct table *table_of(struct bpf_object *object)
{
	struct bpf_map *map;
	size_t size;

	bpf_object__for_each_map(map, object) {
		struct table *table = (struct table *)bpf_map__initial_value(map, &size);

		if (table && size >= sizeof(*table))
			return table;
	}
	fail("no table");
	return NULL;
}

static void put_address(const struct maps *maps, const char *text, bool near,
			unsigned int length, const struct end_terms *terms)
{
	struct key6 key = { .length = length };
	bool v6 = strchr(text, ':');
	int err;

	if (!inet_pton(v6 ? AF_INET6 : AF_INET, text, key.addr))
		fail(text);
	if (near)
		err = bpf_map_update_elem(v6 ? maps->near6 : maps->near4, key.addr, terms, BPF_ANY);
	else
		err = bpf_map_update_elem(v6 ? maps->far6 : maps->far4, &key, terms, BPF_ANY);
	if (err)
		fail(text);
}

/* What is in maps of their own, which exist when the program is loaded. */
static void put_addresses(const struct maps *maps, FILE *file)
{
	struct end_terms terms;
	char line[256], text[64];
	unsigned int length;

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "near %63s %llx %llx", text, &terms.from, &terms.to) == 3)
			put_address(maps, text, true, 0, &terms);
		else if (sscanf(line, "far %63s %u %llx %llx", text, &length, &terms.from,
				&terms.to) == 4)
			put_address(maps, text, false, length, &terms);
	}
}

/* What is in the program's own memory. */
static void put_table(struct table *table, FILE *file)
{
	char line[256], text[64];
	struct port_terms terms;
	unsigned int a, b;
	__u64 bits;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "device %63s %u", text, &a) == 2)
			table->devices[if_nametoindex(text) % NR_DEVICES] = a;
		else if (sscanf(line, "lane %u %llx", &a, &bits) == 2)
			table->lanes[a % NR_LANES] = bits;
		else if (sscanf(line, "ports %u %u %llx %llx", &a, &b, &terms.destination,
				&terms.source) == 4)
			while (a <= b && a < NR_PORTS)
				table->ports[a++] = terms;
		else if (sscanf(line, "conntrack %u", &a) == 1)
			table->conntrack = a;
	}
}

/* A link, which libbpf has no function for: it lives as long as it is open. */
static int attach(int prog, unsigned int pf)
{
	struct {
		__u32 prog;
		__u32 target;
		__u32 attach_type;
		__u32 flags;
		__u32 pf;
		__u32 hook;
		__s32 priority;
		__u32 hook_flags;
	} attr = {
		.prog = prog,
		.attach_type = ATTACH_NETFILTER,
		.pf = pf,
		.hook = HOOK_FORWARD,
		.priority = PRIORITY_FILTER,
	};
	int link = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	if (link < 0)
		fail("link");
	return link;
}

static void stay(const char *pidfile)
{
	FILE *file;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		/* Nobody shall wait for what this process might still say. */
		freopen("/dev/null", "w", stdout);
		freopen("/dev/null", "w", stderr);
		for (;;)
			pause();
	}
	file = fopen(pidfile, "w");
	if (!file || fprintf(file, "%d\n", pid) < 0 || fclose(file))
		fail(pidfile);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *prog;
	struct maps maps;
	FILE *file;

	if (argc != 4)
		return 2;
	file = fopen(argv[2], "r");
	object = bpf_object__open_file(argv[1], NULL);
	if (!file || !object)
		fail(argv[1]);
	prog = bpf_object__next_program(object, NULL);
	bpf_program__set_type(prog, PROG_TYPE_NETFILTER);
	bpf_program__set_expected_attach_type(prog, ATTACH_NETFILTER);
	put_table(table_of(object), file);
	if (bpf_object__load(object))
		fail("load");
	maps.near4 = bpf_object__find_map_fd_by_name(object, "near4");
	maps.near6 = bpf_object__find_map_fd_by_name(object, "near6");
	maps.far4 = bpf_object__find_map_fd_by_name(object, "far4");
	maps.far6 = bpf_object__find_map_fd_by_name(object, "far6");
	put_addresses(&maps, file);
	attach(bpf_program__fd(prog), AF_INET);
	attach(bpf_program__fd(prog), AF_INET6);
	stay(argv[3]);
	return 0;
}
