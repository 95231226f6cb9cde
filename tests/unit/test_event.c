// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The gate: every way a record can be refused, and that nothing behind the end
 * of it is read (each is checked in an allocation of its own size).
 */
#include <stdlib.h>
#include <string.h>

#include "engine/event.h"
#include "lib/test.h"

static enum event_refusal check(const void *data, size_t size)
{
	const struct pf_event *ev = NULL;
	void *copy = malloc(size ? size : 1);
	enum event_refusal refusal;

	memcpy(copy, data, size);
	refusal = event_check(copy, size, &ev);
	assert_ptr_equal(ev, refusal == EVENT_OK ? copy : NULL);
	assert_ptr_equal(pf_record_check(copy, size), ev);
	free(copy);
	return refusal;
}

static struct pf_ev_hit good_hit(void)
{
	return (struct pf_ev_hit){
		.h = { .type = PF_EV_HIT, .size = sizeof(struct pf_ev_hit) },
		.writer.comm = "fifteen letters",
		.sender.comm = "sender",
		.len = 4096,
	};
}

static struct pf_ev_op good_op(void)
{
	return (struct pf_ev_op){
		.h = { .type = PF_EV_OP, .size = sizeof(struct pf_ev_op) },
		.writer.comm = "writer",
		.path_at = 100,
		.path[100] = '/',
	};
}

static struct pf_ev_range good_range(__u32 type, __u32 why)
{
	return (struct pf_ev_range){
		.h = { .type = type, .size = sizeof(struct pf_ev_range) },
		.len = 1,
		.why = why,
	};
}

TEST_FN(test_good)
{
	struct pf_ev_hit hit = good_hit();
	struct pf_ev_op op = good_op();
	struct pf_ev_range range;

	assert_int_equal(check(&hit, sizeof(hit)), EVENT_OK);
	assert_int_equal(check(&op, sizeof(op)), EVENT_OK);
	assert_string_equal(pf_op_path(&op), "/");
	for (__u32 why = PF_END_ACKED; why <= PF_END_ABORTED; why++) {
		range = good_range(PF_EV_END, why);
		assert_int_equal(check(&range, sizeof(range)), EVENT_OK);
	}
	range = good_range(PF_EV_RESEND, 0);
	assert_int_equal(check(&range, sizeof(range)), EVENT_OK);
}

TEST_FN(test_names_without_an_end)
{
	struct pf_ev_hit hit = good_hit();
	struct pf_ev_op op = good_op();

	memset(hit.who.parent, 'x', sizeof(hit.who.parent));
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_STRING);
	memset(op.who.exe, 'x', sizeof(op.who.exe));
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_STRING);
}

TEST_FN(test_sizes)
{
	struct pf_ev_hit hit = good_hit();

	for (size_t size = 0; size < sizeof(struct pf_event); size++)
		assert_int_equal(check(&hit, size), EVENT_SHORT);
	for (size_t size = sizeof(struct pf_event); size < sizeof(hit); size++)
		assert_int_equal(check(&hit, size), EVENT_BAD_SIZE);
	hit.h.size--;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_SIZE);
	assert_int_equal(check(&hit, sizeof(hit) - 1), EVENT_BAD_SIZE);
	hit.h.size = sizeof(hit);
	hit.h.type = PF_EV_OP;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_SIZE);
}

TEST_FN(test_unknown_type)
{
	static const __u32 types[] = { 0, PF_EV_CUT + 1, 0x80000000, 0xffffffff };
	struct pf_ev_range range = good_range(0, 0);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		range.h.type = types[i];
		assert_int_equal(check(&range, sizeof(range)), EVENT_UNKNOWN_TYPE);
	}
}

TEST_FN(test_misaligned)
{
	char *data = malloc(sizeof(struct pf_ev_range) + 4);
	struct pf_ev_range range = good_range(PF_EV_RESEND, 0);
	const struct pf_event *ev;

	memcpy(data + 4, &range, sizeof(range));
	assert_int_equal(event_check(data + 4, sizeof(range), &ev), EVENT_MISALIGNED);
	free(data);
}

