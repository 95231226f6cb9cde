// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The comparison of the demo passes the right report, and no other. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "commands/demo_check.h"
#include "lib/test.h"

#define UNREAD "not read by the local reader when the write was complete"

struct fixture {
	struct race race;
	struct race_result result;
	struct demo_report report;
	struct pf_range ranges[2];
	struct pf_incident inc;
	struct shown shown;
};

static int set_up(void **state)
{
	const __u8 loopback[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	struct fixture *f = calloc(1, sizeof(*f));

	f->race.result = &f->result;
	f->race.inode = 99;
	strcpy(f->race.path, "/tmp/x/served-file");
	f->result = (struct race_result){
		.sender = 10, .writer = 11, .reader = 12, .sender_port = 1000,
		.reader_port = 2000, .received = RACE_BYTES,
	};
	for (size_t i = 0; i < RACE_BYTES; i++)
		f->result.got[i] = i - RACE_OFFSET < RACE_LENGTH ? race_new_byte(i) : race_byte(i);
	/* In two parts, as where the last acknowledgement falls in between. */
	f->ranges[0] = (struct pf_range){ RACE_OFFSET, RACE_OFFSET, 1000,
		{ PF_VERDICT_CORRUPT, PF_REASON_UNREAD, PF_PHASE_HELD, UNREAD }, 0, NULL };
	f->ranges[1] = (struct pf_range){ RACE_OFFSET + 1000, RACE_OFFSET + 1000,
		RACE_LENGTH - 1000,
		{ PF_VERDICT_CORRUPT, PF_REASON_UNREAD, PF_PHASE_SENT, UNREAD }, 0, NULL };
	f->inc = (struct pf_incident){
		.answer = f->ranges[1].answer, .bytes = RACE_LENGTH, .file_off = RACE_OFFSET,
		.file_len = RACE_LENGTH, .ino = 99, .ranges = f->ranges,
		.n_ranges = 2,
		.writer = { .pid = 11, .comm = "demo-writer" },
		.sender = { .pid = 10, .comm = "demo-sender" },
		.tuple = { .lport = 1000, .rport = 2000 },
	};
	f->shown = (struct shown){ .inc = &f->inc, .path = f->race.path };
	memcpy(f->inc.tuple.laddr, loopback, 16);
	memcpy(f->inc.tuple.raddr, loopback, 16);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static bool passes(struct fixture *f)
{
	struct demo_check check;

	demo_take(&f->report, &f->race, &f->shown);
	return demo_check(&f->race, &f->report, &check);
}

static void test_right(void **state)
{
	struct fixture *f = *state;
	struct demo_check check;

	assert_true(passes(f));
	demo_check(&f->race, &f->report, &check);
	assert_int_equal(check.wrong, RACE_LENGTH);
	assert_int_equal(check.first, RACE_OFFSET);
	assert_int_equal(check.last, RACE_OFFSET + RACE_LENGTH - 1);
}

/* One change each, and the report is wrong. */
#define REFUTES(what, change)				\
	static void test_##what(void **state)		\
	{						\
		struct fixture *f = *state;		\
							\
		change;					\
		assert_false(passes(f));		\
	}

REFUTES(other_verdict, f->inc.answer.verdict = PF_VERDICT_POSSIBLE)
REFUTES(other_file, f->shown.path = "/tmp/y")
REFUTES(other_inode, f->inc.ino = 98)
REFUTES(no_path, f->shown.path = NULL)
REFUTES(byte_too_few, f->ranges[1].len--)
REFUTES(byte_too_many, f->ranges[1].len++)
REFUTES(one_off, f->ranges[0].stream_off--)
REFUTES(weaker_range, f->ranges[0].answer.verdict = PF_VERDICT_POSSIBLE)
REFUTES(other_count, f->inc.bytes--)
REFUTES(other_offset, f->inc.file_off++)
REFUTES(other_writer, f->inc.writer.pid++)
REFUTES(other_sender, f->inc.sender.pid++)
REFUTES(other_comm, f->inc.writer.comm[0] = 'D')
REFUTES(other_port, f->inc.tuple.rport++)
REFUTES(twice, demo_take(&f->report, &f->race, &f->shown))
REFUTES(byte_arrived_right, f->result.got[RACE_OFFSET] = race_byte(RACE_OFFSET))
REFUTES(byte_arrived_wrong, f->result.got[0] = 0)
REFUTES(short_read, f->result.received = RACE_OFFSET + 1)
REFUTES(nothing_reported, f->inc.ino = 0)

static void test_all_right_bytes(void **state)
{
	struct fixture *f = *state;
	struct demo_check check;

	for (size_t i = 0; i < RACE_BYTES; i++)
		f->result.got[i] = race_byte(i);
	assert_false(demo_check(&f->race, &f->report, &check));
	assert_int_equal(check.wrong, 0);
}

static void test_print(void **state)
{
	struct fixture *f = *state;
	struct demo_check check;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	demo_take(&f->report, &f->race, &f->shown);
	demo_print(out, &f->race, &f->report, &check,
		   demo_check(&f->race, &f->report, &check));
	fclose(out);
	assert_non_null(strstr(text, "pageflight reported exactly the bytes that arrived wrong."));
	assert_non_null(strstr(text, "12345 of them are not what was sent"));
	assert_non_null(strstr(text, "\n  rule        " UNREAD "\n"));
	assert_null(strstr(text, "DIFFERENT"));
	free(text);
}

static void test_print_json(void **state)
{
	struct fixture *f = *state;
	struct json_object *obj, *value;
	struct demo_check check;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool passed;

	demo_take(&f->report, &f->race, &f->shown);
	passed = demo_check(&f->race, &f->report, &check);
	assert_int_equal(demo_print_json(out, &f->race, &check, passed), 0);
	fclose(out);
	obj = json_tokener_parse(text);
	assert_non_null(obj);
	assert_true(json_object_object_get_ex(obj, "passed", &value));
	assert_true(json_object_get_boolean(value));
	assert_true(json_object_object_get_ex(obj, "wrong_offset", &value));
	assert_int_equal(json_object_get_int(value), RACE_OFFSET);
	json_object_put(obj);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(right), TEST(other_verdict), TEST(other_file), TEST(other_inode),
		TEST(no_path), TEST(byte_too_few), TEST(byte_too_many), TEST(one_off),
		TEST(weaker_range), TEST(other_count), TEST(other_offset), TEST(other_writer),
		TEST(other_sender), TEST(other_comm), TEST(other_port), TEST(twice),
		TEST(byte_arrived_right), TEST(byte_arrived_wrong), TEST(short_read),
		TEST(nothing_reported), TEST(all_right_bytes), TEST(print), TEST(print_json),
	};

	return cmocka_run_group_tests_name("demo", tests, NULL, NULL);
}
