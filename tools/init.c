// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb that writes a first policy: asks, with what was found on the machine as defaults, or
 * takes the answers from the command line. An answer is what a statement of the policy says after
 * its words, and is read by the policy's own parser. Nothing is written before all is answered.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doubts.h"
#include "load.h"
#include "machine.h"
#include "verbs.h"

#define USUAL_FEATURES "remote-access web-conferencing av federation dns crl cms-replication"
#define USUAL_LOG_GROUP "5"

/* An answer that leaves the statement out. */
#define NONE "none"

/**
 * struct question - what is asked for, and what is written of it
 * @flag: option that answers it
 * @asks: the question
 * @statement: words that the statement begins with
 * @comment: what the policy says about it
 * @example: the statement in a comment, where it is left out
 */
static const struct question {
	const char *flag;
	const char *asks;
	const char *statement;
	const char *comment;
	const char *example;
} questions[NR_INIT_ANSWERS] = {
	[INIT_EXTERNAL] = {
		"--external", "Devices toward the Internet", "interface external",
		"# The devices toward the Internet, and toward the company network.\n",
		"eth0",
	},
	[INIT_INTERNAL] = {
		"--internal", "Devices toward the company network", "interface internal",
		"", "eth1",
	},
	[INIT_ACCESS] = {
		"--access", "Access Edge: its addresses, then 'public' and what NAT has for them",
		"edge access",
		"\n# The Edge server's own addresses, IPv4 or IPv6; all servers of a pool, one after the\n"
		"# other. After 'public': the addresses that NAT maps to them, in the same order.\n",
		"10.45.16.10 public 131.107.155.10",
	},
	[INIT_WEBCONF] = {
		"--webconf", "Web Conferencing Edge: likewise", "edge webconf",
		"", "10.45.16.20 public 131.107.155.20",
	},
	[INIT_AV] = {
		"--av", "A/V Edge: likewise", "edge av",
		"", "10.45.16.30 public 131.107.155.30",
	},
	[INIT_EDGE_INTERNAL] = {
		"--edge-internal", "Internal Edge interface: its addresses", "edge internal",
		"", "172.25.33.10",
	},
	[INIT_FRONT_END] = {
		"--front-end", "Networks of the Front End servers and Directors", "peer front-end",
		"\n# Who is on the other side. A group that is not defined means anybody; 'man 5 lyncedge'\n"
		"# lists them.\n",
		"192.168.10.0/24",
	},
	[INIT_FEATURES] = {
		"--features", "Features that the deployment needs", "feature",
		"\n# What the deployment needs; nothing else is open. There is: crl dns remote-access\n"
		"# federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools\n"
		"# pic-av xmpp cms-replication central-logging. There is also pic, which is no answer here:\n"
		"# it wants 'peer pic-partner' as well.\n",
		USUAL_FEATURES,
	},
	[INIT_LOG_GROUP] = {
		"--log-group", "NFLOG group that drops are logged to", "option log-group",
		"\n# NFLOG group for what is dropped.\n", USUAL_LOG_GROUP,
	},
};

/**
 * struct answers - what is known so far
 * @given: an answer each; NULL where the statement is left out
 * @input: where answers come from; NULL if all questions have their defaults
 * @terminal: there is somebody to be asked again
 */
struct answers {
	char *given[NR_INIT_ANSWERS];
	FILE *input;
	bool terminal;
};

/* Usual features, and the external edge that each needs. */
static const struct {
	const char *feature;
	enum init_answer edge;
	bool internal;
} usual_features[] = {
	{ "remote-access", INIT_ACCESS, true },
	{ "web-conferencing", INIT_WEBCONF, true },
	{ "av", INIT_AV, true },
	{ "federation", INIT_ACCESS, true },
	{ "dns", INIT_ACCESS, false },
	{ "crl", INIT_ACCESS, false },
	{ "cms-replication", INIT_EDGE_INTERNAL, true },
};

