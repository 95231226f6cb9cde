// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* version.c - see version.h. The Makefile has the version. */
#include "version.h"

#include <features.h>

#ifndef PF_VERSION
#define PF_VERSION "0.1.0"
#endif

#ifdef PF_INSIDE
#define TEXT(value) #value
#define VALUE(macro) TEXT(macro)
#define INSIDE ", static: " PF_INSIDE " glibc " VALUE(__GLIBC__) "." VALUE(__GLIBC_MINOR__)
#else
#define INSIDE ""
#endif

const char version_number[] = PF_VERSION;
const char version_text[] = PF_VERSION INSIDE;
