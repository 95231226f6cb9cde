// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * summary - what a session saw, how long pages were in flight, and what was lost.
 * There is always a line on loss: "lost nothing" is said as well.
 */
#include "summary.h"

#include <string.h>

#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "base/fmt.h"

#define BAR_LEN 40

static void print_seen(FILE *out, const struct summary *sum)
{
	const __u64 *count = sum->totals.stats.count;
	char age[FMT_SIZE_LEN], size[FMT_SIZE_LEN];

	fprintf(out, "watched    %s: pages %llu, bytes %s, connections %llu\n",
		fmt_age(age, sum->duration_ns), (unsigned long long)count[PF_C_attached],
		fmt_size(size, count[PF_C_attached_bytes]),
		(unsigned long long)count[PF_C_conns]);
	fprintf(out, "in flight  pages %llu, connections %llu\n", sum->totals.in_flight,
		sum->totals.conns);
	fprintf(out, "content    %s\n", pf_content_name(sum->content));
}

static void print_filter(FILE *out, const struct summary *sum)
{
	char text[FILTER_TEXT_LEN], clean[FILTER_TEXT_LEN];

	if (!sum->filter || !*filter_text(sum->filter, text, sizeof(text)))
		return;
	fmt_cell(clean, sizeof(clean), text, sizeof(text), false);
	fprintf(out, "filters    %s: left out pages %llu, incidents %llu\n", clean,
		(unsigned long long)sum->totals.stats.count[PF_C_filtered],
		(unsigned long long)sum->small);
}

static void print_incidents(FILE *out, const struct summary *sum)
{
	char size[FMT_SIZE_LEN];
	bool any = false;

	fputs("incidents ", out);
	for (int i = PF_VERDICT_MAX - 1; i >= 0; i--) {
		if (!sum->incidents[i])
			continue;
		fprintf(out, "%s %llu %s (%s bytes)", any ? "," : "",
			(unsigned long long)sum->incidents[i], pf_verdict_name(i),
			fmt_size(size, sum->bytes[i]));
		any = true;
	}
	fputs(any ? "\n" : " none\n", out);
}

#define EXPOSURES 5
#define INDENT 11
#define WIDTH 80

/* A sentence of some lines. A word that is longer than a line stays whole. */
static void print_wrapped(FILE *out, const char *title, const char *text)
{
	fprintf(out, "%-*s", INDENT, title);
	while (fmt_width(text) > WIDTH - INDENT) {
		const char *end = text, *at = text;

		for (size_t width = 0; width <= WIDTH - INDENT && *at; width++) {
			__u32 point;

			end = *at == ' ' ? at : end;
			at += fmt_char(at, &point) ?: 1;
		}
		if (end == text && !(end = strchr(text, ' ')))
			break;
		fprintf(out, "%.*s\n%-*s", (int)(end - text), text, INDENT, "");
		text = end + 1;
	}
	fprintf(out, "%s\n", text);
}

static bool any_incident(const struct summary *sum)
{
	__u64 n = sum->small;

	for (int i = 0; i < PF_VERDICT_MAX; i++)
		n += sum->incidents[i];
	return n > 0;
}

/* There was no incident: there could have been, or why not. */
static void print_unexposed(FILE *out, const __u64 count[PF_C_MAX])
{
	if (!count[PF_C_attached])
		fputs("exposed    nothing: nothing was sent by reference\n", out);
	else if (!count[PF_C_exposed])
		fputs("exposed    nothing: nobody could change a file that was sent by reference\n", out);
}

/* What could have become incidents; those that have are told already. */
static void print_exposures(FILE *out, const struct summary *sum)
{
	const struct exposures_sum *x = &sum->exposures;
	char text[EXPOSURE_TEXT];
	int n = 0;

	for (size_t i = 0; i < x->n && n < EXPOSURES; i++) {
		if (x->at[i].incidents)
			continue;
		print_wrapped(out, "exposed", exposure_text(text, &x->at[i]));
		n++;
	}
	if (n && x->files > EXPOSURES)
		fprintf(out, "exposed    files %llu in all, pages %llu\n", (unsigned long long)x->files,
			(unsigned long long)sum->totals.stats.count[PF_C_exposed]);
	if (!any_incident(sum))
		print_unexposed(out, sum->totals.stats.count);
}

/* Only mode wire, which the user or this host did not want, looks at bytes as they are transmitted. */
static void print_advice(FILE *out, const struct summary *sum)
{
	if (sum->unseen && sum->content == PF_CONTENT_EDGES)
		fprintf(out, "advice     %llu are possible since nobody saw when they were made: "
			"mode wire would tell\n", (unsigned long long)sum->unseen);
}

static void print_histogram(FILE *out, const char *title, const __u64 slots[PF_HIST_SLOTS])
{
	char from[FMT_SIZE_LEN], to[FMT_SIZE_LEN];
	int first = PF_HIST_SLOTS, last = -1;
	__u64 most = 0;

	for (int i = 0; i < PF_HIST_SLOTS; i++) {
		if (!slots[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = slots[i] > most ? slots[i] : most;
	}
	if (last < 0)
		return;
	fprintf(out, "%-22s %10s\n", title, "pages");
	for (int i = first; i <= last; i++) {
		int bar = (slots[i] * (double)BAR_LEN + most - 1) / most;

		fmt_age(from, i ? 1000ull << (i - 1) : 0);
		fmt_age(to, 1000ull << i);
		fprintf(out, "  %6s .. %-9s %12llu%s%.*s\n", from,
			i < PF_HIST_SLOTS - 1 ? to : "", (unsigned long long)slots[i],
			bar ? " " : "", bar, "########################################");
	}
}

static void print_missed(FILE *out, const struct summary *sum)
{
	for (int i = 0; i < PF_ROLE_MAX; i++)
		if (sum->totals.missed_by[i])
			fprintf(out, "           %llu of them: %s\n",
				(unsigned long long)sum->totals.missed_by[i], hook_roles[i]);
}

static void print_losses(FILE *out, const struct summary *sum)
{
	struct loss losses[SINK_LOSSES];
	bool any = false;

	sink_losses(sum, losses);
	for (int i = 0; i < SINK_LOSSES; i++) {
		if (!losses[i].count)
			continue;
		fprintf(out, "lost       %s %llu: %s\n", losses[i].name,
			(unsigned long long)losses[i].count, losses[i].text);
		if (!strcmp(losses[i].name, "missed"))
			print_missed(out, sum);
		any = true;
	}
	if (!any)
		fputs("lost       nothing\n", out);
}

void summary_print(FILE *out, const struct summary *sum)
{
	fputc('\n', out);
	print_histogram(out, "attach to ACK", sum->totals.stats.to_ack);
	print_histogram(out, "attach to release", sum->totals.stats.to_release);
	print_seen(out, sum);
	print_filter(out, sum);
	print_incidents(out, sum);
	print_exposures(out, sum);
	print_advice(out, sum);
	print_losses(out, sum);
}

static int quiet_open(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int quiet_incident(struct sink *sink, const struct shown *shown)
{
	(void)sink;
	(void)shown;
	return 0;
}

static int quiet_summary(struct sink *sink, const struct summary *sum)
{
	summary_print(sink->out, sum);
	return sink_flush(sink->out);
}

const struct sink_ops sink_quiet = {
	.open = quiet_open,
	.incident = quiet_incident,
	.summary = quiet_summary,
};
