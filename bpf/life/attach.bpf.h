/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.bpf.h - the flights of the pages that one call gave to a socket.
 *
 * Only hooks/attach.bpf.c may be compiled with this file, for the reason that
 * kernel/direct.bpf.h gives. That is why a global function stands in a header.
 */
#ifndef PF_ATTACH_BPF_H
#define PF_ATTACH_BPF_H

#include "report/sender.bpf.h"
#include "content/due.bpf.h"
#include "content/fingerprint.bpf.h"
#include "content/risk.bpf.h"
#include "append.bpf.h"
#include "exposed.bpf.h"

#define ITER_PIECES 512		/* pages of one call: twice the largest GSO skb */

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

/* Each fingerprint waits. If the page is at risk, that is until append_finish(). */
static __always_inline __u64 fill_fp(const struct append *a)
{
	if (cfg.sample != 1 && bpf_get_prandom_u32() % cfg.sample)
		return 0;
	return content_on() ? fp_waiting(a->now) : 0;
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
	f->fp = fill_fp(a);
	f->last = 0;
}

/* Does the fingerprint of any flight wait? Of a sample it may be that of none. */
static __always_inline int append_waits(const struct append *a)
{
	return a->pages && content_on();
}

/* The mapping of all of these flights; 0: they have more than one, or one has none. */
static __always_inline __u64 append_mapping(const struct append *a)
{
	return a->ones == ~a->zeros ? a->ones : 0;
}

/* Find the connection, or begin to follow it. */
static __always_inline int append_conn(struct append *a)
{
	__u32 slot = conn_of(a->sk, a->seq - a->left);
	struct pf_conn *c = slot == CONN_REFUSED ? NULL : conn_at(slot);

	if (c) {
		a->conn = slot;
		a->owner = c->owner;
		return 1;
	}
	append_count(a, slot == CONN_REFUSED ? PF_C_user_room : PF_C_conns_full, 1);
	return 0;
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
	if (!base || (!a->conn && !append_conn(a)))
		return;
	n = append_reserve(a, base);
	if (!n)
		return;
	f = flight_at(base, n);
	fill(f, a, &id, page, off, len);
	fill_sender(f, a, flight_at(base, a->first));
	if (id.kind == PAGE_FILE) {
		append_near(a, base, n);
	} else {
		a->zeros = ~0ULL;
		count(PF_C_user_pages, 1);
	}
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
	c = a->conn ? conn_at(a->conn) : NULL;
	if (c)
		a->owner = c->owner;
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
	sender_note(c, a->conn);
	append_index(a, base);
	/* With its value in use this is a full barrier, which risk_of() needs. */
	before = __sync_fetch_and_add(&s->count[PF_C_attached], a->pages);
	asm volatile("" :: "r"(before));
	__sync_fetch_and_add(&s->count[PF_C_attached_bytes], a->bytes);
	return 0;
}

/* All of the pages of an append are of the file with this mapping. Can somebody change it? */
static __always_inline int append_exposed(const struct append *a, const struct address_space *m)
{
	struct pf_conn *c = conn_at(a->conn);
	const struct inode *inode = m->host;
	__u32 how = exposed_how(m);
	struct pf_exposed *e;

	if (!how || !c)
		return 0;
	e = exposed_at(c->exposed);
	if (!exposed_is_known(e, c->exposed, inode)) {
		exposed_note(a->first, a->pages, number_of(inode), inode->i_ino,
			     (__u64)inode->i_generation << 32 | how);
		return 1;
	}
	count(PF_C_exposed, a->pages);
	exposed_add(e, a->pages, how, a->now);
	return 1;
}

/* The pages of one call in cfg.audit, by the chance that lies in its time. */
static __always_inline int is_audited(const struct append *a)
{
	return cfg.audit && !((a->now * 0x9e3779b97f4a7c15ULL >> 32) * cfg.audit >> 32);
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
	if (append_waits(a) && (at_risk || a->unindexed || is_audited(a))) {
		l.at = a->first;
		l.left = a->pages;
		l.audited = !at_risk && !a->unindexed;
		if (l.audited)
			count(PF_C_audited, a->pages);
		bpf_loop(ITER_PIECES, on_due_flight, &l, 0);
	}
	if (a->zerocopy && !(c->flags & PF_CONN_BUFFERS)) {
		__sync_fetch_and_add(&pf_buffer_conns, 1);
		conn_flag(c, PF_CONN_BUFFERS);
	}
	owner_has(a->owner, a->pages);
	conn_append(base, c, a->first, a->last);
	if (flight_at(base, a->first)->sender.how == PF_SEND_KERNEL)
		sender_report(c);
	return 0;
}

#endif
