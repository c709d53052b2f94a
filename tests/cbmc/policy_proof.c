// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of the policy parser's parts that look at bytes of the text that, for every text of 0 to
 * MAX_BYTES bytes, they look at none beyond it, and end; and what they took is what they should
 * take. words: next_word() to the end of a line of MAX_WORDS bytes; number: parse_number(); ports:
 * need_ports(); device: is_device_name(), one byte longer than a name can be; message: quote(), two
 * bytes longer than it repeats.
 *
 * The parser as a whole, le_policy_parse(), is not proved: with 12 bytes the handler of one
 * statement, parse_port(), is a formula of 4 million clauses by itself, since each word may be each
 * of 37 rows. Of the handlers, runs alone show what they do with numbers that need_name() found.
 *
 * prove words --unwind 9
 * prove number --unwind 14
 * prove ports --unwind 14
 * prove device --unwind 18
 * prove message --unwind 54
 * seed words policy-word-end
 * seed number policy-number-limit
 * seed ports policy-port-zero
 * seed device policy-device-length
 * seed message policy-quote-uncut
 */
#include "lyncedge_policy.c"
#include "proof.h"

#define MAX_BYTES 12
#define MAX_WORDS 7

static struct le_policy policy;
static struct le_error error;

static const char *any_text(const char *area, size_t size, size_t *len)
{
	*len = nondet_size();
	ASSUME(*len <= size);
	return area + size - *len;
}

static void any_line(struct parser *ps, const char *area, size_t size)
{
	*ps = (struct parser){ .policy = &policy, .error = &error, .line_no = 1 };
	ps->line = any_text(area, size, &ps->line_len);
}

void words(void)
{
	char area[MAX_WORDS];
	struct parser ps;
	struct word word;
	size_t end = 0;

	any_line(&ps, area, sizeof(area));
	while (next_word(&ps, &word)) {
		size_t start = word.text - ps.line;

		PROVE(start >= end && word.column == start + 1);
		end = start + word.len;
		PROVE(end <= ps.line_len);
	}
}

void number(void)
{
	char area[MAX_BYTES];
	size_t len;
	const char *text = any_text(area, sizeof(area), &len);
	u32 max = nondet_u32(), n;

	/* The greatest number that some statement asks for. */
	ASSUME(max <= 65535);
	if (parse_number(text, len, max, &n))
		PROVE(len && n <= max);
}

void ports(void)
{
	char area[MAX_BYTES];
	struct le_ports range;
	struct parser ps;

	any_line(&ps, area, sizeof(area));
	if (!need_ports(&ps, &range, ""))
		PROVE(range.first && range.first <= range.last && ps.pos <= ps.line_len);
}

void device(void)
{
	char area[IFNAMSIZ + 1];
	struct word word = { .column = 1 };

	word.text = any_text(area, sizeof(area), &word.len);
	if (is_device_name(&word))
		PROVE(word.len < IFNAMSIZ);
}

void message(void)
{
	char area[LE_QUOTED + 2], buf[LE_QUOTED + 4];
	struct word word = { .column = 1 };

	word.text = any_text(area, sizeof(area), &word.len);
	quote(&word, buf);
}
