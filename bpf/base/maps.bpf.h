/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.bpf.h - what the kernel side remembers. Declarations here, the only
 * definitions in maps.bpf.c.
 *
 * flights	one record per page piece in flight, in one big array; a record
 *		is named by its number, 0 is none
 * buckets	heads of the page-cache index: chains of flights by {mapping,
 *		page offset / PF_GROUP}; one page can be on any number of sockets
 * files	how many indexed flights hash to a mapping: zero tells a writer
 *		of an unrelated file to go on
 * conns	one record per followed connection, with the FIFO of its flights
 * socks	struct sock address -> conn, for both ends when they are here
 * sock_counts	how many entries of `socks` hash alike: zero tells an ACK or a read of
 *		an unrelated socket to go on
 * lingering	a dead socket's tuple -> the conn whose packets may outlive it
 * readers	every established socket's own tuple -> its address
 * writes	what a thread is writing right now
 * scratch	for a page's bytes while its fingerprint is computed
 * originals	the bytes of flights before they were overwritten
 * copies	what a thread is copying out of the ring of a tun
 * sendpages	what a thread is sending right now, up to 6.4
 *
 * The flights' array is a single map element so that a program can follow
 * chains while it holds a lock: under a bpf_spin_lock no helper may be called,
 * not even a map lookup.
 */
#ifndef PF_MAPS_BPF_H
#define PF_MAPS_BPF_H

#include "state.bpf.h"
#include "wire.h"

extern const volatile struct pf_config cfg;
extern const volatile struct pf_filter filter;
extern __u64 pf_next_id;	/* identities of writes and connections */
extern __u32 pf_local_conns;	/* connections with a reader here, now */
extern __u32 pf_conns_fresh;
extern __u32 pf_conns_now;
extern __u32 pf_lingering_conns;	/* entries of `lingering`, now */
extern __u32 pf_linger_no_more;	/* the run ends */
extern __u32 pf_originals_fresh;
extern __u32 pf_open_writes;	/* entries of `writes`, now */

/*
 * Always 0, which the verifier cannot know. Kernels before 6.7 verify a
 * bpf_loop() callback only as its first call finds it, and cut branches that
 * this call does not take; what the callback changes in its context must
 * therefore not start as a constant. Goes when 6.7 is the oldest kernel.
 */
extern __u32 pf_zero;

extern __u64 pf_anchor;		/* its own address, 0 until that is known: see number_of() */

extern __u64 pf_page_offset;	/* start of the direct map; 0: not known */
extern __u64 pf_vmemmap;	/* start of the array of struct page */
extern struct pf_memmap pf_memmap;

struct pf_map_flights {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct pf_flight));	/* x flights, set before load */
};

struct pf_map_free {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_free);
};

struct pf_map_buckets {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);				/* set before load */
	__type(key, __u32);
	__type(value, struct pf_bucket);
};

struct pf_map_files {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << PF_FILES_BITS);
	__type(key, __u32);
	__type(value, __u32);
};

struct pf_map_conns {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);				/* set before load */
	__type(key, __u32);
	__type(value, struct pf_conn);
};

struct pf_map_free_conns {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);				/* set before load */
	__uint(key_size, 0);
	__uint(value_size, 4);
};

struct pf_map_socks {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);				/* set before load */
	__uint(map_flags, BPF_F_NO_PREALLOC);		/* few readers are on this host */
	__type(key, __u64);
	__type(value, struct pf_sock);
};

struct pf_map_sock_counts {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << PF_SOCKS_BITS);
	__type(key, __u32);
	__type(value, __u32);
};

struct pf_map_lingering {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct pf_tuple);	/* of family 0, as in `readers` */
	__type(value, __u32);
};

struct pf_map_readers {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);				/* set before load */
	__uint(map_flags, BPF_F_NO_PREALLOC);		/* most hosts have far fewer */
	__type(key, struct pf_tuple);
	__type(value, __u64);
};

struct pf_map_writes {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct pf_write);
};

struct pf_map_sendpages {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pf_sendpage);
};

struct pf_map_copies {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct pf_copy);
};

struct pf_map_paths {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_path_buf);
};

struct pf_map_stats {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_stats);
};

struct pf_map_scratch {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PF_SCRATCHES);
	__type(key, __u32);
	__type(value, struct pf_scratch);
};

struct pf_map_originals {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PF_ORIGINALS + 1);	/* content off: 1 */
	__type(key, __u32);
	__type(value, struct pf_original);
};

struct pf_map_free_originals {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, PF_ORIGINALS);
	__uint(key_size, 0);
	__uint(value_size, 4);
};

struct pf_map_events {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);			/* set before load */
};

struct pf_map_cgroups {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, PF_FILTER_VALUES);
	__uint(key_size, 4);
	__uint(value_size, 4);
};

struct pf_map_places {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);				/* set before load */
	__type(key, struct pf_place);
	__type(value, __u32);
};

struct pf_map_answers {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);				/* set before load */
	__type(key, struct pf_file);
	__type(value, struct pf_answer);
};

extern struct pf_map_flights flights SEC(".maps");
extern struct pf_map_free free_flights SEC(".maps");
extern struct pf_map_buckets buckets SEC(".maps");
extern struct pf_map_files files SEC(".maps");
extern struct pf_map_conns conns SEC(".maps");
extern struct pf_map_free_conns free_conns SEC(".maps");
extern struct pf_map_socks socks SEC(".maps");
extern struct pf_map_sock_counts sock_counts SEC(".maps");
extern struct pf_map_lingering lingering SEC(".maps");
extern struct pf_map_readers readers SEC(".maps");
extern struct pf_map_writes writes SEC(".maps");
extern struct pf_map_sendpages sendpages SEC(".maps");
extern struct pf_map_copies copies SEC(".maps");
extern struct pf_map_paths paths SEC(".maps");
extern struct pf_map_stats stats SEC(".maps");
extern struct pf_map_scratch scratch SEC(".maps");
extern struct pf_map_originals originals SEC(".maps");
extern struct pf_map_free_originals free_originals SEC(".maps");
extern struct pf_map_events events SEC(".maps");
extern struct pf_map_cgroups cgroups SEC(".maps");
extern struct pf_map_places places SEC(".maps");
extern struct pf_map_answers answers SEC(".maps");

#endif
