// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* rows.c - see rows.h. */
#include "rows.h"

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

static bool is_as_expected(const struct row *row, enum decision decision,
			   const struct pf_answer *answer)
{
	const char *rule = decision == DECISION_GONE ? NULL : rule_answer(row->rule, 0).rule;

	return decision == row->decision && answer->verdict == row->verdict &&
	       answer->reason == row->reason && answer->phase == row->phase &&
	       answer->rule == rule;
}

void rows_check(const struct rows *rows)
{
	static const __u32 shifts[] = { 0, 1000, (__u32)-10, (__u32)-30, (__u32)-60, (__u32)-70,
					0x7ffffff0, 0x80000000 };

	for (size_t i = 0; i < rows->n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(shifts); k++) {
			const struct row *row = &rows->row[i];
			struct evidence ev = shifted(&row->ev, shifts[k]);
			struct pf_answer answer = { 0 };
			enum decision decision = judge_byte(&ev, row->seq + shifts[k], &answer);

			if (is_as_expected(row, decision, &answer))
				continue;
			fail_msg("\"%s\" shifted by %u: %d %s %s %s, %s", row->what, shifts[k],
				 decision, pf_verdict_name(answer.verdict),
				 pf_reason_name(answer.reason), pf_phase_name(answer.phase),
				 answer.rule);
		}
	}
}

void rows_reach(const struct rows *rows, bool ret_reached[RULE_MAX])
{
	for (size_t i = 0; i < rows->n; i++)
		ret_reached[rows->row[i].rule] |= rows->row[i].decision != DECISION_GONE;
}

void rows_check_cuts(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct evidence ev = shifted(&rows->row[i].ev, (__u32)-30);
		__u32 cuts[JUDGE_CUTS_MAX], seq = (__u32)-30;
		unsigned int n = judge_cuts(&ev, seq, 100, cuts), at = 0;
		struct pf_answer last = { 0 };
		enum decision was = DECISION_GONE;

		for (__u32 off = 0; off < 100; off++) {
			struct pf_answer now = { 0 };
			enum decision is = judge_byte(&ev, seq + off, &now);
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
