// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* exposure.c - see exposure.h. */
#include "exposure.h"

#include <stdio.h>
#include <string.h>

#include "base/fmt.h"

#define PATH_WIDTH 64
#define NAMED 3			/* openers in the text */

/* 1,234,567 */
static const char *grouped(char buf[32], __u64 n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && !((len - i) % 3))
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

static const char *means(bool open, bool mapped)
{
	if (open && mapped)
		return "open and mapped for writing";
	return mapped ? "mapped for writing" : "open for writing";
}

static void put_file(FILE *out, const struct exposure *e)
{
	char clean[4 * PATH_WIDTH + 2], dev[FMT_DEV_LEN];

	if (e->path)
		fputs(fmt_cell(clean, sizeof(clean), e->path, PATH_WIDTH, true), out);
	else
		fprintf(out, "inode %llu on %s", e->ino, fmt_dev(dev, e->dev));
	if (e->deleted)
		fputs(" (deleted)", out);
}

static void put_openers(FILE *out, const struct exposure *e)
{
	size_t n = e->n_openers < NAMED ? e->n_openers : NAMED;
	char clean[4 * PF_COMM_LEN + 2];

	if (!n) {
		fprintf(out, "somebody %s it %s", e->sought ? "had" : "has",
			means(e->how & PF_EXPOSED_OPEN, e->how & PF_EXPOSED_MAPPED));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct opener *who = &e->openers[i];

		fprintf(out, "%s%s[%u] has it %s", i ? ", " : "",
			fmt_cell(clean, sizeof(clean), who->comm, PF_COMM_LEN, false), who->pid,
			means(who->open, who->mapped));
	}
	if (e->n_openers > n)
		fprintf(out, ", and %zu more", e->n_openers - n);
	else if (e->openers_cut)
		fputs(", and perhaps others", out);
}

char *exposure_text(char buf[EXPOSURE_TEXT], const struct exposure *e)
{
	char clean[4 * PF_COMM_LEN + 2], pages[32];
	FILE *out = fmemopen(buf, EXPOSURE_TEXT, "w");

	buf[0] = '\0';
	if (!out)
		return buf;
	fprintf(out, "%s sends ", fmt_cell(clean, sizeof(clean), e->comm, PF_COMM_LEN, false));
	put_file(out, e);
	fprintf(out, " by reference (%s page%s); ", grouped(pages, e->pages), e->pages == 1 ? "" : "s");
	put_openers(out, e);
	if (e->incidents)
		fprintf(out, ", overwritten in flight %llu time%s", e->incidents,
			e->incidents == 1 ? "" : "s");
	else
		fputs(", nothing overwritten yet", out);
	fclose(out);
	buf[EXPOSURE_TEXT - 1] = '\0';
	return buf;
}
