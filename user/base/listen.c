// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* listen.c - see listen.h. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "opts.h"

#define BACKLOG 16

static int parse_v4(const char *host, in_port_t port, struct sockaddr_storage *ret_addr, socklen_t *ret_len)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)ret_addr;

	*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	*ret_len = sizeof(*addr);
	return inet_pton(AF_INET, host, &addr->sin_addr) == 1 ? 0 : -EINVAL;
}

static int parse_v6(const char *host, in_port_t port, struct sockaddr_storage *ret_addr, socklen_t *ret_len)
{
	struct sockaddr_in6 *addr = (struct sockaddr_in6 *)ret_addr;

	*addr = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	*ret_len = sizeof(*addr);
	return inet_pton(AF_INET6, host, &addr->sin6_addr) == 1 ? 0 : -EINVAL;
}

int listen_parse(const char *text, struct sockaddr_storage *ret_addr, socklen_t *ret_len)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	__u64 port;
	size_t len = colon ? colon - text : 0;

	if (!len || len >= sizeof(host) || opts_uint(colon + 1, 1, 65535, &port))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (*host != '[')
		return parse_v4(host, port, ret_addr, ret_len);
	if (host[len - 1] != ']')
		return -EINVAL;
	host[len - 1] = '\0';
	return parse_v6(host + 1, port, ret_addr, ret_len);
}

int listen_open(const char *text)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd, on = 1, err = listen_parse(text, &addr, &len);

	if (err)
		return err;
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* After a restart old connections may still be there. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&addr, len) || listen(fd, BACKLOG)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
