/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* measure - the kernel measures BPF programs only as long as somebody asks for it. */
#ifndef PAGEFLIGHT_MEASURE_H
#define PAGEFLIGHT_MEASURE_H

/*
 * Let the kernel count the invocations of all BPF programs and the time inside of them, until the
 * descriptor is closed, which is returned; or -errno. It needs CAP_SYS_ADMIN, and costs each
 * invocation two looks at a clock.
 */
int measure_programs(void);

#endif
