// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator does to the sources while the daemon runs, against servers of the test's own:
 * offline and online, bursts, additions and deletions, names resolved again, and which servers of a
 * pool are replaced when.
 */
#include "user/sources/operate.h"

#include <sys/resource.h>

#include "selftests/unit/association_world.h"

static struct source_match match_of(const char *text)
{
	struct source_match match;
	const char *error;

	if (source_match_parse(text, &match, &error))
		abort();
	return match;
}

static size_t connect_to(const char *text, enum operate_connection connection)
{
	struct source_match match = match_of(text);

	return operate_connect(the_world->list, &match, connection, raw_ns());
}

static size_t delete(const char *text)
{
	struct source_match match = match_of(text);

	return operate_delete(the_world->list, &match);
}

static size_t burst(const char *text, int good, int most)
{
	struct source_match match = match_of(text);

	return operate_burst(the_world->list, &match, good, most, raw_ns());
}

/* Good until the next call. */
static struct association_info *info_at(size_t index)
{
	static struct association_info info;

	if (!associations_get_info(the_world->list, index, &info))
		abort();
	return &info;
}

static int add(const char *text)
{
	struct config_source source;
	char line[256];

	snprintf(line, sizeof(line), "%s port %d", text, the_world->port);
	if (config_parse_source(the_world->config, line, no_report, NULL, &source))
		abort();
	return operate_add(the_world->list, &source, raw_ns());
}

TEST_F(world, an_offline_source_is_not_asked_and_has_no_vote)
{
	struct server *server = add_server("127.0.0.1", ANSWERS);

	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	self->changes = 0;
	EXPECT_EQ(1, connect_to("127.0.0.1", OPERATE_OFFLINE));
	EXPECT_TRUE(source_at(0)->withdrawn);
	EXPECT_EQ(1, self->changes);
	EXPECT_EQ(1, self->messages);
	EXPECT_EQ(ASSOCIATION_OFFLINE, info_at(0)->activity);
	EXPECT_EQ(INT64_MAX, associations_next_ns(self->list));
	EXPECT_EQ(0, open_fds());
	pass(1000);
	settle();
	/* Nor when the network changes, after a disruption, or after a reload. */
	change_network(true);
	turn();
	pass(2);
	associations_burst_all(self->list, raw_ns(), 4, true);
	settle();
	configure("server 127.0.0.1 PORT\n");
	settle();
	EXPECT_EQ(1, server->requests);
	EXPECT_EQ(0, source_at(0)->bursts);
	EXPECT_TRUE(source_at(0)->withdrawn);

	EXPECT_EQ(1, connect_to("", OPERATE_ONLINE));
	EXPECT_FALSE(source_at(0)->offline);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
	EXPECT_EQ(ASSOCIATION_ONLINE, info_at(0)->activity);
	/* What it is already is no change. */
	self->messages = 0;
	EXPECT_EQ(1, connect_to("", OPERATE_ONLINE));
	EXPECT_EQ(0, self->messages);
}

TEST_F(world, a_source_may_begin_offline)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct server *server = add_server("127.0.0.1", ANSWERS);

	set_names(1, addresses);
	configure("server ntp.example.net PORT offline iburst\n");
	EXPECT_EQ(ASSOCIATION_UNRESOLVED, info_at(0)->activity);
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	settle();
	EXPECT_EQ(ASSOCIATION_OFFLINE, info_at(0)->activity);
	EXPECT_TRUE(source_at(0)->withdrawn);
	EXPECT_EQ(0, server->requests);
	EXPECT_EQ(1, connect_to("ntp.example.net", OPERATE_ONLINE));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	/* As at a start with iburst. */
	EXPECT_EQ(4, source_at(0)->bursts);
}

