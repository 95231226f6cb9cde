// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Addresses to functions, and call chains to the module they work for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kallsyms.h"
#include "lib/test.h"

/* As the kernel prints it: its own sorted, then each module's in no order. */
static const char listing[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000000100 D per_cpu_variable\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000100 t tcp_sendmsg\n"
	"ffffffff81000200 D some_data\n"
	"ffffffff81000300 W weak_one\n"
	"ffffffff81000400 T last_of_kernel\n"
	"ffffffffc0002000 t svc_send\t[sunrpc]\n"
	"ffffffffc0001000 T svc_recv\t[sunrpc]\n"
	"ffffffffc0003000 t nfsd\t[nfsd]\n"
	"ffffffffc0004000 t tls_push\t[tls]\n"
	"ffffffffc0005000 t nvme_tcp_send\t[nvme_tcp]\n"
	"ffffffffc0006000 t bpf_prog_1234_on_write\t[bpf]\n"
	"ffffffffc0007000 t ftrace_trampoline\t[__builtin__ftrace]\n"
	"a line that makes no sense\n"
	"\n"
	"zzz t nothing\n";

#define CORE	0xffffffff81000110ull
#define RECV	0xffffffffc0001010ull
#define SEND	0xffffffffc0002010ull
#define NFSD	0xffffffffc0003010ull
#define TLS	0xffffffffc0004010ull
#define NVME	0xffffffffc0005010ull
#define PROG	0xffffffffc0006010ull
#define FTRACE	0xffffffffc0007010ull

static int parse(struct kallsyms **ret_kallsyms, const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(in);
	err = kallsyms_read(ret_kallsyms, in);
	fclose(in);
	return err;
}

static struct kallsyms *parsed(void)
{
	struct kallsyms *k;

	assert_int_equal(parse(&k, listing), 0);
	return k;
}

TEST_FN(test_find)
{
	static const struct {
		__u64 address;
		const char *name, *module;
		__u64 offset;
	} rows[] = {
		{ 0xffffffff81000000, "_text", "", 0 },
		{ 0xffffffff810000ff, "_text", "", 0xff },
		{ 0xffffffff81000100, "tcp_sendmsg", "", 0 },
		{ 0xffffffff81000250, "tcp_sendmsg", "", 0x150 },	/* data is not listed */
		{ 0xffffffff81000300, "weak_one", "", 0 },
		{ 0xffffffff81000400, "last_of_kernel", "", 0 },
		{ 0xffffffffc0001fff, "svc_recv", "sunrpc", 0xfff },
		{ 0xffffffffc0002001, "svc_send", "sunrpc", 1 },
		{ 0xffffffffc0003000, "nfsd", "nfsd", 0 },
	};
	struct kallsyms *k = parsed();
	struct kallsym sym;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(kallsyms_find(k, rows[i].address, &sym));
		assert_string_equal(sym.name, rows[i].name);
		assert_string_equal(sym.module, rows[i].module);
		assert_int_equal(sym.offset, rows[i].offset);
	}
	/* In front of all, far behind the kernel, far behind the last module. */
	assert_false(kallsyms_find(k, 0, &sym));
	assert_false(kallsyms_find(k, 0xffffffff80ffffff, &sym));
	assert_false(kallsyms_find(k, 0xffffffff81000400 + (1 << 20), &sym));
	assert_true(kallsyms_find(k, 0xffffffff81000400 + (1 << 20) - 1, &sym));
	assert_false(kallsyms_find(k, 0xffffffffffffffff, &sym));
	kallsyms_free(k);
}

TEST_FN(test_text)
{
	struct kallsyms *k = parsed();
	char text[KALLSYMS_TEXT_LEN];

	assert_string_equal(kallsyms_text(text, k, CORE), "tcp_sendmsg+0x10");
	assert_string_equal(kallsyms_text(text, k, NFSD), "nfsd+0x10 [nfsd]");
	/* A call at the very end of a function returns behind it. */
	assert_string_equal(kallsyms_text(text, k, 0xffffffff81000100), "_text+0x100");
	assert_string_equal(kallsyms_text(text, k, 0x1000), "0x0000000000001000");
	assert_string_equal(kallsyms_text(text, k, 0), "0x0000000000000000");
	assert_string_equal(kallsyms_text(text, NULL, CORE), "0xffffffff81000110");
	kallsyms_free(k);
}

TEST_FN(test_long_names)
{
	char line[1200], text[KALLSYMS_TEXT_LEN];
	struct kallsyms *k;

	snprintf(line, sizeof(line), "ffffffffc0000000 t %0511d\t[%0500d]\n", 0, 0);
	assert_int_equal(parse(&k, line), 0);
	kallsyms_text(text, k, 0xffffffffc0000001);
	assert_true(strlen(text) < KALLSYMS_TEXT_LEN - 1);
	assert_int_equal(text[strlen(text) - 1], ']');
	kallsyms_free(k);
}

