// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* When fingerprints may wait, and on which file systems: by what is attached. */
#include <stdlib.h>
#include <string.h>

#include "kernel/hooks.h"
#include "kernel/lazy.h"
#include "lib/test.h"
#include "wire.h"

#define ALL (PF_FS_TMPFS | PF_FS_EXT4 | PF_FS_XFS)

static struct hook *hooks;

static bool exists(void *ctx, struct hook *h)
{
	return strcmp(h->symbol, ctx);
}

/* Attach all that a kernel without this function has. */
static void attach_but(const char *missing)
{
	hooks_plan(hooks, PF_CONTENT_WIRE, exists, (void *)missing);
	for (size_t i = 0; i < hooks_n; i++)
		if (hooks[i].state == HOOK_UNTRIED)
			hooks[i].state = HOOK_ATTACHED;
}

static void break_hook(const char *program)
{
	for (size_t i = 0; i < hooks_n; i++)
		if (!strcmp(hooks[i].program, program))
			hooks[i].state = HOOK_FAILED;
}

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

TEST_FN(all_may_wait_where_all_is_attached)
{
	attach_but("vma_interval_tree_insert");
	assert_true(lazy_possible(hooks, hooks_n));
	attach_but("mapping_rmap_tree_insert");
	assert_true(lazy_possible(hooks, hooks_n));
	assert_int_equal(lazy_file_systems(hooks, hooks_n), ALL);
}

TEST_FN(none_waits_where_mappings_are_not_seen)
{
	attach_but("task_vma");
	assert_false(lazy_possible(hooks, hooks_n));
	attach_but("notify_change");
	assert_false(lazy_possible(hooks, hooks_n));
	attach_but("mapping_rmap_tree_insert");
	break_hook("on_map");
	assert_false(lazy_possible(hooks, hooks_n));
}

TEST_FN(half_of_a_role_is_none)
{
	attach_but("mapping_rmap_tree_insert");
	break_hook("on_map_2");
	assert_false(lazy_possible(hooks, hooks_n));
	attach_but("");
	break_hook("on_write_end_2");
	assert_int_equal(lazy_file_systems(hooks, hooks_n), PF_FS_XFS);
	attach_but("");
	break_hook("on_zeroed");
	assert_int_equal(lazy_file_systems(hooks, hooks_n), 0);
}

TEST_FN(programs_that_stand_once_are_whole)
{
	hooks_plan(hooks, PF_CONTENT_WIRE, exists, (void *)"");
	hooks_stand_once(hooks, hooks_n);
	for (size_t i = 0; i < hooks_n; i++)
		if (hooks[i].state == HOOK_UNTRIED)
			hooks[i].state = HOOK_ATTACHED;
	assert_true(lazy_possible(hooks, hooks_n));
	assert_int_equal(lazy_file_systems(hooks, hooks_n), ALL);
}

TEST_FN(a_file_system_needs_each_of_its_functions)
{
	static const struct {
		const char *symbol;
		__u32 left;
	} needs[] = {
		{ "iomap_zero_range", PF_FS_TMPFS | PF_FS_EXT4 },
		{ "iomap_truncate_page", PF_FS_TMPFS | PF_FS_EXT4 },
		{ "iomap_file_buffered_write", PF_FS_TMPFS | PF_FS_EXT4 },
		{ "generic_perform_write", PF_FS_XFS },
		{ "truncate_inode_partial_folio", 0 },
		{ "ext4_block_zero_range", ALL },	/* the other name of it */
		{ "ext4_block_zero_page_range", ALL },
	};

	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		attach_but(needs[i].symbol);
		assert_int_equal(lazy_file_systems(hooks, hooks_n), needs[i].left);
	}
	attach_but("ext4_block_zero_range");
	break_hook("on_ext4_zero");
	assert_int_equal(lazy_file_systems(hooks, hooks_n), PF_FS_TMPFS | PF_FS_XFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_may_wait_where_all_is_attached),
		cmocka_unit_test(none_waits_where_mappings_are_not_seen),
		cmocka_unit_test(half_of_a_role_is_none),
		cmocka_unit_test(programs_that_stand_once_are_whole),
		cmocka_unit_test(a_file_system_needs_each_of_its_functions),
	};

	return cmocka_run_group_tests_name("lazy", tests, setup, teardown);
}
