// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Paths on the running machine. /proc is the file system whose device, root and
 * mount point a test knows without being root. The choice among mounts is
 * tested in test_mounts.c.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "names/paths.h"
#include "lib/test.h"

static struct pf_ev_op op_with(const char *path, __u32 flags)
{
	struct pf_ev_op op = { .flags = flags, .path_at = 300 };

	snprintf(op.path + op.path_at, sizeof(op.path) - op.path_at, "%s", path);
	return op;
}

static __u64 proc_dev(void)
{
	struct stat st;

	assert_int_equal(stat("/proc", &st), 0);
	return (__u64)major(st.st_dev) << 20 | minor(st.st_dev);
}

static struct shown resolved(const struct pf_ev_op *op, __u64 dev, __u32 writer)
{
	struct pf_incident inc = { .dev = dev, .writer.pid = writer, .op_rec = op };
	struct shown shown = { .inc = &inc };
	static char path[PATHS_LEN];
	struct paths *r;

	assert_int_equal(paths_new(&r), 0);
	/* Twice: the second time from the tables at hand. */
	paths_incident(r, &shown);
	paths_incident(r, &shown);
	if (shown.path)
		shown.path = strcpy(path, shown.path);
	paths_free(r);
	shown.inc = NULL;
	return shown;
}

TEST_FN(test_mounted_here)
{
	struct pf_ev_op op = op_with("/version", 0);
	struct shown shown = resolved(&op, proc_dev(), 0);

	assert_string_equal(shown.path, "/proc/version");
	assert_int_equal(shown.view, PATH_SELF);
	assert_false(shown.deleted);
}

TEST_FN(test_deleted)
{
	struct pf_ev_op op = op_with("/version", PF_OP_DELETED);
	struct shown shown = resolved(&op, proc_dev(), 0);

	assert_string_equal(shown.path, "/proc/version");
	assert_true(shown.deleted);
}

TEST_FN(test_mounted_nowhere)
{
	struct pf_ev_op op = op_with("/a/b", 0);
	struct shown shown = resolved(&op, (__u64)4000 << 20 | 7, getpid());

	assert_string_equal(shown.path, "[4000:7]/a/b");
	assert_int_equal(shown.view, PATH_UNKNOWN);
}

TEST_FN(test_cut)
{
	struct pf_ev_op op = op_with("/end/of/it", PF_OP_CUT);
	struct shown shown = resolved(&op, (__u64)8 << 20 | 1, 0);

	assert_string_equal(shown.path, "[8:1]/.../end/of/it");
	assert_int_equal(shown.view, PATH_UNKNOWN);
}

/* As /proc shows a memfd, whatever is mounted. */
TEST_FN(test_in_no_tree)
{
	struct pf_ev_op op = op_with("/memfd:name", PF_OP_NO_TREE | PF_OP_DELETED);
	struct shown shown = resolved(&op, proc_dev(), 0);

	assert_string_equal(shown.path, "/memfd:name");
	assert_int_equal(shown.view, PATH_NO_TREE);
	assert_string_equal(path_view_name(shown.view), "none");
	assert_true(shown.deleted);
}

/* No machine has a device of this number. */
TEST_FN(test_block_device_that_is_gone)
{
	struct pf_ev_op op = op_with("", PF_OP_NO_PATH | PF_OP_BLOCK);
	struct pf_incident inc = { .dev = 3, .op_rec = &op };
	struct shown shown = { .inc = &inc };
	struct paths *r;

	op.ino = (__u64)4000 << 20 | 7;
	assert_int_equal(paths_new(&r), 0);
	paths_incident(r, &shown);
	assert_string_equal(shown.path, "/dev/block/4000:7");
	assert_int_equal(shown.view, PATH_NO_TREE);
	paths_free(r);
}

TEST_FN(test_no_path)
{
	struct pf_ev_op op = op_with("", PF_OP_NO_PATH);

	assert_null(resolved(&op, proc_dev(), 0).path);
	assert_null(resolved(NULL, proc_dev(), 0).path);
	assert_null(resolved(&op, 0, 0).path);	/* memory of no file, and nobody who wrote */
	paths_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounted_here),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_mounted_nowhere),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_in_no_tree),
		cmocka_unit_test(test_block_device_that_is_gone),
		cmocka_unit_test(test_no_path),
	};

	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
