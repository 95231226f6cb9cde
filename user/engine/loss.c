// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* loss.c - see loss.h. A new loss counter needs a row, with the reason for it. */
#include "loss.h"

static const enum loss_effect effects[PF_C_MAX] = {
	[PF_C_pool_full] = LOSS_MARKS,
	[PF_C_conns_full] = LOSS_HIDES,
	[PF_C_socks_full] = LOSS_MARKS,		/* or hides all of the connection */
	[PF_C_readers_full] = LOSS_HIDES,
	[PF_C_writes_full] = LOSS_HIDES,
	[PF_C_events_lost] = LOSS_WEAKENS,	/* perhaps of a retransmission or a copy */
	[PF_C_iter_cut] = LOSS_HIDES,
	[PF_C_held_full] = LOSS_WEAKENS,	/* the flight ends, but not its packets */
	[PF_C_copies_full] = LOSS_WEAKENS,
	[PF_C_walk_cut] = LOSS_WEAKENS,		/* a copy that was not looked at */
	[PF_C_range_cut] = LOSS_HIDES,
	[PF_C_pop_cut] = LOSS_DELAYS,
	[PF_C_read_failed] = LOSS_WEAKENS,	/* the same, or a sequence number */
};

enum loss_effect loss_effect(enum pf_counter counter)
{
	return counter < PF_C_MAX ? effects[counter] : LOSS_NONE;
}

bool loss_weakens(const struct pf_totals *before, const struct pf_totals *now)
{
	for (int i = 0; i < PF_C_MAX; i++) {
		if (effects[i] == LOSS_WEAKENS && before->stats.count[i] != now->stats.count[i])
			return true;
	}
	return before->missed != now->missed;
}
