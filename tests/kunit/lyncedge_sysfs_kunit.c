// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files below /sys/kernel/lyncedge, through their operations: what each takes, refuses and
 * says, however odd the way it is written and read (DESIGN sec. 3 and 5). Whatever is refused
 * leaves the policy before in force, which packets show. The suite starts with a module just
 * loaded. Not in here: what policies say (tests/vm/test-sysfs), memory that runs out (test-memory),
 * writers and readers at the same time (tests/vm/test-lifecycle).
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/namei.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/net_namespace.h>

#include "bytes.h"
#include "lyncedge_rules.h"
#include "tree.h"

#define TEXT_SIZE (256 * 1024)

/* One text for all; what is longer than a page is read into these. */
static char *seen, *text;

/* In canonical form, and of the loopback device, which there always is. */
static const char base[] =
	"interface external lo\n"
	"edge access 10.45.16.10\n"
	"feature remote-access\n"
	"option established stateless\n"
	"option rtp-outbound either\n"
	"option ports destination\n"
	"option scope interface\n"
	"option unmatched drop\n"
	"option icmp-echo drop\n"
	"option hooks forward\n"
	"option early-drop off\n"
	"commit\n";

/* ---- what is in force ---- */

static const char *contents(const char *name)
{
	ssize_t n = tree_read(name, seen, TEXT_SIZE);

	if (n < 0)
		scnprintf(seen, TEXT_SIZE, "error %zd", n);
	return seen;
}

#define expect_contents(_test, _name, _want) \
	KUNIT_EXPECT_STREQ(_test, contents(_name), (const char *)(_want))

static u64 generation(void)
{
	u64 value;

	return kstrtou64(contents("generation"), 10, &value) ? U64_MAX : value;
}

static bool passes(struct kunit *test, u16 port)
{
	/* Where it leaves by; never registered, so that no policy can name it. */
	struct net_device *out = alloc_etherdev(0);
	struct bytes b = { .len = 0 };
	struct sk_buff *skb;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, out);
	put_ipv4(&b, IPPROTO_TCP, 0, sizeof(struct tcphdr));
	put_tcp(&b, false);
	b.data[22] = port >> 8;
	b.data[23] = port & 0xff;
	skb = make_skb(test, &b, b.len);
	local_bh_disable();
	ret = nf_hook(NFPROTO_IPV4, NF_INET_FORWARD, &init_net, NULL, skb, init_net.loopback_dev,
		      out, NULL);
	local_bh_enable();
	free_netdev(out);
	if (ret == 1)
		kfree_skb(skb);
	return ret == 1;
}

/* The base policy judges: ext-05 and nothing else. */
static void expect_base_judges(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, passes(test, 443));
	KUNIT_EXPECT_FALSE(test, passes(test, 444));
	expect_contents(test, "policy", base);
}

static void enforce_base(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "enforce"), 0);
	expect_base_judges(test);
}

/* ---- the tree ---- */

struct listing {
	struct dir_context ctx;
	unsigned int nr;
};

static bool count_entry(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
			unsigned int type)
{
	container_of(ctx, struct listing, ctx)->nr += name[0] != '.';
	return true;
}

/* How many files and directories a directory has; a negative error if it is none. */
static int nr_entries(const char *name)
{
	struct listing listing = { .ctx.actor = count_entry };
	struct file *dir = tree_open(name, O_RDONLY | O_DIRECTORY);
	int err;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	err = iterate_dir(dir, &listing.ctx);
	filp_close(dir, NULL);
	return err ? err : listing.nr;
}

static const struct {
	const char *name;
	umode_t mode;
} top_files[] = {
	{ "mode", 0600 },
	{ "policy", 0600 },
	{ "error", 0400 },
	{ "generation", 0400 },
	{ "counters", 0400 },
	{ "confirm", 0600 },
	{ "reset", 0200 },
};

/* A file is root's, has the mode, and can be opened for that alone, whoever asks. */
static void expect_file(struct kunit *test, const char *name, umode_t mode)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };
	static const umode_t wants[] = { 0400, 0200, 0600 };
	struct kstat stat = { };
	char file_name[96];
	struct path path;
	unsigned int i;

	scnprintf(file_name, sizeof(file_name), TREE "%s", name);
	KUNIT_ASSERT_EQ_MSG(test, kern_path(file_name, 0, &path), 0, "%s", name);
	KUNIT_EXPECT_EQ(test, vfs_getattr(&path, &stat, STATX_BASIC_STATS, 0), 0);
	path_put(&path);
	KUNIT_EXPECT_EQ_MSG(test, stat.mode, S_IFREG | mode, "%s", name);
	KUNIT_EXPECT_TRUE(test, uid_eq(stat.uid, GLOBAL_ROOT_UID));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct file *file = tree_open(name, flags[i]);
		bool allowed = (mode & wants[i]) == wants[i];

		if (allowed)
			KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(file), "%s", name);
		else
			KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(file), -EACCES, "%s", name);
		if (!IS_ERR(file))
			filp_close(file, NULL);
	}
}

static void expect_counter(struct kunit *test, const char *parent, const char *name, bool is_row)
{
	char path[64];

	scnprintf(path, sizeof(path), "%s/%s", parent, name);
	KUNIT_EXPECT_EQ_MSG(test, nr_entries(path), is_row ? 3 : 2, "%s", path);
	scnprintf(path, sizeof(path), "%s/%s/packets", parent, name);
	expect_file(test, path, 0400);
	scnprintf(path, sizeof(path), "%s/%s/bytes", parent, name);
	expect_file(test, path, 0400);
	if (!is_row)
		return;
	scnprintf(path, sizeof(path), "%s/%s/active", parent, name);
	expect_file(test, path, 0400);
}

