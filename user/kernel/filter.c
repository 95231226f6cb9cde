// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * filter.c - one parser for each kind. A value is accepted to its last character
 * or refused. Bits of a prefix behind its length do not count.
 */
#include "filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dev.h"

#define PID_MAX (1u << 22)	/* PID_MAX_LIMIT */
#define V4_AT 96		/* bits in front of an IPv4 address */

static int number(const char *text, __u64 min, __u64 max, __u64 *ret)
{
	return opts_uint(text, min, max, ret) ? -EINVAL : 0;
}

static int add_pid(struct pf_filter *spec, unsigned int i, const char *text)
{
	__u64 pid;

	if (number(text, 1, PID_MAX, &pid))
		return -EINVAL;
	spec->pids[i] = pid;
	spec->n_pids = i + 1;
	spec->by_task++;
	return 0;
}

static int add_comm(struct pf_filter *spec, unsigned int i, const char *text)
{
	size_t len = strlen(text);

	if (!len || len >= PF_COMM_LEN)
		return -EINVAL;
	memset(spec->comms[i], 0, PF_COMM_LEN);
	memcpy(spec->comms[i], text, len);
	spec->n_comms = i + 1;
	spec->by_task++;
	return 0;
}

static int add_cgroup(struct pf_filter *spec, unsigned int i, const char *text)
{
	if (!*text)
		return -EINVAL;
	spec->n_cgroups = i + 1;
	spec->by_task++;
	return 0;
}

/* filter_places_find() puts the number of a path there. */
static int add_netns(struct pf_filter *spec, unsigned int i, const char *text)
{
	__u64 inum = 0;

	if (!strchr(text, '/') && number(text, 1, (__u32)-1, &inum))
		return -EINVAL;
	spec->netns[i] = inum;
	spec->n_netns = i + 1;
	spec->by_sock++;
	return 0;
}

static int add_port(struct pf_filter *spec, __u16 *ports, __u32 *n, const char *text)
{
	__u64 port;

	if (number(text, 1, 65535, &port))
		return -EINVAL;
	ports[(*n)++] = port;
	spec->by_sock++;
	return 0;
}

/* The leftmost n bits of a mask of 128 bits, in network byte order. */
static void mask_bits(__u64 mask[2], unsigned int n)
{
	unsigned char *byte = (unsigned char *)mask;

	memset(mask, 0, 16);
	for (unsigned int bit = 0; bit < n; bit++)
		byte[bit / 8] |= 0x80 >> bit % 8;
}

static int add_addr(struct pf_filter *spec, unsigned int i, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned char bytes[16] = { [10] = 0xff, [11] = 0xff };
	struct pf_filter_addr *to = &spec->addrs[i];
	char addr[INET6_ADDRSTRLEN];
	unsigned int at = 0;
	__u64 bits;

	if (len >= sizeof(addr))
		return -EINVAL;
	snprintf(addr, sizeof(addr), "%.*s", (int)len, text);
	if (inet_pton(AF_INET, addr, bytes + 12) == 1)
		at = V4_AT;
	else if (inet_pton(AF_INET6, addr, bytes) != 1)
		return -EINVAL;
	bits = 128 - at;
	if (slash && number(slash + 1, 0, 128 - at, &bits))
		return -EINVAL;
	mask_bits(to->mask, at + bits);
	memcpy(to->bits, bytes, 16);
	to->bits[0] &= to->mask[0];
	to->bits[1] &= to->mask[1];
	spec->n_addrs = i + 1;
	spec->by_sock++;
	return 0;
}

static int add_path(struct pf_filter *spec, unsigned int i, const char *text)
{
	if (!*text)
		return -EINVAL;
	spec->n_paths = i + 1;
	spec->by_file++;
	return 0;
}

/* MAJOR:MINOR:INODE, as an incident's file.dev and file.inode. */
static int add_inode(struct pf_filter *spec, unsigned int i, const char *text)
{
	static const __u64 most[] = { DEV_MAJOR_MAX, DEV_MINOR_MAX, (__u64)-1 };
	__u64 value[3];

	for (int part = 0; part < 3; part++) {
		const char *colon = part < 2 ? strchr(text, ':') : text + strlen(text);
		char digits[24];

		if (!colon || colon - text >= (int)sizeof(digits))
			return -EINVAL;
		snprintf(digits, sizeof(digits), "%.*s", (int)(colon - text), text);
		if (number(digits, 0, most[part], &value[part]))
			return -EINVAL;
		text = colon + 1;
	}
	spec->inodes[i] = (struct pf_place){
		.dev = dev_number(value[0], value[1]),
		.ino = value[2],
	};
	spec->n_inodes = i + 1;
	spec->by_file++;
	return 0;
}

static int take(struct filter *f, enum filter_kind kind, unsigned int i, const char *text)
{
	struct pf_filter *spec = &f->spec;

	switch (kind) {
	case FILTER_PID:
		return add_pid(spec, i, text);
	case FILTER_COMM:
		return add_comm(spec, i, text);
	case FILTER_CGROUP:
		return add_cgroup(spec, i, text);
	case FILTER_NETNS:
		return add_netns(spec, i, text);
	case FILTER_PORT:
		return add_port(spec, spec->ports, &spec->n_ports, text);
	case FILTER_LPORT:
		return add_port(spec, spec->lports, &spec->n_lports, text);
	case FILTER_RPORT:
		return add_port(spec, spec->rports, &spec->n_rports, text);
	case FILTER_ADDR:
		return add_addr(spec, i, text);
	case FILTER_PATH:
		return add_path(spec, i, text);
	case FILTER_INODE:
		return add_inode(spec, i, text);
	case FILTER_MIN_BYTES:
		return opts_size(text, 1, (__u64)-1, &f->min_bytes) ? -EINVAL : 0;
	case FILTER_MAX:
		break;
	}
	return -EINVAL;
}

int filter_add(void *filter, int kind, const char *text)
{
	struct filter *f = filter;
	/* Of sizes only the last one counts. */
	unsigned int i = kind == FILTER_MIN_BYTES ? 0 : f->n_given[kind];
	int err;

	if (i == PF_FILTER_VALUES)
		return -E2BIG;
	err = take(f, kind, i, text);
	if (err)
		return err;
	f->given[kind][i] = text;
	f->n_given[kind] = i + 1;
	return 0;
}

static const struct {
	const char *name;
	bool number;
} kinds[FILTER_MAX] = {
	[FILTER_PID] = { "pid", true },
	[FILTER_COMM] = { "comm", false },
	[FILTER_CGROUP] = { "cgroup", false },
	[FILTER_NETNS] = { "netns", false },
	[FILTER_PORT] = { "port", true },
	[FILTER_LPORT] = { "lport", true },
	[FILTER_RPORT] = { "rport", true },
	[FILTER_ADDR] = { "addr", false },
	[FILTER_PATH] = { "path", false },
	[FILTER_INODE] = { "inode", false },
	[FILTER_MIN_BYTES] = { "min-bytes", true },
};

const char *filter_kind_name(enum filter_kind kind)
{
	return kinds[kind].name;
}

bool filter_kind_is_number(enum filter_kind kind)
{
	return kinds[kind].number;
}

const char *filter_text(const struct filter *f, char *ret_text, size_t len)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (int kind = 0; kind < FILTER_MAX; kind++) {
		for (unsigned int i = 0; i < f->n_given[kind] && at < len; i++)
			at += snprintf(ret_text + at, len - at, "%s%s %s",
				       i ? " or" : at ? ", " : "", i ? "" : kinds[kind].name,
				       f->given[kind][i]);
	}
	return ret_text;
}
