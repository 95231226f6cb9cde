// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* map_view.c - see map_view.h. */
#include "map_view.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

int map_view_open(struct map_view *ret_view, const struct bpf_map *map)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t len = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	void *at;

	len = (len + page - 1) & -page;
	at = mmap(NULL, len, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret_view = (struct map_view){ at, len };
	return 0;
}

void map_view_close(struct map_view *view)
{
	if (view->at)
		munmap(view->at, view->len);
}
