// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* rules.c - see rules.h. */
#include "rules.h"

#define RULE_ANSWER(id, verdict, reason, text) \
	[RULE_##id] = { PF_VERDICT_##verdict, PF_REASON_##reason, 0, text },

static const struct pf_answer answers[RULE_MAX] = {
	RULES(RULE_ANSWER)
};

struct pf_answer rule_answer(enum rule rule, enum pf_phase phase)
{
	struct pf_answer answer = answers[rule];

	answer.phase = phase;
	return answer;
}
