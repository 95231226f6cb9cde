// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * procmaps.c - see procmaps.h and proc_pid_maps(5):
 *
 *   7f00-7f10 rw-s 00001000 08:01 1234   /path
 *
 * All numbers but the inode are hexadecimal. The device is s_dev and not that of
 * stat(2), so btrfs needs no special care.
 */
#include "procmaps.h"

#include <inttypes.h>
#include <stdio.h>

#include "dev.h"

bool procmaps_shared_writable(const char *line, struct mapping *ret_mapping)
{
	uint64_t start, end, offset, ino;
	unsigned int major, minor;
	char perms[5] = "";

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &start, &end,
		   perms, &offset, &major, &minor, &ino) != 7)
		return false;
	if (perms[1] != 'w' || perms[3] != 's' || end <= start || !ino)
		return false;
	*ret_mapping = (struct mapping){ start, end, offset, dev_number(major, minor), ino };
	return true;
}

bool procmaps_covers(const struct mapping *m, __u64 offset, __u64 length)
{
	if (offset < m->offset)
		return m->offset - offset < length;
	return length && offset - m->offset < m->end - m->start;
}