/* initstepslew's servers: nobody tells them to go. */
TEST_F(world, a_source_for_the_start_is_not_asked_later)
{
	struct server *server = add_server("127.0.0.1", ANSWERS);
	int requests;

	self->at_start = true;
	configure("server 127.0.0.1 PORT iburst\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_FALSE(source_at(0)->offline);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->offline));
	EXPECT_EQ(2, source_at(0)->added);
	EXPECT_TRUE(source_at(0)->withdrawn);
	EXPECT_NE(NULL, strstr(self->message, "initstepslew"));
	requests = server->requests;
	pass(10000);
	settle();
	EXPECT_EQ(requests, server->requests);
}

TEST_F(world, a_source_for_the_start_may_be_silent)
{
	struct server *server = add_server("127.0.0.1", SILENT);

	self->at_start = true;
	configure("server 127.0.0.1 PORT iburst\n");
	for (int i = 0; i < 40 && !source_at(0)->offline; i++) {
		pass(65);
		settle();
	}
	EXPECT_TRUE(source_at(0)->offline);
	EXPECT_LE(8, server->requests);
	EXPECT_GE(9, server->requests);
}

TEST_F(world, nobody_but_who_is_meant_goes_offline)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->added));
	EXPECT_EQ(0, connect_to("192.0.2.1", OPERATE_OFFLINE));
	EXPECT_EQ(0, connect_to("ntp.example.net", OPERATE_OFFLINE));
	EXPECT_EQ(1, connect_to("127.0.0.2/32", OPERATE_OFFLINE));
	EXPECT_FALSE(source_at(0)->offline);
	EXPECT_TRUE(source_at(1)->offline);
	EXPECT_EQ(2, connect_to("255.0.0.0/127.0.0.0", OPERATE_OFFLINE));
	EXPECT_TRUE(source_at(0)->offline);
}

TEST_F(world, addresses_found_later_are_as_offline_as_the_name)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct server *server = add_server("127.0.0.1", ANSWERS);

	names.result = -EHOSTUNREACH;
	configure("pool pool.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(names.started == 1));
	settle();
	EXPECT_EQ(1, connect_to("", OPERATE_OFFLINE));
	set_names(1, addresses);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	settle();
	EXPECT_EQ(0, server->requests);
	EXPECT_TRUE(source_at(0)->withdrawn);
}

/* A name without an address is resolved when its server is to be asked. */
TEST_F(world, online_resolves_names)
{
	names.result = -EHOSTUNREACH;
	configure("server ntp.example.net port 9\n");
	ASSERT_TRUE(TURN_UNTIL(names.started == 1));
	settle();
	connect_to("", OPERATE_ONLINE);
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
}

/* The route decides, which is not the operator's word: the vote stays. */
TEST_F(world, onoffline_goes_by_the_route)
{
	names.result = -EHOSTUNREACH;
	configure("server 127.0.0.1 port 9\nserver ntp.example.net\nbindacqaddress 192.0.2.1\n");
	settle();
	/* No such address is here to ask from. */
	EXPECT_EQ(1, connect_to("", OPERATE_BY_ROUTE));
	EXPECT_TRUE(source_at(0)->offline);
	EXPECT_FALSE(source_at(0)->withdrawn);
	EXPECT_FALSE(source_at(1)->offline);
	configure("server 127.0.0.1 port 9\nserver ntp.example.net\n");
	EXPECT_EQ(1, connect_to("", OPERATE_BY_ROUTE));
	EXPECT_FALSE(source_at(0)->offline);
}

