// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A look as text and as JSON: what each line has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/err.h"
#include "names/paths.h"
#include "now/ls.h"
#include "output/sink.h"
#include "lib/test.h"

#define V4(a, b, c, d) { [10] = 0xff, 0xff, a, b, c, d }

static struct pf_ev_op files[3];
static struct pf_now_said said;

int walker_open(struct walker **ret_walker, const struct walker_opts *opts, struct err *ret_err)
{
	(void)opts;
	*ret_walker = NULL;
	return err_set(ret_err, -ENOSYS, "not here");
}

void walker_close(struct walker *w)
{
	(void)w;
}

int walker_walk(struct walker *w, int netns, walker_batch_fn fn, void *ctx)
{
	(void)w;
	(void)netns;
	(void)fn;
	(void)ctx;
	return -ENOSYS;
}

int walker_walk_closed(struct walker *w, walker_batch_fn fn, void *ctx)
{
	return walker_walk(w, -1, fn, ctx);
}

int walker_nets(struct walker *w, const __u64 **ret_nets, size_t *ret_n, bool *ret_cut)
{
	(void)w;
	(void)ret_nets;
	(void)ret_n;
	(void)ret_cut;
	return -ENOSYS;
}

void walker_forget_files(struct walker *w)
{
	(void)w;
}

const struct pf_now_said *walker_said(const struct walker *w)
{
	(void)w;
	return &said;
}

const struct pf_ev_op *walker_file(const struct walker *w, __u32 number)
{
	(void)w;
	return number && number < 3 ? &files[number] : NULL;
}

static struct pf_now_sock socks[] = {
	{ .sk = 1, .ino = 700, .first = 0, .n = 2, .state = 1, .netns = 4026531840,
	  .tuple = { .laddr = V4(10, 0, 0, 1), .raddr = V4(10, 0, 0, 2), .lport = 80,
		     .rport = 4000, .family = 2 } },
	{ .sk = 2, .ino = 0, .first = 2, .n = 2, .state = 4, .flags = PF_NOW_CUT | PF_NOW_KTLS,
	  .tuple = { .laddr = V4(10, 0, 0, 1), .raddr = V4(10, 0, 0, 3), .lport = 80,
		     .rport = 4001, .family = 2 } },
};

static struct pf_now_piece pieces[] = {
	{ .file = 1, .kind = PF_NOW_FILE, .queue = PF_NOW_UNACKED, .off = 4096, .len = 8192,
	  .stream_off = 100 },
	{ .file = 1, .kind = PF_NOW_FILE, .queue = PF_NOW_UNSENT, .off = 12288, .len = 4096,
	  .stream_off = 8292 },
	{ .file = 2, .kind = PF_NOW_FILE, .queue = PF_NOW_UNREAD, .off = 0, .len = 10,
	  .stream_off = 0 },
	{ .kind = PF_NOW_USER, .queue = PF_NOW_EARLY, .len = 3, .stream_off = 10 },
};

static struct owner owner[] = { { .ino = 700, .pid = 42, .comm = "ser\033ver" } };

static void name(struct pf_ev_op *file, const char *path)
{
	file->flags = PF_OP_NO_TREE;
	file->dev = 8 << 20 | 1;
	file->ino = 77;
	strcpy(file->path, path);
}

/* The text that a print makes, to be freed. */
static char *print(enum ls_by by, bool json)
{
	struct look look = {
		.hold = { .socks = socks, .n_socks = 2, .pieces = pieces, .n_pieces = 4 },
		.owners = { .at = owner, .n = 1 },
		.walked = 9,
		.bytes = { [PF_NOW_UNSENT] = { [PF_NOW_COPIED] = 5, [PF_NOW_FILE] = 4096 } },
	};
	struct sink sink = { .width = 120 };
	char *text = NULL;
	size_t len;

	name(&files[1], "/one\nline");
	name(&files[2], "/two");
	sink.out = open_memstream(&text, &len);
	assert_non_null(sink.out);
	assert_int_equal(paths_new(&look.paths), 0);
	assert_int_equal(hold_by_file(&look.hold, &look.files), 0);
	if (json)
		assert_int_equal(ls_print_json(&sink, &look, by, 0), 0);
	else
		assert_int_equal(ls_print_text(&sink, &look, by), 0);
	fclose(sink.out);
	hold_files_free(&look.files);
	paths_free(look.paths);
	return text;
}

static void expect_text(enum ls_by by, const char *want)
{
	char *text = print(by, false);

	assert_string_equal(text, want);
	free(text);
}

