/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * filtering.h - what is followed, as user space fixes it before the programs are loaded. The
 * rules are those of wire.h.
 */
#ifndef PAGEFLIGHT_FILTERING_H
#define PAGEFLIGHT_FILTERING_H

#include "wire.h"

#define PF_FILTER_VALUES 16	/* values of one option */
#define PF_FILTER_PLACES 1024	/* directories, file systems below them, devices of both */

/* An address in network byte order, v4-mapped if it is IPv4, and a mask for it. */
struct pf_filter_addr {
	__u64 bits[2];
	__u64 mask[2];
};
_Static_assert(sizeof(struct pf_filter_addr) == 32, "pf_filter_addr");

/* An inode by number: key of the map `places`, value of --inode. */
struct pf_place {
	__u64 dev;		/* s_dev, as in pf_ev_hit */
	__u64 ino;
};
_Static_assert(sizeof(struct pf_place) == 16, "pf_place");

#define PF_PLACE_ANY ((__u64)-1)	/* ino of one entry for each device that has any */

/*
 * What is followed. Every kind of filter that is given must match by one of its values. The
 * verifier removes the code of the kinds that are not given.
 */
struct pf_filter {
	__u32 by_task;		/* number of values of pids, comms and cgroups */
	__u32 by_sock;		/* number of values of netns, ports and addrs */
	__u32 by_file;		/* number of values of inodes and paths */
	__u32 n_pids;
	__u32 n_comms;
	__u32 n_cgroups;	/* they are in the map `cgroups` */
	__u32 n_netns;
	__u32 n_ports;		/* of either end */
	__u32 n_lports;
	__u32 n_rports;
	__u32 n_addrs;
	__u32 n_inodes;
	__u32 n_paths;		/* they are in the map `places` */
	__u32 pad;
	__u32 pids[PF_FILTER_VALUES];
	__u64 comms[PF_FILTER_VALUES][PF_COMM_LEN / 8];
	__u32 netns[PF_FILTER_VALUES];
	__u16 ports[PF_FILTER_VALUES];
	__u16 lports[PF_FILTER_VALUES];
	__u16 rports[PF_FILTER_VALUES];
	struct pf_filter_addr addrs[PF_FILTER_VALUES];
	struct pf_place inodes[PF_FILTER_VALUES];
};
_Static_assert(sizeof(struct pf_filter) == 56 + PF_FILTER_VALUES * (4 + 16 + 4 + 6 + 32 + 16),
	       "pf_filter");

#endif
