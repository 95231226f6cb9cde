/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* keys.h - a line of JSON, and what it has to say. */
#ifndef PAGEFLIGHT_TEST_KEYS_H
#define PAGEFLIGHT_TEST_KEYS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct key {
	const char *path;	/* dots go into objects, [n] into arrays */
	enum json_type type;
	const char *value;	/* as JSON; NULL: any */
};

/* The value of a key, which has to be there. */
struct json_object *keys_at(struct json_object *obj, const char *path);

/* Each of these keys is there, of this type and with this value. */
void keys_expect(struct json_object *obj, const struct key *keys, size_t n);

/* By the C library. */
bool keys_is_utf8(char *text);

/* By yajl's parser: if json-c 0.18 is to be strict, it refuses every character that is not ASCII. */
bool keys_is_json(const char *text);

/* The only line of the text, which is freed. */
struct json_object *keys_parse(char *text);

#endif
