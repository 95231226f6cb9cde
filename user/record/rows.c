// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* rows.c - see rows.h. What they mean, docs/recordings.md says. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "names/cgroup_name.h"
#include "schema.h"
#include "shown_pack.h"
#include "tap.h"

enum statement { ABOUT, CLOCK, FILTER, HOOK, BLIND, LOST, INCIDENT, RANGE, SUSPECT, WHO, SUMMARY, COUNTED,
		 COUNTER, EXPOSURE, OPENER, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[ABOUT] = "INSERT OR REPLACE INTO about VALUES (?, ?)",
	[CLOCK] = "INSERT INTO clock VALUES (?, ?)",
	[FILTER] = "INSERT INTO filter VALUES (?, ?)",
	[HOOK] = "INSERT INTO hook VALUES (?, ?, ?, ?, ?)",
	[BLIND] = "INSERT INTO blind VALUES (?, ?, ?, ?)",
	[LOST] = "INSERT OR REPLACE INTO lost VALUES (?, ?)",
	[RANGE] = "INSERT INTO range VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SUSPECT] = "INSERT INTO suspect VALUES (?, ?, ?, ?)",
	[WHO] = "INSERT INTO who VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SUMMARY] = "INSERT INTO summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[COUNTED] = "INSERT INTO counted VALUES (?, ?, ?)",
	[COUNTER] = "INSERT INTO counter VALUES (?, ?, ?, ?)",
	[EXPOSURE] = "INSERT INTO exposure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[OPENER] = "INSERT INTO exposure_writer VALUES (?, ?, ?, ?, ?, ?)",
};

struct rows {
	struct db *db;
	sqlite3_stmt *stmt[STATEMENTS];
	__u64 n;			/* incidents */
	__u64 exposures;
};

/* The types of the columns of an incident, as db_put() takes them. */
#define INCIDENT_FORMAT									\
	"iiiii" "tttt" "i"		/* n to bytes */					\
	"iitti" "iittit"		/* writer, sender */					\
	"ttit" "ttitiiiii"		/* connection, file, stream */				\
	"iiiiit"			/* age to stack */					\
	"titi" "nnnnt"			/* addresses, times */

static const char *sql_incident(char *buf, size_t size)
{
	size_t len = snprintf(buf, size, "INSERT INTO incident VALUES (?");

	for (size_t i = 1; i < strlen(INCIDENT_FORMAT); i++)
		len += snprintf(buf + len, size - len, ", ?");
	snprintf(buf + len, size - len, ")");
	return buf;
}

struct rows *rows_new(struct db *db)
{
	struct rows *r = calloc(1, sizeof(*r));
	char text[512];

	if (!r)
		return NULL;
	r->db = db;
	for (int i = 0; i < STATEMENTS; i++)
		r->stmt[i] = db_prepare(db, i == INCIDENT ? sql_incident(text, sizeof(text)) : sql[i]);
	return r;
}

static void put_range(struct rows *r, __u64 i, const struct pf_range *range)
{
	const struct pf_answer *a = &range->answer;

	db_put(r->db, r->stmt[RANGE], "iittttiiii", r->n, i, pf_verdict_name(a->verdict),
	       pf_reason_name(a->reason), a->rule, pf_phase_name(a->phase), (__u64)range->marks,
	       range->file_off, range->stream_off, range->len);
}

static void put_suspects(struct rows *r, const struct shown_row *row)
{
	for (size_t i = 0; i < row->n_suspects; i++)
		db_put(r->db, r->stmt[SUSPECT], "iiit", r->n, (__u64)i, (__u64)row->suspects[i].pid,
		       row->suspects[i].comm);
}

static const char *if_any(const char *text)
{
	return *text ? text : NULL;
}

