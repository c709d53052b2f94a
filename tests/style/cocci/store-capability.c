// SPDX-License-Identifier: GPL-2.0-only
/* What store-capability.cocci is to find, and what not; nobody compiles it. */
static ssize_t mode_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t len)
{
	int mode = sysfs_match_string(le_mode_names, buf);
	int err = may_write();

	if (err)
		return err;
	return set_mode(mode) ?: len;
}

static ssize_t
reset_store(struct kobject *kobj, struct kobj_attribute *attr, const char *b, size_t n) /* found */
{
	le_control_reset();
	return n;
}

static ssize_t policy_write(struct file *file, LE_BIN_ATTR *attr, char *buf, size_t n) /* found */
{
	may_write();
	return add_piece(file, buf, n) ?: n;
}

static ssize_t
pic_store(struct kobject *kobj, struct kobj_attribute *attr, const char *b, size_t n) /* found */
{
	int err = set_pic(b);

	if (err)
		return err;
	err = may_write();
	return err ? err : n;
}

static ssize_t policy_read(struct file *file, LE_BIN_ATTR *attr, char *buf, size_t count)
{
	return read_text(buf, count);
}

static int create(void)
{
	const struct kobj_attribute like = {
		.show = pic_show,
		.store = pic_store,
	};

	return create_like(&like);
}

static struct bin_attribute policy_attr = __BIN_ATTR(policy, 0600, policy_read, policy_write, 0);
static struct kobj_attribute mode_attr = __ATTR(mode, 0600, mode_show, mode_store);
static struct kobj_attribute reset_attr = __ATTR(reset, 0200, NULL, reset_store);
