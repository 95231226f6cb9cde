// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* service.c - a session that is left on: whether it sees at all, and whether it is alive. */
#include "state.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "kernel/filter.h"

static void say_result(const struct tested *tested)
{
	if (tested->how == TEST_PASSED) {
		log_info("self-test passed");
		return;
	}
	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		const struct selftest_result *r = &tested->results[i];

		if (r->seen != r->expected)
			log_error("self-test: %s: %u of %u %s: what happens on this host is not seen",
				  r->role, r->seen, r->expected, r->what);
	}
}

static void test_with(struct loader *l, struct tested *ret_tested)
{
	bool passed = false;
	int err = selftest_run(l, ret_tested->results, &passed);

	ret_tested->how = !err && passed ? TEST_PASSED : TEST_FAILED;
	ret_tested->wall_ns = clock_wall_ns(clock_mono_ns());
	if (err)
		log_error("self-test could not run: %s", strerror(-err));
	else
		say_result(ret_tested);
}

/* A filter would hide the race from us, so it is made under programs without one. */
static void test_unfiltered(struct session *s)
{
	struct loader_opts opts = s->opts->loader;
	struct loader *l;
	struct err text;

	opts.filter = NULL;
	if (loader_open(&l, &opts, &text)) {
		log_error("self-test could not run: %s", text.text);
		s->vitals.tested.how = TEST_FAILED;
		return;
	}
	test_with(l, &s->vitals.tested);
	loader_close(l);
}

static bool is_filtered(const struct filter *filter)
{
	char text[FILTER_TEXT_LEN];

	return filter && *filter_text(filter, text, sizeof(text));
}

void session_test(struct session *s)
{
	if (is_filtered(s->opts->loader.filter))
		test_unfiltered(s);
	else
		test_with(s->loader, &s->vitals.tested);
}

void session_tell_alive(struct session *s, __u64 now)
{
	if (!s->notify.every_ns || now < s->next_alive)
		return;
	s->next_alive = now + s->notify.every_ns;
	notify_say(&s->notify, "WATCHDOG=1\n");
}
