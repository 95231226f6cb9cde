// SPDX-License-Identifier: GPL-2.0-only
/*
 * fingerprint.bpf.c - what the fingerprint of a page costs, alone and in its parts.
 * It is computed as in bpf/: chunk by chunk, each read with the helper that
 * survives a bad address. The program is run by hand and attached to nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "fingerprint.h"

#define PAGE  4096
#define CHUNK 4096	/* PF_SCRATCH_BYTES of the BPF side */

char LICENSE[] SEC("license") = "GPL";

struct page_bytes {
	__u8 bytes[PAGE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct page_bytes);
} page SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct page_bytes);
} copy SEC(".maps");

/* Nanoseconds. */
__u64 read_blocks;	/* reading in blocks of a hash step, as fits on the stack */
__u64 read_whole;	/* reading all of it at once */
__u64 hash;		/* hashing what was read */
__u64 both;		/* reading and hashing chunk by chunk */
__u64 sum;

static __always_inline void hash_from(struct pf_fp *p, const __u8 *bytes)
{
	for (int i = 0; i < CHUNK; i += PF_FP_BLOCK)
		pf_fp_block(p, (const __u64 *)(bytes + i));
}

SEC("raw_tp/sys_enter")
int time_fp(void *ctx)
{
	__u64 words[PF_FP_BLOCK / 8], began;
	__u32 zero = 0;
	struct page_bytes *from = bpf_map_lookup_elem(&page, &zero);
	struct page_bytes *to = bpf_map_lookup_elem(&copy, &zero);
	struct pf_fp p;

	if (!from || !to)
		return 0;
	began = bpf_ktime_get_ns();
	for (int i = 0; i < PAGE; i += PF_FP_BLOCK)
		bpf_probe_read_kernel(words, sizeof(words), from->bytes + i);
	read_blocks = bpf_ktime_get_ns() - began;

	began = bpf_ktime_get_ns();
	bpf_probe_read_kernel(to->bytes, sizeof(to->bytes), from->bytes);
	read_whole = bpf_ktime_get_ns() - began;

	began = bpf_ktime_get_ns();
	pf_fp_begin(&p);
	for (int i = 0; i < PAGE; i += CHUNK)
		hash_from(&p, to->bytes + i);
	sum = pf_fp_end(&p, PAGE);
	hash = bpf_ktime_get_ns() - began;

	began = bpf_ktime_get_ns();
	pf_fp_begin(&p);
	for (int i = 0; i < PAGE; i += CHUNK) {
		bpf_probe_read_kernel(to->bytes, CHUNK, from->bytes + i);
		hash_from(&p, to->bytes);
	}
	sum ^= pf_fp_end(&p, PAGE);
	both = bpf_ktime_get_ns() - began;
	return 0;
}