TEST_F(world, auto_offline_waits_for_the_operator)
{
	struct server *server = add_server("127.0.0.1", ANSWERS);

	configure("server 127.0.0.1 PORT auto_offline\nbindacqaddress 192.0.2.1\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->offline));
	EXPECT_FALSE(source_at(0)->withdrawn);
	EXPECT_NE(NULL, strstr(self->message, "truechime online"));
	configure("server 127.0.0.1 PORT auto_offline\n");
	change_network(true);
	turn();
	pass(100);
	settle();
	EXPECT_EQ(0, server->requests);
	connect_to("", OPERATE_ONLINE);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	/* Who answers late, or not, is no reason. */
	server->manner = SILENT;
	pass(65);
	settle();
	pass(65);
	EXPECT_FALSE(source_at(0)->offline);
}

TEST_F(world, a_burst_ends_with_enough_answers)
{
	struct server *server = add_server("127.0.0.1", ANSWERS);

	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(1, burst("", 2, 8));
	EXPECT_EQ(ASSOCIATION_BURST_ONLINE, info_at(0)->activity);
	for (int i = 0; i < 8; i++) {
		settle();
		pass(2);
	}
	EXPECT_EQ(3, server->requests);
	EXPECT_EQ(ASSOCIATION_ONLINE, info_at(0)->activity);
}

/* The other one is asked as soon as it has an address, but in no burst. */
TEST_F(world, a_burst_is_of_those_who_have_an_address)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	names.result = -EHOSTUNREACH;
	configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\n");
	settle();
	EXPECT_EQ(1, burst("", 1, 2));
	EXPECT_EQ(0, burst("ntp.example.net", 1, 2));
}

/*
 * An offline source has its vote back for a burst, until the bursts of all are over: the last of
 * them would be the only one that has one.
 */
TEST_F(world, a_burst_of_offline_sources_ends_for_all_at_once)
{
	struct server *slow = add_server("127.0.0.1", SILENT);
	struct server *quick;

	ASSERT_NE(NULL, slow);
	quick = add_server("127.0.0.2", ANSWERS);
	ASSERT_NE(NULL, quick);
	configure("server 127.0.0.1 PORT offline\nserver 127.0.0.2 PORT offline\n");
	settle();
	EXPECT_EQ(2, burst("127.0.0.0/8", 1, 3));
	EXPECT_EQ(ASSOCIATION_BURST_OFFLINE, info_at(0)->activity);
	EXPECT_FALSE(source_at(0)->offline);
	settle_each(2);
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	settle();
	/* The quick one is not asked any more, but votes. */
	EXPECT_FALSE(source_at(1)->offline);
	for (int i = 0; i < 4; i++) {
		settle_each(2);
		pass(5);
	}
	EXPECT_EQ(3, slow->requests);
	EXPECT_EQ(1, quick->requests);
	EXPECT_TRUE(source_at(0)->withdrawn);
	EXPECT_TRUE(source_at(1)->withdrawn);
	EXPECT_EQ(ASSOCIATION_OFFLINE, info_at(0)->activity);
	EXPECT_EQ(INT64_MAX, associations_next_ns(self->list));
}

/* A server that is not to be asked for a day must not keep the vote of those taken offline. */
TEST_F(world, a_burst_ends_although_a_source_is_held_back)
{
	struct server *refuses = add_server("127.0.0.1", KISSES_DENY);
	struct server *answers;

	ASSERT_NE(NULL, refuses);
	answers = add_server("127.0.0.2", ANSWERS);
	ASSERT_NE(NULL, answers);
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->kiss));
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	EXPECT_EQ(2, burst("", 1, 2));
	for (int i = 0; i < 30; i++) {
		settle();
		pass(2);
	}
	EXPECT_EQ(ASSOCIATION_ONLINE, info_at(1)->activity);
	EXPECT_EQ(1, connect_to("127.0.0.2", OPERATE_OFFLINE));
	EXPECT_TRUE(source_at(1)->withdrawn);
	EXPECT_EQ(1, connect_to("127.0.0.2", OPERATE_ONLINE));
	EXPECT_LT(0, source_at(1)->bursts);
}

TEST_F(world, a_burst_without_a_network_ends)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("server 127.0.0.1 PORT offline\nbindacqaddress 192.0.2.1\n");
	settle();
	burst("", 4, 8);
	for (int i = 0; i < 8; i++)
		pass(4);
	EXPECT_EQ(ASSOCIATION_OFFLINE, info_at(0)->activity);
	EXPECT_TRUE(source_at(0)->withdrawn);
}

