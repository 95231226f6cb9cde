// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * demo_check.c - see demo_check.h.
 */
#include "demo_check.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/fmt.h"
#include "output/json.h"

#define EXCERPT_BYTES 8

void demo_take(struct demo_report *report, const struct race *race, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;

	if (inc->ino != race->inode || !shown->path || strcmp(shown->path, race->path))
		return;
	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *r = &inc->ranges[i];

		if (r->answer.verdict != PF_VERDICT_CORRUPT)
			continue;
		for (__u64 k = 0; k < r->len && r->stream_off + k < RACE_BYTES; k++)
			report->corrupt[r->stream_off + k] = true;
	}
	if (report->incidents++)
		return;
	report->first = *inc;
	snprintf(report->path, sizeof(report->path), "%s", shown->path);
}

static bool arrived_wrong(const struct race *race, size_t i)
{
	return i < race->result->received && race->result->got[i] != race_byte(i);
}

static bool same_connection(const struct pf_tuple *tuple, const struct race_result *result)
{
	char here[FMT_ADDR_LEN], text[FMT_ADDR_LEN];

	snprintf(here, sizeof(here), "127.0.0.1:%u", result->sender_port);
	if (strcmp(fmt_addr(text, tuple->laddr, tuple->lport), here))
		return false;
	snprintf(here, sizeof(here), "127.0.0.1:%u", result->reader_port);
	return !strcmp(fmt_addr(text, tuple->raddr, tuple->rport), here);
}

bool demo_check(const struct race *race, const struct demo_report *report,
		struct demo_check *ret_check)
{
	const struct race_result *result = race->result;
	const struct pf_incident *inc = &report->first;
	struct demo_check check = { .range = true };

	for (size_t i = 0; i < RACE_BYTES; i++) {
		bool wrong = arrived_wrong(race, i);

		check.range &= wrong == report->corrupt[i];
		if (!wrong)
			continue;
		if (!check.wrong++)
			check.first = i;
		check.last = i;
	}
	check.range &= check.wrong && inc->bytes == check.wrong &&
		       inc->file_off == check.first &&
		       inc->file_len == check.last - check.first + 1;
	check.one_incident = report->incidents == 1;
	check.verdict = inc->answer.verdict == PF_VERDICT_CORRUPT;
	check.file = report->incidents && !strcmp(report->path, race->path);
	check.writer = inc->writer.pid == (__u32)result->writer &&
		       !strcmp(inc->writer.comm, "demo-writer");
	check.sender = inc->sender.pid == (__u32)result->sender &&
		       !strcmp(inc->sender.comm, "demo-sender");
	check.connection = same_connection(&inc->tuple, result);
	*ret_check = check;
	return check.one_incident && check.verdict && check.file && check.range && check.writer &&
	       check.sender && check.connection;
}

static void print_row(FILE *out, const struct race *race, size_t at)
{
	const unsigned char *got = race->result->got;
	bool wrong = false;

	for (size_t i = at; i < at + EXCERPT_BYTES; i++)
		wrong |= arrived_wrong(race, i);
	fprintf(out, "  %6zu  ", at);
	for (size_t i = at; i < at + EXCERPT_BYTES; i++)
		fprintf(out, "%02x ", race_byte(i));
	for (size_t i = at; i < at + EXCERPT_BYTES; i++)
		fputc(race_byte(i), out);
	fputs(wrong ? "  |  " : "     ", out);
	for (size_t i = at; i < at + EXCERPT_BYTES; i++)
		fprintf(out, "%02x ", got[i]);
	for (size_t i = at; i < at + EXCERPT_BYTES; i++)
		fputc(got[i] >= 0x20 && got[i] < 0x7f ? got[i] : '.', out);
	fputc('\n', out);
}

/* Two rows around each end of what is wrong. */
static void print_excerpt(FILE *out, const struct race *race, const struct demo_check *check)
{
	const size_t mask = ~(size_t)(EXCERPT_BYTES - 1);
	size_t first = check->first & mask, last = check->last & mask;

	fprintf(out, "\n  offset  %-32s     %s\n", "sent", "received");
	if (first)
		print_row(out, race, first - EXCERPT_BYTES);
	print_row(out, race, first);
	if (last > first) {
		fputs("     ...\n", out);
		print_row(out, race, last);
	}
	if (last + 2 * EXCERPT_BYTES <= race->result->received)
		print_row(out, race, last + EXCERPT_BYTES);
}

static void print_pair(FILE *out, const char *what, const char *real, const char *said, bool same)
{
	fprintf(out, "  %-10s  %-31s  %-31s  %s\n", what, real, said, same ? "same" : "DIFFERENT");
}

