// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that text of addresses is read and written as the C library does it: the same strings
 * are addresses, and they are the same addresses; what is written differs only for IPv6
 * addresses that hold an IPv4 one, which the library writes as a dotted quad. Then host bits,
 * order, and sorting.
 */
#include <arpa/inet.h>

#include "lyncedge_inet.h"
#include "unit.h"

/* An exact copy on the heap: one byte read too far is seen by the sanitizer. */
static bool parse_exactly(const char *text, size_t len, union le_addr *addr, u8 *family)
{
	char *copy = malloc(len ? len : 1);
	bool ok;

	if (len)
		memcpy(copy, text, len);
	ok = le_addr_parse(copy, len, addr, family);
	free(copy);
	return ok;
}

/* Both sides take the text, or neither does, and they see the same in it. */
static bool agrees(const char *text, size_t len)
{
	union le_addr addr;
	u8 family = 255, theirs[16] = { 0 };
	char terminated[256];
	bool want;
	int af;

	memcpy(terminated, text, len);
	terminated[len] = 0;
	af = strchr(terminated, ':') ? AF_INET6 : AF_INET;
	want = inet_pton(af, terminated, theirs) == 1;
	unit.checks++;
	if (parse_exactly(text, len, &addr, &family) != want) {
		FAIL("'%s': %s an address", terminated, want ? "should be" : "should not be");
		return false;
	}
	if (!want)
		return true;
	if (family != (af == AF_INET ? LE_IPV4 : LE_IPV6) || memcmp(&addr, theirs, 16)) {
		FAIL("'%s' is read as another address", terminated);
		return false;
	}
	return true;
}

static void every_truncation(const char *text)
{
	size_t len;

	for (len = 0; len <= strlen(text); len++)
		agrees(text, len);
	for (len = 0; len <= strlen(text); len++)
		agrees(text + len, strlen(text) - len);
}

static const char *const texts[] = {
	"0.0.0.0",
	"255.255.255.255",
	"10.45.16.10",
	"1.2.3.4.5",
	"1.2.3",
	"256.1.1.1",
	"1.2.3.256",
	"1.2.3.1000",
	"99999999999999999999.1.1.1",
	"01.2.3.4",
	"1.2.3.00",
	"1..2.3",
	".1.2.3.4",
	"1.2.3.4.",
	"1.2.3.4 ",
	" 1.2.3.4",
	"1.2.3.-4",
	"+1.2.3.4",
	"0x1.2.3.4",
	"1.2.3.a",
	"10",
	"::",
	"::1",
	"1::",
	"::ffff:1.2.3.4",
	"::1.2.3.4",
	"64:ff9b::192.0.2.33",
	"1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:1.2.3.4",
	"1:2:3:4:5:6:7:1.2.3.4",
	"1:2:3:4:5:6:1.2.3.4.5",
	"1:2:3:4:5:1.2.3.4",
	"1:2:3:4:5::1.2.3.4",
	"1:2:3:4:5:6::1.2.3.4",
	"1:2:3:4:5:6:7::",
	"::2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8",
	"1:2:3:4:5:6:7:8::",
	"::1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7",
	":",
	":::",
	"1:::2",
	":1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:",
	":1::2",
	"1::2:",
	"1::2::3",
	"::1::",
	"12345::",
	"g::",
	"FFFF:ABCD:ef01::",
	"fe80::1%eth0",
	"[::1]",
	"::1.2.3",
	"::1.2.3.4.5",
	"::1.2.3.4:5",
	"::1.2.3.256",
	"::.1.2.3",
	"::12345.1.1.1",
	"1.2.3.4:80",
	"1.2.3.4::",
	"::00001",
	"2001:db8:16::10",
	"2001:0db8:0016:0000:0000:0000:0000:0010",
};

static void known_texts(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		every_truncation(texts[i]);
}

static void embedded_nul(void)
{
	union le_addr addr;
	u8 family;

	CHECK(!le_addr_parse("1.2.3.4\0", 8, &addr, &family));
	CHECK(!le_addr_parse("1.2\0.3.4", 8, &addr, &family));
	CHECK(!le_addr_parse("::1\0", 4, &addr, &family));
	CHECK(!le_addr_parse("\0::1", 4, &addr, &family));
}

