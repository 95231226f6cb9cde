// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* capabilities.c - see capabilities.h. */
#include "capabilities.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

/* The kernel's form of three sets of capabilities: 32 bits of each, twice. */
struct sets {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

#define SETS_INIT { .head.version = _LINUX_CAPABILITY_VERSION_3 }

__u64 capabilities_effective(void)
{
	struct sets sets = SETS_INIT;
	const struct __user_cap_data_struct *data = sets.data;

	if (syscall(SYS_capget, &sets.head, sets.data))
		return 0;
	return data[0].effective | (__u64)data[1].effective << 32;
}

bool capabilities_have(int capability)
{
	return capabilities_effective() & CAPABILITY(capability);
}

int capabilities_keep(__u64 keep)
{
	__u64 have = capabilities_effective();
	struct sets sets = SETS_INIT;

	/* Without CAP_SETPCAP the bounding set stays, which counts for a program that is started. */
	for (int i = 0; i < 64 && have & CAPABILITY(CAP_SETPCAP); i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			break;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets.data[i].permitted = (have & keep) >> (32 * i);
		sets.data[i].effective = (have & keep) >> (32 * i);
	}
	/* With the inheritable ones gone, the kernel takes the ambient ones. */
	return syscall(SYS_capset, &sets.head, sets.data) ? -errno : 0;
}
