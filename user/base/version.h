/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* version - which pageflight this is. */
#ifndef PAGEFLIGHT_VERSION_H
#define PAGEFLIGHT_VERSION_H

/* "0.1.0"; of a static program also what is inside of it. */
extern const char version_text[];

/* "0.1.0", and no more. */
extern const char version_number[];

#endif
