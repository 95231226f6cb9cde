// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.bpf.c - the moment a socket takes a page by reference.
 *
 * 6.5 and later: skb_splice_from_iter() has just appended the pages in front
 * of the iterator's position; they are found by walking back from there, once
 * a call instead of once a page. It has no socket argument, but the skb is the
 * last of its socket's write queue, so skb->next is that queue's head.
 *
 * MSG_ZEROCOPY: skb_zerocopy_iter_stream() has just appended the sender's own
 * pages to an skb; they are its last fragments.
 *
 * Up to 6.4: do_tcp_sendpages(). It can return short, and it can sleep with
 * part of the page already queued: then that part is attached first.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "conn.bpf.h"
#include "filter.bpf.h"
#include "page.bpf.h"
#include "sender.bpf.h"

#define ITER_PIECES 512		/* pages of one call: twice the largest GSO skb */

/* A run of bytes that one call appended, walked from its end to its start. */
struct run {
	__u64 sk;
	__u64 bvec;		/* current struct bio_vec */
	__u64 page;		/* its first page */
	__u64 now;
	__u64 pid_tgid;
	__u32 end;		/* bytes of it not walked yet, from bv_offset */
	__u32 bv_offset;
	__u32 seq;		/* behind the last byte not walked yet */
	__u32 left;		/* bytes not walked yet */
	__u32 conn;
	__u32 pages, bytes;	/* flights made */
	struct chain made;	/* linked by `next`, in stream order */
	struct chain stock;	/* taken from the pool and not used yet */
	struct chain near;	/* made, not in the index yet, all of one of its chains */
	__u32 bucket;		/* that chain's number + 1 */
	__u64 known;		/* a page of which two words are known already */
	__u64 mapping, index;
	__u32 how;
	__u32 kthread;
	char comm[PF_COMM_LEN];
	struct filter_file file;
};

static __always_inline void run_sender(struct run *r)
{
	struct task_struct *task = bpf_get_current_task_btf();

	r->now = bpf_ktime_get_ns();
	r->pid_tgid = bpf_get_current_pid_tgid();
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->kthread = !task->mm;
	r->how = r->kthread ? PF_SEND_KERNEL : compat_sender_how(task);
}

static __always_inline void chain_init(struct chain *c)
{
	/* Must not start as constants: see pf_zero. */
	c->first = c->last = c->n = pf_zero;
}

static __always_inline __u32 pages_in(__u32 bytes)
{
	return (bytes + (1 << cfg.page_shift) - 1) >> cfg.page_shift;
}

/* The pages of a run are taken from the pool together. */
static __always_inline __u32 run_take(struct run *r, void *base)
{
	__u32 n = r->stock.first;

	if (!n) {
		flights_take(pages_in(r->left), &r->stock);
		n = r->stock.first;
		if (!n)
			return 0;
	}
	r->stock.first = flight_at(base, n)->next;
	r->stock.n--;
	return n;
}

/* What is made goes into the index a chain at a time. */
static __always_inline void run_index(struct run *r, void *base)
{
	if (r->near.n)
		index_add(base, r->bucket, &r->near);
	r->near.n = 0;
}

/* Near the ones before: in front of them, as they come from the end. */
static __always_inline void run_near(struct run *r, void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n), *before = flight_at(base, r->near.first);
	__u32 bucket = index_hash(f->mapping, f->index >> PF_GROUP_SHIFT) + 1;

	if (r->near.n && (bucket != r->bucket || f->mapping != before->mapping))
		run_index(r, base);
	f->bucket = bucket;
	if (r->near.n) {
		f->hnext = r->near.first;
		before->hprev = n;
	} else {
		r->near.last = n;
	}
	r->bucket = bucket;
	r->near.first = n;
	r->near.n++;
}

static __always_inline void flight_fill(struct pf_flight *f, const struct run *r,
					const struct page_id *id, __u64 page, __u32 off, __u32 len)
{
	f->next = r->made.first;
	f->hnext = f->hprev = f->bucket = 0;
	f->conn = r->conn;
	f->seq = r->seq - len;
	f->off = off;
	f->len = len;
	f->tid = (__u32)r->pid_tgid;
	f->page = page;
	f->mapping = id->mapping;
	f->index = id->index;
	f->attached = r->now;
	f->op = f->hit_op = f->write_tid = 0;
	f->how = r->how;
	f->kthread = r->kthread;
	f->zero_at = f->zero_len = f->crowded = f->orig = 0;
	f->print = f->last = 0;
	if (content_on() && (cfg.sample == 1 || bpf_get_prandom_u32() % cfg.sample == 0))
		f->print = f->last = flight_print(f);
	f->pid = r->pid_tgid >> 32;
	__builtin_memcpy(f->comm, r->comm, PF_COMM_LEN);
}

