// SPDX-License-Identifier: GPL-2.0-only
/* maps.bpf.c - the definitions of all maps and globals; see maps.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct pf_config cfg = {};
const volatile struct pf_filter filter = {};
__u32 pf_zero = 0;
__u64 pf_anchor = 0;
struct pf_now_ask pf_ask = {};
struct pf_now_said pf_said = {};
struct pf_now_nets pf_nets = {};
struct pf_now_open pf_open = {};
struct pf_now_refs pf_refs = {};

struct pf_map_stats stats SEC(".maps");
struct pf_map_paths paths SEC(".maps");
struct pf_map_places places SEC(".maps");
struct pf_map_answers answers SEC(".maps");
struct pf_map_now_socks now_socks SEC(".maps");
struct pf_map_now_pieces now_pieces SEC(".maps");
struct pf_map_now_files now_files SEC(".maps");
struct pf_map_now_ids now_ids SEC(".maps");
struct pf_map_now_nets now_nets SEC(".maps");
