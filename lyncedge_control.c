// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes what is in force: policy, mode, features, devices. Everything that is going to be
 * needed is made ready first, then one pointer is published, then what was needed before is
 * given up; whatever fails on the way leaves all as it was. How texts reach here is
 * lyncedge_sysfs.c's business, what the hooks do with the result lyncedge_main.c's.
 *
 * While a change is not confirmed (lyncedge_confirm.c), what it leads back to is held, with all
 * that it needs of the kernel: going back cannot fail.
 */
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "lyncedge_confirm.h"
#include "lyncedge_control.h"
#include "lyncedge_ingress.h"
#include "lyncedge_needs.h"
#include "lyncedge_trace.h"

/**
 * struct config - a policy, and what is made of it
 * @policy: itself
 * @table: for the hooks
 * @early: for early drops; NULL if the policy wants none
 * @sites: counters of the site rows, shared with the configuration before where names are the same
 * @nr_sites: how many
 * @text: canonical text, once somebody has asked for it
 * @text_len: its length
 * @rcu: frees it
 */
struct config {
	struct le_policy *policy;
	struct le_table *table;
	struct le_table *early;
	struct le_site_counter **sites;
	u32 nr_sites;
	char *text;
	size_t text_len;
	struct rcu_head rcu;
};

const char *const le_mode_names[LE_NR_MODES] = {
	[LE_MODE_OFF] = "off",
	[LE_MODE_MONITOR] = "monitor",
	[LE_MODE_ENFORCE] = "enforce",
};

/* No device is named, so no packet is judged. */
static struct le_live le_nothing;

/*
 * Written under RTNL; not le_nothing while packets are judged, that is with a policy and a mode
 * other than off.
 */
struct le_live __rcu *le_live = RCU_INITIALIZER(&le_nothing);

/* Serializes writers; taken before RTNL. */
static DEFINE_MUTEX(control_lock);

/* Written under the control lock and RTNL, read under either. */
static struct config *current_config;
static enum le_mode current_mode;

/* Under the control lock: what was in force before the first change that is not confirmed. */
static struct {
	bool is_held;
	struct config *config;
	enum le_mode mode;
} before;

/* Under the control lock. */
static unsigned long current_needs;
static u64 generation;
static struct le_error last_error;

/**
 * le_control_lock() - keep all other writers out, and what they could change as it is
 *
 * Context: process; may sleep; not under RTNL.
 */
void le_control_lock(void)
{
	mutex_lock(&control_lock);
}

/**
 * le_control_unlock() - let others write
 */
void le_control_unlock(void)
{
	mutex_unlock(&control_lock);
}

static void tell(const char *action, int err, const char *message)
{
	struct le_policy_event event = {
		.action = action,
		.generation = generation,
		.mode = current_mode,
		.seconds = le_confirm_seconds(),
		.error = err,
		.message = message,
	};

	le_event_policy(current_config ? current_config->policy : NULL, &event);
}

/**
 * le_control_tell() - tell who listens to lyncedge:policy of a change that was made
 * @action: what was done
 */
void le_control_tell(const char *action)
{
	lockdep_assert_held(&control_lock);
	if (trace_policy_enabled())
		tell(action, 0, "");
}

/* As in the file, but for the remedy, which is on a line of its own. */
static noinline void tell_refused(int err)
{
	char why[sizeof(struct le_error)];

	le_error_format(why, sizeof(why), &last_error);
	why[strcspn(why, "\n")] = 0;
	tell("refuse", err, why);
}

/**
 * le_control_refuse() - remember why a write was refused
 * @err: what it fails with
 * @error: why
 */
void le_control_refuse(int err, const struct le_error *error)
{
	lockdep_assert_held(&control_lock);
	last_error = *error;
	if (trace_policy_enabled())
		tell_refused(err);
}

/**
 * le_control_accept() - forget why a write was refused, since one after it was not
 */
void le_control_accept(void)
{
	lockdep_assert_held(&control_lock);
	last_error.message[0] = 0;
}

static int refuse(int err, const char *message, const char *hint)
{
	struct le_error error = { .line = 0 };

	strscpy(error.message, message, sizeof(error.message));
	strscpy(error.hint, hint, sizeof(error.hint));
	le_control_refuse(err, &error);
	return err;
}

static int out_of_memory(void)
{
	return refuse(-ENOMEM, "out of memory; nothing was changed", "the same again, later");
}

