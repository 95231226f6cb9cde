// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* hold.c - see hold.h. */
#include "hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Make room for more of what an array holds. */
static int grow(void **at, size_t *room, size_t need, size_t size)
{
	size_t more = *room ? *room : 64;
	void *bigger;

	if (need <= *room)
		return 0;
	while (more < need)
		more *= 2;
	bigger = reallocarray(*at, more, size);
	if (!bigger)
		return -ENOMEM;
	*at = bigger;
	*room = more;
	return 0;
}

int hold_add(void *ctx, const struct walker_batch *batch)
{
	struct hold *hold = ctx;
	size_t n = 0;

	for (size_t i = 0; i < batch->n_socks; i++)
		n += batch->socks[i].n;
	if (grow((void **)&hold->socks, &hold->socks_room, hold->n_socks + batch->n_socks,
		 sizeof(*hold->socks)) ||
	    grow((void **)&hold->pieces, &hold->pieces_room, hold->n_pieces + n,
		 sizeof(*hold->pieces)))
		return -ENOMEM;
	for (size_t i = 0; i < batch->n_socks; i++) {
		struct pf_now_sock *to = &hold->socks[hold->n_socks++];

		*to = batch->socks[i];
		memcpy(hold->pieces + hold->n_pieces, batch->pieces + to->first,
		       to->n * sizeof(*hold->pieces));
		to->first = hold->n_pieces;
		hold->n_pieces += to->n;
	}
	return 0;
}

/* Of one socket the later record comes first. */
static int by_address(const void *a, const void *b)
{
	const struct pf_now_sock *x = a, *y = b;

	if (x->sk != y->sk)
		return x->sk < y->sk ? -1 : 1;
	return x->first > y->first ? -1 : x->first < y->first;
}

void hold_settle(struct hold *hold)
{
	size_t n = 0;

	if (hold->n_socks < 2)
		return;
	qsort(hold->socks, hold->n_socks, sizeof(*hold->socks), by_address);
	for (size_t i = 1; i < hold->n_socks; i++)
		if (hold->socks[n].sk != hold->socks[i].sk)
			hold->socks[++n] = hold->socks[i];
	hold->n_socks = n + 1;
}

void hold_clear(struct hold *hold)
{
	hold->n_socks = 0;
	hold->n_pieces = 0;
}

void hold_free(struct hold *hold)
{
	free(hold->socks);
	free(hold->pieces);
	*hold = (struct hold){ 0 };
}

/* Numbers of files are dense. Behind them is a place for memory of processes. */
struct places {
	struct hold_file *at;
	size_t *last;		/* the last socket that has it, plus 1 */
	__u32 user;
};

static __u32 place_of(const struct places *places, const struct pf_now_piece *piece)
{
	return piece->kind == PF_NOW_USER ? places->user : piece->file;
}

static int places_new(struct places *ret_places, const struct hold *hold)
{
	struct places places = { .user = 1 };

	for (size_t i = 0; i < hold->n_pieces; i++)
		if (hold->pieces[i].file >= places.user)
			places.user = hold->pieces[i].file + 1;
	places.at = calloc(places.user + 1, sizeof(*places.at));
	places.last = calloc(places.user + 1, sizeof(*places.last));
	if (!places.at || !places.last) {
		free(places.at);
		free(places.last);
		return -ENOMEM;
	}
	*ret_places = places;
	return 0;
}

static void sum(struct hold_file *to, const struct pf_now_piece *piece)
{
	__u64 end = piece->off + piece->len;

	if (!hold_total(to->bytes) || piece->off < to->from)
		to->from = piece->off;
	if (end > to->to)
		to->to = end;
	to->bytes[piece->queue % PF_NOW_QUEUES] += piece->len;
	to->file = piece->file;
	to->kind = piece->kind;
}

/* Sum up. Returns how many pairs of a file and a socket there are. */
static size_t sum_all(struct places *places, const struct hold *hold)
{
	size_t pairs = 0;

	for (size_t i = 0; i < hold->n_socks; i++) {
		const struct pf_now_sock *sock = &hold->socks[i];

		for (__u32 k = 0; k < sock->n; k++) {
			const struct pf_now_piece *piece = &hold->pieces[sock->first + k];
			__u32 at = place_of(places, piece);

			sum(&places->at[at], piece);
			if (places->last[at] == i + 1)
				continue;
			places->last[at] = i + 1;
			places->at[at].socks++;
			pairs++;
		}
	}
	return pairs;
}

