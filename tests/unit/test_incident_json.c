// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The contract with programs: one valid JSON object a line, with every key it
 * promises, of the type it promises.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/filter.h"
#include "base/kallsyms.h"
#include "keys.h"
#include "sample.h"
#include "kernel/hooks.h"
#include "lib/test.h"

#define CONTAINER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST_FN(the_check_itself)
{
	/* two bytes, three, four; then cut off, overlong, a surrogate, a lone byte */
	assert_true(keys_is_utf8((char[]){ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" }));
	assert_false(keys_is_utf8((char[]){ "a\xe2\x82" }));
	assert_false(keys_is_utf8((char[]){ "\xc0\xaf" }));
	assert_false(keys_is_utf8((char[]){ "\xed\xa0\x80" }));
	assert_false(keys_is_utf8((char[]){ "\xff" }));
	assert_true(keys_is_json("{\"a\":\"\xc3\xa4\",\"b\":[1,null]}\n"));
	assert_false(keys_is_json("{\"a\":\"\t\"}\n"));		/* a control character */
	assert_false(keys_is_json("{\"a\":1}{\"a\":1}\n"));
	assert_false(keys_is_json("{\"a\":1,}\n"));
	assert_false(keys_is_json("{'a':1}\n"));
	assert_false(keys_is_json("{\"a\":1\n"));
}

TEST_FN(test_contract)
{
	static const struct key keys[] = {
		{ "type", json_type_string, "\"incident\"" },
		{ "time", json_type_string, "\"2026-01-31T12:00:00.123456Z\"" },
		{ "verdict", json_type_string, "\"corrupt\"" },
		{ "reason", json_type_string, "\"unsent\"" },
		{ "rule", json_type_string, "\"not transmitted when the write was complete\"" },
		{ "bytes", json_type_int, "4096" },
		{ "writer.pid", json_type_int, "4242" },
		{ "writer.tid", json_type_int, "4243" },
		{ "writer.comm", json_type_string, "\"rewriter\"" },
		{ "writer.how", json_type_string, "\"write\"" },
		{ "writer.stack", json_type_array,
		  "[\"0xffffffff81234567\",\"0xffffffffc0001000\"]" },
		{ "writer.uid", json_type_int, "1000" },
		{ "writer.exe", json_type_string, "\"cp\"" },
		{ "writer.parent.pid", json_type_int, "4241" },
		{ "writer.parent.comm", json_type_string, "\"sh\"" },
		{ "writer.cgroup.id", json_type_int, "5002" },
		{ "writer.cgroup.path", json_type_string, "\"/system.slice/docker-" CONTAINER ".scope\"" },
		{ "writer.cgroup.unit", json_type_string, "\"docker-" CONTAINER ".scope\"" },
		{ "writer.cgroup.container", json_type_string, "\"" CONTAINER "\"" },
		{ "writer.cgroup.pod", json_type_null, NULL },
		{ "sender.uid", json_type_int, "33" },
		{ "sender.cgroup.id", json_type_int, "5001" },
		{ "sender.cgroup.path", json_type_null, NULL },
		{ "sender.cgroup.unit", json_type_null, NULL },
		{ "sender.pid", json_type_int, "4100" },
		{ "sender.comm", json_type_string, "\"nginx\"" },
		{ "sender.how", json_type_string, "\"sendfile\"" },
		{ "connection.src", json_type_string, "\"10.0.0.1:80\"" },
		{ "connection.dst", json_type_string, "\"10.0.0.2:51034\"" },
		{ "connection.src_addr", json_type_string, "\"10.0.0.1\"" },
		{ "connection.src_port", json_type_int, "80" },
		{ "connection.dst_addr", json_type_string, "\"10.0.0.2\"" },
		{ "connection.dst_port", json_type_int, "51034" },
		{ "connection.netns", json_type_int, "4026531840" },
		{ "connection.local", json_type_boolean, "false" },
		{ "file.path", json_type_string, "\"/srv/www/a.iso\"" },
		{ "file.dev", json_type_string, "\"8:1\"" },
		{ "file.inode", json_type_int, "1234" },
		{ "file.offset", json_type_int, "65536" },
		{ "file.length", json_type_int, "4096" },
		{ "file.deleted", json_type_boolean, "false" },
		{ "file.seen_by", json_type_string, "\"self\"" },
		{ "stream.offset", json_type_int, "70012" },
		{ "stream.length", json_type_int, "4096" },
		{ "phase", json_type_string, "\"queued\"" },
		{ "times.attached_first", json_type_string, "\"2026-01-31T12:00:00.121622Z\"" },
		{ "times.attached_last", json_type_string, "\"2026-01-31T12:00:00.121633Z\"" },
		{ "times.write_began", json_type_string, "\"2026-01-31T12:00:00.123452Z\"" },
		{ "times.write_complete", json_type_string, "\"2026-01-31T12:00:00.123456Z\"" },
		{ "times.ended", json_type_string, "\"2026-01-31T12:00:01.123456Z\"" },
		{ "times.end", json_type_string, "\"acked\"" },
		{ "age_us", json_type_int, "1834" },
		{ "resends", json_type_int, "0" },
		{ "evidence_lost", json_type_boolean, "false" },
		{ "op", json_type_int, "77" },
		{ "ranges", json_type_array, NULL },
		{ "ranges.[0].verdict", json_type_string, "\"corrupt\"" },
		{ "ranges.[0].marks", json_type_array, "[]" },
		{ "ranges.[1].marks", json_type_array, "[\"resent-mended\",\"end-seen\"]" },
		{ "ranges.[1].verdict", json_type_string, "\"near-miss\"" },
		{ "ranges.[1].reason", json_type_string, "\"acked\"" },
		{ "ranges.[1].rule", json_type_string,
		  "\"out of this host before the write, and acknowledged since\"" },
		{ "ranges.[1].phase", json_type_string, "\"sent\"" },
		{ "ranges.[1].file_offset", json_type_int, "69632" },
		{ "ranges.[1].stream_offset", json_type_int, "74108" },
		{ "ranges.[1].length", json_type_int, "100" },
	};
	struct sample sample = sample_incident();
	struct json_object *obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));

	keys_expect(obj, keys, ARRAY_LEN(keys));
	assert_false(json_object_object_get_ex(keys_at(obj, "file"), "path_hex", NULL));
	assert_false(json_object_object_get_ex(keys_at(obj, "sender"), "module", NULL));
	assert_false(json_object_object_get_ex(obj, "suspects", NULL));
	assert_int_equal(json_object_array_length(keys_at(obj, "ranges")), 2);
	json_object_put(obj);
}

TEST_FN(test_odd_bytes)
{
	static const struct key keys[] = {
		{ "verdict", json_type_string, "\"possible\"" },
		{ "writer.comm", json_type_string, "\"with\\u001besc\xef\xbf\xbd\"" },
		{ "writer.how", json_type_string, "\"mmap\"" },
		{ "connection.src", json_type_string,
		  "\"[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:80\"" },
		{ "connection.local", json_type_boolean, "true" },
		{ "file.path", json_type_string, "\"/tmp/\\\"q\\\"\\\\ \\n\xef\xbf\xbd\xc3\xbc"
		  "/a rather long name of a file\"" },
		{ "file.path_hex", json_type_string, "\"2f746d702f2271225c200affc3bc2f612072617468"
		  "6572206c6f6e67206e616d65206f6620612066696c65\"" },
		{ "file.deleted", json_type_boolean, "true" },
		{ "file.seen_by", json_type_string, "\"writer\"" },
		{ "file.length", json_type_int, "1099511627776" },
		{ "resends", json_type_int, "3" },
		{ "evidence_lost", json_type_boolean, "true" },
	};
	struct sample sample = sample_odd();
	struct json_object *obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));

	keys_expect(obj, keys, ARRAY_LEN(keys));
	json_object_put(obj);
}