TEST_FN(test_programs)
{
	const __u64 written[] = { PROG, PROG, FTRACE, CORE, PROG, CORE }, none[] = { CORE, PROG };
	struct kallsyms *k = parsed();

	assert_int_equal(kallsyms_programs(k, written, ARRAY_LEN(written)), 3);
	assert_int_equal(kallsyms_programs(k, written, 2), 2);
	assert_int_equal(kallsyms_programs(k, none, 2), 0);
	assert_int_equal(kallsyms_programs(NULL, written, 2), 0);
	kallsyms_free(k);
}

TEST_FN(test_module)
{
	static const struct {
		__u64 stack[5];
		const char *module;
	} rows[] = {
		{ { CORE, SEND, RECV, NFSD, CORE }, "nfsd" },	/* sunrpc carries */
		{ { CORE, TLS, CORE, NVME, CORE }, "nvme_tcp" },
		{ { CORE, TLS, CORE, SEND, NFSD }, "nfsd" },
		{ { CORE, NVME, CORE, NFSD, CORE }, "nvme_tcp" },	/* the innermost */
		{ { PROG, FTRACE, CORE, NVME, CORE }, "nvme_tcp" },
		{ { CORE, TLS, CORE, SEND, CORE }, "tls" },	/* nobody behind them */
		{ { CORE, SEND, TLS, CORE, CORE }, "sunrpc" },
		{ { CORE, PROG, FTRACE, CORE, CORE }, NULL },
		{ { CORE, CORE, 0, 0xffffffffffffffff, 1 }, NULL },
	};
	struct kallsyms *k = parsed();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *module = kallsyms_module(k, rows[i].stack, ARRAY_LEN(rows[i].stack));

		if (rows[i].module)
			assert_string_equal(module, rows[i].module);
		else
			assert_null(module);
	}
	assert_null(kallsyms_module(k, rows[0].stack, 0));
	kallsyms_free(k);
}

/* Hidden addresses are all zero; without privileges that is the whole list. */
/* Code without a symbol lies behind a module: a trampoline that was made later. */
TEST_FN(test_behind_a_module)
{
	static const char modules[] =
		"nfsd 2048 0 - Live 0xffffffffc0003000\n"
		"hidden 4096 1 sunrpc,nfsd, Live 0x0000000000000000\n"
		"nvme_tcp 8192 2 - Live 0xffffffffc0005000 (E)\n"
		"a line that makes no sense\n";
	const __u64 behind = 0xffffffffc0003800, stack[] = { behind + 0x10, NVME };
	struct kallsyms *k = parsed();
	FILE *in = fmemopen((void *)modules, strlen(modules), "r");
	struct kallsym sym;

	assert_non_null(in);
	assert_string_equal(kallsyms_module(k, stack, 2), "nfsd");
	assert_int_equal(kallsyms_bound_modules(k, in), 0);
	fclose(in);
	assert_string_equal(kallsyms_module(k, stack, 2), "nvme_tcp");
	assert_false(kallsyms_find(k, behind, &sym));
	assert_true(kallsyms_find(k, behind - 1, &sym));
	assert_true(kallsyms_find(k, 0xffffffffc0005fff, &sym));
	assert_true(kallsyms_find(k, RECV, &sym));	/* nobody said how large it is */
	assert_true(kallsyms_find(k, CORE, &sym));
	kallsyms_free(k);
}

TEST_FN(test_nothing_to_read)
{
	struct kallsyms *k = NULL;

	assert_int_equal(parse(&k, "0000000000000000 T _text\n0000000000000000 t other\n"), -ENOENT);
	assert_int_equal(parse(&k, "\n"), -ENOENT);
	assert_int_equal(parse(&k, "ffffffff81000000\nffffffff81000000 t"), -ENOENT);
	assert_null(k);
	kallsyms_free(NULL);
}

TEST_FN(test_many)
{
	enum { N = 5000 };
	struct kallsyms *k;
	struct kallsym sym;
	char *text, name[32];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (int i = N - 1; i >= 0; i--)
		fprintf(out, "%x t f%d\t[m%d]\n", (i + 1) * 16, i, i / 10);
	fclose(out);
	assert_int_equal(parse(&k, text), 0);
	free(text);
	for (int i = 0; i < N; i++) {
		assert_true(kallsyms_find(k, (i + 1) * 16 + 15, &sym));
		snprintf(name, sizeof(name), "f%d", i);
		assert_string_equal(sym.name, name);
		snprintf(name, sizeof(name), "m%d", i / 10);
		assert_string_equal(sym.module, name);
	}
	kallsyms_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_behind_a_module),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("kallsyms", tests, NULL, NULL);
}
