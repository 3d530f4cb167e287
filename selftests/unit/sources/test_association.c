// SPDX-License-Identifier: GPL-2.0-only
/*
 * Associations against servers of the test's own: answers of all kinds and none, names with several
 * addresses, a network that comes late, reloads.
 */
#include <sys/resource.h>

#include "selftests/unit/association_world.h"

#include "selftests/unit/kept_stamps.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/sources/operate.h"

static const char *const loopback[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3" };

/* A server of that @manner is the only source. */
static struct server *ask_server(enum manner manner)
{
	struct server *server = add_server("127.0.0.1", manner);

	configure("server 127.0.0.1 PORT\n");

	return server;
}

TEST_F(world, an_answer_makes_a_sample)
{
	struct association_info info;
	int64_t offset_ns;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	configure("server 127.0.0.1 PORT\n");
	ASSERT_EQ(1, source_count());
	/* They are wanted since the list was made. */
	close(kept_stamps());
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));

	EXPECT_EQ(1, source_at(0)->polled);
	EXPECT_EQ(0, source_at(0)->failed);
	EXPECT_EQ(0, open_fds());
	EXPECT_LE(2, self->changes);
	EXPECT_EQ(0, self->messages);
	/* Server and client have the same clock, but one way may have waited for its turn. */
	offset_ns = clock_ns(CLOCK_REALTIME) - raw_ns();
	EXPECT_GT(NS_PER_S / 1000 + source_at(0)->sample.delay_ns / 2,
		  llabs(source_at(0)->sample.offset_ns - offset_ns));
	EXPECT_GT(NS_PER_S, source_at(0)->sample.delay_ns);

	ASSERT_TRUE(associations_get_info(self->list, 0, &info));
	EXPECT_STREQ("127.0.0.1", info.name);
	EXPECT_STREQ("127.0.0.1", info.address);
	EXPECT_EQ(0x7f000001, info.refid);
	EXPECT_EQ(self->port, info.port);
	EXPECT_TRUE(info.kernel_timestamps);
	EXPECT_STREQ("", info.rejected);
	EXPECT_STREQ("", info.resolving_error);
	EXPECT_FALSE(associations_get_info(self->list, 1, &info));

	/* The next is not before its time. */
	EXPECT_EQ(source_at(0)->next_ns, associations_next_ns(self->list));
	settle();
	EXPECT_EQ(1, source_at(0)->polled);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
}

TEST_F(world, a_copied_server_gives_us_its_reference)
{
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	configure("server 127.0.0.1 PORT copy\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	associations_get_info(self->list, 0, &info);
	EXPECT_EQ(NTP_REFID('T', 'E', 'S', 'T'), info.refid);
}

TEST_F(world, ipv6_is_the_same)
{
	if (!add_server("::1", ANSWERS))
		SKIP(return, "no ::1 here");
	configure("server ::1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("::1", address_at(0));
}

TEST_F(world, silence_is_given_up)
{
	struct server *server = ask_server(SILENT);
	uint16_t port;

	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	port = server->from_port;
	EXPECT_EQ(1, open_fds());
	pass(3);
	EXPECT_EQ(0, source_at(0)->failed);
	EXPECT_EQ(1, open_fds());
	pass(2);
	EXPECT_EQ(1, source_at(0)->failed);
	EXPECT_EQ(-ETIMEDOUT, source_at(0)->error);
	EXPECT_EQ(0, open_fds());

	/* The next request comes from elsewhere. */
	pass(64);
	ASSERT_TRUE(TURN_UNTIL(server->requests == 2));
	EXPECT_NE(port, server->from_port);
}

TEST_F(world, forgers_are_not_believed)
{
	ask_server(BOGUS_FIRST);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(0, source_at(0)->failed);
}

TEST_F(world, garbage_is_not_the_answer)
{
	ask_server(GARBAGE_FIRST);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(0, source_at(0)->failed);
}

TEST_F(world, a_server_without_time_is_told_so)
{
	struct association_info info;

	ask_server(NOT_SYNCHRONISED);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 1));
	EXPECT_EQ(-EPROTO, source_at(0)->error);
	EXPECT_EQ(0, source_at(0)->added);
	EXPECT_EQ(0, open_fds());
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(NULL, strstr(info.rejected, "not synchronised"));

	/* It is complained of when that goes on, once. */
	EXPECT_EQ(0, self->messages);
	for (int i = 0; i < 20; i++) {
		pass(65);
		settle();
	}
	EXPECT_LE(16, source_at(0)->failed);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "not synchronised"));

	/* ... and so is its return. */
	self->servers[0].manner = ANSWERS;
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(2, self->messages);
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("", info.rejected);
}

TEST_F(world, kiss_packets_are_heeded)
{
	struct association_info info;

	ask_server(KISSES_RATE);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->kiss));
	EXPECT_EQ(NTP_KISS_RATE, source_at(0)->kiss);
	EXPECT_NE(NULL, strstr(self->message, "RATE"));
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("the server finds that we ask too often", info.rejected);
	self->servers[0].manner = KISSES_DENY;
	pass(129);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->kiss == NTP_KISS_DENY));
	EXPECT_NE(NULL, strstr(self->message, "refuses"));
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("the server refuses to serve us", info.rejected);
	pass(80000);
	settle();
	EXPECT_EQ(2, self->servers[0].requests);
	/* A day later it is asked again, and after a reload. */
	pass(6500);
	ASSERT_TRUE(TURN_UNTIL(self->servers[0].requests == 3));
	settle();
	self->servers[0].manner = ANSWERS;
	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(4, self->servers[0].requests);
}

