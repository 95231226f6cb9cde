/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.bpf.h - what the kernel side remembers. This file declares the maps and globals;
 * maps.bpf.c alone defines them.
 *
 * flights	one record for each page piece in flight, in one big array. A record is
 *		named by its number; 0 is none
 * free_flights	the free list of that array, and how many records are in use
 * buckets	heads of the page-cache index: chains of flights by {mapping, page offset >>
 *		PF_GROUP_SHIFT}. One page can be on any number of sockets
 * files	how many indexed flights hash to a mapping. Zero tells the writer of an
 *		unrelated file to go on
 * shares	how many flights of one user hash to a chain of that index
 * owners	users that have followed connections
 * senders	number of a process that sends by reference -> who that is
 * conns	one record for each followed connection, with the FIFO of its flights
 * free_conns	numbers of connections that were released
 * socks	address of a struct sock -> the connections that it sends on and reads from
 * sock_counts	how many entries of `socks` hash to a socket, and in the upper half how many of
 *		the connections that are watched. Zero tells an ACK, a read or a packet of an
 *		unrelated socket to go on
 * lingering	tuple of a dead socket -> the connection whose packets outlive it
 * readers	tuple of every established socket, as it sees itself -> its address
 * streams	where the streams of such a socket begin -> its address
 * writes	what a thread writes right now
 * sendpages	what a thread sends right now, up to 6.4
 * copies	what a thread copies out of the ring of a tun
 * pipes	address of a pipe -> the connection whose reader has spliced bytes into it
 * paths	room for a path while it is put together
 * scratch	room for the bytes of a page while their fingerprint is computed
 * originals	bytes of flights before they were overwritten
 * free_originals numbers of originals that were released
 * stats	counters and histograms, for each CPU
 * events	the ring buffer
 * cgroups	values of --cgroup
 * places	values of --path: inodes of directories, of mount points below them, and one
 *		entry more for each device that has any
 * answers	whether a file lies below one of these, for FILTER_ANSWER_NS
 * mapped	a bit for each file that was ever mapped shared and writable; see
 *		content/risk.bpf.h
 *
 * `flights` is a single map element, so that a program can follow chains while it holds
 * a lock: no helper may be called under a bpf_spin_lock, not even a map lookup.
 */
#ifndef PF_MAPS_BPF_H
#define PF_MAPS_BPF_H

#include "exposed.h"
#include "filtering.h"
#include "wire.h"
#include "state.bpf.h"

#define PF_SENDERS 4096		/* processes; the least recently used one makes room */

extern const volatile struct pf_config cfg;
extern const volatile struct pf_filter filter;
extern __u64 pf_next_id;	/* identities of writes and connections */
extern __u32 pf_conns_now;	/* connections that are followed */
extern __u32 pf_local_conns;	/* those of them whose reader is on this host */
extern __u32 pf_seeking;	/* those of which it is not known whether their reader is */
extern __u32 pf_conns_fresh;	/* numbers up to this one were used; see slot_reserve() */
extern __u32 pf_lingering_conns;	/* entries of `lingering` */
extern __u32 pf_linger_no_more;	/* the session ends: lingering connections are given up */
extern __u32 pf_originals_fresh; /* numbers up to this one were used */
extern __u32 pf_open_writes;	/* entries of `writes` */
extern __u32 pf_open_copies;	/* entries of `copies` that wait for their packet, or were lost */
extern __u32 pf_pipes_now;	/* entries of `pipes` */
extern __u32 pf_refused_user;	/* who did not get something because it had its share */

/*
 * pf_zero is always 0, which the verifier cannot know. Kernels before 6.7 verify a
 * bpf_loop() callback only with the context of its first call, and remove the branches
 * that this call does not take. What the callback changes in its context must therefore
 * not start as a constant. pf_zero can go when 6.7 is the oldest kernel.
 */
extern __u32 pf_zero;

