/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * dev - device numbers in the kernel's own encoding, which is that of s_dev in
 * a record. What stat(2) returns is encoded in another way.
 */
#ifndef PAGEFLIGHT_DEV_H
#define PAGEFLIGHT_DEV_H

#include <linux/types.h>

#define DEV_MINOR_BITS 20
#define DEV_MAJOR_MAX 0xfffu
#define DEV_MINOR_MAX 0xfffffu

static inline __u64 dev_number(unsigned int major, unsigned int minor)
{
	return (__u64)major << DEV_MINOR_BITS | minor;
}

static inline unsigned int dev_major(__u64 dev)
{
	return dev >> DEV_MINOR_BITS;
}

static inline unsigned int dev_minor(__u64 dev)
{
	return dev & DEV_MINOR_MAX;
}

#endif
