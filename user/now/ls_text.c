// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ls_text.c - a look as a table: a line for each file, socket or piece, as wide as the
 * terminal. The last column gets what the others leave. '~' marks what is cut; JSON has the
 * whole text.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "ls.h"
#include "output/sink.h"

#define OWNER_WIDTH 20
#define CONNECTION_WIDTH 43	/* two IPv4 ends with ports */
#define LAST_WIDTH 24		/* of the last column, at least */
#define TEXT_LEN 33000

static void put_size(FILE *out, __u64 bytes)
{
	char text[FMT_SIZE_LEN];

	fprintf(out, "%7s ", bytes ? fmt_size(text, bytes) : "-");
}

static void put_sizes(FILE *out, const __u64 bytes[PF_NOW_QUEUES])
{
	put_size(out, hold_total(bytes));
	put_size(out, bytes[PF_NOW_UNSENT]);
	put_size(out, bytes[PF_NOW_UNACKED]);
	put_size(out, bytes[PF_NOW_UNREAD]);
	put_size(out, bytes[PF_NOW_EARLY]);
}

/* A column of this width, and a blank. */
static void put_cell(FILE *out, const char *text, unsigned int width, bool cut_start)
{
	char cell[4 * CONNECTION_WIDTH + 8];
	unsigned int have;

	fmt_cell(cell, sizeof(cell), text, width, cut_start);
	have = fmt_width(cell);
	fprintf(out, "%s%*s", cell, width > have ? (int)(width - have) + 1 : 1, "");
}

static void put_owners(FILE *out, const struct owner *owners, size_t n, bool cut)
{
	char text[LOOK_OWNERS * (PF_COMM_LEN + 16)] = "-";
	size_t at = 0;

	for (size_t i = 0; i < n && i < LOOK_OWNERS; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s[%u]", i ? "," : "",
			       owners[i].comm, owners[i].pid);
	if (cut && at + 4 < sizeof(text))
		strcpy(text + at, ",...");
	put_cell(out, text, OWNER_WIDTH, false);
}

static void put_connection(FILE *out, const struct pf_now_sock *sock)
{
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN], text[2 * FMT_ADDR_LEN];

	snprintf(text, sizeof(text), "%s>%s", fmt_addr(src, sock->tuple.laddr, sock->tuple.lport),
		 fmt_addr(dst, sock->tuple.raddr, sock->tuple.rport));
	put_cell(out, text, CONNECTION_WIDTH, true);
}

/* The room that is left behind columns of this width. */
static unsigned int room_behind(const struct sink *sink, unsigned int used)
{
	if (sink->whole_paths)
		return TEXT_LEN / 4 - 1;
	return sink->width > used + LAST_WIDTH ? sink->width - used : LAST_WIDTH;
}

static void put_file(struct sink *sink, struct look *look, unsigned int kind, __u32 number,
		     __u32 pid, const char *range, unsigned int used)
{
	unsigned int room = room_behind(sink, used), tail = strlen(range);
	static char cell[TEXT_LEN];
	struct look_file file;
	char dev[FMT_DEV_LEN], inode[64];
	const char *mark = "";

	if (kind == PF_NOW_USER) {
		fputs("(user memory)\n", sink->out);
		return;
	}
	look_file(look, number, pid, &file);
	if (!file.file) {
		fputs("(files without a number)\n", sink->out);
		return;
	}
	if (!file.path) {
		snprintf(inode, sizeof(inode), "[%s] inode %llu", fmt_dev(dev, file.file->dev),
			 (unsigned long long)file.file->ino);
		file.path = inode;
	}
	/* Whoever makes a mount namespace can put any name on any file there. */
	if (file.view == PATH_OWNER)
		mark = "[owner's]";
	tail += strlen(mark) + (file.deleted ? 10 : 0);
	fmt_cell(cell, sizeof(cell), file.path, room > tail + 8 ? room - tail : 8, true);
	fprintf(sink->out, "%s%s%s%s\n", mark, cell, range, file.deleted ? " (deleted)" : "");
}

static void range_text(char *ret_text, size_t len, __u64 from, __u64 bytes)
{
	snprintf(ret_text, len, "@%llu+%llu", (unsigned long long)from, (unsigned long long)bytes);
}

