// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Suspects on the running machine: this process maps a file, and has to be found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procmaps.h"
#include "names/scan.h"
#include "names/suspects.h"
#include "lib/test.h"

enum { PAGES = 4, PAGE = 4096 };

struct file {
	struct suspects *suspects;
	int fd;
	void *mem;
	struct mapping mapping;	/* by which device and inode the kernel knows it */
};

static void map(struct file *f, int prot, int flags)
{
	f->mem = mmap(NULL, PAGES * PAGE, prot, flags, f->fd, 0);
	assert_ptr_not_equal(f->mem, MAP_FAILED);
}

/* What /proc/self/maps says of our mapping; device and inode are in no other place the same. */
static void know(struct file *f)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[1024];
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		found = procmaps_shared_writable(line, &f->mapping) &&
			f->mapping.start == (uintptr_t)f->mem;
	fclose(maps);
	assert_true(found);
}

/* With ASan on a busy machine a look takes longer than it may for a user. */
static int suspects_of_slow_machine(struct suspects **ret_suspects)
{
	static const struct suspects_limits limits = {
		.ns = 60 * NSEC_PER_SEC, .stuck_ns = 60 * NSEC_PER_SEC, .lines = 1u << 24, .mappings = 65536,
	};

	return suspects_new_in(ret_suspects, "/proc", &limits);
}

static int set_up(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	assert_int_equal(prctl(PR_SET_NAME, "pf a suspect"), 0);
	f->fd = memfd_create("suspects", 0);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, PAGES * PAGE), 0);
	map(f, PROT_READ | PROT_WRITE, MAP_SHARED);
	know(f);
	assert_int_equal(suspects_of_slow_machine(&f->suspects), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct file *f = *state;

	munmap(f->mem, PAGES * PAGE);
	close(f->fd);
	suspects_free(f->suspects);
	free(f);
	return 0;
}

static struct pf_incident incident_of(const struct file *f, __u32 how)
{
	return (struct pf_incident){
		.ts = clock_mono_ns(),
		.writer.how = how,
		.dev = f->mapping.dev,
		.ino = f->mapping.ino,
		.file_off = PAGE,
		.file_len = 10,
	};
}

static void test_found(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_UNKNOWN);
	struct shown shown = { .inc = &inc };

	suspects_incident(f->suspects, &shown);
	assert_true(shown.suspects_sought);
	assert_int_equal(shown.n_suspects, 1);
	assert_int_equal(shown.suspects[0].pid, getpid());
	assert_string_equal(shown.suspects[0].comm, "pf a suspect");
	/* Again, from the same look, though it is mapped no more. */
	munmap(f->mem, PAGES * PAGE);
	inc = incident_of(f, PF_WRITE_MMAP);
	inc.ts = 0;
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 1);
}

/* Children inherit the mapping, and keep it until the pipe is closed. */
static void start_children(size_t n, int until_closed[2])
{
	char nothing;

	assert_int_equal(pipe(until_closed), 0);
	while (n--) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid)
			continue;
		close(until_closed[1]);
		_exit(read(until_closed[0], &nothing, 1));
	}
}

static void end_children(int until_closed[2])
{
	close(until_closed[0]);
	close(until_closed[1]);
	while (wait(NULL) > 0)
		;
}

static bool may_look_at_first(void)
{
	FILE *maps = fopen("/proc/1/maps", "r");

	if (maps)
		fclose(maps);
	return maps;
}

/* Of all that there are as many as can be listed, and a word that there are more. */
static void test_many(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_UNKNOWN);
	struct shown shown = { .inc = &inc };
	int children[2];

	start_children(SUSPECTS_MAX - 1, children);
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, SUSPECTS_MAX);
	/* Where not all may be looked at, that has to be said. */
	assert_int_equal(shown.suspects_cut, !may_look_at_first());
	for (size_t i = 1; i < shown.n_suspects; i++)
		assert_int_not_equal(shown.suspects[i].pid, shown.suspects[i - 1].pid);
	end_children(children);

	suspects_free(f->suspects);
	assert_int_equal(suspects_of_slow_machine(&f->suspects), 0);
	start_children(SUSPECTS_MAX, children);
	inc = incident_of(f, PF_WRITE_UNKNOWN);
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, SUSPECTS_MAX);
	assert_true(shown.suspects_cut);
	end_children(children);
}

static void test_innocent(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_UNKNOWN);
	struct shown shown = { .inc = &inc };

	inc.ino += 1ull << 40;
	suspects_incident(f->suspects, &shown);
	assert_true(shown.suspects_sought);
	assert_int_equal(shown.n_suspects, 0);
	inc = incident_of(f, PF_WRITE_UNKNOWN);
	inc.dev += 1ull << 40;
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 0);
	inc = incident_of(f, PF_WRITE_UNKNOWN);
	inc.file_off = PAGES * PAGE;
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 0);
}

/* Mapped after a look, and found by the next one: a few in a row are never put off. */
static void test_later(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_UNKNOWN);
	struct shown shown = { .inc = &inc };

	munmap(f->mem, PAGES * PAGE);
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 0);
	map(f, PROT_READ | PROT_WRITE, MAP_SHARED);
	inc = incident_of(f, PF_WRITE_UNKNOWN);
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 1);
}

static void test_read_only(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_UNKNOWN);
	struct shown shown = { .inc = &inc };

	munmap(f->mem, PAGES * PAGE);
	map(f, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	suspects_incident(f->suspects, &shown);
	assert_int_equal(shown.n_suspects, 0);
}

static void test_not_sought(void **state)
{
	struct file *f = *state;
	struct pf_incident inc = incident_of(f, PF_WRITE_WRITE);
	struct shown shown = { .inc = &inc };

	suspects_incident(f->suspects, &shown);
	assert_false(shown.suspects_sought);
	inc = incident_of(f, PF_WRITE_UNKNOWN);
	inc.dev = inc.ino = 0;		/* memory of no file */
	suspects_incident(f->suspects, &shown);
	assert_false(shown.suspects_sought);
	assert_int_equal(shown.n_suspects, 0);
	suspects_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_innocent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_sought, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("suspects", tests, NULL, NULL);
}
