/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * demo_race - make an overwrite happen: one process sends a file with sendfile() to
 * a peer on loopback that does not read yet, another process overwrites a part of
 * the file, and then the peer reads. Every step waits for the one before, so the
 * overwrite happens each time.
 */
#ifndef PAGEFLIGHT_DEMO_RACE_H
#define PAGEFLIGHT_DEMO_RACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RACE_BYTES 65536u
#define RACE_OFFSET 20001u	/* what the writer overwrites: neither end on a page */
#define RACE_LENGTH 12345u

struct err;

/* Filled in by the processes of the race, in memory they share. */
struct race_result {
	pid_t sender;
	pid_t writer;
	pid_t reader;
	unsigned short sender_port;
	unsigned short reader_port;
	size_t received;
	unsigned char got[RACE_BYTES];
	char failed[128];	/* what went wrong, or "" */
};

struct race {
	char path[PATH_MAX];	/* without symbolic links */
	char dir[PATH_MAX];	/* made for it, or "" */
	ino_t inode;
	struct race_result *result;
};

/*
 * Make the file: `path`, which must not exist, or one in a new directory below
 * $TMPDIR or /tmp if NULL. 0 or -errno, and then ret_err is set.
 */
int race_new(struct race *race, const char *path, struct err *ret_err);

/* The `run` of child_start(); ctx is the race. 0, or 1 with result->failed set. */
int race_run(void *ctx);

/* The byte of the file at an offset, before and after the overwrite. */
unsigned char race_byte(size_t offset);
unsigned char race_new_byte(size_t offset);

/* Remove the file and the directory. */
void race_free(struct race *race);

#endif
