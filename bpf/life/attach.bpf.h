/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.bpf.h - flights for the pages of one call. Part of attach.bpf.c: libbpf's
 * linker up to 1.1 cannot merge two declarations of a kfunc, bpf_rdonly_cast().
 */
#ifndef PF_RUN_BPF_H
#define PF_RUN_BPF_H

#include "flight/conn.bpf.h"
#include "kernel/direct.bpf.h"
#include "filter.bpf.h"
#include "content/fingerprint.bpf.h"
#include "report/sender.bpf.h"

#define ITER_PIECES 512		/* pages of one call: twice the largest GSO skb */

/*
 * A run of bytes that one call appended to a socket, walked from its end to its
 * start. The hook fills it in over zeros.
 */
struct run {
	__u64 sk;
	__u64 bvec;		/* current struct bio_vec */
	/* In its order: */
	__u64 page;		/* its first page */
	__u32 end;		/* bytes of it not walked yet, from bv_offset */
	__u32 bv_offset;
	__u32 seq;		/* behind the last byte not walked yet */
	__u32 left;		/* bytes not walked yet */
	__u32 zerocopy;		/* the sender's own pages, MSG_ZEROCOPY */
	__u32 conn;		/* 0: not known yet */
	/* From here on run_attach()'s. */
	__u32 pages, bytes;	/* flights made */
	__u32 first, last;	/* of them, linked by `next` in stream order */
	struct chain stock;	/* taken from the pool and not used yet */
	struct chain near;	/* neighbours that were made and are not in the index yet */
	__u64 known;		/* a page of which two words are known already */
	__u64 mapping, index;
	struct filter_file file;
};

static __always_inline __u32 pages_in(__u32 bytes)
{
	return (bytes + (1 << cfg.page_shift) - 1) >> cfg.page_shift;
}

/* Behind the last byte that the socket has. */
static __always_inline __u32 written(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

/* The bvec in front of r->bvec; -1 if it cannot be read. */
static __always_inline int run_bvec(struct run *r)
{
	struct bio_vec *direct;

	r->bvec -= sizeof(*direct);
	if (cfg.direct) {
		direct = TYPED(bio_vec, r->bvec);
		r->page = WORD_AT(r->bvec + bpf_core_field_offset(struct bio_vec, bv_page));
		r->bv_offset = direct->bv_offset;
		r->end = direct->bv_len;
		return 0;
	}
	if (!bpf_probe_read_kernel(&r->page, sizeof(*direct), (void *)r->bvec))
		return 0;
	count(PF_C_read_failed, 1);
	return -1;
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

/* What is made goes into the index with its neighbours. Not inlined, for its stack. */
static __noinline void run_index(struct run *r, void *base)
{
	if (r->near.n)
		index_add(base, &r->near);
	r->near.n = 0;
}

/* In front of the ones before, as they come from the end. */
static __always_inline void run_near(struct run *r, void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);

	if (r->near.n == FLIGHT_BATCH ||
	    (r->near.n && !flight_near(f, flight_at(base, r->near.first))))
		run_index(r, base);
	if (r->near.n)
		f->hnext = r->near.first;
	else
		r->near.last = n;
	r->near.first = n;
	r->near.n++;
}

/* Asked for once a run: the flight behind has it already. */
static __always_inline void fill_sender(struct pf_flight *f, const struct run *r,
					const struct pf_flight *behind)
{
	struct task_struct *task;
	__u64 id, sender, how;

	if (r->first) {
		f->attached = behind->attached;
		f->sender_low = behind->sender_low;
		f->sender_high = behind->sender_high;
		__builtin_memcpy(f->comm, behind->comm, PF_COMM_LEN);
		return;
	}
	task = bpf_get_current_task_btf();
	id = bpf_get_current_pid_tgid();
	how = !task->mm ? PF_SEND_KERNEL : r->zerocopy ? PF_SEND_ZEROCOPY : compat_sender_how(task);
	/* In the order of the bits of pf_flight. */
	sender = (__u32)id | id >> 32 << 22 | how << 44 | (__u64)!task->mm << 47;
	f->attached = bpf_ktime_get_ns();
	f->sender_low = sender;
	f->sender_high = sender >> 32;
	bpf_get_current_comm(f->comm, PF_COMM_LEN);
}

static __always_inline void fill(struct pf_flight *f, const struct run *r,
				 const struct page_id *id, __u64 page, __u32 off, __u32 len)
{
	f->next = r->first;
	f->hnext = 0;
	f->hprev = PF_UNLINKED;
	f->conn = r->conn;
	f->seq = r->seq - len;
	f->off = off;
	f->len = len;
	f->page = page;
	f->mapping = id->mapping;
	f->index = id->index;
	f->op = f->hit_op = f->write_tid = f->crowded = 0;
	f->zero_at = f->zero_len = 0;
	f->fp = f->last = 0;
	if (content_on() && (cfg.sample == 1 || bpf_get_prandom_u32() % cfg.sample == 0))
		f->fp = f->last = flight_fp(f);
}

/* One page piece, in front of everything made so far. */
static __always_inline void run_piece(struct run *r, __u64 page, __u32 off, __u32 len)
{
	struct page_id id;
	void *base = pool();
	struct pf_flight *f;
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
	if (!filter_file(&r->file, id.mapping))
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
		if (c && !(c->flags & PF_CONN_LOST))
			conn_flag(c, PF_CONN_LOST);
		return;
	}
	f = flight_at(base, n);
	fill(f, r, &id, page, off, len);
	fill_sender(f, r, flight_at(base, r->first));
	if (id.kind == PAGE_FILE)
		run_near(r, base, n);
	else
		count(PF_C_user_pages, 1);
	if (!r->last)
		r->last = n;
	r->first = n;
	r->pages++;
	r->bytes += len;
}

static int on_run_step(__u32 i, struct run **at_run)
{
	__u32 at, len, page_size = 1 << cfg.page_shift;
	struct run *r = *at_run;

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

/*
 * Follow its pages from here on. Global: the verifier looks at it once, for all
 * hooks, and not at what becomes of each word of the run.
 */
__noinline int run_attach(struct run *r)
{
	void *base = pool();
	struct pf_stats *s;
	struct pf_conn *c;

	if (!r)
		return 0;
	/* Up to 6.4 the first is the last. */
	if (!on_run_step(0, &r))
		bpf_loop(ITER_PIECES - 1, on_run_step, &r, 0);
	if (r->left)
		count(PF_C_iter_cut, pages_in(r->left));
	if (filter.by_file && r->file.excluded)
		count(PF_C_filtered, r->file.excluded);
	c = conn_at(r->conn);
	s = stats_here();
	if (!c || !base || !s)
		return 0;
	flights_give(base, &r->stock);
	if (!r->pages)
		return 0;
	run_index(r, base);
	__sync_fetch_and_add(&s->count[PF_C_attached], r->pages);
	__sync_fetch_and_add(&s->count[PF_C_attached_bytes], r->bytes);
	conn_append(base, c, r->first, r->last);
	if (flight_at(base, r->first)->how == PF_SEND_KERNEL)
		sender_tell(c);
	return 0;
}

#endif
