// SPDX-License-Identifier: GPL-2.0-only
/* maps.bpf.c - the definitions of all maps and globals; see maps.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct pf_config cfg = {};
__u32 pf_zero = 0;
__u64 pf_anchor = 0;
struct pf_top_ask pf_ask = {};
struct pf_top_said pf_said = {};

struct pf_map_flights flights SEC(".maps");
struct pf_map_conns conns SEC(".maps");
struct pf_map_stats stats SEC(".maps");
struct pf_map_paths paths SEC(".maps");
struct pf_map_top_steps top_steps SEC(".maps");
struct pf_map_top_conns top_conns SEC(".maps");
struct pf_map_top_sums top_sums SEC(".maps");
struct pf_map_top_files top_files SEC(".maps");
struct pf_map_top_names top_names SEC(".maps");