static void tree(struct kunit *test)
{
	unsigned int i;
	char path[64];

	KUNIT_EXPECT_EQ(test, nr_entries(""), ARRAY_SIZE(top_files) + 3);
	for (i = 0; i < ARRAY_SIZE(top_files); i++)
		expect_file(test, top_files[i].name, top_files[i].mode);
	KUNIT_EXPECT_EQ(test, nr_entries("features"), 14);
	for (i = 0; i < LE_NR_FEATURES; i++) {
		scnprintf(path, sizeof(path), "features/%s", le_feature_names[i]);
		expect_file(test, path, 0600);
	}
	KUNIT_EXPECT_EQ(test, nr_entries("rows"), 37);
	for (i = 0; i < LE_NR_ROWS; i++)
		expect_counter(test, "rows", le_matrix[i].id, true);
	KUNIT_EXPECT_EQ(test, nr_entries("drops"), 6);
	for (i = 0; i < LE_NR_DROPS; i++)
		expect_counter(test, "drops", le_reason_names[i], false);
}

/* ---- before there is a policy ---- */

static void after_loading(struct kunit *test)
{
	unsigned int i;
	char path[64];

	expect_contents(test, "mode", "off\n");
	expect_contents(test, "policy", "");
	expect_contents(test, "error", "");
	expect_contents(test, "generation", "0\n");
	expect_contents(test, "confirm", "0\n");
	for (i = 0; i < LE_NR_FEATURES; i++) {
		scnprintf(path, sizeof(path), "features/%s", le_feature_names[i]);
		expect_contents(test, path, "0\n");
	}
	for (i = 0; i < LE_NR_ROWS; i++) {
		scnprintf(path, sizeof(path), "rows/%s/active", le_matrix[i].id);
		expect_contents(test, path, "0\n");
	}
	KUNIT_EXPECT_TRUE(test, strstarts(contents("counters"), "ext-01 0 0\next-02 0 0\n"));
}

static void without_policy(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tree_write("mode", "enforce"), -EINVAL);
	KUNIT_EXPECT_TRUE(test, strstarts(contents("error"), "there is no policy to enforce\n"));
	expect_contents(test, "mode", "off\n");
	KUNIT_EXPECT_EQ(test, tree_write("mode", "monitor"), 0);
	expect_contents(test, "error", "");
	expect_contents(test, "mode", "monitor\n");
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
	KUNIT_EXPECT_EQ(test, tree_write("features/av", "1"), -EINVAL);
	KUNIT_EXPECT_TRUE(test, strstarts(contents("error"), "there is no policy"));
	expect_contents(test, "features/av", "0\n");
	KUNIT_EXPECT_EQ(test, tree_write("features/av", "0"), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1"), 0);
	KUNIT_EXPECT_EQ(test, tree_write("mode", "off"), 0);
	expect_contents(test, "generation", "0\n");
}

/* The first policy is judged by at once if the mode was chosen before. */
static void mode_before_policy(struct kunit *test)
{
	u64 before = generation();

	KUNIT_ASSERT_EQ(test, tree_write("reset", "1"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "monitor"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	KUNIT_EXPECT_TRUE(test, passes(test, 443));
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
	expect_contents(test, "rows/ext-05/packets", "1\n");
	expect_contents(test, "rows/ext-05/bytes", "40\n");
	expect_contents(test, "drops/no-row/packets", "1\n");
	expect_contents(test, "drops/no-row/bytes", "40\n");
}

static unsigned int seconds_left(void)
{
	unsigned int value;

	return kstrtouint(contents("confirm"), 10, &value) ? UINT_MAX : value;
}

/* Gives a second, and waits for what comes of that, however busy the machine is. */
static void let_time_run_out(struct kunit *test)
{
	unsigned long end = jiffies + 60 * HZ;

	KUNIT_ASSERT_EQ(test, tree_write("confirm", "1"), 0);
	while (seconds_left() && time_before(jiffies, end))
		msleep(50);
	KUNIT_EXPECT_EQ(test, seconds_left(), 0U);
}

/* Not confirmed, it is as if there had never been one. */
static void first_policy_undone(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tree_write("mode", "monitor"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "enforce"), 0);
	expect_base_judges(test);
	let_time_run_out(test);
	expect_contents(test, "policy", "");
	expect_contents(test, "mode", "monitor\n");
	expect_contents(test, "generation", "2\n");
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
	KUNIT_EXPECT_EQ(test, tree_write("mode", "enforce"), -EINVAL);
}

/* ---- one word files ---- */

/* What is written, which may hold any byte. */
struct word {
	const char *data;
	size_t len;
};

#define WORD(_text) { _text, sizeof(_text) - 1 }

static int write_word(const char *name, const struct word *word)
{
	return tree_write_pieces(name, word->data, word->len, SIZE_MAX);
}

static void odd_modes(struct kunit *test)
{
	static const struct word good[] = {
		WORD("monitor"), WORD("enforce\n"), WORD("monitor\0"), WORD("enforce"),
	};
	static const struct word bad[] = {
		WORD("\n"), WORD("on"), WORD("Off"), WORD("off\n\n"),
		WORD(" off"), WORD("off "), WORD("off\r\n"),
		WORD("\0"), WORD("\0off"), WORD("offf"),
		WORD("of"), WORD("off monitor"), WORD("1"),
	};
	unsigned int i;
	u64 before;

	enforce_base(test);
	before = generation();
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("mode", &good[i]), 0, "%u", i);
		expect_contents(test, "mode", i % 2 ? "enforce\n" : "monitor\n");
		expect_contents(test, "error", "");
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("mode", &bad[i]), -EINVAL, "%u", i);
		KUNIT_EXPECT_TRUE(test, strstarts(contents("error"), "unknown mode\n"));
		KUNIT_EXPECT_NOT_NULL(test, strstr(contents("error"), "off monitor enforce"));
		expect_contents(test, "mode", "enforce\n");
	}
	expect_base_judges(test);
	KUNIT_EXPECT_EQ(test, generation(), before);
}

