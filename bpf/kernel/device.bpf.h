/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.bpf.h - what a network device does with a packet: hand on its pages, copy them
 * late, or have the kernel cut it into segments.
 */
#ifndef PF_DEVICE_BPF_H
#define PF_DEVICE_BPF_H

#include "sock.bpf.h"

#define IFF_LOOPBACK 8

/* A name of up to 7 characters as one word, to be compared. */
static __always_inline __u64 name_word(const char name[8])
{
	__u64 word;

	__builtin_memcpy(&word, name, sizeof(word));
	return word;
}

/* The kind of a virtual device, as in `ip link show type`; 0 of any other device. */
static __always_inline __u64 dev_kind(const struct net_device *dev)
{
	const char *kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
	char name[8] = {};

	if (!kind)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), kind);
	return name_word(name);
}

/* Does the device hand on the very pages? A tun copies them, and so does a card. */
static __always_inline int dev_by_reference(const struct net_device *dev)
{
	__u64 kind = dev_kind(dev);

	return kind == name_word("veth\0\0\0") || kind == name_word("bridge\0") ||
	       kind == name_word("macvlan") || kind == name_word("ipvlan\0");
}

/* Does the device copy long after it was given a packet? A tun waits for its reader. */
static __always_inline int dev_copies_late(const struct net_device *dev)
{
	return dev_kind(dev) == name_word("tun\0\0\0\0");
}

static __always_inline struct net_device *sock_dev(__u64 sk)
{
	struct dst_entry *dst = SOCK_READ(sk, sk_dst_cache);

	return dst ? BPF_CORE_READ(dst, dev) : NULL;
}

static __always_inline int dev_is_lo(const struct net_device *dev)
{
	return dev && BPF_CORE_READ(dev, flags) & IFF_LOOPBACK;
}

/*
 * Would a reader on this host get the very pages? The device of the route decides. A socket
 * can be without a route for a while; then, and for devices that stand on others, the answer
 * is no, but not for certain.
 */
static __always_inline int sock_by_reference(__u64 sk)
{
	struct net_device *dev = sock_dev(sk);

	return dev_is_lo(dev) || (dev && dev_by_reference(dev));
}

/* Does the device of the route copy late, so that every copy is seen? */
static __always_inline int sock_copied_late(__u64 sk)
{
	struct net_device *dev = sock_dev(sk);

	return dev && dev_copies_late(dev);
}

#define GSO_SHIFT 16	/* NETIF_F_GSO_SHIFT, from a gso_type to a device feature */

/*
 * Does the kernel cut the large packets of this socket into segments, before the device
 * gets them? Each segment has references to the pages of its own.
 */
static __always_inline int sock_segments(__u64 sk)
{
	struct dst_entry *dst = SOCK_READ(sk, sk_dst_cache);
	__u64 need = (__u64)SOCK_READ(sk, sk_gso_type) << GSO_SHIFT;

	return !dst || (BPF_CORE_READ(dst, dev, features) & need) != need;
}

#endif
