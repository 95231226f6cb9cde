/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * configure - what a BPF object is told: before it is loaded the sizes of its
 * maps and its constants, afterwards the values of a filter that stand in maps.
 * A part of the loader. Functions return 0 or -errno.
 */
#ifndef PAGEFLIGHT_CONFIGURE_H
#define PAGEFLIGHT_CONFIGURE_H

struct bpf_object;
struct btf;
struct filter;
struct loader_opts;
struct pf_config;
struct pf_filter;

/* What both BPF objects are told of this kernel; all else is 0. */
void configure_kernel(struct pf_config *ret_cfg, const struct btf *btf);

/* ret_cfg is in .rodata, so the verifier knows every bound. */
int configure_sizes(struct bpf_object *obj, struct pf_config *ret_cfg,
		    const struct loader_opts *opts, const struct btf *btf);

/* NULL: everything is followed. Then ret_filter stays 0, and its code goes. */
int configure_filter(struct bpf_object *obj, struct pf_filter *ret_filter,
		     const struct filter *filter);

/* The values of a filter that are no numbers: the maps must have been loaded. */
int configure_filter_maps(const struct bpf_object *obj, const struct filter *filter);

#endif