/* What would ask at once: new addresses and routes, a reload, a burst, another source there. */
TEST_F(world, rate_holds_whoever_is_in_a_hurry)
{
	struct server *server = add_server("127.0.0.1", KISSES_RATE);

	configure("server 127.0.0.1 PORT iburst\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->kiss));
	for (int i = 0; i < 5; i++) {
		change_network(true);
		turn();
		pass(1);
		settle();
		configure("server 127.0.0.1 PORT iburst\n");
		settle();
		associations_burst_all(self->list, raw_ns(), 4, true);
		settle();
	}
	/* The directive is another now, and so is its source. */
	configure("server 127.0.0.1 PORT iburst prefer\n");
	settle();
	EXPECT_EQ(NTP_KISS_RATE, source_at(0)->kiss);
	/* A network that is away for a moment is no excuse. */
	configure("server 127.0.0.1 PORT iburst prefer\nbindacqaddress 192.0.2.1\n");
	pass(60);
	settle();
	configure("server 127.0.0.1 PORT iburst prefer\n");
	settle();
	EXPECT_EQ(1, server->requests);
	pass(128);
	ASSERT_TRUE(TURN_UNTIL(server->requests == 2));
}

TEST_F(world, a_refusal_is_told_when_nobody_answered)
{
	struct server *server = add_server("127.0.0.1", SILENT);

	close(server->fd);
	self->server_count = 0;
	configure("server 127.0.0.1 PORT\n");
	settle();
	EXPECT_EQ(0, source_at(0)->failed);
	EXPECT_EQ(1, open_fds());
	pass(4);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 1));
	EXPECT_EQ(-ECONNREFUSED, source_at(0)->error);
	EXPECT_EQ(0, open_fds());
}

TEST_F(world, an_exchange_across_epochs_gives_nothing)
{
	struct server *server = ask_server(SILENT);

	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	server->manner = ANSWERS;
	pass(65);
	self->epoch++;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 2));
	EXPECT_EQ(-ESTALE, source_at(0)->error);
	EXPECT_EQ(0, source_at(0)->added);
}

TEST_F(world, a_source_may_refuse_a_sample)
{
	ask_server(ANSWERS);
	turn();
	source_at(0)->add_result = -ESTALE;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 1));
	EXPECT_EQ(-ESTALE, source_at(0)->error);
	EXPECT_EQ(0, open_fds());
}

TEST_F(world, a_network_that_comes_late)
{
	static const int waits_s[] = { 1, 2, 4, 8, 16, 16 };

	add_server("127.0.0.1", ANSWERS);
	/* An address that this machine does not have yet. */
	configure("server 127.0.0.1 PORT\nbindacqaddress 192.0.2.1\n");
	turn();
	EXPECT_EQ(1, source_at(0)->failed);
	EXPECT_EQ(-EADDRNOTAVAIL, source_at(0)->error);
	for (size_t i = 0; i < ARRAY_SIZE(waits_s); i++) {
		pass(waits_s[i] - 1);
		EXPECT_EQ(i + 1, source_at(0)->failed);
		pass(1);
		EXPECT_EQ(i + 2, source_at(0)->failed);
	}
	/* The burst at the start is not used up, and it was said once. */
	EXPECT_EQ(0, source_at(0)->polled);
	EXPECT_EQ(1, self->messages);

	/* A reload without it does not wait. */
	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(1, source_at(0)->polled);
	EXPECT_EQ(2, self->messages);
}

/* A port that a program of this machine has, and shares with nobody. */
static int take_a_port(int *fd)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	socklen_t length = sizeof(local);

	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(*fd, (struct sockaddr *)&local, length) ||
	    getsockname(*fd, (struct sockaddr *)&local, &length))
		abort();

	return ntohs(local.sin_port);
}

/* It is no fault of the server's where a setting keeps each request from leaving. */
TEST_F(world, a_setting_that_keeps_requests_from_leaving_is_named)
{
	static const char *const words[] = { "acquisitionport", "bindacqdevice", "bindacqaddress" };
	struct association_info info;
	char lines[3][64];
	int fd;

	add_server("127.0.0.1", ANSWERS);
	snprintf(lines[0], sizeof(lines[0]), "acquisitionport %d", take_a_port(&fd));
	snprintf(lines[1], sizeof(lines[1]), "bindacqdevice nowhere0");
	snprintf(lines[2], sizeof(lines[2]), "bindacqaddress 192.0.2.1");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char text[128];

		snprintf(text, sizeof(text), "server 127.0.0.1 PORT\n%s\n", lines[i]);
		configure(text);
		turn();
		ASSERT_TRUE(associations_get_info(self->list, 0, &info));
		EXPECT_NE(NULL, strstr(info.rejected, words[i]));
		EXPECT_EQ(i + 1, self->messages);
		EXPECT_NE(NULL, strstr(self->message, info.rejected));
		/* The next line's failure is another one. */
		configure("");
	}
	close(fd);
}

TEST_F(world, a_network_that_comes_is_noticed)
{
	static const char *const addresses[] = { "127.0.0.1" };

	add_server("127.0.0.1", ANSWERS);
	names.result = -EHOSTUNREACH;
	configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\nbindacqaddress 192.0.2.1\n");
	for (int i = 0; i < 100; i++)
		pass(1);
	settle();
	EXPECT_EQ(-EADDRNOTAVAIL, source_at(0)->error);
	/* What went brings nothing; what came is tried in a moment, not after the wait. */
	names.started = 0;
	source_at(0)->failed = 0;
	change_network(false);
	pass(1);
	EXPECT_EQ(0, source_at(0)->failed);
	change_network(true);
	turn();
	set_names(1, addresses);
	pass(1);
	EXPECT_EQ(1, source_at(0)->failed);
	EXPECT_EQ(1, names.started);
}

TEST_F(world, a_network_that_comes_and_goes_is_not_followed_for_ever)
{
	int hurries = 0;

	names.result = -EHOSTUNREACH;
	configure("server ntp.example.net\n");
	settle();
	for (int i = 0; i < 640; i++) {
		int before = names.started;

		change_network(true);
		pass(1);
		pass(1);
		turn();
		hurries += names.started > before;
	}
	/* 20 minutes: a few at once, then one a minute with the retries that each begins. */
	EXPECT_GE(25 * 7, hurries);
	EXPECT_LE(20, hurries);
}

TEST_F(world, a_lost_server_is_asked_when_the_network_changes)
{
	struct server *server = add_server("127.0.0.1", SILENT);

	configure("server 127.0.0.1 PORT iburst\n");
	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	pass(5);
	EXPECT_EQ(1, source_at(0)->failed);
	server->manner = ANSWERS;
	change_network(true);
	turn();
	pass(1);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(4, source_at(0)->bursts);

	/* One that answers is left alone. */
	change_network(true);
	turn();
	pass(1);
	settle();
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_EQ(4, source_at(0)->bursts);
}