static void random_texts(void)
{
	static const char alphabet[] = "0123456789abcdefABCDEF::::....::::::00001112g%/ -";
	unsigned int round, i, len;
	char text[48];

	for (round = 0; round < 200000; round++) {
		len = random_below(24);
		for (i = 0; i < len; i++)
			text[i] = alphabet[random_below(sizeof(alphabet) - 1)];
		agrees(text, len);
	}
}

/* Texts that are nearly right find more than noise does: one byte changed, gone or doubled. */
static void mutated_texts(void)
{
	static const char alphabet[] = "0123456789abcdefF:.g";
	unsigned int round, at;
	size_t len;
	char text[300];

	for (round = 0; round < 200000; round++) {
		const char *from = texts[random_below(ARRAY_SIZE(texts))];

		len = strlen(from);
		memcpy(text, from, len);
		do {
			at = random_below(len);
			switch (random_below(3)) {
			case 0:
				text[at] = alphabet[random_below(sizeof(alphabet) - 1)];
				break;
			case 1:
				memmove(text + at, text + at + 1, --len - at);
				break;
			case 2:
				memmove(text + at + 1, text + at, len++ - at);
				break;
			}
		} while (len && len < 100 && one_in(2));
		agrees(text, len);
	}
}

/* Addresses with as many zero groups as people write, and the shapes that embed IPv4. */
static void random_addr6(u8 *bytes)
{
	unsigned int i;

	for (i = 0; i < 16; i += 2) {
		bytes[i] = one_in(2) ? 0 : random64();
		bytes[i + 1] = one_in(2) ? 0 : random64();
	}
	if (one_in(8)) {
		memset(bytes, 0, 12);
		bytes[10] = one_in(2) ? 0 : 0xff;
		bytes[11] = one_in(2) ? 0 : 0xff;
	}
}

static void formats_like_libc6(void)
{
	char ours[LE_PREFIX_TEXT], theirs[INET6_ADDRSTRLEN];
	union le_addr addr, back;
	unsigned int round, dotted = 0;
	u8 family;

	for (round = 0; round < 200000; round++) {
		int len;

		random_addr6(addr.byte);
		len = le_addr_format(ours, sizeof(ours), &addr, LE_IPV6);
		if ((size_t)len != strlen(ours))
			FAIL("length %d of '%s'", len, ours);
		if (!parse_exactly(ours, len, &back, &family) || family != LE_IPV6 ||
		    memcmp(&back, &addr, sizeof(addr)))
			FAIL("'%s' does not read back", ours);
		inet_ntop(AF_INET6, &addr, theirs, sizeof(theirs));
		if (strchr(theirs, '.'))
			dotted++;
		else if (strcmp(ours, theirs))
			FAIL("'%s' should be '%s'", ours, theirs);
		if (strchr(ours, '.'))
			FAIL("'%s' has a dotted quad", ours);
	}
	CHECK(dotted > 100);
}

static void formats_like_libc4(void)
{
	char ours[LE_PREFIX_TEXT], theirs[INET_ADDRSTRLEN];
	union le_addr addr, back;
	unsigned int round;
	u8 family;

	for (round = 0; round < 100000; round++) {
		memset(&addr, 0, sizeof(addr));
		addr.v4 = random64();
		le_addr_format(ours, sizeof(ours), &addr, LE_IPV4);
		inet_ntop(AF_INET, &addr, theirs, sizeof(theirs));
		if (strcmp(ours, theirs))
			FAIL("'%s' should be '%s'", ours, theirs);
		if (!parse_exactly(ours, strlen(ours), &back, &family) || family != LE_IPV4 ||
		    memcmp(&back, &addr, sizeof(addr)))
			FAIL("'%s' does not read back", ours);
		unit.checks++;
	}
}

/* RFC 5952 sec. 4, and embedded IPv4 addresses, which stay hexadecimal. */
static void canonical_forms(void)
{
	static const char *const forms[][2] = {
		{ "2001:0DB8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "1:0:0:0:0:0:0:0", "1::" },
		{ "0:0:0:0:0:0:0:1", "::1" },
		{ "0:1:0:0:0:0:0:0", "0:1::" },
		{ "::ffff:1.2.3.4", "::ffff:102:304" },
		{ "::1.2.3.4", "::102:304" },
	};
	char text[LE_PREFIX_TEXT];
	union le_addr addr;
	size_t i;
	u8 family;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		CHECK(le_addr_parse(forms[i][0], strlen(forms[i][0]), &addr, &family));
		le_addr_format(text, sizeof(text), &addr, family);
		CHECK_STR(text, forms[i][1]);
	}
}

