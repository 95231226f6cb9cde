// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * fdinfo.c - see fdinfo.h and proc_pid_fdinfo(5):
 *
 *   pos:	0
 *   flags:	0100002
 *   mnt_id:	29
 *   ino:	1234
 *
 * The flags are octal. What follows depends on the kind of file.
 */
#include "fdinfo.h"

#include <fcntl.h>
#include <stdio.h>

bool fdinfo_parse(const char *text, struct fdinfo *ret_info)
{
	unsigned long long mount, ino;
	unsigned int flags;

	if (sscanf(text, "pos: %*d flags: %o mnt_id: %llu ino: %llu", &flags, &mount, &ino) != 3)
		return false;
	*ret_info = (struct fdinfo){
		.writable = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR,
		.mount = mount,
		.ino = ino,
	};
	return true;
}
