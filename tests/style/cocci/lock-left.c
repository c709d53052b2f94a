// SPDX-License-Identifier: GPL-2.0-only
/* What lock-left.cocci is to find, and what not; nobody compiles it. */
static ssize_t policy_write(struct file *file, const char *buf, size_t count)
{
	int err;

	le_control_lock();	/* found */
	err = add_piece(file, buf, count);
	if (err)
		return err;
	le_control_unlock();
	return count;
}

static int switch_to(struct config *config)
{
	int err;

	rtnl_lock();
	err = publish_config(config);
	rtnl_unlock();
	if (err)
		return err;
	rtnl_lock();	/* found */
	republish();
	return 0;
}

static int add(struct list *list)
{
	mutex_lock(&list->lock);	/* found */
	if (list->nr == LE_MAX_SITE_ROWS)
		return -EINVAL;
	list->nr++;
	mutex_unlock(&list->lock);
	return 0;
}

static int reject(struct sk_buff *skb)
{
	local_bh_disable();	/* found */
	if (!skb->len)
		return 0;
	local_bh_enable();
	return 1;
}

static int sum(void)
{
	int n;

	rcu_read_lock();
	n = count();
	rcu_read_unlock();
	return n;
}
