/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy in force, the mode, and what the hooks see of them. Kernel only.
 *
 * Writers take the control lock, then RTNL where devices are concerned. Readers in the hooks
 * take RCU and see one struct le_live, in which everything a packet is judged by hangs
 * together: a packet meets one policy, one set of devices.
 */
#ifndef LYNCEDGE_CONTROL_H
#define LYNCEDGE_CONTROL_H

#include <linux/rcupdate.h>

#include "lyncedge_fast.h"
#include "lyncedge_stats.h"

enum le_mode {
	LE_MODE_OFF,
	LE_MODE_MONITOR,
	LE_MODE_ENFORCE,
	LE_NR_MODES,
};

/* No interface: the device is not named. */
#define LE_UNNAMED 0xff

/**
 * struct le_slot - a named device that exists
 * @ifindex: the device, or 0 for none
 * @iface: enum le_iface
 */
struct le_slot {
	int ifindex;
	u8 iface;
};

/**
 * struct le_live_term - what a packet meets when it is accepted, in a cache line
 * @counter: counter of the term's row
 * @usual: the table's
 */
struct le_live_term {
	struct le_count __percpu *counter;
	struct le_usual usual;
} ____cacheline_aligned;

/* Places for devices by the last byte of their ifindex. */
#define LE_NR_DEVICE_PLACES 256

/**
 * struct le_live - what the hooks judge by
 * @table: the compiled policy
 * @early: the same for early drops; NULL if there shall be none
 * @sites: counters of its site rows
 * @slot_mask: number of @slots less one; a power of two, and at most a quarter is taken
 * @log_group: NFLOG group for drops, or LE_NO_LOG_GROUP
 * @enforce: drop what is refused, and do not only count it
 * @conntrack: ask conntrack
 * @reject: tell senders what no row takes
 * @local: judge INPUT and OUTPUT too
 * @least: by family, le_fast_least() if packets are judged by themselves; else a length that no
 *	packet has
 * @wide: there are rows beyond word 0
 * @drops_simply: what no row takes is dropped and counted, and that is all
 * @drops_unmatched: and nothing is blocked, so that it is for no other reason
 * @many: the table stores nodes by their runs
 * @rcu: frees it
 * @lanes: of the named device in each place: le_lane_place() of its interface and TCP, and
 *	LE_NAMED more; 0 if there is none: most devices of a gateway are told by it not to be ours
 * @ifindexes: that device; of several in one place the others are in @slots alone
 * @terms: of the bits of word 0
 * @slots: named devices, hashed by ifindex with linear probing
 */
struct le_live {
	const struct le_table *table;
	const struct le_table *early;
	struct le_site_counter *const *sites;
	u32 slot_mask;
	int log_group;
	bool enforce;
	bool conntrack;
	bool reject;
	bool local;
	bool wide;
	bool drops_simply;
	bool drops_unmatched;
	bool many;
	u32 least[2];
	struct rcu_head rcu;
	u16 lanes[LE_NR_DEVICE_PLACES];
	int ifindexes[LE_NR_DEVICE_PLACES];
	struct le_live_term terms[64];
	struct le_slot slots[];
};

extern struct le_live __rcu *le_live;

/* What le_live.lanes has for an interface. */
static inline u16 le_live_lane(u8 iface)
{
	return LE_NAMED + le_lane_place(iface, false);
}

/**
 * le_live_iface() - the interface that a device is part of
 * @live: what to judge by
 * @ifindex: the device
 *
 * Context: under RCU.
 *
 * Return: enum le_iface, or LE_UNNAMED.
 */
static inline u8 le_live_iface(const struct le_live *live, int ifindex)
{
	u32 i;

	for (i = ifindex & live->slot_mask; live->slots[i].ifindex; i = (i + 1) & live->slot_mask)
		if (live->slots[i].ifindex == ifindex)
			return live->slots[i].iface;
	return LE_UNNAMED;
}

extern const char *const le_mode_names[LE_NR_MODES];

int le_control_init(void);
void le_control_exit(void);
void le_control_lock(void);
void le_control_unlock(void);

/* All below: process context, under the control lock. */
int le_control_apply(const char *text, size_t len);
int le_control_set_mode(enum le_mode mode);
int le_control_set_feature(enum le_feature feature, bool on);
void le_control_keep(void);
void le_control_undo(void);
void le_control_reset(void);
void le_control_refuse(int err, const struct le_error *error);
void le_control_accept(void);
void le_control_tell(const char *action);
int le_control_error_text(char *buf, size_t size);
enum le_mode le_control_mode(void);
u64 le_control_generation(void);
bool le_control_feature(enum le_feature feature);
bool le_control_row_active(unsigned int row);
int le_control_text(const char **text, size_t *len);
struct le_site_counter *const *le_control_sites(u32 *nr);

#endif /* LYNCEDGE_CONTROL_H */
