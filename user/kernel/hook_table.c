// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* hook_table.c - the table of BPF programs; hooks.h says what the fields are. */
#include "hooks.h"
#include "wire.h"

/* A program and its second copy: one row, but for the name and the mark. */
#define TWICE(prog, ...)								\
	{ .program = prog, __VA_ARGS__ },						\
	{ .program = prog "_2", .second = true, __VA_ARGS__ }

/* Two programs at the ends of a function. */
#define AROUND(begin, end, ...)								\
	{ .program = begin, .method = HOOK_FENTRY, __VA_ARGS__ },			\
	{ .program = end, .method = HOOK_FEXIT, __VA_ARGS__ }

/* The four programs of a write. WRITE_HOOKS() in BPF makes them. */
#define WRITE_ROWS(prog, target, ...)							\
	TWICE(prog, .method = HOOK_FENTRY, .symbol = target, __VA_ARGS__),		\
	TWICE(prog "_end", .method = HOOK_FEXIT, .symbol = target, __VA_ARGS__)

/* A program without which fingerprints do not wait: see lazy.h. */
#define FOR_WAITING(how, target)							\
	.role = "content mapped", .content = PF_CONTENT_EDGES, .method = how, .symbol = target,	\
	.spares = true, .blind_without = "files that become writable through a mapping, or shorter"