static void free_config(struct config *config)
{
	u32 i;

	if (!config)
		return;
	for (i = 0; i < config->nr_sites; i++)
		le_stats_site_put(config->sites[i]);
	kvfree(config->sites);
	le_table_free(config->table);
	le_table_free(config->early);
	le_policy_free(config->policy);
	kvfree(config->text);
	kvfree(config);
}

static void free_config_rcu(struct rcu_head *rcu)
{
	free_config(container_of(rcu, struct config, rcu));
}

/*
 * The counter of a site row: that of the row of the same name in the policy before, or a new
 * one.
 */
static struct le_site_counter *site_counter(const char *name)
{
	u32 i;

	for (i = 0; current_config && i < current_config->nr_sites; i++) {
		struct le_site_counter *site = current_config->sites[i];

		if (!strcmp(site->name, name)) {
			kref_get(&site->ref);
			return site;
		}
	}
	return le_stats_site_create(name);
}

static int add_sites(struct config *config, const struct le_policy *policy)
{
	config->sites = kvcalloc(policy->nr_site_rows + 1, sizeof(*config->sites), GFP_KERNEL);
	if (!config->sites)
		return -ENOMEM;
	while (config->nr_sites < policy->nr_site_rows) {
		struct le_site_counter *site;

		site = site_counter(policy->site_rows[config->nr_sites].name);
		if (!site)
			return -ENOMEM;
		config->sites[config->nr_sites++] = site;
	}
	return 0;
}

static bool wants_early_drops(const struct le_policy *policy)
{
	return policy->options[LE_OPT_EARLY_DROP] == LE_EARLY_DROP_ON;
}

/* Takes the policy, whatever becomes of it. */
static struct config *make_config(struct le_policy *policy)
{
	struct config *config = kvzalloc(sizeof(*config), GFP_KERNEL);

	if (!config) {
		le_policy_free(policy);
		return NULL;
	}
	config->policy = policy;
	config->table = le_table_compile(policy);
	if (wants_early_drops(policy))
		config->early = le_table_compile_early(policy);
	if (!config->table || (wants_early_drops(policy) && !config->early) ||
	    add_sites(config, policy)) {
		free_config(config);
		return NULL;
	}
	return config;
}

static unsigned long needs_of(const struct config *config, enum le_mode mode)
{
	const struct le_policy *policy;
	unsigned long needs = 0;

	if (mode == LE_MODE_OFF || !config)
		return 0;
	policy = config->policy;
	__set_bit(LE_NEED_FORWARD, &needs);
	if (mode == LE_MODE_ENFORCE)
		__set_bit(LE_NEED_MODULE, &needs);
	if (policy->options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_CONNTRACK)
		__set_bit(LE_NEED_CONNTRACK, &needs);
	else
		__set_bit(LE_NEED_DEFRAG, &needs);
	if (policy->options[LE_OPT_UNMATCHED] == LE_UNMATCHED_REJECT)
		__set_bit(LE_NEED_REJECT, &needs);
	if (policy->options[LE_OPT_HOOKS] == LE_HOOKS_ALL)
		__set_bit(LE_NEED_LOCAL, &needs);
	if (policy->log_group != LE_NO_LOG_GROUP)
		__set_bit(LE_NEED_LOG, &needs);
	return needs;
}

static u8 named_iface(const struct le_policy *policy, const char *name)
{
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++)
		for (i = 0; i < policy->nr_devices[iface]; i++)
			if (!strcmp(policy->devices[iface][i], name))
				return iface;
	return LE_UNNAMED;
}

static void add_slot(struct le_live *live, int ifindex, u8 iface)
{
	u8 place = ifindex;
	u32 i = ifindex & live->slot_mask;

	while (live->slots[i].ifindex)
		i = (i + 1) & live->slot_mask;
	live->slots[i].ifindex = ifindex;
	live->slots[i].iface = iface;
	if (live->lanes[place])
		return;
	live->lanes[place] = le_live_lane(iface);
	live->ifindexes[place] = ifindex;
}

static void set_terms(struct le_live *live)
{
	const struct le_table *table = live->table;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(live->terms); i++)
		live->terms[i].usual = table->usual[i];
	for (i = 0; i < table->nr_terms && i < LE_NR_FAST_TERMS; i++)
		live->terms[i].counter = le_counter(live->sites, table->row_of[i]);
}

/* What the hooks judge by, for the devices that exist now. */
static struct le_live *make_live(const struct config *config, enum le_mode mode, gfp_t gfp)
{
	const struct le_policy *policy = config->policy;
	struct net_device *dev;
	struct le_live *live;
	u32 nr = 0, slots;