static void put_who(struct rows *r, const char *role, const struct pf_task *task,
		    const struct pf_who *who, const char *cgroup)
{
	struct cgroup_name name;

	if (!(task->flags & PF_TASK_WHO))
		return;
	cgroup_name(cgroup, &name);
	db_put(r->db, r->stmt[WHO], "ititntntttt", r->n, role, (__u64)who->uid, if_any(who->exe),
	       (__u64)who->ppid, who->ppid ? who->parent : NULL, who->cgroup, cgroup,
	       if_any(name.unit), if_any(name.container), if_any(name.pod));
}

static const char *comm_of(const struct pf_task *task)
{
	return pf_task_is_nobody(task) ? NULL : task->comm;
}

static const char *reader_name(enum pf_reader reader)
{
	return reader == PF_READER_HERE ? "here" : reader == PF_READER_ELSEWHERE ? "elsewhere" : NULL;
}

static void put_incident(struct rows *r, struct unpack *u)
{
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN], dev[FMT_DEV_LEN];
	char src_host[FMT_ADDR_LEN], dst_host[FMT_ADDR_LEN];
	const struct pf_incident *inc;
	struct shown_row row;

	shown_unpack(u, &row);
	inc = &row.inc;
	if (u->bad)
		return;
	r->n++;
	db_put(r->db, r->stmt[INCIDENT], INCIDENT_FORMAT,
	       r->n, inc->op, inc->conn, inc->ts, row.wall_ns, pf_verdict_name(inc->answer.verdict),
	       pf_reason_name(inc->answer.reason), row.rule, pf_phase_name(inc->answer.phase),
	       inc->bytes, (__u64)inc->writer.pid, (__u64)inc->writer.tid, comm_of(&inc->writer),
	       pf_writer_how_name(inc->writer.how), (__u64)(inc->writer.flags & PF_TASK_KTHREAD),
	       (__u64)inc->sender.pid, (__u64)inc->sender.tid, comm_of(&inc->sender),
	       pf_sender_how_name(inc->sender.how), (__u64)(inc->sender.flags & PF_TASK_KTHREAD),
	       row.sender_module, fmt_addr(src, inc->tuple.laddr, inc->tuple.lport),
	       fmt_addr(dst, inc->tuple.raddr, inc->tuple.rport), (__u64)inc->netns,
	       reader_name(inc->reader), row.path, path_view_name(row.view),
	       (__u64)row.deleted, pf_incident_no_file(inc) ? NULL : fmt_dev(dev, inc->dev), inc->ino,
	       inc->file_off, inc->file_len, inc->stream_off, inc->stream_len, inc->age_ns,
	       (__u64)inc->resends, (__u64)inc->evidence_lost, (__u64)row.suspects_sought,
	       (__u64)row.suspects_cut, row.stack, fmt_host(src_host, inc->tuple.laddr),
	       (__u64)inc->tuple.lport, fmt_host(dst_host, inc->tuple.raddr), (__u64)inc->tuple.rport,
	       inc->attached_first, inc->attached_last, inc->began, inc->ended,
	       inc->end ? pf_end_name(inc->end) : NULL);
	for (size_t i = 0; i < inc->n_ranges && !u->bad; i++) {
		struct pf_range range;

		shown_unpack_range(u, &range);
		put_range(r, i, &range);
	}
	put_suspects(r, &row);
	put_who(r, "writer", &inc->writer, &inc->writer_who, row.writer_cgroup);
	put_who(r, "sender", &inc->sender, &inc->sender_who, row.sender_cgroup);
}

static void put_exposure(struct rows *r, struct unpack *u, bool at_end)
{
	char dev[FMT_DEV_LEN];
	struct exposure e;

	shown_unpack_exposure(u, &e);
	if (u->bad)
		return;
	r->exposures++;
	db_put(r->db, r->stmt[EXPOSURE], "iiiiitttitiiiiiii", r->exposures, r->n, (__u64)at_end, e.wall_ns,
	       (__u64)e.pid, e.comm, e.path, path_view_name(e.view), (__u64)e.deleted,
	       fmt_dev(dev, e.dev), e.ino, e.pages, (__u64)!!(e.how & PF_EXPOSED_OPEN),
	       (__u64)!!(e.how & PF_EXPOSED_MAPPED), e.incidents, (__u64)e.sought,
	       (__u64)e.openers_cut);
	for (size_t i = 0; i < e.n_openers && !u->bad; i++) {
		struct opener who;

		shown_unpack_opener(u, &who);
		db_put(r->db, r->stmt[OPENER], "iiitii", r->exposures, (__u64)i, (__u64)who.pid, who.comm,
		       (__u64)who.open, (__u64)who.mapped);
	}
}

