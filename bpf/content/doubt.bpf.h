/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doubt.bpf.h - is a file mapped that no hook has told of? A flight that is released while
 * its fingerprint waits was never compared. If its file can be stored to through a mapping
 * by now, the hook of mappings came late, or not at all. User space asks a moment later
 * which of the two it was, and counts the second as a loss.
 */
#ifndef PF_DOUBT_BPF_H
#define PF_DOUBT_BPF_H

/*
 * Is a file not mapped shared and writable, and was it never, as far as the hook has told?
 * The file must be there.
 */
int file_is_unmapped(__u64 mapping);

/* Flight n is released. If its fingerprint waits, *asked becomes the low half of its mapping. */
int doubt_release(__u32 n, __u32 *asked);

#endif