/* A page is the most that reaches the module; a write of nothing does not. */
static void long_words(struct kunit *test)
{
	static const char *const names[] = { "mode", "reset", "confirm", "features/av" };
	unsigned int i;

	enforce_base(test);
	memset(text, ' ', 2 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct file *file = tree_open(names[i], O_WRONLY);
		loff_t pos = 0;

		KUNIT_ASSERT_FALSE(test, IS_ERR(file));
		text[0] = i ? '1' : 'o';
		KUNIT_EXPECT_EQ(test, kernel_write(file, text, 2 * PAGE_SIZE, &pos), -EINVAL);
		KUNIT_EXPECT_EQ(test, kernel_write(file, text, PAGE_SIZE, &pos), -EINVAL);
		KUNIT_EXPECT_NE(test, contents("error")[0], 0);
		KUNIT_EXPECT_EQ(test, tree_write("mode", "enforce"), 0);
		expect_contents(test, "confirm", "0\n");
		KUNIT_EXPECT_EQ(test, kernel_write(file, text, 0, &pos), 0);
		expect_contents(test, "error", "");
		filp_close(file, NULL);
	}
	expect_base_judges(test);
}

/* Such a file has no places: what is written is the whole word, wherever it is written to. */
static void words_at_offsets(struct kunit *test)
{
	struct file *file = tree_open("mode", O_RDWR);
	loff_t pos = 1000;
	char buf[16];

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "monitor", 7, &pos), 7);
	expect_contents(test, "mode", "monitor\n");
	KUNIT_EXPECT_EQ(test, kernel_write(file, "enforce\n", 8, &pos), 8);
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf, 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf + 1, 3, &pos), 3);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf + 4, 12, &pos), 4);
	KUNIT_EXPECT_EQ(test, kernel_read(file, buf + 8, 1, &pos), 0);
	KUNIT_EXPECT_EQ(test, memcmp(buf, "enforce\n", 8), 0);
	filp_close(file, NULL);
}

static void odd_features(struct kunit *test)
{
	static const struct word bad[] = {
		WORD("\n"), WORD("2"), WORD("01"), WORD("1 "),
		WORD(" 1"), WORD("1\n\n"), WORD("yes"), WORD("-1"),
		WORD("\0"), WORD("\0001"), WORD("1\r\n"), WORD("10"),
	};
	static const struct word good[] = {
		WORD("1"), WORD("0"), WORD("1\n"), WORD("1\n"), WORD("0\0"),
	};
	unsigned int i;
	u64 before;

	enforce_base(test);
	before = generation();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("features/av", &bad[i]), -EINVAL, "%u", i);
		KUNIT_EXPECT_NOT_NULL(test, strstr(contents("error"), "0 or 1"));
		expect_contents(test, "features/av", "0\n");
	}
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_base_judges(test);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("features/av", &good[i]), 0, "%u", i);
		expect_contents(test, "error", "");
		expect_contents(test, "features/av", good[i].data[0] == '1' ? "1\n" : "0\n");
		KUNIT_EXPECT_EQ(test, generation(), before + i + 1);
	}
	expect_base_judges(test);
}

/* Whether a row is active by the features that are on, given that all it names is defined. */
static void expect_active(struct kunit *test, u32 features)
{
	unsigned int i;
	char path[64];

	for (i = 0; i < LE_NR_ROWS; i++) {
		scnprintf(path, sizeof(path), "rows/%s/active", le_matrix[i].id);
		KUNIT_EXPECT_STREQ_MSG(test, contents(path),
				       le_matrix[i].features & features ? "1\n" : "0\n", "%s, %x",
				       path, features);
	}
}

/* Each feature turns on its rows and no others, and is found in the policy's text. */
static void each_feature(struct kunit *test)
{
	unsigned int i;
	char path[64], line[64];

	KUNIT_ASSERT_EQ(test, tree_write("policy", "edge access 10.0.0.1\nedge webconf 10.0.0.2\n"
					 "edge av 10.0.0.3\nedge internal 10.0.0.4\n"
					 "peer pic-partner 192.0.2.0/24\ncommit\n"), 0);
	expect_active(test, 0);
	for (i = 0; i < LE_NR_FEATURES; i++) {
		scnprintf(path, sizeof(path), "features/%s", le_feature_names[i]);
		scnprintf(line, sizeof(line), "\nfeature %s\n", le_feature_names[i]);
		KUNIT_EXPECT_EQ(test, tree_write(path, "1"), 0);
		expect_contents(test, path, "1\n");
		KUNIT_EXPECT_NOT_NULL(test, strstr(contents("policy"), line));
		expect_active(test, BIT(i));
		KUNIT_EXPECT_EQ(test, tree_write(path, "0\n"), 0);
		expect_contents(test, path, "0\n");
		KUNIT_EXPECT_NULL(test, strstr(contents("policy"), "feature"));
	}
	expect_active(test, 0);
}

/* The policy has no partners to talk to: the change is refused as the text would be. */
static void feature_refused(struct kunit *test)
{
	u64 before;

	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, tree_write("features/pic", "1"), -EINVAL);
	KUNIT_EXPECT_TRUE(test, strstarts(contents("error"), "feature 'pic' needs"));
	expect_contents(test, "features/pic", "0\n");
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_base_judges(test);
	KUNIT_EXPECT_EQ(test, tree_write("features/pic", "0"), 0);
	expect_contents(test, "error", "");
}

