/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.bpf.h - the maps and globals of the look for the worst, an object of its own.
 * maps.bpf.c alone defines them, and those of base/maps.bpf.h that code shared with the main
 * object names. Of these `flights` and `conns` are the very maps of the session.
 *
 * top_steps	an element for each PF_TOP_STEP connections: to be called for it is all
 * top_conns	the worst connections, in no order
 * top_sums	sums over files, by a hash of the mapping; those of an old frame count as empty
 * top_files	the worst of these, in no order
 * top_names	their paths, by the same number
 */
#ifndef PF_TOP_MAPS_BPF_H
#define PF_TOP_MAPS_BPF_H

#include "top.h"
#include "base/maps.bpf.h"

#define TOP_SUMS_BITS 12

extern struct pf_top_ask pf_ask;
extern struct pf_top_said pf_said;

/* User space reads all but `top_sums` without a call. */
struct pf_map_top_conns {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PF_TOP_ROWS);
	__type(key, __u32);
	__type(value, struct pf_top_conn);
};

struct pf_map_top_steps {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);				/* set before load */
	__type(key, __u32);
	__type(value, __u32);
};

struct pf_map_top_sums {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << TOP_SUMS_BITS);
	__type(key, __u32);
	__type(value, struct pf_top_file);
};

struct pf_map_top_files {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PF_TOP_ROWS);
	__type(key, __u32);
	__type(value, struct pf_top_file);
};

struct pf_map_top_names {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PF_TOP_ROWS);
	__type(key, __u32);
	__type(value, struct pf_ev_op);
};

extern struct pf_map_top_steps top_steps SEC(".maps");
extern struct pf_map_top_conns top_conns SEC(".maps");
extern struct pf_map_top_sums top_sums SEC(".maps");
extern struct pf_map_top_files top_files SEC(".maps");
extern struct pf_map_top_names top_names SEC(".maps");

#endif
