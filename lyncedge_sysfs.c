// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files below /sys/kernel/lyncedge (DESIGN sec. 5): text in, text out. What a write means
 * is decided in lyncedge_control.c; how a policy is put together from pieces in
 * lyncedge_candidate.c.
 */
#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "lyncedge_candidate.h"
#include "lyncedge_confirm.h"
#include "lyncedge_control.h"
#include "lyncedge_sysfs.h"

/* An attribute of a numbered thing: a row, a reason, a feature. */
struct numbered_attribute {
	struct kobj_attribute attr;
	unsigned int number;
};

static struct kobject *top_kobj, *rows_kobj, *drops_kobj;

/* Under the control lock. */
static struct le_candidate candidate;

/*
 * Text of "counters", made when its first byte is read; later pieces for the same reader come
 * from it.
 */
static struct {
	const struct file *reader;
	char *text;
	size_t len;
} snapshot;

static unsigned int number_of(const struct kobj_attribute *attr)
{
	return container_of(attr, struct numbered_attribute, attr)->number;
}

/* File modes keep others out; who writes needs the capability as well, root or not. */
static int may_write(void)
{
	return capable(CAP_NET_ADMIN) ? 0 : -EPERM;
}

static int refuse(const char *message, const char *hint)
{
	struct le_error error = { .line = 0 };

	strscpy(error.message, message, sizeof(error.message));
	strscpy(error.hint, hint, sizeof(error.hint));
	le_control_refuse(-EINVAL, &error);
	return -EINVAL;
}

static ssize_t mode_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	enum le_mode mode;

	le_control_lock();
	mode = le_control_mode();
	le_control_unlock();
	return sysfs_emit(buf, "%s\n", le_mode_names[mode]);
}

static ssize_t mode_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t len)
{
	int mode = sysfs_match_string(le_mode_names, buf);
	int err = may_write();

	if (err)
		return err;
	le_control_lock();
	if (mode < 0)
		err = refuse("unknown mode", "one of: off monitor enforce");
	else
		err = le_control_set_mode(mode);
	le_control_unlock();
	return err ? err : len;
}

static ssize_t error_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	int n;

	le_control_lock();
	n = le_control_error_text(buf, PAGE_SIZE);
	le_control_unlock();
	return n;
}

static ssize_t generation_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u64 generation;

	le_control_lock();
	generation = le_control_generation();
	le_control_unlock();
	return sysfs_emit(buf, "%llu\n", generation);
}

static ssize_t reset_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t len)
{
	int err = may_write();

	if (err)
		return err;
	le_control_lock();
	if (sysfs_streq(buf, "1"))
		le_control_reset();
	else
		err = refuse("no reset", "write 1 to zero the counters");
	le_control_unlock();
	return err ? err : len;
}

static ssize_t confirm_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned int left;

	le_control_lock();
	left = le_confirm_left();
	le_control_unlock();
	return sysfs_emit(buf, "%u\n", left);
}

static ssize_t confirm_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	int err = may_write();
	unsigned int seconds;

	if (err)
		return err;
	le_control_lock();
	if (kstrtouint(buf, 10, &seconds) || seconds > LE_MAX_CONFIRM_SECONDS) {
		err = refuse("not a time in which a change can be confirmed",
			     "1 to 86400 seconds; 0 confirms it");
	} else {
		le_confirm_set(seconds);
		le_control_accept();
	}
	le_control_unlock();
	return err ? err : len;
}

static ssize_t feature_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	bool on;

	le_control_lock();
	on = le_control_feature(number_of(attr));
	le_control_unlock();
	return sysfs_emit(buf, "%d\n", on);
}

static ssize_t feature_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	int err = may_write();

	if (err)
		return err;
	le_control_lock();
	if (sysfs_streq(buf, "0") || sysfs_streq(buf, "1"))
		err = le_control_set_feature(number_of(attr), buf[0] == '1');
	else
		err = refuse("a feature is neither on nor off like that", "0 or 1");
	le_control_unlock();
	return err ? err : len;
}

static ssize_t active_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	bool active;

	le_control_lock();
	active = le_control_row_active(number_of(attr));
	le_control_unlock();
	return sysfs_emit(buf, "%d\n", active);
}

