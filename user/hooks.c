// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* hooks.c - names of hook states. The table itself is in loader.c, beside the programs. */
#include "hooks.h"

const char *hook_state_name(enum hook_state state)
{
	static const char *const names[] = {
		[HOOK_UNTRIED] = "untried",
		[HOOK_ATTACHED] = "attached",
		[HOOK_ABSENT] = "absent",
		[HOOK_NOT_NEEDED] = "not needed",
		[HOOK_FAILED] = "failed",
	};

	return names[state];
}