static void resets(struct kunit *test)
{
	static const char site_row[] =
		"interface external lo\n"
		"option established stateless\n"
		"allow mine external in tcp 444 from any to any\n"
		"commit\n";
	static const struct word bad[] = {
		WORD("0"), WORD("\n"), WORD("1\n\n"), WORD("11"),
		WORD("\0"), WORD("yes"),
	};
	unsigned int i;
	u64 before;

	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1"), 0);
	expect_contents(test, "rows/ext-05/packets", "0\n");
	expect_contents(test, "rows/ext-05/bytes", "0\n");
	expect_contents(test, "drops/no-row/packets", "0\n");
	expect_base_judges(test);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, write_word("reset", &bad[i]), -EINVAL);
		KUNIT_EXPECT_NE(test, contents("error")[0], 0);
		expect_contents(test, "rows/ext-05/packets", "1\n");
	}
	KUNIT_EXPECT_NOT_NULL(test, strstr(contents("counters"), "\next-05 1 40\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(contents("counters"), "\nno-row 1 40\n"));
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1\n"), 0);
	expect_contents(test, "error", "");
	KUNIT_EXPECT_NOT_NULL(test, strstr(contents("counters"), "\next-05 0 0\n"));
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_base_judges(test);
	expect_contents(test, "drops/no-row/packets", "1\n");

	/* Those of site rows as well. */
	KUNIT_ASSERT_EQ(test, tree_write("policy", site_row), 0);
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
	KUNIT_EXPECT_NOT_NULL(test, strstr(contents("counters"), "\nmine 1 40\n"));
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1"), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(contents("counters"), "\nmine 0 0\n"));
}

/* ---- policy: how it arrives ---- */

static void any_pieces(struct kunit *test)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 16, 100, PAGE_SIZE, SIZE_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		u64 before = generation();

		KUNIT_EXPECT_EQ(test, tree_write_pieces("policy", base, strlen(base), pieces[i]),
				0);
		KUNIT_EXPECT_EQ_MSG(test, generation(), before + 1, "pieces of %zu", pieces[i]);
		expect_contents(test, "policy", base);
		expect_contents(test, "error", "");
	}
}

/* Cut in two at every place, it is applied by the piece that ends the line "commit". */
static void cut_anywhere(struct kunit *test)
{
	size_t cut, len = strlen(base);

	for (cut = 1; cut < len; cut++) {
		struct file *file = tree_open("policy", O_WRONLY);
		u64 before = generation();
		loff_t pos = 0;

		KUNIT_ASSERT_FALSE(test, IS_ERR(file));
		KUNIT_EXPECT_EQ(test, kernel_write(file, base, cut, &pos), cut);
		/* A last line that one piece brought whole counts without its end. */
		KUNIT_EXPECT_EQ_MSG(test, generation(), before + (cut == len - 1), "cut at %zu",
				    cut);
		KUNIT_EXPECT_EQ(test, kernel_write(file, base + cut, len - cut, &pos),
				len - cut);
		KUNIT_EXPECT_EQ_MSG(test, generation(), before + 1, "cut at %zu", cut);
		filp_close(file, NULL);
	}
	expect_contents(test, "policy", base);
}

/* A long text comes in pages, wherever their border falls. */
/* A text of comments, and @last so that @from_end bytes of it are before the end of two pages. */
static void pad_text(const char *last, size_t from_end)
{
	size_t padding = 2 * PAGE_SIZE - from_end;

	memset(text, '#', padding);
	for (size_t i = 80; i < padding; i += 80)
		text[i] = '\n';
	text[padding - 1] = '\n';
	strscpy(text + padding, last, TEXT_SIZE - padding);
}

static void page_borders(struct kunit *test)
{
	size_t from_end, len = strlen(base);
	u64 before;

	for (from_end = 0; from_end <= len + 1; from_end++) {
		before = generation();
		pad_text(base, from_end);
		KUNIT_EXPECT_EQ(test, tree_write("policy", text), 0);
		KUNIT_EXPECT_EQ_MSG(test, generation(), before + 1, "border %zu before the end",
				    from_end);
		expect_contents(test, "policy", base);
	}
	/* What looks like a commit at the border is none by what follows. */
	before = generation();
	pad_text("commitment\ncommit\n", strlen("commit"));
	KUNIT_EXPECT_EQ(test, tree_write("policy", text), -EINVAL);
	KUNIT_EXPECT_EQ(test, generation(), before);
}

/* Without a line "commit" nothing changes, and no error is made of it: more may come. */
static void no_commit(struct kunit *test)
{
	static const char *const texts[] = {
		"feature av\n", "commi", "commitment\n", "xcommit\n", "# commit\n",
		"feature av commit\n", "committed", "com\nmit\n", "COMMIT\n",
	};
	unsigned int i;
	u64 before;

	enforce_base(test);
	before = generation();
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		KUNIT_EXPECT_EQ(test, tree_write("policy", texts[i]), 0);
		KUNIT_EXPECT_EQ_MSG(test, generation(), before, "%s", texts[i]);
		expect_contents(test, "error", "");
		expect_base_judges(test);
	}
}

static void ways_to_commit(struct kunit *test)
{
	static const char *const texts[] = {
		"commit", "commit\n", "commit\r\n", " commit\n", "\tcommit\t\n",
		"commit # done\n", "commit#done\n", "commit\n\n\t\n# end\n", "commit\n#",
		"\n\ncommit\n",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		u64 before = generation();

		KUNIT_EXPECT_EQ_MSG(test, tree_write("policy", texts[i]), 0, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, generation(), before + 1, "%u", i);
		expect_contents(test, "error", "");
	}
}

/* ---- policy: what is refused ---- */

/* The last write was refused, said why, and all is as it was. */
static void expect_refused(struct kunit *test, int err, u64 before, const char *error)
{
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(contents("error"), error), "error is: %s, not: %s",
			      seen, error);
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_base_judges(test);
}

