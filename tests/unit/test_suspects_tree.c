// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Suspects in made-up directories of processes. The file in question is inode 77 of
 * device 8:1, and its byte 4096.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dev.h"
#include "names/scan.h"
#include "names/suspects.h"
#include "lib/test.h"

struct tree {
	char at[32];
	struct suspects *suspects;
};

#define LONG (1ull << 40)

static const struct suspects_limits wide = { LONG, LONG, 1000, 1000 };

#define OURS "1000-4000 rw-s 00000000 08:01 77 /f\n"
#define OTHER "1000-4000 rw-s 00000000 08:01 78 /g\n"
#define TEXT "1000-4000 r-xp 00000000 08:01 79 /lib\n"
#define ABOVE "1000-4000 rw-s 00000000 00:42 77 /f\n"

static void put(const struct tree *tree, const char *pid, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", tree->at, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", tree->at, pid, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void put_process(const struct tree *tree, const char *pid, const char *maps)
{
	put(tree, pid, "comm", "somebody\n");
	put(tree, pid, "maps", maps);
}

static int grow_tree(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	strcpy(tree->at, "/tmp/suspects-XXXXXX");
	assert_non_null(mkdtemp(tree->at));
	put_process(tree, "1", "");
	assert_int_equal(suspects_new_in(&tree->suspects, tree->at, &wide), 0);
	*state = tree;
	return 0;
}

static int cut_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return remove(path);
}

static int fell_tree(void **state)
{
	struct tree *tree = *state;

	suspects_free(tree->suspects);
	nftw(tree->at, cut_one, 8, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

static struct shown look_in(struct tree *tree, const struct suspects_limits *limits)
{
	static struct pf_incident inc;
	struct shown shown = { .inc = &inc };

	inc = (struct pf_incident){
		.ts = clock_mono_ns(),
		.writer.how = PF_WRITE_UNKNOWN,
		.dev = dev_number(8, 1),
		.ino = 77,
		.file_off = 4096,
		.file_len = 1,
	};
	if (limits) {
		suspects_free(tree->suspects);
		assert_int_equal(suspects_new_in(&tree->suspects, tree->at, limits), 0);
	}
	suspects_incident(tree->suspects, &shown);
	return shown;
}

static void test_found_in_tree(void **state)
{
	struct tree *tree = *state;
	struct shown shown;

	put_process(tree, "5", TEXT OTHER OURS);
	put_process(tree, "6", TEXT OTHER);
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 1);
	assert_int_equal(shown.suspects[0].pid, 5);
	assert_string_equal(shown.suspects[0].comm, "somebody");
	assert_false(shown.suspects_cut);
}

/* A process that ended is no gap. One that may not be looked at is. */
static void test_not_allowed(void **state)
{
	struct tree *tree = *state;
	struct shown shown;
	char path[64];

	put(tree, "5", "comm", "ended\n");
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 0);
	assert_false(shown.suspects_cut);
	/* Root may open anything, but not a symbolic link to itself. */
	put(tree, "6", "comm", "shut\n");
	snprintf(path, sizeof(path), "%s/6/maps", tree->at);
	assert_int_equal(symlink("maps", path), 0);
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 0);
	assert_true(shown.suspects_cut);
}

/* /proc with hidepid shows no process of others, and so not the first one. */
static void test_hidden(void **state)
{
	struct tree *tree = *state;
	char first[64], hidden[64];
	struct shown shown;

	snprintf(first, sizeof(first), "%s/1", tree->at);
	snprintf(hidden, sizeof(hidden), "%s/hidden", tree->at);
	assert_int_equal(rename(first, hidden), 0);
	put_process(tree, "5", TEXT);
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 0);
	assert_true(shown.suspects_cut);
}

/* A look ends where its budget does: what stands before that is found, what stands behind is not. */
static void test_budget(void **state)
{
	static const struct {
		struct suspects_limits limits;
		const char *maps;
		size_t found;
		bool cut;
	} rows[] = {
		{ { LONG, LONG, 4, 9 }, TEXT TEXT OURS, 1, false },
		{ { LONG, LONG, 3, 9 }, TEXT TEXT OURS, 1, true },
		{ { LONG, LONG, 2, 9 }, TEXT TEXT OURS, 0, true },
		{ { LONG, LONG, 9, 3 }, OTHER OTHER OURS, 1, false },
		{ { LONG, LONG, 9, 2 }, OTHER OTHER OURS, 0, true },
		{ { 0, LONG, 9, 9 }, TEXT TEXT OURS, 0, true },
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shown shown;

		put_process(tree, "5", rows[i].maps);
		shown = look_in(tree, &rows[i].limits);
		assert_int_equal(shown.n_suspects, rows[i].found);
		assert_int_equal(shown.suspects_cut, rows[i].cut);
	}
}