/* In another network the name may have another address, and the old one is reached no more. */
TEST_F(world, a_lost_servers_name_is_looked_up_when_the_network_changes)
{
	static const char *const before[] = { "127.0.0.1" };
	static const char *const after[] = { "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", ANSWERS);
	int started;

	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, before);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	/* One that answers is left alone. */
	change_network(true);
	turn();
	pass(1);
	settle();
	EXPECT_EQ(1, names.started);

	first->manner = SILENT;
	for (int i = 0; i < 60; i++) {
		pass(65);
		settle();
	}
	started = names.started;
	set_names(1, after);
	change_network(true);
	turn();
	pass(1);
	settle();
	EXPECT_EQ(started + 1, names.started);
	EXPECT_STREQ("127.0.0.2", address_at(0));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
}

TEST_F(world, reach_is_lost_without_a_network)
{
	ask_server(ANSWERS);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	configure("server 127.0.0.1 PORT\nbindacqaddress 192.0.2.1\n");
	for (int i = 0; i < 8; i++)
		pass(65);
	EXPECT_EQ(0, source_at(0)->reach);
}

TEST_F(world, a_name_that_cannot_be_looked_up_yet)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	names.result = -EHOSTUNREACH;
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 1));
	EXPECT_STREQ("ntp.example.net", names.name);
	EXPECT_EQ(-EHOSTUNREACH, source_at(0)->error);
	EXPECT_STREQ("", address_at(0));
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(0, strlen(info.resolving_error));

	/* After 1 s, 2 s, 4 s ... and then every 64 s. */
	for (int i = 0; i < 6; i++) {
		pass((1 << i) - 1);
		settle();
		EXPECT_EQ(i + 1, names.started);
		pass(1);
		settle();
		EXPECT_EQ(i + 2, names.started);
	}
	pass(65);
	settle();
	EXPECT_EQ(8, names.started);
	EXPECT_EQ(1, self->messages);

	set_names(1, addresses);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("127.0.0.1", address_at(0));
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("", info.resolving_error);
	EXPECT_STREQ("ntp.example.net", info.name);
}

/* The name servers of the network that was there before may never answer. */
TEST_F(world, a_look_up_begins_anew_when_the_network_changes)
{
	static const char *const addresses[] = { "127.0.0.1" };

	add_server("127.0.0.1", ANSWERS);
	set_names(1, addresses);
	names.busy = true;
	configure("server ntp.example.net PORT\n");
	settle();
	EXPECT_EQ(1, names.started);
	EXPECT_EQ(1, open_fds());
	change_network(true);
	turn();
	pass(1);
	settle();
	EXPECT_EQ(2, names.started);
	EXPECT_EQ(1, open_fds());
	names.busy = false;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	/* Nobody waits for a query of a name whose server answers. */
	names.busy = true;
	operate_refresh(self->list, raw_ns());
	ASSERT_TRUE(TURN_UNTIL(names.started == 3));
	change_network(true);
	turn();
	pass(1);
	settle();
	EXPECT_EQ(3, names.started);
}

TEST_F(world, a_server_that_is_gone_is_replaced)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", ANSWERS);
	int polls;

	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(2, addresses);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() && source_at(0)->added == 1));
	EXPECT_STREQ("127.0.0.1", address_at(0));
	first->manner = SILENT;
	for (polls = 0; polls < 20 && !strcmp("127.0.0.1", address_at(0)); polls++) {
		pass(64);
		settle();
		pass(5);
	}
	EXPECT_EQ(8, polls);
	EXPECT_STREQ("127.0.0.2", address_at(0));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(1, names.started);
}

/* It is not asked for a day: who has its address in the place of another one asks nobody. */
TEST_F(world, a_server_that_refuses_takes_no_other_ones_place)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", KISSES_DENY), *second;

	second = add_server("127.0.0.2", SILENT);
	ASSERT_NE(NULL, second);
	set_names(2, addresses);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("127.0.0.2", address_at(0))));
	for (int i = 0; i < 16; i++) {
		pass(65);
		settle();
		pass(5);
	}
	EXPECT_LT(1, names.started);
	second->manner = ANSWERS;
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added));
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_EQ(1, first->requests);
}

TEST_F(world, a_name_is_looked_up_again_when_nobody_answers)
{
	static const char *const before[] = { "127.0.0.1" };
	static const char *const after[] = { "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", SILENT);

	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, before);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(first->requests == 1));
	set_names(1, after);
	for (int i = 0; i < 12 && names.started < 2; i++) {
		pass(65);
		settle();
	}
	ASSERT_EQ(2, names.started);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("127.0.0.2", address_at(0));
}

/* What the name had when it was looked up is long ago. */
TEST_F(world, a_name_is_looked_up_as_soon_as_its_server_is_gone)
{
	static const char *const before[] = { "127.0.0.1" };
	static const char *const after[] = { "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", ANSWERS);
	struct association_info info;
	unsigned int failures = 0;

	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, before);
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	first->manner = SILENT;
	set_names(1, after);
	while (names.started < 2 && failures++ < 12) {
		pass(65);
		settle();
		pass(5);
		settle();
	}
	/* The eighth answer in a row that is missing. */
	EXPECT_EQ(8, failures);
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("127.0.0.2", address_at(0));
}

TEST_F(world, only_one_family_is_looked_up)
{
	static const char *const addresses[] = { "127.0.0.1" };

	add_server("127.0.0.1", ANSWERS);
	set_names(1, addresses);
	self->family = AF_INET;
	configure("server ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(AF_INET, names.family);
	EXPECT_EQ(1, names.started);
	/* Its line demands the other one. */
	configure("server ntp.example.net ipv6 PORT\n");
	settle();
	EXPECT_EQ(1, names.started);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed));
}

TEST_F(world, a_routine_look_up_follows_the_name)
{
	static const char *const before[] = { "127.0.0.1" };
	static const char *const after[] = { "127.0.0.2" };

	add_server("127.0.0.1", ANSWERS);
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, before);
	configure("refresh 1000\nserver ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	pass(998);
	settle();
	EXPECT_EQ(1, names.started);
	/* The same again changes nothing. */
	pass(5);
	ASSERT_TRUE(TURN_UNTIL(names.started == 2));
	settle();
	EXPECT_STREQ("127.0.0.1", address_at(0));
	set_names(1, after);
	pass(1001);
	ASSERT_TRUE(TURN_UNTIL(names.started == 3));
	ASSERT_TRUE(TURN_UNTIL(!strcmp("127.0.0.2", address_at(0))));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
}

/* The number of an interface of the test's own; 0: it is gone. */
static unsigned int chime_number;

