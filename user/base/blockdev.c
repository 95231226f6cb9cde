// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* blockdev.c - see blockdev.h. */
#include "blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "procfile.h"

#define KEY "DEVNAME="

/* The value of a line KEY=value; NULL if there is none, or an empty one. */
static const char *value_of(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, KEY, sizeof(KEY) - 1) && line[sizeof(KEY) - 1])
			return line + sizeof(KEY) - 1;
	return NULL;
}

int blockdev_path_in(const char *dir, char *ret_path, size_t len, __u64 dev)
{
	char uevent[256], *text;
	const char *name;
	int fd, err;

	snprintf(uevent, sizeof(uevent), "%s/%u:%u/uevent", dir, dev_major(dev), dev_minor(dev));
	fd = open(uevent, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = procfile_text(fd, &text);
	close(fd);
	if (err)
		return err;
	name = value_of(text);
	if (name)
		snprintf(ret_path, len, "/dev/%s", name);
	free(text);
	return name ? 0 : -ENOENT;
}

int blockdev_path(char *ret_path, size_t len, __u64 dev)
{
	return blockdev_path_in("/sys/dev/block", ret_path, len, dev);
}
