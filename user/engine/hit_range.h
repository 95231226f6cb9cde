/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * hit_range - which bytes of a flight a write touched, as sequence numbers, and
 * what its record says about changes that were there before.
 */
#ifndef PAGEFLIGHT_HIT_RANGE_H
#define PAGEFLIGHT_HIT_RANGE_H

#include "pageflight.h"
#include "seq.h"

static inline __u64 hit_end_of(__u64 pos, __u64 count)
{
	return count > (__u64)-1 - pos ? (__u64)-1 : pos + count;
}

/* How far into the flight a place of the file is; its ends stand for what lies outside of it. */
static inline __u32 hit_offset_of(const struct pf_ev_hit *hit, __u64 pos)
{
	if (pos <= hit->file_off)
		return 0;
	return pos - hit->file_off < hit->len ? pos - hit->file_off : hit->len;
}

/* What both the write and the flight have; empty if end is not behind first. */
static inline __u32 hit_first_seq(const struct pf_ev_hit *hit)
{
	return hit->seq + hit_offset_of(hit, hit->pos);
}

static inline __u32 hit_end_seq(const struct pf_ev_hit *hit)
{
	return hit->seq + hit_offset_of(hit, hit_end_of(hit->pos, hit->count));
}

/* Where these bytes were compared, an end of what differs. It is one of these bytes. */
static inline __u32 hit_diff_seq(const struct pf_ev_hit *hit, __u16 diff)
{
	__u32 first = hit_offset_of(hit, hit->pos);
	__u32 end = hit_offset_of(hit, hit_end_of(hit->pos, hit->count));

	return hit->seq + (diff < first ? first : diff > end ? end : diff);
}

static inline bool hit_is_empty(const struct pf_ev_hit *hit)
{
	return !seq_before(hit_first_seq(hit), hit_end_seq(hit));
}

/*
 * Is it a write to part of a flight that had been changed before, and whose
 * bytes at first are not kept? Then nobody can tell whether it made some of
 * them right again.
 */
static inline bool hit_is_over_changes(const struct pf_ev_hit *hit)
{
	if (hit_end_seq(hit) - hit_first_seq(hit) == hit->len)
		return false;
	return !(hit->flags & PF_HIT_COMPARED) && hit->fp_before &&
	       hit->fp_before != hit->fp;
}

/* May some of what waits be right again after this write? */
static inline bool hit_may_mend(const struct pf_ev_hit *hit)
{
	return hit->fp && (!hit->fp_before || hit_is_over_changes(hit));
}

#endif