static void print_pairs(FILE *out, const struct race *race, const struct demo_report *report,
			const struct demo_check *check)
{
	const struct race_result *result = race->result;
	const struct pf_incident *inc = &report->first;
	char real[2 * FMT_ADDR_LEN], said[2 * FMT_ADDR_LEN], a[FMT_ADDR_LEN], b[FMT_ADDR_LEN];

	fprintf(out, "\n  %-10s  %-31s  %s\n", "", "what happened", "what pageflight reported");
	snprintf(said, sizeof(said), "%s (%s)", pf_verdict_name(inc->answer.verdict),
		 pf_reason_name(inc->answer.reason));
	print_pair(out, "verdict", check->wrong ? "wrong bytes arrived" : "all bytes right", said,
		   check->verdict);
	fprintf(out, "  %-10s  %s\n", "rule", inc->answer.rule);
	snprintf(real, sizeof(real), "%zu at %zu", check->wrong, check->first);
	snprintf(said, sizeof(said), "%llu at %llu", (unsigned long long)inc->bytes,
		 (unsigned long long)inc->file_off);
	print_pair(out, "bytes", real, said, check->range);
	snprintf(real, sizeof(real), "demo-writer[%d]", result->writer);
	snprintf(said, sizeof(said), "%s[%u]", inc->writer.comm, inc->writer.pid);
	print_pair(out, "writer", real, said, check->writer);
	snprintf(real, sizeof(real), "demo-sender[%d]", result->sender);
	snprintf(said, sizeof(said), "%s[%u]", inc->sender.comm, inc->sender.pid);
	print_pair(out, "sender", real, said, check->sender);
	snprintf(real, sizeof(real), "127.0.0.1:%u>127.0.0.1:%u", result->sender_port,
		 result->reader_port);
	snprintf(said, sizeof(said), "%s>%s", fmt_addr(a, inc->tuple.laddr, inc->tuple.lport),
		 fmt_addr(b, inc->tuple.raddr, inc->tuple.rport));
	print_pair(out, "connection", real, said, check->connection);
	fprintf(out, "  %-10s  %s\n  %-10s  %s  %s\n", "file", race->path, "", report->path,
		check->file ? "same" : "DIFFERENT");
}

static const char *conclusion(const struct race *race, const struct demo_report *report,
			      const struct demo_check *check, bool passed)
{
	if (passed)
		return "pageflight reported exactly the bytes that arrived wrong.";
	if (race->result->received != RACE_BYTES)
		return "The peer did not get the whole file: nothing can be concluded.";
	if (!check->wrong)
		return "All bytes arrived right: this kernel or network path copied them.";
	if (!report->incidents)
		return "pageflight missed it.";
	if (report->incidents > 1)
		return "pageflight reported more than one incident.";
	return "pageflight's report is not what happened.";
}

void demo_print(FILE *out, const struct race *race, const struct demo_report *report,
		const struct demo_check *check, bool passed)
{
	const struct race_result *result = race->result;

	fprintf(out, "\nThe race\n"
		"  demo-sender[%d] sent %u bytes of the file with sendfile(), which returned.\n"
		"  demo-writer[%d] then overwrote %u bytes at offset %u with pwrite().\n"
		"  demo-reader[%d] then read %zu bytes; %zu of them are not what was sent",
		result->sender, RACE_BYTES, result->writer, RACE_LENGTH, RACE_OFFSET,
		result->reader, result->received, check->wrong);
	if (check->wrong)
		fprintf(out, ",\n  the first at offset %zu, the last at %zu", check->first,
			check->last);
	fputs(".\n", out);
	if (check->wrong)
		print_excerpt(out, race, check);
	if (report->incidents)
		print_pairs(out, race, report, check);
	fprintf(out, "\n%s\n", conclusion(race, report, check, passed));
}

int demo_print_json(FILE *out, const struct race *race, const struct demo_check *check,
		    bool passed)
{
	const struct race_result *result = race->result;
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "demo");
	json_bool(&j, "passed", passed);
	json_text(&j, "path", race->path);
	json_u64(&j, "sent_bytes", RACE_BYTES);
	json_u64(&j, "received_bytes", result->received);
	json_u64(&j, "wrong_bytes", check->wrong);
	json_u64(&j, "wrong_offset", check->first);
	json_u64(&j, "wrong_length", check->wrong ? check->last - check->first + 1 : 0);
	json_u64(&j, "sender_pid", result->sender);
	json_u64(&j, "writer_pid", result->writer);
	json_u64(&j, "reader_pid", result->reader);
	json_object(&j, "reported_right");
	json_bool(&j, "one_incident", check->one_incident);
	json_bool(&j, "verdict", check->verdict);
	json_bool(&j, "range", check->range);
	json_bool(&j, "file", check->file);
	json_bool(&j, "writer", check->writer);
	json_bool(&j, "sender", check->sender);
	json_bool(&j, "connection", check->connection);
	json_object_end(&j);
	return json_end(&j, out);
}