static void refused_texts(struct kunit *test)
{
	static const struct {
		struct word text;
		const char *error;
	} cases[] = {
		{ WORD("feature xmmp\ncommit\n"), "line 1, column 9: unknown feature 'xmmp'\n" },
		{ WORD("\n\nport 1\ncommit\n"), "line 3, column 6: unknown row '1'\n" },
		{ WORD("feature \0av\ncommit\n"), "line 1, column 9: NUL byte\n" },
		{ WORD("\0\ncommit\n"), "line 1, column 1: NUL byte\n" },
		{ WORD("commit now\n"), "line 1, column 8: extra word 'now'\n" },
		{ WORD("commit\nfeature av\n"), "line 2, column 1: text after commit\n" },
		{ WORD("feature pic\ncommit\n"),
		  "line 1, column 9: feature 'pic' needs the peer group 'pic-partner'\n" },
	};
	unsigned int i;
	u64 before;

	enforce_base(test);
	before = generation();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_refused(test, write_word("policy", &cases[i].text), before, cases[i].error);
		KUNIT_EXPECT_EQ(test, tree_write("mode", "enforce"), 0);
		expect_contents(test, "error", "");
		/* Byte by byte it is the same, but for what comes after commit. */
		if (cases[i].text.data[0] != 'c')
			expect_refused(test, tree_write_pieces("policy", cases[i].text.data,
							       cases[i].text.len, 1),
				       before, cases[i].error);
	}
	memset(text, '#', 4097);
	strscpy(text + 4097, "\ncommit\n", 16);
	expect_refused(test, tree_write("policy", text), before,
		       "line 1, column 4097: line is longer than 4096 bytes\n");
	text[4096] = '\n';
	strscpy(text + 4097, base, sizeof(base));
	KUNIT_EXPECT_EQ(test, tree_write("policy", text), 0);
	expect_base_judges(test);
}

/* Whatever follows a refused text through the same file is refused, until it starts anew. */
static void after_refusal(struct kunit *test)
{
	struct file *file = tree_open("policy", O_WRONLY);
	loff_t pos = 0;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, kernel_write(file, "feature xmmp\ncommit\n", 20, &pos), -EINVAL);
	/* A program that goes on regardless, as if all had been taken. */
	pos = 20;
	expect_refused(test, kernel_write(file, "\n", 1, &pos), before,
		       "line 1, column 9: unknown feature 'xmmp'\n");
	pos = 21;
	expect_refused(test, kernel_write(file, base, strlen(base), &pos), before,
		       "line 1, column 9: unknown feature 'xmmp'\n");
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, base, strlen(base), &pos), strlen(base));
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	expect_contents(test, "error", "");
	filp_close(file, NULL);
}

/* A piece too much is refused with all that follows; a text of its own starts anew. */
static void too_long(struct kunit *test)
{
	struct file *file = tree_open("policy", O_WRONLY);
	const size_t len = PAGE_SIZE;
	char *comments = kunit_kmalloc(test, len, GFP_KERNEL);
	loff_t pos = 0;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_NOT_NULL(test, comments);
	enforce_base(test);
	before = generation();
	for (pos = 0; pos < len; pos += 16)
		memcpy(comments + pos, "# fifteen bytes\n", 16);
	for (pos = 0; pos < LE_MAX_TEXT;)
		KUNIT_ASSERT_EQ(test, kernel_write(file, comments, len, &pos), len);
	expect_refused(test, kernel_write(file, "\n", 1, &pos), before,
		       "policy is longer than 67108864 bytes\n");
	pos = LE_MAX_TEXT + 1;
	expect_refused(test, kernel_write(file, base, strlen(base), &pos), before,
		       "policy is longer than 67108864 bytes\n");
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, base, strlen(base), &pos), strlen(base));
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	filp_close(file, NULL);
}

/* After commit there may be blank lines and comments, in any pieces; text is refused, too late. */
static void after_commit(struct kunit *test)
{
	static const char *const allowed[] = {
		"\n", " \t\r\n", "# feature av", " commit", "\n", "#", "\n\n",
	};
	struct file *file = tree_open("policy", O_WRONLY);
	loff_t pos = 0;
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, kernel_write(file, base, strlen(base), &pos), strlen(base));
	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		KUNIT_EXPECT_EQ_MSG(test, kernel_write(file, allowed[i], strlen(allowed[i]), &pos),
				    strlen(allowed[i]), "%u", i);
		expect_contents(test, "error", "");
	}
	expect_refused(test, kernel_write(file, "\nfeature av\n", 12, &pos), before + 1,
		       "text after commit");
	filp_close(file, NULL);
}

static void gaps(struct kunit *test)
{
	struct file *file = tree_open("policy", O_WRONLY);
	loff_t pos = 5;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	before = generation();
	expect_refused(test, kernel_write(file, base, strlen(base), &pos), before,
		       "byte 5 does not continue a policy");
	pos = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(file, base, 10, &pos), 10);
	pos = 11;
	expect_refused(test, kernel_write(file, base + 10, strlen(base) - 10, &pos), before,
		       "byte 11 does not continue a policy");
	pos = 9;
	expect_refused(test, kernel_write(file, base + 9, strlen(base) - 9, &pos), before,
		       "byte 9 does not continue a policy");
	pos = 10;
	KUNIT_EXPECT_EQ(test, kernel_write(file, base + 10, strlen(base) - 10, &pos),
			strlen(base) - 10);
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	filp_close(file, NULL);
	/* A writer that ends in the middle and never comes back is forgotten by the next. */
	KUNIT_EXPECT_EQ(test, tree_write("policy", "feature av\n"), 0);
	KUNIT_EXPECT_EQ(test, tree_write("policy", base), 0);
	expect_base_judges(test);
}

static void two_writers(struct kunit *test)
{
	struct file *a = tree_open("policy", O_WRONLY), *b = tree_open("policy", O_WRONLY);
	loff_t pos_a = 0, pos_b = 0;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	KUNIT_ASSERT_FALSE(test, IS_ERR(b));
	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, kernel_write(a, "feature av\n", 11, &pos_a), 11);
	/* Where the first one's next piece would be. */
	pos_b = 11;
	expect_refused(test, kernel_write(b, "commit\n", 7, &pos_b), before,
		       "byte 11 does not continue a policy");
	pos_b = 0;
	KUNIT_EXPECT_EQ(test, kernel_write(b, base, 22, &pos_b), 22);
	expect_refused(test, kernel_write(a, "commit\n", 7, &pos_a), before,
		       "byte 11 does not continue a policy");
	/* The other is none the worse for it. */
	KUNIT_EXPECT_EQ(test, kernel_write(b, base + 22, strlen(base) - 22, &pos_b),
			strlen(base) - 22);
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	expect_base_judges(test);
	filp_close(a, NULL);
	filp_close(b, NULL);
}

