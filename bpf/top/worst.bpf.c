// SPDX-License-Identifier: GPL-2.0-only
/*
 * worst.bpf.c - the connections and files that hold the most, or for the longest time.
 * Nothing is attached for it: user space reads three iterators to their end. The first
 * visits each connection and walks its pages, the second each file that these are of, and
 * the third gives the worst files their paths. So a call is bounded by the pages of some
 * connections, and user space reads the worst alone.
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
#include "ranking.bpf.h"
#include "base/hash.bpf.h"
#include "flight/conn.bpf.h"
#include "kernel/page.bpf.h"
#include "kernel/path.bpf.h"

#define WALK_FLIGHTS 32768
#define WALK_RESTARTS 8
#define SUM_PROBES 8

static struct ranking conn_ranking __attribute__((used));
static struct ranking file_ranking __attribute__((used));

/* The connection that is walked, and the neighbours of one file among its flights. */
static struct {
	struct pf_top_conn row;
	__u64 bytes;		/* of all its flights so far, */
	__u64 read;		/* ... of them in front of una, */
	__u64 sent;		/* ... and in front of nxt */
	__u64 mapping;		/* of the neighbours, */
	__u64 oldest;
	__u64 from_bytes;	/* ... in front of which these were counted, */
	__u32 from_pages;
	__u32 last;		/* ... and the last of which is this */
	__u32 slot;
	__u32 at;		/* next flight */
	__u32 una;
	__u32 nxt;
	__u32 restarts;
	__u32 told;		/* something was added to a file */
} here __attribute__((used));

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

/* Add what was counted of neighbours to their file. */
static __noinline int run_end(void)
{
	struct pf_flight *last = flight_of(here.last);
	__u32 pages = here.row.pages - here.from_pages;
	struct pf_top_file *sum;

	if (!pages || !last)
		return 0;
	here.told = 1;
	sum = sums_of(here.mapping);
	if (!sum) {
		pf_said.files_full += pages;
		return 0;
	}
	if (!sum->oldest || here.oldest < sum->oldest)
		sum->oldest = here.oldest;
	sum->page = last->page;
	sum->index = last->index;
	sum->bytes += here.bytes - here.from_bytes;
	sum->pages += pages;
	if (sum->last_conn != here.slot) {
		sum->last_conn = here.slot;
		sum->conns++;
	}
	return 0;
}

static __always_inline void run_begin(const struct pf_flight *f)
{
	run_end();
	here.mapping = f->mapping;
	here.oldest = f->attached;
	here.from_bytes = here.bytes;
	here.from_pages = here.row.pages;
}

/* Bytes of a flight in front of a place in the stream. */
static __always_inline __u32 bytes_before(__u32 seq, __u32 len, __u32 place)
{
	__s32 n = seq_diff(place, seq);

	if (n <= 0)
		return 0;
	return (__u32)n < len ? (__u32)n : len;
}

static __always_inline void row_name(const struct pf_flight *f)
{
	struct pf_top_conn *row = &here.row;

	row->oldest = f->attached;
	row->sender.pid = f->sender.pid;
	row->sender.tid = f->sender.tid;
	row->sender.how = f->sender.how;
	row->sender.flags = f->sender.kthread ? PF_TASK_KTHREAD : 0;
	__builtin_memcpy(row->sender.comm, f->comm, PF_COMM_LEN);
	row->sender.comm[PF_COMM_LEN - 1] = '\0';
}

static __always_inline void walk_begin(const struct pf_conn *c)
{
	here.row.pages = 0;
	here.bytes = here.read = here.sent = 0;
	here.from_bytes = 0;
	here.from_pages = 0;
	here.mapping = 0;
	here.oldest = 0;
	here.at = c->head;
}

/* A flight that was met has left the connection. */
static __noinline int walk_again(void)
{
	struct pf_conn *c = conn_at(here.slot);

	if (!c || here.told || ++here.restarts > WALK_RESTARTS) {
		here.row.flags = PF_TOP_CUT;
		return 1;
	}
	walk_begin(c);
	return 0;
}

static int on_flight(__u32 i, void *ctx)
{
	struct pf_flight *f = flight_of(here.at);
	__u32 len, seq;

	if (!f || !here.at)
		return 1;
	if (f->conn != here.slot)
		return walk_again();
	if (!here.row.pages)
		row_name(f);
	if (f->mapping != here.mapping || !here.row.pages)
		run_begin(f);
	len = flight_len(f);
	seq = f->seq;
	here.read += bytes_before(seq, len, here.una);
	here.sent += bytes_before(seq, len, here.nxt);
	here.bytes += len;
	here.row.pages++;
	here.last = here.at;
	here.at = f->next;
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

static __always_inline void conn_describe(const struct pf_conn *c)
{
	here.row.id = c->id;
	here.row.resends = c->resends;
	here.row.netns = c->netns;
	here.row.tuple = c->tuple;
	here.row.unread = here.read;
	here.row.unacked = here.sent > here.read ? here.sent - here.read : 0;
	here.row.unsent = here.bytes - here.sent;
}

/* One connection. This is a global function, so that the verifier looks at it once. */
__noinline int conn_take(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);

	if (!c || !c->head)
		return 0;
	here.slot = slot;
	here.restarts = 0;
	here.told = 0;
	here.row.flags = 0;
	walk_begin(c);
	progress(c);
	bpf_loop(WALK_FLIGHTS, on_flight, NULL, 0);
	if (here.at)
		here.row.flags = PF_TOP_CUT;
	run_end();
	if (!here.row.pages)
		return 0;
	conn_describe(c);
	pf_said.conns++;
	pf_said.pages += here.row.pages;
	pf_said.bytes += here.bytes;
	pf_said.cut += here.row.flags & PF_TOP_CUT;
	return conn_rank();
}

/* To be called for an element of a map costs more than to look at a connection that is none. */
SEC("iter/bpf_map_elem")
int on_top_conn(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u32 *key = ctx->key;
	__u32 first;

	if (!key)
		return 0;
	first = *key * PF_TOP_STEP;
	for (__u32 i = 0; i < PF_TOP_STEP; i++)
		conn_take(first + i);
	return 0;
}

/* The sums of one file. */
__noinline int file_take(__u32 at)
{
	struct pf_top_file *sum = bpf_map_lookup_elem(&top_sums, &at), *to;
	int place;

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

SEC("iter/bpf_map_elem")
int on_top_file(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u32 *key = ctx->key;
	__u32 first;

	if (!key || *key >= (1 << TOP_SUMS_BITS) / PF_TOP_STEP)
		return 0;
	first = *key * PF_TOP_STEP;
	for (__u32 i = 0; i < PF_TOP_STEP; i++)
		file_take(first + i);
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
