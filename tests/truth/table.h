/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* table - prints the result of the bench for people. */
#ifndef TRUTH_TABLE_H
#define TRUTH_TABLE_H

#include "judge.h"

void table_print(FILE *out, const char *kernel, const char *content,
		 const struct truth_judge *j);

#endif
