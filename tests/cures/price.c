// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* price - see price.h. */
#include "price.h"

#include <sys/socket.h>

#include "lib/say.h"

void *price_read(void *reading)
{
	static char bytes[1 << 20];
	struct reading *r = reading;
	size_t want = r->discards ? sizeof(bytes) : CHUNK;

	for (size_t left = r->size; left;) {
		ssize_t n = recv(r->rx, bytes, left < want ? left : want,
				 r->discards ? MSG_TRUNC : 0);

		must(n > 0, "recv");
		left -= n;
	}
	return NULL;
}

int price_choose(const struct cure **ret, bool (*want)(const struct cure *c), const char *dir)
{
	bool reflinks = site_reflinks(dir);
	int n = 0;

	for (const struct cure *c = cures; c->name; c++)
		if (c == cures || (want(c) && !c->bpf && (reflinks || !c->reflink)))
			ret[n++] = c;
	return n;
}