/* As "echo >> policy" does, each line by an open of its own. */
static int append(const char *line)
{
	struct file *file = tree_open("policy", O_WRONLY | O_APPEND);
	loff_t pos = 0;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = tree_write_file(file, line, strlen(line), SIZE_MAX, &pos);
	filp_close(file, NULL);
	return err;
}

static void appended(struct kunit *test)
{
	u64 before;

	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, tree_write("policy", "interface external lo\n"), 0);
	KUNIT_EXPECT_EQ(test, append("edge access 10.45.16.10\nfeature remote-access\n"), 0);
	KUNIT_EXPECT_EQ(test, append("option established stateless\n"), 0);
	KUNIT_EXPECT_EQ(test, generation(), before);
	KUNIT_EXPECT_EQ(test, append("commit\n"), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	expect_base_judges(test);
	/* After a commit it starts anew, */
	KUNIT_EXPECT_EQ(test, append(base), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 2);
	/* and after a refusal. */
	expect_refused(test, append("feature xmmp\ncommit\n"), before + 2,
		       "line 1, column 9: unknown feature 'xmmp'\n");
	KUNIT_EXPECT_EQ(test, append(base), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 3);
	expect_base_judges(test);
}

/* An open file that appends knows where it left off. */
static void appended_through_one_file(struct kunit *test)
{
	struct file *file = tree_open("policy", O_WRONLY | O_APPEND);
	loff_t pos = 0;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, tree_write_file(file, base, strlen(base), 5, &pos), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 1);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "# end\n", 6, &pos), 6);
	expect_refused(test, kernel_write(file, "feature av\n", 11, &pos), before + 1,
		       "text after commit");
	filp_close(file, NULL);
}

/*
 * An open file may have the address of one that was closed: only one that has written before can
 * have anything to go on with.
 */
static void appended_by_a_successor(struct kunit *test)
{
	struct file *file = tree_open("policy", O_WRONLY | O_APPEND);
	loff_t pos = 0;
	u64 before;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	enforce_base(test);
	before = generation();
	KUNIT_EXPECT_EQ(test, tree_write_file(file, base, strlen(base), SIZE_MAX, &pos), 0);
	pos = 0;
	KUNIT_EXPECT_EQ(test, tree_write_file(file, base, strlen(base), SIZE_MAX, &pos), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 2);
	pos = 0;
	expect_refused(test, tree_write_file(file, "feature xmmp\ncommit\n", 20, SIZE_MAX, &pos),
		       before + 2, "line 1, column 9: unknown feature 'xmmp'\n");
	pos = 0;
	KUNIT_EXPECT_EQ(test, tree_write_file(file, base, strlen(base), SIZE_MAX, &pos), 0);
	KUNIT_EXPECT_EQ(test, generation(), before + 3);
	filp_close(file, NULL);
}

/* ---- reading ---- */

/* Through one file in pieces of a size; the place where one starts is the end of the one before. */
static void expect_reads(struct kunit *test, const char *name, const char *want, size_t piece)
{
	struct file *file = tree_open(name, O_RDONLY);
	size_t len = strlen(want), i;
	loff_t pos = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	for (i = 0; i < len; i += piece) {
		size_t n = min3(piece, len - i, (size_t)PAGE_SIZE);

		KUNIT_ASSERT_EQ(test, kernel_read(file, seen, piece, &pos), n);
		KUNIT_ASSERT_EQ_MSG(test, memcmp(seen, want + i, n), 0, "%s from %zu", name, i);
	}
	KUNIT_EXPECT_EQ(test, kernel_read(file, seen, piece, &pos), 0);
	filp_close(file, NULL);
}

