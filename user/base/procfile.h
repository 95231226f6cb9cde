/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* procfile - files of /proc and /sys, whose size nothing tells. */
#ifndef PAGEFLIGHT_PROCFILE_H
#define PAGEFLIGHT_PROCFILE_H

#include <dirent.h>
#include <stddef.h>

/*
 * Read a file of one line, without the newline at its end. What does not fit
 * into len bytes with a NUL is left out. Returns 0 or -errno.
 */
int procfile_line(const char *path, char *ret_line, size_t len);

/* The same of a path below an open directory. */
int procfile_line_at(int dir, const char *path, char *ret_line, size_t len);

/* Open a directory below an open one. NULL and errno if it cannot be. */
DIR *procfile_dir_at(int dir, const char *path);

/*
 * Read all of an open file from its start. *ret_text ends with a NUL and is to
 * be freed. Returns 0 or -errno.
 */
int procfile_text(int fd, char **ret_text);

#endif