unsigned int __wrap_if_nametoindex(const char *name)
{
	return strcmp(name, "chime") ? __real_if_nametoindex(name) : chime_number;
}

/* A driver that is loaded again, or a card that is plugged in again. */
TEST_F(world, an_interface_comes_back_with_another_number)
{
	chime_number = 70001;
	configure("server fe80::1%chime port 1\n");
	turn();
	EXPECT_STREQ("fe80::1%70001", address_at(0));
	chime_number = 0;
	pass(1);
	EXPECT_STREQ("fe80::1%70001", address_at(0));
	chime_number = 70002;
	for (int i = 0; i < 8; i++)
		pass(64);
	EXPECT_STREQ("fe80::1%70002", address_at(0));
	EXPECT_EQ(0, names.started);
}

TEST_F(world, a_pool_uses_several)
{
	static const char *const addresses[] = {
		"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5",
	};
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	/* Nobody is at the second and the third. */
	ASSERT_NE(NULL, add_server("127.0.0.4", ANSWERS));
	ASSERT_NE(NULL, add_server("127.0.0.5", ANSWERS));
	set_names(5, addresses);
	configure("pool pool.example.net PORT maxsources 3\n");
	/* The name stands in the list before it is known. */
	ASSERT_EQ(1, source_count());
	ASSERT_TRUE(TURN_UNTIL(source_count() == 3));
	associations_get_info(self->list, 2, &info);
	EXPECT_STREQ("pool.example.net", info.name);

	/* Three refusals by ICMP prove nothing. After eight an address makes room for another. */
	for (int i = 0; i < 8; i++) {
		settle_each(3);
		if (i == 4)
			EXPECT_TRUE(address_at(1)[8] == '2' || address_at(2)[8] == '2');
		pass(65);
	}
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added && source_at(2)->added));
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_NE('2', address_at(1)[8]);
	EXPECT_NE('3', address_at(2)[8]);
	EXPECT_NE(address_at(1)[8], address_at(2)[8]);
}

/* A name server gives other addresses of a pool each time, and a firewall lets nobody answer. */
static void name_others(void)
{
	names.result = 8;
	for (int i = 0; i < names.result; i++)
		names.addresses[i] = (struct net_address){
			.family = AF_INET,
			.bytes = { 127, 1, (uint8_t)names.started, (uint8_t)(i + 1) },
		};
}

TEST_F(world, a_pool_of_which_nobody_answers_is_told_of_once)
{
	add_server("127.0.0.1", ANSWERS);
	configure("pool pool.example.net PORT\n");
	for (int i = 0; i < 6 * 3600 / 65; i++) {
		name_others();
		for (int j = 0; j < 12; j++) {
			turn();
			self->skipped_ns += NS_PER_S / 10;
		}
		pass(64);
	}
	EXPECT_LT(4, names.started);
	/* Of each of the four that none gives time, and which one is asked instead. */
	EXPECT_EQ(8, self->messages)
		TH_LOG("%s", self->message);
	names.result = 1;
	net_address_parse("127.0.0.1", AF_UNSPEC, &names.addresses[0]);
	for (int i = 0; i < 60 && !strstr(self->message, "127.0.0.1"); i++) {
		settle();
		pass(65);
	}
	EXPECT_NE(NULL, strstr(self->message, "127.0.0.1 (pool.example.net) gives time again"));
}

/* One that has gone for good does not have the name looked up every minute. */
TEST_F(world, a_server_of_a_pool_that_is_gone_for_good)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	struct server *second;

	ASSERT_NE(NULL, add_server("127.0.0.1", ANSWERS));
	second = add_server("127.0.0.2", ANSWERS);
	ASSERT_NE(NULL, second);
	set_names(2, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	second->manner = SILENT;
	for (int i = 0; i < 160; i++) {
		pass(65);
		settle_each(2);
		pass(5);
	}
	EXPECT_GT(names.started, 2);
	EXPECT_LT(names.started, 16);
	/* It is seldom asked for, and back when it is. */
	second->manner = ANSWERS;
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(!source_at(1)->error));
}

/*
 * A name server may give few of a pool's addresses at first. It is asked for the rest, ever less
 * often, although the addresses that there are answer.
 */
TEST_F(world, a_pool_that_is_too_small_is_looked_up_again)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	int started;

	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(1, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 1 && source_at(0)->added));
	for (int i = 0; i < 160; i++) {
		pass(65);
		settle_each(1);
	}
	EXPECT_GT(names.started, 4);
	EXPECT_LT(names.started, 16);

	/* Such a query replaces no address that answers. */
	set_names(1, &addresses[1]);
	for (int i = 0; i < 40 && source_count() < 2; i++) {
		pass(65);
		settle_each(1);
	}
	ASSERT_EQ(2, source_count());
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_STREQ("127.0.0.2", address_at(1));

	/* As many as are wanted. */
	started = names.started;
	for (int i = 0; i < 40; i++) {
		pass(65);
		settle_each(2);
	}
	EXPECT_EQ(started, names.started);
}

/* It is looked up as soon as any other name when its server is gone, and not half an hour later. */
TEST_F(world, a_pool_that_is_too_small_has_its_server_replaced_soon)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };
	struct server *first = add_server("127.0.0.1", ANSWERS);

	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, add_server("127.0.0.2", ANSWERS));
	set_names(1, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 1 && source_at(0)->added));
	/* Until it is seldom looked up, and was just now. */
	for (int i = 0; i < 64; i++) {
		pass(65);
		settle_each(1);
	}
	first->manner = SILENT;
	set_names(1, &addresses[1]);
	for (int i = 0; i < 16 && strcmp(address_at(0), "127.0.0.2"); i++) {
		pass(65);
		settle_each(1);
		pass(5);
	}
	EXPECT_STREQ("127.0.0.2", address_at(0));
}

static int count_family(const char *mark)
{
	int count = 0;

	for (size_t i = 0; i < source_count(); i++)
		count += !!strstr(address_at(i), mark);
	return count;
}