	ASSERT_RTNL();
	for_each_netdev(&init_net, dev)
		nr += named_iface(policy, dev->name) != LE_UNNAMED;
	slots = roundup_pow_of_two(4 * nr + 1);
	live = kvzalloc(struct_size(live, slots, slots), gfp);
	if (!live)
		return NULL;
	live->table = config->table;
	live->early = mode == LE_MODE_ENFORCE ? config->early : NULL;
	live->sites = config->sites;
	live->enforce = mode == LE_MODE_ENFORCE;
	live->conntrack = policy->options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_CONNTRACK;
	live->reject = policy->options[LE_OPT_UNMATCHED] == LE_UNMATCHED_REJECT;
	live->local = policy->options[LE_OPT_HOOKS] == LE_HOOKS_ALL;
	live->log_group = policy->log_group;
	live->wide = live->table->wide.nr_words;
	live->drops_simply = live->enforce && !live->reject &&
			     live->log_group == LE_NO_LOG_GROUP;
	live->drops_unmatched = live->drops_simply && !live->table->blocks;
	live->many = live->table->addrs.nr_nodes4 > LE_MAX_PLAIN_NODES;
	live->least[LE_IPV4] = live->conntrack ? U32_MAX : le_fast_least(LE_IPV4);
	live->least[LE_IPV6] = live->conntrack ? U32_MAX : le_fast_least(LE_IPV6);
	live->slot_mask = slots - 1;
	set_terms(live);
	for_each_netdev(&init_net, dev) {
		u8 iface = named_iface(policy, dev->name);

		if (iface != LE_UNNAMED)
			add_slot(live, dev->ifindex, iface);
	}
	return live;
}

static void publish(struct le_live *live)
{
	struct le_live *old = rtnl_dereference(le_live);

	rcu_assign_pointer(le_live, live ?: &le_nothing);
	le_ingress_prune(live);
	if (old != &le_nothing)
		kvfree_rcu(old, rcu);
}

/* On failure nothing has changed, and @config is not in force. */
static int publish_config(struct config *config, enum le_mode mode)
{
	struct le_live *live = NULL;
	int err;

	if (config && mode != LE_MODE_OFF) {
		live = make_live(config, mode, GFP_KERNEL);
		if (!live)
			return -ENOMEM;
	}
	err = le_ingress_follow(live);
	if (err) {
		le_ingress_prune(rtnl_dereference(le_live));
		kvfree(live);
		return err;
	}
	publish(live);
	current_config = config;
	current_mode = mode;
	return 0;
}

/* No packet is judged any more by what needs more than this. */
static void keep_needs(unsigned long needs)
{
	if (current_needs & ~needs) {
		/* Until now a packet may be on its way that is judged by what was before. */
		synchronize_net();
		le_needs_release(current_needs & ~needs);
	}
	current_needs = needs;
}

/*
 * Makes a policy and a mode the ones in force; on failure the ones before stay. The policy
 * before is not freed.
 */
static int switch_to(struct config *config, enum le_mode mode)
{
	unsigned long needs = needs_of(config, mode);
	struct le_error error = { .line = 0 };
	const char *lacking;
	int err;

	if (before.is_held)
		needs |= needs_of(before.config, before.mode);
	err = le_needs_meet(needs & ~current_needs, &lacking);
	if (err == -ENOMEM)
		return out_of_memory();
	if (err) {
		scnprintf(error.message, sizeof(error.message),
			  "the kernel does not give what the policy needs: %s (error %d)", lacking,
			  err);
		scnprintf(error.hint, sizeof(error.hint), "modprobe, and see the kernel's log");
		le_control_refuse(err, &error);
		return err;
	}
	rtnl_lock();
	err = publish_config(config, mode);
	rtnl_unlock();
	if (err) {
		le_needs_release(needs & ~current_needs);
		if (err == -ENOMEM)
			return out_of_memory();
		return refuse(err, "a device takes no more hooks at its ingress",
			      "leave out 'option early-drop on', or other hooks there");
	}
	keep_needs(needs);
	return 0;
}

/* As switch_to(); if the change has to be confirmed, what it leads back to is held. */
static int change(struct config *config, enum le_mode mode)
{
	bool hold = le_confirm_awaits_change();
	int err;

	if (hold) {
		before.is_held = true;
		before.config = current_config;
		before.mode = current_mode;
	}
	err = switch_to(config, mode);
	if (!err)
		le_confirm_changed();
	else if (hold)
		before.is_held = false;
	return err;
}