TEST_F(world, what_the_operator_adds_survives_a_reload)
{
	struct config_source source;
	struct source *added;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	ASSERT_EQ(0, add("server 127.0.0.2"));
	ASSERT_EQ(2, source_count());
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	EXPECT_TRUE(info_at(1)->added);
	EXPECT_EQ(-EEXIST, add("server 127.0.0.2"));
	EXPECT_EQ(-EEXIST, add("server 127.0.0.1 iburst"));
	/* chronyd takes no second port of it, either. */
	ASSERT_EQ(0, config_parse_source(self->config, "server 127.0.0.1 port 9", no_report, NULL,
					 &source));
	EXPECT_EQ(-EEXIST, operate_add(self->list, &source, raw_ns()));
	added = source_at(1);
	configure("server 127.0.0.1 PORT\n");
	ASSERT_EQ(2, source_count());
	EXPECT_EQ(added, source_at(1));
	EXPECT_EQ(1, source_at(1)->added);

	/* When it is configured it is no addition any more, and goes with its line. */
	configure("server 127.0.0.2 PORT\n");
	ASSERT_EQ(1, source_count());
	EXPECT_EQ(added, source_at(0));
	EXPECT_FALSE(info_at(0)->added);
	configure("");
	EXPECT_EQ(0, source_count());
}

TEST_F(world, there_is_no_room_for_more_than_there_is)
{
	char text[CONFIG_SOURCES_MAX * 48] = "";
	struct config_source source;
	size_t used = 0;
	int i;

	for (i = 1; i <= CONFIG_SOURCES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "server 127.0.1.%d port 9\n", i);
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("");
	ASSERT_EQ(0, add("pool pool.example.net"));
	EXPECT_EQ(-EEXIST, add("pool Pool.Example.NET"));
	ASSERT_EQ(0, config_parse_source(self->config, "server 127.0.0.9", no_report, NULL,
					 &source));
	/* The configuration comes first. */
	configure(text);
	EXPECT_EQ(CONFIG_SOURCES_MAX, source_count());
	EXPECT_FALSE(info_at(CONFIG_SOURCES_MAX - 1)->added);
	EXPECT_EQ(-ENOSPC, operate_add(self->list, &source, raw_ns()));
}

TEST_F(world, the_keys_of_an_added_source_are_read)
{
	char path[] = "/tmp/test_operate.XXXXXX", text[128];
	static const char key[] = "7 SHA256 0123456789abcdef\n";
	int fd = mkstemp(path), i;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(key) - 1, write(fd, key, sizeof(key) - 1));
	close(fd);
	snprintf(text, sizeof(text), "keyfile %s\n", path);
	configure(text);
	ASSERT_EQ(0, add("server 127.0.0.1 key 8"));
	ASSERT_EQ(0, add("server 127.0.0.2 key 7"));
	/* They are read again with the configuration, which has no source that needs them. */
	for (i = 0; i < 2; i++) {
		EXPECT_NE(NULL, strstr(info_at(0)->resolving_error, "key 8 was not found"));
		EXPECT_STREQ("", info_at(1)->resolving_error);
		configure(text);
	}
	unlink(path);
}

