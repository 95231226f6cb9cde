// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp.bpf.c - what TCP sockets hold at this moment. Nothing is attached for it: user space
 * reads an iterator to its end.
 *
 * An iterator shows a socket again if its output did not fit. So the output does not go
 * through the iterator but into maps, and a socket for which there is no room takes back
 * what it wrote and asks to be shown again, after user space has emptied them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "maps.bpf.h"
#include "kernel/queues.bpf.h"
#include "kernel/page.bpf.h"
#include "kernel/path.bpf.h"
#include "life/filter.bpf.h"

/* The socket that is walked. */
static struct {
	struct filter_file passes;
	__u64 mapping;		/* the file of the piece before */
	__u64 out;		/* place in the stream of snd_una */
	__u64 in;		/* place in the stream of copied_seq */
	__u32 una;
	__u32 copied;
	__u32 file;		/* its number */
	__u32 first;		/* its first piece */
	__u32 tls;
	__u32 mptcp;
	__u64 bytes[PF_NOW_QUEUES][PF_NOW_KINDS];
} here __attribute__((used));	/* see walk */

static __always_inline void file_describe(__u32 number, __u64 mapping)
{
	struct pf_ev_op *file = bpf_map_lookup_elem(&now_files, &number);
	__u64 inode = (__u64)KERNEL_READ(address_space, mapping, host);

	if (!file)
		return;
	file->flags = 0;
	inode_number(inode, &file->dev, &file->ino);
	path_of(file, 0, inode);
}

/* The number of a file. It stays until user space forgets the numbers. */
static __noinline int file_number(__u64 mapping)
{
	__u32 *known = bpf_map_lookup_elem(&now_ids, &mapping), number;

	if (known)
		return *known;
	number = pf_said.n_files + 1;
	if (bpf_map_update_elem(&now_ids, &mapping, &number, BPF_ANY))
		return 0;
	pf_said.n_files = number;
	file_describe(number, mapping);
	return number;
}

static __always_inline int is_asked_for(__u64 mapping)
{
	if (!pf_ask.n_mappings)
		return filter_file(&here.passes, mapping);
	for (__u32 i = 0; i < PF_NOW_MAPPINGS && i < pf_ask.n_mappings; i++)
		if (pf_ask.mapping[i] == mapping)
			return 1;
	return 0;
}

static __always_inline __u32 kind_of(const struct page_id *id)
{
	if (id->kind == PAGE_FILE)
		return PF_NOW_FILE;
	if (id->kind == PAGE_USER)
		return PF_NOW_USER;
	if (id->head && compat_page_is_slab(id->head))
		return PF_NOW_SLAB;
	return here.tls && walk.queue <= PF_NOW_UNACKED ? PF_NOW_TLS : PF_NOW_COPIED;
}

static __always_inline __u64 stream_off(__u32 seq)
{
	if (walk.queue <= PF_NOW_UNACKED)
		return here.out + seq_diff(seq, here.una);
	return here.in + seq_diff(seq, here.copied);
}

/* Does a piece go on where this one ends? */
static __always_inline int goes_on(const struct pf_now_piece *a, const struct pf_now_piece *b)
{
	return a->queue == b->queue && a->kind == b->kind && a->file == b->file &&
	       a->stream_off + a->len == b->stream_off &&
	       (a->kind != PF_NOW_FILE || a->off + a->len == b->off);
}

static __always_inline int piece_put(const struct pf_now_piece *piece)
{
	__u32 at = pf_said.n_pieces, before = at - 1;
	struct pf_now_piece *to;

	to = at > here.first ? bpf_map_lookup_elem(&now_pieces, &before) : NULL;
	if (to && (to->file || to->kind != PF_NOW_FILE) && goes_on(to, piece)) {
		to->len += piece->len;
		return 1;
	}
	to = at < pf_ask.room_pieces ? bpf_map_lookup_elem(&now_pieces, &at) : NULL;
	if (!to)
		return 0;
	*to = *piece;
	pf_said.n_pieces = at + 1;
	return 1;
}

/* The part of a piece that is in the range that was asked for. */
static __always_inline int clip(struct pf_now_piece *piece)
{
	__u64 end = piece->off + piece->len;

	if (!pf_ask.n_mappings)
		return 1;
	if (end <= pf_ask.from || piece->off >= pf_ask.to)
		return 0;
	if (end > pf_ask.to)
		piece->len = pf_ask.to - piece->off;
	if (piece->off < pf_ask.from) {
		__u64 front = pf_ask.from - piece->off;

		piece->off += front;
		piece->stream_off += front;
		piece->len -= front;
	}
	return 1;
}

static __always_inline void tally(__u32 kind, __u64 len)
{
	if (kind < PF_NOW_KINDS)
		here.bytes[walk.queue & (PF_NOW_QUEUES - 1)][kind] += len;
}

static __always_inline int place_in_file(struct pf_now_piece *piece, const struct page_id *id,
					 __u32 offset)
{
	if (!is_asked_for(id->mapping))
		return 0;
	piece->off = (id->index << cfg.page_shift) + offset;
	if (!clip(piece))
		return 0;
	if (id->mapping != here.mapping) {
		here.mapping = id->mapping;
		here.file = file_number(id->mapping);
	}
	piece->file = here.file;
	if (!piece->file)
		pf_said.files_full++;
	return 1;
}