TEST_FN(test_unknown_path)
{
	static const struct key keys[] = {
		{ "file.path", json_type_null, NULL },
		{ "file.inode", json_type_int, "1234" },
		{ "writer.stack", json_type_array, "[]" },
		{ "writer.uid", json_type_null, NULL },
		{ "writer.exe", json_type_null, NULL },
		{ "writer.parent", json_type_null, NULL },
		{ "writer.cgroup", json_type_null, NULL },
		{ "sender.uid", json_type_null, NULL },
		{ "sender.parent", json_type_null, NULL },
		{ "times.attached_first", json_type_string, NULL },
		{ "times.write_began", json_type_null, NULL },
		{ "times.write_complete", json_type_string, NULL },
		{ "times.ended", json_type_null, NULL },
		{ "times.end", json_type_null, NULL },
	};
	struct sample sample = sample_bare();
	struct json_object *obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));

	keys_expect(obj, keys, ARRAY_LEN(keys));
	json_object_put(obj);
}

TEST_FN(test_unseen_writer)
{
	static const struct key keys[] = {
		{ "writer.pid", json_type_null, NULL },
		{ "writer.tid", json_type_null, NULL },
		{ "writer.comm", json_type_null, NULL },
		{ "writer.how", json_type_string, "\"unknown\"" },
		{ "writer.kthread", json_type_boolean, "false" },
		{ "suspects", json_type_array,
		  "[{\"pid\":4242,\"comm\":\"rewriter\"},"
		  "{\"pid\":4194304,\"comm\":\"fifteen\\u001bletter\"}]" },
		{ "sender.how", json_type_string, "\"kernel\"" },
		{ "sender.kthread", json_type_boolean, "true" },
		{ "sender.module", json_type_string, "\"nvme_tcp\"" },
		{ "file.inode", json_type_int, "1234" },
	};
	struct sample sample = sample_unseen();
	struct json_object *obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));

	keys_expect(obj, keys, ARRAY_LEN(keys));
	assert_false(json_object_object_get_ex(obj, "suspects_cut", NULL));
	json_object_put(obj);
	sample.shown.n_suspects = 0;
	sample.shown.suspects_cut = true;
	obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));
	keys_expect(obj, &(struct key){ "suspects", json_type_array, "[]" }, 1);
	keys_expect(obj, &(struct key){ "suspects_cut", json_type_boolean, "true" }, 1);
	json_object_put(obj);
}

