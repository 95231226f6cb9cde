// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The choice of hooks, on kernels made up here: which function exists is a
 * string that names those which do not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hooks.h"
#include "lib/test.h"
#include "wire.h"

/* ctx: names of what is missing, each between spaces; a parameter as symbol.param. */
static bool exists(void *ctx, struct hook *h)
{
	char name[128];

	snprintf(name, sizeof(name), " %s ", h->symbol);
	if (strstr(ctx, name))
		return false;
	snprintf(name, sizeof(name), " %s.%s ", h->symbol, h->param ? h->param : "");
	return !strstr(ctx, name);
}

static struct hook *hooks;

static int setup(void **state)
{
	(void)state;
	hooks = calloc(hooks_n, sizeof(*hooks));
	return hooks ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(hooks);
	return 0;
}

static struct hook *find(const char *program)
{
	for (size_t i = 0; i < hooks_n; i++)
		if (!strcmp(hooks[i].program, program))
			return &hooks[i];
	fail_msg("no program %s", program);
	return NULL;
}

static enum hook_state state_of(const char *program)
{
	return find(program)->state;
}

static enum hook_tie tie(const char *a, const char *b)
{
	enum hook_tie there = hooks_tie(find(a), find(b));

	assert_int_equal(hooks_tie(find(b), find(a)), there);
	return there;
}

static void plan(const char *missing)
{
	hooks_plan(hooks, PF_CONTENT_WIRE, exists, (void *)missing);
}

static const struct hook *missing_hook(void)
{
	return hooks_missing(hooks, hooks_n);
}

