// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* keys.c - see keys.h. */
#include "keys.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "lib/test.h"

struct json_object *keys_at(struct json_object *obj, const char *path)
{
	char *copy = strdup(path), *save = NULL;

	for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save)) {
		if (*part == '[')
			obj = json_object_array_get_idx(obj, atoi(part + 1));
		else if (!json_object_object_get_ex(obj, part, &obj))
			fail_msg("no key '%s' of '%s'", part, path);
	}
	free(copy);
	return obj;
}

void keys_expect(struct json_object *obj, const struct key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = keys_at(obj, keys[i].path);

		if (json_object_get_type(value) != keys[i].type)
			fail_msg("'%s' is of the wrong type", keys[i].path);
		if (keys[i].value &&
		    strcmp(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE),
			   keys[i].value))
			fail_msg("'%s' is %s", keys[i].path, json_object_to_json_string(value));
	}
}

bool keys_is_utf8(char *text)
{
	iconv_t converter = iconv_open("UTF-32", "UTF-8");
	char points[64], *out;
	size_t left = strlen(text), room, done = 0;
	bool valid = converter != (iconv_t)-1;

	while (valid && left && done != (size_t)-1) {
		out = points;
		room = sizeof(points);
		done = iconv(converter, &text, &left, &out, &room);
		if (done == (size_t)-1 && errno == E2BIG)
			done = 0;
		else
			valid = done == 0;
	}
	iconv_close(converter);
	return valid;
}

bool keys_is_json(const char *text)
{
	yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
	bool valid = yajl_parse(parser, (const unsigned char *)text, strlen(text)) == yajl_status_ok &&
		     yajl_complete_parse(parser) == yajl_status_ok;

	yajl_free(parser);
	return valid;
}

struct json_object *keys_parse(char *text)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *obj;
	char *end = strchr(text, '\n');

	assert_non_null(end);
	assert_int_equal(end[1], '\0');
	assert_true(keys_is_utf8(text));
	assert_true(keys_is_json(text));
	obj = json_tokener_parse_ex(tok, text, strlen(text));
	assert_int_equal(json_tokener_get_error(tok), json_tokener_success);
	json_tokener_free(tok);
	free(text);
	return obj;
}
