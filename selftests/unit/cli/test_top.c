// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of `truechime top`: golden ones at usual sizes, and that no size, and nothing from
 * outside, breaks it.
 */
#include "user/cli/top_screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/cli/cli.h"
#include "user/cli/top_graph.h"

#define START_S	1795300000.0
#define CLOCK_SENTENCE \
	"The clock is right to within 50.0 us (host kvm, corrected by NTP 12 s ago)."

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	return -1;
}

FIXTURE(top) {
	struct past past;
	struct top_view view;
	json_t *sources;
	struct grid *grid;
	char line[4 * GRID_MOST + 1];
};

static json_t *source(const char *name, const char *address, const char *state, int64_t offset_ns,
		      int64_t bound_ns)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:{s:I,s:I,s:I,s:f}}",
			 "name", name, "address", address, "kind", "server", "state", state,
			 "stratum", 2, "poll", 6, "reach", 255, "estimate",
			 "age_ns", (json_int_t)5000000000, "adjusted_ns", (json_int_t)offset_ns,
			 "measured_ns", (json_int_t)offset_ns, "distance_ns", (double)bound_ns);
}

FIXTURE_SETUP(top)
{
	memset(self, 0, sizeof(*self));
	self->sources = json_array();
	self->past.now_s = START_S + 600;
	self->view = (struct top_view){
		.sentences = CLOCK_SENTENCE,
		.right = true, .host = "Host clock   : kvm, chosen", .sources = self->sources,
		.past = &self->past, .span_s = 600, .plain = true,
	};
}

FIXTURE_TEARDOWN(top)
{
	json_decref(self->sources);
	grid_free(self->grid);
}

static void draw(FIXTURE_DATA(top) *self, int rows, int columns)
{
	grid_free(self->grid);
	self->grid = grid_new(rows, columns);
	if (!self->grid)
		exit(1);
	top_draw(self->grid, &self->view);
}

/* A row in UTF-8 without the blanks at its end. */
static const char *line(FIXTURE_DATA(top) *self, int row)
{
	char *to = self->line, *end = to;

	for (int i = 0; i < self->grid->columns; i++) {
		uint32_t c = self->grid->cells[row * self->grid->columns + i].character;

		if (c < 0x80) {
			*to++ = (char)c;
		} else {
			*to++ = (char)(0xe0 | c >> 12);
			*to++ = (char)(0x80 | (c >> 6 & 0x3f));
			*to++ = (char)(0x80 | (c & 0x3f));
		}
		if (c != ' ')
			end = to;
	}
	*end = '\0';
	return self->line;
}

/* An hour behind in the middle, for a moment. */
static void fill(FIXTURE_DATA(top) *self)
{
	json_array_append_new(self->sources, source("b.example.net", "192.0.2.1", "selected", 1149,
						    4193));
	json_array_append_new(self->sources, source("a.example.net", "192.0.2.9", "falseticker",
						    -500000000, 100));
	for (int i = 0; i < 600; i++)
		self->past.points[self->past.count++] = (struct past_point){
			.time_s = START_S + i,
			.offset_ns = i == 300 ? -3.6e12 : 1000 * sin(i / 30.0),
			.bound_ns = i < 300 ? 1e5 : i < 400 ? NAN : 1e6,
		};
	self->past.event_count = 1;
	self->past.events[0] = (struct past_event){
		.time_s = START_S + 300.5, .cause = "revert", .text = "reverted by 1 h, stepped",
	};
}

static void expect_screen(struct __test_metadata *_metadata, FIXTURE_DATA(top) *self,
			  const char *const *screen, int rows)
{
	ASSERT_EQ(self->grid->rows, rows);
	for (int i = 0; i < rows; i++) {
		EXPECT_STREQ(screen[i], line(self, i))
			TH_LOG("row %d", i);
	}
}

#include "top_screens.h"

TEST_F(top, usual_size)
{
	fill(self);
	draw(self, 24, 80);
	expect_screen(_metadata, self, usual_screen, ARRAY_SIZE(usual_screen));
	EXPECT_EQ(GRID_GOOD, self->grid->cells[0].style);
	EXPECT_EQ(GRID_BAD, self->grid->cells[4 * 80].style);
}

TEST_F(top, braille)
{
	fill(self);
	self->view.plain = false;
	draw(self, 20, 60);
	expect_screen(_metadata, self, braille_screen, ARRAY_SIZE(braille_screen));
}

TEST_F(top, small_size)
{
	fill(self);
	draw(self, 8, 40);
	expect_screen(_metadata, self, small_screen, ARRAY_SIZE(small_screen));
}

