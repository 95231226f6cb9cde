// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* html.c - see html.h. */
#include "html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "crossing.h"
#include "output/summary.h"
#include "tally.h"

#define NAME_LEN 8192
#define TALLY_ROWS 20

static const char style[] =
"body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1b1b1b;background:#fff}"
"h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em}h3{font-size:1em;margin:0}"
"table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.15em .6em .15em 0;"
"border-bottom:1px solid #ddd;overflow-wrap:anywhere}td.n,th.n{text-align:right}"
"pre{background:#f4f4f4;padding:.8em;overflow-x:auto;font-size:.85em}"
"section.case{border:1px solid #ccc;border-left:5px solid #888;padding:.8em 1em;margin:1em 0;break-inside:avoid}"
"section.corrupt,section.mixed{border-left-color:#c1272d}section.possible{border-left-color:#d98c00}"
"section.near-miss,section.identical{border-left-color:#2a7d3f}"
"svg{width:100%;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:#333}"
".tick{stroke:#ddd}.queued{fill:#7fa7d6}.sent{fill:#bcd3ee}.write{fill:#c1272d}.hit{fill:#c1272d;fill-opacity:.45}"
".wrong{fill:#c1272d}.perhaps{fill:#d98c00}.meant{fill:#2a7d3f}.none{fill:#e4e4e4}"
".heat1{fill:#dce8f5}.heat2{fill:#a9c6e6}.heat3{fill:#5f93cc}.heat4{fill:#1d5a9e}"
".key span{display:inline-block;width:1em;height:.8em;margin:0 .3em 0 1em}"
"@media print{body{margin:0;max-width:none}a{color:inherit;text-decoration:none}}";

void html_text(FILE *out, const char *text, size_t max)
{
	size_t len = strlen(text), room = 4 * (len < max ? len : max) + 4;
	char *clean = malloc(room);

	if (!clean)
		return;
	fmt_cell(clean, room, text, max, false);
	for (const char *c = clean; *c; c++) {
		switch (*c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*c, out);
		}
	}
	free(clean);
}

static void put_row(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<tr><th>%s</th><td>", name);
	html_text(out, text, NAME_LEN);
	fputs("</td></tr>\n", out);
}

static void put_head(FILE *out, const struct review *v)
{
	char from[FMT_TIME_LEN], to[FMT_TIME_LEN];

	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; img-src data:\">"
		"<meta name=\"viewport\" content=\"width=device-width\">"
		"<link rel=\"icon\" href=\"data:,\"><title>pageflight report</title>"
		"<style>%s</style></head><body>\n<h1>pageflight report</h1>\n<table>\n", style);
	put_row(out, "recording", v->r->path);
	put_row(out, "host", reader_about(v->r, "host") ?: "?");
	put_row(out, "kernel", reader_about(v->r, "kernel") ?: "?");
	if (v->first_mono) {
		put_row(out, "from", fmt_time(from, reader_wall(v->r, v->first_mono)));
		put_row(out, "to", fmt_time(to, v->has_summary ? v->sum.wall_ns :
						 reader_wall(v->r, v->last_mono)));
	}
	fputs("</table>\n", out);
}

static void put_summary(FILE *out, const struct review *v)
{
	char *text = NULL;
	size_t len;
	FILE *in;

	if (!v->has_summary) {
		fputs("<p>The session did not come to its end: there is no summary.</p>\n", out);
		return;
	}
	in = open_memstream(&text, &len);
	if (!in)
		return;
	summary_print(in, &v->sum);
	fclose(in);
	fputs("<h2>Summary</h2>\n<pre>", out);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		html_text(out, line, 200);
		fputc('\n', out);
	}
	fputs("</pre>\n", out);
	free(text);
}

static int put_tally(FILE *out, const struct review *v, const char *title, tally_name_fn name)
{
	char size[FMT_SIZE_LEN];
	struct tally *t;
	ssize_t n = tally_of(v, name, &t);

	if (n < 0)
		return -ENOMEM;
	fprintf(out, "<h2>%s</h2>\n<table><tr><th></th><th class=\"n\">wrong</th><th class=\"n\">bytes</th>"
		"<th class=\"n\">incidents</th></tr>\n", title);
	for (ssize_t i = 0; i < n && i < TALLY_ROWS; i++) {
		fputs("<tr><td>", out);
		html_text(out, t[i].name, NAME_LEN);
		fprintf(out, "</td><td class=\"n\">%llu</td><td class=\"n\">%s</td><td class=\"n\">%llu</td></tr>\n",
			t[i].wrong, fmt_size(size, t[i].bytes), t[i].all);
	}
	if (n > TALLY_ROWS)
		fprintf(out, "<tr><td>and %zd more</td></tr>\n", n - TALLY_ROWS);
	fputs("</table>\n", out);
	tally_free(t, n);
	return 0;
}

static void put_who(FILE *out, const char *const names[2], const struct pf_task *task,
		    const struct pf_who *who, const char *cgroup)
{
	char text[NAME_LEN];

	if (*kase_who(task, who, text, sizeof(text)))
		put_row(out, names[0], text);
	if (*kase_cgroup(task, who, cgroup, text, sizeof(text)))
		put_row(out, names[1], text);
}