/* Newest candidate of a role first. */
const struct hook hook_table[] = {
	/* This comes first, since the others need to know where the bytes are. */
	{
		.program = "on_memmap", .role = "content",
		.method = HOOK_ITER, .symbol = "task_file", .run = HOOK_RUN_FOR_MEMMAP,
		.content = PF_CONTENT_EDGES, .skips_ignored = true,
		.blind_without = "what the bytes are: fingerprints, so stores through mappings too",
	},
	TWICE("on_map_rmap", FOR_WAITING(HOOK_FENTRY, "mapping_rmap_tree_insert"), .group = 1,
	      .takes = "vm_area_struct"),
	TWICE("on_map", FOR_WAITING(HOOK_FENTRY, "vma_interval_tree_insert"), .group = 2,
	      .takes = "vm_area_struct"),
	TWICE("on_size", FOR_WAITING(HOOK_FENTRY, "notify_change"), .takes = "- dentry iattr"),
	{ .program = "on_mapped", FOR_WAITING(HOOK_ITER, "task_vma"), .run = HOOK_RUN_ASIDE },
	/* The readers come before the pages: who reads is asked as the first page is taken. */
	{
		.program = "on_state", .role = "peer",
		.method = HOOK_TP_BTF, .symbol = "inet_sock_set_state", .takes = "sock",
		.blind_without = "readers on this host that share the pages",
	},
	{
		.program = "on_open_file", .role = "peer",
		.method = HOOK_ITER, .symbol = "task_file", .run = HOOK_RUN_AT_START,
		.blind_without = "readers on this host that were connected before the start",
	},
	{
		.program = "on_open_tcp", .role = "peer",
		.method = HOOK_ITER, .symbol = "tcp", .run = HOOK_RUN_EVERYWHERE,
		.blind_without = "such readers that no file shows: of the kernel, or not accepted",
	},
	TWICE("on_splice", .role = "attach", .group = 1, .required = true,
	      .method = HOOK_FEXIT, .symbol = "skb_splice_from_iter", .takes = "sk_buff iov_iter",
	      .blind_without = "pages taken by a socket"),
	{
		.program = "on_sendpage", .role = "attach", .group = 2, .required = true,
		.method = HOOK_FENTRY, .symbol = "do_tcp_sendpages", .takes = "sock page",
		.blind_without = "pages taken by a socket",
	},
	TWICE("on_sendpaged", .role = "attach", .group = 2, .required = true,
	      .method = HOOK_FEXIT, .symbol = "do_tcp_sendpages", .takes = "sock page",
	      .blind_without = "pages taken by a socket"),
	/* These two are for a socket that waits for memory. */
	{
		.program = "on_wait_mem", .role = "attach", .group = 2, .required = true,
		.method = HOOK_FENTRY, .symbol = "sk_stream_wait_memory", .takes = "sock",
		.blind_without = "pages taken by a socket",
	},
	{
		.program = "on_wait_mem_end", .role = "attach", .group = 2, .required = true,
		.method = HOOK_FEXIT, .symbol = "sk_stream_wait_memory", .takes = "sock",
		.blind_without = "pages taken by a socket",
	},
	TWICE("on_zerocopy", .role = "attach zerocopy",
	      .method = HOOK_FEXIT, .symbol = "skb_zerocopy_iter_stream", .takes = "sock sk_buff",
	      .blind_without = "buffers that MSG_ZEROCOPY took"),
	{
		.program = "on_ack", .role = "ack", .required = true,
		.method = HOOK_FENTRY, .symbol = "tcp_ack", .takes = "sock sk_buff",
		.blind_without = "acknowledgements",
	},
	{
		.program = "on_read", .role = "release", .required = true,
		.method = HOOK_TP_BTF, .symbol = "tcp_rcv_space_adjust", .takes = "sock",
		.blind_without = "a reader on this host copying pages out",
	},
	{
		.program = "on_collapse", .role = "release collapsed",
		.method = HOOK_FENTRY, .symbol = "tcp_collapse_one", .takes = "sock sk_buff",
		.blind_without = "the copy of a reader's queue that the kernel makes when memory is short",
	},
	{
		.program = "on_prune", .role = "release collapsed",
		.method = HOOK_FENTRY, .symbol = "tcp_try_rmem_schedule", .takes = "sock",
		.content = PF_CONTENT_EDGES, .skips_ignored = true,
		.blind_without = "the bytes in a reader's queue when the kernel copies it",
	},
	{
		.program = "on_pipe_fill", .role = "release piped",
		.method = HOOK_FEXIT, .symbol = "skb_splice_bits", .takes = "sk_buff sock",
		.blind_without = "pages that wait in a pipe, where a reader on this host spliced them",
	},
	{
		.program = "on_pipe_drain", .role = "release piped",
		.method = HOOK_FENTRY, .symbol = "generic_pipe_buf_release", .takes = "pipe_inode_info",
		.blind_without = "pages that wait in a pipe, where a reader on this host spliced them",
	},
	{
		.program = "on_pipe_free", .role = "release piped",
		.method = HOOK_FENTRY, .symbol = "free_pipe_info", .takes = "pipe_inode_info",
		.blind_without = "pages that wait in a pipe, where a reader on this host spliced them",
	},
	{
		.program = "on_purge", .role = "abort", .required = true,
		.method = HOOK_FENTRY, .symbol = "tcp_write_queue_purge", .takes = "sock",
		.blind_without = "queues dropped by a reset",
	},
	{
		.program = "on_destroy", .role = "abort", .required = true,
		.method = HOOK_TP_BTF, .symbol = "tcp_destroy_sock", .takes = "sock",
		.blind_without = "sockets destroyed",
	},
	{
		.program = "on_lingering", .role = "release held",
		.method = HOOK_ITER, .symbol = "bpf_map_elem", .map = "lingering",
		.run = HOOK_RUN_ON_DEMAND,
		.blind_without = "packets that leave this host after a reset",
	},
	{
		.program = "on_resend", .role = "resend", .required = true,
		.method = HOOK_TP_BTF, .symbol = "tcp_retransmit_skb", .takes = "sock sk_buff",
		.blind_without = "retransmissions",
	},
	TWICE("on_copy", .role = "transmit copy",
	      .method = HOOK_TP_BTF, .symbol = "skb_copy_datagram_iovec", .takes = "sk_buff",
	      .content = PF_CONTENT_EDGES, .skips_ignored = true,
	      .blind_without = "changes that no hook saw, when a reader on this host copies"),
	{
		.program = "on_buffers", .role = "transmit copied",
		.method = HOOK_FEXIT, .symbol = "skb_copy_ubufs", .takes = "sk_buff",
		.content = PF_CONTENT_WIRE, .skips_ignored = true,
		.blind_without = "stores while a tun device copies buffers of MSG_ZEROCOPY",
	},
	TWICE("on_consume", .role = "transmit copied",
	      .method = HOOK_TP_BTF, .symbol = "consume_skb", .takes = "sk_buff",
	      .content = PF_CONTENT_WIRE, .skips_ignored = true,
	      .blind_without = "stores while the reader of a tun device copies"),
	{
		.program = "on_xmit", .role = "transmit",
		.method = HOOK_TP_BTF, .symbol = "net_dev_start_xmit", .takes = "sk_buff net_device",
		.content = PF_CONTENT_WIRE, .skips_ignored = true,
		.blind_without = "the bytes that a device is given",
	},
	WRITE_ROWS("on_write", "generic_perform_write", .role = "write", .required = true,
		   .takes = "kiocb iov_iter",
		   .blind_without = "writes to ext4, tmpfs and most file systems"),
	WRITE_ROWS("on_iomap", "iomap_file_buffered_write", .role = "write iomap",
		   .module = "iomap", .takes = "kiocb iov_iter",
		   .blind_without = "writes to xfs and other iomap file systems"),
	WRITE_ROWS("on_btrfs", "btrfs_buffered_write", .role = "write btrfs",
		   .module = "btrfs", .takes = "kiocb iov_iter",
		   .blind_without = "writes to btrfs (load its module before pageflight starts)"),
	WRITE_ROWS("on_netfs", "netfs_perform_write", .role = "write netfs",
		   .module = "netfs", .takes = "kiocb iov_iter",
		   .blind_without = "writes to 9p, afs and cifs (load netfs before pageflight starts)"),
	WRITE_ROWS("on_fuse", "fuse_perform_write", .role = "write fuse",
		   .module = "fuse", .takes = "kiocb",
		   .blind_without = "writes to fuse (load its module before pageflight starts)"),
	{
		.program = "on_mkwrite", .role = "write mmap",
		.method = HOOK_FEXIT, .symbol = "do_page_mkwrite", .takes = "vm_fault",
		.blind_without = "the first store to a clean page through a mapping",
	},
	AROUND("on_zero", "on_zeroed", .role = "write truncate",
	       .symbol = "truncate_inode_partial_folio", .takes = "folio",
	       .blind_without = "bytes zeroed by truncate and hole punch"),
	AROUND("on_ext4_range", "on_ext4_ranged", .role = "write truncate", .group = 1,
	       .symbol = "ext4_block_zero_range", .takes = "inode", .module = "ext4",
	       .blind_without = "bytes zeroed by truncate and hole punch of ext4"),
	AROUND("on_ext4_zero", "on_ext4_zeroed", .role = "write truncate", .group = 2,
	       .symbol = "ext4_block_zero_page_range", .module = "ext4", .takes = "- address_space",
	       .blind_without = "bytes zeroed by truncate and hole punch of ext4"),
	AROUND("on_block_zero", "on_block_zeroed", .role = "write truncate",
	       .symbol = "block_truncate_page", .takes = "address_space",
	       .blind_without = "bytes zeroed by truncate of vfat, exfat, udf and kin"),
	AROUND("on_eof_zero", "on_eof_zeroed", .role = "write truncate",
	       .symbol = "iomap_truncate_page", .takes = "inode", .module = "iomap",
	       .blind_without = "bytes zeroed by truncate of xfs"),
	AROUND("on_iomap_zero", "on_iomap_zeroed", .role = "write truncate",
	       .symbol = "iomap_zero_range", .takes = "inode", .module = "iomap",
	       .blind_without = "bytes zeroed by hole punch of xfs"),
	{
		.program = "on_btrfs_range", .role = "write btrfs", .group = 1,
		.method = HOOK_FENTRY, .symbol = "btrfs_truncate_block", .module = "btrfs",
		.param = "start", .takes = "btrfs_inode",
		.blind_without = "holes punched into files of btrfs",
	},
	{
		.program = "on_btrfs_front", .role = "write btrfs", .group = 2,
		.method = HOOK_FENTRY, .symbol = "btrfs_truncate_block", .module = "btrfs",
		.param = "front", .takes = "btrfs_inode",
		.blind_without = "holes punched into files of btrfs",
	},
	{
		.program = "on_btrfs_zeroed", .role = "write btrfs",
		.method = HOOK_FEXIT, .symbol = "btrfs_truncate_block", .module = "btrfs",
		.takes = "btrfs_inode",
		.blind_without = "holes punched into files of btrfs",
	},
};

const size_t hooks_n = sizeof(hook_table) / sizeof(hook_table[0]);
