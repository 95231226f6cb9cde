// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* table - the cures. */
#include <string.h>

#include "cure.h"

#define SENDS .own_sender = true
#define WRITES .own_writer = true

const struct cure cures[] = {
	{ "sendfile", .send = send_by_reference, .write = write_in_place },
	{ "rename", .send = send_by_reference, .write = write_and_rename, WRITES },
	{ "reflink-rename", .send = send_by_reference, .write = reflink_and_rename,
	  .reflink = true, WRITES },
	{ "read-send", .send = send_copy, .write = write_in_place, SENDS },
	{ "reflink-send", .send = send_reflink, .write = write_in_place,
	  .reflink = true, SENDS },
	{ "zerocopy", zerocopy_begin, send_zerocopy, write_in_place,
	  .send_before = send_zerocopy_rashly, .full_window = true, SENDS },
	{ "tx-ack", stamp_begin, send_stamped, write_when_stamped, .remote_only = true,
	  SENDS, WRITES },
	{ "siocoutq", .send = send_by_reference, .write = write_when_empty,
	  .remote_only = true, WRITES },
	{ "wait", wait_begin, send_by_reference, write_when_free, .bpf = true,
	  WRITES },
	{ "sealed", seal_begin, send_sealed, seal_anew, SENDS, WRITES },
	{ 0 },
};

const struct cure *cure_find(const char *name)
{
	for (const struct cure *c = cures; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}
