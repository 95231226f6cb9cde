/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.bpf.h - the flights of the pages that one call gave to a socket.
 *
 * Only hooks/attach.bpf.c may be compiled with this file, for the reason that
 * kernel/direct.bpf.h gives. That is why a global function stands in a header.
 */
#ifndef PF_ATTACH_BPF_H
#define PF_ATTACH_BPF_H

#include "kernel/direct.bpf.h"
#include "flight/conn.bpf.h"
#include "report/sender.bpf.h"
#include "content/due.bpf.h"
#include "content/fingerprint.bpf.h"
#include "content/risk.bpf.h"
#include "filter.bpf.h"

#define ITER_PIECES 512		/* pages of one call: twice the largest GSO skb */

/*
 * The bytes that one call appended to a socket, walked from their end to their start.
 * The hook fills in the first fields over zeros.
 */
struct append {
	__u64 sk;
	__u64 bvec;		/* current struct bio_vec */
	/* The next three are in the order of struct bio_vec: */
	__u64 page;		/* its first page */
	__u32 end;		/* bytes of it to walk, from bv_offset on */
	__u32 bv_offset;
	__u32 seq;		/* behind the last byte to walk */
	__u32 left;		/* bytes to walk */
	__u8 zerocopy;		/* the pages are the sender's own: MSG_ZEROCOPY */
	__u8 second;		/* the second of two programs: see append_is_done() */
	/* append_follow() fills in the rest, */
	__u32 conn;		/* 0: none yet */
	__u32 pages, bytes;	/* of the flights that were made */
	__u32 first, last;	/* these flights, linked by `next` in stream order */
	struct chain stock;	/* flights reserved and not used yet */
	struct chain near;	/* neighbours that are not in the index yet */
	__u64 known;		/* a page whose mapping and index are known already */
	__u64 mapping, index;
	struct filter_file file;
	__u64 now;
	__u64 ones, zeros;	/* bits of the mappings of flights whose fingerprints wait */
};

/*
 * Look up the connection of an append. Returns 1 if its pages are followed already: of each
 * hook that attaches there are two programs, and either may come first. The kernel skips a
 * program that is active on the processor, and a sender may be preempted in it for long.
 */
static __always_inline int append_is_done(struct append *a)
{
	struct pf_sock *s = sock_find(a->sk);
	struct pf_conn *c;

	a->conn = s ? s->sends : 0;
	c = conn_at(a->conn);
	return c && c->appended == a->seq;
}

/* Both programs look at an append without a connection. One of them counts. */
static __noinline void append_count(const struct append *a, enum pf_counter counter, __u64 n)
{
	if (a->conn || !a->second)
		count(counter, n);
}

static __always_inline __u32 pages_in(__u32 bytes)
{
	return (bytes + (1 << cfg.page_shift) - 1) >> cfg.page_shift;
}

/* The sequence number behind the last byte that was given to the socket. */
static __always_inline __u32 written(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

/* Go to the bvec in front of a->bvec; -1 if it cannot be read. */
static __always_inline int append_bvec(struct append *a)
{
	struct bio_vec *direct;

	a->bvec -= sizeof(*direct);
	if (cfg.direct) {
		direct = TYPED(bio_vec, a->bvec);
		a->page = WORD_AT(a->bvec + bpf_core_field_offset(struct bio_vec, bv_page));
		a->bv_offset = direct->bv_offset;
		a->end = direct->bv_len;
		return 0;
	}
	if (!bpf_probe_read_kernel(&a->page, sizeof(*direct), (void *)a->bvec))
		return 0;
	count(PF_C_read_failed, 1);
	return -1;
}

/* Reserve a flight; 0 if there is none. The flights of one call leave the pool together. */
static __always_inline __u32 append_reserve(struct append *a, void *base)
{
	__u32 n = a->stock.first;

	if (!n) {
		flights_reserve(pages_in(a->left), &a->stock);
		n = a->stock.first;
		if (!n)
			return 0;
	}
	a->stock.first = flight_at(base, n)->next;
	a->stock.n--;
	return n;
}

/* There is no flight for a page. */
static __noinline void append_lost(const struct append *a)
{
	struct pf_conn *c = conn_at(a->conn);

	count(PF_C_pool_full, 1);
	if (c && !(c->flags & PF_CONN_LOST))
		conn_flag(c, PF_CONN_LOST);
}

/* Put the neighbours into the index. This is not inlined, for its stack. */
static __noinline void append_index(struct append *a, void *base)
{
	if (a->near.n)
		index_add(base, &a->near);
	a->near.n = 0;
}

/* Remember flight n for the index, in front of its neighbours: the walk comes from the end. */
static __always_inline void append_near(struct append *a, void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);

	if (a->near.n == FLIGHT_BATCH ||
	    (a->near.n && !flight_near(f, flight_at(base, a->near.first))))
		append_index(a, base);
	if (a->near.n)
		f->hnext = a->near.first;
	else
		a->near.last = n;
	a->near.first = n;
	a->near.n++;
}