/* Three machines, each with an address of either family: three votes. */
TEST_F(world, a_pool_counts_a_machine_with_two_addresses_once)
{
	static const char *const addresses[] = {
		"::1", "fe80::2%lo", "fe80::3%lo", "127.0.0.1", "127.0.0.2", "127.0.0.3",
	};

	for (int i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_server(loopback[i], ANSWERS));
	set_names(6, addresses);
	configure("pool pool.example.net PORT maxsources 4\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 3));
	settle();
	EXPECT_EQ(3, source_count());
	EXPECT_EQ(3, count_family(":"));

	/* Nobody is there: in the end all are asked over IPv4, and never some of them. */
	for (int i = 0; i < 12; i++) {
		settle_each(3);
		pass(5);
		EXPECT_TRUE(count_family(".") == 0 || count_family(".") == 3);
		pass(60);
	}
	EXPECT_EQ(3, count_family("."));
	EXPECT_EQ(3, source_count());
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->added && source_at(2)->added));
}

TEST_F(world, a_pool_uses_the_family_with_more_addresses)
{
	static const char *const addresses[] = {
		"fe80::2%lo", "127.0.0.1", "127.0.0.2", "127.0.0.3",
	};

	set_names(4, addresses);
	configure("pool pool.example.net port 9 maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2));
	EXPECT_EQ(2, count_family("."));
	/* Of one server each is as good as the other. */
	configure("server pool.example.net port 9\n");
	ASSERT_TRUE(TURN_UNTIL(*address_at(0)));
	EXPECT_EQ(1, count_family(":"));
}

/* An address that another source has is none of those that can be asked. */
TEST_F(world, a_pool_counts_only_the_addresses_that_it_can_use)
{
	static const char *const addresses[] = {
		"fe80::2%lo", "fe80::3%lo", "127.0.0.1", "127.0.0.2",
	};

	set_names(4, addresses);
	configure("server fe80::2%lo port 9\npool pool.example.net port 9 maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() > 1 && *address_at(1)));
	EXPECT_EQ(3, source_count());
	EXPECT_EQ(2, count_family("."));
}

TEST_F(world, a_falseticker_of_a_pool_is_replaced)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3" };
	int polls;

	for (int i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_server(addresses[i], ANSWERS));
	set_names(3, addresses);
	configure("pool pool.example.net PORT maxsources 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 2 && source_at(0)->added && source_at(1)->added));
	/* As long as nobody is selected, who could say that it is wrong? */
	source_at(1)->verdict = SOURCE_FALSETICKER;
	for (polls = 0; polls < 30; polls++) {
		pass(64);
		settle_each(2);
	}
	EXPECT_STREQ("127.0.0.2", address_at(1));
	source_at(0)->verdict = SOURCE_SELECTED;
	for (polls = 0; polls < 30 && !strcmp("127.0.0.2", address_at(1)); polls++) {
		pass(64);
		settle_each(2);
	}
	EXPECT_EQ(16, polls);
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_STREQ("127.0.0.3", address_at(1));
}

/*
 * /etc/hosts calls this machine 127.0.1.1, and who blocks a name has it resolved to 0.0.0.0: then
 * it is our own server that answers.
 */
TEST_F(world, this_machine_has_other_addresses_too)
{
	static const char *const blocked[] = { "0.0.0.0" };
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	ASSERT_NE(NULL, add_server("127.0.1.1", ANSWERS));
	set_names(1, blocked);
	configure("PORT\nallow\nserver 127.0.1.1 PORT\nserver ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed && source_at(1)->failed));
	EXPECT_EQ(0, source_at(0)->added);
	EXPECT_EQ(0, source_at(1)->added);
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(NULL, strstr(info.rejected, "own NTP server"));
}

/* That is no address of its own, but all of them. */
TEST_F(world, a_server_bound_to_any_address_is_our_own)
{
	add_server("127.0.0.1", ANSWERS);
	configure("PORT\nallow\nbindaddress 0.0.0.0\nserver 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed || source_at(0)->added));
	EXPECT_EQ(0, source_at(0)->added);
}

/* Then another program may serve that. */
TEST_F(world, a_family_that_is_not_served_has_no_server_of_ours)
{
	add_server("127.0.0.1", ANSWERS);
	configure("PORT\nallow\nbindaddress ::1\nserver 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed || source_at(0)->added));
	EXPECT_EQ(1, source_at(0)->added);
}

TEST_F(world, an_address_is_used_once)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	set_names(1, addresses);
	configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	settle();
	associations_get_info(self->list, 1, &info);
	EXPECT_STREQ("", info.address);
	EXPECT_NE(NULL, strstr(info.resolving_error, "in use"));
	EXPECT_EQ(0, source_at(1)->polled);
	EXPECT_TRUE(source_at(1)->twin);
	EXPECT_FALSE(source_at(0)->twin);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "ntp.example.net is not asked: All its addresses"))
		TH_LOG("%s", self->message);
	/* Once, however often the name is looked up. */
	pass(200);
	ASSERT_TRUE(TURN_UNTIL(names.started >= 2));
	settle();
	EXPECT_EQ(1, self->messages);
	/* When it leads to another server it is one more. */
	add_server("127.0.0.2", ANSWERS);
	set_names(1, (const char *const[]){ "127.0.0.2" });
	pass(3600);
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	EXPECT_FALSE(source_at(1)->twin);
}

/* Nor is it two machines that answer on two ports of it. */
TEST_F(world, an_address_is_used_once_whatever_the_port)
{
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	configure("server 127.0.0.1 PORT\nserver 127.0.0.1 port 9\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	settle();
	associations_get_info(self->list, 1, &info);
	EXPECT_STREQ("", info.address);
	EXPECT_NE(NULL, strstr(info.resolving_error, "in use"));
	EXPECT_EQ(0, source_at(1)->polled);
	/* Where another port is configured for it, that one is asked. */
	configure("server 127.0.0.1 port 9\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 1 && source_at(0)->polled));
	EXPECT_STREQ("127.0.0.1", address_at(0));
	configure("server 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
}

/*
 * Whoever answers DHCP may name the very servers that the configuration names, which have their
 * addresses later.
 */
TEST_F(world, a_network_takes_no_address_of_the_configurations)
{
	static const char *const addresses[] = { "127.0.0.1" };
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	set_names(1, addresses);
	names.busy = true;
	self->by_network = 1 << 1;
	configure("server ntp.example.net PORT minpoll 5\nserver 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	names.busy = false;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	settle();
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_STREQ("", address_at(1));
	EXPECT_EQ(0, source_at(1)->added);
	EXPECT_NE(NULL, strstr(self->message, "127.0.0.1 is not asked: All its addresses"))
		TH_LOG("%s", self->message);
	EXPECT_EQ(1, self->messages);
	/* It has it again when the configuration needs it no more. */
	self->by_network = 1;
	configure("server 127.0.0.1 PORT\n");
	pass(130);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	/* Of two that a network names the first has it. */
	self->by_network = 3;
	configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\n");
	settle();
	associations_get_info(self->list, 1, &info);
	EXPECT_STREQ("127.0.0.1", address_at(0));
	EXPECT_NE(NULL, strstr(info.resolving_error, "in use"));
}

/* By its reference id chronyc names it, whether it works or not. */
TEST_F(world, a_refclock_that_cannot_be_opened_has_its_reference_id)
{
	struct association_info info;

	configure("refclock PHC /nowhere/at/all refid GPS\nrefclock PPS /nowhere/else\n");
	settle();
	ASSERT_TRUE(associations_get_info(self->list, 0, &info));
	EXPECT_EQ(0x47505300, info.refid);
	EXPECT_STREQ("", info.address);
	ASSERT_TRUE(associations_get_info(self->list, 1, &info));
	EXPECT_EQ(0x50505331, info.refid);
}

/* --- Keys --- */

static const struct ntp_key key7 = {
	.id = 7,
	.type = NTP_MAC_SHA256,
	.length = 16,
	.secret = "0123456789abcdef",
};

#define KEY7	"7 SHA256 0123456789abcdef\n"

/* A key file of the test's own, in a directory that is gone when it ends. */
struct key_file {
	char directory[32];
	char path[64];
};

static struct key_file make_key_file(void)
{
	struct key_file file = { .directory = "/tmp/test_keys.XXXXXX" };

	if (!mkdtemp(file.directory))
		abort();
	snprintf(file.path, sizeof(file.path), "%s/keys", file.directory);
	return file;
}

static void write_keys(const struct key_file *file, const char *text)
{
	int fd = open(file->path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void remove_keys(const struct key_file *file)
{
	unlink(file->path);
	rmdir(file->directory);
}

/* One server, asked with key 7 of @file. */
static void configure_key(const struct key_file *file, const char *options)
{
	char text[256];

	snprintf(text, sizeof(text), "keyfile %s\nserver 127.0.0.1 PORT key 7 %s\n", file->path,
		 options);
	configure(text);
}

/* A server that has key 7 is asked with that of @file, which has @keys. */
static struct server *ask_with_key(const struct key_file *file, const char *keys)
{
	struct server *server = add_server("127.0.0.1", ANSWERS);

	server->key = &key7;
	write_keys(file, keys);
	configure_key(file, "");

	return server;
}

TEST_F(world, a_server_with_a_key_is_asked_with_it)
{
	struct key_file file = make_key_file();
	struct server *server = ask_with_key(&file, KEY7);

	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(0, server->refused);
	EXPECT_EQ(0, self->messages)
		TH_LOG("%s", self->message);
	/* The MAC of a long digest is whole before NTPv4 only. */
	EXPECT_EQ(3, server->version);
	configure_key(&file, "version 4");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(4, server->version);
	write_keys(&file, "7 SHA1 0123456789abcdef\n");
	configure_key(&file, "");
	EXPECT_TRUE(TURN_UNTIL(server->refused == 1));
	remove_keys(&file);
}

TEST_F(world, a_server_whose_key_is_missing_waits_for_a_reload)
{
	struct key_file file = make_key_file();
	struct server *server = add_server("127.0.0.1", ANSWERS);
	struct association_info info;

	write_keys(&file, "8 SHA256 0123456789abcdef\n");
	configure_key(&file, "");
	EXPECT_NE(NULL, strstr(self->message, file.path));
	EXPECT_NE(NULL, strstr(self->message, "'127.0.0.1' is not asked: its key 7 is missing"));
	for (int i = 0; i < 20; i++)
		pass(65);
	/* Nor in the clear. */
	EXPECT_EQ(0, server->requests);
	EXPECT_EQ(0, source_at(0)->polled);
	EXPECT_EQ(-ENOKEY, source_at(0)->error);
	EXPECT_EQ(1, self->messages);
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(NULL, strstr(info.resolving_error, "its key 7 was not found in"));
	EXPECT_NE(NULL, strstr(info.resolving_error, file.path));

	server->key = &key7;
	write_keys(&file, KEY7);
	configure_key(&file, "");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	associations_get_info(self->list, 0, &info);
	EXPECT_STREQ("", info.resolving_error);

	/* A key that has gone is not used any more. */
	write_keys(&file, "8 SHA256 0123456789abcdef\n");
	configure_key(&file, "");
	EXPECT_NE(NULL, strstr(self->message, file.path));
	EXPECT_NE(NULL, strstr(self->message, "'127.0.0.1' is not asked any more: its key 7 has"))
		TH_LOG("%s", self->message);
	pass(65);
	settle();
	EXPECT_EQ(1, server->requests);
	EXPECT_EQ(0, server->refused);
	remove_keys(&file);
}

/* After some failures in vain the next one is 16 s away. */
TEST_F(world, a_server_whose_key_comes_back_is_asked_at_once)
{
	struct key_file file = make_key_file();
	struct server *server = ask_with_key(&file, "8 SHA256 0123456789abcdef\n");

	for (int i = 0; i < 10; i++)
		pass(17);
	EXPECT_EQ(-ENOKEY, source_at(0)->error);
	write_keys(&file, KEY7);
	EXPECT_EQ(0, associations_read_keys(self->list, self->config));
	settle();
	EXPECT_EQ(1, server->requests);
	EXPECT_EQ(1, source_at(0)->added);
	remove_keys(&file);
}

TEST_F(world, without_a_key_file_no_key_is_found)
{
	struct association_info info;

	add_server("127.0.0.1", ANSWERS);
	configure("server 127.0.0.1 PORT key 7\n");
	settle();
	EXPECT_EQ(0, self->servers[0].requests);
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(NULL, strstr(info.resolving_error, "no keyfile"));
}

TEST_F(world, keys_that_cannot_be_read_again_stay)
{
	struct key_file file = make_key_file();
	struct server *server = ask_with_key(&file, KEY7);

	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	remove_keys(&file);
	configure_key(&file, "");
	EXPECT_EQ(2, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "stay in force"));
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
	EXPECT_EQ(0, server->refused);
}

/* Such a file may be another program's. */
TEST_F(world, a_key_file_that_no_source_needs_is_not_read)
{
	add_server("127.0.0.1", ANSWERS);
	configure("keyfile /nonexistent/keys\nserver 127.0.0.1 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(0, self->messages);
}

TEST_F(world, a_server_with_another_secret_is_guessed_at)
{
	struct key_file file = make_key_file();
	struct server *server = ask_with_key(&file, "7 SHA256 fedcba9876543210\n");
	struct association_info info;

	ASSERT_TRUE(TURN_UNTIL(server->refused == 1));
	pass(5);
	EXPECT_EQ(-ETIMEDOUT, source_at(0)->error);
	associations_get_info(self->list, 0, &info);
	EXPECT_NE(NULL, strstr(info.rejected, "our key"));
	remove_keys(&file);
}

TEST_F(world, a_key_that_can_be_guessed_is_warned_of)
{
	struct key_file file = make_key_file();

	add_server("127.0.0.1", ANSWERS);
	write_keys(&file, "7 SHA256 short\n");
	configure_key(&file, "");
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "key 7 of '127.0.0.1' has 40 bits"));
	EXPECT_EQ(NULL, strstr(self->message, "short"));
	remove_keys(&file);
}

TEST_F(world, a_reload_keeps_what_is_unchanged)
{
	struct source *second, *third;

	for (int i = 1; i <= 4; i++) {
		char text[32];

		snprintf(text, sizeof(text), "127.0.0.%d", i);
		ASSERT_NE(NULL, add_server(text, ANSWERS));
	}
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\nserver 127.0.0.3 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added && source_at(1)->added && source_at(2)->added));
	second = source_at(1);
	third = source_at(2);

	/* One goes, one comes, one changes its place, one its options. */
	self->changes = 0;
	configure("server 127.0.0.3 PORT\nserver 127.0.0.4 PORT\nserver 127.0.0.2 PORT iburst\n");
	EXPECT_EQ(1, self->changes);
	ASSERT_EQ(3, source_count());
	EXPECT_EQ(third, source_at(0));
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_NE(second, source_at(2));
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1 && source_at(2)->added == 1));
	EXPECT_STREQ("127.0.0.3", address_at(0));
	EXPECT_STREQ("127.0.0.4", address_at(1));
	EXPECT_STREQ("127.0.0.2", address_at(2));
	EXPECT_EQ(1, self->servers[2].requests);

	configure("");
	EXPECT_EQ(0, source_count());
	EXPECT_EQ(INT64_MAX, associations_next_ns(self->list));
}

TEST_F(world, a_reload_leaves_requests_in_flight_alone)
{
	struct server *server = ask_server(SILENT);

	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	configure("server 127.0.0.1 PORT\n");
	EXPECT_EQ(1, open_fds());
	EXPECT_EQ(0, source_at(0)->failed);
}

TEST_F(world, limits_are_those_of_the_configuration)
{
	add_server("127.0.0.1", ANSWERS);
	configure("server 127.0.0.1 PORT\nminstratum 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->failed == 1));
	/* A reload takes them back. */
	configure("server 127.0.0.1 PORT\n");
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
}

/* Answers that come together wait for each other, and who is asked at once is asked for nothing. */
TEST_F(world, servers_are_not_asked_in_the_same_instant)
{
	const int64_t gap_ns = NS_PER_S / 5;
	int64_t from_ns;
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_server(loopback[i], ANSWERS));
	from_ns = raw_ns();
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\nserver 127.0.0.3 PORT\n");
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(TURN_UNTIL(source_at((size_t)i)->polled));
		EXPECT_GE(raw_ns() - from_ns, i * gap_ns);
	}
	EXPECT_LT(raw_ns() - from_ns, 2 * gap_ns + NS_PER_S);
	/* Nor the next time, when all are due again. */
	settle();
	the_world->skipped_ns += 65 * NS_PER_S;
	turn();
	EXPECT_EQ(4, source_at(0)->polled + source_at(1)->polled + source_at(2)->polled);

	/* To confirm what a disruption left all are asked, and at once. */
	associations_burst_all(self->list, raw_ns(), 1, true);
	turn();
	EXPECT_EQ(7, source_at(0)->polled + source_at(1)->polled + source_at(2)->polled);
}

/* Nor may one that is asked all the time take all the turns. */
TEST_F(world, a_quick_server_leaves_the_others_their_turn)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_server(loopback[i], ANSWERS));
	configure("server 127.0.0.1 PORT minpoll -4 maxpoll -4\nserver 127.0.0.2 PORT\n"
		  "server 127.0.0.3 PORT\n");
	/* Six times as often as it is due. */
	for (i = 0; i < 12; i++) {
		if (i % 6 == 0)
			source_at(0)->next_ns = raw_ns();
		turn();
		the_world->skipped_ns += NS_PER_S / 96;
	}
	EXPECT_EQ(2, source_at(0)->polled);
	EXPECT_EQ(1, source_at(1)->polled);
	EXPECT_EQ(1, source_at(2)->polled);
}