/* Those of which the edges are known, on the sides where this gateway stands. */
static char *default_features(const struct answers *answers)
{
	bool external = answers->given[INIT_EXTERNAL], internal = answers->given[INIT_INTERNAL];
	char *list = NULL, *longer;
	unsigned int i;

	/* Where it stands is not known. */
	if (!external && !internal) {
		external = true;
		internal = true;
	}
	for (i = 0; i < ARRAY_SIZE(usual_features); i++) {
		enum init_answer edge = usual_features[i].edge;

		if (edge != INIT_EDGE_INTERNAL && external && !answers->given[edge])
			continue;
		if (edge != INIT_EDGE_INTERNAL && !external && !usual_features[i].internal)
			continue;
		if (usual_features[i].internal && internal && !answers->given[INIT_EDGE_INTERNAL])
			continue;
		if (edge == INIT_EDGE_INTERNAL && !internal)
			continue;
		longer = text_of("%s%s%s", list ? list : "", list ? " " : "",
				 usual_features[i].feature);
		free(list);
		list = longer;
	}
	return list;
}

/* What is found on the machine, or usual; NULL for none. */
static char *default_of(const struct answers *answers, unsigned int i)
{
	const char *external = answers->given[INIT_EXTERNAL];
	const char *internal = answers->given[INIT_INTERNAL];

	switch (i) {
	case INIT_EXTERNAL:
		return machine_external_device();
	case INIT_INTERNAL:
		return machine_internal_device(external);
	case INIT_FRONT_END:
		return internal ? machine_networks(internal) : NULL;
	case INIT_FEATURES:
		return default_features(answers);
	case INIT_LOG_GROUP:
		return text_of(USUAL_LOG_GROUP);
	default:
		return NULL;
	}
}

/* Commas will do for blanks; there is one between words, and none at the ends. */
static char *tidied(const char *text)
{
	char *rest = text_of("%s", text), *copy = rest, *clean = text_of("%s", ""), *word, *longer;

	while ((word = strsep(&rest, " \t,\r"))) {
		if (!*word)
			continue;
		longer = text_of("%s%s%s", clean, *clean ? " " : "", word);
		free(clean);
		clean = longer;
	}
	free(copy);
	return clean;
}

/* Whether the parser takes it, as one line; if not, why is said. */
static bool is_good(const struct question *question, const char *answer)
{
	struct le_policy *policy = NULL;
	struct le_error error;
	char *text;
	int err;

	if (strpbrk(answer, "#\n")) {
		complain("%s: no comments here: %s", question->asks, answer);
		return false;
	}
	text = text_of("%s %s\ncommit\n", question->statement, answer);
	err = le_policy_parse(text, strlen(text), &policy, &error);
	if (err) {
		complain("%s: %s", question->flag, error.message);
		if (error.hint[0])
			advise("%s", error.hint);
	}
	free(text);
	le_policy_free(policy);
	return !err;
}

/* Takes an answer, if it is one. */
static bool take(struct answers *answers, unsigned int i, const char *text, const char *usual)
{
	char *answer = tidied(*text ? text : usual ? usual : NONE);

	if (!strcmp(answer, NONE) || !*answer) {
		free(answer);
		return true;
	}
	if (!is_good(&questions[i], answer)) {
		free(answer);
		return false;
	}
	answers->given[i] = answer;
	return true;
}

/* One try at a question: 1 if it is answered, 0 if it is to be asked again, -1 if in vain. */
static int ask_once(struct answers *answers, unsigned int i, const char *usual)
{
	char *line = NULL, *answer;
	size_t room = 0;
	bool good;

	if (answers->terminal)
		fprintf(stderr, "%s [%s]: ", questions[i].asks, usual ? usual : NONE);
	if (getline(&line, &room, answers->input) < 0) {
		if (answers->terminal)
			fputc('\n', stderr);
		complain("the answers ended before the question: %s", questions[i].asks);
		advise("nothing was written; --yes takes the default of what is not answered");
		free(line);
		return -1;
	}
	line[strcspn(line, "\n")] = 0;
	answer = tidied(line);
	free(line);
	good = take(answers, i, answer, usual);
	free(answer);
	if (good)
		return 1;
	return answers->terminal ? 0 : -1;
}

