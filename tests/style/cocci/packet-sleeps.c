// SPDX-License-Identifier: GPL-2.0-only
/* What packet-sleeps.cocci is to find, and what not; nobody compiles it. */
static unsigned int hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	char *text = kmalloc(64, GFP_KERNEL);	/* found */
	char *other = kmalloc(64, GFP_ATOMIC);

	le_control_lock();	/* found */
	return NF_ACCEPT;
}

static int judge(const struct le_table *table, const struct le_packet *packet)
{
	if (packet->kind == LE_KIND_OTHER)
		msleep(100);	/* found */
	return LE_NO_ROW;
}

static int apply(const char *text, size_t len)
{
	char *copy = kmalloc(len, GFP_KERNEL);

	le_control_lock();
	synchronize_net();
	return 0;
}
