/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* iterator - run a BPF iterator over all that it visits. All return 0 or -errno. */
#ifndef PAGEFLIGHT_ITERATOR_H
#define PAGEFLIGHT_ITERATOR_H

struct bpf_link;

int iterator_run(const struct bpf_link *link);

/*
 * The same for one that visits what is in the network namespace in which it is made: it is
 * made in each namespace of this host. One that cannot be entered is left out.
 */
int iterator_run_everywhere(const struct bpf_link *link);

/*
 * The same for one that can be held up by any process of the host. It runs in a
 * process of its own, which is killed after a second: then the answer is -ETIMEDOUT.
 */
int iterator_run_aside(const struct bpf_link *link);

#endif