/* One page piece, in front of everything made so far. */
static __always_inline void run_piece(struct run *r, __u64 page, __u32 off, __u32 len)
{
	struct page_id id;
	void *base = pool();
	struct pf_conn *c;
	__u32 n;

	if (r->known && r->known == page)
		page_tell(page, page, r->mapping, r->index, &id);
	else
		page_look(page, &id);
	if (id.kind == PAGE_UNKNOWN) {
		count(PF_C_ignored, 1);
		return;
	}
	if (!filter_file(&r->file, id.mapping, r->now))
		return;
	if (!r->conn)
		r->conn = conn_of(r->sk, r->seq - r->left);
	if (!r->conn || !base) {
		count(PF_C_conns_full, 1);
		return;
	}
	n = run_take(r, base);
	if (!n) {
		count(PF_C_pool_full, 1);
		c = conn_at(r->conn);
		if (c)
			c->flags |= PF_CONN_LOST;
		return;
	}
	flight_fill(flight_at(base, n), r, &id, page, off, len);
	if (id.kind == PAGE_FILE)
		run_near(r, base, n);
	else
		count(PF_C_user_pages, 1);
	if (!r->made.last)
		r->made.last = n;
	r->made.first = n;
	r->pages++;
	r->bytes += len;
}

/* The bvec in front of r->bvec; -1 if it cannot be read. */
static __always_inline int run_bvec(struct run *r)
{
	struct bio_vec *direct, bv;

	r->bvec -= sizeof(bv);
	if (cfg.direct) {
		direct = TYPED(bio_vec, r->bvec);
		r->page = WORD_AT(r->bvec + bpf_core_field_offset(struct bio_vec, bv_page));
		r->bv_offset = direct->bv_offset;
		r->end = direct->bv_len;
		return 0;
	}
	if (bpf_probe_read_kernel(&bv, sizeof(bv), (void *)r->bvec)) {
		count(PF_C_read_failed, 1);
		return -1;
	}
	r->page = (__u64)bv.bv_page;
	r->bv_offset = bv.bv_offset;
	r->end = bv.bv_len;
	return 0;
}

static int on_run_step(__u32 i, struct run *r)
{
	__u32 at, len, page_size = 1 << cfg.page_shift;

	if (!r->end && run_bvec(r))
		return 1;
	if (!r->end)
		return 0;
	at = r->bv_offset + r->end;
	len = ((at - 1) & (page_size - 1)) + 1;		/* of the page that holds byte at - 1 */
	if (len > r->end)
		len = r->end;
	if (len > r->left)
		len = r->left;
	at -= len;
	run_piece(r, r->page + (__u64)(at >> cfg.page_shift) * cfg.struct_page_size,
		  at & (page_size - 1), len);
	r->end -= len;
	r->left -= len;
	r->seq -= len;
	return !r->left;
}

static __always_inline void run_attach(struct run *r)
{
	void *base = pool();
	struct pf_stats *s;
	struct pf_conn *c;

	r->conn = r->bucket = r->pages = r->bytes = pf_zero;
	chain_init(&r->made);
	chain_init(&r->stock);
	chain_init(&r->near);
	filter_file_init(&r->file);
	bpf_loop(ITER_PIECES, on_run_step, r, 0);
	if (r->left)
		count(PF_C_iter_cut, pages_in(r->left));
	if (filter.by_file && r->file.excluded)
		count(PF_C_filtered, r->file.excluded);
	c = conn_at(r->conn);
	s = stats_here();
	if (!c || !base || !s)
		return;
	flights_give(base, &r->stock);
	if (!r->pages)
		return;
	run_index(r, base);
	__sync_fetch_and_add(&s->count[PF_C_attached], r->pages);
	__sync_fetch_and_add(&s->count[PF_C_attached_bytes], r->bytes);
	conn_append(base, c, r->made.first, r->made.last);
	if (r->how == PF_SEND_KERNEL)
		sender_tell(c);
}

static __always_inline __u32 written(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

static __always_inline int sock_is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM;
}

/* The socket of an skb at the tail of its write queue; 0 if it is not TCP. */
static __always_inline __u64 sock_of_tail(struct sk_buff *skb)
{
	/* As a number: the verifier would hold skb->next to be an skb. */
	__u64 queue = number_of(skb->next), sk;
	struct sock *s;

	if (!queue || skb->next->prev != skb)
		return 0;
	sk = queue - bpf_core_field_offset(struct sock, sk_write_queue);
	s = TYPED(sock, sk);
	return sock_is_tcp(s) ? sk : 0;
}

