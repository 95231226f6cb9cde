// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* chunk.c - see chunk.h. A chunk begins with the counters, so that it can be the first. */
#include "chunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pack.h"
#include "schema.h"

#define CHUNK_BYTES (32u << 10)

struct chunk {
	struct db *db;
	sqlite3_stmt *put;
	__u64 number, mono, entries;
	bool dirty;			/* not stored as it is */
	__u64 totals[TOTALS_WORDS];
	__u64 bytes;
	FILE *out;
	char *data;
	size_t len;
};

struct chunk *chunk_new(struct db *db)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->db = db;
	c->put = db_prepare(db, "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?)");
	c->out = open_memstream(&c->data, &c->len);
	if (!c->out) {
		free(c);
		return NULL;
	}
	return c;
}

static void add(struct chunk *c, const struct feed_head *head, const void *data)
{
	static const char zeros[8];

	pack_bytes(c->out, head, sizeof(*head));
	pack_bytes(c->out, data, head->size);
	pack_bytes(c->out, zeros, FEED_PAD(head->size) - head->size);
	c->entries++;
	c->dirty = true;
}

static bool begin(struct chunk *c)
{
	struct feed_head head = { .kind = FEED_BASE };
	size_t len = 0;
	char *data = NULL;
	FILE *out = open_memstream(&data, &len);

	if (!out)
		return false;
	pack_words(out, c->totals, TOTALS_WORDS);
	if (fclose(out))
		return false;
	head.size = len;
	c->number++;
	c->mono = clock_mono_ns();
	c->entries = 0;
	add(c, &head, data);
	free(data);
	return true;
}

/* The first chunk begins where the engine does: there are no counters yet. */
static bool roll(struct chunk *c)
{
	if (!c->number) {
		c->number = 1;
		c->mono = clock_mono_ns();
		return true;
	}
	if (c->len < CHUNK_BYTES)
		return true;
	if (!chunk_store(c))
		return false;
	rewind(c->out);
	c->len = 0;
	return begin(c);
}

bool chunk_add(struct chunk *c, const struct frame *frame)
{
	struct feed_head head;
	struct unpack u = { .at = frame->data, .left = frame->size };

	unpack_bytes(&u, &head, sizeof(head));
	if (u.bad || head.size != u.left || head.size > FEED_ENTRY_MAX) {
		db_failed(c->db, SQLITE_CORRUPT, "a frame is broken");
		return false;
	}
	if (!roll(c)) {
		db_failed(c->db, SQLITE_NOMEM, "out of memory");
		return false;
	}
	add(c, &head, u.at);
	c->bytes += sizeof(head) + head.size;
	if (head.kind == FEED_BASE)
		memset(c->totals, 0, sizeof(c->totals));
	if (head.kind == FEED_TOTALS)
		unpack_u64(&u);
	if (head.kind == FEED_TOTALS || head.kind == FEED_BASE)
		unpack_words(&u, c->totals, TOTALS_WORDS);
	if (fflush(c->out))
		db_failed(c->db, SQLITE_NOMEM, "out of memory");
	return !c->db->code;
}

bool chunk_store(struct chunk *c)
{
	if (!c->dirty)
		return true;
	c->dirty = false;
	return db_put(c->db, c->put, "iiib", c->number, c->mono, c->entries, c->data, c->len);
}

__u64 chunk_bytes(const struct chunk *c)
{
	return c->bytes;
}

void chunk_free(struct chunk *c)
{
	if (!c)
		return;
	fclose(c->out);
	free(c->data);
	free(c);
}
