// SPDX-License-Identifier: GPL-2.0-only
/* maps.bpf.c - the definitions of all maps and globals; see maps.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct pf_config cfg = {};
const volatile struct pf_filter filter = {};
__u64 pf_next_id = 0;
__u32 pf_local_conns = 0;
__u32 pf_seeking = 0;
__u32 pf_conns_fresh = 0;
__u32 pf_conns_now = 0;
__u32 pf_lingering_conns = 0;
__u32 pf_linger_no_more = 0;
__u32 pf_originals_fresh = 0;
__u32 pf_open_writes = 0;
__u32 pf_open_copies = 0;
__u32 pf_wire = 0;
__u32 pf_fp_conns = 0;
__u32 pf_xmit_conns = 0;
__u32 pf_buffer_conns = 0;
__u32 pf_pipes_now = 0;
__u32 pf_refused_user = 0;
__u32 pf_zero = 0;
__u32 pf_lazy = 0;
__u32 pf_sound_fs = 0;
struct pf_doubt pf_doubts[PF_DOUBTS] = {};
struct pf_exposed pf_exposed[PF_EXPOSED] = {};
__u32 pf_exposed_fills = 0;
__u64 pf_anchor = 0;
__u64 pf_page_offset = 0;
__u64 pf_vmemmap = 0;
struct pf_memmap pf_memmap = {};

struct pf_map_flights flights SEC(".maps");
struct pf_map_free free_flights SEC(".maps");
struct pf_map_buckets buckets SEC(".maps");
struct pf_map_files files SEC(".maps");
struct pf_map_shares shares SEC(".maps");
struct pf_map_owners owners SEC(".maps");
struct pf_map_senders senders SEC(".maps");
struct pf_map_conns conns SEC(".maps");
struct pf_map_free_conns free_conns SEC(".maps");
struct pf_map_socks socks SEC(".maps");
struct pf_map_sock_counts sock_counts SEC(".maps");
struct pf_map_lingering lingering SEC(".maps");
struct pf_map_readers readers SEC(".maps");
struct pf_map_streams streams SEC(".maps");
struct pf_map_writes writes SEC(".maps");
struct pf_map_sendpages sendpages SEC(".maps");
struct pf_map_copies copies SEC(".maps");
struct pf_map_pipes pipes SEC(".maps");
struct pf_map_paths paths SEC(".maps");
struct pf_map_stats stats SEC(".maps");
struct pf_map_scratch scratch SEC(".maps");
struct pf_map_originals originals SEC(".maps");
struct pf_map_free_originals free_originals SEC(".maps");
struct pf_map_events events SEC(".maps");
struct pf_map_cgroups cgroups SEC(".maps");
struct pf_map_places places SEC(".maps");
struct pf_map_answers answers SEC(".maps");
struct pf_map_mapped mapped SEC(".maps");