static void reads_of_policy(struct kunit *test)
{
	static const size_t pieces[] = { 1, 3, 100, 1000, PAGE_SIZE - 1, PAGE_SIZE };
	struct file *file;
	char byte;
	loff_t pos;
	size_t len = 0, i;

	for (i = 0; i < LE_MAX_SITE_ROWS; i++)
		len += scnprintf(text + len, TEXT_SIZE - len,
				 "allow row%zu external in tcp %zu from any to any\n", i, i + 1);
	scnprintf(text + len, TEXT_SIZE - len, "commit\n");
	KUNIT_ASSERT_EQ(test, tree_write("policy", text), 0);
	KUNIT_ASSERT_GT(test, tree_read("policy", text, TEXT_SIZE), 40000);
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		expect_reads(test, "policy", text, pieces[i]);
	file = tree_open("policy", O_RDONLY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	for (pos = strlen(text); pos < strlen(text) + 3;) {
		loff_t at = pos;

		KUNIT_EXPECT_EQ(test, kernel_read(file, &byte, 1, &at), 0);
		pos++;
	}
	pos = 12345;
	KUNIT_EXPECT_EQ(test, kernel_read(file, &byte, 1, &pos), 1);
	KUNIT_EXPECT_EQ(test, byte, text[12345]);
	filp_close(file, NULL);
	/* It can be written back unchanged. */
	KUNIT_EXPECT_EQ(test, tree_write("policy", text), 0);
	KUNIT_EXPECT_STREQ(test, contents("policy"), (const char *)text);
}

static void reads_of_counters(struct kunit *test)
{
	static const size_t pieces[] = { 1, 50, 333, PAGE_SIZE };
	unsigned int i, lines = 0;
	char *c;

	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	KUNIT_ASSERT_GT(test, tree_read("counters", text, TEXT_SIZE), 0);
	for (c = text; *c; c++)
		lines += *c == '\n';
	KUNIT_EXPECT_EQ(test, lines, 37 + 8);
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		expect_reads(test, "counters", text, pieces[i]);
}

/* Halves of two lists would be none: a reader that another came in between of is told. */
static void two_readers(struct kunit *test)
{
	struct file *a = tree_open("counters", O_RDONLY), *b = tree_open("counters", O_RDONLY);
	loff_t pos_a = 0, pos_b = 0;
	char buf[64];

	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	KUNIT_ASSERT_FALSE(test, IS_ERR(b));
	enforce_base(test);
	KUNIT_EXPECT_EQ(test, kernel_read(a, buf, 10, &pos_a), 10);
	KUNIT_EXPECT_EQ(test, kernel_read(a, buf, 10, &pos_a), 10);
	KUNIT_EXPECT_EQ(test, kernel_read(b, buf, 10, &pos_b), 10);
	KUNIT_EXPECT_EQ(test, kernel_read(a, buf, 10, &pos_a), -ESTALE);
	KUNIT_EXPECT_EQ(test, kernel_read(b, buf, 10, &pos_b), 10);
	pos_a = 0;
	KUNIT_EXPECT_EQ(test, kernel_read(a, buf, 10, &pos_a), 10);
	KUNIT_EXPECT_EQ(test, kernel_read(b, buf, 10, &pos_b), -ESTALE);
	/* What is read in pieces is of one moment, whatever passes in between. */
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1"), 0);
	pos_a = 0;
	KUNIT_EXPECT_EQ(test, kernel_read(a, buf, 10, &pos_a), 10);
	passes(test, 443);
	KUNIT_EXPECT_GT(test, tree_read_file(a, seen, TEXT_SIZE), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(seen, "\next-05 1 40\n"));
	filp_close(a, NULL);
	filp_close(b, NULL);
}

/* ---- who ---- */

static void expect_eperm(struct kunit *test, const char *name, const char *word)
{
	KUNIT_EXPECT_EQ_MSG(test, tree_write(name, word), -EPERM, "%s", name);
}

/* Root without the right to administer networks may read, and change nothing. */
static void without_capability(struct kunit *test)
{
	struct cred *cred = prepare_creds();
	const struct cred *saved;
	u64 before;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	enforce_base(test);
	before = generation();
	cap_lower(cred->cap_effective, CAP_NET_ADMIN);
	saved = override_creds(cred);
	expect_eperm(test, "mode", "off");
	expect_eperm(test, "policy", "commit\n");
	expect_eperm(test, "reset", "1");
	expect_eperm(test, "confirm", "60");
	expect_eperm(test, "features/av", "1");
	expect_eperm(test, "mode", "nonsense");
	revert_creds(saved);
	put_cred(cred);
	expect_contents(test, "mode", "enforce\n");
	expect_contents(test, "features/av", "0\n");
	expect_contents(test, "error", "");
	KUNIT_EXPECT_EQ(test, generation(), before);
	expect_base_judges(test);
}

static void not_root(struct kunit *test)
{
	static const char *const names[] = {
		"mode", "policy", "error", "generation", "counters", "confirm", "reset",
		"features/av", "rows/ext-05/active", "rows/ext-05/packets", "drops/no-row/bytes",
	};
	struct cred *cred = prepare_creds();
	const struct cred *saved;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->fsuid = KUIDT_INIT(65534);
	cred->fsgid = KGIDT_INIT(65534);
	cap_clear(cred->cap_effective);
	saved = override_creds(cred);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(tree_open(names[i], O_RDONLY)), -EACCES,
				    "%s", names[i]);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(tree_open(names[i], O_WRONLY)), -EACCES,
				    "%s", names[i]);
	}
	revert_creds(saved);
	put_cred(cred);
}

/* ---- what is held ---- */

static void expect_references(struct kunit *test, const char *want)
{
	struct file *file = filp_open("/sys/module/lyncedge/refcnt", O_RDONLY, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_GT(test, tree_read_file(file, seen, TEXT_SIZE), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)seen, want);
	filp_close(file, NULL);
}

/* While it enforces the module cannot be removed, by one reference however it came to that. */
static void enforcing_pins(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tree_write("mode", "off"), 0);
	expect_references(test, "0\n");
	KUNIT_ASSERT_EQ(test, tree_write("mode", "monitor"), 0);
	expect_references(test, "0\n");
	enforce_base(test);
	expect_references(test, "1\n");
	enforce_base(test);
	KUNIT_EXPECT_EQ(test, tree_write("mode", "nonsense"), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree_write("policy", "nonsense\ncommit\n"), -EINVAL);
	expect_references(test, "1\n");
	KUNIT_ASSERT_EQ(test, tree_write("mode", "monitor"), 0);
	expect_references(test, "0\n");
	KUNIT_ASSERT_EQ(test, tree_write("mode", "enforce"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "off"), 0);
	expect_references(test, "0\n");
}

/* ---- changes that have to be confirmed ---- */

/* Of everything, ports 444 and 445 alone. */
static const char other[] =
	"interface external lo\nedge access 10.45.16.10\noption established stateless\n"
	"allow web external in tcp 444-445 from any to access\ncommit\n";

static void expect_other_judges(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, passes(test, 443));
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
}

static void confirm_words(struct kunit *test)
{
	static const struct word bad[] = {
		WORD("\n"), WORD("x"), WORD("-1"), WORD("86401"), WORD("60 s"), WORD("1.5"),
		WORD("4294967296"), WORD("4294967356"), WORD(" 1"), WORD("0x3c"),
	};
	static const struct word good[] = { WORD("1"), WORD("86400\n"), WORD("0"), WORD("0\n") };
	unsigned int i;

	enforce_base(test);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("confirm", &bad[i]), -EINVAL, "%u", i);
		KUNIT_EXPECT_NOT_NULL(test, strstr(contents("error"), "1 to 86400 seconds"));
	}
	/* Nothing is pending before there is a change. */
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_word("confirm", &good[i]), 0, "%u", i);
		expect_contents(test, "error", "");
		expect_contents(test, "confirm", "0\n");
	}
	KUNIT_EXPECT_EQ(test, tree_write("policy", other), 0);
	expect_contents(test, "confirm", "0\n");
}

