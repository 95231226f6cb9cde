/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* screen - the terminal. Only screen.c sees curses. */
#ifndef PAGEFLIGHT_SCREEN_H
#define PAGEFLIGHT_SCREEN_H

#include <stdbool.h>
#include "canvas.h"

/* Take the terminal. False if it cannot move its cursor, or standard input or output is none. */
bool screen_open(void);

/* Give it back as it was. */
void screen_close(void);

void screen_size(unsigned int *ret_width, unsigned int *ret_height);
void screen_show(const struct canvas *canvas);

/* Draw all of it again with the next frame. */
void screen_renew(void);

enum { SCREEN_NO_KEY = -1, SCREEN_RESIZED = -2 };

/* The next key, as model_key() wants it, or one of these. Never waits. */
int screen_key(void);

#endif
