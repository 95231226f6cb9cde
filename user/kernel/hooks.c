// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * hooks.c - the table of BPF programs and the choice among them. Pure: whether
 * the kernel has something is asked through a function.
 */
#include "hooks.h"

#include <string.h>

#include "wire.h"

/* A function whose parameters changed their meaning is told by the name of one. */
#define ROW_PARAM(prog, r, meth, sym, mod, par, n, g, text)		\
	{ .program = prog, .role = r, .method = meth, .symbol = sym,	\
	  .module = mod, .param = par, .sees = text, .need = n, .group = g }
#define ROW(prog, r, meth, sym, mod, n, g, text)			\
	ROW_PARAM(prog, r, meth, sym, mod, NULL, n, g, text)

#define ROW_CONTENT(prog, r, meth, sym, mode, text)			\
	{ .program = prog, .role = r, .method = meth, .symbol = sym,	\
	  .sees = text, .need = HOOK_OPTIONAL, .content = mode, .spare = true }

/* A write's four programs: each stands twice, see write.bpf.c. */
#define WRITE_ROWS(prog, r, sym, mod, n, text)				\
	ROW(prog, r, "fentry", sym, mod, n, 0, text),			\
	ROW(prog "_2", r, "fentry", sym, mod, n, 0, text),		\
	ROW(prog "_end", r, "fexit", sym, mod, n, 0, text),		\
	ROW(prog "_end_2", r, "fexit", sym, mod, n, 0, text)

