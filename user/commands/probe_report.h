/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* probe_report - what a probe found, as text, as JSON and as one sentence. Pure. */
#ifndef PAGEFLIGHT_PROBE_REPORT_H
#define PAGEFLIGHT_PROBE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#include "kernel/hooks.h"
#include "kernel/selftest.h"

struct probe {
	const char *kernel;		/* its release; of a plan the file with its types */
	const struct hook *hooks;
	size_t n;
	bool plan;			/* the kernel does not run here: nothing was attached or tested */
	const char *const *lacks;	/* of a plan: helpers that the kernel lacks; NULL ends the list */
	struct selftest_result results[SELFTEST_RESULTS];
	int test_err;
	bool passed;
	int content;			/* enum pf_content, the sharpest */
	__u32 waits;			/* PF_FS_*, where fingerprints wait; not of a plan */
};

/* Can there be a session on this kernel? */
bool probe_works(const struct probe *p);

#define PROBE_SENTENCE_LEN 2048

/* One plain sentence that says so, and what is not seen. Cut if it does not fit. */
char *probe_sentence(const struct probe *p, char ret_text[PROBE_SENTENCE_LEN]);

/* 0, -errno of the write, or -ENOMEM. */
int probe_print_text(const struct probe *p, FILE *out);
int probe_print_json(const struct probe *p, FILE *out);

#endif
