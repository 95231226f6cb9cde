// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* metrics.c - see metrics.h. A series is there from the start, with 0, so that its first rise is seen. */
#include "metrics.h"

#include <string.h>

#include "base/clock.h"
#include "base/version.h"
#include "kernel/filter.h"
#include "kernel/hooks.h"

typedef unsigned long long ull;

/* The upper ends of the buckets that are told: 2^4, 2^6, ... 2^26 microseconds. */
#define BUCKET_FIRST 4
#define BUCKET_LAST 26
#define BUCKET_STEP 2

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP pageflight_%s %s\n# TYPE pageflight_%s %s\n", name, help, name, type);
}

static void plain(FILE *out, const char *name, const char *type, const char *help, __u64 value)
{
	head(out, name, type, help);
	fprintf(out, "pageflight_%s %llu\n", name, (ull)value);
}

static void seconds(FILE *out, const char *name, const char *type, const char *help, __u64 ns)
{
	head(out, name, type, help);
	fprintf(out, "pageflight_%s %llu.%09llu\n", name, (ull)(ns / NSEC_PER_SEC), (ull)(ns % NSEC_PER_SEC));
}

/* What the kernel calls itself, without what a label could not hold. */
static void print_word(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '"' || *text == '\\' || *text < ' ' ? '_' : *text, out);
}

static void print_session(FILE *out, const struct summary *sum)
{
	const struct vitals *v = sum->vitals;
	char filter[FILTER_TEXT_LEN];
	bool filtered = sum->filter && *filter_text(sum->filter, filter, sizeof(filter));

	head(out, "build_info", "gauge", "Which pageflight this is.");
	fprintf(out, "pageflight_build_info{version=\"%s\"} 1\n", version_number);
	head(out, "session_info", "gauge",
	     "On which kernel it runs, how bytes are compared, and whether a filter leaves something out.");
	fputs("pageflight_session_info{kernel=\"", out);
	print_word(out, v->kernel);
	fprintf(out, "\",content=\"%s\",filter=\"%s\"} 1\n", pf_content_name(sum->content),
		filtered ? "on" : "off");
	seconds(out, "start_time_seconds", "gauge", "When all was attached, since the epoch.",
		v->began_wall_ns);
	seconds(out, "collected_time_seconds", "gauge", "When these numbers were collected, since the epoch.",
		sum->wall_ns);
}

static void print_by(FILE *out, const char *name, const __u64 by[PF_VERDICT_MAX][SINK_HOWS])
{
	for (int verdict = 0; verdict < PF_VERDICT_MAX; verdict++)
		for (int how = 0; how < SINK_HOWS; how++)
			fprintf(out, "pageflight_%s{verdict=\"%s\",how=\"%s\"} %llu\n", name,
				pf_verdict_name(verdict), pf_writer_how_name(how),
				(ull)by[verdict][how]);
}

static void print_incidents(FILE *out, const struct summary *sum)
{
	head(out, "incidents_total", "counter",
	     "Overwrites of what a connection still held, by verdict and by how they were made.");
	print_by(out, "incidents_total", sum->incidents_by);
	head(out, "incident_bytes_total", "counter", "Bytes of these incidents that have their verdict.");
	print_by(out, "incident_bytes_total", sum->bytes_by);
	plain(out, "incidents_waiting", "gauge", "Incidents that are not decided yet.",
	      sum->vitals->waiting);
	plain(out, "incidents_below_min_bytes_total", "counter",
	      "Incidents left out by --min-bytes.", sum->small);
}

/* One family for each counter: they count different things. */
static void print_counters(FILE *out, const struct pf_totals *totals)
{
	char name[64];

	for (int i = 0; i < PF_C_FIRST_LOSS; i++) {
		snprintf(name, sizeof(name), "%s_total", sink_counter_names[i]);
		plain(out, name, "counter", sink_counter_texts[i], totals->stats.count[i]);
	}
	plain(out, "in_flight", "gauge", "Pages that are in flight now.", totals->in_flight);
	plain(out, "in_flight_connections", "gauge", "Connections that are followed now.", totals->conns);
}

/* 0.000016, without zeros at its end. */
static void print_bucket_end(FILE *out, int slot)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%llu.%06llu", (1ull << slot) / 1000000,
			   (1ull << slot) % 1000000);

	while (text[len - 1] == '0')
		len--;
	fprintf(out, "%.*s", len, text);
}

/* Slot i has what took less than 2^i microseconds, and not less than half of that. */
static void print_histogram(FILE *out, const char *name, const char *help,
			    const __u64 slots[PF_HIST_SLOTS])
{
	__u64 n = 0;

	head(out, name, "histogram", help);
	for (int i = 0; i < PF_HIST_SLOTS; i++) {
		n += slots[i];
		if (i < BUCKET_FIRST || i > BUCKET_LAST || (i - BUCKET_FIRST) % BUCKET_STEP)
			continue;
		fprintf(out, "pageflight_%s_bucket{le=\"", name);
		print_bucket_end(out, i);
		fprintf(out, "\"} %llu\n", (ull)n);
	}
	fprintf(out, "pageflight_%s_bucket{le=\"+Inf\"} %llu\npageflight_%s_count %llu\n", name, (ull)n,
		name, (ull)n);
}

