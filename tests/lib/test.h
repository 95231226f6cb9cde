/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* test - cmocka with the headers it wants first, and what its tests are written in. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The head of a test that needs no state. */
#define TEST_FN(name) static void name(void **state __attribute__((unused)))

#endif