static __always_inline __u32 sender_how(struct task_struct *task, int zerocopy)
{
	if (!task->mm)
		return PF_SEND_KERNEL;
	return zerocopy ? PF_SEND_ZEROCOPY : compat_sender_how(task);
}

/* The sender is asked for once a call; the flight behind has it already. */
static __always_inline void fill_sender(struct pf_flight *f, const struct append *a,
					const struct pf_flight *behind)
{
	struct task_struct *task;
	union pf_sender sender = {};
	__u64 id;

	if (a->first) {
		f->sender_low = behind->sender_low;
		f->sender_high = behind->sender_high;
		__builtin_memcpy(f->comm, behind->comm, PF_COMM_LEN);
		return;
	}
	task = bpf_get_current_task_btf();
	id = bpf_get_current_pid_tgid();
	sender.tid = id;
	sender.pid = id >> 32;
	sender.how = sender_how(task, a->zerocopy);
	sender.kthread = !task->mm;
	f->sender_low = sender.low;
	f->sender_high = sender.high;
	bpf_get_current_comm(f->comm, PF_COMM_LEN);
}

static __always_inline void fill(struct pf_flight *f, const struct append *a,
				 const struct page_id *id, __u64 page, __u32 off, __u32 len)
{
	f->next = a->first;
	f->hnext = 0;
	f->hprev = PF_UNLINKED;
	f->conn = a->conn;
	f->seq = a->seq - len;
	f->off = off;
	f->len_1 = len - 1;
	f->page = page;
	f->mapping = id->mapping;
	f->index = id->index;
	f->attached = a->now;
	f->op = f->hit_op = f->write_tid = f->crowded = f->zeroed = 0;
	f->fp = f->last = 0;
}

/* Each fingerprint waits. If the page is at risk, that is until append_finish(). */
static __always_inline void fill_fp(struct append *a, struct pf_flight *f)
{
	if (!content_on() || (cfg.sample != 1 && bpf_get_prandom_u32() % cfg.sample))
		return;
	f->fp = fp_waiting(f->attached);
	a->ones |= f->mapping;
	a->zeros |= ~f->mapping;
}

/* Does the fingerprint of any flight wait? */
static __always_inline int append_waits(const struct append *a)
{
	return (a->ones | a->zeros) != 0;
}

/* The mapping of all of these flights; 0: they have more than one, or one has none. */
static __always_inline __u64 append_mapping(const struct append *a)
{
	return a->ones == ~a->zeros ? a->ones : 0;
}

/* Make a flight of a page piece, in front of those made so far. */
static __always_inline void append_piece(struct append *a, __u64 page, __u32 off, __u32 len)
{
	struct page_id id;
	void *base = pool();
	struct pf_flight *f;
	__u32 n;

	if (a->known && a->known == page)
		page_identify_by(page, page, a->mapping, a->index, &id);
	else
		page_peek(page, &id);
	if (id.kind == PAGE_UNKNOWN) {
		append_count(a, PF_C_ignored, 1);
		return;
	}
	if (!filter_file(&a->file, id.mapping))
		return;
	if (!a->conn)
		a->conn = conn_of(a->sk, a->seq - a->left);
	if (!a->conn || !base) {
		append_count(a, PF_C_conns_full, 1);
		return;
	}
	n = append_reserve(a, base);
	if (!n) {
		append_lost(a);
		return;
	}
	f = flight_at(base, n);
	fill(f, a, &id, page, off, len);
	fill_fp(a, f);
	fill_sender(f, a, flight_at(base, a->first));
	if (id.kind == PAGE_FILE)
		append_near(a, base, n);
	else
		count(PF_C_user_pages, 1);
	if (!a->last)
		a->last = n;
	a->first = n;
	a->pages++;
	a->bytes += len;
}