/* A policy that is not in force any more, unless it may be again. */
static void give_up(struct config *config)
{
	if (config && config != current_config && !(before.is_held && config == before.config))
		call_rcu(&config->rcu, free_config_rcu);
}

/* Takes the policy, whatever becomes of it. */
static int apply_policy(struct le_policy *policy, const char *action)
{
	struct config *old = current_config, *config;
	int err;

	if (wants_early_drops(policy) && !le_ingress_supported()) {
		le_policy_free(policy);
		return refuse(-EOPNOTSUPP,
			      "this kernel has no hook at ingress, which 'early-drop on' needs",
			      "leave it out, or use a kernel with CONFIG_NETFILTER_INGRESS");
	}
	config = make_config(policy);
	if (!config)
		return out_of_memory();
	err = change(config, current_mode);
	if (err) {
		free_config(config);
		return err;
	}
	give_up(old);
	generation++;
	le_control_accept();
	le_control_tell(action);
	return 0;
}

/**
 * le_control_apply() - put a policy in force
 * @text: its text, whole
 * @len: length of @text
 *
 * Return: 0; -EINVAL if the text is refused, -ENOMEM, or another error, with the reason
 * remembered and all as it was.
 */
int le_control_apply(const char *text, size_t len)
{
	struct le_policy *policy;
	struct le_error error;
	int err;

	lockdep_assert_held(&control_lock);
	err = le_policy_parse(text, len, &policy, &error);
	if (err) {
		le_control_refuse(err, &error);
		return err;
	}
	return apply_policy(policy, "commit");
}

/**
 * le_control_set_mode() - change the mode
 * @mode: the new one
 *
 * Return: 0; -EINVAL if there is no policy to enforce; or another error, with the reason
 * remembered and all as it was.
 */
int le_control_set_mode(enum le_mode mode)
{
	int err;

	lockdep_assert_held(&control_lock);
	if (mode == LE_MODE_ENFORCE && !current_config)
		return refuse(-EINVAL, "there is no policy to enforce",
			      "write a policy to /sys/kernel/lyncedge/policy first");
	err = change(current_config, mode);
	if (err)
		return err;
	le_control_accept();
	le_control_tell("mode");
	return 0;
}

/**
 * le_control_text() - the policy in force
 * @text: where to put its canonical text, valid under the lock; NULL if there is no policy
 * @len: where to put its length, 0 if there is none
 *
 * It is written when it is asked for first: who applies policies need not wait for what perhaps
 * nobody reads.
 *
 * Return: 0, or -ENOMEM.
 */
int le_control_text(const char **text, size_t *len)
{
	struct config *config = current_config;

	lockdep_assert_held(&control_lock);
	*text = NULL;
	*len = 0;
	if (!config)
		return 0;
	if (!config->text)
		config->text = le_policy_render(config->policy, &config->text_len);
	if (!config->text)
		return -ENOMEM;
	*text = config->text;
	*len = config->text_len;
	return 0;
}

/**
 * le_control_set_feature() - turn a feature on or off
 * @feature: which
 * @on: whether it is to be on
 *
 * A policy change like any other: the policy in force is read anew with that difference.
 *
 * Return: 0; -EINVAL if there is no policy or the changed one is refused; or another error,
 * with the reason remembered and all as it was.
 */
int le_control_set_feature(enum le_feature feature, bool on)
{
	struct le_policy *policy;
	struct le_error error;
	const char *text;
	size_t len;
	int err;

	lockdep_assert_held(&control_lock);
	if (!current_config)
		return refuse(-EINVAL, "there is no policy that could have features",
			      "write a policy to /sys/kernel/lyncedge/policy first");
	err = le_control_text(&text, &len);
	if (err)
		return out_of_memory();
	err = le_policy_parse(text, len, &policy, &error);
	if (err) {
		le_control_refuse(err, &error);
		return err;
	}
	if (on)
		policy->features |= BIT(feature);
	else
		policy->features &= ~BIT(feature);
	err = le_policy_check_pic(policy, &error);
	if (!err)
		return apply_policy(policy, "feature");
	le_control_refuse(err, &error);
	le_policy_free(policy);
	return err;
}

/*
 * Of what cannot be refused: what is judged must follow, so the few kilobytes that takes are
 * waited for. Early drops save work, and may be missing.
 */