static void put_case(FILE *out, const struct review *v, const struct kase *c)
{
	char name[NAME_LEN], time[FMT_TIME_LEN], size[FMT_SIZE_LEN], text[256];
	const char *verdict = pf_verdict_name(c->inc.answer.verdict);

	fprintf(out, "<section class=\"case %s\" id=\"case%llu\"><h3>Case %llu: %s (%s), %s bytes, %s</h3>\n<p>",
		verdict, c->n, c->n, verdict, pf_reason_name(c->inc.answer.reason), fmt_size(size, c->inc.bytes),
		fmt_time(time, c->wall_ns));
	html_text(out, c->inc.answer.rule, 200);
	fputs(c->inc.evidence_lost ? ". Evidence was lost.</p>\n" : "</p>\n", out);
	svg_crossing(out, v, c);
	svg_bytes(out, c);
	fputs("<table>\n", out);
	put_row(out, "writer", kase_task(&c->inc.writer, NULL, name, sizeof(name)));
	put_who(out, (const char *[]){ "writer's process", "writer's cgroup" }, &c->inc.writer,
		&c->inc.writer_who, c->writer_cgroup);
	if (c->suspects)
		put_row(out, "mapped writable by", *c->suspects ? c->suspects : "nobody then");
	put_row(out, "sender", kase_task(&c->inc.sender, c->module, name, sizeof(name)));
	put_who(out, (const char *[]){ "sender's process", "sender's cgroup" }, &c->inc.sender,
		&c->inc.sender_who, c->sender_cgroup);
	put_row(out, "connection", tally_connection(c, name, sizeof(name)));
	put_row(out, "file", kase_file(c, name, sizeof(name)));
	snprintf(text, sizeof(text), "%llu + %llu", c->inc.file_off, c->inc.file_len);
	if (!pf_incident_no_file(&c->inc))
		put_row(out, "bytes of the file", text);
	snprintf(text, sizeof(text), "%llu + %llu", c->inc.stream_off, c->inc.stream_len);
	put_row(out, "bytes of the stream", text);
	put_row(out, "evidence", c->evidence ?: "");
	put_row(out, "cure", crossing_cure(c));
	fputs("</table></section>\n", out);
}

static void put_list(FILE *out, const struct kase **list, size_t n)
{
	char name[NAME_LEN], time[FMT_TIME_LEN], size[FMT_SIZE_LEN];

	fputs("<h2>All incidents</h2>\n<table><tr><th class=\"n\">case</th><th>time</th><th>verdict</th><th>reason</th>"
	      "<th class=\"n\">bytes</th><th>writer</th><th>file</th></tr>\n", out);
	for (size_t i = 0; i < n && i < HTML_ROWS; i++) {
		const struct kase *c = list[i];

		fprintf(out, i < HTML_CASES ? "<tr><td class=\"n\"><a href=\"#case%llu\">%llu</a></td>" :
			"<tr><td class=\"n\" data-case=\"%llu\">%llu</td>", c->n, c->n);
		fprintf(out, "<td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%s</td><td>",
			fmt_clock(time, c->wall_ns, true), pf_verdict_name(c->inc.answer.verdict),
			pf_reason_name(c->inc.answer.reason), fmt_size(size, c->inc.bytes));
		html_text(out, kase_task(&c->inc.writer, NULL, name, sizeof(name)), 64);
		fputs("</td><td>", out);
		html_text(out, kase_file(c, name, sizeof(name)), NAME_LEN);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
	if (n > HTML_ROWS)
		fprintf(out, "<p>And %zu more.</p>\n", n - HTML_ROWS);
}

static void put_key(FILE *out)
{
	fputs("<p class=\"key\">Above, how long the socket held the bytes, below, the write, time to the right:"
	      "<span style=\"background:#7fa7d6\"></span>held, not seen to be transmitted"
	      "<span style=\"background:#bcd3ee\"></span>transmitted"
	      "<span style=\"background:#c1272d\"></span>the write, and bytes that are wrong"
	      "<span style=\"background:#d98c00\"></span>perhaps"
	      "<span style=\"background:#2a7d3f\"></span>as meant</p>\n", out);
}

int html_print(FILE *out, const struct review *v)
{
	const struct kase **list = review_worst(v);
	int err;

	if (!list)
		return -ENOMEM;
	put_head(out, v);
	put_summary(out, v);
	fputs("<h2>How long pages were in flight</h2>\n<p>From attach to release, over the time of the session; darker "
	      "is more pages. Red: an incident with wrong bytes; green: another.</p>\n", out);
	svg_heat(out, v);
	err = put_tally(out, v, "Files", tally_file);
	err = err ?: put_tally(out, v, "Writers", tally_writer);
	err = err ?: put_tally(out, v, "Senders", tally_sender);
	err = err ?: put_tally(out, v, "Connections", tally_connection);
	fputs("<h2>Cases</h2>\n", out);
	put_key(out);
	for (size_t i = 0; i < v->n_cases && i < HTML_CASES; i++)
		put_case(out, v, list[i]);
	put_list(out, list, v->n_cases);
	fputs("</body></html>\n", out);
	free(list);
	return err;
}
