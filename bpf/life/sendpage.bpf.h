/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sendpage.bpf.h - up to 6.4: do_tcp_sendpages() attaches one page a call. It can return
 * short, and it can sleep with part of the page already queued.
 */
#ifndef PF_SENDPAGE_BPF_H
#define PF_SENDPAGE_BPF_H

#include "attach.bpf.h"

static __always_inline struct pf_sendpage *sendpage_here(__u64 flags)
{
	return bpf_task_storage_get(&sendpages, bpf_get_current_task_btf(), NULL, flags);
}

/*
 * Learn mapping and index by plain loads instead of a helper. page->lru.next overlays
 * compound_head. Bit 0 of it is set in a tail page, which has no mapping of its own.
 */
static __always_inline void append_know(struct append *a, const struct page *page)
{
	if (number_of(page->lru.next) & 1 || (cfg.huge_index && page_is_head(page->flags)))
		return;
	a->known = number_of(page);
	a->mapping = number_of(page->mapping);
	a->index = page->index;
}

/* The connection of the last page, if this page has the same: that saves a lookup. */
static __always_inline __u32 sendpage_conn(const struct pf_sendpage *s)
{
	struct pf_conn *c = conn_at(s->conn);

	return c && c->sk == s->sk && !(c->flags & (PF_CONN_ORPHAN | PF_CONN_FREED)) ? s->conn : 0;
}

/* The page itself may be the tail of a folio, which has no mapping. */
static __always_inline int sendpage_at_risk(const struct append *a, const struct page *page)
{
	__u64 mapping = append_mapping(a);

	return !mapping || !page || number_of(page->mapping) != mapping || risk_of(page->mapping);
}

/* A batch of pages is over: note those that wait for that. Without their place the counter alone has them. */
static __always_inline void sendpage_exposed_end(struct pf_sendpage *s)
{
	struct pf_exposed *e;

	if (s->exposed_pages) {
		count(PF_C_exposed, s->exposed_pages);
		e = exposed_at(s->exposed);
		if (e->ready == s->exposed)
			exposed_add(e, s->exposed_pages, 0, bpf_ktime_get_ns());
	}
	s->exposed_file = s->exposed_pages = 0;
}

/* The pages of an append are of the file of this page. This is not inlined, for its stack. */
static __noinline int sendpage_ask(const struct append *a, const struct page *page)
{
	return append_exposed(a, page->mapping);
}

/*
 * Note whose bytes somebody could change. That is asked for the first page of a batch, as since
 * 6.5 for a call. The others are noted with the last one, or as the next batch begins.
 */
static __always_inline void sendpage_exposed(struct pf_sendpage *s, const struct append *a,
					     const struct page *page)
{
	__u64 mapping = append_mapping(a);
	struct pf_conn *c;
	int exposed;

	if (s && mapping && s->exposed_file == mapping && s->conn == a->conn) {
		if (s->exposed)
			s->exposed_pages += a->pages;
		return;
	}
	if (s)
		sendpage_exposed_end(s);
	if (!a->ones)
		return;
	if (!mapping || !page || number_of(page->mapping) != mapping) {
		exposed_flight(a->first, a->pages);
		return;
	}
	exposed = sendpage_ask(a, page);
	c = conn_at(a->conn);
	if (!s || !c)
		return;
	s->exposed_file = mapping;
	s->exposed = exposed ? c->exposed : 0;
}

/* Attach what was queued since the last time. */
static __always_inline void sendpage_commit(struct pf_sendpage *s, struct sock *sk,
					    const struct page *page)
{
	__u32 now = written(sk);
	struct append a = {};

	if (!seq_after(now, s->seq))
		return;
	if (page)
		append_know(&a, page);
	a.sk = s->sk;
	a.page = s->page;
	a.bv_offset = s->off;
	a.left = a.end = now - s->seq;
	a.seq = now;
	a.conn = sendpage_conn(s);
	append_follow(&a);
	sendpage_exposed(s, &a, page);
	append_finish(&a, append_waits(&a) && sendpage_at_risk(&a, page));
	s->conn = a.conn;
	s->off += now - s->seq;
	s->seq = now;
}

/* May the file of a page have a connection? This is not inlined, for its stack. */
static __noinline int sendpage_passes(__u64 page)
{
	struct filter_file file = {};
	struct page_id id;

	if (!filter.by_file)
		return 1;
	page_identify(page, &id);
	return id.kind != PAGE_UNKNOWN && filter_file(&file, id.mapping);
}

static __always_inline int sendpage_begin(struct sock *sk, struct page *page, int offset)
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
	/* A transmission before the call returns must find the connection. */
	if (content_wire() && !sendpage_conn(s) && sendpage_passes(s->page))
		conn_of(s->sk, s->seq);
	return 0;
}

/*
 * The begin of the call is not known. A filter excluded it, and how many pages it took is
 * known only now; or the other of two programs was here; or the kernel skipped the program
 * at its begin, or had no storage for the thread. Attach what was not attached before.
 */
static __always_inline void sendpage_late(struct sock *sk, const struct page *page, int offset,
					  __u32 copied, __u32 second)
{
	struct append a = { .second = second };
	struct pf_conn *c;

	if (!filter_task() || !filter_sock(sk)) {
		append_count(&a, PF_C_filtered, pages_in(copied));
		return;
	}
	a.sk = number_of(sk);
	a.seq = written(sk);
	a.left = copied;
	if (append_is_done(&a))
		return;
	c = conn_at(a.conn);
	if (c && seq_after(c->appended, a.seq - copied))
		a.left = a.seq - c->appended;
	if (a.left > copied)
		return;
	append_know(&a, page);
	a.page = number_of(page);
	a.bv_offset = offset + copied - a.left;
	a.end = a.left;
	append_follow(&a);
	sendpage_exposed(NULL, &a, page);
	append_finish(&a, append_waits(&a) && sendpage_at_risk(&a, page));
}

static __always_inline int sendpage_end(struct sock *sk, const struct page *page, int offset,
					int last, long copied, __u32 second)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s)
		s->last = last;		/* there, since no register is free */
	/* What a skipped end has left behind is of another page, or of too many bytes. */
	if (s && s->sk == number_of(sk) && s->page == number_of(page) &&
	    written(sk) - s->seq <= (__u32)copied)
		sendpage_commit(s, sk, page);
	else if (copied > 0)
		sendpage_late(sk, page, offset, copied, second);
	if (!s)
		return 0;
	if (s->last)
		sendpage_exposed_end(s);
	s->sk = 0;
	return 0;
}

/* The call will sleep for memory without the socket's lock: others may append meanwhile. */
static __always_inline int sendpage_wait(struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		sendpage_commit(s, sk, NULL);
	return 0;
}

static __always_inline int sendpage_go_on(struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		s->seq = written(sk);
	return 0;
}

#endif
