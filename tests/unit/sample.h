/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sample.h - incidents and a summary for the tests of the sinks.
 */
#ifndef PAGEFLIGHT_TEST_SAMPLE_H
#define PAGEFLIGHT_TEST_SAMPLE_H

#include "output/sink.h"

/* shown.inc is set as it is given to a sink: a sample may be copied. */
struct sample {
	struct pf_incident inc;
	struct shown shown;
};

/* A corrupt one over IPv4 with two ranges, as in the documentation. */
struct sample sample_incident(void);

/* A possible one over IPv6 of a deleted file with odd bytes in its name. */
struct sample sample_odd(void);

/* Nothing known but the numbers. */
struct sample sample_bare(void);

/* Bytes of a file that the kernel sends, changed by nobody that was seen; two suspects. */
struct sample sample_unseen(void);

/* Memory of its sender, which is the only one who can have changed it. */
struct sample sample_memory(void);

struct summary sample_summary(void);

/* Give it to a sink, which has to return err. */
void sample_give(struct sink *sink, const struct sample *sample, int err);

/* Everything a sink prints. The caller frees the text. */
char *sample_print(const struct sink_ops *ops, unsigned int width,
		   const struct sample *samples, size_t n, const struct summary *sum);

#endif
