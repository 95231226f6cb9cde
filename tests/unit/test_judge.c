// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* links: user/judge.c user/incident.c */
/*
 * Every rule by which a byte is judged, as a row of a table; each row is run at
 * several places of the sequence space, so that it wraps in between.
 */
#include <stdio.h>

#include "judge.h"
#include "unit.h"

#define LOCAL PF_HIT_LOCAL
#define ENDED PF_HIT_ENDED
#define YOUNG PF_HIT_NO_BEFORE

/* A stream of 100 bytes as the write begins and when it is complete. */
struct row {
	const char *what;
	struct evidence ev;
	__u32 seq;
	enum judgement judgement;
	struct answer answer;
};

#define BEFORE(u, n, r, h) .before = { .una = u, .nxt = n, .read = r, .in_host = h }
#define AFTER(u, n, r, h) .after = { .una = u, .nxt = n, .read = r, .in_host = h }
#define STILL BEFORE(20, 60, 0, 0), AFTER(20, 60, 0, 0)
#define STILL_LOCAL .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(20, 60, 10, 0)

#define FINAL(v, r, p) JUDGE_FINAL, { VERDICT_##v, REASON_##r, PHASE_##p }
#define WAITS JUDGE_WAIT, { VERDICT_POSSIBLE, REASON_UNACKED, PHASE_SENT }
#define GONE JUDGE_GONE, { 0 }

static const struct row rows[] = {
	/* A peer elsewhere. */
	{ "unsent", { STILL }, 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, far behind", { STILL }, 99, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "last byte sent", { STILL }, 59, WAITS },
	{ "first byte unacked", { STILL }, 20, WAITS },
	{ "acked before the write", { STILL }, 19, GONE },
	{ "sent meanwhile", { BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0) }, 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "last byte sent meanwhile", { BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0) }, 79,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "not sent meanwhile", { BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0) }, 80,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "acked meanwhile", { BEFORE(20, 60, 0, 0), AFTER(30, 60, 0, 0) }, 25, WAITS },
	{ "resent", { STILL, .resent = true }, 30, FINAL(MIXED, RESENT, RESENT) },
	{ "resent, then acked", { STILL, .resent = true, .end = PF_END_ACKED }, 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "resent, records lost", { STILL, .resent = true, .lost = true }, 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "unsent, records lost", { STILL, .lost = true }, 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "resent, was in this host",
	  { BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 0), .resent = true }, 30,
	  FINAL(POSSIBLE, IN_HOST, RESENT) },
	{ "resent meanwhile, then acked",
	  { STILL, .after.resends = 1, .end = PF_END_ACKED }, 30, FINAL(POSSIBLE, RACED, SENT) },
	{ "resent meanwhile, unsent",
	  { STILL, .after.resends = 1 }, 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "acked", { STILL, .end = PF_END_ACKED }, 30, FINAL(NEAR_MISS, ACKED, SENT) },
	{ "acked, records lost", { STILL, .end = PF_END_ACKED, .lost = true }, 30,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "acked, was in this host",
	  { BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 1), .end = PF_END_ACKED }, 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "acked, left this host meanwhile",
	  { BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 0), .end = PF_END_ACKED }, 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "acked, younger bytes in this host",
	  { BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 1), .end = PF_END_ACKED }, 30,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "aborted", { STILL, .end = PF_END_ABORTED }, 30, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "aborted, was in this host",
	  { BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 1), .end = PF_END_ABORTED }, 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "read here after all", { STILL, .end = PF_END_READ }, 30, FINAL(POSSIBLE, RACED, SENT) },
	{ "timed out", { STILL, .gave_up = REASON_UNACKED }, 30, FINAL(POSSIBLE, UNACKED, SENT) },
	{ "evicted", { STILL, .gave_up = REASON_EVICTED }, 30, FINAL(POSSIBLE, EVICTED, SENT) },
	{ "timed out, but resent", { STILL, .gave_up = REASON_UNACKED, .resent = true }, 30,
	  FINAL(MIXED, RESENT, RESENT) },

	/* The flight ended while the write was under way. */
	{ "ended acked", { .flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0) }, 30,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "ended acked, was in this host",
	  { .flags = ENDED, BEFORE(20, 60, 0, 1), AFTER(60, 60, 0, 0) }, 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "ended acked, records lost",
	  { .flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0), .lost = true }, 30,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "ended unacked", { .flags = ENDED, STILL }, 30, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "ended, sent meanwhile",
	  { .flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(80, 80, 0, 0) }, 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "ended acked, resent meanwhile",
	  { .flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0), .after.resends = 1 }, 30,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "ended unsent", { .flags = ENDED, STILL }, 60, FINAL(POSSIBLE, RACED, QUEUED) },
	{ "ended, acked before", { .flags = ENDED, STILL }, 10, GONE },

	/* The socket took the page while the write was under way. */
	{ "young, unsent", { .flags = YOUNG, AFTER(20, 60, 0, 0) }, 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "young, sent", { .flags = YOUNG, AFTER(20, 60, 0, 0) }, 59,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "young, local, held", { .flags = YOUNG | LOCAL, AFTER(20, 60, 10, 0) }, 15,
	  FINAL(POSSIBLE, RACED, HELD) },

	/* The reader is on this host. */
	{ "read before", { STILL_LOCAL }, 9, GONE },
	{ "held", { STILL_LOCAL }, 10, FINAL(CORRUPT, UNREAD, HELD) },
	{ "last byte held", { STILL_LOCAL }, 19, FINAL(CORRUPT, UNREAD, HELD) },
	{ "sent, unread", { STILL_LOCAL }, 20, FINAL(CORRUPT, UNREAD, SENT) },
	{ "last byte sent, unread", { STILL_LOCAL }, 59, FINAL(CORRUPT, UNREAD, SENT) },
	{ "unsent, unread", { STILL_LOCAL }, 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unread, records lost", { STILL_LOCAL, .lost = true }, 30,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "read meanwhile, was held",
	  { .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0) }, 15,
	  FINAL(POSSIBLE, RACED, HELD) },
	{ "read meanwhile, was sent",
	  { .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0) }, 49,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "read meanwhile, was queued",
	  { .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(80, 80, 80, 0) }, 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "acked meanwhile, unread",
	  { .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0) }, 50,
	  FINAL(CORRUPT, UNREAD, HELD) },
	{ "sent meanwhile, unread",
	  { .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(20, 80, 10, 0) }, 70,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "ended unread", { .flags = LOCAL | ENDED, BEFORE(20, 60, 10, 0), AFTER(20, 60, 10, 0) },
	  30, FINAL(POSSIBLE, RACED, SENT) },

	/* A store through a mapping: neither moment nor extent is known. */
	{ "mmap, unsent", { .how = PF_WRITE_MMAP, STILL }, 60,
	  FINAL(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "mmap, sent", { .how = PF_WRITE_MMAP, STILL }, 59, FINAL(POSSIBLE, MMAP_STORE, SENT) },
	{ "mmap, acked before", { .how = PF_WRITE_MMAP, STILL }, 19, GONE },
	{ "mmap, held", { .how = PF_WRITE_MMAP, STILL_LOCAL }, 19,
	  FINAL(POSSIBLE, MMAP_STORE, HELD) },
	{ "mmap, read before", { .how = PF_WRITE_MMAP, STILL_LOCAL }, 9, GONE },
	{ "truncate as write", { .how = PF_WRITE_TRUNCATE, STILL }, 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
};

static struct evidence shifted(const struct evidence *ev, __u32 by)
{
	struct evidence out = *ev;

	out.before.una += by;
	out.before.nxt += by;
	out.before.read += by;
	out.after.una += by;
	out.after.nxt += by;
	out.after.read += by;
	return out;
}

static void test_rules(void **state)
{
	static const __u32 shifts[] = { 0, 1000, (__u32)-10, (__u32)-30, (__u32)-60, (__u32)-70,
					0x7ffffff0, 0x80000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(shifts); k++) {
			const struct row *row = &rows[i];
			struct evidence ev = shifted(&row->ev, shifts[k]);
			struct answer answer = { 0 };
			enum judgement judgement = judge_byte(&ev, row->seq + shifts[k], &answer);

			if (judgement == row->judgement &&
			    answer.verdict == row->answer.verdict &&
			    answer.reason == row->answer.reason &&
			    answer.phase == row->answer.phase)
				continue;
			fail_msg("\"%s\" shifted by %u: %d %s %s %s", row->what, shifts[k],
				 judgement, verdict_name(answer.verdict),
				 reason_name(answer.reason), phase_name(answer.phase));
		}
	}
}

