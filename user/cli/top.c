// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime top: the clock, its sources and its recent past, live. The daemon is asked once a
 * second, and at once when it reports an event; curses paints what top_screen.c has drawn.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "cli/cli.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "cli/top_screen.h"
#include "cli/view.h"
#include "lib/descriptor_wait.h"

/* Between two questions. */
#define REFRESH_MS	1000

/* Keys are not read while the daemon is asked. */
#define ANSWER_S	2

/* How much of the past is shown at first. */
#define SPAN_S		600

/**
 * struct top - what is shown, and where from
 * @cli: options
 * @follow: events as they happen; NULL: nobody reports them ...
 * @follow_fd: of these, for poll(2)
 * @lost: ... any more, as the daemon that did so has ended
 * @sentences: of the status
 * @host: of the host's clock
 * @right: the clock is
 * @sources: as in the answer; NULL: there was none
 * @past: the recent past ...
 * @past_s: ... of so many seconds; 0: to be asked as a whole
 * @view: how it is shown
 */
struct top {
	struct cli cli;
	FILE *follow;
	int follow_fd;
	bool lost;
	char *sentences;
	char *host;
	bool right;
	json_t *sources;
	struct past past;
	double past_s;
	struct top_view view;
};

/* --- asking --- */

/* What @write writes of @view, to be freed; NULL: no memory. */
static char *text_of(const struct view *view,
		     void (*write)(const struct view *view, FILE *to))
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	write(view, to);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';

	return text;
}

/* What was true a moment ago. */
static void forget(struct top *top)
{
	free(top->sentences);
	free(top->host);
	json_decref(top->sources);
	top->sentences = NULL;
	top->host = NULL;
	top->sources = NULL;
	top->right = false;
}

/* false: the daemon cannot be asked. */
static bool ask_status(struct top *top)
{
	struct view view;
	json_t *reply;

	if (view_open(&top->cli, &view, &reply)) {
		json_decref(reply);
		return false;
	}
	top->sentences = text_of(&view, status_write_sentences);
	top->host = text_of(&view, status_write_host);
	top->right = view_is_synchronised(&view);
	view_close(&view);

	return true;
}

static void ask_sources(struct top *top)
{
	json_t *reply = NULL;

	if (!client_ask(&top->cli, "sources", &reply))
		top->sources = json_incref(json_object_get(reply, "sources"));
	json_decref(reply);
}

/* What is new, or all where another span is shown than before. */
static void ask_past(struct top *top)
{
	json_t *history = NULL, *events = NULL;
	double since_s = top->view.span_s;
	char text[32];

	if (top->past_s >= since_s && top->past.count)
		since_s = 3 + difftime(time(NULL), (time_t)top->past.points[top->past.count -
									     1].time_s);
	else
		top->past.count = 0;
	if (!(since_s >= 1 && since_s <= 86400))
		since_s = top->view.span_s;
	snprintf(text, sizeof(text), "%.0f", since_s);
	if (!client_ask_with(&top->cli, "history", text, &history)) {
		past_append(&top->past, history);
		top->past_s = top->view.span_s;
	}
	if (!client_ask(&top->cli, "events", &events))
		past_read_events(&top->past, events);
	json_decref(history);
	json_decref(events);
}

/* Where too many others follow, once a second has to do. */
static void follow(struct top *top)
{
	top->follow_fd = client_follow_events(&top->cli, &top->follow);
	if (top->follow_fd < 0)
		top->follow = NULL;
	top->lost = false;
}

static void ask(struct top *top)
{
	forget(top);
	if (!ask_status(top))
		return;
	if (top->lost)
		follow(top);
	ask_sources(top);
	ask_past(top);
}

/* --- painting --- */

static bool has_colours(void)
{
	return has_colors() && terminal_may_be_coloured();
}

static void prepare_colours(void)
{
	static const struct {
		short style;
		short colour;
	} colours[] = {
		{ GRID_GOOD, COLOR_GREEN }, { GRID_BAD, COLOR_RED }, { GRID_BAND, COLOR_BLUE },
		{ GRID_CURVE, COLOR_GREEN }, { GRID_MARK, COLOR_YELLOW },
	};

	if (!has_colours())
		return;
	start_color();
	use_default_colors();
	for (size_t i = 0; i < sizeof(colours) / sizeof(*colours); i++)
		init_pair(colours[i].style, colours[i].colour, -1);
}

static attr_t attributes_of(enum grid_style style)
{
	switch (style) {
	case GRID_BOLD:
	case GRID_GOOD:
	case GRID_BAD:
		return A_BOLD;
	case GRID_HEADING:
		return A_REVERSE;
	case GRID_PLAIN:
	case GRID_BAND:
	case GRID_CURVE:
	case GRID_MARK:
	case GRID_STYLES:
		break;
	}

	return A_NORMAL;
}