TEST_FN(test_hit)
{
	struct pf_ev_hit hit = good_hit();

	memset(hit.writer.comm, 'x', sizeof(hit.writer.comm));
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_STRING);
	hit = good_hit();
	memset(hit.sender.comm, 'x', sizeof(hit.sender.comm));
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_STRING);
	hit = good_hit();
	hit.len = 0;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_RANGE);
	hit.len = PF_FLIGHT_MAX;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_OK);
	hit.len++;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_RANGE);
	hit = good_hit();
	hit.file_off = (__u64)-4096;
	assert_int_equal(check(&hit, sizeof(hit)), EVENT_BAD_RANGE);
}

TEST_FN(test_op)
{
	struct pf_ev_op op = good_op();

	memset(op.writer.comm, 'x', sizeof(op.writer.comm));
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_STRING);
	op = good_op();
	op.path_at = PF_PATH_LEN;
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_RANGE);
	op.path_at = 0xffffffff;
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_RANGE);
	op = good_op();
	memset(op.path, '/', sizeof(op.path));
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_STRING);
	op.path[PF_PATH_LEN - 1] = '\0';
	op.path_at = PF_PATH_LEN - 2;
	assert_int_equal(check(&op, sizeof(op)), EVENT_OK);
	assert_string_equal(pf_op_path(&op), "/");
	op.stack_len = sizeof(op.stack) + 1;
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_RANGE);
	op.stack_len = -14;
	assert_int_equal(check(&op, sizeof(op)), EVENT_OK);
}

TEST_FN(test_path_or_its_flag)
{
	struct pf_ev_op op = good_op();

	op.path[100] = '\0';
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_STRING);
	op.flags = PF_OP_NO_PATH;
	assert_int_equal(check(&op, sizeof(op)), EVENT_OK);
	op.path[100] = 'x';
	assert_int_equal(check(&op, sizeof(op)), EVENT_BAD_STRING);
}

TEST_FN(test_range)
{
	struct pf_ev_range range = good_range(PF_EV_END, PF_END_ACKED);

	range.len = 0;
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_RANGE);
	range.len = EVENT_RANGE_MAX + 1;
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_RANGE);
	range = good_range(PF_EV_END, 0);
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_VALUE);
	range = good_range(PF_EV_END, PF_END_DROPPED);
	assert_int_equal(check(&range, sizeof(range)), EVENT_OK);
	range = good_range(PF_EV_END, PF_END_DROPPED + 1);
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_VALUE);
	range = good_range(PF_EV_RESEND, PF_END_ACKED);
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_VALUE);
	range = good_range(PF_EV_SENT, PF_END_ACKED);
	assert_int_equal(check(&range, sizeof(range)), EVENT_BAD_VALUE);
	range = good_range(PF_EV_SENT, 0);
	assert_int_equal(check(&range, sizeof(range)), EVENT_OK);
}

TEST_FN(test_sender)
{
	struct pf_ev_sender ev = {
		.h = { .type = PF_EV_SENDER, .size = sizeof(ev) },
		.stack_len = sizeof(ev.stack),
	};

	assert_int_equal(check(&ev, sizeof(ev)), EVENT_OK);
	ev.stack_len = -14;
	assert_int_equal(check(&ev, sizeof(ev)), EVENT_OK);
	ev.stack_len = sizeof(ev.stack) + 1;
	assert_int_equal(check(&ev, sizeof(ev)), EVENT_BAD_RANGE);
}

TEST_FN(test_texts)
{
	for (int i = 0; i <= EVENT_REFUSALS; i++)
		assert_true(strlen(event_refusal_text(i)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_names_without_an_end),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_misaligned),
		cmocka_unit_test(test_hit),
		cmocka_unit_test(test_op),
		cmocka_unit_test(test_path_or_its_flag),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