TEST_FN(text_by_file)
{
	expect_text(LS_FILES,
"  BYTES  UNSENT UNACKED  UNREAD   EARLY CONNS OWNERS               FILE@OFFSET+LENGTH\n"
"  12288    4096    8192       -       -     1 ser?ver[42]          /one?line@4096+12288\n"
"     10       -       -      10       -     1 -                    /two@0+10\n"
"      3       -       -       -       3     1 -                    (user memory)\n");
}

TEST_FN(text_by_socket)
{
	expect_text(LS_SOCKETS,
"  BYTES  UNSENT UNACKED  UNREAD   EARLY STATE       OWNERS               CONNECTION\n"
"  12288    4096    8192       -       - ESTABLISHED ser?ver[42]          10.0.0.1:80>10.0.0.2:4000\n"
"     13       -       -      10       3 FIN_WAIT1   -                    10.0.0.1:80>10.0.0.3:4001 (in part)\n");
}

TEST_FN(text_by_piece)
{
	char *text = print(LS_PIECES, false);

	assert_non_null(strstr(text, "unacknowledged          100 ser?ver[42]          "
				     "10.0.0.1:80>10.0.0.2:4000"));
	assert_non_null(strstr(text, "/one?line@4096+8192\n"));
	assert_non_null(strstr(text, "(user memory)\n"));
	free(text);
}

/* The n-th line. */
static struct json_object *line(const char *text, int n)
{
	struct json_object *object;
	char *one;

	while (n--)
		text = strchr(text, '\n') + 1;
	one = strndup(text, strcspn(text, "\n"));
	object = json_tokener_parse(one);
	assert_non_null(object);
	free(one);
	return object;
}

static struct json_object *at(struct json_object *object, const char *path)
{
	struct json_object *found = NULL;

	assert_int_equal(json_pointer_get(object, path, &found), 0);
	return found;
}

static void number_is(struct json_object *object, const char *path, long long want)
{
	assert_int_equal(json_object_get_int64(at(object, path)), want);
}

static void text_is(struct json_object *object, const char *path, const char *want)
{
	assert_string_equal(json_object_get_string(at(object, path)), want);
}

TEST_FN(json_by_file)
{
	char *text = print(LS_FILES, true);
	struct json_object *file = line(text, 0), *user = line(text, 2), *sum = line(text, 3);

	text_is(file, "/type", "held_file");
	number_is(file, "/bytes", 12288);
	number_is(file, "/unsent", 4096);
	number_is(file, "/unacknowledged", 8192);
	number_is(file, "/connections", 1);
	text_is(file, "/file/path", "/one\nline");
	text_is(file, "/file/dev", "8:1");
	number_is(file, "/file/offset", 4096);
	number_is(file, "/file/length", 12288);
	number_is(file, "/owners/0/pid", 42);
	text_is(user, "/memory", "user");
	assert_null(at(user, "/file"));
	text_is(sum, "/type", "held_summary");
	number_is(sum, "/bytes", 12301);
	number_is(sum, "/sockets", 2);
	number_is(sum, "/files", 3);
	number_is(sum, "/walked", 9);
	number_is(sum, "/memory/copied", 5);
	json_object_put(file);
	json_object_put(user);
	json_object_put(sum);
	free(text);
}

TEST_FN(json_by_socket_and_piece)
{
	char *text = print(LS_SOCKETS, true);
	struct json_object *sock = line(text, 1), *piece;

	text_is(sock, "/type", "held_socket");
	text_is(sock, "/connection/state", "FIN_WAIT1");
	assert_true(json_object_get_boolean(at(sock, "/cut")));
	assert_true(json_object_get_boolean(at(sock, "/connection/ktls")));
	assert_int_equal(json_object_array_length(at(sock, "/owners")), 0);
	json_object_put(sock);
	free(text);
	text = print(LS_PIECES, true);
	piece = line(text, 1);
	text_is(piece, "/type", "held_piece");
	text_is(piece, "/queue", "unsent");
	number_is(piece, "/stream/offset", 8292);
	number_is(piece, "/file/offset", 12288);
	text_is(piece, "/connection/dst", "10.0.0.2:4000");
	json_object_put(piece);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_by_file),
		cmocka_unit_test(text_by_socket),
		cmocka_unit_test(text_by_piece),
		cmocka_unit_test(json_by_file),
		cmocka_unit_test(json_by_socket_and_piece),
	};

	return cmocka_run_group_tests_name("ls", tests, NULL, NULL);
}
