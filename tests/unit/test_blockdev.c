// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The name of a block device, from a directory that looks like /sys/dev/block. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blockdev.h"
#include "base/dev.h"
#include "lib/test.h"

#define DEV dev_number(7, 3)

static char dir[64], device[96], uevent[128];

static void uevent_is(const char *text)
{
	FILE *file = fopen(uevent, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/pf-blockdev-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(device, sizeof(device), "%s/7:3", dir);
	snprintf(uevent, sizeof(uevent), "%s/uevent", device);
	assert_int_equal(mkdir(device, 0700), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(uevent);
	rmdir(device);
	return rmdir(dir);
}

TEST_FN(test_named)
{
	char path[64];

	uevent_is("MAJOR=7\nMINOR=3\nDEVNAME=loop3\nDEVTYPE=disk\n");
	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), DEV), 0);
	assert_string_equal(path, "/dev/loop3");
	uevent_is("DEVNAME=cciss/c0d0p1");
	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), DEV), 0);
	assert_string_equal(path, "/dev/cciss/c0d0p1");
}

TEST_FN(test_cut)
{
	char path[8];

	uevent_is("DEVNAME=loop3\n");
	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), DEV), 0);
	assert_string_equal(path, "/dev/lo");
}

TEST_FN(test_not_known)
{
	char path[64] = "untouched";

	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), DEV), -ENOENT);
	uevent_is("MAJOR=7\nDEVNAME=\nNODEVNAME=x\n");
	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), DEV), -ENOENT);
	assert_int_equal(blockdev_path_in(dir, path, sizeof(path), dev_number(7, 4)), -ENOENT);
	assert_string_equal(path, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_known, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("blockdev", tests, NULL, NULL);
}
