// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* port - see port.h. The kernel names devices by number; the name is in sysfs. */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/say.h"

#define READ_S 600
#define PATTERN "/sys/class/virtio-ports/*/name"

static bool has_name(const char *path, const char *name)
{
	FILE *in = fopen(path, "r");
	char text[64] = "";

	if (!in)
		return false;
	if (fgets(text, sizeof(text), in))
		text[strcspn(text, "\n")] = '\0';
	fclose(in);
	return !strcmp(text, name);
}

int port_open(const char *name)
{
	char device[64], path[80];
	glob_t found;
	int fd = -1;

	errno = 0;
	must(!glob(PATTERN, 0, NULL, &found), "no ports");
	for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
		if (!has_name(found.gl_pathv[i], name))
			continue;
		must(sscanf(found.gl_pathv[i], "/sys/class/virtio-ports/%63[^/]", device) == 1,
		     "%s", found.gl_pathv[i]);
		snprintf(path, sizeof(path), "/dev/%s", device);
		fd = open(path, O_RDWR | O_CLOEXEC);
		must(fd >= 0, "%s", path);
	}
	globfree(&found);
	must(fd >= 0, "no port %s", name);
	return fd;
}

void port_write(int fd, const void *data, size_t len)
{
	for (ssize_t n; len; len -= n, data = (const char *)data + n) {
		n = write(fd, data, len);
		must(n > 0, "write to a port");
	}
}

/* While nobody is at the other end, reading a port ends at once. */
void port_read(int fd, void *data, size_t len)
{
	ssize_t n;

	alarm(READ_S);
	for (; len; len -= n, data = (char *)data + n) {
		n = read(fd, data, len);
		must(n >= 0, "read from a port");
		if (!n)
			nap();
	}
	alarm(0);
}
