/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* map_view - a map (BPF_F_MMAPABLE) that is read without a call. A part of this folder. */
#ifndef PAGEFLIGHT_MAP_VIEW_H
#define PAGEFLIGHT_MAP_VIEW_H

#include <stddef.h>

struct bpf_map;

struct map_view {
	void *at;	/* its elements, one behind the other; NULL: it is not open */
	size_t len;
};

/* 0 or -errno. */
int map_view_open(struct map_view *ret_view, const struct bpf_map *map);
void map_view_close(struct map_view *view);

#endif
