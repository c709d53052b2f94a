// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares this gateway with another one, which has said how things stand there by
 * "status --json". What came from there is shown only if it looks as it should.
 */
#include <fcntl.h>
#include <unistd.h>

#include "peer.h"
#include "sysfs.h"

/* A policy has 64 devices an interface at most: what "status" says is some kilobytes. */
#define MAX_BYTES BIT(20)

/* What is compared, in the order of its columns. */
enum item {
	ITEM_MODE,
	ITEM_POLICY,
	ITEM_MODULE,
	ITEM_UNCONFIRMED,
	NR_ITEMS,
};

static const char *const item_names[NR_ITEMS] = { "mode", "policy", "module", "unconfirmed" };

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(enum item item, const struct standing *here, const struct standing *peer)
{
	switch (item) {
	case ITEM_MODE:
		return is_same_text(here->mode, peer->mode);
	case ITEM_POLICY:
		return is_same_text(here->sha256, peer->sha256);
	case ITEM_MODULE:
		return is_same_text(here->version, peer->version) &&
		       is_same_text(here->build, peer->build);
	default:
		return !here->confirm == !peer->confirm;
	}
}

/**
 * peer_is_same() - whether both judge alike, and will
 * @here: how things stand here
 * @peer: and there
 *
 * Return: whether there is no difference that matters.
 */
bool peer_is_same(const struct standing *here, const struct standing *peer)
{
	enum item item;

	for (item = 0; item < NR_ITEMS; item++)
		if (!is_same(item, here, peer))
			return false;
	return true;
}

/**
 * standing_of() - what this gateway is compared by
 * @state: as it was read; it keeps the texts
 *
 * Return: that.
 */
struct standing standing_of(const struct state *state)
{
	return (struct standing){
		.mode = state->mode,
		.sha256 = state->policy ? state->sha256 : NULL,
		.version = state->version,
		.build = state->build,
		.confirm = strtoull(state->confirm, NULL, 10),
		.generation = strtoull(state->generation, NULL, 10),
	};
}

/* Of what a word consists that may go to a terminal. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~-";

/* Such a word, or nothing where nothing is known. */
static bool take_word(struct json_object *object, const char *key, const char **word)
{
	struct json_object *value;

	*word = NULL;
	if (!json_object_object_get_ex(object, key, &value))
		return false;
	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	*word = json_object_get_string(value);
	return strlen(*word) < SHA256_DIGEST_STRING_LENGTH && !(*word)[strspn(*word, plain)];
}

static bool take_number(struct json_object *object, const char *key, u64 *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_uint64(value);
	return true;
}

static bool take(struct json_object *object, struct standing *peer)
{
	struct json_object *module, *policy;

	*peer = (struct standing){ .mode = NULL };
	if (!json_object_is_type(object, json_type_object) ||
	    !take_word(object, "mode", &peer->mode) || !peer->mode ||
	    !take_number(object, "generation", &peer->generation) ||
	    !take_number(object, "confirm_seconds", &peer->confirm) ||
	    !json_object_object_get_ex(object, "module", &module) ||
	    !json_object_is_type(module, json_type_object) ||
	    !take_word(module, "version", &peer->version) ||
	    !take_word(module, "build", &peer->build) ||
	    !json_object_object_get_ex(object, "policy", &policy))
		return false;
	return !policy || (json_object_is_type(policy, json_type_object) &&
			   take_word(policy, "sha256", &peer->sha256) && peer->sha256);
}

static char *read_peer(const char *file)
{
	bool is_stdin = !strcmp(file, "-");
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	char *text;
	size_t len;

	text = fd < 0 ? NULL : read_all(fd, MAX_BYTES, &len);
	if (!text)
		complain("%s: %s", is_stdin ? "stdin" : file, strerror(errno));
	if (fd >= 0 && !is_stdin)
		close(fd);
	return text;
}

/**
 * peer_read() - read what another gateway has said
 * @file: where it is; "-" for stdin
 * @peer: where to put it
 *
 * Return: what keeps the texts, to be let go of with json_object_put(); NULL if it could not be
 * read or understood, which was complained about.
 */
struct json_object *peer_read(const char *file, struct standing *peer)
{
	char *text = read_peer(file);
	struct json_object *object;

	if (!text)
		return NULL;
	object = json_tokener_parse(text);
	free(text);
	if (object && take(object, peer))
		return object;
	json_object_put(object);
	complain("%s is not what 'lyncedgectl status --json' of this version says",
		 strcmp(file, "-") ? file : "stdin");
	advise("ssh GATEWAY lyncedgectl status --json | lyncedgectl status --peer -");
	return NULL;
}

/**
 * json_of_module() - which module it is that judges
 * @standing: of its gateway
 *
 * Return: an object.
 */
struct json_object *json_of_module(const struct standing *standing)
{
	struct json_object *object = json_map();

	json_add(object, "version", standing->version ? json_text(standing->version) : NULL);
	json_add(object, "build", standing->build ? json_text(standing->build) : NULL);
	return object;
}

/**
 * json_of_peer() - another gateway, and wherein it differs
 * @here: how things stand here
 * @peer: and there
 *
 * Return: an object.
 */
struct json_object *json_of_peer(const struct standing *here, const struct standing *peer)
{
	struct json_object *object = json_map(), *differs = json_list();
	enum item item;

	for (item = 0; item < NR_ITEMS; item++)
		if (!is_same(item, here, peer))
			json_append(differs, json_text(item_names[item]));
	json_add(object, "same", json_flag(peer_is_same(here, peer)));
	json_add(object, "differs", differs);
	json_add(object, "mode", json_text(peer->mode));
	json_add(object, "generation", json_number(peer->generation));
	json_add(object, "confirm_seconds", json_number(peer->confirm));
	json_add(object, "module", json_of_module(peer));
	json_add(object, "sha256", peer->sha256 ? json_text(peer->sha256) : NULL);
	return object;
}

static char *text_of_item(enum item item, const struct standing *standing)
{
	switch (item) {
	case ITEM_MODE:
		return text_of("%s", standing->mode);
	case ITEM_POLICY:
		/* Enough to see whether it is the same; all of it is in the JSON. */
		return text_of("%.16s", standing->sha256 ?: "none");
	case ITEM_MODULE:
		return text_of("%s%s%s", standing->version ?: "unknown",
			       standing->build ? " " : "", standing->build ?: "");
	default:
		return standing->confirm ?
			text_of("%llu s left", (unsigned long long)standing->confirm) :
			text_of("no");
	}
}

static void add_line(struct table *table, const char *name, char *here, char *peer,
		     const char *verdict)
{
	table_add(table, name, here, peer, verdict);
	free(here);
	free(peer);
}

/**
 * peer_print() - show both, side by side
 * @here: how things stand here
 * @peer: and there
 */
void peer_print(const struct standing *here, const struct standing *peer)
{
	static const char *const titles[] = { "", "HERE", "PEER", "" };
	struct table table = { .titles = titles, .nr_columns = ARRAY_SIZE(titles) };
	enum item item;

	for (item = 0; item < NR_ITEMS; item++)
		add_line(&table, item_names[item], text_of_item(item, here),
			 text_of_item(item, peer),
			 is_same(item, here, peer) ? "same" : "differs");
	add_line(&table, "generation", text_of("%llu", (unsigned long long)here->generation),
		 text_of("%llu", (unsigned long long)peer->generation), "not compared");
	table_print(&table);
	table_free(&table);
	fflush(stdout);
	if (!is_same(ITEM_POLICY, here, peer))
		advise("ssh GATEWAY lyncedgectl show | lyncedgectl diff -   says wherein");
}