static __noinline int queue_take(__u64 page, __u32 offset, __u32 seq, __u32 len)
{
	struct pf_now_piece piece = { .stream_off = stream_off(seq), .len = len };
	struct page_id id = {};
	__u32 kind;

	if (!page || page & 3) {	/* linear, or struct net_iov: since 6.11 */
		tally(page ? PF_NOW_DEVICE : PF_NOW_COPIED, len);
		return 0;
	}
	page_identify(page, &id);
	if (!id.head)		/* it could not be read */
		walk.cut = 1;
	kind = kind_of(&id);
	piece.queue = walk.queue;
	piece.kind = kind;
	if (kind == PF_NOW_FILE) {
		if (!place_in_file(&piece, &id, offset))
			return 0;
	} else if (kind == PF_NOW_USER && !(pf_ask.n_mappings || filter.by_file)) {
		piece.off = 0;
	} else {
		tally(kind, len);
		return 0;
	}
	tally(kind, piece.len);
	if (!piece_put(&piece))
		walk.stop = 1;
	return 0;
}

/* Bytes of the stream in front of snd_una, also after a FIN: see sock_bytes_acked(). */
static __always_inline __u64 stream_acked(__u64 sk)
{
	__u64 acked = TCP_READ(sk, bytes_acked);
	__u64 sent = TCP_READ(sk, bytes_sent) - TCP_READ(sk, bytes_retrans);
	__u32 una = TCP_READ(sk, snd_una), nxt = TCP_READ(sk, snd_nxt);
	__u32 state = SOCK_READ(sk, __sk_common.skc_state);
	int fin = (state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK || state == TCP_CLOSING) &&
		  nxt == TCP_READ(sk, write_seq);

	return (__u32)(acked - 1) + (nxt - fin - una) == (__u32)sent ? acked - 1 : acked;
}

static __always_inline int has_ktls(__u64 sk)
{
	__u64 ops = (__u64)KERNEL_READ(inet_connection_sock, sk, icsk_ulp_ops);
	char name[4] = {};

	if (!ops)
		return 0;
	bpf_probe_read_kernel(name, sizeof(name),
			      (void *)(ops + bpf_core_field_offset(struct tcp_ulp_ops, name)));
	return name[0] == 't' && name[1] == 'l' && name[2] == 's' && !name[3];
}

static __always_inline void begin(__u64 sk)
{
	__builtin_memset(&here, 0, sizeof(here));
	here.una = TCP_READ(sk, snd_una);
	here.copied = TCP_READ(sk, copied_seq);
	here.out = stream_acked(sk);
	here.in = TCP_READ(sk, bytes_received) - (TCP_READ(sk, rcv_nxt) - here.copied);
	here.first = pf_said.n_pieces;
	here.tls = has_ktls(sk);
	if (bpf_core_field_exists(struct tcp_sock, is_mptcp))
		here.mptcp = TCP_READ(sk, is_mptcp);
}

static __always_inline __u64 socket_inode(__u64 sk)
{
	__u64 socket = (__u64)SOCK_READ(sk, sk_socket);

	return socket ? KERNEL_READ(socket_alloc, socket, vfs_inode.i_ino) : 0;
}

static __always_inline void describe(struct pf_now_sock *to, __u64 sk)
{
	to->sk = sk;
	to->ino = socket_inode(sk);
	sock_tuple(sk, &to->tuple);
	to->netns = SOCK_READ(sk, __sk_common.skc_net.net, ns.inum);
	to->state = SOCK_READ(sk, __sk_common.skc_state);
	to->first = here.first;
	to->n = pf_said.n_pieces - here.first;
	to->flags = (walk.stop || walk.cut ? PF_NOW_CUT : 0) | (here.tls ? PF_NOW_KTLS : 0) |
		    (here.mptcp ? PF_NOW_MPTCP : 0);
	__builtin_memcpy(to->bytes, here.bytes, sizeof(here.bytes));
}

static __always_inline void tally_all(void)
{
	for (int q = 0; q < PF_NOW_QUEUES; q++)
		for (int kind = 0; kind < PF_NOW_KINDS; kind++)
			pf_said.bytes[q][kind] += here.bytes[q][kind];
	pf_said.walked++;
	if (walk.cut || walk.stop)
		pf_said.cut++;
}

/* Returns 1 if there was no room for this socket, though there will be. */
static __always_inline int take_socket(__u64 sk)
{
	__u32 at = pf_said.n_socks;
	struct pf_now_sock *to;

	begin(sk);
	queues_walk(sk);
	if (pf_said.n_pieces == here.first && !walk.stop) {
		tally_all();
		return 0;
	}
	to = at < pf_ask.room_socks ? bpf_map_lookup_elem(&now_socks, &at) : NULL;
	/* What does not fit into empty maps will never fit. */
	if (!to || (walk.stop && at)) {
		pf_said.n_pieces = here.first;
		pf_said.full = 1;
		return 1;
	}
	describe(to, sk);
	tally_all();
	pf_said.n_socks = at + 1;
	return 0;
}

/* Sockets that only ask for a connection, or that wait for the last packets, hold nothing. */
SEC("iter/tcp")
int on_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct tcp_sock *tp;

	if (!common)
		return 0;
	if (pf_ask.first && pf_said.n_socks)
		return 1;
	tp = bpf_skc_to_tcp_sock(common);
	if (!tp || common->skc_state == TCP_LISTEN_STATE || !filter_sock((struct sock *)tp))
		return 0;
	return take_socket(number_of(tp));
}

/*
 * A socket that was reset is in no table of the kernel any more, though its reader can still
 * read what came before. It is found by its descriptor. Nobody but its reader changes its
 * queues, and nobody holds its lock for us: what is read meanwhile can be seen or not.
 */
SEC("iter/task_file")
int on_closed(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;

	if (!file)
		return 0;
	if (pf_ask.first && pf_said.n_socks)
		return 1;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM ||
	    sk->__sk_common.skc_state != TCP_CLOSE_STATE || !filter_sock(sk))
		return 0;
	return take_socket(number_of(sk));
}
