// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* screen.c - see screen.h. */
#define NCURSES_WIDECHAR 1
#include "screen.h"

#include <locale.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>
#undef lines		/* a name of what a terminal can do */

#include "model.h"

static SCREEN *screen;

/* A terminal that cannot move its cursor shows frames one below the other. */
static bool is_dumb(void)
{
	return !cursor_address || !clear_screen;
}

/*
 * Signals of the terminal are for the session, but for the one that would stop it: its hooks
 * would go on without it, and what they report be lost.
 */
static void set_keys(void)
{
	struct termios settings;

	cbreak();
	noecho();
	nonl();
	if (tcgetattr(STDIN_FILENO, &settings))
		return;
	settings.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
	def_prog_mode();
}

bool screen_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	if (is_dumb()) {
		screen_close();
		return false;
	}
	set_keys();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	return true;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void screen_size(unsigned int *ret_width, unsigned int *ret_height)
{
	int width, height;

	getmaxyx(stdscr, height, width);
	*ret_width = width > 0 ? width : 1;
	*ret_height = height > 0 ? height : 1;
}

static attr_t attributes(enum canvas_style style)
{
	switch (style) {
	case CANVAS_TITLE:
		return A_REVERSE;
	case CANVAS_STRONG:
		return A_BOLD;
	case CANVAS_CHOSEN:
		return A_STANDOUT | A_BOLD;
	default:
		return A_NORMAL;
	}
}

/* The last place of the last line is left alone: some terminals scroll behind it. */
static void put_line(unsigned int y, const struct canvas_line *line, unsigned int width, bool last)
{
	attr_t attr = attributes(line->style);

	wmove(stdscr, y, 0);
	wclrtoeol(stdscr);
	wattrset(stdscr, attr);
	waddnstr(stdscr, line->text, -1);
	for (int x = getcurx(stdscr); attr & A_REVERSE && getcury(stdscr) == (int)y &&
	     x < (int)width - last; x++)
		waddch(stdscr, ' ');
	wattrset(stdscr, A_NORMAL);
}

void screen_show(const struct canvas *canvas)
{
	for (unsigned int y = 0; y < canvas->height; y++)
		put_line(y, &canvas->lines[y], canvas->width, y + 1 == canvas->height);
	wrefresh(stdscr);
}

void screen_renew(void)
{
	clearok(curscr, TRUE);
}

int screen_key(void)
{
	int key = wgetch(stdscr);

	switch (key) {
	case ERR:
		return SCREEN_NO_KEY;
	case KEY_RESIZE:
		return SCREEN_RESIZED;
	case KEY_UP:
		return KEY_OF_UP;
	case KEY_DOWN:
		return KEY_OF_DOWN;
	case KEY_PPAGE:
		return KEY_OF_PAGE_UP;
	case KEY_NPAGE:
		return KEY_OF_PAGE_DOWN;
	case KEY_BACKSPACE:
		return '\b';
	case KEY_ENTER:
		return '\n';
	default:
		return key < KEY_CODE_YES ? key : SCREEN_NO_KEY;
	}
}
