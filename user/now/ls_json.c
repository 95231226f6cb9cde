// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ls_json.c - a look as JSON lines. Files, connections and streams have the keys that they
 * have in an incident. docs/events.md has all of them.
 */
#include <string.h>

#include "base/fmt.h"
#include "ls.h"
#include "output/json.h"
#include "output/sink.h"

static void put_queues(struct json *j, const __u64 bytes[PF_NOW_QUEUES])
{
	json_u64(j, "bytes", hold_total(bytes));
	json_u64(j, "unsent", bytes[PF_NOW_UNSENT]);
	json_u64(j, "unacknowledged", bytes[PF_NOW_UNACKED]);
	json_u64(j, "unread", bytes[PF_NOW_UNREAD]);
	json_u64(j, "out_of_order", bytes[PF_NOW_EARLY]);
}

static void put_owners(struct json *j, const struct owner *owners, size_t n, bool cut)
{
	json_array(j, "owners");
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_u64(j, "pid", owners[i].pid);
		json_text(j, "comm", owners[i].comm);
		json_object_end(j);
	}
	json_array_end(j);
	json_bool(j, "owners_cut", cut);
}

/* Memory of a process is no file, and a file beyond those that get a number has no name. */
static void put_file(struct json *j, struct look *look, __u32 number, __u32 pid, __u64 off,
		     __u64 len)
{
	struct look_file file;
	char dev[FMT_DEV_LEN];

	look_file(look, number, pid, &file);
	if (!file.file) {
		json_null(j, "file");
		return;
	}
	json_object(j, "file");
	json_path(j, file.path);
	json_text(j, "dev", fmt_dev(dev, file.file->dev));
	json_u64(j, "inode", file.file->ino);
	json_u64(j, "offset", off);
	json_u64(j, "length", len);
	json_bool(j, "deleted", file.deleted);
	json_text(j, "seen_by", path_view_name(file.view));
	json_object_end(j);
}

static void put_connection(struct json *j, const struct pf_now_sock *sock)
{
	char addr[FMT_ADDR_LEN];

	json_object(j, "connection");
	json_text(j, "src", fmt_addr(addr, sock->tuple.laddr, sock->tuple.lport));
	json_text(j, "dst", fmt_addr(addr, sock->tuple.raddr, sock->tuple.rport));
	json_u64(j, "netns", sock->netns);
	json_text(j, "state", hold_state_name(sock->state));
	json_bool(j, "ktls", sock->flags & PF_NOW_KTLS);
	json_bool(j, "mptcp", sock->flags & PF_NOW_MPTCP);
	json_object_end(j);
}

static const char *memory_name(unsigned int kind)
{
	return kind == PF_NOW_USER ? "user" : "file";
}

static int print_file(struct sink *sink, struct look *look, const struct hold_file *file)
{
	struct owner owners[LOOK_OWNERS];
	struct json j;
	bool cut;
	size_t n = look_owners(look, file, owners, &cut);

	json_begin(&j);
	json_text(&j, "type", "held_file");
	put_queues(&j, file->bytes);
	json_u64(&j, "connections", hold_connections(&look->hold, &look->files, file));
	json_u64(&j, "sockets", file->socks);
	put_owners(&j, owners, n, cut || look->owners.cut);
	json_text(&j, "memory", memory_name(file->kind));
	put_file(&j, look, file->file, n ? owners[0].pid : 0, file->from, file->to - file->from);
	return json_end(&j, sink->out);
}

static int print_socket(struct sink *sink, struct look *look, const struct pf_now_sock *sock)
{
	__u64 bytes[PF_NOW_QUEUES];
	const struct owner *owners;
	struct json j;
	size_t n;

	owners = owners_of(&look->owners, sock->ino, &n);
	hold_of_sock(&look->hold, sock, bytes);
	json_begin(&j);
	json_text(&j, "type", "held_socket");
	put_queues(&j, bytes);
	put_connection(&j, sock);
	put_owners(&j, owners, n, look->owners.cut);
	json_bool(&j, "cut", sock->flags & PF_NOW_CUT);
	return json_end(&j, sink->out);
}