TEST_F(top, any_size)
{
	fill(self);
	for (int rows = 1; rows < 40; rows++) {
		for (int columns = 1; columns < 120; columns += 7)
			draw(self, rows, columns);
	}
	draw(self, 5000, 5000);
	EXPECT_EQ(GRID_MOST, self->grid->rows);
}

TEST_F(top, nothing_is_known)
{
	self->view.sources = NULL;
	self->view.right = false;
	self->view.sentences = "The daemon truechimed cannot be asked.";
	self->view.host = "";
	draw(self, 24, 80);
	EXPECT_STREQ("The daemon truechimed cannot be asked.", line(self, 0));
	EXPECT_EQ(GRID_BAD, self->grid->cells[0].style);
	EXPECT_STREQ("Nothing is remembered yet.", line(self, 3));
}

TEST_F(top, sources_are_sorted_and_named)
{
	fill(self);
	self->view.names = true;
	self->view.sort = TOP_NAME;
	draw(self, 24, 80);
	EXPECT_EQ(0, strncmp("^x a.example.net ", line(self, 3), 17));
	self->view.sort = TOP_CONFIGURED;
	draw(self, 24, 80);
	EXPECT_EQ(0, strncmp("^* b.example.net ", line(self, 3), 17));
	self->view.sort = TOP_OFFSET;
	draw(self, 24, 80);
	EXPECT_EQ(0, strncmp("^x", line(self, 3), 2));
	self->view.sort = TOP_BOUND;
	draw(self, 24, 80);
	EXPECT_EQ(0, strncmp("^x", line(self, 3), 2));
}

TEST_F(top, more_sources_than_rows)
{
	fill(self);
	for (int i = 0; i < 30; i++)
		json_array_append_new(self->sources, source("c", "192.0.2.3", "combined", 1, 2));
	draw(self, 24, 80);
	for (int i = 0; i < 24; i++) {
		if (!strncmp(line(self, i), "... and ", 8))
			return;
	}
	EXPECT_TRUE(false);
}

/* Escape sequences of names do not reach the terminal. */
TEST_F(top, control_characters_are_not_shown)
{
	json_array_append_new(self->sources, source("", "\x1b[2J\xc2\x9b", "selected", 1, 2));
	draw(self, 24, 80);
	for (int i = 0; i < 24 * 80; i++)
		EXPECT_TRUE(self->grid->cells[i].character >= ' ' &&
			    self->grid->cells[i].character <= '~');
}

TEST_F(top, spans)
{
	EXPECT_EQ(1800, top_span(600, true));
	EXPECT_EQ(300, top_span(600, false));
	EXPECT_EQ(60, top_span(60, false));
	EXPECT_EQ(86400, top_span(86400, true));
	EXPECT_EQ(86400, top_span(1e9, true));
}

static json_t *history_at(int64_t now_s)
{
	return json_pack("{s:f,s:[],s:[],s:[],s:[]}", "now_ns", (double)now_s * 1e9, "time_ns",
			 "offset_ns", "maxerror_ns", "frequency_ppb");
}

/* A point at each second of these, after START_S. */
static void add_points(json_t *history, int from, int to)
{
	for (int i = from; i < to; i++) {
		json_array_append_new(json_object_get(history, "time_ns"),
				      json_integer((json_int_t)((START_S + i) * 1e9)));
		json_array_append_new(json_object_get(history, "offset_ns"), json_integer(i));
		json_array_append_new(json_object_get(history, "maxerror_ns"), json_null());
		json_array_append_new(json_object_get(history, "frequency_ppb"), json_real(0));
	}
}

TEST_F(top, new_points_give_way_to_newer_ones)
{
	json_t *history = history_at((int64_t)START_S + 610);

	fill(self);
	add_points(history, 590, 610);
	past_append(&self->past, history);
	EXPECT_EQ(610, self->past.count);
	EXPECT_EQ(-609, self->past.points[609].offset_ns);
	self->past.count = PAST_POINTS_MAX;
	self->past.points[PAST_POINTS_MAX - 1].time_s = START_S + 600;
	past_append(&self->past, history);
	EXPECT_EQ(PAST_POINTS_MAX / 2 + 9, self->past.count);
	json_decref(history);
}

/* What was before is of a time to come then. */
TEST_F(top, a_clock_that_was_set_back_is_drawn_from_then_on)
{
	json_t *history = history_at((int64_t)START_S + 102);

	fill(self);
	add_points(history, 599, 600);
	add_points(history, 100, 102);
	past_append(&self->past, history);
	EXPECT_EQ(2, self->past.count);
	json_decref(history);
	history = history_at((int64_t)START_S + 103);
	add_points(history, 102, 103);
	past_append(&self->past, history);
	EXPECT_EQ(-102, self->past.points[self->past.count - 1].offset_ns);
	json_decref(history);
}

TEST_HARNESS_MAIN