static struct le_count sum_of(const struct kobj_attribute *attr)
{
	struct le_count sum;

	le_control_lock();
	sum = le_stats_sum(number_of(attr));
	le_control_unlock();
	return sum;
}

static ssize_t packets_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", sum_of(attr).packets);
}

static ssize_t bytes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", sum_of(attr).bytes);
}

static ssize_t policy_read(struct file *file, struct kobject *kobj, LE_BIN_ATTR *attr, char *buf,
			   loff_t offset, size_t count)
{
	const char *text;
	ssize_t n;
	size_t len;

	le_control_lock();
	n = le_control_text(&text, &len);
	if (!n)
		n = memory_read_from_buffer(buf, count, &offset, text, len);
	le_control_unlock();
	return n;
}

static int add_piece(struct file *file, loff_t offset, const char *piece, size_t len)
{
	struct le_error error;
	int ret;

	ret = le_candidate_add(&candidate, file, offset, piece, len, &error);
	if (ret < 0 && error.message[0])
		le_control_refuse(ret, &error);
	if (!ret)
		le_control_accept();
	if (ret <= 0)
		return ret;
	ret = le_control_apply(candidate.text, candidate.len);
	le_candidate_end(&candidate, ret ? LE_CANDIDATE_REFUSED : LE_CANDIDATE_TAKEN);
	return ret;
}

static ssize_t policy_write(struct file *file, struct kobject *kobj, LE_BIN_ATTR *attr, char *buf,
			    loff_t offset, size_t count)
{
	int err = may_write();

	if (err)
		return err;
	le_control_lock();
	err = add_piece(file, offset, buf, count);
	le_control_unlock();
	return err ? err : count;
}

static size_t put_counter(char *buf, size_t room, const char *name, struct le_count sum)
{
	return scnprintf(buf, room, "%s %llu %llu\n", name, sum.packets, sum.bytes);
}

/* The longest line of "counters": a name, two numbers of 20 digits, two spaces, the line's end. */
#define COUNTER_LINE (LE_MAX_ROW_NAME + 2 * 20 + 3)

