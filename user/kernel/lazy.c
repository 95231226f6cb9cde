// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* lazy.c - see lazy.h. A file system that is added here needs each function that zeroes for it. */
#include "lazy.h"

#include <string.h>

#include "hooks.h"
#include "wire.h"

/* Is every program of this function attached? One that would never act is not needed. */
static bool is_hooked(const struct hook *hooks, size_t n, const char *symbol)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(hooks[i].symbol, symbol) || hooks[i].state == HOOK_NOT_NEEDED)
			continue;
		if (hooks[i].state != HOOK_ATTACHED)
			return false;
		any = true;
	}
	return any;
}

bool lazy_possible(const struct hook *hooks, size_t n)
{
	return is_hooked(hooks, n, "task_vma") && is_hooked(hooks, n, "notify_change") &&
	       (is_hooked(hooks, n, "mapping_rmap_tree_insert") ||
		is_hooked(hooks, n, "vma_interval_tree_insert"));
}

__u32 lazy_file_systems(const struct hook *hooks, size_t n)
{
	bool zero = is_hooked(hooks, n, "truncate_inode_partial_folio");
	__u32 sound = 0;

	if (zero && is_hooked(hooks, n, "generic_perform_write")) {
		sound |= PF_FS_TMPFS;
		if (is_hooked(hooks, n, "ext4_block_zero_range") ||
		    is_hooked(hooks, n, "ext4_block_zero_page_range"))
			sound |= PF_FS_EXT4;
	}
	if (zero && is_hooked(hooks, n, "iomap_file_buffered_write") &&
	    is_hooked(hooks, n, "iomap_truncate_page") && is_hooked(hooks, n, "iomap_zero_range"))
		sound |= PF_FS_XFS;
	return sound;
}

const char *lazy_file_system_name(unsigned int i)
{
	static const char *const names[] = { "tmpfs", "ext4", "xfs" };

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}
