/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * doubts - files that were found mapped by the release of their pages
 * (bpf/content/doubt.bpf.h): has the hook of mappings told of them since?
 */
#ifndef PAGEFLIGHT_DOUBTS_H
#define PAGEFLIGHT_DOUBTS_H

#include <stdbool.h>
#include "wire.h"

/*
 * Decide the doubts, but for those that are younger than a moment, unless this is the last
 * call. Returns how many files the hook has not told of. mapped is the map of that name.
 */
unsigned int doubts_check(volatile struct pf_doubt doubts[PF_DOUBTS], int mapped, bool last);

#endif
