// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Which capabilities are necessary, and what is lost without the others. */
#include <errno.h>
#include <string.h>
#include <linux/capability.h>

#include "base/err.h"
#include "kernel/privileges.h"
#include "lib/test.h"

#define BIT(capability) (1ull << (capability))

TEST_FN(first_pid_namespace_is_told_by_its_inode)
{
	assert_true(privileges_first_pidns("pid:[4026531836]"));
	assert_false(privileges_first_pidns("pid:[4026532456]"));
	assert_false(privileges_first_pidns(""));
}

TEST_FN(necessary_capabilities_are_named)
{
	static const struct {
		__u64 have;
		const char *missing;	/* NULL: none */
	} rows[] = {
		{ BIT(CAP_BPF) | BIT(CAP_PERFMON), NULL },
		{ BIT(CAP_SYS_ADMIN), NULL },
		{ BIT(CAP_BPF), ": no CAP_PERFMON" },
		{ BIT(CAP_PERFMON), ": no CAP_BPF" },
		{ BIT(CAP_SYSLOG), ": no CAP_BPF and no CAP_PERFMON" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { "" };
		int ret = privileges_judge(rows[i].have, &err);

		assert_int_equal(ret, rows[i].missing ? -EPERM : 0);
		if (rows[i].missing)
			assert_string_equal(strrchr(err.text, ':'), rows[i].missing);
	}
}

static size_t losses(__u64 have, const char *name)
{
	bool end = false;
	size_t n = 0;

	for (unsigned int i = 0; !end; i++) {
		const char *loss = privileges_loss(have, i, &end);

		n += loss && strstr(loss, name);
	}
	return n;
}

TEST_FN(a_look_needs_fewer)
{
	const char *loss;
	bool end;

	for (unsigned int i = 0; i < 2; i++) {
		assert_null(privileges_look_loss(~0ull, i, &end));
		assert_false(end);
	}
	loss = privileges_look_loss(~BIT(CAP_SYS_ADMIN), 0, &end);
	assert_non_null(strstr(loss, "network namespaces"));
	assert_null(privileges_look_loss(~BIT(CAP_SYS_ADMIN), 1, &end));
	assert_null(privileges_look_loss(0, 2, &end));
	assert_true(end);
}

TEST_FN(each_optional_capability_is_named)
{
	assert_int_equal(losses(~0ull, ""), 0);
	assert_int_equal(losses(~BIT(CAP_SYS_PTRACE), "CAP_SYS_PTRACE"), 1);
	assert_int_equal(losses(~BIT(CAP_SYSLOG), ""), 1);
	assert_int_equal(losses(~BIT(CAP_SYS_RAWIO), ""), 0);
	assert_int_equal(losses(~(BIT(CAP_SYSLOG) | BIT(CAP_SYS_RAWIO)), "CAP_SYS_RAWIO"), 1);
	assert_int_equal(losses(~BIT(CAP_SYS_ADMIN), "CAP_SYS_ADMIN"), 1);
	assert_int_equal(losses(BIT(CAP_BPF) | BIT(CAP_PERFMON), ""), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_pid_namespace_is_told_by_its_inode),
		cmocka_unit_test(necessary_capabilities_are_named),
		cmocka_unit_test(a_look_needs_fewer),
		cmocka_unit_test(each_optional_capability_is_named),
	};

	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
