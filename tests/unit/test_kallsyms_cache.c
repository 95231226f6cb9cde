// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The running kernel's functions, which it shows to some users only. */
#include <string.h>

#include "base/clock.h"
#include "names/kallsyms_cache.h"
#include "lib/test.h"

#define NOW (1000 * NSEC_PER_SEC)

/* By the listing itself: where vfs_write is, 0 if that is hidden. */
static unsigned long long vfs_write_at(void)
{
	FILE *in = fopen("/proc/kallsyms", "r");
	unsigned long long address, found = 0;
	char name[512];

	if (!in)
		return 0;
	while (!found && fscanf(in, "%llx %*c %511s%*[^\n]", &address, name) == 2)
		found = strcmp(name, "vfs_write") ? 0 : address;
	fclose(in);
	return found;
}

TEST_FN(test_running_kernel)
{
	unsigned long long address = vfs_write_at();
	const struct kallsyms *table;
	struct kallsyms_cache *s;
	struct kallsym sym;

	assert_int_equal(kallsyms_cache_new(&s), 0);
	table = kallsyms_cache_get(s, NOW);
	if (!address) {
		kallsyms_cache_free(s);
		skip();
	}
	assert_non_null(table);
	assert_true(kallsyms_find(table, address + 3, &sym));
	assert_string_equal(sym.name, "vfs_write");
	assert_int_equal(sym.offset, 3);
	assert_ptr_equal(kallsyms_cache_get(s, NOW + 1), table);
	kallsyms_cache_free(s);
}

TEST_FN(test_nobody)
{
	kallsyms_cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("kallsyms_cache", tests, NULL, NULL);
}