static void print_losses(FILE *out, const struct summary *sum)
{
	struct loss losses[SINK_LOSSES];

	sink_losses(sum, losses);
	head(out, "losses_total", "counter",
	     "What was not seen, by cause; docs/events.md explains each.");
	for (int i = 0; i < SINK_LOSSES; i++)
		fprintf(out, "pageflight_losses_total{cause=\"%s\"} %llu\n", losses[i].name,
			(ull)losses[i].count);
	head(out, "skipped_total", "counter",
	     "Invocations of a program that the kernel skipped, by its role.");
	for (int i = 0; i < PF_ROLE_MAX; i++)
		fprintf(out, "pageflight_skipped_total{role=\"%s\"} %llu\n", hook_roles[i],
			(ull)sum->totals.missed_by[i]);
}

/* How many programs of the role of hooks[i] are in this state. A row before may have told. */
static unsigned int in_state(const struct summary *sum, size_t i, enum hook_state state)
{
	unsigned int n = 0;

	for (size_t k = 0; k < sum->n_hooks; k++) {
		if (strcmp(sum->hooks[k].role, sum->hooks[i].role))
			continue;
		if (k < i)
			return 0;
		n += sum->hooks[k].state == state;
	}
	return n;
}

/* A state without a program is left out: there are many, and they stay as they are in a session. */
static void print_hooks(FILE *out, const struct summary *sum)
{
	unsigned int blind = 0;

	head(out, "hooks", "gauge", "Programs by role and by what became of them at the start.");
	for (size_t i = 0; i < sum->n_hooks; i++) {
		for (int state = HOOK_UNTRIED; state <= HOOK_FAILED; state++) {
			unsigned int n = in_state(sum, i, state);

			if (n)
				fprintf(out, "pageflight_hooks{role=\"%s\",state=\"%s\"} %u\n",
					sum->hooks[i].role, hook_state_name(state), n);
		}
		blind += !!hooks_blind(sum->hooks, sum->n_hooks, i);
	}
	plain(out, "not_detected", "gauge",
	      "Kinds of events for which this kernel gives no hook; probe lists them.", blind);
}

static void print_test(FILE *out, const struct tested *tested)
{
	if (tested->how == TEST_NONE)
		return;
	plain(out, "selftest_passed", "gauge",
	      "Whether every byte of a race of our own was seen at the start.",
	      tested->how == TEST_PASSED);
	seconds(out, "selftest_time_seconds", "gauge", "When that test was, since the epoch.",
		tested->wall_ns);
	head(out, "selftest_seen_ratio", "gauge", "What was seen of that race, by role; all of it is 1.");
	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		const struct selftest_result *r = &tested->results[i];

		if (r->role)
			fprintf(out, "pageflight_selftest_seen_ratio{role=\"%s\"} %.6f\n", r->role,
				r->expected ? (double)r->seen / r->expected : 0.0);
	}
}

static void print_cost(FILE *out, const struct vitals *v)
{
	seconds(out, "process_cpu_seconds_total", "counter", "Processor time of the session's process.",
		v->cpu_ns);
	if (!v->cost.asked_ns)
		return;
	plain(out, "program_sampled_runs_total", "counter",
	      "Invocations of our programs while the kernel was asked to measure them.", v->cost.runs);
	seconds(out, "program_sampled_seconds_total", "counter",
		"Time inside of these invocations, on all processors.", v->cost.run_ns);
	seconds(out, "program_sampling_seconds_total", "counter",
		"How long the kernel was asked to measure our programs.", v->cost.asked_ns);
}

void metrics_print(FILE *out, const struct summary *sum)
{
	print_session(out, sum);
	print_incidents(out, sum);
	print_counters(out, &sum->totals);
	print_histogram(out, "attach_to_ack_seconds", "How long pages were in flight until the ACK.",
			sum->totals.stats.to_ack);
	print_histogram(out, "attach_to_release_seconds",
			"How long pages were in flight until their release.",
			sum->totals.stats.to_release);
	print_losses(out, sum);
	print_hooks(out, sum);
	print_test(out, &sum->vitals->tested);
	print_cost(out, sum->vitals);
}

static int nothing(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int no_incident(struct sink *sink, const struct shown *shown)
{
	(void)sink;
	(void)shown;
	return 0;
}

static int summary(struct sink *sink, const struct summary *sum)
{
	metrics_print(sink->out, sum);
	return sink_flush(sink->out);
}

const struct sink_ops sink_metrics = { .open = nothing, .incident = no_incident, .summary = summary };
