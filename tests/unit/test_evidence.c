// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The marks of evidence: which are set when, their names, and the whole of it as text. */
#include <string.h>

#include "engine/spans.h"
#include "lib/test.h"

enum { TOOK = 7, FIRST, SECOND };

#define LATER(...) (struct pf_ev_range){ .len = 1, __VA_ARGS__ }

TEST_FN(test_guards)
{
	struct evidence write = { .how = PF_WRITE_WRITE }, found = { .how = PF_WRITE_UNKNOWN };
	struct evidence fault = { .how = PF_WRITE_MMAP }, store = fault;
	const __u32 both = PF_MARK_TORN | PF_MARK_COVERED;

	store.marks = PF_MARK_STORED;
	evidence_mark(&write, both | PF_MARK_UNSURE);
	evidence_mark(&found, both);
	evidence_mark(&fault, both);
	evidence_mark(&store, both);
	assert_int_equal(write.marks, PF_MARK_UNSURE);
	assert_int_equal(found.marks, PF_MARK_TORN);
	assert_int_equal(fault.marks, PF_MARK_COVERED);
	assert_int_equal(store.marks, PF_MARK_STORED | PF_MARK_TORN);
}

TEST_FN(test_later_events)
{
	struct evidence ev = { .fp = TOOK, .fp_before = TOOK, .fp_after = FIRST };

	evidence_range(&ev, &LATER(.h.type = PF_EV_RESEND));
	assert_int_equal(ev.marks, PF_MARK_RESENT);
	evidence_range(&ev, &LATER(.h.type = PF_EV_SENT, .fp = FIRST));
	evidence_range(&ev, &LATER(.h.type = PF_EV_SENT, .fp = SECOND));
	assert_int_equal(ev.marks, PF_MARK_RESENT | PF_MARK_COPIED_AFTER | PF_MARK_COPIED_OTHER);
	evidence_range(&ev, &LATER(.h.type = PF_EV_SENT));
	assert_true(marked(&ev, PF_MARK_BLURRED));
	ev.marks = PF_MARK_MENDED;
	evidence_range(&ev, &LATER(.h.type = PF_EV_RESEND));
	evidence_range(&ev, &LATER(.h.type = PF_EV_SENT, .fp = SECOND));
	assert_int_equal(ev.marks, PF_MARK_MENDED | PF_MARK_RESENT_MENDED | PF_MARK_COPIED_MEANT);
	assert_int_equal(ev.end, 0);
	evidence_range(&ev, &LATER(.h.type = PF_EV_END, .why = PF_END_ACKED, .fp = TOOK));
	assert_int_equal(ev.end, PF_END_ACKED);
	assert_true(marked(&ev, PF_MARK_END_SEEN));
	evidence_range(&ev, &LATER(.h.type = PF_EV_END, .why = PF_END_READ));
	assert_int_equal(ev.end, PF_END_READ);
	assert_false(marked(&ev, PF_MARK_END_SEEN));
}

TEST_FN(test_store)
{
	const struct evidence found = { .how = PF_WRITE_UNKNOWN, .fp_after = FIRST };
	struct evidence fault = { .how = PF_WRITE_MMAP, .marks = PF_MARK_LOST | PF_MARK_COVERED };
	struct evidence write = { .how = PF_WRITE_WRITE };

	assert_false(evidence_store(&write, &found));
	assert_true(evidence_store(&fault, &found));
	assert_int_equal(fault.how, PF_WRITE_MMAP);
	assert_int_equal(fault.fp_after, FIRST);
	assert_int_equal(fault.marks, PF_MARK_STORED | PF_MARK_LOST);
	assert_false(evidence_store(&fault, &found));
}

TEST_FN(test_names)
{
	for (int i = 0; i < PF_MARKS; i++) {
		assert_string_not_equal(pf_mark_name(1u << i), "unknown");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(pf_mark_name(1u << i), pf_mark_name(1u << k));
	}
	assert_string_equal(pf_mark_name(PF_MARK_MEANT), "meant");
	assert_string_equal(pf_mark_name(PF_MARK_RESENT_MENDED), "resent-mended");
	assert_string_equal(pf_mark_name(PF_MARK_COPIED_OTHER), "copied-other");
	assert_string_equal(pf_mark_name(PF_MARK_EVICTED), "evicted");
	assert_string_equal(pf_mark_name(1u << PF_MARKS), "unknown");
	assert_string_equal(pf_mark_name(0), "unknown");
}

static void explained(const struct span *span, const char *text)
{
	const struct pf_range range = { .source = span, .marks = span->ev.marks };
	char buf[PF_EVIDENCE_LEN], cut[20];

	assert_string_equal(pf_range_evidence(&range, buf, sizeof(buf)), text);
	pf_range_evidence(&range, cut, sizeof(cut));
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
	assert_memory_equal(cut, text, sizeof(cut) - 1);
}

TEST_FN(test_text)
{
	const struct pf_range by_hand = { .len = 1 };
	char buf[PF_EVIDENCE_LEN];
	struct span span = {
		.seq = (__u32)-10,
		.ev = {
			.flags = PF_HIT_LOCAL,
			.before = { .una = (__u32)-2147483648, .nxt = 20, .read = (__u32)-30,
				    .in_host = 1 },
			.after = { .una = (__u32)-10, .nxt = 20, .read = (__u32)-30, .resends = 1 },
			.fp = TOOK, .fp_before = TOOK, .fp_after = FIRST,
			.end = PF_END_READ,
			.marks = PF_MARK_TORN | PF_MARK_LOST,
		},
	};

	explained(&span, "before: una -2147483638 nxt +30 read -20 in host; "
		  "after: una +0 nxt +30 read -20; retransmissions meanwhile; "
		  "content changed; read here; marks: torn lost");
	span.ev = (struct evidence){ .flags = PF_HIT_NO_BEFORE | PF_HIT_WIRE | PF_HIT_ENDED };
	explained(&span, "before: not in flight; after: una +10 nxt +10 copied +10; "
		  "ended meanwhile; no fingerprints");
	assert_string_equal(pf_range_evidence(&by_hand, buf, sizeof(buf)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_later_events),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