static void republish(void)
{
	struct le_live *live = NULL;
	int err;

	if (current_config && current_mode != LE_MODE_OFF)
		live = make_live(current_config, current_mode, GFP_KERNEL | __GFP_NOFAIL);
	err = le_ingress_follow(live);
	if (err)
		pr_warn("lyncedge: no early drops at a device (error %d)\n", err);
	publish(live);
}

/**
 * le_control_keep() - let what is in force stay: what was before it is given up
 */
void le_control_keep(void)
{
	lockdep_assert_held(&control_lock);
	before.is_held = false;
	keep_needs(needs_of(current_config, current_mode));
	give_up(before.config);
}

/**
 * le_control_undo() - put in force again what was before the first change that is not confirmed
 *
 * It needs nothing that is not at hand, so it cannot fail.
 */
void le_control_undo(void)
{
	struct config *undone = current_config;

	lockdep_assert_held(&control_lock);
	before.is_held = false;
	rtnl_lock();
	current_config = before.config;
	current_mode = before.mode;
	republish();
	rtnl_unlock();
	keep_needs(needs_of(current_config, current_mode));
	if (undone != current_config)
		generation++;
	give_up(undone);
}

/**
 * le_control_reset() - start all counters from 0
 */
void le_control_reset(void)
{
	u32 i;

	lockdep_assert_held(&control_lock);
	le_stats_reset();
	for (i = 0; current_config && i < current_config->nr_sites; i++)
		le_stats_reset_site(current_config->sites[i]);
	le_control_accept();
	le_control_tell("reset");
}

/**
 * le_control_error_text() - why the last write was refused
 * @buf: where to
 * @size: room there
 *
 * Return: number of bytes written, 0 if it was not refused.
 */
int le_control_error_text(char *buf, size_t size)
{
	lockdep_assert_held(&control_lock);
	return le_error_format(buf, size, &last_error);
}

/**
 * le_control_mode() - the mode
 *
 * Return: the mode.
 */
enum le_mode le_control_mode(void)
{
	lockdep_assert_held(&control_lock);
	return current_mode;
}

/**
 * le_control_generation() - how many policies have been applied
 *
 * Return: their number.
 */
u64 le_control_generation(void)
{
	lockdep_assert_held(&control_lock);
	return generation;
}

/**
 * le_control_feature() - whether a feature is on
 * @feature: which
 *
 * Return: true if the policy in force has it on.
 */
bool le_control_feature(enum le_feature feature)
{
	lockdep_assert_held(&control_lock);
	return current_config && current_config->policy->features & BIT(feature);
}

/**
 * le_control_row_active() - whether a row of the matrix is active
 * @row: its number
 *
 * Return: true if it is in the policy in force, whatever the mode.
 */
bool le_control_row_active(unsigned int row)
{
	lockdep_assert_held(&control_lock);
	return current_config && le_policy_row_active(current_config->policy, row);
}

/**
 * le_control_sites() - counters of the site rows in force
 * @nr: where to put their number
 *
 * Return: the counters, valid under the lock.
 */
struct le_site_counter *const *le_control_sites(u32 *nr)
{
	lockdep_assert_held(&control_lock);
	*nr = current_config ? current_config->nr_sites : 0;
	return current_config ? current_config->sites : NULL;
}

/* A device came, went or was renamed. */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	const struct le_live *live = rtnl_dereference(le_live);
	u8 iface = LE_UNNAMED;

	if (event != NETDEV_REGISTER && event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_DONE;
	if (live == &le_nothing || !net_eq(dev_net(dev), &init_net))
		return NOTIFY_DONE;
	if (event != NETDEV_UNREGISTER)
		iface = named_iface(current_config->policy, dev->name);
	if (le_live_iface(live, dev->ifindex) != iface)
		republish();
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

/**
 * le_control_init() - follow devices from now on
 *
 * Return: 0 or an error.
 */
int le_control_init(void)
{
	return register_netdevice_notifier(&device_notifier);
}

/**
 * le_control_exit() - judge nothing any more and free everything
 *
 * When it returns no packet, no event and no callback is in the module's code. No writer may be
 * left.
 */
void le_control_exit(void)
{
	struct config *config;

	/* Until then it may be changed. */
	le_confirm_exit();
	le_control_lock();
	if (before.is_held)
		le_control_keep();
	config = current_config;
	/* Turning off needs no memory and nothing of the kernel, so it cannot fail. */
	switch_to(NULL, LE_MODE_OFF);
	le_control_unlock();
	unregister_netdevice_notifier(&device_notifier);
	free_config(config);
	rcu_barrier();
}
