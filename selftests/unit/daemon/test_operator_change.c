// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's commands that change an option of a source: what of them reaches which source, and
 * what is refused with which words. The sources are stand-ins.
 */
#include "user/daemon/requests.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/sources/change.h"

#define CHANGES_MAX	4

static const struct refclock_record readings;

/* A server, two of a pool, and a reference clock; and what was changed of them. */
static struct {
	struct source_change changes[CHANGES_MAX];
	uint64_t serials[CHANGES_MAX];
	size_t count;
} world;

static void put(struct state *state, uint64_t serial, const char *name, const char *address,
		bool refclock)
{
	struct association_info *info = &state->sources[state->source_count++].info;

	*info = (struct association_info){ .name = name, .serial = serial };
	strcpy(info->address, address);
	if (refclock)
		info->readings = &readings;
	else if (net_address_parse(address, AF_UNSPEC, &info->ip))
		abort();
}

void daemon_get_state(struct daemon *daemon, struct state *state)
{
	state->source_count = 0;
	put(state, 1, "192.0.2.1", "192.0.2.1", false);
	put(state, 2, "pool.example.net", "192.0.2.2", false);
	put(state, 3, "pool.example.net", "2001:db8::3", false);
	put(state, 4, "/dev/ptp0", "PHC0", true);
}

int change_option_named(const char *name, enum change_option *option)
{
	static const struct {
		const char *name;
		enum change_option option;
	} rows[] = {
		{ "minpoll", CHANGE_MINPOLL }, { "maxdelay", CHANGE_MAXDELAY },
		{ "maxdelayratio", CHANGE_MAXDELAYRATIO }, { "offset", CHANGE_OFFSET },
		{ "selectopts", CHANGE_SELECTION },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(name, rows[i].name)) {
			*option = rows[i].option;
			return 0;
		}
	}

	return -EINVAL;
}

double change_nearest(enum change_option option, double value)
{
	return value > 24 ? 24 : value;
}

int change_source(struct associations *list, uint64_t serial, const struct source_change *change)
{
	world.serials[world.count] = serial;
	world.changes[world.count++] = *change;
	return 0;
}

FIXTURE(commands) {
	struct daemon daemon;
	char said[512];
};

FIXTURE_SETUP(commands)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(commands)
{
}

/* How many sources were changed; -1: it was refused. What was said is kept. */
static int ask(FIXTURE_DATA(commands) *self, const char *text)
{
	const char *said = "";
	json_t *reply;
	bool ok;

	memset(&world, 0, sizeof(world));
	reply = daemon_change_option(&self->daemon, text, &said);
	ok = json_is_true(json_object_get(reply, "ok"));
	if (ok)
		said = json_string_value(json_object_get(reply, "warning"));
	snprintf(self->said, sizeof(self->said), "%s", said ? said : "");
	json_decref(reply);

	return ok ? (int)world.count : -1;
}

TEST_F(commands, a_value_reaches_the_source)
{
	EXPECT_EQ(1, ask(self, "minpoll 192.0.2.1 -2"));
	EXPECT_EQ(1, world.serials[0]);
	EXPECT_EQ(CHANGE_MINPOLL, world.changes[0].option);
	EXPECT_EQ(-2.0, world.changes[0].value);
	EXPECT_STREQ("", self->said);
	EXPECT_EQ(1, ask(self, "maxdelay 2001:db8::3 1e-3"));
	EXPECT_EQ(3, world.serials[0]);
	EXPECT_EQ(1e-3, world.changes[0].value);
}

TEST_F(commands, a_name_is_all_its_servers)
{
	EXPECT_EQ(2, ask(self, "maxdelayratio Pool.example.net 2.5"));
	EXPECT_EQ(2, world.serials[0]);
	EXPECT_EQ(3, world.serials[1]);
}

TEST_F(commands, a_refclock_goes_by_its_reference_id)
{
	EXPECT_EQ(1, ask(self, "offset PHC0 -0.5"));
	EXPECT_EQ(4, world.serials[0]);
	EXPECT_EQ(1, ask(self, "selectopts PHC0 +trust"));
	EXPECT_EQ(4, world.serials[0]);
	/* It has no delay. */
	EXPECT_EQ(-1, ask(self, "maxdelay PHC0 0.5"));
	EXPECT_EQ(0, world.count);
	EXPECT_STREQ("no time source that takes maxdelay goes by 'PHC0'. See: truechime sources",
		     self->said);
}

TEST_F(commands, options_of_the_selection_are_set_and_taken_back)
{
	const struct source_change *change = &world.changes[0];

	EXPECT_EQ(1, ask(self, "selectopts 192.0.2.1 +prefer -trust +noselect"));
	EXPECT_EQ(CHANGE_SELECTION, change->option);
	EXPECT_TRUE(change->given.prefer && change->selection.prefer);
	EXPECT_TRUE(change->given.trust && !change->selection.trust);
	EXPECT_TRUE(change->given.noselect && change->selection.noselect);
	EXPECT_FALSE(change->given.require);
	EXPECT_EQ(-1, ask(self, "selectopts 192.0.2.1 +prefer trust"));
	EXPECT_EQ(0, world.count);
	EXPECT_NE(NULL, strstr(self->said, "'trust'")) TH_LOG("%s", self->said);
	EXPECT_EQ(-1, ask(self, "selectopts 192.0.2.1 +"));
	EXPECT_EQ(-1, ask(self, "selectopts 192.0.2.1 ++trust"));
}

TEST_F(commands, what_counts_as_another_value_is_said)
{
	EXPECT_EQ(1, ask(self, "minpoll 192.0.2.1 99999999999999999999"));
	EXPECT_NE(NULL, strstr(self->said, "and counts as 24")) TH_LOG("%s", self->said);
}

TEST_F(commands, nonsense_is_refused)
{
	static const char *const refused[] = {
		"", "minpoll", "minpoll 192.0.2.1", "minpoll 192.0.2.1 4.5", "minpoll 192.0.2.1 x",
		"minpoll 192.0.2.1 4 5", "maxdelay 192.0.2.1 5ms", "maxdelay 192.0.2.1 nan",
		"maxdelay 192.0.2.1 1e999", "minpoll 192.0.2.0/24 4", "minpoll 192.0.2.9 4",
		"driftfile 192.0.2.1 4", "minpoll nobody 4",
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_EQ(-1, ask(self, refused[i])) TH_LOG("%s", refused[i]);
		EXPECT_EQ(0, world.count);
		EXPECT_NE('\0', *self->said);
	}
	EXPECT_EQ(-1, ask(self, "maxdelay 192.0.2.1 5ms"));
	EXPECT_STREQ("'maxdelay 5ms': a number was expected, in seconds and without a unit",
		     self->said);
}

TEST_HARNESS_MAIN