static bool ask(struct answers *answers, unsigned int i)
{
	char *usual = default_of(answers, i);
	int done = 0;

	if (!answers->input)
		done = take(answers, i, "", usual) ? 1 : -1;
	while (!done)
		done = ask_once(answers, i, usual);
	free(usual);
	return done > 0;
}

static bool ask_all(struct answers *answers, const struct call *call)
{
	unsigned int i;

	for (i = 0; i < NR_INIT_ANSWERS; i++) {
		if (call->answers[i] ? !take(answers, i, call->answers[i], NULL) : !ask(answers, i))
			return false;
	}
	return true;
}

/* ---- the text ---- */

static const char heading[] =
"# A policy for lyncedge, written by 'lyncedgectl init'. One statement a line.\n"
"#\n"
"# Before it is applied:   lyncedgectl check FILE\n"
"# Put in force:           lyncedgectl apply FILE && lyncedgectl mode monitor\n"
"# What it lets through:   lyncedgectl matrix\n"
"# What would be dropped:  lyncedgectl counters\n"
"# And then:               lyncedgectl mode enforce --confirm 60; lyncedgectl confirm\n"
"\n";

static const char ending[] =
"\n"
"# Rows of your own, judged after the matrix, in this order:\n"
"#allow edge-admin internal in tcp 3389 from 192.168.10.0/24 to internal\n"
"\n"
"# The last line; without it nothing takes effect.\n"
"commit\n";

static char *compose(const struct answers *answers)
{
	char *text = NULL;
	unsigned int i;
	size_t len;
	FILE *out;

	out = open_memstream(&text, &len);
	if (!out)
		die_out_of_memory();
	fputs(heading, out);
	for (i = 0; i < NR_INIT_ANSWERS; i++) {
		const struct question *question = &questions[i];
		const char *answer = answers->given[i];

		fprintf(out, "%s%s%s %s\n", question->comment, answer ? "" : "#",
			question->statement, answer ? answer : question->example);
	}
	fputs(ending, out);
	if (fclose(out))
		die_out_of_memory();
	return text;
}

/* ---- the file ---- */

static bool write_whole(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= n;
	}
	return !fsync(fd);
}

/* Gives a file its name, unless that is taken and may not be. */
static bool give_name(const char *from, const char *to, bool force)
{
	if (force)
		return !rename(from, to);
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return true;
	/* Some file systems do not know how. */
	if (errno != EINVAL)
		return false;
	if (link(from, to))
		return false;
	unlink(from);
	return true;
}

/**
 * struct target - what is written
 * @file: its name; if it is there, behind symbolic links
 * @is_there: there is one, which is to be written over
 * @stat: what it is
 */
struct target {
	char *file;
	bool is_there;
	struct stat stat;
};

static bool refuse_target(struct target *target, const char *name, const char *why)
{
	complain("%s: %s", name, why);
	advise("nothing was changed");
	free(target->file);
	return false;
}

/* What stands at a name, if it may be written over. */
static bool find_target(struct target *target, const char *name, bool force)
{
	struct stat link;

	*target = (struct target){ .file = force ? realpath(name, NULL) : NULL };
	if (force && !target->file && (errno != ENOENT || !lstat(name, &link)))
		return refuse_target(target, name, strerror(errno));
	if (!target->file) {
		target->file = text_of("%s", name);
		return true;
	}
	target->is_there = true;
	if (stat(target->file, &target->stat))
		return refuse_target(target, name, strerror(errno));
	return S_ISREG(target->stat.st_mode) ||
	       refuse_target(target, name, "not a regular file");
}

/* As what it replaces has them. */
static bool set_owner_and_mode(int fd, const struct target *target, mode_t mask)
{
	const struct stat *before = &target->stat;

	if (!target->is_there)
		return !fchmod(fd, 0666 & ~mask);
	return !fchown(fd, before->st_uid, before->st_gid) &&
	       !fchmod(fd, before->st_mode & 07777);
}