static int take_snapshot(const struct file *reader)
{
	struct le_site_counter *const *sites;
	size_t room, n = 0;
	char *text;
	u32 nr, i;

	sites = le_control_sites(&nr);
	room = (size_t)(LE_NR_COUNTERS + nr) * COUNTER_LINE + 1;
	text = kvmalloc(room, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	for (i = 0; i < LE_NR_ROWS; i++)
		n += put_counter(text + n, room - n, le_counter_name(i), le_stats_sum(i));
	for (i = 0; i < nr; i++)
		n += put_counter(text + n, room - n, sites[i]->name, le_stats_sum_site(sites[i]));
	for (i = LE_NR_ROWS; i < LE_NR_COUNTERS; i++)
		n += put_counter(text + n, room - n, le_counter_name(i), le_stats_sum(i));
	kvfree(snapshot.text);
	snapshot.text = text;
	snapshot.len = n;
	snapshot.reader = reader;
	return 0;
}

static ssize_t counters_read(struct file *file, struct kobject *kobj, LE_BIN_ATTR *attr, char *buf,
			     loff_t offset, size_t count)
{
	ssize_t n = 0;

	le_control_lock();
	if (!offset)
		n = take_snapshot(file);
	else if (snapshot.reader != file)
		/*
		 * Another reader came between; half of one list and half of another would be
		 * none.
		 */
		n = -ESTALE;
	if (!n)
		n = memory_read_from_buffer(buf, count, &offset, snapshot.text, snapshot.len);
	le_control_unlock();
	return n;
}

static struct kobj_attribute mode_attr = __ATTR(mode, 0600, mode_show, mode_store);
static struct kobj_attribute error_attr = __ATTR(error, 0400, error_show, NULL);
static struct kobj_attribute generation_attr = __ATTR(generation, 0400, generation_show, NULL);
static struct kobj_attribute confirm_attr = __ATTR(confirm, 0600, confirm_show, confirm_store);
static struct kobj_attribute reset_attr = __ATTR(reset, 0200, NULL, reset_store);

static struct attribute *top_attrs[] = {
	&mode_attr.attr,
	&error_attr.attr,
	&generation_attr.attr,
	&confirm_attr.attr,
	&reset_attr.attr,
	NULL,
};

static struct bin_attribute policy_attr = __BIN_ATTR(policy, 0600, policy_read, policy_write, 0);
static struct bin_attribute counters_attr = __BIN_ATTR(counters, 0400, counters_read, NULL, 0);

static const struct attribute_group top_group = {
	.attrs = top_attrs,
};

static struct numbered_attribute feature_attrs[LE_NR_FEATURES];
static struct numbered_attribute counter_attrs[LE_NR_COUNTERS][3];

static struct attribute *numbered(struct numbered_attribute *attr, unsigned int number,
				  const struct kobj_attribute *like)
{
	attr->attr = *like;
	attr->number = number;
	sysfs_attr_init(&attr->attr.attr);
	return &attr->attr.attr;
}

static int create_features(void)
{
	struct attribute *attrs[LE_NR_FEATURES + 1] = { NULL };
	const struct attribute_group group = { .name = "features", .attrs = attrs };
	unsigned int i;

	for (i = 0; i < LE_NR_FEATURES; i++) {
		const struct kobj_attribute like = {
			.attr = { .name = le_feature_names[i], .mode = 0600 },
			.show = feature_show,
			.store = feature_store,
		};

		attrs[i] = numbered(&feature_attrs[i], i, &like);
	}
	return sysfs_create_group(top_kobj, &group);
}

/* A directory of a counter: packets, bytes, and for a row whether it is active. */
static int create_counter(struct kobject *parent, unsigned int i, bool is_row)
{
	static const struct kobj_attribute packets = __ATTR(packets, 0400, packets_show, NULL);
	static const struct kobj_attribute bytes = __ATTR(bytes, 0400, bytes_show, NULL);
	static const struct kobj_attribute active = __ATTR(active, 0400, active_show, NULL);
	struct attribute *attrs[4] = { NULL };
	const struct attribute_group group = { .name = le_counter_name(i), .attrs = attrs };

	attrs[0] = numbered(&counter_attrs[i][0], i, &packets);
	attrs[1] = numbered(&counter_attrs[i][1], i, &bytes);
	if (is_row)
		attrs[2] = numbered(&counter_attrs[i][2], i, &active);
	return sysfs_create_group(parent, &group);
}

static int create_tree(void)
{
	unsigned int i;
	int err;

	rows_kobj = kobject_create_and_add("rows", top_kobj);
	drops_kobj = kobject_create_and_add("drops", top_kobj);
	if (!rows_kobj || !drops_kobj)
		return -ENOMEM;
	err = create_features();
	for (i = 0; !err && i < LE_NR_ROWS; i++)
		err = create_counter(rows_kobj, i, true);
	for (i = 0; !err && i < LE_NR_DROPS; i++)
		err = create_counter(drops_kobj, LE_NR_ROWS + i, false);
	if (!err)
		err = sysfs_create_bin_file(top_kobj, &policy_attr);
	if (!err)
		err = sysfs_create_bin_file(top_kobj, &counters_attr);
	/* Last, so that who sees these files sees all of them. */
	return err ? err : sysfs_create_group(top_kobj, &top_group);
}

/**
 * le_sysfs_init() - make the files
 *
 * Return: 0 or an error, with no file left.
 */
int le_sysfs_init(void)
{
	int err;

	top_kobj = kobject_create_and_add("lyncedge", kernel_kobj);
	if (!top_kobj)
		return -ENOMEM;
	err = create_tree();
	if (err)
		le_sysfs_exit();
	return err;
}

/**
 * le_sysfs_exit() - remove the files
 *
 * When it returns nobody is in any of their operations.
 */
void le_sysfs_exit(void)
{
	kobject_put(rows_kobj);
	kobject_put(drops_kobj);
	kobject_put(top_kobj);
	le_candidate_end(&candidate, LE_CANDIDATE_NONE);
	kvfree(snapshot.text);
}