static void paint_cell(int row, int column, const struct grid_cell *cell)
{
	const wchar_t text[] = { (wchar_t)cell->character, L'\0' };
	short pair = has_colours() && attributes_of(cell->style) != A_REVERSE ?
		     (short)cell->style : 0;
	cchar_t character;

	if (!setcchar(&character, text, attributes_of(cell->style), pair, NULL))
		mvadd_wch(row, column, &character);
}

static void paint(struct top *top)
{
	struct grid *grid = grid_new(LINES, COLS);

	if (!grid)
		return;
	top->view.sentences = top->sentences ? top->sentences :
			      "The daemon truechimed cannot be asked.";
	top->view.host = top->host ? top->host : "";
	top->view.right = top->right;
	top->view.sources = top->sources;
	top->view.past = &top->past;
	top_draw(grid, &top->view);
	erase();
	for (int row = 0; row < grid->rows; row++) {
		for (int column = 0; column < grid->columns; column++)
			paint_cell(row, column, &grid->cells[row * grid->columns + column]);
	}
	refresh();
	grid_free(grid);
}

/* --- the loop --- */

/* false: it is the end. */
static bool obey_keys(struct top *top)
{
	int key;

	while ((key = getch()) != ERR) {
		switch (key) {
		case 'q':
		case 'Q':
			return false;
		case 'n':
			top->view.names = !top->view.names;
			break;
		case 's':
			top->view.sort = (top->view.sort + 1) % TOP_SORTS;
			break;
		case '+':
		case '-':
			top->view.span_s = top_span(top->view.span_s, key == '+');
			ask_past(top);
			break;
		}
	}

	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read what was reported, whatever it is: it is asked for. */
static void take_event(struct top *top)
{
	json_t *event = NULL;

	if (!client_read(top->follow, &event)) {
		json_decref(event);
		return;
	}
	fclose(top->follow);
	top->follow = NULL;
	top->lost = true;
}

/* Until it is time to ask again, or there is something new. false: it is the end. */
static bool wait_for_news(struct top *top, int64_t due_ms)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = top->follow ? top->follow_fd : -1, .events = POLLIN },
		};
		int64_t left_ms = due_ms - now_ms();
		/* Where asking has taken longer than that, too, keys are obeyed. */
		int count = descriptor_wait(fds, 2, left_ms > 0 ? (int)left_ms : 0);

		if (!count || (count < 0 && left_ms <= 0))
			return true;
		/* A signal: the size of the terminal has changed, which getch() reports. */
		if (count > 0 && (fds[0].revents & (POLLHUP | POLLERR)))
			return false;
		if (!obey_keys(top))
			return false;
		paint(top);
		if (count > 0 && fds[1].revents) {
			take_event(top);
			return true;
		}
	}
}

static void run(struct top *top)
{
	int64_t due_ms;

	do {
		due_ms = now_ms() + REFRESH_MS;
		ask(top);
		paint(top);
	} while (wait_for_news(top, due_ms));
}

static int refuse(const char *why)
{
	user_err("top needs a terminal%s. The same without: truechime status, truechime sources, truechime events",
		 why);
	return CLI_ERROR;
}

static int show(struct top *top)
{
	SCREEN *screen;

	setlocale(LC_CTYPE, "");
	top->view.plain = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return refuse(", and curses cannot use this one (see TERM)");
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	curs_set(0);
	keypad(stdscr, TRUE);
	prepare_colours();
	run(top);
	endwin();
	delscreen(screen);

	return CLI_OK;
}

int verb_top(const struct cli *cli)
{
	struct cli asking = *cli;
	struct top *top;
	json_t *reply = NULL;
	int err, status;

	if (!terminal_is_there())
		return refuse(", and standard input or output is none");
	if (!terminal_places_cursor())
		return refuse(" on which the cursor can be moved, and this is none (see TERM)");
	/* So that what is wrong is said before the screen is taken. */
	asking.answer_s = ANSWER_S;
	err = client_ask(&asking, "status", &reply);
	if (err)
		return client_failed(cli, err, reply);
	json_decref(reply);
	top = calloc(1, sizeof(*top));
	if (!top)
		return client_failed(cli, -ENOMEM, NULL);
	top->cli = asking;
	top->view.span_s = cli->since_ns ? (double)cli->since_ns / 1e9 : SPAN_S;
	top->view.names = cli->names;
	follow(top);
	status = show(top);
	if (top->follow)
		fclose(top->follow);
	forget(top);
	free(top);

	return status;
}