/* Nothing else would say so: they are in no configuration. */
TEST_F(world, added_sources_that_lose_their_key_are_named)
{
	char path[] = "/tmp/test_operate.XXXXXX", text[128], lacking[64];
	static const char key[] = "7 SHA256 0123456789abcdef0123456789abcdef\n";
	int fd = mkstemp(path);

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_LE(0, fd);
	ASSERT_EQ(sizeof(key) - 1, write(fd, key, sizeof(key) - 1));
	snprintf(text, sizeof(text), "keyfile %s\n", path);
	configure(text);
	ASSERT_EQ(0, add("server 127.0.0.2 key 7"));
	self->messages = 0;
	EXPECT_EQ(0, associations_read_keys(self->list, self->config));
	EXPECT_EQ(0, self->messages)
		TH_LOG("%s", self->message);
	ASSERT_EQ(1, pwrite(fd, "8", 1, 0));
	EXPECT_EQ(0, associations_read_keys(self->list, self->config));
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, path));
	EXPECT_NE(NULL, strstr(self->message, "'127.0.0.2' is not asked any more: its key 7 has"));
	EXPECT_NE(NULL, strstr(self->message, "then: truechime rekey"));
	EXPECT_EQ(1, associations_lacking_keys(self->list, lacking, sizeof(lacking)));
	EXPECT_STREQ("127.0.0.2 (key 7)", lacking);
	/* It has been, for long. */
	EXPECT_EQ(0, associations_read_keys(self->list, self->config));
	EXPECT_NE(NULL, strstr(self->message, "'127.0.0.2' is not asked: its key 7 is missing"));
	/* And where no file is configured any more. */
	ASSERT_EQ(1, pwrite(fd, "7", 1, 0));
	EXPECT_EQ(0, associations_read_keys(self->list, self->config));
	configure("");
	EXPECT_NE(NULL, strstr(self->message, "'127.0.0.2' is not asked any more: its key 7 has"));
	EXPECT_NE(NULL, strstr(self->message, "keyfile"));
	close(fd);
	unlink(path);
}

static void reload_sources(const char *format)
{
	struct associations_changes changes;
	struct config *config = NULL;
	char text[256];

	snprintf(text, sizeof(text), format, the_world->port, the_world->port);
	config_from_text("test", text, strlen(text), false, no_report, NULL, &config);
	if (!config ||
	    associations_set_sources(the_world->list, config, raw_ns(), &changes) < 0)
		abort();
	config_free(config);
}

TEST_F(world, what_the_operator_deletes_stays_so_until_a_reload)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->added));
	EXPECT_EQ(0, delete("127.0.0.3"));
	EXPECT_EQ(1, delete("127.0.0.1"));
	ASSERT_EQ(1, source_count());
	EXPECT_STREQ("127.0.0.2", address_at(0));
	/* The files of sources say nothing new. */
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n");
	EXPECT_EQ(1, source_count());
	/* Nor do they if others come beside which its line means something else. */
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n"
		       "authselectmode prefer\nserver 127.0.0.4 key 1\n");
	EXPECT_EQ(2, source_count());
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\n");
	EXPECT_EQ(2, source_count());
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added));

	ASSERT_EQ(0, add("server 127.0.0.3"));
	turn();
	EXPECT_EQ(1, delete("127.0.0.3"));
	EXPECT_EQ(2, source_count());
}

/* A lease that ended and came back is another one, as with chronyd. */
TEST_F(world, what_was_deleted_and_left_its_file_may_come_back)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(*address_at(0) && *address_at(1)));
	EXPECT_EQ(1, delete("127.0.0.1"));
	EXPECT_EQ(1, delete("127.0.0.2"));
	reload_sources("server 127.0.0.2 port %d\nserver 127.0.0.3 port %d\n");
	EXPECT_EQ(1, source_count());
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n");
	ASSERT_EQ(1, source_count());
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	EXPECT_STREQ("127.0.0.1", address_at(0));
}

/* A lease may bring the same server, and take away no more than it brought. */
TEST_F(world, what_the_operator_added_outlasts_the_same_line_of_a_file)
{
	struct config *config = NULL;
	char text[64];

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("server 127.0.0.2 PORT\n");
	ASSERT_EQ(0, add("server 127.0.0.1"));
	EXPECT_TRUE(info_at(1)->added);
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n");
	ASSERT_EQ(2, source_count());
	EXPECT_FALSE(info_at(0)->added);
	reload_sources("server 127.0.0.2 port %d\n");
	ASSERT_EQ(2, source_count());
	EXPECT_TRUE(info_at(1)->added);

	/* Deleted, it is gone by either. */
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n");
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	EXPECT_EQ(1, delete("127.0.0.1"));
	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d\n");
	EXPECT_EQ(1, source_count());

	/* With the whole configuration it becomes that one's, but for the lines of such a file. */
	ASSERT_EQ(0, add("server 127.0.0.3"));
	snprintf(text, sizeof(text), "server 127.0.0.3 port %d\n", self->port);
	config_from_text("test", text, strlen(text), false, no_report, NULL, &config);
	ASSERT_NE(NULL, config);
	config->sources[0].volatile_origin = true;
	ASSERT_EQ(0, associations_configure(self->list, config, raw_ns()));
	config_free(config);
	configure("server 127.0.0.2 PORT\n");
	EXPECT_EQ(2, source_count());
	configure("server 127.0.0.2 PORT\nserver 127.0.0.3 PORT\n");
	EXPECT_EQ(2, source_count());
	configure("server 127.0.0.2 PORT\n");
	EXPECT_EQ(1, source_count());
}