/* Between two cuts the answer never changes: tried byte by byte. */
static void test_cuts_suffice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct evidence ev = shifted(&rows[i].ev, (__u32)-30);
		__u32 cuts[JUDGE_CUTS_MAX], seq = (__u32)-30;
		unsigned int n = judge_cuts(&ev, seq, 100, cuts), at = 0;
		struct answer last = { 0 };
		enum judgement was = JUDGE_GONE;

		for (__u32 off = 0; off < 100; off++) {
			struct answer now = { 0 };
			enum judgement is = judge_byte(&ev, seq + off, &now);
			bool cut = at < n && cuts[at] == off;

			if (off && !cut) {
				assert_int_equal(is, was);
				assert_memory_equal(&now, &last, sizeof(now));
			}
			at += cut;
			was = is;
			last = now;
		}
		assert_int_equal(at, n);
	}
}

static void test_cuts_ascend_and_stay_inside(void **state)
{
	const struct evidence ev = { BEFORE(50, 10, 0, 0), AFTER(30, 30, 0, 0) };
	const struct evidence outside = { BEFORE(5, 100, 0, 0), AFTER(101, 4, 0, 0) };
	__u32 cuts[JUDGE_CUTS_MAX];

	(void)state;
	assert_int_equal(judge_cuts(&ev, 5, 95, cuts), 3);
	assert_int_equal(cuts[0], 5);
	assert_int_equal(cuts[1], 25);
	assert_int_equal(cuts[2], 45);
	assert_int_equal(judge_cuts(&outside, 5, 95, cuts), 0);
	assert_int_equal(judge_cuts(&ev, 10, 1, cuts), 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_NEAR_MISS), "near-miss");
	assert_string_equal(reason_name(REASON_EVIDENCE_LOST), "evidence-lost");
	assert_string_equal(phase_name(PHASE_HELD), "held");
	assert_string_equal(writer_how_name(PF_WRITE_PUNCH), "punch");
	assert_string_equal(sender_how_name(PF_SEND_SENDFILE), "sendfile");
	assert_string_equal(writer_how_name(999), "unknown");
	assert_string_equal(verdict_name(VERDICT_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_cuts_suffice),
		cmocka_unit_test(test_cuts_ascend_and_stay_inside),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
