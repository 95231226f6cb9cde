/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * unit.h - cmocka with the headers it wants first, and what several tests share.
 */
#ifndef PAGEFLIGHT_UNIT_H
#define PAGEFLIGHT_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