/* Who is one machine with a source that is removed is asked in its place, whoever removed it. */
TEST_F(world, who_was_not_asked_beside_a_removed_source_is_asked_at_once)
{
	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	set_names(1, (const char *const[]){ "127.0.0.1" });
	for (int by_file = 0; by_file < 2; by_file++) {
		configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\n");
		ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->twin));
		/* By now the name is looked up every half an hour. */
		for (int i = 0; i < 12; i++) {
			pass(2048);
			settle();
		}
		ASSERT_STREQ(ASSOCIATION_IN_USE, info_at(1)->resolving_error);
		if (by_file)
			reload_sources("server ntp.example.net port %d\n");
		else
			EXPECT_EQ(1, delete("127.0.0.1"));
		ASSERT_EQ(1, source_count());
		settle_each(2);
		EXPECT_STREQ("127.0.0.1", address_at(0));
		EXPECT_EQ(1, source_at(0)->added);
		EXPECT_FALSE(source_at(0)->twin);
		configure("");
	}
}

/* Of whom a server was learned is told by the file that its line is in now. */
TEST_F(world, a_line_that_is_in_another_file_now)
{
	struct associations_changes changes;
	struct config *config = NULL;
	struct source *first;

	configure("server 127.0.0.1\n");
	first = source_at(0);
	EXPECT_STREQ("", info_at(0)->file);
	config_from_text("test", "server 127.0.0.1\n", 17, false, no_report, NULL, &config);
	ASSERT_NE(NULL, config);
	strcpy(config->sources[0].file, "/run/a.sources");
	config->sources[0].volatile_origin = true;
	ASSERT_EQ(0, associations_set_sources(self->list, config, raw_ns(), &changes));
	config_free(config);
	EXPECT_EQ(first, source_at(0));
	EXPECT_STREQ("/run/a.sources", info_at(0)->file);
}

/* A server that comes by DHCP must not cost what is known of the others. */
TEST_F(world, who_comes_beside_a_source_changes_its_options_only)
{
	struct source *first;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT noselect\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	first = source_at(0);

	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d noselect\n"
		       "authselectmode prefer\nserver 127.0.0.4 key 1\n");
	ASSERT_EQ(3, source_count());
	EXPECT_EQ(first, source_at(0));
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_TRUE(source_at(0)->options.noselect);

	reload_sources("server 127.0.0.1 port %d\nserver 127.0.0.2 port %d noselect\n");
	ASSERT_EQ(2, source_count());
	EXPECT_EQ(first, source_at(0));
	EXPECT_FALSE(source_at(0)->options.noselect);
	EXPECT_TRUE(source_at(1)->options.noselect);

	/* What its own line says is another source. */
	reload_sources("server 127.0.0.1 port %d noselect\nserver 127.0.0.2 port %d noselect\n");
	EXPECT_NE(first, source_at(0));
	EXPECT_TRUE(source_at(0)->options.noselect);
}