/* A buffer of any size is filled up to its last byte and no further, and terminated. */
static void short_buffers(void)
{
	static const struct le_prefix longest = {
		.addr.byte = { 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66,
			       0x66, 0x77, 0x77, 0x88, 0x80 },
		.family = LE_IPV6,
		.len = 124,
	};
	static const char text[] = "1111:2222:3333:4444:5555:6666:7777:8880/124";
	size_t size;

	CHECK_INT(sizeof(text), LE_PREFIX_TEXT);
	for (size = 1; size <= sizeof(text); size++) {
		char *buf = malloc(size);

		CHECK_INT(le_prefix_format(buf, size, &longest), size - 1);
		CHECK_INT(strlen(buf), size - 1);
		CHECK(!memcmp(buf, text, size - 1));
		free(buf);
	}
}

static void prefix_texts(void)
{
	static const struct {
		const char *addr;
		unsigned int len;
		const char *text;
	} cases[] = {
		{ "10.0.0.0", 8, "10.0.0.0/8" },     { "0.0.0.0", 0, "0.0.0.0/0" },
		{ "10.1.2.3", 32, "10.1.2.3" },	     { "10.1.2.2", 31, "10.1.2.2/31" },
		{ "::", 0, "::/0" },		     { "2001:db8::", 32, "2001:db8::/32" },
		{ "2001:db8::1", 128, "2001:db8::1" }, { "::2", 127, "::2/127" },
		{ "::", 32, "::/32" },
	};
	char text[LE_PREFIX_TEXT];
	struct le_prefix prefix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		prefix = (struct le_prefix){ .len = cases[i].len };
		CHECK(le_addr_parse(cases[i].addr, strlen(cases[i].addr), &prefix.addr,
				    &prefix.family));
		CHECK_INT(le_prefix_format(text, sizeof(text), &prefix), strlen(cases[i].text));
		CHECK_STR(text, cases[i].text);
	}
}

static bool bit_of(const union le_addr *addr, unsigned int bit)
{
	return addr->byte[bit / 8] >> (7 - bit % 8) & 1;
}

/* Bit by bit: set where they should be, cleared where they should go, all else as it was. */
static void host_bits(void)
{
	unsigned int round, bit;

	for (round = 0; round < 60000; round++) {
		struct le_prefix prefix = { .family = one_in(2) ? LE_IPV4 : LE_IPV6 }, cleared;
		unsigned int bits = prefix.family == LE_IPV4 ? 32 : 128;
		bool want = false;

		prefix.len = random_below(bits + 1);
		for (bit = 0; bit < bits; bit++)
			if (one_in(bit < prefix.len ? 2 : 64))
				prefix.addr.byte[bit / 8] |= 0x80 >> bit % 8;
		for (bit = prefix.len; bit < bits; bit++)
			want |= bit_of(&prefix.addr, bit);
		if (le_prefix_has_host_bits(&prefix) != want)
			FAIL("host bits of round %u, length %u", round, prefix.len);
		cleared = prefix;
		le_prefix_clear_host_bits(&cleared);
		for (bit = 0; bit < 128; bit++)
			if (bit_of(&cleared.addr, bit) !=
			    (bit < prefix.len && bit_of(&prefix.addr, bit)))
				FAIL("bit %u of round %u, length %u", bit, round, prefix.len);
		if (cleared.family != prefix.family || cleared.len != prefix.len)
			FAIL("clearing changed more than bits");
		unit.checks++;
	}
}

