// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* rules.c - see rules.h. */
#include "rules.h"

#define RULE_ANSWER(id, verdict, reason, text) \
	[RULE_##id] = { VERDICT_##verdict, REASON_##reason, 0, text },

static const struct answer answers[RULE_MAX] = {
	RULES(RULE_ANSWER)
};

struct answer rule_answer(enum rule rule, enum phase phase)
{
	struct answer answer = answers[rule];

	answer.phase = phase;
	return answer;
}
