// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that shows a policy, as text or as data.
 */
#include "load.h"
#include "lookup.h"
#include "verbs.h"

static struct json_object *json_of_addrs(const struct le_addrs *addrs)
{
	struct json_object *array = json_list();
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < addrs->nr; i++)
		json_append(array, json_text(text_of_addr(text, &addrs->list[i])));
	return array;
}

static struct json_object *json_of_prefixes(const struct le_policy *policy, unsigned int tag)
{
	struct json_object *array = json_list();
	char text[LE_PREFIX_TEXT];
	u32 i;

	for (i = 0; i < policy->nr_prefixes; i++) {
		if (policy->prefixes[i].tag != tag)
			continue;
		le_prefix_format(text, sizeof(text), &policy->prefixes[i]);
		json_append(array, json_text(text));
	}
	return array;
}

static struct json_object *json_of_interfaces(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	unsigned int iface;
	u32 i;

	for (iface = 0; iface < LE_NR_IFACES; iface++) {
		struct json_object *array = json_list();

		for (i = 0; i < policy->nr_devices[iface]; i++)
			json_append(array, json_text(policy->devices[iface][i]));
		json_add(object, le_iface_names[iface], array);
	}
	return object;
}

static struct json_object *json_of_edges(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	unsigned int edge;

	for (edge = 0; edge < LE_NR_EDGES; edge++) {
		struct json_object *entry = json_map();

		json_add(entry, "addresses", json_of_addrs(&policy->edges[edge]));
		json_add(entry, "public", json_of_addrs(&policy->publics[edge]));
		json_add(object, le_edge_names[edge], entry);
	}
	return object;
}

static struct json_object *json_of_peers(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	unsigned int group;

	for (group = 0; group < LE_NR_GROUPS; group++)
		if (policy->groups & BIT(group))
			json_add(object, le_group_names[group],
				 json_of_prefixes(policy, LE_TAG_GROUP + group));
	return object;
}

static struct json_object *json_of_features(const struct le_policy *policy)
{
	struct json_object *array = json_list();
	unsigned int feature;

	for (feature = 0; feature < LE_NR_FEATURES; feature++)
		if (policy->features & BIT(feature))
			json_append(array, json_text(le_feature_names[feature]));
	return array;
}

static void add_ports(struct json_object *object, struct le_ports ports)
{
	json_add(object, "port_first", json_number(ports.first));
	json_add(object, "port_last", json_number(ports.last));
}

static struct json_object *json_of_moves(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	struct json_object *ports;
	unsigned int row;

	if (policy->media_moved) {
		ports = json_map();
		add_ports(ports, policy->media);
		json_add(object, "rtp", ports);
	}
	for (row = 0; row < LE_NR_ROWS; row++) {
		if (!(policy->moved & BIT_ULL(row)))
			continue;
		ports = json_map();
		add_ports(ports, policy->row_ports[row]);
		json_add(object, le_matrix[row].id, ports);
	}
	return object;
}

static struct json_object *json_of_end(const struct le_end *end)
{
	char text[LE_PREFIX_TEXT];

	switch (end->kind) {
	case LE_END_TAG:
		return json_text(le_tag_name(end->tag));
	case LE_END_PREFIX:
		le_prefix_format(text, sizeof(text), &end->prefix);
		return json_text(text);
	default:
		return json_text("any");
	}
}

static struct json_object *json_of_site_rows(const struct le_policy *policy)
{
	struct json_object *array = json_list();
	u32 i;

	for (i = 0; i < policy->nr_site_rows; i++) {
		const struct le_site_row *row = &policy->site_rows[i];
		struct json_object *object = json_map();

		json_add(object, "name", json_text(row->name));
		json_add(object, "interface", json_text(le_iface_names[row->iface]));
		json_add(object, "direction", json_text(le_dir_names[row->dir]));
		json_add(object, "protocol",
			 json_text(row->protocol == IPPROTO_UDP ? "udp" : "tcp"));
		add_ports(object, row->ports);
		json_add(object, "from", json_of_end(&row->from));
		json_add(object, "to", json_of_end(&row->to));
		json_append(array, object);
	}
	return array;
}

static struct json_object *json_of_options(const struct le_policy *policy)
{
	struct json_object *object = json_map();
	unsigned int i;

	for (i = 0; i < LE_NR_OPTIONS; i++)
		json_add(object, le_option_names[i],
			 json_text(le_option_values[i][policy->options[i]]));
	json_add(object, "log-group", policy->log_group == LE_NO_LOG_GROUP ? NULL :
		 json_number(policy->log_group));
	return object;
}

static void print_json(const struct le_policy *policy)
{
	struct json_object *object = json_map();

	json_add(object, "interfaces", json_of_interfaces(policy));
	json_add(object, "edges", json_of_edges(policy));
	json_add(object, "peers", json_of_peers(policy));
	json_add(object, "block", json_of_prefixes(policy, LE_TAG_BLOCK));
	json_add(object, "features", json_of_features(policy));
	json_add(object, "ports", json_of_moves(policy));
	json_add(object, "site_rows", json_of_site_rows(policy));
	json_add(object, "options", json_of_options(policy));
	json_print(object);
}

static void print_canonical(const struct le_policy *policy)
{
	size_t len;
	char *text = le_policy_render(policy, &len);

	if (!text)
		die_out_of_memory();
	fwrite(text, 1, len, stdout);
	free(text);
}

/* What the module says, be it of another version and not understood here. */
static enum status print_in_force(void)
{
	struct source source;

	if (!source_read(&source, NULL))
		return STATUS_ERROR;
	fwrite(source.text, 1, source.len, stdout);
	free(source.text);
	return STATUS_YES;
}

/**
 * verb_show() - show a policy
 * @call: with --policy that one in its canonical form, else the one in force
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_show(const struct call *call)
{
	struct le_policy *policy;

	if (!call->policy && !wants_json(call))
		return print_in_force();
	policy = load_policy(call->policy);
	if (!policy)
		return STATUS_ERROR;
	if (wants_json(call))
		print_json(policy);
	else
		print_canonical(policy);
	le_policy_free(policy);
	return STATUS_YES;
}