/* The order as its description says it, on the texts of the bytes. */
static int reference_compare(const void *left, const void *right)
{
	const struct le_prefix *a = left, *b = right;
	int bytes;

	if (a->family != b->family)
		return a->family - b->family;
	bytes = memcmp(a->addr.byte, b->addr.byte, a->family == LE_IPV4 ? 4 : 16);
	if (bytes)
		return bytes;
	if (a->len != b->len)
		return a->len - b->len;
	return a->tag - b->tag;
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void random_prefix(struct le_prefix *prefix, unsigned int spread)
{
	unsigned int i;

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = one_in(2) ? LE_IPV4 : LE_IPV6;
	for (i = 0; i < le_addr_bits(prefix->family) / 8; i++)
		prefix->addr.byte[i] = spread > 255 ? random64() : random_below(spread) * 85;
	prefix->len = random_below(le_addr_bits(prefix->family) + 1);
	prefix->tag = one_in(4) ? random64() : random_below(4);
	le_prefix_clear_host_bits(prefix);
}

static void compare_orders(void)
{
	unsigned int round;

	for (round = 0; round < 200000; round++) {
		struct le_prefix a, b;

		random_prefix(&a, round % 2 ? 2 : 256);
		random_prefix(&b, round % 2 ? 2 : 256);
		if (one_in(4))
			b = a;
		if (one_in(8))
			b.len = a.len;
		if (sign(le_prefix_compare(&a, &b)) != sign(reference_compare(&a, &b)))
			FAIL("round %u: order of two prefixes", round);
		if (sign(le_prefix_compare(&b, &a)) != -sign(le_prefix_compare(&a, &b)))
			FAIL("round %u: order is not antisymmetric", round);
		if (le_prefix_equal(&a, &b) !=
		    (a.family == b.family && a.len == b.len && !memcmp(&a.addr, &b.addr, 16)))
			FAIL("round %u: equality of two prefixes", round);
		unit.checks++;
	}
}

enum shape { SHAPE_RANDOM, SHAPE_SORTED, SHAPE_REVERSED, SHAPE_NEARLY, SHAPE_EQUAL, NR_SHAPES };

static void shape_list(struct le_prefix *list, u32 nr, enum shape shape)
{
	u32 i;

	for (i = 0; i < nr; i++)
		random_prefix(&list[i], one_in(2) ? 2 : 256);
	if (shape == SHAPE_RANDOM)
		return;
	qsort(list, nr, sizeof(*list), reference_compare);
	for (i = 0; shape == SHAPE_REVERSED && i < nr / 2; i++) {
		struct le_prefix swap = list[i];

		list[i] = list[nr - 1 - i];
		list[nr - 1 - i] = swap;
	}
	if (shape == SHAPE_NEARLY && nr)
		random_prefix(&list[random_below(nr)], 256);
	for (i = 1; shape == SHAPE_EQUAL && i < nr; i++)
		list[i] = list[0];
}

static void sort_once(u32 nr, enum shape shape)
{
	struct le_prefix *list = malloc(nr * sizeof(*list) + 1);
	struct le_prefix *want = malloc(nr * sizeof(*list) + 1);

	shape_list(list, nr, shape);
	memcpy(want, list, nr * sizeof(*list));
	qsort(want, nr, sizeof(*want), reference_compare);
	CHECK_INT(le_prefix_sort(list, nr), 0);
	/* Padding is alike too: lists were zeroed, and elements are moved whole. */
	if (memcmp(list, want, nr * sizeof(*list)))
		FAIL("%u prefixes of shape %u are not sorted", nr, shape);
	free(list);
	free(want);
}

static void sorts(void)
{
	static const u32 sizes[] = { 1023, 1024, 1025, 4096, 4097, 10000, 65537 };
	unsigned int shape;
	u32 nr;

	for (shape = 0; shape < NR_SHAPES; shape++) {
		for (nr = 0; nr <= 70; nr++)
			sort_once(nr, shape);
		for (nr = 0; nr < ARRAY_SIZE(sizes); nr++)
			sort_once(sizes[nr], shape);
	}
}

static const struct unit_test tests[] = {
	UNIT_TEST(known_texts),	       UNIT_TEST(embedded_nul),	      UNIT_TEST(random_texts),
	UNIT_TEST(mutated_texts),      UNIT_TEST(formats_like_libc6), UNIT_TEST(formats_like_libc4),
	UNIT_TEST(canonical_forms),    UNIT_TEST(short_buffers),      UNIT_TEST(prefix_texts),
	UNIT_TEST(host_bits),	       UNIT_TEST(compare_orders),     UNIT_TEST(sorts),
};

int main(void)
{
	return unit_main(tests, ARRAY_SIZE(tests));
}
