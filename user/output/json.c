// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * json - yajl knows the grammar of JSON, and this file owns the memory. The
 * buffer of yajl grows by an allocation that yajl does not check, so the line is
 * built in a buffer of ours. A generator of yajl consists of two pieces, and the
 * allocation of the second is not checked either, so both pieces come from an
 * arena in struct json.
 */
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/fmt.h"
#include "sink.h"

static void failed(struct json *j, int err)
{
	if (!j->err)
		j->err = err;
}

/* Make the buffer large enough for len bytes in all. False without memory. */
static bool reserve(struct json *j, struct json_buf *buf, size_t len)
{
	size_t room = len < 512 ? 1024 : len * 2;
	char *more;

	if (len <= buf->room)
		return true;
	more = reallocarray(buf->at, room, 1);
	if (!more) {
		failed(j, -ENOMEM);
		return false;
	}
	buf->at = more;
	buf->room = room;
	return true;
}

static void append(struct json *j, const char *text, size_t len)
{
	if (!reserve(j, &j->line, j->len + len))
		return;
	memcpy(j->line.at + j->len, text, len);
	j->len += len;
}

static void append_escape(struct json *j, unsigned int point)
{
	char text[16];

	append(j, text, snprintf(text, sizeof(text), "\\u%04x", point));
}

/* Every unsafe character stands in a string: JSON around the strings is plain ASCII. */
static void append_safe(struct json *j, const char *text, size_t len)
{
	size_t begin = 0, n;

	for (size_t at = 0; at < len; at += n) {
		__u32 point;

		n = fmt_char(text + at, &point);
		if (!n) {
			failed(j, -EINVAL);
			return;
		}
		if (!fmt_is_unsafe(point))
			continue;
		append(j, text + begin, at - begin);
		append_escape(j, point);
		begin = at + n;
	}
	append(j, text + begin, len - begin);
}

/*
 * yajl never prints a part of a character, and prints each escape as a piece of
 * its own. It writes "\u001B" with capitals; all our escapes have small digits.
 */
static void on_print(void *ctx, const char *text, size_t len)
{
	struct json *j = ctx;

	if (len == strlen("\\u001B") && *text == '\\')
		append_escape(j, strtoul(text + 2, NULL, 16));
	else
		append_safe(j, text, len);
}

/* The first piece leaves room for the second, which is much smaller. */
static void *arena_malloc(void *ctx, size_t size)
{
	struct json *j = ctx;
	void *piece = j->arena + j->arena_used;

	size = (size + _Alignof(max_align_t) - 1) & -_Alignof(max_align_t);
	if (size > sizeof(j->arena) / 2 || size > sizeof(j->arena) - j->arena_used)
		return NULL;
	j->arena_used += size;
	return piece;
}

/* Nothing grows: only the buffer of yajl would, and the print callback replaces it. */
static void *arena_realloc(void *ctx, void *piece, size_t size)
{
	(void)ctx;
	(void)piece;
	(void)size;
	return NULL;
}

static void arena_free(void *ctx, void *piece)
{
	(void)ctx;
	(void)piece;
}

/* yajl refuses calls in an order that JSON does not allow. */
static void check(struct json *j, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		failed(j, -EINVAL);
}

static void put_string(struct json *j, const char *text)
{
	check(j, yajl_gen_string(j->gen, (const unsigned char *)text, strlen(text)));
}

/* False after an error: a value is of no use then. */
static bool put_key(struct json *j, const char *key)
{
	if (!j->err && key)
		put_string(j, key);
	return !j->err;
}

void json_begin(struct json *j)
{
	const yajl_alloc_funcs arena = { arena_malloc, arena_realloc, arena_free, j };

	*j = (struct json){ 0 };
	j->gen = yajl_gen_alloc(&arena);
	if (!j->gen) {
		failed(j, -ENOMEM);
		return;
	}
	yajl_gen_config(j->gen, yajl_gen_print_callback, on_print, j);
	json_object(j, NULL);
}

static int write_line(const struct json *j, FILE *out)
{
	errno = 0;
	if (fwrite(j->line.at, 1, j->len, out) != j->len)
		return errno ? -errno : -EIO;
	return sink_flush(out);
}

int json_end(struct json *j, FILE *out)
{
	json_object_end(j);
	/* yajl takes nothing more if, and only if, all is closed. */
	if (!j->err && yajl_gen_null(j->gen) != yajl_gen_generation_complete)
		failed(j, -EINVAL);
	append(j, "\n", 1);
	if (!j->err)
		j->err = write_line(j, out);
	free(j->line.at);
	free(j->clean.at);
	return j->err;
}

void json_u64(struct json *j, const char *key, __u64 value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	if (put_key(j, key))
		check(j, yajl_gen_number(j->gen, text, len));
}

void json_bool(struct json *j, const char *key, bool value)
{
	if (put_key(j, key))
		check(j, yajl_gen_bool(j->gen, value));
}

void json_null(struct json *j, const char *key)
{
	if (put_key(j, key))
		check(j, yajl_gen_null(j->gen));
}

void json_text(struct json *j, const char *key, const char *text)
{
	size_t room = text ? strlen(text) * 3 + 1 : 0;

	if (!text)
		json_null(j, key);
	else if (!put_key(j, key))
		return;
	else if (fmt_is_utf8(text))
		put_string(j, text);
	else if (reserve(j, &j->clean, room))
		put_string(j, fmt_utf8(j->clean.at, room, text));
}

void json_hex(struct json *j, const char *key, const char *text)
{
	size_t len = strlen(text);

	if (!put_key(j, key) || !reserve(j, &j->clean, len * 2 + 1))
		return;
	*j->clean.at = '\0';
	for (size_t i = 0; i < len; i++)
		snprintf(j->clean.at + i * 2, 3, "%02x", (unsigned char)text[i]);
	put_string(j, j->clean.at);
}

void json_path(struct json *j, const char *path)
{
	json_text(j, "path", path);
	if (path && !fmt_is_utf8(path))
		json_hex(j, "path_hex", path);
}

void json_object(struct json *j, const char *key)
{
	if (put_key(j, key))
		check(j, yajl_gen_map_open(j->gen));
}

void json_object_end(struct json *j)
{
	if (!j->err)
		check(j, yajl_gen_map_close(j->gen));
}

void json_array(struct json *j, const char *key)
{
	if (put_key(j, key))
		check(j, yajl_gen_array_open(j->gen));
}

void json_array_end(struct json *j)
{
	if (!j->err)
		check(j, yajl_gen_array_close(j->gen));
}
