// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words for people: the tables of the matrix, who is at either end of a row, reasons.
 */
#include "words.h"

const struct matrix_table matrix_tables[NR_TABLES] = {
	{ "ext-", "External firewall" },
	{ "int-", "Internal firewall" },
	{ "fed-", "Federation" },
	{ "pic-", "Public instant messaging connectivity" },
	{ "xmpp-", "XMPP federation" },
};

/* As the source document has them. */
static const char *const words_of_tags[LE_TAG_BLOCK] = {
	[LE_TAG_EDGE + LE_EDGE_ACCESS] = "Access Edge",
	[LE_TAG_EDGE + LE_EDGE_WEBCONF] = "Web Conferencing Edge",
	[LE_TAG_EDGE + LE_EDGE_AV] = "A/V Edge",
	[LE_TAG_EDGE + LE_EDGE_INTERNAL] = "internal Edge",
	[LE_TAG_GROUP + LE_GROUP_CLIENT] = "users outside",
	[LE_TAG_GROUP + LE_GROUP_FEDERATION_PARTNER] = "federated partners",
	[LE_TAG_GROUP + LE_GROUP_MEDIA_PARTNER] = "partners' A/V Edges",
	[LE_TAG_GROUP + LE_GROUP_PIC_PARTNER] = "public IM services",
	[LE_TAG_GROUP + LE_GROUP_MESSENGER_CLIENT] = "Windows Live Messenger users",
	[LE_TAG_GROUP + LE_GROUP_XMPP_PARTNER] = "XMPP partners",
	[LE_TAG_GROUP + LE_GROUP_CRL_SERVER] = "servers of revocation lists",
	[LE_TAG_GROUP + LE_GROUP_DNS_SERVER] = "DNS servers",
	[LE_TAG_GROUP + LE_GROUP_FRONT_END] = "Front Ends and Directors",
	[LE_TAG_GROUP + LE_GROUP_BRANCH] = "survivable branch servers",
	[LE_TAG_GROUP + LE_GROUP_XMPP_GATEWAY] = "XMPP gateways",
	[LE_TAG_GROUP + LE_GROUP_CMS] = "Central Management store",
	[LE_TAG_GROUP + LE_GROUP_LOGGING_CONTROLLER] = "logging controllers",
};

const struct reason_words reason_words[LE_NR_REASONS] = {
	[-LE_NO_ROW - 1] = {
		"no active row takes it",
		"Wrong port, role, direction or side, or a feature that is off: 'lyncedgectl explain' and 'lyncedgectl log' name the row that came nearest.",
	},
	[-LE_MALFORMED - 1] = {
		"headers cut short, or in conflict",
		"Scans and broken senders. Many of one sender are worth a capture: 'tcpdump -ni nflog:GROUP'.",
	},
	[-LE_FRAGMENT - 1] = {
		"a fragment that was left over",
		"The kernel puts fragments together first: what is left over was incomplete or hostile.",
	},
	[-LE_BLOCKED - 1] = {
		"the far address is in the block list",
		"As the policy's 'block' has it, whatever rows say and connections are up.",
	},
	[-LE_PROTOCOL - 1] = {
		"neither TCP nor UDP",
		"Also ICMP, but for errors about connections that pass; 'option icmp-echo allow' lets pings in.",
	},
	[-LE_INVALID - 1] = {
		"conntrack makes no sense of it",
		"Late packets of connections that have ended, or a way back that does not lead through this gateway.",
	},
	[-LE_ICMP_RELATED - 1] = {
		"ICMP errors about connections",
		"Errors about connections that pass, such as 'fragmentation needed'.",
	},
	[-LE_ICMP_ECHO - 1] = {
		"pings and answers",
		"As 'option icmp-echo allow' has it.",
	},
};

/**
 * tag_words() - who an edge or a peer group is
 * @tag: a tag below LE_TAG_BLOCK
 *
 * Return: words that may stand within a sentence.
 */
const char *tag_words(unsigned int tag)
{
	return words_of_tags[tag];
}

/**
 * words_of_reason() - what a reason means
 * @name: the reason's name
 *
 * Return: the words, or NULL if this is no reason.
 */
const struct reason_words *words_of_reason(const char *name)
{
	unsigned int i;

	for (i = 0; i < LE_NR_REASONS; i++)
		if (!strcmp(name, le_reason_names[i]))
			return &reason_words[i];
	return NULL;
}

/**
 * row_is_of_table() - whether a row of the matrix is in a table
 * @row: number of the row
 * @table: the table
 *
 * Return: true if it is.
 */
bool row_is_of_table(unsigned int row, const struct matrix_table *table)
{
	return !strncmp(le_matrix[row].id, table->prefix, strlen(table->prefix));
}
