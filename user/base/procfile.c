// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* procfile.c - see procfile.h. */
#include "procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define READ_MIN 4096	/* room that each read is given at least */

int procfile_line(const char *path, char *ret_line, size_t len)
{
	return procfile_line_at(AT_FDCWD, path, ret_line, len);
}

int procfile_line_at(int dir, const char *path, char *ret_line, size_t len)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, ret_line, len - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	if (n && ret_line[n - 1] == '\n')
		n--;
	ret_line[n] = '\0';
	return 0;
}

DIR *procfile_dir_at(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *opened = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !opened) {
		err = errno;
		close(fd);
		errno = err;
	}
	return opened;
}

int procfile_text(int fd, char **ret_text)
{
	size_t len = 0, room = 0;
	char *text = NULL;
	ssize_t n;

	do {
		if (room - len <= READ_MIN) {
			char *more = realloc(text, 2 * room + 2 * READ_MIN);

			if (!more) {
				free(text);
				return -ENOMEM;
			}
			text = more;
			room = 2 * room + 2 * READ_MIN;
		}
		n = pread(fd, text + len, room - len - 1, len);
		if (n < 0) {
			n = -errno;
			free(text);
			return n;
		}
		len += n;
	} while (n);
	text[len] = '\0';
	*ret_text = text;
	return 0;
}