#define SIZES "  BYTES  UNSENT UNACKED  UNREAD   EARLY "
#define SIZES_WIDTH (sizeof(SIZES) - 1)

static void print_files(struct sink *sink, struct look *look)
{
	fprintf(sink->out, SIZES "CONNS %-*s FILE@OFFSET+LENGTH\n", OWNER_WIDTH, "OWNERS");
	for (size_t i = 0; i < look->files.n; i++) {
		const struct hold_file *file = &look->files.at[i];
		struct owner owners[LOOK_OWNERS];
		char range[64];
		bool cut;
		size_t n = look_owners(look, file, owners, &cut);

		put_sizes(sink->out, file->bytes);
		fprintf(sink->out, "%5zu ", hold_connections(&look->hold, &look->files, file));
		put_owners(sink->out, owners, n, cut);
		range_text(range, sizeof(range), file->from, file->to - file->from);
		put_file(sink, look, file->kind, file->file, n ? owners[0].pid : 0, range,
			 SIZES_WIDTH + 6 + OWNER_WIDTH + 1);
	}
}

static void print_sockets(struct sink *sink, struct look *look)
{
	fprintf(sink->out, SIZES "%-11s %-*s %s\n", "STATE", OWNER_WIDTH, "OWNERS", "CONNECTION");
	for (size_t i = 0; i < look->hold.n_socks; i++) {
		const struct pf_now_sock *sock = &look->hold.socks[i];
		char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN];
		__u64 bytes[PF_NOW_QUEUES];
		const struct owner *owners;
		size_t n;

		hold_of_sock(&look->hold, sock, bytes);
		owners = owners_of(&look->owners, sock->ino, &n);
		put_sizes(sink->out, bytes);
		put_cell(sink->out, hold_state_name(sock->state), 11, false);
		put_owners(sink->out, owners, n, n > LOOK_OWNERS);
		fprintf(sink->out, "%s>%s%s\n",
			fmt_addr(src, sock->tuple.laddr, sock->tuple.lport),
			fmt_addr(dst, sock->tuple.raddr, sock->tuple.rport),
			sock->flags & PF_NOW_CUT ? " (in part)" : "");
	}
}

static void print_piece(struct sink *sink, struct look *look, const struct pf_now_sock *sock,
			const struct pf_now_piece *piece)
{
	const struct owner *owners;
	char range[64], stream[32];
	size_t n;

	owners = owners_of(&look->owners, sock->ino, &n);
	put_cell(sink->out, hold_queue_name(piece->queue), 14, false);
	snprintf(stream, sizeof(stream), "%" PRIu64, (uint64_t)piece->stream_off);
	fprintf(sink->out, "%12s ", stream);
	put_owners(sink->out, owners, n, n > LOOK_OWNERS);
	put_connection(sink->out, sock);
	range_text(range, sizeof(range), piece->off, piece->len);
	put_file(sink, look, piece->kind, piece->file, n ? owners[0].pid : 0, range,
		 15 + 13 + OWNER_WIDTH + 1 + CONNECTION_WIDTH + 1);
}

static void print_pieces(struct sink *sink, struct look *look)
{
	fprintf(sink->out, "%-14s %12s %-*s %-*s %s\n", "QUEUE", "STREAM", OWNER_WIDTH, "OWNERS",
		CONNECTION_WIDTH, "CONNECTION", "FILE@OFFSET+LENGTH");
	for (size_t i = 0; i < look->hold.n_socks; i++) {
		const struct pf_now_sock *sock = &look->hold.socks[i];

		for (__u32 k = 0; k < sock->n; k++)
			print_piece(sink, look, sock, &look->hold.pieces[sock->first + k]);
	}
}

int ls_print_text(struct sink *sink, struct look *look, enum ls_by by)
{
	switch (by) {
	case LS_FILES:
		print_files(sink, look);
		break;
	case LS_SOCKETS:
		print_sockets(sink, look);
		break;
	case LS_PIECES:
		print_pieces(sink, look);
		break;
	}
	return sink_flush(sink->out);
}