static void confirmed(struct kunit *test)
{
	enforce_base(test);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "4"), 0);
	/* What is refused is no change. */
	KUNIT_EXPECT_EQ(test, tree_write("policy", "nonsense\ncommit\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree_write("mode", "nonsense"), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree_write("reset", "1"), 0);
	expect_contents(test, "confirm", "0\n");
	KUNIT_ASSERT_EQ(test, tree_write("policy", other), 0);
	KUNIT_EXPECT_NE(test, seconds_left(), 0U);
	KUNIT_EXPECT_LE(test, seconds_left(), 4U);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "0"), 0);
	expect_contents(test, "confirm", "0\n");
	msleep(5000);
	expect_other_judges(test);
	/* It was for that change alone. */
	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	expect_contents(test, "confirm", "0\n");
}

/* All changes since the first, by one clock. */
static void changes_undone(struct kunit *test)
{
	u64 before;

	enforce_base(test);
	before = generation();
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("policy", other), 0);
	KUNIT_EXPECT_NE(test, seconds_left(), 0U);
	KUNIT_EXPECT_EQ(test, tree_write("confirm", "nonsense"), -EINVAL);
	KUNIT_EXPECT_NE(test, seconds_left(), 0U);
	KUNIT_ASSERT_EQ(test, tree_write("features/av", "1"), 0);
	expect_other_judges(test);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "monitor"), 0);
	KUNIT_EXPECT_TRUE(test, passes(test, 443));
	KUNIT_EXPECT_EQ(test, generation(), before + 2);
	let_time_run_out(test);
	expect_contents(test, "mode", "enforce\n");
	expect_base_judges(test);
	expect_references(test, "1\n");
	KUNIT_EXPECT_EQ(test, generation(), before + 3);
	/* And that is for good. */
	KUNIT_ASSERT_EQ(test, tree_write("policy", other), 0);
	KUNIT_EXPECT_EQ(test, seconds_left(), 0U);
	expect_other_judges(test);
}

/* Until it is confirmed, what is needed to go back is held: the module itself, for one. */
static void mode_undone(struct kunit *test)
{
	u64 before;

	enforce_base(test);
	before = generation();
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "off"), 0);
	KUNIT_EXPECT_TRUE(test, passes(test, 444));
	expect_references(test, "1\n");
	let_time_run_out(test);
	expect_contents(test, "mode", "enforce\n");
	expect_base_judges(test);
	expect_references(test, "1\n");
	KUNIT_EXPECT_EQ(test, generation(), before);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "off"), 0);
	expect_references(test, "1\n");
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "0"), 0);
	expect_references(test, "0\n");
	expect_contents(test, "mode", "off\n");
}

/* The same policy and mode again are a change as well, and may be undone. */
static void no_change_undone(struct kunit *test)
{
	enforce_base(test);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("mode", "enforce"), 0);
	KUNIT_EXPECT_NE(test, seconds_left(), 0U);
	KUNIT_ASSERT_EQ(test, tree_write("policy", base), 0);
	let_time_run_out(test);
	expect_base_judges(test);
}

static void more_time(struct kunit *test)
{
	enforce_base(test);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "4"), 0);
	KUNIT_ASSERT_EQ(test, tree_write("policy", other), 0);
	KUNIT_ASSERT_EQ(test, tree_write("confirm", "3600"), 0);
	KUNIT_EXPECT_GT(test, seconds_left(), 4U);
	KUNIT_EXPECT_LE(test, seconds_left(), 3600U);
	msleep(5000);
	expect_other_judges(test);
	/* And less; it is still the first policy that it goes back to. */
	KUNIT_ASSERT_EQ(test, tree_write("policy", other), 0);
	let_time_run_out(test);
	expect_base_judges(test);
}

/* ---- the suite ---- */

static int sysfs_suite_init(struct kunit_suite *suite)
{
	seen = kvzalloc(TEXT_SIZE, GFP_KERNEL);
	text = kvzalloc(TEXT_SIZE, GFP_KERNEL);
	return seen && text ? 0 : -ENOMEM;
}

static void sysfs_suite_exit(struct kunit_suite *suite)
{
	tree_write("confirm", "0");
	tree_write("mode", "off");
	kvfree(seen);
	kvfree(text);
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE(tree),
	KUNIT_CASE(after_loading),
	KUNIT_CASE(without_policy),
	KUNIT_CASE(first_policy_undone),
	KUNIT_CASE(mode_before_policy),
	KUNIT_CASE(odd_modes),
	KUNIT_CASE(long_words),
	KUNIT_CASE(words_at_offsets),
	KUNIT_CASE(odd_features),
	KUNIT_CASE(each_feature),
	KUNIT_CASE(feature_refused),
	KUNIT_CASE(resets),
	KUNIT_CASE(any_pieces),
	KUNIT_CASE(cut_anywhere),
	KUNIT_CASE(page_borders),
	KUNIT_CASE(no_commit),
	KUNIT_CASE(ways_to_commit),
	KUNIT_CASE(refused_texts),
	KUNIT_CASE(after_refusal),
	KUNIT_CASE(too_long),
	KUNIT_CASE(after_commit),
	KUNIT_CASE(gaps),
	KUNIT_CASE(two_writers),
	KUNIT_CASE(appended),
	KUNIT_CASE(appended_through_one_file),
	KUNIT_CASE(appended_by_a_successor),
	KUNIT_CASE(reads_of_policy),
	KUNIT_CASE(reads_of_counters),
	KUNIT_CASE(two_readers),
	KUNIT_CASE(without_capability),
	KUNIT_CASE(not_root),
	KUNIT_CASE(enforcing_pins),
	KUNIT_CASE(confirm_words),
	KUNIT_CASE(confirmed),
	KUNIT_CASE(changes_undone),
	KUNIT_CASE(mode_undone),
	KUNIT_CASE(no_change_undone),
	KUNIT_CASE(more_time),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "lyncedge_sysfs",
	.suite_init = sysfs_suite_init,
	.suite_exit = sysfs_suite_exit,
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);

MODULE_LICENSE("GPL");
