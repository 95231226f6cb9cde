/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * err - the text of an error: one line that says what is wrong and, where that
 * is known, what to do. It goes up with the error's number, and whoever decides
 * that this is the end logs it.
 */
#ifndef PAGEFLIGHT_ERR_H
#define PAGEFLIGHT_ERR_H

struct err {
	char text[512];
};

/* Set the text, cut if it does not fit, and return code, so that a caller can return it. */
__attribute__((format(printf, 3, 4)))
int err_set(struct err *ret_err, int code, const char *format, ...);

#endif