static void list_socks(struct places *places, const struct hold *hold, __u32 *socks)
{
	size_t *last = places->last, next = 0;

	for (__u32 at = 0; at <= places->user; at++) {
		places->at[at].first = next;
		next += places->at[at].socks;
		places->at[at].socks = 0;
		last[at] = 0;
	}
	for (size_t i = 0; i < hold->n_socks; i++) {
		for (__u32 k = 0; k < hold->socks[i].n; k++) {
			__u32 at = place_of(places, &hold->pieces[hold->socks[i].first + k]);

			if (last[at] == i + 1)
				continue;
			last[at] = i + 1;
			socks[places->at[at].first + places->at[at].socks++] = i;
		}
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct hold_file *x = a, *y = b;
	__u64 of_x = hold_total(x->bytes), of_y = hold_total(y->bytes);

	if (of_x != of_y)
		return of_x > of_y ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

int hold_by_file(const struct hold *hold, struct hold_files *ret_files)
{
	struct hold_files files = { 0 };
	struct places places;
	size_t pairs;
	int err = places_new(&places, hold);

	if (err)
		return err;
	pairs = sum_all(&places, hold);
	files.socks = calloc(pairs + 1, sizeof(*files.socks));
	if (!files.socks) {
		free(places.at);
		free(places.last);
		return -ENOMEM;
	}
	list_socks(&places, hold, files.socks);
	free(places.last);
	for (__u32 at = 0; at <= places.user; at++)
		if (places.at[at].socks)
			places.at[files.n++] = places.at[at];
	files.at = places.at;
	qsort(files.at, files.n, sizeof(*files.at), by_bytes);
	*ret_files = files;
	return 0;
}

void hold_files_free(struct hold_files *files)
{
	free(files->at);
	free(files->socks);
	*files = (struct hold_files){ 0 };
}

/* A connection as neither end sees it. */
struct ends {
	__u8 addr[2][16];
	__u16 port[2];
};

static void ends_of(const struct pf_tuple *t, struct ends *ret)
{
	int order = memcmp(t->laddr, t->raddr, sizeof(t->laddr));
	bool first = order < 0 || (!order && t->lport < t->rport);

	memcpy(ret->addr[!first], t->laddr, sizeof(t->laddr));
	memcpy(ret->addr[first], t->raddr, sizeof(t->raddr));
	ret->port[!first] = t->lport;
	ret->port[first] = t->rport;
}

static int by_ends(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ends));
}

size_t hold_connections(const struct hold *hold, const struct hold_files *files,
			const struct hold_file *file)
{
	struct ends *ends = calloc(file->socks + 1, sizeof(*ends));
	size_t n = !!file->socks;

	if (!ends)
		return file->socks;	/* too many are better than none */
	for (size_t i = 0; i < file->socks; i++)
		ends_of(&hold->socks[files->socks[file->first + i]].tuple, &ends[i]);
	qsort(ends, file->socks, sizeof(*ends), by_ends);
	for (size_t i = 1; i < file->socks; i++)
		n += !!by_ends(&ends[i - 1], &ends[i]);
	free(ends);
	return n;
}

__u64 hold_total(const __u64 bytes[PF_NOW_QUEUES])
{
	__u64 total = 0;

	for (int q = 0; q < PF_NOW_QUEUES; q++)
		total += bytes[q];
	return total;
}

void hold_of_sock(const struct hold *hold, const struct pf_now_sock *sock,
		  __u64 ret_bytes[PF_NOW_QUEUES])
{
	memset(ret_bytes, 0, PF_NOW_QUEUES * sizeof(*ret_bytes));
	for (__u32 i = 0; i < sock->n; i++) {
		const struct pf_now_piece *piece = &hold->pieces[sock->first + i];

		ret_bytes[piece->queue % PF_NOW_QUEUES] += piece->len;
	}
}

const char *hold_queue_name(unsigned int queue)
{
	static const char *const names[PF_NOW_QUEUES] = {
		[PF_NOW_UNSENT] = "unsent",
		[PF_NOW_UNACKED] = "unacknowledged",
		[PF_NOW_UNREAD] = "unread",
		[PF_NOW_EARLY] = "out-of-order",
	};

	return queue < PF_NOW_QUEUES ? names[queue] : "unknown";
}

const char *hold_state_name(unsigned int state)
{
	static const char *const names[] = {
		"unknown", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
		"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : names[0];
}