TEST_FN(newest_of_a_role_is_used)
{
	plan("");
	assert_int_equal(state_of("on_splice"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_sendpage"), HOOK_NOT_NEEDED);
	assert_int_equal(state_of("on_btrfs_range"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_btrfs_front"), HOOK_NOT_NEEDED);
	assert_null(missing_hook());
}

TEST_FN(older_one_where_the_newest_is_absent)
{
	plan(" skb_splice_from_iter btrfs_truncate_block.start ");
	assert_int_equal(state_of("on_splice"), HOOK_ABSENT);
	assert_int_equal(state_of("on_sendpage"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_wait_mem"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_btrfs_range"), HOOK_ABSENT);
	assert_int_equal(state_of("on_btrfs_front"), HOOK_UNTRIED);
	assert_null(missing_hook());
}

TEST_FN(group_is_whole_or_absent)
{
	const struct hook *h;

	plan(" skb_splice_from_iter sk_stream_wait_memory ");
	assert_int_equal(state_of("on_sendpage"), HOOK_ABSENT);
	h = missing_hook();
	assert_non_null(h);
	assert_string_equal(h->role, "attach");
}

TEST_FN(required_role_without_a_hook_is_found)
{
	plan(" tcp_ack ");
	assert_string_equal(missing_hook()->symbol, "tcp_ack");
}

TEST_FN(optional_roles_may_be_missing)
{
	plan(" btrfs_buffered_write iomap_file_buffered_write do_page_mkwrite ");
	assert_null(missing_hook());
}

TEST_FN(failed_hook_is_missing)
{
	plan("");
	find("on_ack")->state = HOOK_FAILED;
	assert_string_equal(missing_hook()->symbol, "tcp_ack");
}

TEST_FN(candidate_that_failed_tells_more_than_an_absent_one)
{
	const struct hook *h;

	plan(" skb_splice_from_iter ");
	for (size_t i = 0; i < hooks_n; i++) {
		if (hooks[i].state != HOOK_UNTRIED || hooks[i].group != 2 ||
		    strcmp(hooks[i].role, "attach"))
			continue;
		hooks[i].state = HOOK_FAILED;
		hooks[i].err = -524;
	}
	h = missing_hook();
	assert_non_null(h);
	assert_string_equal(h->symbol, "do_tcp_sendpages");
	assert_string_equal(hook_error(h), "this kernel cannot call programs from functions");
}

/* What is not seen for want of the program; NULL if it is seen or said by another row. */
static const char *blind_for(const char *program)
{
	const struct hook *h = hooks_blind(hooks, hooks_n, find(program) - hooks);

	return h ? h->symbol : NULL;
}

TEST_FN(lost_part_of_a_role_is_named)
{
	plan(" ext4_block_zero_range ");
	find("on_ext4_zero")->state = find("on_ext4_zeroed")->state = HOOK_ATTACHED;
	assert_null(blind_for("on_ext4_range"));	/* the older function is enough */
	plan(" ext4_block_zero_range ext4_block_zero_page_range ");
	assert_string_equal(blind_for("on_ext4_range"), "ext4_block_zero_range");
	assert_null(blind_for("on_ext4_zero"));		/* it is said once */
	find("on_zero")->state = find("on_zeroed")->state = HOOK_ATTACHED;
	assert_null(blind_for("on_zero"));
	assert_string_equal(hook_why_not(find("on_ext4_range")), "not in this kernel");
	strcpy(find("on_ext4_range")->why_absent, "its module is not loaded");
	assert_string_equal(hook_why_not(find("on_ext4_range")), "its module is not loaded");
}

TEST_FN(half_of_a_pair_is_named)
{
	plan("");
	find("on_zero")->state = HOOK_ATTACHED;
	find("on_zeroed")->state = HOOK_FAILED;
	find("on_zeroed")->err = -E2BIG;
	assert_string_equal(blind_for("on_zero"), "truncate_inode_partial_folio");
	assert_string_equal(hook_why_not(find("on_zeroed")), strerror(E2BIG));
	find("on_ack")->state = HOOK_FAILED;	/* required: no session begins */
	assert_null(blind_for("on_ack"));
}

TEST_FN(programs_of_one_function_stand_together)
{
	plan("");
	assert_int_equal(tie("on_write", "on_write_end"), HOOK_PARTNERS);
	assert_int_equal(tie("on_sendpage", "on_wait_mem"), HOOK_PARTNERS);
	assert_int_equal(tie("on_write", "on_iomap"), HOOK_APART);
	assert_int_equal(tie("on_purge", "on_destroy"), HOOK_APART);
	assert_int_equal(tie("on_zero", "on_ext4_zero"), HOOK_APART);
}

TEST_FN(groups_of_one_role_are_rivals)
{
	plan("");
	assert_int_equal(tie("on_splice", "on_wait_mem"), HOOK_RIVALS);
	assert_int_equal(tie("on_btrfs_range", "on_btrfs_front"), HOOK_RIVALS);
	assert_int_equal(tie("on_btrfs_range", "on_btrfs_zeroed"), HOOK_PARTNERS);
	assert_int_equal(tie("on_btrfs_front", "on_btrfs_zeroed"), HOOK_PARTNERS);
}

TEST_FN(every_row_is_complete)
{
	plan("");
	for (size_t i = 0; i < hooks_n; i++) {
		const struct hook *h = &hooks[i];

		assert_true(h->program && h->role && h->symbol && h->blind_without);
		assert_ptr_equal(find(h->program), h);
		assert_int_equal(h->method == HOOK_ITER, h->run != HOOK_RUN_NEVER);
		assert_true(!h->map || h->method == HOOK_ITER);
	}
}

/* All are attached; the programs of these names, each between spaces, are not. */
static void attach_all_but(const char *failed)
{
	char name[128];

	for (size_t i = 0; i < hooks_n; i++) {
		snprintf(name, sizeof(name), " %s ", hooks[i].program);
		hooks[i].state = strstr(failed, name) ? HOOK_FAILED : HOOK_ATTACHED;
	}
}

/* What is lost if one program was skipped so often, and another one. */
static struct pf_totals lost(const char *program, __u64 skips, const char *other, __u64 more)
{
	struct pf_totals totals = { 0 };
	__u64 *all = calloc(hooks_n, sizeof(*all));

	assert_non_null(all);
	all[find(program) - hooks] += skips;
	all[find(other) - hooks] += more;
	hooks_count_missed(hooks, hooks_n, all, &totals);
	free(all);
	return totals;
}

TEST_FN(a_skip_is_a_loss_where_nothing_acts_instead)
{
	plan("");
	attach_all_but("");
	assert_int_equal(lost("on_ack", 3, "on_xmit", 4).missed, 3);
	assert_int_equal(lost("on_ack", 3, "on_mkwrite", 4).missed_by[PF_ROLE_ack], 3);
	assert_int_equal(lost("on_ack", 3, "on_mkwrite", 4).missed_by[PF_ROLE_write], 4);
	assert_int_equal(lost("on_write", 3, "on_write_end", 4).missed, 0);
	assert_int_equal(lost("on_write_2", 3, "on_write_end_2", 4).missed, 0);
	assert_int_equal(lost("on_write_2", 3, "on_iomap", 4).missed, 0);
	assert_int_equal(lost("on_splice", 3, "on_zerocopy_2", 4).missed, 0);
	assert_int_equal(lost("on_sendpage", 3, "on_sendpaged", 4).missed, 3);
	attach_all_but(" on_ack  on_write_2  on_write_end ");
	assert_int_equal(lost("on_ack", 3, "on_xmit", 4).missed, 0);
	assert_int_equal(lost("on_write", 3, "on_write_end_2", 4).missed, 7);
}

/* Which invocations they were is not known, so the lesser number is how many were lost at most. */
TEST_FN(both_copies_are_skipped)
{
	plan("");
	attach_all_but("");
	assert_int_equal(lost("on_write", 3, "on_write_2", 4).missed, 3);
	assert_int_equal(lost("on_write", 4, "on_write_2", 3).missed_by[PF_ROLE_write], 3);
	assert_int_equal(lost("on_write_end", 5, "on_write_end_2", 5).missed, 5);
	assert_int_equal(lost("on_splice", 3, "on_splice_2", 4).missed_by[PF_ROLE_attach], 3);
}

TEST_FN(seconds_go_where_none_is_skipped)
{
	plan(" btrfs_buffered_write ");
	hooks_stand_once(hooks, hooks_n);
	assert_int_equal(state_of("on_write"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_write_2"), HOOK_NOT_NEEDED);
	assert_int_equal(state_of("on_write_end"), HOOK_UNTRIED);
	assert_int_equal(state_of("on_write_end_2"), HOOK_NOT_NEEDED);
	assert_int_equal(state_of("on_copy_2"), HOOK_NOT_NEEDED);
	assert_int_equal(state_of("on_btrfs_2"), HOOK_ABSENT);
	assert_int_equal(state_of("on_splice_2"), HOOK_NOT_NEEDED);
	assert_null(missing_hook());
}

/* Transmissions that only some programs see would pass for some that were not made. */
TEST_FN(sharpest_mode_needs_each_hook_of_transmissions)
{
	plan("");
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_WIRE);
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_EDGES), PF_CONTENT_EDGES);
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_OFF), PF_CONTENT_OFF);
	find("on_copy_2")->state = HOOK_NOT_NEEDED;
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_WIRE);
	find("on_consume")->state = HOOK_FAILED;
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_EDGES);
	plan(" net_dev_start_xmit ");
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_EDGES);
	plan(" skb_copy_datagram_iovec ");
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_EDGES);
	plan(" do_page_mkwrite ");
	assert_int_equal(hooks_content(hooks, hooks_n, PF_CONTENT_WIRE), PF_CONTENT_WIRE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_of_a_role_is_used),
		cmocka_unit_test(older_one_where_the_newest_is_absent),
		cmocka_unit_test(group_is_whole_or_absent),
		cmocka_unit_test(required_role_without_a_hook_is_found),
		cmocka_unit_test(optional_roles_may_be_missing),
		cmocka_unit_test(failed_hook_is_missing),
		cmocka_unit_test(candidate_that_failed_tells_more_than_an_absent_one),
		cmocka_unit_test(lost_part_of_a_role_is_named),
		cmocka_unit_test(half_of_a_pair_is_named),
		cmocka_unit_test(programs_of_one_function_stand_together),
		cmocka_unit_test(groups_of_one_role_are_rivals),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(a_skip_is_a_loss_where_nothing_acts_instead),
		cmocka_unit_test(both_copies_are_skipped),
		cmocka_unit_test(seconds_go_where_none_is_skipped),
		cmocka_unit_test(sharpest_mode_needs_each_hook_of_transmissions),
	};

	return cmocka_run_group_tests_name("hooks", tests, setup, teardown);
}
