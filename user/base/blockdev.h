/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* blockdev - the name of a block device. */
#ifndef PAGEFLIGHT_BLOCKDEV_H
#define PAGEFLIGHT_BLOCKDEV_H

#include <stddef.h>
#include <linux/types.h>

/*
 * Put the path of the node that the kernel makes for this device, in kernel encoding, into
 * ret_path, cut if it does not fit: "/dev/loop3". Returns 0 or -errno.
 */
int blockdev_path(char *ret_path, size_t len, __u64 dev);

/* The same from another directory than /sys/dev/block. */
int blockdev_path_in(const char *dir, char *ret_path, size_t len, __u64 dev);

#endif
