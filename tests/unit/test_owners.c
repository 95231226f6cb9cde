// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Owners of sockets, in a made-up directory of processes. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names/owners.h"
#include "lib/test.h"

static const struct owners_limits wide = { 1ull << 40, 1000 };

static char tree[32];

static void process(const char *pid, const char *comm)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", tree, pid);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/fd", tree, pid);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/comm", tree, pid);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "%s\n", comm);
	fclose(out);
}

static void opened(const char *pid, int fd, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s/fd/%d", tree, pid, fd);
	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/pf-owners-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	process("12", "server");
	opened("12", 0, "/dev/null");
	opened("12", 3, "socket:[700]");
	opened("12", 4, "socket:[701]");
	opened("12", 5, "socket:[701]");
	opened("12", 6, "pipe:[702]");
	process("9", "worker");
	opened("9", 7, "socket:[701]");
	opened("9", 8, "socket:[9999]");
	process("self", "not a number");
	opened("self", 1, "socket:[700]");
	return 0;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(tree, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static const __u64 wanted[] = { 700, 701, 702 };

TEST_FN(each_process_once)
{
	struct owners owners;
	const struct owner *of;
	size_t n;

	assert_int_equal(owners_find_in(&owners, tree, wanted, 3, &wide), 0);
	assert_false(owners.cut);
	assert_int_equal(owners.n, 3);
	of = owners_of(&owners, 700, &n);
	assert_int_equal(n, 1);
	assert_int_equal(of->pid, 12);
	assert_string_equal(of->comm, "server");
	of = owners_of(&owners, 701, &n);
	assert_int_equal(n, 2);
	assert_int_equal(of[0].pid, 9);
	assert_int_equal(of[1].pid, 12);
	owners_of(&owners, 702, &n);
	assert_int_equal(n, 0);
	owners_of(&owners, 9999, &n);
	assert_int_equal(n, 0);
	owners_free(&owners);
}

TEST_FN(nobody_is_sought)
{
	struct owners owners;
	size_t n;

	assert_int_equal(owners_find_in(&owners, "/nowhere", wanted, 0, &wide), 0);
	owners_of(&owners, 700, &n);
	assert_int_equal(n, 0);
	owners_free(&owners);
}

TEST_FN(limits_are_kept)
{
	const struct owners_limits none = { 0, 1000 }, few = { 1ull << 40, 1 };
	struct owners owners;

	assert_int_equal(owners_find_in(&owners, tree, wanted, 3, &none), 0);
	assert_true(owners.cut);
	assert_int_equal(owners.n, 0);
	owners_free(&owners);
	assert_int_equal(owners_find_in(&owners, tree, wanted, 3, &few), 0);
	assert_true(owners.cut);
	owners_free(&owners);
}

TEST_FN(no_processes)
{
	struct owners owners;

	assert_true(owners_find_in(&owners, "/nowhere", wanted, 3, &wide) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_process_once, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_is_sought, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(no_processes, setup, teardown),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