TEST_F(world, one_server_of_a_pool_is_deleted_and_all)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3" };

	for (int i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(3, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	EXPECT_EQ(1, delete("127.0.0.1"));
	ASSERT_EQ(1, source_count());
	EXPECT_STREQ("127.0.0.2", address_at(0));
	/* Another one does not take its place. */
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
	settle();
	EXPECT_EQ(1, source_count());
	EXPECT_EQ(1, delete("pool.example.net"));
	EXPECT_EQ(0, source_count());
}

/* As one of a line of its own does. */
TEST_F(world, a_deleted_server_of_a_pool_comes_back_by_a_reload)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(2, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	EXPECT_EQ(1, delete("127.0.0.1"));
	ASSERT_EQ(1, source_count());
	configure("pool pool.example.net PORT maxsources 2\n");
	for (int i = 0; i < 4; i++) {
		settle();
		pass(3000);
	}
	EXPECT_EQ(2, source_count());
}

/* Where there is no other one, an address is used that is not to be asked yet. */
TEST_F(world, a_server_that_refuses_is_known_by_another_name)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct server *server = add_server("127.0.0.1", KISSES_DENY);

	set_names(1, addresses);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->kiss));
	EXPECT_EQ(1, delete("ntp.example.net"));
	EXPECT_EQ(0, add("server other.example.net"));
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	settle();
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_EQ(NTP_KISS_DENY, source_at(0)->kiss);
	EXPECT_EQ(1, server->requests);
}

TEST_F(world, refresh_follows_the_names_now)
{
	static const char *const before[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const after[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4" };

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(2, before);
	configure("pool pool.example.net PORT maxsources 2\nserver 127.0.0.9 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 3 && source_at(0)->added && source_at(1)->added));
	set_names(3, after);
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
	settle();
	EXPECT_STREQ("127.0.0.3", address_at(0));
	EXPECT_STREQ("127.0.0.2", address_at(1));
	EXPECT_EQ(1, source_at(1)->added);
	EXPECT_STREQ("127.0.0.9", address_at(2));
	/* It answers all the same. */
	EXPECT_NE(NULL, strstr(self->message, "127.0.0.1 (pool.example.net) is no address of its"));
}

/* It began before the name was changed, which is what the operator wants to have followed. */
TEST_F(world, refresh_does_not_take_the_answer_of_an_earlier_query)
{
	static const char *const before[] = { "127.0.0.1" };
	static const char *const after[] = { "127.0.0.2" };

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, before);
	names.busy = true;
	configure("server ntp.example.net PORT\n");
	settle();
	EXPECT_EQ(1, names.started);
	operate_refresh(self->list, raw_ns());
	settle();
	EXPECT_EQ(2, names.started);
	EXPECT_EQ(1, open_fds());
	set_names(1, after);
	names.busy = false;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_EQ(2, names.started);
}

/* Name servers may be away for a moment, and the next look-up weeks. */
TEST_F(world, a_refresh_waits_for_the_name_servers)
{
	static const char *const before[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const after[] = { "127.0.0.3", "127.0.0.4" };

	ASSERT_NE(NULL, add_server("127.0.0.3", ANSWERS));
	set_names(2, before);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2));
	names.result = -EHOSTUNREACH;
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
	settle();
	EXPECT_STREQ("127.0.0.1", address_at(0));
	set_names(2, after);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(names.started == 3));
	settle();
	EXPECT_STREQ("127.0.0.3", address_at(0));
	EXPECT_STREQ("127.0.0.4", address_at(1));
}

