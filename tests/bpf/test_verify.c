// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_verify - what the verifier follows is most of the time that a start takes. Where it
 * follows a loop once for each value that a caller may leave, that grows by factors.
 */
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "fixture.h"
#include "kernel/hooks.h"

#define ALL_MOST 1200000	/* instructions, of all programs */

static bool is_ours(const char *name)
{
	size_t n;
	const struct hook *hooks = loader_hooks(counts_loader(), &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(hooks[i].program, name))
			return true;
	return false;
}

TEST(few_instructions_are_verified, .flows = 1)
{
	unsigned int all = 0, programs = 0;
	__u32 id = 0;

	(void)t;
	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = fixture_program(id);

		if (!is_ours(info.name))
			continue;
		programs++;
		all += info.verified_insns;
		if (info.verified_insns > FIXTURE_VERIFIED)
			fail_msg("%s: %u instructions verified", info.name, info.verified_insns);
	}
	print_message("%u programs, %u instructions verified\n", programs, all);
	assert_in_range(programs, 20, 100);
	assert_in_range(all, 1, ALL_MOST);
}

static const struct CMUnitTest tests[] = {
	RUN(few_instructions_are_verified),
};

int main(void)
{
	return fixture_main("test_verify", tests);
}
