// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The one sentence in which probe ends, on kernels made up here. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/probe_report.h"
#include "lib/test.h"
#include "wire.h"

static const char *const nothing[] = { NULL };
static struct hook *hooks;
static char text[PROBE_SENTENCE_LEN];

/* ctx: symbols that the kernel does not have, each between spaces. One that takes something else ends with '!'. */
static bool exists(void *ctx, struct hook *h)
{
	char name[128];

	snprintf(name, sizeof(name), " %s! ", h->symbol);
	if (strstr(ctx, name)) {
		strcpy(h->why_absent, "parameter 1 is file, not kiocb");
		return false;
	}
	snprintf(name, sizeof(name), " %s ", h->symbol);
	return !strstr(ctx, name);
}

static int setup(void **state)
{
	(void)state;
	hooks = calloc(hooks_n, sizeof(*hooks));
	return hooks ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(hooks);
	return 0;
}

static struct probe plan_without(const char *missing)
{
	hooks_plan(hooks, PF_CONTENT_WIRE, exists, (void *)missing);
	return (struct probe){ .kernel = "here", .hooks = hooks, .n = hooks_n, .plan = true,
			       .lacks = nothing, .content = PF_CONTENT_WIRE };
}

static struct probe probe_without(const char *missing)
{
	struct probe p = plan_without(missing);

	for (size_t i = 0; i < hooks_n; i++)
		if (hooks[i].state == HOOK_UNTRIED)
			hooks[i].state = HOOK_ATTACHED;
	p.plan = false;
	p.passed = true;
	return p;
}

TEST_FN(everything_is_there)
{
	struct probe p = probe_without("");

	assert_true(probe_works(&p));
	assert_string_equal(probe_sentence(&p, text),
			    "pageflight works on this kernel, and nothing that it can see is missing.");
	p = plan_without("");
	assert_true(probe_works(&p));
	assert_string_equal(probe_sentence(&p, text),
			    "By its types pageflight works on that kernel, and nothing that it can see is missing.");
}

TEST_FN(what_is_not_seen)
{
	struct probe p = probe_without(" netfs_perform_write do_page_mkwrite ");

	assert_true(probe_works(&p));
	assert_string_equal(probe_sentence(&p, text),
			    "pageflight works on this kernel, but does not see: writes to 9p, afs and cifs (load netfs before pageflight starts); the first store to a clean page through a mapping.");
}

TEST_FN(test_that_failed)
{
	struct probe p = probe_without("");

	p.passed = false;
	assert_false(probe_works(&p));
	assert_string_equal(probe_sentence(&p, text),
			    "pageflight does not work on this kernel: its self-test failed.");
	p.test_err = -ENOMEM;
	assert_false(probe_works(&p));
	assert_non_null(strstr(probe_sentence(&p, text), "could not run (Cannot allocate memory)"));
}

/* Each thing once, by name. */
TEST_FN(what_a_plan_lacks)
{
	static const char *const lacks[] = { "BPF_FUNC_loop", NULL };
	struct probe p = plan_without(" generic_perform_write! tcp_ack netfs_perform_write ");

	assert_false(probe_works(&p));
	assert_string_equal(probe_sentence(&p, text),
			    "pageflight does not work on that kernel: no hook sees acknowledgements (tcp_ack: not in this kernel); no hook sees writes to ext4, tmpfs and most file systems (generic_perform_write: parameter 1 is file, not kiocb).");
	p.lacks = lacks;
	assert_non_null(strstr(probe_sentence(&p, text), ": it has no BPF_FUNC_loop; no hook "));
	p = plan_without("");
	p.lacks = lacks;
	assert_false(probe_works(&p));
}

/* However many there are, the sentence ends within its room. */
TEST_FN(everything_is_missing)
{
	struct probe p = plan_without("");

	for (size_t i = 0; i < hooks_n; i++)
		hooks[i].state = HOOK_ABSENT;
	memset(text, 'x', sizeof(text));
	assert_true(strlen(probe_sentence(&p, text)) < sizeof(text));
	assert_false(probe_works(&p));
}

/* All that is printed of a probe; to be freed. */
static char *printed(const struct probe *p, int (*print)(const struct probe *p, FILE *out))
{
	char *all = NULL;
	size_t len;
	FILE *out = open_memstream(&all, &len);

	assert_non_null(out);
	assert_int_equal(print(p, out), 0);
	fclose(out);
	return all;
}

TEST_FN(text_ends_with_the_sentence)
{
	struct probe p = probe_without(" netfs_perform_write ");
	char *all, *at;

	p.results[0] = (struct selftest_result){ "attach", "bytes known", 3, 2 };
	p.passed = false;
	all = printed(&p, probe_print_text);
	assert_non_null(strstr(all, "attach            bytes known: 2 of 3\n"));
	assert_non_null(strstr(all, "\nself-test FAILED\n\npageflight does not work on this kernel: its self-test failed.\n"));
	assert_non_null(strstr(all, "\nnot detected: writes to 9p"));
	/* Programs of one function share a line. */
	at = strstr(all, "/generic_perform_write");
	assert_non_null(at);
	assert_null(strstr(at + 1, "/generic_perform_write"));
	free(all);
	p = plan_without(" netfs_perform_write ");
	all = printed(&p, probe_print_text);
	assert_null(strstr(all, "self-test"));
	assert_non_null(strstr(all, "\nsharpest content mode: wire\n"));
	assert_non_null(strstr(all, "fentry/tcp_ack                      planned"));
	free(all);
}

static bool is_true(struct json_object *obj, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(obj, key, &value));
	assert_int_equal(json_object_get_type(value), json_type_boolean);
	return json_object_get_boolean(value);
}

TEST_FN(json)
{
	static const char *const lacks[] = { "BPF_FUNC_loop", NULL };
	struct probe p = probe_without("");
	char *all = printed(&p, probe_print_json);
	struct json_object *obj = json_tokener_parse(all), *value;

	free(all);
	assert_non_null(obj);
	assert_true(is_true(obj, "works"));
	assert_true(json_object_object_get_ex(obj, "content", &value));
	assert_string_equal(json_object_get_string(value), "wire");
	assert_false(is_true(obj, "plan"));
	assert_true(json_object_object_get_ex(obj, "selftest", &value));
	assert_false(json_object_object_get_ex(obj, "lacks", &value));
	json_object_put(obj);
	p = plan_without("");
	p.lacks = lacks;
	all = printed(&p, probe_print_json);
	obj = json_tokener_parse(all);
	free(all);
	assert_non_null(obj);
	assert_false(is_true(obj, "works"));
	assert_true(is_true(obj, "plan"));
	assert_false(json_object_object_get_ex(obj, "selftest", &value));
	assert_true(json_object_object_get_ex(obj, "lacks", &value));
	assert_int_equal(json_object_array_length(value), 1);
	assert_true(json_object_object_get_ex(obj, "sentence", &value));
	assert_string_equal(json_object_get_string(value), probe_sentence(&p, text));
	json_object_put(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_that_failed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_plan_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(everything_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(text_ends_with_the_sentence, setup, teardown),
		cmocka_unit_test_setup_teardown(json, setup, teardown),
	};

	return cmocka_run_group_tests_name("probe_report", tests, NULL, NULL);
}
