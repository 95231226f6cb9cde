/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* fdinfo - /proc/PID/fdinfo/FD: how a file is open. Pure: works on text. */
#ifndef PAGEFLIGHT_FDINFO_H
#define PAGEFLIGHT_FDINFO_H

#include <stdbool.h>
#include <linux/types.h>

struct fdinfo {
	bool writable;
	__u64 mount;		/* number in the mount table of the process */
	__u64 ino;
};

/* False if something is missing: older kernels than 5.14 do not tell the inode. */
bool fdinfo_parse(const char *text, struct fdinfo *ret_info);

#endif