/* Newest candidate of a role first. */
static const struct hook table[] = {
	/* First: the others need to know where the bytes are. */
	ROW_CONTENT("on_memmap", "content", "iter", "task_file", PF_CONTENT_EDGES,
		    "what the bytes are: fingerprints, so stores through mappings too"),
	ROW("on_splice", "attach", "fexit", "skb_splice_from_iter", NULL, HOOK_REQUIRED, 1,
	    "pages taken by a socket"),
	ROW("on_sendpage", "attach", "fentry", "do_tcp_sendpages", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket"),
	ROW("on_sendpage_end", "attach", "fexit", "do_tcp_sendpages", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket"),
	ROW("on_wait_mem", "attach", "fentry", "sk_stream_wait_memory", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket that then waits for memory"),
	ROW("on_wait_mem_end", "attach", "fexit", "sk_stream_wait_memory", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket that then waits for memory"),
	ROW("on_zerocopy", "attach zerocopy", "fexit", "skb_zerocopy_iter_stream", NULL,
	    HOOK_OPTIONAL, 0, "buffers that MSG_ZEROCOPY took"),
	ROW("on_ack", "ack", "fentry", "tcp_ack", NULL, HOOK_REQUIRED, 0, "acknowledgements"),
	ROW("on_read", "release", "tp_btf", "tcp_rcv_space_adjust", NULL, HOOK_REQUIRED, 0,
	    "a reader on this host copying pages out"),
	ROW("on_collapse", "release collapsed", "fentry", "tcp_collapse_one", NULL, HOOK_OPTIONAL, 0,
	    "the queue of a reader on this host being copied when its memory is short"),
	ROW_CONTENT("on_prune", "release collapsed", "fentry", "tcp_try_rmem_schedule",
		    PF_CONTENT_EDGES, "what is in that queue by then"),
	ROW("on_state", "peer", "tp_btf", "inet_sock_set_state", NULL, HOOK_OPTIONAL, 0,
	    "that a reader is on this host, and gets the very pages"),
	ROW("on_open_file", "peer", "iter", "task_file", NULL, HOOK_OPTIONAL, 0,
	    "that a reader is on this host, if it was connected before"),
	ROW("on_purge", "abort", "fentry", "tcp_write_queue_purge", NULL, HOOK_REQUIRED, 0,
	    "queues dropped by a reset"),
	ROW("on_destroy", "abort", "tp_btf", "tcp_destroy_sock", NULL, HOOK_REQUIRED, 0,
	    "sockets destroyed"),
	ROW("on_lingering", "release held", "iter", "bpf_map_elem", NULL, HOOK_OPTIONAL, 0,
	    "packets that leave this host after a reset"),
	ROW("on_resend", "resend", "tp_btf", "tcp_retransmit_skb", NULL, HOOK_REQUIRED, 0,
	    "retransmissions"),
	ROW_CONTENT("on_copy", "transmit copy", "tp_btf", "skb_copy_datagram_iovec",
		    PF_CONTENT_EDGES, "what a reader here copies that no hook saw changed"),
	ROW_CONTENT("on_copy_2", "transmit copy", "tp_btf", "skb_copy_datagram_iovec",
		    PF_CONTENT_EDGES, "what a reader here copies that no hook saw changed"),
	ROW_CONTENT("on_consume", "transmit copied", "tp_btf", "consume_skb",
		    PF_CONTENT_WIRE, "stores while the reader of a tun copies"),
	ROW_CONTENT("on_consume_2", "transmit copied", "tp_btf", "consume_skb",
		    PF_CONTENT_WIRE, "stores while the reader of a tun copies"),
	ROW_CONTENT("on_xmit", "transmit", "tp_btf", "net_dev_start_xmit",
		    PF_CONTENT_WIRE, "what a device is given"),
	WRITE_ROWS("on_write", "write", "generic_perform_write", NULL, HOOK_REQUIRED,
		   "writes to ext4, tmpfs and most file systems"),
	WRITE_ROWS("on_iomap", "write iomap", "iomap_file_buffered_write", "iomap", HOOK_OPTIONAL,
		   "writes to xfs and other iomap file systems"),
	WRITE_ROWS("on_btrfs", "write btrfs", "btrfs_buffered_write", "btrfs", HOOK_OPTIONAL,
		   "writes to btrfs (load its module before pageflight starts)"),
	ROW("on_mkwrite", "write mmap", "fexit", "do_page_mkwrite", NULL, HOOK_OPTIONAL, 0,
	    "the first store to a clean page through a mapping"),
	ROW("on_zero", "write truncate", "fentry", "truncate_inode_partial_folio", NULL,
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_zeroed", "write truncate", "fexit", "truncate_inode_partial_folio", NULL,
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_ext4_zero", "write truncate", "fentry", "ext4_block_zero_page_range", "ext4",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_ext4_zeroed", "write truncate", "fexit", "ext4_block_zero_page_range", "ext4",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_eof_zero", "write truncate", "fentry", "iomap_truncate_page", "iomap",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate of xfs"),
	ROW("on_eof_zeroed", "write truncate", "fexit", "iomap_truncate_page", "iomap",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate of xfs"),
	ROW("on_iomap_zero", "write truncate", "fentry", "iomap_zero_range", "iomap",
	    HOOK_OPTIONAL, 0, "bytes zeroed by hole punch of xfs"),
	ROW("on_iomap_zeroed", "write truncate", "fexit", "iomap_zero_range", "iomap",
	    HOOK_OPTIONAL, 0, "bytes zeroed by hole punch of xfs"),
	ROW_PARAM("on_btrfs_range", "write btrfs", "fentry", "btrfs_truncate_block", "btrfs",
		  "start", HOOK_OPTIONAL, 1, "holes punched into files of btrfs"),
	ROW_PARAM("on_btrfs_front", "write btrfs", "fentry", "btrfs_truncate_block", "btrfs",
		  "front", HOOK_OPTIONAL, 2, "holes punched into files of btrfs"),
	ROW("on_btrfs_zeroed", "write btrfs", "fexit", "btrfs_truncate_block", "btrfs",
	    HOOK_OPTIONAL, 0, "holes punched into files of btrfs"),
};

#define N_HOOKS (sizeof(table) / sizeof(table[0]))
_Static_assert(N_HOOKS <= HOOKS_MAX, "HOOKS_MAX");

const char *hook_state_name(enum hook_state state)
{
	static const char *const names[] = {
		[HOOK_UNTRIED] = "untried",
		[HOOK_ATTACHED] = "attached",
		[HOOK_ABSENT] = "absent",
		[HOOK_NOT_NEEDED] = "not needed",
		[HOOK_FAILED] = "failed",
	};

	return names[state];
}

static bool same_role(const struct hook *a, const struct hook *b)
{
	return !strcmp(a->role, b->role);
}

/* A group is whole or absent, and not needed where a newer one has all it needs. */
static void plan_one(struct hook *h, const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n && h->group; i++) {
		const struct hook *o = &hooks[i];

		if (same_role(h, o) && o->group == h->group && o->state == HOOK_ABSENT &&
		    h->state == HOOK_UNTRIED)
			h->state = HOOK_ABSENT;
	}
	for (size_t i = 0; i < n && h->group; i++) {
		const struct hook *o = &hooks[i];

		if (same_role(h, o) && o->group && o->group < h->group &&
		    o->state == HOOK_UNTRIED && h->state == HOOK_UNTRIED)
			h->state = HOOK_NOT_NEEDED;
	}
}

size_t hooks_plan(struct hook ret_hooks[HOOKS_MAX], int content, hook_exists_fn exists, void *ctx)
{
	memcpy(ret_hooks, table, sizeof(table));
	for (size_t i = 0; i < N_HOOKS; i++)
		ret_hooks[i].state = table[i].content > content ? HOOK_NOT_NEEDED :
				     exists(ctx, &table[i]) ? HOOK_UNTRIED : HOOK_ABSENT;
	for (size_t i = 0; i < N_HOOKS; i++)
		plan_one(&ret_hooks[i], ret_hooks, N_HOOKS);
	return N_HOOKS;
}

/* By its name, which is that of the first and "_2". */
static bool is_second(const struct hook *h)
{
	size_t len = strlen(h->program);

	return len > 2 && !strcmp(h->program + len - 2, "_2");
}

void hooks_stand_once(struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_second(&hooks[i]) && hooks[i].state == HOOK_UNTRIED)
			hooks[i].state = HOOK_NOT_NEEDED;
}

/* Candidates of one place in a role: other groups, or the programs of one function. */
static bool alternatives(const struct hook *a, const struct hook *b)
{
	return same_role(a, b) && (a->group || !strcmp(a->symbol, b->symbol));
}

const struct hook *hooks_missing(const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool works = false;

		if (hooks[i].need != HOOK_REQUIRED)
			continue;
		for (size_t k = 0; k < n; k++)
			if (alternatives(&hooks[i], &hooks[k]) &&
			    (hooks[k].state == HOOK_UNTRIED || hooks[k].state == HOOK_ATTACHED))
				works = true;
		if (!works)
			return &hooks[i];
	}
	return NULL;
}

bool hooks_stand_together(const struct hook *a, const struct hook *b)
{
	if (!same_role(a, b))
		return false;
	return a->group ? a->group == b->group : !strcmp(a->symbol, b->symbol);
}