static int on_append_step(__u32 i, struct append **at_append)
{
	__u32 at, len, page_size = 1 << cfg.page_shift;
	struct append *a = *at_append;

	if (!a->end && append_bvec(a))
		return 1;
	if (!a->end)
		return 0;
	at = a->bv_offset + a->end;
	len = ((at - 1) & (page_size - 1)) + 1;		/* bytes of the page with byte at - 1 */
	if (len > a->end)
		len = a->end;
	if (len > a->left)
		len = a->left;
	at -= len;
	append_piece(a, a->page + (__u64)(at >> cfg.page_shift) * cfg.struct_page_size,
		  at & (page_size - 1), len);
	a->end -= len;
	a->left -= len;
	a->seq -= len;
	return !a->left;
}

/*
 * Make flights of the pages of an append, and put them into the index. This is a global
 * function, so that the verifier looks at it once for all hooks, with nothing known of *a.
 */
__noinline int append_follow(struct append *a)
{
	void *base = pool();
	struct pf_stats *s;
	struct pf_conn *c;
	__u64 before;
	__u32 end;

	if (!a)
		return 0;
	end = a->seq;
	a->now = bpf_ktime_get_ns();
	/* Up to 6.4 a call has one page. */
	if (!on_append_step(0, &a))
		bpf_loop(ITER_PIECES - 1, on_append_step, &a, 0);
	if (a->left)
		append_count(a, PF_C_iter_cut, pages_in(a->left));
	if (filter.by_file && a->file.excluded)
		append_count(a, PF_C_filtered, a->file.excluded);
	c = conn_at(a->conn);
	s = stats_here();
	if (!c || !base || !s)
		return 0;
	c->appended = end;
	if (c->flags & PF_CONN_ASK)
		conn_ask(a->conn);
	flights_release(base, &a->stock);
	if (!a->pages)
		return 0;
	append_index(a, base);
	/* With its value in use this is a full barrier, which risk_of() needs. */
	before = __sync_fetch_and_add(&s->count[PF_C_attached], a->pages);
	asm volatile("" :: "r"(before));
	__sync_fetch_and_add(&s->count[PF_C_attached_bytes], a->bytes);
	return 0;
}

/* The pages of one call in cfg.audit, by chance. */
static __always_inline int is_audited(void)
{
	return cfg.audit && !((__u64)bpf_get_prandom_u32() * cfg.audit >> 32);
}

struct due_list {
	__u32 at, left;
	__u32 audited;
	__u32 pad;
};

static int on_due_flight(__u32 i, struct due_list *l)
{
	struct pf_flight *f = flight_of(l->at);

	if (!f || !l->at || !l->left)
		return 1;
	f->audited = l->audited;	/* first: who finds the fingerprint may ask for it */
	fp_due(l->at);
	l->at = f->next;
	l->left--;
	return 0;
}

/*
 * Give the flights to their connection: from here on they can end. At risk, they get their
 * fingerprints before. So do some that are not: no change of these should be found that no
 * hook explains (content/look.bpf.c).
 */
__noinline int append_finish(struct append *a, int at_risk)
{
	void *base = pool();
	struct due_list l;
	struct pf_conn *c;

	if (!a || !a->pages)
		return 0;
	c = conn_at(a->conn);
	if (!c || !base)
		return 0;
	if (append_waits(a) && (at_risk || is_audited())) {
		l.at = a->first;
		l.left = a->pages;
		l.audited = !at_risk;
		if (l.audited)
			count(PF_C_audited, a->pages);
		bpf_loop(ITER_PIECES, on_due_flight, &l, 0);
	}
	conn_append(base, c, a->first, a->last);
	if (flight_at(base, a->first)->sender.how == PF_SEND_KERNEL)
		sender_report(c);
	return 0;
}

#endif
