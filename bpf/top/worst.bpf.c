// SPDX-License-Identifier: GPL-2.0-only
/*
 * worst.bpf.c - the connections and files that hold the most, or for the longest time.
 * Nothing is attached for it: user space reads three iterators to their end. The first
 * visits each connection and walks its pages, the second each file that these are of, and
 * the third gives the worst files their paths. So a call is bounded by the pages of one
 * connection, and user space reads the worst alone.
 *
 * The walk takes no lock. What leaves a connection meanwhile is met with another number of
 * its connection, or none. Then the walk begins anew, unless something was added to a file by
 * then, which would be added twice.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "maps.bpf.h"
#include "base/hash.bpf.h"
#include "flight/conn.bpf.h"
#include "kernel/page.bpf.h"
#include "kernel/path.bpf.h"

#define WALK_FLIGHTS 32768
#define WALK_RESTARTS 8
#define SUM_PROBES 8

/* The keys of rows, and which of them is the least once there are enough. */
struct ranking {
	__u64 key[PF_TOP_ROWS];
	__u32 n;
	__u32 least;
	__u32 frame;
	__u32 pad;
};

static struct ranking conn_ranking __attribute__((used));
static struct ranking file_ranking __attribute__((used));

/* The connection that is walked, and the neighbours of one file among its flights. */
static struct {
	struct pf_top_conn row;
	struct pf_top_file run;
	__u32 slot;
	__u32 at;		/* next flight */
	__u32 una;
	__u32 nxt;
	__u32 restarts;
	__u32 told;		/* something was added to a file */
} here __attribute__((used));

static __always_inline void ranking_begin(struct ranking *r)
{
	if (r->frame == pf_ask.frame)
		return;
	r->frame = pf_ask.frame;
	r->n = 0;
}

/* The row for something with this key; -1 if there are enough that are worse. */
static __noinline int ranking_place(struct ranking *r, __u64 key)
{
	__u32 at = r->n, least = pf_zero;

	if (at >= PF_TOP_ROWS) {
		at = r->least & (PF_TOP_ROWS - 1);
		if (key <= r->key[at])
			return -1;
	} else {
		r->n = at + 1;
	}
	at &= PF_TOP_ROWS - 1;
	r->key[at] = key;
	if (r->n < PF_TOP_ROWS)
		return at;
	for (__u32 i = 1; i < PF_TOP_ROWS; i++)
		if (r->key[i] < r->key[least & (PF_TOP_ROWS - 1)])
			least = i + pf_zero;
	r->least = least;
	return at;
}

/* The sums of a file; NULL if more are told apart already. */
static __noinline struct pf_top_file *sums_of(__u64 mapping)
{
	__u32 first = hash_address(mapping, TOP_SUMS_BITS);

	for (__u32 i = 0; i < SUM_PROBES; i++) {
		__u32 at = (first + i) & ((1 << TOP_SUMS_BITS) - 1);
		struct pf_top_file *sum = bpf_map_lookup_elem(&top_sums, &at);

		if (!sum)
			return NULL;
		if (sum->frame != pf_ask.frame) {
			__builtin_memset(sum, 0, sizeof(*sum));
			sum->frame = pf_ask.frame;
			sum->mapping = mapping;
			return sum;
		}
		if (sum->mapping == mapping)
			return sum;
	}
	return NULL;
}

/* Add what was gathered of a file. */
static __noinline int run_end(void)
{
	struct pf_top_file *run = &here.run, *sum;

	if (!run->pages)
		return 0;
	here.told = 1;
	sum = sums_of(run->mapping);
	if (!sum) {
		pf_said.files_full += run->pages;
		return 0;
	}
	if (!sum->oldest || run->oldest < sum->oldest)
		sum->oldest = run->oldest;
	sum->page = run->page;
	sum->index = run->index;
	sum->bytes += run->bytes;
	sum->pages += run->pages;
	if (sum->last_conn != here.slot) {
		sum->last_conn = here.slot;
		sum->conns++;
	}
	return 0;
}

static __always_inline void run_take(const struct pf_flight *f)
{
	struct pf_top_file *run = &here.run;

	if (run->pages && run->mapping != f->mapping) {
		run_end();
		run->pages = 0;
	}
	if (!run->pages) {
		run->mapping = f->mapping;
		run->bytes = 0;
		run->oldest = f->attached;
	}
	run->page = f->page;
	run->index = f->index;
	run->bytes += flight_len(f);
	run->pages++;
}

/* Bytes of a flight in front of a place in the stream. */
static __always_inline __u32 bytes_before(const struct pf_flight *f, __u32 seq)
{
	__s32 n = seq_diff(seq, f->seq);

	if (n <= 0)
		return 0;
	return (__u32)n < flight_len(f) ? (__u32)n : flight_len(f);
}