TEST_F(world, a_burst_asks_everybody_anew)
{
	struct server *server = add_server("127.0.0.1", SILENT);
	uint16_t port;

	configure("server 127.0.0.1 PORT\nserver ntp.example.net PORT\n");
	names.result = -EHOSTUNREACH;
	ASSERT_TRUE(TURN_UNTIL(server->requests == 1 && names.started == 1));
	settle();
	port = server->from_port;
	associations_burst_all(self->list, raw_ns(), 4, true);
	EXPECT_EQ(0, open_fds());
	EXPECT_EQ(4, source_at(0)->bursts);
	EXPECT_EQ(1, source_at(0)->cuts);
	/* From another port, and what has no address is looked up again. */
	ASSERT_TRUE(TURN_UNTIL(server->requests == 2 && names.started == 2));
	EXPECT_NE(port, server->from_port);
	/* What was dropped is nobody's failure. */
	EXPECT_EQ(0, source_at(0)->failed);
}

TEST_F(world, another_reference_reaches_every_source)
{
	const struct reference_change change = { .shift_ns = 1 };
	struct server *server = add_server("127.0.0.1", SILENT);

	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 port 9\n");
	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	associations_change_reference(self->list, 7, &change);
	associations_set_followed(self->list, 1234);
	EXPECT_EQ(1, source_at(0)->changed);
	EXPECT_EQ(1, source_at(1)->changed);
	EXPECT_EQ(1234, source_at(0)->followed_ns);
	EXPECT_EQ(1234, source_at(1)->followed_ns);
	EXPECT_EQ(0, open_fds());
}

