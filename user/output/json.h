/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * json - one JSON object on one line, written from its first key to its last.
 * The line goes out whole or not at all: a missing piece is an error at its
 * end, and never a null. null means "not known" to those who read it.
 */
#ifndef PAGEFLIGHT_JSON_H
#define PAGEFLIGHT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

struct json_buf {
	char *at;
	size_t room;
};

struct json {
	struct yajl_gen_t *gen;
	int err;			/* the first one; what follows it is of no use */
	struct json_buf line;
	size_t len;			/* of the line */
	struct json_buf clean;		/* one text as UTF-8 */
	size_t arena_used;
	_Alignas(max_align_t) unsigned char arena[2048];	/* what yajl allocates */
};

/* Open the object. Must be followed by json_end(). */
void json_begin(struct json *j);

/*
 * Close the object, write the line and flush. 0; -ENOMEM, then nothing was
 * written; or -errno of the write. Frees what the line needed.
 */
int json_end(struct json *j, FILE *out);

/* A key with its value, or a value alone in an array, where key is NULL. */
void json_u64(struct json *j, const char *key, __u64 value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/*
 * Any bytes; NULL becomes null. What is not UTF-8 becomes U+FFFD, and
 * characters that are unsafe to show (fmt_is_unsafe) are written as \uXXXX.
 */
void json_text(struct json *j, const char *key, const char *text);

/* The bytes of a text as hexadecimal digits. */
void json_hex(struct json *j, const char *key, const char *text);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

#endif
