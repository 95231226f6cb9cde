// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* loss.c - see loss.h. A new loss counter needs a row, with the reason for it. */
#include "loss.h"

static const enum loss_effect effects[PF_C_MAX] = {
	[PF_C_pool_full] = LOSS_MARKS,
	[PF_C_conns_full] = LOSS_HIDES,
	[PF_C_socks_full] = LOSS_MARKS,		/* or hides all of the connection */
	[PF_C_readers_full] = LOSS_HIDES,
	[PF_C_readers_unfound] = LOSS_HIDES,
	[PF_C_writes_full] = LOSS_HIDES,
	[PF_C_events_lost] = LOSS_WEAKENS,	/* perhaps of a retransmission or a copy */
	[PF_C_iter_cut] = LOSS_HIDES,
	[PF_C_held_full] = LOSS_WEAKENS,	/* the flight ends, but not its packets */
	[PF_C_copies_full] = LOSS_WEAKENS,
	[PF_C_piped] = LOSS_MARKS,
	[PF_C_mapping_missed] = LOSS_HIDES,	/* stores that were not looked for */
	[PF_C_walk_cut] = LOSS_WEAKENS,		/* a copy that was not looked at */
	[PF_C_user_room] = LOSS_MARKS,		/* these four: see PF_EV_CUT */
	[PF_C_user_index] = LOSS_MARKS,
	[PF_C_user_ring] = LOSS_MARKS,
	[PF_C_look_cut] = LOSS_MARKS,
	[PF_C_range_cut] = LOSS_HIDES,
	[PF_C_pop_cut] = LOSS_DELAYS,
	[PF_C_read_failed] = LOSS_WEAKENS,	/* the same, or a sequence number */
};

enum loss_effect loss_effect(enum pf_counter counter)
{
	return counter < PF_C_MAX ? effects[counter] : LOSS_NONE;
}

/*
 * What a skipped invocation means, by its role. A page that was not attached is not in any
 * incident. The next ACK releases what one before it should have. How far the peer had
 * acknowledged is read from the socket, so no verdict depends on the release.
 */
static const enum loss_effect missed_effects[PF_ROLE_MAX] = {
	[PF_ROLE_attach] = LOSS_HIDES,
	[PF_ROLE_ack] = LOSS_DELAYS,
	[PF_ROLE_release] = LOSS_WEAKENS,	/* the kernel may have copied a reader's queue */
	[PF_ROLE_peer] = LOSS_WEAKENS,
	[PF_ROLE_abort] = LOSS_WEAKENS,
	[PF_ROLE_resend] = LOSS_WEAKENS,
	[PF_ROLE_write] = LOSS_WEAKENS,		/* it may have put bytes back */
};

enum loss_effect loss_effect_of_role(enum pf_role role)
{
	return role < PF_ROLE_MAX ? missed_effects[role] : LOSS_WEAKENS;
}

/* Skipped invocations that weaken: those of such a role, and those of a role not known. */
static __u64 missed_weakening(const struct pf_totals *totals)
{
	__u64 n = totals->missed;

	for (int i = 0; i < PF_ROLE_MAX; i++)
		if (missed_effects[i] != LOSS_WEAKENS)
			n -= totals->missed_by[i];
	return n;
}

bool loss_weakens(const struct pf_totals *before, const struct pf_totals *now)
{
	for (int i = 0; i < PF_C_MAX; i++) {
		if (effects[i] == LOSS_WEAKENS && before->stats.count[i] != now->stats.count[i])
			return true;
	}
	return missed_weakening(before) != missed_weakening(now);
}