static bool write_beside(const struct target *target, const char *text, bool force)
{
	char *new = text_of("%s.XXXXXX", target->file);
	mode_t mask = umask(0);
	int fd, err = 0;

	umask(mask);
	fd = mkostemp(new, O_CLOEXEC);
	if (fd < 0) {
		free(new);
		return false;
	}
	if (!set_owner_and_mode(fd, target, mask) || !write_whole(fd, text))
		err = errno;
	if (close(fd) && !err)
		err = errno;
	if (!err && !give_name(new, target->file, force))
		err = errno;
	if (err)
		unlink(new);
	free(new);
	errno = err;
	return !err;
}

/* Whole or not at all, even if somebody loses patience meanwhile. */
static bool write_file(const struct target *target, const char *text, bool force)
{
	sigset_t impatience, before;
	bool done;
	int err;

	sigemptyset(&impatience);
	sigaddset(&impatience, SIGINT);
	sigaddset(&impatience, SIGTERM);
	sigaddset(&impatience, SIGHUP);
	sigprocmask(SIG_BLOCK, &impatience, &before);
	done = write_beside(target, text, force);
	err = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return done;
}

static enum status complain_not_written(const char *file)
{
	int err = errno;

	complain("%s: %s", file, strerror(err));
	if (err == EEXIST)
		advise("nothing was changed; --force writes over it");
	else
		advise("nothing was written; FILE is to be the policy, or - for stdout");
	return STATUS_ERROR;
}

/* Found out before anything is asked in vain. */
static bool may_be_written(const char *file, bool force)
{
	struct target target;

	if (!strcmp(file, "-"))
		return true;
	if (!force && !access(file, F_OK)) {
		errno = EEXIST;
		complain_not_written(file);
		return false;
	}
	if (!find_target(&target, file, force))
		return false;
	free(target.file);
	return true;
}

static enum status put_text(const struct call *call, const char *file, const char *text)
{
	bool force = call->options & OPTION_FORCE, done;
	struct target target;

	if (!strcmp(file, "-")) {
		fputs(text, stdout);
		return STATUS_YES;
	}
	if (!find_target(&target, file, force))
		return STATUS_ERROR;
	done = write_file(&target, text, force);
	if (!done)
		complain_not_written(file);
	free(target.file);
	if (!done)
		return STATUS_ERROR;
	printf("%s is written. Next: lyncedgectl check %s\n", file, file);
	return STATUS_YES;
}

static enum status finish(const struct call *call, const char *file, const char *text)
{
	struct le_policy *policy = NULL;
	struct doubts doubts;
	struct le_error error;

	/* Each answer was good by itself; two may name the same device. */
	if (le_policy_parse(text, strlen(text), &policy, &error)) {
		complain("the answers do not go together: %s", error.message);
		if (error.hint[0])
			advise("%s", error.hint);
		return STATUS_ERROR;
	}
	if (put_text(call, file, text) != STATUS_YES) {
		le_policy_free(policy);
		return STATUS_ERROR;
	}
	doubts_find(&doubts, policy);
	doubts_print(&doubts, strcmp(file, "-") ? file : "policy");
	doubts_free(&doubts);
	le_policy_free(policy);
	return STATUS_YES;
}

/**
 * verb_init() - write a first policy
 * @call: the operand is the file; options may answer questions before they are asked
 *
 * Return: STATUS_YES, or STATUS_ERROR.
 */
enum status verb_init(const struct call *call)
{
	struct answers answers = { .input = stdin, .terminal = isatty(STDIN_FILENO) };
	const char *file = call->operands[0];
	enum status status = STATUS_ERROR;
	unsigned int i;
	char *text;

	if (!may_be_written(file, call->options & OPTION_FORCE))
		return STATUS_ERROR;
	if (call->options & OPTION_YES)
		answers.input = NULL;
	if (answers.input && answers.terminal) {
		fprintf(stderr, "Devices here:\n");
		machine_print_devices(stderr);
		fprintf(stderr, "Enter takes what is in brackets; '%s' leaves it out.\n", NONE);
	}
	if (ask_all(&answers, call)) {
		text = compose(&answers);
		status = finish(call, file, text);
		free(text);
	}
	for (i = 0; i < NR_INIT_ANSWERS; i++)
		free(answers.given[i]);
	return status;
}