TEST_FN(test_user_memory)
{
	static const struct key keys[] = {
		{ "writer.pid", json_type_int, "4100" },
		{ "writer.comm", json_type_string, "\"nginx\"" },
		{ "writer.how", json_type_string, "\"unknown\"" },
		{ "sender.how", json_type_string, "\"zerocopy\"" },
		{ "file", json_type_null, NULL },
		{ "ranges.[0].file_offset", json_type_null, NULL },
		{ "ranges.[0].stream_offset", json_type_int, "74108" },
	};
	struct sample sample = sample_memory();
	struct json_object *obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));

	keys_expect(obj, keys, ARRAY_LEN(keys));
	assert_false(json_object_object_get_ex(obj, "suspects", NULL));
	json_object_put(obj);
}

/* Without what our own programs add, with the kernel's table; what it does not know stays a number. */
TEST_FN(test_stack)
{
	static char text[] = "ffffffff81234500 T vfs_write\n"
			     "ffffffffc0000000 t bpf_prog_1_on_write_end\t[bpf]\n"
			     "ffffffffc0000800 t bpf_trampoline_1\t[bpf]\n"
			     "ffffffffc0001000 t vfs_else\t[other]\n";
	static const struct pf_ev_op deep = {
		.stack_len = 32,
		.stack = { 0xffffffffc0000010, 0xffffffffc0000810, 0xffffffff81234567, 0xffffffffb0000000 },
	};
	FILE *in = fmemopen(text, strlen(text), "r");
	struct sample sample = sample_incident();
	struct json_object *obj;
	struct kallsyms *kallsyms;

	assert_int_equal(kallsyms_read(&kallsyms, in), 0);
	fclose(in);
	sample.shown.kallsyms = kallsyms;
	sample.inc.op_rec = &deep;
	obj = keys_parse(sample_print(&sink_json, 0, &sample, 1, NULL));
	keys_expect(obj, &(struct key){ "writer.stack", json_type_array,
				   "[\"vfs_write+0x67\",\"0xffffffffb0000000\"]" }, 1);
	json_object_put(obj);
	kallsyms_free(kallsyms);
}

