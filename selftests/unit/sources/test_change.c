// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of a source that the operator changes: what of them reaches the source and its requests,
 * how long they hold, and what authselectmode makes of them.
 */
#include "user/sources/change.h"

#include "selftests/unit/association_world.h"
#include "user/sources/operate.h"
#include "user/sources/target.h"

static int change(size_t index, enum change_option option, double value)
{
	struct source_change to = { .option = option, .value = value };

	return change_source(the_world->list, source_serial(source_at(index)), &to);
}

static int set_noselect(size_t index, bool noselect)
{
	struct source_change to = {
		.option = CHANGE_SELECTION,
		.given.noselect = true,
		.selection.noselect = noselect,
	};

	return change_source(the_world->list, source_serial(source_at(index)), &to);
}

static const struct ntp_limits *limits_at(size_t index)
{
	return &the_world->list->list[index]->client.options.limits;
}

/* What files of a source directory say by now. */
static void reload_sources(const char *text)
{
	struct associations_changes changes;
	struct config *config = NULL;

	config_from_text("test", text, strlen(text), false, no_report, NULL, &config);
	if (!config || associations_set_sources(the_world->list, config, raw_ns(), &changes) < 0)
		abort();
	config_free(config);
}

TEST_F(world, what_the_operator_changes_holds_at_once)
{
	configure("server 127.0.0.1\nserver 127.0.0.2\n");
	self->changes = 0;
	EXPECT_EQ(0, change(0, CHANGE_MINPOLL, 4));
	EXPECT_EQ(1, self->changes);
	EXPECT_STREQ("The operator set minpoll of 127.0.0.1 to 4", self->message);
	EXPECT_EQ(0, change(0, CHANGE_POLLTARGET, 20));
	EXPECT_EQ(0, change(0, CHANGE_MINSTRATUM, 3));
	EXPECT_EQ(0, change(0, CHANGE_MAXDELAY, 0.125));
	EXPECT_EQ(0, change(0, CHANGE_MAXDELAYRATIO, 2.5));
	EXPECT_EQ(0, change(0, CHANGE_OFFSET, -0.25));
	EXPECT_EQ(4, source_at(0)->options.minpoll);
	EXPECT_EQ(10, source_at(0)->options.maxpoll);
	EXPECT_EQ(20, source_at(0)->options.polltarget);
	EXPECT_EQ(3, source_at(0)->options.minstratum);
	EXPECT_EQ(3, limits_at(0)->raised_stratum);
	EXPECT_EQ(NS_PER_S / 8, limits_at(0)->maxdelay_ns);
	EXPECT_EQ(2.5, limits_at(0)->maxdelayratio);
	EXPECT_EQ(-0.25, source_at(0)->options.offset_s);

	/* Nobody else's. */
	EXPECT_EQ(6, source_at(1)->options.minpoll);
	EXPECT_EQ(0, limits_at(1)->raised_stratum);
	EXPECT_EQ(3 * NS_PER_S, limits_at(1)->maxdelay_ns);
}

TEST_F(world, the_poll_that_was_set_last_wins)
{
	configure("server 127.0.0.1 minpoll 4 maxpoll 6\n");
	EXPECT_EQ(0, change(0, CHANGE_MINPOLL, 8));
	EXPECT_EQ(8, source_at(0)->options.minpoll);
	EXPECT_EQ(8, source_at(0)->options.maxpoll);
	EXPECT_EQ(0, change(0, CHANGE_MAXPOLL, 3));
	EXPECT_EQ(3, source_at(0)->options.minpoll);
	EXPECT_EQ(3, source_at(0)->options.maxpoll);
}

TEST_F(world, what_is_out_of_range_counts_as_the_nearest)
{
	configure("server 127.0.0.1\n");
	EXPECT_EQ(0, change(0, CHANGE_MINPOLL, -7));
	EXPECT_EQ(-6, source_at(0)->options.minpoll);
	EXPECT_STREQ("The operator set minpoll of 127.0.0.1 to -6", self->message);
	EXPECT_EQ(0, change(0, CHANGE_POLLTARGET, 0));
	EXPECT_EQ(1, source_at(0)->options.polltarget);
	EXPECT_EQ(0, change(0, CHANGE_MINSTRATUM, 99));
	EXPECT_EQ(15, source_at(0)->options.minstratum);
	EXPECT_EQ(0, change(0, CHANGE_MAXDELAY, -1));
	EXPECT_EQ(1, limits_at(0)->maxdelay_ns);
	EXPECT_EQ(0, change(0, CHANGE_OFFSET, 1e30));
	EXPECT_EQ(1e9, source_at(0)->options.offset_s);
}

TEST_F(world, there_is_no_such_source)
{
	struct source_change to = { .option = CHANGE_MINPOLL, .value = 4 };

	configure("server 127.0.0.1\n");
	self->messages = 0;
	EXPECT_EQ(-ENOENT, change_source(self->list, source_serial(source_at(0)) + 1, &to));
	EXPECT_EQ(0, self->messages);
}