/* ... also if one of the servers is gone, and the same name is looked up for that, too. */
TEST_F(world, a_refresh_waits_for_the_name_servers_where_a_server_is_gone)
{
	static const char *const before[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const after[] = { "127.0.0.3", "127.0.0.4" };
	struct server *second;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	second = add_server("127.0.0.2", ANSWERS);
	ASSERT_NE(NULL, second);
	set_names(2, before);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	names.result = -EHOSTUNREACH;
	second->manner = SILENT;
	for (int i = 0; i < 10; i++) {
		pass(65);
		settle_each(2);
		pass(5);
	}
	ASSERT_LT(1, names.started);
	operate_refresh(self->list, raw_ns());
	for (int i = 0; i < 4; i++) {
		pass(65);
		settle_each(2);
		pass(5);
	}
	set_names(2, after);
	for (int i = 0; i < 2; i++) {
		pass(65);
		settle_each(2);
		pass(5);
	}
	EXPECT_STREQ("127.0.0.4", address_at(0));
	EXPECT_STREQ("127.0.0.3", address_at(1));
}

/* So many seconds in which no socket can be opened. */
static void pass_without_sending(FIXTURE_DATA(world) *self, int seconds)
{
	struct rlimit limit, none;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		abort();
	none = limit;
	none.rlim_cur = 0;
	for (int i = 0; i < seconds; i++) {
		setrlimit(RLIMIT_NOFILE, &none);
		self->skipped_ns += NS_PER_S;
		associations_dispatch(self->list, NULL, 0, raw_ns());
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* What cannot be sent shows nothing of who would have answered it. */
TEST_F(world, a_server_outlasts_that_nothing_can_be_sent)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(2, addresses);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	pass_without_sending(self, 300);
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_EQ(1, source_at(0)->added);
	pass(65);
	EXPECT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
}

/* In another network its name has other addresses, and no query is due. */
TEST_F(world, a_name_is_asked_for_while_nothing_can_be_sent)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const others[] = { "127.0.0.3" };
	int started;

	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(2, addresses);
	configure("refresh 0\nserver ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	set_names(1, others);
	started = names.started;
	pass_without_sending(self, 3000);
	EXPECT_LT(started, names.started);
}

/* Who breaks one server after the other must not choose all of them soon. */
TEST_F(world, servers_of_a_pool_are_replaced_one_in_half_an_hour)
{
	static const char *const addresses[] = {
		"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4",
	};
	int i, replaced;

	for (i = 0; i < 4; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(4, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	self->servers[0].manner = SILENT;
	self->servers[1].manner = SILENT;
	for (i = 0; i < 12; i++) {
		pass(64);
		settle_each(2);
		pass(5);
	}
	replaced = !!strcmp("127.0.0.1", address_at(0)) + !!strcmp("127.0.0.2", address_at(1));
	EXPECT_EQ(1, replaced);
	for (i = 0; i < 28; i++) {
		pass(64);
		settle_each(2);
		pass(5);
	}
	EXPECT_STRNE("127.0.0.1", address_at(0));
	EXPECT_STRNE("127.0.0.2", address_at(1));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->added));
}

/* A new server has no vote yet: for that moment a falseticker would be as good as the right one. */
TEST_F(world, who_makes_the_majority_is_not_replaced)
{
	static const char *const before[] = { "127.0.0.1", "127.0.0.2" };
	static const char *const after[] = { "127.0.0.3", "127.0.0.4" };

	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_server(before[i], ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.3", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.5", ANSWERS));
	set_names(2, before);
	configure("pool pool.example.net PORT maxsources 2\nserver 127.0.0.5 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 3 && source_at(0)->added && source_at(1)->added &&
			       source_at(2)->added));
	source_at(0)->verdict = SOURCE_SELECTED;
	source_at(1)->verdict = SOURCE_COMBINED;
	source_at(2)->verdict = SOURCE_FALSETICKER;
	set_names(2, after);
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
	settle();
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_STREQ("127.0.0.2", address_at(1));
	/* Nobody contradicts them any more. */
	source_at(2)->verdict = SOURCE_COMBINED;
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 3));
	settle();
	EXPECT_STREQ("127.0.0.3", address_at(0));
	EXPECT_STREQ("127.0.0.4", address_at(1));
}

/* Who refuses to serve us is replaced at once, if it never did. */
TEST_F(world, a_server_that_refuses_makes_room)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	ASSERT_NE(NULL, add_server("127.0.0.1", KISSES_DENY));
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(2, addresses);
	configure("pool pool.example.net PORT maxsources 1\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("127.0.0.2", address_at(0))));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
}

TEST_HARNESS_MAIN