/* Whatever the clocks say by now: a change that was not told of yet is still to come for it. */
TEST_F(world, a_source_begins_with_the_epoch_that_the_others_were_told_of)
{
	const struct reference_change change = { .shift_ns = 1 };

	add_server("127.0.0.2", ANSWERS);
	self->epoch = 7;
	configure("server 127.0.0.1 port 9\n");
	EXPECT_EQ(0, source_at(0)->epoch);
	associations_change_reference(self->list, 7, &change);
	self->epoch = 8;
	configure("server 127.0.0.1 port 9\nserver 127.0.0.2 PORT\n");
	EXPECT_EQ(7, source_at(1)->epoch);
	/* Also where it has an address, which begins anew. */
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added));
	EXPECT_EQ(7, source_at(1)->epoch);
	associations_change_reference(self->list, 8, &change);
	EXPECT_EQ(8, source_at(1)->epoch);
}

TEST_F(world, nobody_is_asked_during_a_pause)
{
	struct server *server = ask_server(SILENT);
	int64_t end_ns;
	int requests;

	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	end_ns = raw_ns() + 1000 * NS_PER_S;
	associations_pause(self->list, raw_ns(), end_ns);
	associations_burst_all(self->list, raw_ns(), 4, true);
	settle();
	requests = server->requests;
	EXPECT_EQ(0, open_fds());
	EXPECT_EQ(end_ns, associations_next_ns(self->list));
	the_world->skipped_ns += 1000 * NS_PER_S;
	ASSERT_TRUE(TURN_UNTIL(server->requests > requests));
}

