// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The moments of an incident, and who wrote and who sent. */
#include "engine.h"

static void expect_times(const struct pf_incident *inc, __u64 first, __u64 last, __u64 began)
{
	assert_int_equal(inc->attached_first, first);
	assert_int_equal(inc->attached_last, last);
	assert_int_equal(inc->began, began);
}

/* Pages that are decided at once: when their flights end is not waited for. */
ENGINE_TEST(test_times_of_what_is_decided_at_once)
{
	for (int page = 0; page < 3; page++) {
		struct pf_ev_hit h = HIT(.op = 1, .off = page * PAGE);

		h.attached += (2 - page) * MS;
		give_hit(f, h);
	}
	give_op(f, 1, 3);
	expect_times(&f->seen[0], 4 * MS, 6 * MS, 9 * MS);
	assert_int_equal(f->seen[0].ended, 0);
	assert_int_equal(f->seen[0].end, 0);
}

/* The end is that of the last flight. The first, which is harmless, counts for nothing. */
ENGINE_TEST(test_times_of_what_was_waited_for)
{
	struct pf_ev_hit late = HIT(.op = 1, .off = 2 * PAGE, .sent = 64 K, .was = TOOK, .is = FIRST,
				    .read = UP_TO(PAGE, PAGE));
	struct pf_ev_hit h = HIT(.op = 1, .off = PAGE, .sent = 64 K, .was = TOOK, .is = FIRST,
				 .read = UP_TO(PAGE, PAGE));

	late.attached = 5 * MS;
	give_hit(f, late);
	give_hit(f, h);
	give_op(f, 1, 2);
	give_end(f, .off = PAGE, .why = PF_END_READ, .fp = FIRST);
	assert_int_equal(f->n, 0);
	give_end(f, .off = 2 * PAGE, .why = PF_END_ABORTED, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_times(&f->seen[0], 4 * MS, 5 * MS, 9 * MS);
	assert_true(f->seen[0].ended > 20 * MS);
	assert_int_equal(f->seen[0].end, PF_END_ABORTED);
}

/* One of two flights was not seen to end. */
ENGINE_TEST(test_times_of_what_did_not_end)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .read = UP_TO(0, 0)));
	give_hit(f, HIT(.op = 1, .off = PAGE, .sent = 64 K, .was = TOOK, .is = FIRST,
			.read = UP_TO(0, 0)));
	give_op(f, 1, 2);
	give_end(f, .why = PF_END_READ, .fp = FIRST);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].ended, 0);
	assert_int_equal(f->seen[0].end, 0);
}

/* Of a change that nobody saw it is not known when it began. */
ENGINE_TEST(test_times_of_what_was_found)
{
	give_hit(f, FOUND(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 1);
	expect_times(&f->seen[0], 4 * MS, 4 * MS, 0);
}

/* Who sent is in the hit, and who wrote in the record of the write. */
ENGINE_TEST(test_who)
{
	struct pf_ev_hit hit = HIT(.op = 1);

	hit.sender.flags = PF_TASK_WHO;
	hit.who = (struct pf_who){ .cgroup = 5, .uid = 33, .ppid = 4, .parent = "master", .exe = "nginx" };
	give_hit(f, hit);
	give_op(f, 1, 1);
	assert_memory_equal(&f->seen[0].sender_who, &hit.who, sizeof(hit.who));
	assert_true(f->seen[0].sender.flags & PF_TASK_WHO);
	assert_true(f->seen[0].writer.flags & PF_TASK_WHO);
	assert_int_equal(f->seen[0].writer_who.uid, 1001);
	assert_string_equal(f->seen[0].writer_who.exe, "dd");
	/* The record of the write was lost. */
	hit.op = 2;
	give_hit(f, hit);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 2);
	assert_false(f->seen[1].writer.flags & PF_TASK_WHO);
	assert_true(f->seen[1].sender.flags & PF_TASK_WHO);
}

/* Memory of the sender: only the sender can have written to it. */
ENGINE_TEST(test_who_of_own_memory)
{
	struct pf_ev_hit hit = FOUND(.op = 1, .was = TOOK, .is = FIRST);

	hit.sender.flags = PF_TASK_WHO;
	hit.who.uid = 33;
	hit.writer = hit.sender;
	hit.writer.how = PF_WRITE_UNKNOWN;
	give_hit(f, hit);
	give_op(f, 1, 1);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_true(f->seen[0].writer.flags & PF_TASK_WHO);
	assert_int_equal(f->seen[0].writer_who.uid, 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_times_of_what_is_decided_at_once),
		RUN(test_times_of_what_was_waited_for),
		RUN(test_times_of_what_did_not_end),
		RUN(test_times_of_what_was_found),
		RUN(test_who),
		RUN(test_who_of_own_memory),
	};

	return cmocka_run_group_tests_name("engine_who", tests, NULL, NULL);
}
