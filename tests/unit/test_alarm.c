// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A change by a way that nobody knows, in a line of JSON. */
#include <stdlib.h>
#include <string.h>

#include "lib/test.h"
#include "output/sink.h"
#include "sample.h"

static bool says_alarm(const struct sample *sample)
{
	char *line = sample_print(&sink_json, 0, sample, 1, NULL);
	bool said = strstr(line, "\"alarm\":true");

	assert_true(said || !strstr(line, "alarm"));
	free(line);
	return said;
}

TEST_FN(alarm_is_said)
{
	struct sample sample = sample_incident();
	struct pf_ev_op op = *sample.inc.op_rec;

	op.flags |= PF_OP_UNKNOWN;
	sample.inc.op_rec = &op;
	assert_true(says_alarm(&sample));
}

TEST_FN(nothing_is_said_of_what_is_known)
{
	struct sample sample = sample_incident();

	assert_false(says_alarm(&sample));
	sample = sample_bare();		/* the record that would tell was lost */
	assert_false(says_alarm(&sample));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarm_is_said),
		cmocka_unit_test(nothing_is_said_of_what_is_known),
	};

	return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
