/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* iterator - run a BPF iterator over all that it visits. It returns 0 or -errno. */
#ifndef PAGEFLIGHT_ITERATOR_H
#define PAGEFLIGHT_ITERATOR_H

struct bpf_link;

int iterator_run(const struct bpf_link *link);

#endif
