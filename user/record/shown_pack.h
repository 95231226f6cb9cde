/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * shown_pack - an incident with its names, and the summary, on their way to the process
 * that writes the recording. It has the same program, so texts of ours are sent as texts
 * all the same, but numbers as they are in memory.
 */
#ifndef PAGEFLIGHT_SHOWN_PACK_H
#define PAGEFLIGHT_SHOWN_PACK_H

#include "output/sink.h"
#include "pack.h"

enum shown_pack { SHOWN_INCIDENT = 1, SHOWN_SUMMARY, SHOWN_EXPOSURE };

/* The sink that packs: its text is one frame for each call. */
extern const struct sink_ops sink_record;

/* What was unpacked. Texts are those of the frame. */
struct shown_row {
	struct pf_incident inc;		/* without op_rec and ranges */
	__u64 wall_ns;
	const char *rule;
	const char *path;
	enum path_view view;
	bool deleted, suspects_sought, suspects_cut;
	const char *sender_module;
	const char *writer_cgroup, *sender_cgroup;
	const char *stack;		/* a function a line */
	struct suspect suspects[SUSPECTS_MAX];
	size_t n_suspects;
};

/* Of a frame whose tag (enum shown_pack) was taken. The ranges follow, n_ranges of them. */
void shown_unpack(struct unpack *u, struct shown_row *ret_row);
void shown_unpack_range(struct unpack *u, struct pf_range *ret_range);
/* The openers follow, n_openers of them. */
void shown_unpack_exposure(struct unpack *u, struct exposure *ret_exposure);
void shown_unpack_opener(struct unpack *u, struct opener *ret_opener);

/* The exposures follow, as many as it has. */
void shown_unpack_summary(struct unpack *u, struct summary *ret_sum);

#endif
