// SPDX-License-Identifier: GPL-2.0-only
/* What free-mismatch.cocci is to find, and what not; nobody compiles it. */
static int make(struct config *config, u32 nr)
{
	u32 *places = kvmalloc_array(nr, sizeof(*places), GFP_KERNEL);

	config->sites = kvcalloc(nr, sizeof(*config->sites), GFP_KERNEL);
	config->parts = alloc_percpu(struct le_count);
	config->name = kzalloc(32, GFP_KERNEL);
	kfree(places);	/* found */
	return 0;
}

static void free_config(struct config *config)
{
	kfree(config->sites);	/* found */
	kfree(config->name);
	kvfree(config->parts);	/* found */
}

static void free_well(struct config *config)
{
	kvfree(config->sites);
	free_percpu(config->parts);
}
