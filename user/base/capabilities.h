/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* capabilities - those of this thread. Others of the process have their own. */
#ifndef PAGEFLIGHT_CAPABILITIES_H
#define PAGEFLIGHT_CAPABILITIES_H

#include <stdbool.h>
#include <linux/types.h>

#define CAPABILITY(capability) (1ull << (capability))	/* of a CAP_... */

/* Those in effect; none if the kernel does not say. */
__u64 capabilities_effective(void);

/* Is this one (CAP_...) in effect? */
bool capabilities_have(int capability);

/* Keep none but these, nor let any be gained. 0 or -errno. */
int capabilities_keep(__u64 keep);

#endif
