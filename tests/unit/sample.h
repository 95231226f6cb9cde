/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sample.h - incidents and a summary for the tests of the sinks.
 */
#ifndef PAGEFLIGHT_TEST_SAMPLE_H
#define PAGEFLIGHT_TEST_SAMPLE_H

#include "output/sink.h"

/* A corrupt one over IPv4 with two ranges, as in the documentation. */
struct pf_incident sample_incident(void);

/* A possible one over IPv6 of a deleted file with odd bytes in its name. */
struct pf_incident sample_odd(void);

/* Nothing known but the numbers. */
struct pf_incident sample_bare(void);

/* Bytes of a file that the kernel sends, changed by nobody that was seen; two suspects. */
struct pf_incident sample_unseen(void);

/* Memory of its sender, which is the only one who can have changed it. */
struct pf_incident sample_memory(void);

struct summary sample_summary(void);

/* Everything a sink prints. The caller frees the text. */
char *sample_print(const struct sink_ops *ops, unsigned int width,
		   const struct pf_incident *incs, size_t n, const struct summary *sum);

#endif