/* As with chronyd, they are of the place that the server has among those of its name. */
TEST_F(world, they_are_of_the_address_that_comes_next)
{
	static const char *const before[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const after[] = { "127.0.0.3", "127.0.0.2" };

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(2, before);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	EXPECT_EQ(0, change(0, CHANGE_MAXPOLL, 7));
	EXPECT_EQ(0, change(0, CHANGE_MAXDELAY, 0.5));
	EXPECT_EQ(0, set_noselect(0, true));
	set_names(2, after);
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(!strcmp(address_at(0), "127.0.0.3")));
	EXPECT_EQ(7, source_at(0)->options.maxpoll);
	EXPECT_EQ(NS_PER_S / 2, limits_at(0)->maxdelay_ns);
	EXPECT_TRUE(source_at(0)->options.noselect);
	EXPECT_EQ(10, source_at(1)->options.maxpoll);
	EXPECT_FALSE(source_at(1)->options.noselect);
}

TEST_F(world, a_source_without_an_address_keeps_them_for_it)
{
	static const char *const addresses[] = { "127.0.0.1" };

	configure("server ntp.example.net\n");
	settle();
	ASSERT_STREQ("", address_at(0));
	EXPECT_EQ(0, change(0, CHANGE_MINPOLL, 3));
	set_names(1, addresses);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	EXPECT_EQ(3, source_at(0)->options.minpoll);
}

TEST_F(world, they_outlast_a_reload_of_the_sources_only)
{
	configure("server 127.0.0.1\n");
	EXPECT_EQ(0, change(0, CHANGE_MINPOLL, 3));
	EXPECT_EQ(0, change(0, CHANGE_MAXDELAYRATIO, 4));
	EXPECT_EQ(0, set_noselect(0, true));
	reload_sources("server 127.0.0.1\nserver 127.0.0.2\n");
	ASSERT_EQ(2, source_count());
	EXPECT_EQ(3, source_at(0)->options.minpoll);
	EXPECT_EQ(4.0, limits_at(0)->maxdelayratio);
	EXPECT_TRUE(source_at(0)->options.noselect);

	configure("server 127.0.0.1\n");
	ASSERT_EQ(1, source_count());
	EXPECT_EQ(6, source_at(0)->options.minpoll);
	EXPECT_EQ(0.0, limits_at(0)->maxdelayratio);
	EXPECT_FALSE(source_at(0)->options.noselect);
}

/* What a KISS packet has made of the polls is not the operator's. */
TEST_F(world, a_reload_leaves_alone_what_the_operator_has_not_changed)
{
	configure("server 127.0.0.1\n");
	EXPECT_EQ(0, change(0, CHANGE_OFFSET, 0.5));
	source_at(0)->options.minpoll = 8;
	configure("server 127.0.0.1\n");
	EXPECT_EQ(8, source_at(0)->options.minpoll);
	EXPECT_EQ(0.0, source_at(0)->options.offset_s);
}

TEST_F(world, those_of_an_added_source_outlast_any_reload)
{
	struct config_source source;

	configure("server 127.0.0.1\n");
	ASSERT_EQ(0, config_parse_source(self->config, "server 127.0.0.9", no_report, NULL,
					 &source));
	ASSERT_EQ(0, operate_add(self->list, &source, raw_ns()));
	EXPECT_EQ(0, change(1, CHANGE_MINPOLL, 3));
	configure("server 127.0.0.1\n");
	EXPECT_EQ(3, source_at(1)->options.minpoll);
}

TEST_F(world, only_the_words_that_are_given_change)
{
	struct source_change to = {
		.option = CHANGE_SELECTION,
		.given = { .prefer = true, .trust = true },
		.selection = { .prefer = true, .noselect = true },
	};
	struct association_info info;

	configure("server 127.0.0.1 trust require\n");
	EXPECT_EQ(0, change_source(self->list, source_serial(source_at(0)), &to));
	EXPECT_STREQ("The operator set options of 127.0.0.1: prefer require", self->message);
	EXPECT_TRUE(source_at(0)->options.prefer);
	EXPECT_FALSE(source_at(0)->options.trust);
	EXPECT_TRUE(source_at(0)->options.require);
	EXPECT_FALSE(source_at(0)->options.noselect);
	ASSERT_TRUE(associations_get_info(self->list, 0, &info));
	EXPECT_FALSE(info.said.trust);
	EXPECT_TRUE(info.said.require);
}

/* As in chronyd, authselectmode goes by who is there, and may be selected, now. */
TEST_F(world, authselectmode_goes_by_what_the_operator_has_changed)
{
	configure("authselectmode prefer\nserver 127.0.0.1\nserver 127.0.0.2 key 1\n");
	EXPECT_TRUE(source_at(0)->options.noselect);
	EXPECT_EQ(0, set_noselect(0, false));
	EXPECT_TRUE(source_at(0)->options.noselect);
	EXPECT_EQ(0, set_noselect(1, true));
	EXPECT_FALSE(source_at(0)->options.noselect);
	EXPECT_TRUE(source_at(1)->options.noselect);
	EXPECT_EQ(0, set_noselect(1, false));
	EXPECT_TRUE(source_at(0)->options.noselect);
}

TEST_F(world, authselectmode_goes_by_what_the_operator_has_added)
{
	struct config_source source;

	configure("authselectmode mix\nserver 127.0.0.1 key 1\n");
	EXPECT_FALSE(source_at(0)->options.require);
	ASSERT_EQ(0, config_parse_source(self->config, "server 127.0.0.9", no_report, NULL,
					 &source));
	ASSERT_EQ(0, operate_add(self->list, &source, raw_ns()));
	EXPECT_TRUE(source_at(0)->options.require);
	EXPECT_TRUE(source_at(0)->options.trust);
	EXPECT_FALSE(source_at(1)->options.require);
}

TEST_HARNESS_MAIN
