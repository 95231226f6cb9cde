// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Who could change a file, on the running machine: this process has it open, and has to be found. */
#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdinfo.h"
#include "base/mountinfo.h"
#include "names/openers.h"

struct file {
	struct openers *openers;
	char path[32];
	int fd;
	struct openers_file asked;
};

/* As the kernel side would say it. */
static void know(struct file *f)
{
	char path[64], text[256] = "";
	struct mountinfo *mounts;
	struct fdinfo info;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", f->fd);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_true(fdinfo_parse(text, &info));
	assert_int_equal(mountinfo_read_at(&mounts, AT_FDCWD, "/proc/self/mountinfo"), 0);
	f->asked = (struct openers_file){ .dev = mountinfo_dev(mounts, info.mount), .ino = info.ino };
	assert_true(f->asked.dev);
	mountinfo_free(mounts);
}

static int set_up(void **state)
{
	static const struct openers_limits limits = { .ns = 60 * NSEC_PER_SEC, .lines = 1u << 24 };
	struct file *f = calloc(1, sizeof(*f));

	assert_int_equal(prctl(PR_SET_NAME, "pf an opener"), 0);
	strcpy(f->path, "/tmp/pf-openers-XXXXXX");
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, 4096), 0);
	know(f);
	assert_int_equal(openers_new_in(&f->openers, "/proc", &limits), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct file *f = *state;

	if (f->fd >= 0)
		close(f->fd);
	unlink(f->path);
	openers_free(f->openers);
	free(f);
	return 0;
}

static const struct openers_file *look(struct file *f)
{
	const struct openers_file *found;
	size_t n = 0;

	assert_true(openers_ask(f->openers, &f->asked, 1));
	assert_false(openers_ask(f->openers, &f->asked, 1));
	openers_wait(f->openers, 60 * NSEC_PER_SEC);
	found = openers_answer(f->openers, &n);
	assert_non_null(found);
	assert_int_equal(n, 1);
	assert_null(openers_answer(f->openers, &n));
	return found;
}

TEST_FN(test_open)
{
	const struct openers_file *found = look(*state);

	assert_int_equal(found->n, 1);
	assert_int_equal(found->at[0].pid, getpid());
	assert_string_equal(found->at[0].comm, "pf an opener");
	assert_true(found->at[0].open);
	assert_false(found->at[0].mapped);
}

TEST_FN(test_read_only)
{
	struct file *f = *state;

	close(f->fd);
	f->fd = open(f->path, O_RDONLY);
	assert_int_equal(look(f)->n, 0);
}

TEST_FN(test_mapped)
{
	struct file *f = *state;
	void *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	const struct openers_file *found;

	assert_ptr_not_equal(mem, MAP_FAILED);
	close(f->fd);
	f->fd = -1;
	found = look(f);
	munmap(mem, 4096);
	assert_int_equal(found->n, 1);
	assert_true(found->at[0].mapped);
	assert_false(found->at[0].open);
}

TEST_FN(test_another_file)
{
	struct file *f = *state;

	f->asked.dev++;
	assert_int_equal(look(f)->n, 0);
}

/* A look that may not go on has an answer, which says that it is not whole. */
TEST_FN(test_cut)
{
	static const struct openers_limits limits = { .ns = 60 * NSEC_PER_SEC, .lines = 1 };
	struct file *f = *state;

	openers_free(f->openers);
	assert_int_equal(openers_new_in(&f->openers, "/proc", &limits), 0);
	assert_true(look(f)->cut);
}

/* A look takes time that nobody else wants. */
TEST_FN(test_looks_last)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	int last = 0;

	(void)state;
	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		int tid = atoi(entry->d_name);

		if (tid && tid != getpid())
			last += getpriority(PRIO_PROCESS, tid) == 19;
	}
	assert_int_equal(last, 1);
	closedir(tasks);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_open), CASE(test_read_only), CASE(test_mapped), CASE(test_another_file), CASE(test_cut),
		CASE(test_looks_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