static __always_inline void row_take(const struct pf_flight *f)
{
	struct pf_top_conn *row = &here.row;
	__u32 read = bytes_before(f, here.una), sent = bytes_before(f, here.nxt);

	if (!row->pages) {
		row->oldest = f->attached;
		row->sender.pid = f->sender.pid;
		row->sender.tid = f->sender.tid;
		row->sender.how = f->sender.how;
		row->sender.flags = f->sender.kthread ? PF_TASK_KTHREAD : 0;
		__builtin_memcpy(row->sender.comm, f->comm, PF_COMM_LEN);
		row->sender.comm[PF_COMM_LEN - 1] = '\0';
	}
	row->pages++;
	row->unread += read;
	row->unacked += sent > read ? sent - read : 0;
	row->unsent += flight_len(f) - (sent > read ? sent : read);
}

static __always_inline void row_clear(void)
{
	here.row.pages = 0;
	here.row.unread = 0;
	here.row.unacked = 0;
	here.row.unsent = 0;
	here.run.pages = 0;
}

static int on_flight(__u32 i, void *ctx)
{
	struct pf_flight *f = flight_of(here.at);
	struct pf_conn *c;

	if (!f || !here.at)
		return 1;
	if (f->conn == here.slot) {
		run_take(f);
		row_take(f);
		here.at = f->next;
		return 0;
	}
	c = conn_at(here.slot);
	if (!c || here.told || ++here.restarts > WALK_RESTARTS) {
		here.row.flags = PF_TOP_CUT;
		return 1;
	}
	row_clear();
	here.at = c->head;
	return 0;
}

static __always_inline void progress(const struct pf_conn *c)
{
	__u64 sk = c->sk;

	if (c->flags & PF_CONN_ORPHAN || !sk) {
		here.una = c->una;
		here.nxt = c->nxt;
		return;
	}
	here.una = TCP_READ(sk, snd_una);
	here.nxt = TCP_READ(sk, snd_nxt);
}

static __noinline int conn_rank(void)
{
	struct pf_top_conn *to;
	__u32 at;
	int place;

	ranking_begin(&conn_ranking);
	place = ranking_place(&conn_ranking, pf_top_conn_key(&here.row, pf_ask.sort));
	if (place < 0)
		return 0;
	at = place;
	to = bpf_map_lookup_elem(&top_conns, &at);
	if (to)
		*to = here.row;
	pf_said.n_conns = conn_ranking.n;
	return 0;
}

SEC("iter/bpf_map_elem")
int on_top_conn(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u32 *key = ctx->key;
	struct pf_conn *c;

	if (!key)
		return 0;
	here.slot = *key;
	c = conn_at(here.slot);
	if (!c || !c->head)
		return 0;
	here.row.id = c->id;
	here.row.resends = c->resends;
	here.row.netns = c->netns;
	here.row.flags = 0;
	here.row.tuple = c->tuple;
	here.restarts = 0;
	here.told = 0;
	row_clear();
	progress(c);
	here.at = c->head;
	if (bpf_loop(WALK_FLIGHTS, on_flight, NULL, 0) == WALK_FLIGHTS)
		here.row.flags = PF_TOP_CUT;
	run_end();
	if (!here.row.pages)
		return 0;
	pf_said.conns++;
	pf_said.pages += here.row.pages;
	pf_said.bytes += pf_top_held(&here.row);
	pf_said.cut += here.row.flags & PF_TOP_CUT;
	return conn_rank();
}

SEC("iter/bpf_map_elem")
int on_top_file(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u32 *key = ctx->key;
	struct pf_top_file *sum, *to;
	__u32 at;
	int place;

	if (!key)
		return 0;
	at = *key;
	sum = bpf_map_lookup_elem(&top_sums, &at);
	if (!sum || sum->frame != pf_ask.frame)
		return 0;
	ranking_begin(&file_ranking);
	place = ranking_place(&file_ranking, pf_top_file_key(sum, pf_ask.sort));
	if (place < 0)
		return 0;
	at = place;
	to = bpf_map_lookup_elem(&top_files, &at);
	if (to)
		*to = *sum;
	pf_said.n_files = file_ranking.n;
	return 0;
}

/* The file may be gone with its last page. Then the page is of another one, or of none. */
SEC("iter/bpf_map_elem")
int on_top_name(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u32 *key = ctx->key;
	struct pf_top_file *file;
	struct pf_ev_op *name;
	struct page_id id;
	__u64 inode;
	__u32 at;

	if (!key || *key >= pf_said.n_files)
		return 0;
	at = *key;
	file = bpf_map_lookup_elem(&top_files, &at);
	name = bpf_map_lookup_elem(&top_names, &at);
	if (!file || !name)
		return 0;
	name->flags = PF_OP_NO_PATH;
	name->path_at = 0;
	name->dev = 0;
	name->ino = 0;
	page_identify(file->page, &id);
	if (!file->mapping || id.mapping != file->mapping || id.index != file->index)
		return 0;
	inode = (__u64)KERNEL_READ(address_space, file->mapping, host);
	name->flags = 0;
	inode_number(inode, &name->dev, &name->ino);
	path_of(name, 0, inode);
	return 0;
}
