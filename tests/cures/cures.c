// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * cures races - carry out each line of standard input, "NAME before|after lo|veth|tun DIR", and
 *	print how many wrong bytes the reader got
 * cures price DIR - print what the cures cost
 * cures list - print each cure's name, whether it is one for "all" readers or "remote" ones
 *	alone, and whether it wants a file system with "reflink" or "any"
 */
#include <stdio.h>
#include <string.h>

#include "lib/say.h"
#include "net.h"
#include "price.h"
#include "race.h"

static enum net net_find(const char *name)
{
	enum net net = 0;

	while (net < NET_MAX && strcmp(net_names[net], name))
		net++;
	must(net < NET_MAX, "no way to a reader: %s", name);
	return net;
}

static void run_races(void)
{
	char name[32], when[8], net[8], dir[256];

	net_open();
	while (scanf("%31s %7s %7s %255s", name, when, net, dir) == 4) {
		const struct cure *cure = cure_find(name);

		must(cure, "no such cure: %s", name);
		printf("%zu\n", race(cure, !strcmp(when, "after"), net_find(net), dir));
		fflush(stdout);
	}
}

static void list(void)
{
	for (const struct cure *c = cures; c->name; c++)
		printf("%s %s %s\n", c->name, c->remote_only ? "remote" : "all",
		       c->reflink ? "reflink" : "any");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "races")) {
		run_races();
	} else if (argc == 3 && !strcmp(argv[1], "price")) {
		net_open();
		price_senders(argv[2]);
		price_writers(argv[2]);
	} else if (argc == 2 && !strcmp(argv[1], "list")) {
		list();
	} else {
		fputs("usage: cures races|list\n       cures price DIR\n", stderr);
		return 2;
	}
	return 0;
}
