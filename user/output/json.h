/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * json - one JSON object on one line, written from its first key to its last.
 * The line is written whole or not at all. If a value cannot be written for want
 * of memory, json_end() returns an error, and the value never becomes null, which
 * means "not known" to the reader of a line.
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
	int err;			/* the first error; calls after it do nothing */
	struct json_buf line;
	size_t len;			/* bytes of the line so far */
	struct json_buf clean;		/* one text that had to be made valid UTF-8 */
	size_t arena_used;
	_Alignas(max_align_t) unsigned char arena[2048];	/* what yajl allocates */
};

/* Open the object. json_end() must follow, also after an error. */
void json_begin(struct json *j);

/*
 * Close the object, write the line, flush, and free what the line needed.
 * Returns 0; -ENOMEM or -EINVAL if nothing was written; or -errno of the write.
 */
int json_end(struct json *j, FILE *out);

/* Write a key and its value. In an array the key is NULL. */
void json_u64(struct json *j, const char *key, __u64 value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/*
 * Write any bytes as text; NULL becomes null. A byte that is not UTF-8 becomes
 * U+FFFD. A character that is unsafe to show (fmt_is_unsafe) becomes \uXXXX.
 */
void json_text(struct json *j, const char *key, const char *text);

/* Write the bytes of a text as hexadecimal digits. */
void json_hex(struct json *j, const char *key, const char *text);

/* Write "path"; and "path_hex", if it is no valid UTF-8. NULL: not known. */
void json_path(struct json *j, const char *path);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

#endif
