// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * notify.c - see notify.h. libsystemd's call makes a socket each time, which a session that is
 * confined may not; and the protocol is documented and stable.
 */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "opts.h"

#define NSEC_PER_USEC 1000ull

/* Half of what is asked, as sd_watchdog_enabled(3) wants it. */
static __u64 watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	__u64 value;

	if (pid && (opts_uint(pid, 1, ~0u, &value) || value != (__u64)getpid()))
		return 0;
	if (!usec || opts_uint(usec, 1, ~0ull / NSEC_PER_USEC, &value))
		return 0;
	return value * NSEC_PER_USEC / 2;
}

/* A path, or a name that is in no file system and is written with '@' for its first byte. */
static int connect_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd, err;

	if ((*name != '/' && *name != '@') || len < 2 || len >= sizeof(addr.sun_path))
		return -EINVAL;
	memcpy(addr.sun_path, name, len);
	if (*name == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) + len)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int notify_open(struct notify *ret_notify)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify n = { .fd = -1 };

	if (name) {
		n.fd = connect_to(name);
		n.every_ns = watchdog_ns();
	}
	if (name && n.fd < 0)
		return n.fd;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*ret_notify = n;
	return 0;
}

void notify_say(const struct notify *n, const char *text)
{
	if (n->fd >= 0)
		send(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}
