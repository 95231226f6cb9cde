// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Any line of /proc/PID/maps: what is taken for a mapping is one, and covers what it must. */
#include <stdlib.h>
#include <string.h>

#include "base/procmaps.h"
#include "fuzz.h"

typedef unsigned __int128 wide;

static bool overlap(const struct mapping *m, uint64_t off, uint64_t len)
{
	return len && (wide)m->offset < (wide)off + len &&
	       (wide)m->offset + (m->end - m->start) > off;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t off = take(&in, 8), len = take(&in, 4);
	char *line = take_text(&in);
	struct mapping m;

	if (procmaps_shared_writable(line, &m)) {
		CHECK(m.start < m.end && m.ino);
		CHECK(strchr(line, 'w') && strchr(line, 's'));
		CHECK(procmaps_covers(&m, off, len) == overlap(&m, off, len));
	}
	free(line);
	return 0;
}