/* All that can be listed is whole. One more is not. */
static void test_many_in_tree(void **state)
{
	struct tree *tree = *state;
	struct shown shown;
	char pid[16];

	for (int i = 0; i <= SUSPECTS_MAX; i++) {
		snprintf(pid, sizeof(pid), "%d", 100 + i);
		shown = look_in(tree, NULL);
		assert_int_equal(shown.n_suspects, i);
		assert_false(shown.suspects_cut);
		put_process(tree, pid, OURS);
	}
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, SUSPECTS_MAX);
	assert_true(shown.suspects_cut);
}

/* The budget is that of all processes together. */
static void test_budget_is_of_all(void **state)
{
	static const struct suspects_limits few = { LONG, LONG, 5, 9 };
	struct tree *tree = *state;
	struct shown shown;

	put_process(tree, "5", OURS TEXT TEXT);
	put_process(tree, "6", OURS TEXT TEXT);
	put_process(tree, "7", OURS TEXT TEXT);
	shown = look_in(tree, &few);
	assert_int_equal(shown.n_suspects, 2);
	assert_true(shown.suspects_cut);
}

/* /proc lists processes by number. Other file systems have an order of their own. */
static bool lists_by_number(const struct tree *tree)
{
	DIR *dir = opendir(tree->at);
	struct dirent *entry;
	int last = 1;
	bool sorted = true;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid <= 1)
			continue;
		sorted &= pid > last;
		last = pid;
	}
	closedir(dir);
	return sorted;
}

/* Each look goes on where the one before was cut, and all processes have their turn. */
static void test_goes_on_where_it_was_cut(void **state)
{
	static const struct suspects_limits one = { LONG, LONG, 2, 9 };
	static const unsigned int turns[] = { 5, 6, 7, 5, 6 };
	struct tree *tree = *state;

	/* tmpfs lists what was made last first. */
	put_process(tree, "7", OURS TEXT);
	put_process(tree, "6", OURS TEXT);
	put_process(tree, "5", OURS TEXT TEXT TEXT);
	if (!lists_by_number(tree))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
		struct shown shown = look_in(tree, i ? NULL : &one);

		assert_int_equal(shown.n_suspects, 1);
		assert_int_equal(shown.suspects[0].pid, turns[i]);
		assert_true(shown.suspects_cut);
	}
}

/* Maps that do not answer hold up one look for a moment, no other, and nothing for good. */
static void test_blocked(void **state)
{
	static const struct suspects_limits limits = { LONG, NSEC_PER_SEC / 5, 1000, 1000 };
	struct tree *tree = *state;
	struct shown shown;
	char path[64];
	__u64 began;
	int fd;

	put_process(tree, "5", OURS);
	put(tree, "6", "comm", "hangs\n");
	snprintf(path, sizeof(path), "%s/6/maps", tree->at);
	assert_int_equal(mkfifo(path, 0600), 0);
	shown = look_in(tree, &limits);
	assert_int_equal(shown.n_suspects, 0);
	assert_true(shown.suspects_cut);
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 0);
	assert_true(shown.suspects_cut);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(remove(path), 0);
	put(tree, "6", "maps", TEXT);
	close(fd);
	began = clock_mono_ns();
	do {
		usleep(10000);
		shown = look_in(tree, NULL);
	} while (shown.suspects_cut && clock_mono_ns() - began < 60 * NSEC_PER_SEC);
	assert_false(shown.suspects_cut);
	assert_int_equal(shown.n_suspects, 1);
}

/* Only the mount table says what an overlay is. No mapping is opened. */
static void test_overlay(void **state)
{
	struct tree *tree = *state;
	struct shown shown;

	put_process(tree, "5", ABOVE);
	put(tree, "5", "mountinfo", "36 1 0:66 / /merged rw shared:1 - overlay overlay rw\n");
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 1);
	assert_false(shown.suspects_cut);
	put(tree, "5", "mountinfo", "36 1 0:66 / /far rw - nfs4 dead:/export rw\n");
	shown = look_in(tree, NULL);
	assert_int_equal(shown.n_suspects, 0);
	assert_false(shown.suspects_cut);
}

/* Who asks for the end does not wait for a scan. */
static void test_signal(void **state)
{
	struct tree *tree = *state;
	struct shown shown;
	sigset_t set;
	int signo;

	put_process(tree, "5", OURS);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	/* To the process, of which any thread can tell that it is pending. */
	kill(getpid(), SIGTERM);
	shown = look_in(tree, &wide);
	assert_int_equal(shown.n_suspects, 0);
	assert_true(shown.suspects_cut);
	assert_int_equal(sigwait(&set, &signo), 0);
	assert_int_equal(signo, SIGTERM);
	shown = look_in(tree, &wide);
	assert_int_equal(shown.n_suspects, 1);
	assert_false(shown.suspects_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found_in_tree, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_not_allowed, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_hidden, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_budget, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_many_in_tree, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_budget_is_of_all, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_goes_on_where_it_was_cut, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_blocked, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_overlay, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_signal, grow_tree, fell_tree),
	};

	return cmocka_run_group_tests_name("suspects in a tree", tests, NULL, NULL);
}
