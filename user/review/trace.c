// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* trace.c - see trace.h. Times are whole microseconds since the start of the recording. */
#include "trace.h"

#include "base/fmt.h"
#include "crossing.h"
#include "output/json.h"
#include "tally.h"

#define NAME_LEN 8192

/* Writers and senders stand apart, also if they are one process. */
#define SENDERS 0u
#define WRITERS 1u

struct trace {
	FILE *out;
	const struct review *v;
	bool any;
	int err;
};

static __u64 us(const struct trace *t, __u64 mono)
{
	return mono > t->v->first_mono ? (mono - t->v->first_mono) / 1000 : 0;
}

static void begin(struct trace *t, struct json *j, const char *phase, const char *name)
{
	fputs(t->any ? "," : "", t->out);
	t->any = true;
	json_begin(j);
	json_text(j, "ph", phase);
	json_text(j, "name", name);
}

static void end(struct trace *t, struct json *j)
{
	int err = json_end(j, t->out);

	t->err = t->err ?: err;
}

static void put_track(struct trace *t, const char *what, __u64 pid, __u64 tid, const char *name)
{
	struct json j;

	begin(t, &j, "M", what);
	json_u64(&j, "pid", pid);
	json_u64(&j, "tid", tid);
	json_object(&j, "args");
	json_text(&j, "name", name);
	json_object_end(&j);
	end(t, &j);
}

/* Of a slice, or of an end of an arrow, which lies in a slice. */
static void put_place(struct trace *t, struct json *j, __u64 pid, __u64 tid, __u64 at)
{
	json_text(j, "cat", "pageflight");
	json_u64(j, "pid", pid);
	json_u64(j, "tid", tid);
	json_u64(j, "ts", us(t, at));
}

static void put_args(struct json *j, const struct kase *c)
{
	char file[NAME_LEN];

	json_object(j, "args");
	json_u64(j, "case", c->n);
	json_text(j, "verdict", pf_verdict_name(c->inc.answer.verdict));
	json_text(j, "reason", pf_reason_name(c->inc.answer.reason));
	json_text(j, "rule", c->inc.answer.rule);
	json_text(j, "file", kase_file(c, file, sizeof(file)));
	json_u64(j, "bytes", c->inc.bytes);
	json_u64(j, "file_offset", c->inc.file_off);
	json_u64(j, "stream_offset", c->inc.stream_off);
	json_object_end(j);
}

static void put_slice(struct trace *t, const struct kase *c, const char *name, __u64 pid, __u64 tid,
		      __u64 from, __u64 to)
{
	struct json j;

	begin(t, &j, "X", name);
	put_place(t, &j, pid, tid, from);
	json_u64(&j, "dur", to > from + 1000 ? (to - from) / 1000 : 1);
	put_args(&j, c);
	end(t, &j);
}

static void put_arrow(struct trace *t, const struct kase *c, const char *phase, __u64 pid, __u64 tid,
		      __u64 at)
{
	struct json j;

	begin(t, &j, phase, "overwrites");
	put_place(t, &j, pid, tid, at);
	json_u64(&j, "id", c->n);
	if (*phase == 'f')
		json_text(&j, "bp", "e");
	end(t, &j);
}

static void put_case(struct trace *t, const struct kase *c)
{
	char name[NAME_LEN], task[64];
	struct crossing x;
	__u64 last;

	crossing_of(t->v, c, &x);
	last = x.ended > x.written ? x.ended : x.written;
	put_track(t, "thread_name", SENDERS, c->inc.conn, tally_connection(c, name, sizeof(name)));
	put_track(t, "thread_name", WRITERS, c->inc.writer.pid, tally_writer(c, task, sizeof(task)));
	snprintf(name, sizeof(name), "held %llu+%llu", c->inc.stream_off, c->inc.stream_len);
	put_slice(t, c, name, SENDERS, c->inc.conn, x.attached, last);
	snprintf(name, sizeof(name), "%s %llu+%llu", pf_writer_how_name(c->inc.writer.how),
		 c->inc.file_off, c->inc.file_len);
	put_slice(t, c, name, WRITERS, c->inc.writer.pid, x.began, x.written);
	put_arrow(t, c, "s", WRITERS, c->inc.writer.pid, x.began);
	put_arrow(t, c, "f", SENDERS, c->inc.conn, x.written < last ? x.written : x.attached);
}

int trace_print(FILE *out, const struct review *v)
{
	struct trace t = { .out = out, .v = v };

	fputs("[\n", out);
	put_track(&t, "process_name", SENDERS, 0, "what sockets held");
	put_track(&t, "process_name", WRITERS, 0, "writes");
	for (size_t i = 0; i < v->n_cases && !t.err; i++)
		put_case(&t, &v->cases[i]);
	fputs("]\n", out);
	return t.err;
}