SEC("fexit/skb_splice_from_iter")
int BPF_PROG(on_splice, struct sk_buff *skb, struct iov_iter *iter, long maxsize)
{
	struct run r = {};
	__u64 copied = 0;
	__u32 excluded;

	if (bpf_get_func_ret(ctx, &copied) || (long)copied <= 0)
		return 0;
	if (!filter_task()) {
		count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	r.sk = sock_of_tail(skb);
	if (!r.sk)
		return 0;
	if (!filter_sock(TYPED(sock, r.sk))) {
		count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	if (iter->iter_type != bpf_core_enum_value(enum iter_type, ITER_BVEC)) {
		count(PF_C_iter_cut, pages_in(copied));
		return 0;
	}
	excluded = filter_all(iter, copied);
	if (excluded) {
		count(PF_C_filtered, excluded);
		return 0;
	}
	run_sender(&r);
	r.left = copied;
	r.seq = TYPED(tcp_sock, r.sk)->write_seq + (__u32)copied;
	r.bvec = (__u64)iter->bvec;
	r.end = iter->iov_offset;
	if (r.end) {	/* part of the current bvec is taken */
		r.bvec += sizeof(struct bio_vec);
		if (run_bvec(&r))
			return 0;
		r.end = iter->iov_offset;
	}
	run_attach(&r);
	return 0;
}

/*
 * skb_frag_t, up to 6.8 a bio_vec by name, is one in its layout since: a page,
 * a length and an offset.
 */
SEC("fexit/skb_zerocopy_iter_stream")
int BPF_PROG(on_zerocopy, struct sock *sk, struct sk_buff *skb)
{
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end), copied = 0;
	struct run r = {};

	/* An int: its upper half is undefined. */
	if (bpf_get_func_ret(ctx, &copied) || (int)copied <= 0)
		return 0;
	if (!sock_is_tcp(sk))
		return 0;
	if (!filter_task() || !filter_sock(sk)) {
		count(PF_C_filtered, pages_in((__u32)copied));
		return 0;
	}
	r.sk = number_of(sk);
	run_sender(&r);
	if (!r.kthread)
		r.how = PF_SEND_ZEROCOPY;
	r.end = r.bv_offset = pf_zero;	/* no fragment is open yet; see pf_zero */
	r.page = pf_zero;
	r.left = (__u32)copied;
	r.seq = written(sk) + (__u32)copied;
	r.bvec = info + bpf_core_field_offset(struct skb_shared_info, frags) +
		 KERNEL_READ(skb_shared_info, info, nr_frags) * sizeof(struct bio_vec);
	run_attach(&r);
	return 0;
}

static __always_inline struct pf_sendpage *sendpage_here(__u64 flags)
{
	return bpf_task_storage_get(&sendpages, bpf_get_current_task_btf(), NULL, flags);
}

/*
 * Through the typed pointer, without a helper; a tail leads to where there is
 * none. What is compound_head the verifier holds to be lru.next, the first
 * member of that union.
 */
static __always_inline void run_know(struct run *r, const struct page *page)
{
	if (number_of(page->lru.next) & 1)
		return;
	r->known = number_of(page);
	r->mapping = number_of(page->mapping);
	r->index = page->index;
}

/* Attach what was queued since the last look. */
static __always_inline void sendpage_commit(struct pf_sendpage *s, struct sock *sk,
					    const struct page *page)
{
	__u32 now = written(sk);
	struct run r = {};

	if (!seq_after(now, s->seq))
		return;
	r.known = pf_zero;
	if (page)
		run_know(&r, page);
	r.sk = s->sk;
	r.page = s->page;
	r.bv_offset = s->off;
	r.left = r.end = now - s->seq;
	r.seq = now;
	run_sender(&r);
	run_attach(&r);
	s->off += now - s->seq;
	s->seq = now;
}

SEC("fentry/do_tcp_sendpages")
int BPF_PROG(on_sendpage, struct sock *sk, struct page *page, int offset, size_t size, int flags)
{
	struct pf_sendpage *s;

	if (!filter_task() || !filter_sock(sk))
		return 0;
	s = sendpage_here(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s) {
		count(PF_C_iter_cut, 1);
		return 0;
	}
	s->sk = number_of(sk);
	s->page = number_of(page);
	s->off = offset;
	s->seq = written(sk);
	/* What is transmitted before it returns must find the connection. */
	if (content_wire())
		conn_of(s->sk, s->seq);
	return 0;
}

SEC("fexit/do_tcp_sendpages")
int BPF_PROG(on_sendpage_done, struct sock *sk, struct page *page, int offset, size_t size,
	     int flags, long copied)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (!s || s->sk != number_of(sk)) {
		/* It was not let in, so it is a filter's: now it is known how much. */
		if ((filter.by_task || filter.by_sock) && copied > 0)
			count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	sendpage_commit(s, sk, page);
	s->sk = 0;
	return 0;
}

/* About to sleep for memory without the socket's lock: others may queue. */
SEC("fentry/sk_stream_wait_memory")
int BPF_PROG(on_sendpage_wait, struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		sendpage_commit(s, sk, NULL);
	return 0;
}

SEC("fexit/sk_stream_wait_memory")
int BPF_PROG(on_sendpage_go_on, struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		s->seq = written(sk);
	return 0;
}
