// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* shown.c - see shown.h. */
#include "shown.h"

static const char *const view_names[] = {
	[PATH_UNKNOWN] = "unknown",
	[PATH_SELF] = "self",
	[PATH_WRITER] = "writer",
	[PATH_SENDER] = "sender",
	[PATH_OWNER] = "owner",
	[PATH_NO_TREE] = "none",
};

const char *path_view_name(enum path_view view)
{
	return view < sizeof(view_names) / sizeof(view_names[0]) ? view_names[view] : "unknown";
}