TEST_FN(test_summary)
{
	static const struct key keys[] = {
		{ "type", json_type_string, "\"summary\"" },
		{ "time", json_type_string, "\"2026-01-31T12:00:01.000000Z\"" },
		{ "duration_us", json_type_int, "2500000" },
		{ "flights", json_type_int, "1000" },
		{ "bytes", json_type_int, "1001" },
		{ "in_flight", json_type_int, "5" },
		{ "in_flight_connections", json_type_int, "1" },
		{ "connections", json_type_int, "1007" },
		{ "incidents", json_type_object,
		  "{\"corrupt\":1,\"mixed\":0,\"possible\":0,\"near-miss\":2,\"identical\":0}" },
		{ "incident_bytes.corrupt", json_type_int, "4096" },
		{ "attach_to_ack", json_type_array,
		  "[{\"from_us\":0,\"to_us\":1,\"pages\":1},"
		  "{\"from_us\":1024,\"to_us\":2048,\"pages\":10},"
		  "{\"from_us\":2048,\"to_us\":4096,\"pages\":40}]" },
		{ "attach_to_release", json_type_array,
		  "[{\"from_us\":1073741824,\"pages\":7}]" },
		{ "filters", json_type_object, "{}" },
		{ "below_min_bytes", json_type_int, "0" },
		{ "counters.attached", json_type_int, "1000" },
		{ "counters.resends", json_type_int, NULL },
		{ "losses.pool_full", json_type_int, "0" },
		{ "losses.missed", json_type_int, "2" },
		{ "missed_by", json_type_object,
		  "{\"attach\":1,\"ack\":0,\"release\":0,\"peer\":0,\"abort\":0,\"resend\":0,"
		  "\"write\":1}" },
		{ "losses.refused", json_type_int, "3" },
		{ "losses.evicted", json_type_int, "4" },
		{ "losses.output_lost", json_type_int, "5" },
		{ "not_detected", json_type_array,
		  "[{\"what\":\"holes\",\"symbol\":\"punch\",\"why\":\"not in this kernel\"}]" },
	};
	static const struct hook hooks[] = {
		{ .role = "a", .symbol = "punch", .blind_without = "holes", .state = HOOK_ABSENT },
		{ .role = "a", .symbol = "cut", .blind_without = "ends", .state = HOOK_ATTACHED },
	};
	struct summary sum = sample_summary();
	struct json_object *obj;
	int n;

	sum.hooks = hooks;
	sum.n_hooks = ARRAY_LEN(hooks);
	sum.totals.missed = 2;
	sum.totals.missed_by[PF_ROLE_attach] = sum.totals.missed_by[PF_ROLE_write] = 1;
	sum.refused = 3;
	sum.evicted = 4;
	sum.output_lost = 5;
	obj = keys_parse(sample_print(&sink_json, 0, NULL, 0, &sum));
	keys_expect(obj, keys, ARRAY_LEN(keys));
	/* Every counter of the kernel side is there, in one group or the other. */
	n = json_object_object_length(keys_at(obj, "counters")) +
	    json_object_object_length(keys_at(obj, "losses"));
	assert_int_equal(n, PF_C_MAX + 4);
	json_object_put(obj);
}

TEST_FN(test_filters)
{
	static const struct key keys[] = {
		{ "filters", json_type_object,
		  "{\"comm\":[\"a\\\"\uFFFD\"],\"port\":[80,443],\"min_bytes\":1024}" },
		{ "below_min_bytes", json_type_int, "6" },
		{ "possible_unseen", json_type_int, "7" },
	};
	struct summary sum = sample_summary();
	struct filter filter = { 0 };
	struct json_object *obj;

	filter_add(&filter, FILTER_PORT, "80");
	filter_add(&filter, FILTER_PORT, "443");
	filter_add(&filter, FILTER_COMM, "a\"\xff");
	filter_add(&filter, FILTER_MIN_BYTES, "1k");
	sum.filter = &filter;
	sum.small = 6;
	sum.unseen = 7;
	obj = keys_parse(sample_print(&sink_json, 0, NULL, 0, &sum));
	keys_expect(obj, keys, ARRAY_LEN(keys));
	json_object_put(obj);
}

TEST_FN(test_full_disk)
{
	struct sink sink = { .ops = &sink_json, .out = fopen("/dev/full", "w") };
	struct sample sample = sample_incident();

	assert_non_null(sink.out);
	sample_give(&sink, &sample, -ENOSPC);
	fclose(sink.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_check_itself),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_unknown_path),
		cmocka_unit_test(test_unseen_writer),
		cmocka_unit_test(test_user_memory),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("incident_json", tests, NULL, NULL);
}
