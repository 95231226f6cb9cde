/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.bpf.h - the maps and globals of the walk, an object of its own. maps.bpf.c alone
 * defines them, and those of base/maps.bpf.h that code shared with the other object names.
 *
 * now_socks	sockets that hold something that was asked for
 * now_pieces	what they hold, in stream order
 * now_files	the files of these pieces. Number 0 is none
 * now_ids	mapping of a file -> its number
 * now_nets	the numbers of all network namespaces, the own one first
 */
#ifndef PF_NOW_MAPS_BPF_H
#define PF_NOW_MAPS_BPF_H

#include "now.h"
#include "base/maps.bpf.h"

extern struct pf_now_ask pf_ask;
extern struct pf_now_said pf_said;
extern struct pf_now_nets pf_nets;
extern struct pf_now_open pf_open;
extern struct pf_now_refs pf_refs;

/* User space reads them without a call. All but the last are sized before load. */
struct pf_map_now_socks {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_now_sock);
};

struct pf_map_now_pieces {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_now_piece);
};

struct pf_map_now_files {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pf_ev_op);
};

struct pf_map_now_ids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
};

struct pf_map_now_nets {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PF_NOW_NETS);
	__type(key, __u32);
	__type(value, __u64);
};

extern struct pf_map_now_socks now_socks SEC(".maps");
extern struct pf_map_now_pieces now_pieces SEC(".maps");
extern struct pf_map_now_files now_files SEC(".maps");
extern struct pf_map_now_ids now_ids SEC(".maps");
extern struct pf_map_now_nets now_nets SEC(".maps");

#endif
