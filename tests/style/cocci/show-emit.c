// SPDX-License-Identifier: GPL-2.0-only
/* What show-emit.cocci is to find, and what not; nobody compiles it. */
static ssize_t mode_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sprintf(buf, "%s\n", le_mode_names[le_control_mode()]);	/* found */
}

static ssize_t rows_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	int n = 0, i;

	for (i = 0; i < LE_NR_ROWS; i++)
		n += scnprintf(buf + n, PAGE_SIZE - n, "%s\n", le_counter_name(i));	/* found */
	return n;
}

static ssize_t generation_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", le_control_generation());
}
