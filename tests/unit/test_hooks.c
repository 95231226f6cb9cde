// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* links: user/kernel/hooks.c */
/*
 * The choice of hooks, on kernels made up here: which function exists is a
 * string that names those which do not.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/hooks.h"
#include "unit.h"
#include "wire.h"

/* ctx: names of what is missing, each between spaces; a parameter as symbol.param. */
static bool exists(void *ctx, const struct hook *h)
{
	char name[128];

	if (strstr(ctx, h->symbol) && !h->param)
		return false;
	snprintf(name, sizeof(name), " %s.%s ", h->symbol, h->param ? h->param : "");
	return !strstr(ctx, name);
}

static const struct hook *find(const struct hook *hooks, size_t n, const char *program)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(hooks[i].program, program))
			return &hooks[i];
	fail_msg("no program %s", program);
	return NULL;
}

static size_t plan(struct hook hooks[HOOKS_MAX], const char *missing)
{
	return hooks_plan(hooks, PF_CONTENT_WIRE, exists, (void *)missing);
}

static void newest_of_a_role_is_used(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, "");

	(void)state;
	assert_int_equal(find(hooks, n, "on_splice")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_sendpage")->state, HOOK_NOT_NEEDED);
	assert_int_equal(find(hooks, n, "on_btrfs_range")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_btrfs_front")->state, HOOK_NOT_NEEDED);
	assert_null(hooks_missing(hooks, n));
}

static void older_one_where_the_newest_is_absent(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, " skb_splice_from_iter btrfs_truncate_block.start ");

	(void)state;
	assert_int_equal(find(hooks, n, "on_splice")->state, HOOK_ABSENT);
	assert_int_equal(find(hooks, n, "on_sendpage")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_wait_mem")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_btrfs_range")->state, HOOK_ABSENT);
	assert_int_equal(find(hooks, n, "on_btrfs_front")->state, HOOK_UNTRIED);
	assert_null(hooks_missing(hooks, n));
}

static void group_is_whole_or_absent(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, " skb_splice_from_iter sk_stream_wait_memory ");
	const struct hook *h;

	(void)state;
	assert_int_equal(find(hooks, n, "on_sendpage")->state, HOOK_ABSENT);
	h = hooks_missing(hooks, n);
	assert_non_null(h);
	assert_string_equal(h->role, "attach");
}

static void required_role_without_a_hook_is_found(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, " tcp_ack ");

	(void)state;
	assert_string_equal(hooks_missing(hooks, n)->symbol, "tcp_ack");
}

static void optional_roles_may_be_missing(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, " btrfs_buffered_write iomap_file_buffered_write do_page_mkwrite ");

	(void)state;
	assert_null(hooks_missing(hooks, n));
}

static void failed_hook_is_missing(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, "");

	(void)state;
	((struct hook *)find(hooks, n, "on_ack"))->state = HOOK_FAILED;
	assert_string_equal(hooks_missing(hooks, n)->symbol, "tcp_ack");
}

static void programs_of_one_function_stand_together(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, "");

	(void)state;
	assert_true(hooks_stand_together(find(hooks, n, "on_write"), find(hooks, n, "on_write_end")));
	assert_true(hooks_stand_together(find(hooks, n, "on_sendpage"),
					 find(hooks, n, "on_wait_mem")));
	assert_false(hooks_stand_together(find(hooks, n, "on_write"),
					  find(hooks, n, "on_iomap")));
	assert_false(hooks_stand_together(find(hooks, n, "on_purge"), find(hooks, n, "on_destroy")));
}

static void seconds_go_where_none_is_skipped(void **state)
{
	struct hook hooks[HOOKS_MAX];
	size_t n = plan(hooks, " btrfs_buffered_write ");

	(void)state;
	hooks_stand_once(hooks, n);
	assert_int_equal(find(hooks, n, "on_write")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_write_2")->state, HOOK_NOT_NEEDED);
	assert_int_equal(find(hooks, n, "on_write_end")->state, HOOK_UNTRIED);
	assert_int_equal(find(hooks, n, "on_write_end_2")->state, HOOK_NOT_NEEDED);
	assert_int_equal(find(hooks, n, "on_copy_2")->state, HOOK_NOT_NEEDED);
	assert_int_equal(find(hooks, n, "on_btrfs_2")->state, HOOK_ABSENT);
	assert_null(hooks_missing(hooks, n));
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
		cmocka_unit_test(programs_of_one_function_stand_together),
		cmocka_unit_test(seconds_go_where_none_is_skipped),
	};

	return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