extern __u32 pf_wire;		/* transmissions are looked at: the hooks for that are attached */
extern __u32 pf_fp_conns;	/* connections that have a fingerprint: WATCH_FP */
extern __u32 pf_xmit_conns;	/* those whose transmissions matter all the same: WATCH_XMIT */
extern __u32 pf_buffer_conns;	/* those with PF_CONN_BUFFERS */
extern __u32 pf_lazy;		/* fingerprints may wait: see flight/waiting.bpf.h */
extern __u32 pf_sound_fs;	/* PF_FS_*: file systems whose every writer is hooked */
extern struct pf_doubt pf_doubts[PF_DOUBTS];	/* by the low bits of their bit in `mapped` */
extern struct pf_exposed pf_exposed[PF_EXPOSED];	/* see life/exposed.bpf.h */
extern __u32 pf_exposed_fills;	/* how often a place of it was filled in */

extern __u64 pf_anchor;		/* its own address, or 0 until that is known: see number_of() */

extern __u64 pf_page_offset;	/* start of the direct map; 0: not known */
extern __u64 pf_vmemmap;	/* start of the array of struct page */
extern struct pf_memmap pf_memmap;	/* what user space asks on_memmap() */

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

struct pf_map_shares {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << PF_SHARES_BITS);
	__type(key, __u32);
	__type(value, __u32);
};

struct pf_map_owners {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, (1 << PF_OWNERS_BITS) + 2);
	__type(key, __u32);
	__type(value, struct pf_owner);
};

struct pf_map_senders {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PF_SENDERS);
	__type(key, __u32);
	__type(value, struct pf_sender_who);
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
	__uint(map_flags, BPF_F_NO_PREALLOC);		/* most hosts need few */
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
	__type(key, struct pf_tuple);	/* its family is 0, as in `readers` */
	__type(value, __u32);
};

struct pf_map_readers {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);				/* set before load */
	__uint(map_flags, BPF_F_NO_PREALLOC);		/* most hosts need few */
	__type(key, struct pf_tuple);
	__type(value, __u64);
};

struct pf_map_streams {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);				/* set before load, as in `readers` */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct pf_streams);
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

struct pf_map_pipes {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);		/* most hosts need none */
	__type(key, __u64);
	__type(value, __u32);
};

struct pf_map_paths {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PF_PATHS);
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

struct pf_map_mapped {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << (PF_MAPPED_BITS - 6));
	__type(key, __u32);
	__type(value, __u64);
};

extern struct pf_map_flights flights SEC(".maps");
extern struct pf_map_free free_flights SEC(".maps");
extern struct pf_map_buckets buckets SEC(".maps");
extern struct pf_map_files files SEC(".maps");
extern struct pf_map_shares shares SEC(".maps");
extern struct pf_map_owners owners SEC(".maps");
extern struct pf_map_senders senders SEC(".maps");
extern struct pf_map_conns conns SEC(".maps");
extern struct pf_map_free_conns free_conns SEC(".maps");
extern struct pf_map_socks socks SEC(".maps");
extern struct pf_map_sock_counts sock_counts SEC(".maps");
extern struct pf_map_lingering lingering SEC(".maps");
extern struct pf_map_readers readers SEC(".maps");
extern struct pf_map_streams streams SEC(".maps");
extern struct pf_map_writes writes SEC(".maps");
extern struct pf_map_sendpages sendpages SEC(".maps");
extern struct pf_map_copies copies SEC(".maps");
extern struct pf_map_pipes pipes SEC(".maps");
extern struct pf_map_paths paths SEC(".maps");
extern struct pf_map_stats stats SEC(".maps");
extern struct pf_map_scratch scratch SEC(".maps");
extern struct pf_map_originals originals SEC(".maps");
extern struct pf_map_free_originals free_originals SEC(".maps");
extern struct pf_map_events events SEC(".maps");
extern struct pf_map_cgroups cgroups SEC(".maps");
extern struct pf_map_places places SEC(".maps");
extern struct pf_map_answers answers SEC(".maps");
extern struct pf_map_mapped mapped SEC(".maps");

#endif
