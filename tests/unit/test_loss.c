// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Which losses weaken what waits. Every loss counter has an effect, no other has. */
#include "engine/loss.h"
#include "lib/test.h"

static const struct {
	enum pf_counter counter;
	enum loss_effect effect;
} rows[] = {
	{ PF_C_pool_full, LOSS_MARKS },
	{ PF_C_conns_full, LOSS_HIDES },
	{ PF_C_socks_full, LOSS_MARKS },
	{ PF_C_readers_full, LOSS_HIDES },
	{ PF_C_readers_unfound, LOSS_HIDES },
	{ PF_C_writes_full, LOSS_HIDES },
	{ PF_C_events_lost, LOSS_WEAKENS },
	{ PF_C_iter_cut, LOSS_HIDES },
	{ PF_C_held_full, LOSS_WEAKENS },
	{ PF_C_copies_full, LOSS_WEAKENS },
	{ PF_C_piped, LOSS_MARKS },
	{ PF_C_mapping_missed, LOSS_HIDES },
	{ PF_C_walk_cut, LOSS_WEAKENS },
	{ PF_C_user_room, LOSS_MARKS },
	{ PF_C_user_index, LOSS_MARKS },
	{ PF_C_user_ring, LOSS_MARKS },
	{ PF_C_look_cut, LOSS_MARKS },
	{ PF_C_range_cut, LOSS_HIDES },
	{ PF_C_pop_cut, LOSS_DELAYS },
	{ PF_C_read_failed, LOSS_WEAKENS },
};

TEST_FN(test_every_counter)
{
	assert_int_equal(ARRAY_LEN(rows), PF_C_MAX - PF_C_FIRST_LOSS);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(loss_effect(rows[i].counter), rows[i].effect);
	for (int i = 0; i < PF_C_FIRST_LOSS; i++)
		assert_int_equal(loss_effect(i), LOSS_NONE);
	for (int i = PF_C_FIRST_LOSS; i < PF_C_MAX; i++)
		assert_int_not_equal(loss_effect(i), LOSS_NONE);
	assert_int_equal(loss_effect(PF_C_MAX), LOSS_NONE);
}

/* Each alone, as a change and not as a number. */
TEST_FN(test_weakens)
{
	for (int i = 0; i < PF_C_MAX; i++) {
		struct pf_totals before = { 0 }, now;

		before.stats.count[i] = 5;
		now = before;
		assert_false(loss_weakens(&before, &now));
		now.stats.count[i]++;
		assert_int_equal(loss_weakens(&before, &now), loss_effect(i) == LOSS_WEAKENS);
	}
}

TEST_FN(test_missed_runs)
{
	struct pf_totals before = { .missed = 5 }, now = before;

	assert_false(loss_weakens(&before, &now));
	now.missed++;
	assert_true(loss_weakens(&before, &now));
	now = before;
	now.in_flight = now.conns = 7;
	assert_false(loss_weakens(&before, &now));
}

/* A role whose skipped programs hide or delay weakens nothing that waits. */
TEST_FN(test_missed_by_role)
{
	static const enum loss_effect expected[] = {
		[PF_ROLE_attach] = LOSS_HIDES,
		[PF_ROLE_ack] = LOSS_DELAYS,
		[PF_ROLE_release] = LOSS_WEAKENS,
		[PF_ROLE_peer] = LOSS_WEAKENS,
		[PF_ROLE_abort] = LOSS_WEAKENS,
		[PF_ROLE_resend] = LOSS_WEAKENS,
		[PF_ROLE_write] = LOSS_WEAKENS,
		[PF_ROLE_MAX] = LOSS_WEAKENS,
	};

	assert_int_equal(ARRAY_LEN(expected), PF_ROLE_MAX + 1);
	for (int i = 0; i <= PF_ROLE_MAX; i++)
		assert_int_equal(loss_effect_of_role(i), expected[i]);
	for (int i = 0; i < PF_ROLE_MAX; i++) {
		struct pf_totals before = { .missed = 9, .missed_by[PF_ROLE_ack] = 3 }, now = before;

		now.missed += 2;
		now.missed_by[i] += 2;
		assert_int_equal(loss_weakens(&before, &now), expected[i] == LOSS_WEAKENS);
		now.missed++;	/* one of no known role */
		assert_true(loss_weakens(&before, &now));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_counter),
		cmocka_unit_test(test_weakens),
		cmocka_unit_test(test_missed_runs),
		cmocka_unit_test(test_missed_by_role),
	};

	return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
