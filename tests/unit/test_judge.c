// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every rule by which a byte is judged. The rules are in rows_hooks.c and, where
 * fingerprints tell more than the hooks do, in rows_content.c.
 */
#include "rows.h"

TEST_FN(test_rules)
{
	rows_check(&rows_hooks);
	for (size_t i = 0; i < ARRAY_LEN(rows_content); i++)
		rows_check(&rows_content[i]);
}

TEST_FN(test_every_rule_is_reached)
{
	bool reached[RULE_MAX] = { 0 };

	rows_reach(&rows_hooks, reached);
	for (size_t i = 0; i < ARRAY_LEN(rows_content); i++)
		rows_reach(&rows_content[i], reached);
	for (int i = 0; i < RULE_MAX; i++) {
		if (!reached[i])
			fail_msg("no row reaches \"%s\"", rule_answer(i, 0).rule);
	}
}

/* A rule is known by its sentence. */
TEST_FN(test_sentences_differ)
{
	for (int i = 0; i < RULE_MAX; i++) {
		for (int k = 0; k < i; k++)
			assert_string_not_equal(rule_answer(i, 0).rule, rule_answer(k, 0).rule);
	}
}

TEST_FN(test_cuts_suffice)
{
	rows_check_cuts(&rows_hooks);
	for (size_t i = 0; i < ARRAY_LEN(rows_content); i++)
		rows_check_cuts(&rows_content[i]);
}

TEST_FN(test_cuts_ascend_and_stay_inside)
{
	const struct evidence ev = { BEFORE(.una = 50, .nxt = 10), AFTER(.una = 30, .nxt = 30) };
	const struct evidence outside = { BEFORE(.una = 5, .nxt = 100),
					  AFTER(.una = 101, .nxt = 4) };
	__u32 cuts[JUDGE_CUTS_MAX];

	assert_int_equal(judge_cuts(&ev, 5, 95, cuts), 3);
	assert_int_equal(cuts[0], 5);
	assert_int_equal(cuts[1], 25);
	assert_int_equal(cuts[2], 45);
	assert_int_equal(judge_cuts(&outside, 5, 95, cuts), 0);
	assert_int_equal(judge_cuts(&ev, 10, 1, cuts), 0);
}

TEST_FN(test_sent)
{
	const struct evidence again = BY_WRITE(AGAIN);
	const struct evidence changed = BY_WRITE(CHANGED);
	const struct evidence blind = BY_WRITE(.fp = TOOK);

	assert_int_equal(evidence_of_copy(&again, TOOK), PF_MARK_COPIED_MEANT);
	assert_int_equal(evidence_of_copy(&again, FIRST), PF_MARK_COPIED_BEFORE);
	assert_int_equal(evidence_of_copy(&again, SECOND), PF_MARK_COPIED_AFTER);
	assert_int_equal(evidence_of_copy(&again, 12345), PF_MARK_COPIED_OTHER);
	assert_int_equal(evidence_of_copy(&again, 0), 0);
	/* What was there before is what the socket took: the better name counts. */
	assert_int_equal(evidence_of_copy(&changed, TOOK), PF_MARK_COPIED_MEANT);
	assert_int_equal(evidence_of_copy(&blind, FIRST), PF_MARK_COPIED_OTHER);
}

TEST_FN(test_restores)
{
	const struct evidence back = BY_WRITE(BACK);
	const struct evidence part = BY_WRITE(.marks = MEANT);
	const struct evidence none = BY_WRITE(STILL);
	const struct evidence changed = BY_WRITE(CHANGED);
	const struct evidence compared = BY_WRITE(.flags = PF_HIT_COMPARED, AGAIN);

	assert_true(judge_restores(&back));
	assert_true(judge_restores(&part));
	assert_false(judge_restores(&none));
	assert_false(judge_restores(&changed));
	assert_false(judge_restores(&compared));
}

/* Copied before 40 when the restoring write began, before 50 when it was complete. */
TEST_FN(test_in_time)
{
	const struct evidence wire = BY_WRITE(CARRIED);
	const struct evidence here = BY_WRITE(.flags = LOCAL, BEFORE(.read = 40, .in_host = true),
					      AFTER(.read = 50, .in_host = true), BACK);
	const struct evidence away = BY_WRITE(BEFORE(.nxt = 40), AFTER(.nxt = 50), BACK);
	const struct evidence queued = BY_WRITE(BEFORE(.nxt = 40, .in_host = true),
						AFTER(.nxt = 50, .in_host = true), BACK);
	const struct evidence young = BY_WRITE(.flags = YOUNG | WIRE, AFTER(.read = 50));
	const struct evidence found = BY_NOBODY(BEFORE(.nxt = 40), AFTER(.nxt = 50), BACK);
	const struct evidence found_wire = BY_NOBODY(CARRIED);
	const struct evidence unsure = BY_WRITE(UNSURE_LOCAL, BACK);
	const struct evidence *all[] = { &wire, &here, &away };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(judge_in_time(all[i], 39), TOO_LATE);
		assert_int_equal(judge_in_time(all[i], 40), NOT_KNOWN);
		assert_int_equal(judge_in_time(all[i], 49), NOT_KNOWN);
		assert_int_equal(judge_in_time(all[i], 50), IN_TIME);
	}
	/* A packet on its way in this host may still get the restored bytes, or not. */
	assert_int_equal(judge_in_time(&unsure, 9), TOO_LATE);
	assert_int_equal(judge_in_time(&unsure, 10), NOT_KNOWN);
	assert_int_equal(judge_in_time(&unsure, 59), NOT_KNOWN);
	assert_int_equal(judge_in_time(&unsure, 60), IN_TIME);
	assert_int_equal(judge_in_time(&queued, 39), NOT_KNOWN);
	assert_int_equal(judge_in_time(&queued, 50), IN_TIME);
	assert_int_equal(judge_in_time(&young, 60), NOT_KNOWN);
	/* When it was found says nothing about when it was made. */
	assert_int_equal(judge_in_time(&found, 39), NOT_KNOWN);
	assert_int_equal(judge_in_time(&found, 60), NOT_KNOWN);
	assert_int_equal(judge_in_time(&found_wire, 39), TOO_LATE);
	assert_int_equal(judge_in_time(&found_wire, 50), IN_TIME);
}

TEST_FN(test_names)
{
	assert_string_equal(pf_verdict_name(PF_VERDICT_NEAR_MISS), "near-miss");
	assert_string_equal(pf_reason_name(PF_REASON_EVIDENCE_LOST), "evidence-lost");
	assert_string_equal(pf_phase_name(PF_PHASE_HELD), "held");
	assert_string_equal(pf_writer_how_name(PF_WRITE_PUNCH), "punch");
	assert_string_equal(pf_sender_how_name(PF_SEND_SENDFILE), "sendfile");
	assert_string_equal(pf_writer_how_name(999), "unknown");
	assert_string_equal(pf_verdict_name(PF_VERDICT_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_every_rule_is_reached),
		cmocka_unit_test(test_sentences_differ),
		cmocka_unit_test(test_cuts_suffice),
		cmocka_unit_test(test_cuts_ascend_and_stay_inside),
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_restores),
		cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