static int print_piece(struct sink *sink, struct look *look, const struct pf_now_sock *sock,
		       const struct pf_now_piece *piece)
{
	const struct owner *owners;
	struct json j;
	size_t n;

	owners = owners_of(&look->owners, sock->ino, &n);
	json_begin(&j);
	json_text(&j, "type", "held_piece");
	json_text(&j, "queue", hold_queue_name(piece->queue));
	json_u64(&j, "bytes", piece->len);
	put_connection(&j, sock);
	put_owners(&j, owners, n, look->owners.cut);
	json_text(&j, "memory", memory_name(piece->kind));
	put_file(&j, look, piece->file, n ? owners[0].pid : 0, piece->off, piece->len);
	json_object(&j, "stream");
	json_u64(&j, "offset", piece->stream_off);
	json_u64(&j, "length", piece->len);
	json_object_end(&j);
	return json_end(&j, sink->out);
}

static int print_pieces(struct sink *sink, struct look *look, const struct pf_now_sock *sock)
{
	int err = 0;

	for (__u32 i = 0; i < sock->n && !err; i++)
		err = print_piece(sink, look, sock, &look->hold.pieces[sock->first + i]);
	return err;
}

static __u64 sum_of_kind(const struct look *look, int kind)
{
	__u64 sum = 0;

	for (int q = 0; q < PF_NOW_QUEUES; q++)
		sum += look->bytes[q][kind];
	return sum;
}

static void put_kinds(struct json *j, const struct look *look)
{
	json_object(j, "memory");
	json_u64(j, "file", sum_of_kind(look, PF_NOW_FILE));
	json_u64(j, "user", sum_of_kind(look, PF_NOW_USER));
	json_u64(j, "copied", sum_of_kind(look, PF_NOW_COPIED));
	json_u64(j, "ktls", sum_of_kind(look, PF_NOW_TLS));
	json_u64(j, "slab", sum_of_kind(look, PF_NOW_SLAB));
	json_u64(j, "device", sum_of_kind(look, PF_NOW_DEVICE));
	json_object_end(j);
}

static int print_summary(struct sink *sink, const struct look *look, __u64 wall_ns)
{
	__u64 bytes[PF_NOW_QUEUES] = { 0 };
	char time[FMT_TIME_LEN];
	struct json j;

	for (size_t i = 0; i < look->files.n; i++)
		for (int q = 0; q < PF_NOW_QUEUES; q++)
			bytes[q] += look->files.at[i].bytes[q];
	json_begin(&j);
	json_text(&j, "type", "held_summary");
	json_text(&j, "time", fmt_time(time, wall_ns));
	put_queues(&j, bytes);
	json_u64(&j, "sockets", look->hold.n_socks);
	json_u64(&j, "files", look->files.n);
	json_u64(&j, "walked", look->walked);
	put_kinds(&j, look);
	json_object(&j, "losses");
	json_u64(&j, "cut", look->cut);
	json_u64(&j, "nameless", look->nameless);
	json_u64(&j, "namespaces_unseen", look->everywhere.unseen);
	json_bool(&j, "owners_cut", look->owners.cut);
	json_bool(&j, "owners_hidden", look->owners.hidden);
	json_object_end(&j);
	return json_end(&j, sink->out);
}

int ls_print_json(struct sink *sink, struct look *look, enum ls_by by, __u64 wall_ns)
{
	int err = 0;

	for (size_t i = 0; by == LS_FILES && i < look->files.n && !err; i++)
		err = print_file(sink, look, &look->files.at[i]);
	for (size_t i = 0; by != LS_FILES && i < look->hold.n_socks && !err; i++) {
		if (by == LS_SOCKETS)
			err = print_socket(sink, look, &look->hold.socks[i]);
		else
			err = print_pieces(sink, look, &look->hold.socks[i]);
	}
	return err ?: print_summary(sink, look, wall_ns);
}
