// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* progs - see progs.h. */
#include "progs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "lib/say.h"

static int counting = -1;

void progs_count(void)
{
	counting = bpf_enable_stats(BPF_STATS_RUN_TIME);
	must(counting >= 0, "the kernel does not count runs");
}

void progs_uncount(void)
{
	close(counting);
}

void progs_read(struct progs *ret_progs)
{
	__u32 id = 0;

	ret_progs->n = 0;
	while (!bpf_prog_get_next_id(id, &id) && ret_progs->n < PROGS_MAX) {
		struct prog *p = &ret_progs->prog[ret_progs->n];
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		must(!bpf_obj_get_info_by_fd(fd, &info, &len), "a program's description");
		close(fd);
		snprintf(p->name, sizeof(p->name), "%s", info.name);
		p->id = id;
		p->jited = info.jited_prog_len;
		p->runs = info.run_cnt;
		p->ns = info.run_time_ns;
		ret_progs->n++;
	}
}

static const struct prog *find(const struct progs *in, uint32_t id)
{
	for (int i = 0; i < in->n; i++)
		if (in->prog[i].id == id)
			return &in->prog[i];
	return NULL;
}

static int by_ns(const void *a, const void *b)
{
	const struct prog *x = a, *y = b;

	return (x->ns < y->ns) - (x->ns > y->ns);
}

void progs_between(const struct progs *before, struct progs *after)
{
	int n = 0;

	for (int i = 0; i < after->n; i++) {
		struct prog p = after->prog[i];
		const struct prog *was = find(before, p.id);

		if (was) {
			p.runs -= was->runs;
			p.ns -= was->ns;
		}
		if (p.runs)
			after->prog[n++] = p;
	}
	after->n = n;
	qsort(after->prog, n, sizeof(after->prog[0]), by_ns);
}

/* "memlock" is the memory of the map. Before 6.4 it is an estimate from the size of its values. */
static uint64_t map_bytes(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	must(f, "%s", path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

int progs_maps(struct map ret_maps[MAPS_MAX])
{
	__u32 id = 0;
	int n = 0;

	while (!bpf_map_get_next_id(id, &id) && n < MAPS_MAX) {
		struct bpf_map_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		must(!bpf_obj_get_info_by_fd(fd, &info, &len), "a map's description");
		snprintf(ret_maps[n].name, sizeof(ret_maps[n].name), "%s", info.name);
		ret_maps[n++].bytes = map_bytes(fd);
		close(fd);
	}
	return n;
}
