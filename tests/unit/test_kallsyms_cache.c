// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The running kernel's functions, which it shows to some users only. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

	assert_int_equal(kallsyms_cache_new(&s, "/proc"), 0);
	table = kallsyms_cache_get(s, NOW, true);
	if (!address) {
		kallsyms_cache_free(s);
		skip();
	}
	assert_non_null(table);
	assert_true(kallsyms_find(table, address + 3, &sym));
	assert_string_equal(sym.name, "vfs_write");
	assert_int_equal(sym.offset, 3);
	assert_ptr_equal(kallsyms_cache_get(s, NOW + 1, true), table);
	kallsyms_cache_free(s);
}

static void put(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* A table that takes a while to read. */
static void put_slowly(const char *name, const char *text)
{
	FILE *out;

	assert_int_equal(mkfifo(name, 0600), 0);
	if (fork())
		return;
	out = fopen(name, "w");	/* waits for the reader */
	usleep(110000);
	fputs(text, out);
	fflush(out);
	_exit(0);
}

static bool knows(const struct kallsyms *table, unsigned long long address, const char *name)
{
	struct kallsym sym;

	return kallsyms_find(table, address, &sym) && !strcmp(sym.name, name);
}

/* The table is not read all the time. While it is too old, no module is named by it. */
TEST_FN(test_modules_come_and_go)
{
	static const char old[] = "ffffffff81000000 T core\nffffffffc0000000 t old\t[old]\n";
	static const char new[] = "ffffffff81000000 T core\nffffffffc0000000 t new\t[new]\n";
	char dir[] = "/tmp/kallsyms-XXXXXX";
	const struct kallsyms *table;
	struct kallsyms_cache *s;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	put("modules", "old 1 0 - Live 0xffffffffc0000000\n");
	put_slowly("kallsyms", old);
	assert_int_equal(kallsyms_cache_new(&s, dir), 0);
	table = kallsyms_cache_get(s, NOW, false);
	wait(NULL);
	assert_true(knows(table, 0xffffffffc0000000, "old"));

	unlink("kallsyms");
	put("kallsyms", new);
	put("modules", "new 1 0 - Live 0xffffffffc0000000\n");
	table = kallsyms_cache_get(s, NOW + NSEC_PER_SEC, false);
	assert_true(knows(table, 0xffffffff81000000, "core"));
	assert_false(knows(table, 0xffffffffc0000000, "old"));
	assert_false(knows(table, 0xffffffffc0000000, "new"));
	put("modules", "old 1 0 - Live 0xffffffffc0000000\n");
	table = kallsyms_cache_get(s, NOW + 2 * NSEC_PER_SEC - 1, false);
	assert_false(knows(table, 0xffffffffc0000000, "old"));	/* not looked at again so soon */
	table = kallsyms_cache_get(s, NOW + 2 * NSEC_PER_SEC, false);
	assert_true(knows(table, 0xffffffffc0000000, "old"));
	put("modules", "new 1 0 - Live 0xffffffffc0000000\n");
	table = kallsyms_cache_get(s, NOW + 3 * NSEC_PER_SEC, true);
	assert_true(knows(table, 0xffffffffc0000000, "new"));
	put("kallsyms", old);
	put("modules", "old 1 0 - Live 0xffffffffc0000000\n");
	table = kallsyms_cache_get(s, NOW + 1000 * NSEC_PER_SEC, false);
	assert_true(knows(table, 0xffffffffc0000000, "old"));

	kallsyms_cache_free(s);
	unlink("kallsyms");
	unlink("modules");
	rmdir(dir);
}

TEST_FN(test_nobody)
{
	kallsyms_cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_modules_come_and_go),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("kallsyms_cache", tests, NULL, NULL);
}