TEST_F(world, another_timescale_drops_requests)
{
	struct timescale other = { .ops = &world_ops };
	struct server *server = ask_server(SILENT);

	ASSERT_TRUE(TURN_UNTIL(server->requests == 1));
	associations_set_timescale(self->list, &other);
	EXPECT_EQ(0, open_fds());
	associations_set_timescale(self->list, &self->timescale);
}

TEST_F(world, pools_make_room)
{
	char text[CONFIG_SOURCES_MAX * 48];
	char addresses[16][32];
	const char *list[16];
	int used = 0;

	for (int i = 0; i < 16; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "127.0.1.%d", i + 1);
		list[i] = addresses[i];
	}
	set_names(16, list);
	configure("pool pool.example.net port 9 maxsources 16\n");
	ASSERT_TRUE(TURN_UNTIL(source_count() == 16));
	used = snprintf(text, sizeof(text), "pool pool.example.net port 9 maxsources 16\n");
	for (int i = 1; i < CONFIG_SOURCES_MAX; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "server 127.0.0.%d port 9\n", i);
	configure(text);
	EXPECT_EQ(CONFIG_SOURCES_MAX, source_count());
	settle();
	EXPECT_EQ(CONFIG_SOURCES_MAX, source_count());
}

/* By which numbers servers of orphan mode know each other, and that a change is logged, once. */
TEST_F(world, orphans)
{
	ask_server(ANSWERS);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	associations_judge_servers(self->list, 8, true, 1);
	EXPECT_EQ(8, orphans.stratum);
	EXPECT_EQ(0x7f000001, orphans.identity.refid);
	EXPECT_EQ(0x7f000001, orphans.identity.local_refid);
	EXPECT_EQ(0, self->messages);
	orphans.leader = 0;
	associations_judge_servers(self->list, 8, true, 1);
	associations_judge_servers(self->list, 8, true, 1);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "127.0.0.1 comes first"));
	orphans.leader = -1;
	associations_judge_servers(self->list, 8, true, 1);
	EXPECT_EQ(2, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "any more"));
	EXPECT_TRUE(loops.recovering);
	EXPECT_EQ(0x7f000001, loops.identity.local_refid);
}

/* Once, though a server can say so as often as not. */
TEST_F(world, a_loop_is_logged)
{
	const int64_t hour_ns = 3600LL * 1000000000;

	ask_server(ANSWERS);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	associations_judge_servers(self->list, 8, false, 1);
	EXPECT_EQ(0, self->messages);
	source_at(0)->loop = true;
	associations_judge_servers(self->list, 8, false, 2);
	associations_judge_servers(self->list, 8, false, 3);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "127.0.0.1 follows this machine"));
	/* Nobody counts as one while this machine may be the one that is wrong. */
	source_at(0)->loop = false;
	associations_judge_servers(self->list, 8, true, 4);
	EXPECT_EQ(1, self->messages);
	associations_judge_servers(self->list, 8, false, 5);
	EXPECT_EQ(2, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "no more"));
	source_at(0)->loop = true;
	associations_judge_servers(self->list, 8, false, hour_ns);
	source_at(0)->loop = false;
	associations_judge_servers(self->list, 8, false, hour_ns + 1);
	EXPECT_EQ(2, self->messages);
	source_at(0)->loop = true;
	associations_judge_servers(self->list, 8, false, hour_ns + 2);
	EXPECT_EQ(3, self->messages);
}

/* The kernel calls it an invalid argument, which says nothing to anybody. */
TEST_F(world, a_link_local_address_without_its_interface)
{
	struct association_info info;

	if (!add_server("::1", ANSWERS))
		SKIP(return, "no ::1 here");
	configure("server fe80::1\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->error == -EINVAL));
	ASSERT_TRUE(associations_get_info(self->list, 0, &info));
	EXPECT_NE(NULL, strstr(info.rejected, "%eth0")) TH_LOG("%s", info.rejected);
	EXPECT_NE(NULL, strstr(self->message, "%eth0")) TH_LOG("%s", self->message);
}

/* One of many that fare alike says it for all. */
TEST_F(world, want_of_descriptors_is_said_once)
{
	struct rlimit before, limit;
	int next;

	add_server("127.0.0.1", ANSWERS);
	configure("server 127.0.0.1 PORT\nserver 127.0.0.2 PORT\nserver 127.0.0.3 PORT\n");
	next = dup(0);
	ASSERT_EQ(0, close(next));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
	limit = before;
	limit.rlim_cur = (rlim_t)next;
	self->messages = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	settle_each(4);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
	EXPECT_EQ(-EMFILE, source_at(2)->error);
	EXPECT_EQ(1, self->messages) TH_LOG("%s", self->message);
	EXPECT_NE(NULL, strstr(self->message, "LimitNOFILE=")) TH_LOG("%s", self->message);
}

TEST_HARNESS_MAIN