static void put_summary(struct rows *r, struct unpack *u)
{
	struct loss loss[SINK_LOSSES];
	struct summary sum;

	shown_unpack_summary(u, &sum);
	if (u->bad)
		return;
	db_put(r->db, r->stmt[SUMMARY], "iitiiiiibii", sum.wall_ns, sum.duration_ns,
	       pf_content_name(sum.content), sum.refused, sum.evicted, sum.output_lost, sum.small,
	       sum.unseen, &sum.totals, sizeof(sum.totals), sum.exposures.files,
	       sum.exposures.pages);
	for (int i = 0; i < PF_VERDICT_MAX; i++)
		db_put(r->db, r->stmt[COUNTED], "tii", pf_verdict_name(i), sum.incidents[i],
		       sum.bytes[i]);
	for (int i = 0; i < PF_C_FIRST_LOSS; i++)
		db_put(r->db, r->stmt[COUNTER], "tiit", sink_counter_names[i], 0ull,
		       sum.totals.stats.count[i], sink_counter_texts[i]);
	for (size_t i = 0; i < sum.exposures.n && !u->bad; i++)
		put_exposure(r, u, true);
	sink_losses(&sum, loss);
	for (int i = 0; i < SINK_LOSSES; i++)
		db_put(r->db, r->stmt[COUNTER], "tiit", loss[i].name, 1ull, loss[i].count, loss[i].text);
}

static void put_texts(struct rows *r, struct unpack *u, enum statement what, int n)
{
	const char *text[5] = { NULL };
	char format[6] = "";

	for (int i = 0; i < n; i++) {
		text[i] = unpack_text(u);
		format[i] = 't';
	}
	db_put(r->db, r->stmt[what], format, text[0], text[1], text[2], text[3], text[4]);
}

static void put_shown(struct rows *r, struct unpack *u)
{
	__u64 what = unpack_u64(u);

	if (what == SHOWN_INCIDENT)
		put_incident(r, u);
	else if (what == SHOWN_EXPOSURE)
		put_exposure(r, u, false);
	else
		put_summary(r, u);
}

bool rows_take(struct rows *r, const struct frame *frame)
{
	struct unpack u = { .at = frame->data, .left = frame->size };
	const char *text;
	__u64 mono;

	switch (frame->kind) {
	case FRAME_SHOWN:
		put_shown(r, &u);
		break;
	case FRAME_ABOUT:
		put_texts(r, &u, ABOUT, 2);
		break;
	case FRAME_CLOCK:
		mono = unpack_u64(&u);
		db_put(r->db, r->stmt[CLOCK], "ii", mono, unpack_u64(&u));
		break;
	case FRAME_FILTER:
		put_texts(r, &u, FILTER, 2);
		break;
	case FRAME_HOOK:
		put_texts(r, &u, HOOK, 5);
		break;
	case FRAME_BLIND:
		put_texts(r, &u, BLIND, 4);
		break;
	case FRAME_LOST:
		text = unpack_text(&u);
		db_put(r->db, r->stmt[LOST], "ti", text, unpack_u64(&u));
		break;
	}
	if (u.bad)
		db_failed(r->db, SQLITE_CORRUPT, "a frame is broken");
	return !r->db->code;
}

__u64 rows_incidents(const struct rows *r)
{
	return r->n;
}

void rows_free(struct rows *r)
{
	free(r);
}
