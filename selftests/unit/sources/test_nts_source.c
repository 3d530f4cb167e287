// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources that are authenticated by NTS: when keys are established, what becomes of failures and
 * refusals, and their file. Servers on the loopback interface, and a stand-in for TLS.
 */
#include "selftests/unit/association_world.h"

#include "user/ntp/bytes.h"
#include "user/ntp/nts_dump.h"
#include "user/ntp/nts_field.h"

#define COOKIE_SIZE	100

/* Of the servers. */
static struct nts_keys keys;

/* What they do. */
static enum { FAITHFUL, REFUSES, FORGES, IN_THE_CLEAR } conduct;

static struct nts_outcome good_outcome(void)
{
	struct nts_outcome outcome = { .failure = NTS_ESTABLISHED };

	keys.algorithm = AEAD_AES_SIV_CMAC_256;
	memset(keys.c2s, 0x11, sizeof(keys.c2s));
	memset(keys.s2c, 0x22, sizeof(keys.s2c));
	outcome.keys = keys;
	outcome.answer.algorithm = keys.algorithm;
	for (size_t i = 0; i < NTS_COOKIES; i++)
		outcome.answer.cookies[i].size = COOKIE_SIZE;
	outcome.answer.cookie_count = NTS_COOKIES;
	return outcome;
}

static void refuse(const char *problem, enum nts_failure failure)
{
	memset(&establishing.outcome, 0, sizeof(establishing.outcome));
	establishing.outcome.failure = failure;
	snprintf(establishing.outcome.problem, sizeof(establishing.outcome.problem), "%s", problem);
}

static bool is_authentic(const struct server *server, struct nts_field *identifier, size_t *wanted)
{
	uint8_t plain[NTP_PACKET_MAX];
	struct nts_field field = { 0 };
	struct aead aead;
	size_t size;

	*wanted = 0;
	for (size_t at = NTP_HEADER_SIZE; at < server->request_length; at = field.end) {
		if (!nts_field_read(server->request, server->request_length, at, &field))
			return false;
		if (field.type == NTS_FIELD_IDENTIFIER)
			*identifier = field;
		*wanted += field.type == NTS_FIELD_COOKIE || field.type == NTS_FIELD_PLACEHOLDER;
	}
	return aead_set_key(&aead, keys.algorithm, keys.c2s) &&
	       field.type == NTS_FIELD_AUTHENTICATOR &&
	       nts_field_open(&aead, server->request, &field, plain, &size);
}

static size_t answer_by_nts(struct server *server, uint8_t *answer, size_t length, size_t size)
{
	uint8_t plain[NTP_PACKET_MAX], nonce[AEAD_NONCE_MAX] = { 1 };
	size_t plain_size = 0, wanted;
	struct nts_field identifier;
	struct aead aead;

	if (conduct == IN_THE_CLEAR)
		return length;
	if (!is_authentic(server, &identifier, &wanted)) {
		server->refused++;
		return 0;
	}
	if (conduct == REFUSES) {
		answer[1] = 0;
		put_be32(answer + 12, NTP_KISS_NTSN);
	}
	length = nts_field_append(answer, length, size, NTS_FIELD_IDENTIFIER, identifier.body,
				  identifier.size);
	if (conduct == REFUSES)
		return length;
	while (wanted--)
		plain_size = nts_field_append(plain, plain_size, sizeof(plain), NTS_FIELD_COOKIE,
					      NULL, COOKIE_SIZE);
	aead_set_key(&aead, keys.algorithm, conduct == FORGES ? keys.c2s : keys.s2c);
	return nts_field_seal(&aead, nonce, plain, plain_size, answer, length, size);
}

static struct server *add_nts_server(const char *address)
{
	struct server *server = add_server(address, ANSWERS);

	server->authenticate = answer_by_nts;
	conduct = FAITHFUL;
	establishing.outcome = good_outcome();
	return server;
}

static struct association_info info_at(size_t index)
{
	struct association_info info;

	if (!associations_get_info(the_world->list, index, &info))
		abort();
	return info;
}

TEST_F(world, keys_come_first)
{
	struct server *server = add_nts_server("127.0.0.1");

	establishing.busy = true;
	configure("server 127.0.0.1 nts PORT ntsport 14460\n"
		  "ntstrustedcerts /a\nntstrustedcerts 1 /b\nbindacqaddress 127.0.0.1\n");
	settle();
	EXPECT_EQ(1, establishing.started);
	EXPECT_EQ(0, server->requests);
	EXPECT_EQ(14460, establishing.task.port);
	EXPECT_STREQ("127.0.0.1", establishing.task.name);
	EXPECT_STREQ("127.0.0.1", establishing.task.bind_address);
	ASSERT_EQ(1, establishing.task.path_count);
	EXPECT_STREQ("/a", establishing.task.paths[0]);
	EXPECT_FALSE(establishing.task.no_system);
	EXPECT_FALSE(establishing.task.no_time_checks);
	establishing.busy = false;
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(4, server->version);
	EXPECT_EQ(0, self->messages)
		TH_LOG("%s", self->message);
	EXPECT_TRUE(info_at(0).authenticated);
	/* The same keys from then on. */
	for (int i = 2; i < 20; i++) {
		pass(65);
		ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == i));
	}
	EXPECT_EQ(1, establishing.started);
	EXPECT_EQ(0, server->refused);
}

TEST_F(world, a_set_of_certificates_is_apart)
{
	add_nts_server("127.0.0.1");
	configure("server 127.0.0.1 nts PORT certset 1\nntstrustedcerts /a\n"
		  "ntstrustedcerts 1 /b\nnocerttimecheck 2\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	ASSERT_EQ(1, establishing.task.path_count);
	EXPECT_STREQ("/b", establishing.task.paths[0]);
	EXPECT_TRUE(establishing.task.no_system);
	EXPECT_TRUE(establishing.task.no_time_checks);
}

/* Whatever comes without NTS, nothing of it counts. */
TEST_F(world, nothing_in_the_clear_counts)
{
	struct server *server = add_nts_server("127.0.0.1");

	conduct = IN_THE_CLEAR;
	configure("server 127.0.0.1 nts PORT\n");
	for (int i = 0; i < 20; i++) {
		settle();
		pass(65);
	}
	EXPECT_LT(5, server->requests);
	EXPECT_EQ(0, source_at(0)->added);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "not authenticated"));
	conduct = FORGES;
	for (int i = 0; i < 5; i++) {
		settle();
		pass(65);
	}
	EXPECT_EQ(0, source_at(0)->added);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "not made with our key"));
	EXPECT_EQ(0, source_at(0)->kiss);
}

TEST_F(world, failures_are_retried_ever_later)
{
	struct server *server = add_nts_server("127.0.0.1");
	int before;

	refuse("nobody is there", NTS_FAILED_CONNECT);
	configure("server 127.0.0.1 nts PORT\n");
	settle();
	EXPECT_EQ(1, establishing.started);
	EXPECT_NE(NULL, strstr(self->message, "no NTS keys for 127.0.0.1: nobody is there"));
	EXPECT_NE(NULL, strstr(self->message, "It is tried again in 16 s"));
	EXPECT_STREQ("nobody is there", info_at(0).rejected);
	EXPECT_EQ(-ENOKEY, source_at(0)->error);
	pass(15);
	EXPECT_EQ(1, establishing.started);
	pass(2);
	settle();
	EXPECT_EQ(2, establishing.started);
	pass(31);
	EXPECT_EQ(2, establishing.started);
	pass(2);
	settle();
	EXPECT_EQ(3, establishing.started);
	/* It is said once. */
	EXPECT_EQ(1, self->messages);
	for (int i = 0; i < 40; i++) {
		pass(8200);
		settle();
	}
	before = establishing.started;
	pass(8200);
	settle();
	EXPECT_EQ(before + 1, establishing.started);
	EXPECT_EQ(0, server->requests);
	/* A change of the network is a reason to try at once. */
	change_network(true);
	settle();
	pass(1);
	settle();
	EXPECT_EQ(before + 2, establishing.started);
	establishing.outcome = good_outcome();
	pass(8200);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("", info_at(0).rejected);
	EXPECT_NE(NULL, strstr(self->message, "gives time again"));
}

/* A server that is not trusted is not asked soon, whatever the network does. */
TEST_F(world, a_server_that_is_not_trusted_waits)
{
	add_nts_server("127.0.0.1");
	refuse("its certificate is refused", NTS_FAILED_TLS);
	configure("server 127.0.0.1 nts PORT\n");
	settle();
	EXPECT_NE(NULL, strstr(self->message, "again in 1024 s"));
	change_network(true);
	settle();
	pass(1000);
	settle();
	EXPECT_EQ(1, establishing.started);
	pass(30);
	settle();
	EXPECT_EQ(2, establishing.started);
}

/* Why is said once, though each time in other words. */
TEST_F(world, a_clock_that_is_wrong_is_told_of_once)
{
	char problem[64];

	add_nts_server("127.0.0.1");
	configure("server 127.0.0.1 nts PORT\n");
	for (int i = 0; i < 20; i++) {
		snprintf(problem, sizeof(problem), "it is invalid, and the clock shows %d", i);
		refuse(problem, NTS_FAILED_CLOCK);
		settle();
		pass(8200);
	}
	EXPECT_LE(20, establishing.started);
	EXPECT_EQ(1, self->messages);
	EXPECT_STREQ(problem, info_at(0).rejected);
}

TEST_F(world, another_address_of_the_name_is_tried)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	set_names(2, addresses);
	refuse("nobody is there", NTS_FAILED_CONNECT);
	configure("server ntp.example.net nts PORT\n");
	for (int i = 0; i < 3; i++) {
		settle();
		pass(64);
	}
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_STREQ("ntp.example.net", establishing.task.name);
}

/* What one address has failed at says nothing of the next one. */
TEST_F(world, another_address_does_not_wait_for_the_one_before)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	set_names(2, addresses);
	refuse("its certificate is refused", NTS_FAILED_TLS);
	configure("server ntp.example.net nts PORT\n");
	settle();
	pass(1025);
	settle();
	pass(2050);
	settle();
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_EQ(4, establishing.started);
	EXPECT_NE(NULL, strstr(self->message, "again in 1024 s"));
	establishing.outcome = good_outcome();
	pass(1025);
	EXPECT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(5, establishing.started);
}

/* The attempts of a day in which none of a name's four addresses gives keys. */
static int attempts_of_a_day(enum nts_failure failure)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3",
						 "127.0.0.4" };

	add_nts_server("127.0.0.1");
	set_names(4, addresses);
	refuse("nobody is there", failure);
	configure("server ntp.example.net nts PORT\n");
	for (int i = 0; i < 86400 / 256; i++) {
		for (int j = 0; j < 16; j++)
			turn();
		pass(256);
	}
	return establishing.started;
}

/* A name with many addresses is no reason to try each of them as often as at first. */
TEST_F(world, each_address_is_tried_ever_later)
{
	static const char *const recovered[] = { "127.0.0.1" };

	EXPECT_LT(20, attempts_of_a_day(NTS_FAILED_CONNECT));
	EXPECT_GT(80, establishing.started);
	/* What has failed is said once of each, and then only which of them is asked. */
	EXPECT_GT(80, self->messages);
	set_names(1, recovered);
	establishing.outcome = good_outcome();
	change_network(true);
	for (int i = 0; i < 20 && source_at(0)->added == 0; i++) {
		settle();
		pass(1);
	}
	EXPECT_EQ(1, source_at(0)->added);
}

TEST_F(world, addresses_that_are_not_trusted_wait_in_vain_for_no_other)
{
	EXPECT_LT(12, attempts_of_a_day(NTS_FAILED_TLS));
	EXPECT_GT(30, establishing.started);
	/* Whatever the network does. */
	for (int i = 0; i < 20; i++) {
		change_network(true);
		settle();
		pass(65);
	}
	EXPECT_GT(34, establishing.started);
}

TEST_F(world, refused_cookies_are_replaced_at_once)
{
	struct server *server = add_nts_server("127.0.0.1");

	configure("server 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	conduct = REFUSES;
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(server->requests == 2));
	settle();
	EXPECT_EQ(1, establishing.started);
	/* The refusal may be forged: the answer is waited for. */
	conduct = FAITHFUL;
	pass(5);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
	EXPECT_EQ(2, establishing.started);
	EXPECT_EQ(3, server->requests);
}

/* What authdata tells of the keys that were refused, while there are no others. */
TEST_F(world, a_refusal_shows_until_there_are_new_keys)
{
	struct server *server = add_nts_server("127.0.0.1");
	int64_t established_ns;

	configure("server 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	established_ns = info_at(0).auth.established_ns;
	EXPECT_LT(INT64_MIN, established_ns);
	EXPECT_FALSE(info_at(0).auth.refused);
	conduct = REFUSES;
	refuse("nobody is there", NTS_FAILED_CONNECT);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(server->requests == 2));
	settle();
	pass(5);
	ASSERT_TRUE(TURN_UNTIL(establishing.started == 2));
	settle();
	EXPECT_STREQ("nobody is there", info_at(0).rejected);
	EXPECT_TRUE(info_at(0).auth.refused);
	EXPECT_EQ(established_ns, info_at(0).auth.established_ns);
	EXPECT_EQ(1, info_at(0).auth.key);
	EXPECT_EQ(AEAD_AES_SIV_CMAC_256, info_at(0).auth.type);
	EXPECT_EQ(256, info_at(0).auth.bits);
	conduct = FAITHFUL;
	establishing.outcome = good_outcome();
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
	EXPECT_FALSE(info_at(0).auth.refused);
	EXPECT_LT(established_ns, info_at(0).auth.established_ns);
	EXPECT_EQ(2, info_at(0).auth.key);
}

/* The server always refuses: it is not asked for keys all the time. */
TEST_F(world, refusals_for_ever_are_bounded)
{
	add_nts_server("127.0.0.1");
	conduct = REFUSES;
	configure("server 127.0.0.1 nts PORT\n");
	for (int i = 0; i < 1200; i++) {
		turn();
		turn();
		pass(8);
	}
	EXPECT_LT(3, establishing.started);
	EXPECT_GT(12, establishing.started);
	EXPECT_EQ(0, source_at(0)->added);
}

TEST_F(world, keys_are_renewed)
{
	add_nts_server("127.0.0.1");
	configure("server 127.0.0.1 nts PORT\nntsrefresh 200\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	for (int i = 2; i < 6; i++) {
		pass(65);
		ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == i));
	}
	EXPECT_EQ(2, establishing.started);
}

TEST_F(world, the_server_may_be_another_one)
{
	struct server *asked = add_nts_server("127.0.0.1");
	struct server *other = add_nts_server("127.0.0.2");

	strcpy(establishing.outcome.answer.server, "127.0.0.2");
	configure("server 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(0, asked->requests);
	EXPECT_EQ(1, other->requests);
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_STREQ("127.0.0.1", info_at(0).name);
}

TEST_F(world, the_other_servers_name_is_looked_up)
{
	static const char *const addresses[] = { "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	set_names(1, addresses);
	strcpy(establishing.outcome.answer.server, "time.example.net");
	configure("server 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("time.example.net", names.name);
	EXPECT_STREQ("127.0.0.2", address_at(0));
	/* A reload leaves that alone, and the source hears of what is another directive's. */
	configure("server 127.0.0.1 nts PORT\nmaxdistance 1\n");
	EXPECT_EQ(1000000000, source_at(0)->options.maxdistance_ns);
	pass(65);
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 2));
	EXPECT_STREQ("127.0.0.2", address_at(0));
}

/* Whoever was asked over IPv6 may name a server that has IPv4 only. */
TEST_F(world, the_other_server_may_be_of_another_family)
{
	static const char *const addresses[] = { "::2", "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	set_names(2, addresses);
	strcpy(establishing.outcome.answer.server, "time.example.net");
	configure("server 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_EQ(AF_UNSPEC, names.family);
	EXPECT_STREQ("127.0.0.2", address_at(0));

	set_names(1, addresses);
	configure("server 127.0.0.1 nts PORT minpoll 5\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("::2", address_at(0))));

	configure("server 127.0.0.1 nts PORT ipv4\n");
	EXPECT_TRUE(TURN_UNTIL(names.family == AF_INET));
}

/* Several servers that hand out keys may name one group of servers for the time. */
/* But not of one that -4, or the line, excludes. */
TEST_F(world, the_other_server_may_not_be_of_a_family_that_is_excluded)
{
	static const char *const addresses[] = { "127.0.0.1" };

	add_nts_server("127.0.0.1");
	set_names(1, addresses);
	strcpy(establishing.outcome.answer.server, "time.example.net");
	self->family = AF_INET;
	configure("server ntp.example.net nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("time.example.net", names.name)));
	EXPECT_EQ(AF_INET, names.family);

	self->family = AF_UNSPEC;
	strcpy(establishing.outcome.answer.server, "2001:db8::1");
	configure("server ntp.example.net nts ipv4 PORT\n");
	ASSERT_TRUE(TURN_UNTIL(*info_at(0).rejected));
	EXPECT_STREQ("127.0.0.1", info_at(0).address);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "family")) TH_LOG("%s", info_at(0).rejected);
}

TEST_F(world, the_other_servers_name_may_have_a_free_address)
{
	static const char *const addresses[] = { "127.0.0.3", "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	add_nts_server("127.0.0.3");
	set_names(2, addresses);
	configure("server 127.0.0.3 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	strcpy(establishing.outcome.answer.server, "time.example.net");
	configure("server 127.0.0.3 nts PORT\nserver 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	EXPECT_STREQ("127.0.0.2", address_at(1));
}

TEST_F(world, one_server_has_one_vote)
{
	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	strcpy(establishing.outcome.answer.server, "127.0.0.2");
	configure("server 127.0.0.2 nts PORT\nserver 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	settle();
	pass(1);
	settle();
	EXPECT_EQ(0, source_at(1)->added);
	EXPECT_NE(NULL, strstr(info_at(1).rejected, "in use as another source"));
}

/* Else it would be asked without, and anybody on the way could answer. */
TEST_F(world, a_network_takes_no_address_of_a_server_with_keys)
{
	add_nts_server("127.0.0.1");
	add_nts_server("127.0.0.2");
	strcpy(establishing.outcome.answer.server, "127.0.0.2");
	self->by_network = 7;
	configure("server 127.0.0.2 PORT\nserver 127.0.0.1 PORT\nserver 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(source_at(2)->added == 1));
	settle();
	EXPECT_STREQ("127.0.0.2", address_at(2));
	EXPECT_STREQ("", address_at(0));
	EXPECT_STREQ("", address_at(1));
}

/* Who gives keys may name any server, and would silence it: that one does not have them. */
TEST_F(world, who_only_names_a_server_takes_no_address)
{
	add_nts_server("127.0.0.1");
	add_server("127.0.0.2", ANSWERS);
	strcpy(establishing.outcome.answer.server, "127.0.0.2");
	self->by_network = 1;
	configure("server 127.0.0.2 PORT\nserver 127.0.0.1 nts PORT\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("127.0.0.2", address_at(1))));
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_STREQ("127.0.0.2", address_at(0));
	EXPECT_EQ(0, source_at(1)->added);
}

/* Nor does he keep it from one whose name is looked up later. */
TEST_F(world, who_only_names_a_server_keeps_no_address)
{
	static const char *const addresses[] = { "127.0.0.2" };

	add_nts_server("127.0.0.1");
	add_server("127.0.0.2", ANSWERS);
	strcpy(establishing.outcome.answer.server, "127.0.0.2");
	set_names(1, addresses);
	names.busy = true;
	configure("server 127.0.0.1 nts PORT\nserver ntp.example.net PORT\n");
	ASSERT_TRUE(TURN_UNTIL(!strcmp("127.0.0.2", address_at(0))));
	names.busy = false;
	ASSERT_TRUE(TURN_UNTIL(source_at(1)->added == 1));
	EXPECT_STREQ("127.0.0.2", address_at(0));
}

/* --- The file --- */

struct folder {
	char path[32];
	char file[64];
};

static struct folder make_folder(void)
{
	struct folder folder = { .path = "/tmp/test_nts.XXXXXX" };

	if (!mkdtemp(folder.path))
		abort();
	snprintf(folder.file, sizeof(folder.file), "%s/127.0.0.1.nts", folder.path);
	return folder;
}

static void remove_folder(const struct folder *folder)
{
	unlink(folder->file);
	rmdir(folder->path);
}

static void configure_dump(const struct folder *folder, const char *name)
{
	char text[256];

	snprintf(text, sizeof(text), "server %s nts PORT\nntsdumpdir %s\n", name, folder->path);
	configure(text);
}

/* The server is taken out of the configuration. */
static void leave(const struct folder *folder)
{
	char text[128];

	snprintf(text, sizeof(text), "ntsdumpdir %s\n", folder->path);
	configure(text);
}

TEST_F(world, cookies_are_kept_for_the_next_start)
{
	struct folder folder = make_folder();

	add_nts_server("127.0.0.1");
	configure_dump(&folder, "127.0.0.1");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	EXPECT_NE(0, access(folder.file, F_OK));
	leave(&folder);
	EXPECT_EQ(0, access(folder.file, F_OK));
	configure_dump(&folder, "127.0.0.1");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	/* No cookie is used twice. */
	EXPECT_NE(0, access(folder.file, F_OK));
	EXPECT_EQ(1, establishing.started);
	EXPECT_EQ(0, self->messages)
		TH_LOG("%s", self->message);
	leave(&folder);
	remove_folder(&folder);
}

TEST_F(world, a_bad_file_is_named_and_left)
{
	static const char *const texts[] = { "", "garbage\n", "NNC0\nother\n" };
	struct folder folder = make_folder();

	add_nts_server("127.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *file = fopen(folder.file, "w");

		ASSERT_NE(NULL, file);
		fputs(texts[i], file);
		fclose(file);
		configure_dump(&folder, "127.0.0.1");
		ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
		EXPECT_EQ((int)i + 1, establishing.started);
		EXPECT_NE(NULL, strstr(self->message, folder.file))
			TH_LOG("%s", self->message);
		EXPECT_NE(NULL, strstr(self->message, "is not used"));
		leave(&folder);
	}
	remove_folder(&folder);
}

TEST_F(world, a_directory_that_cannot_be_written_to_is_named)
{
	struct folder folder = { .path = "/proc/nowhere" };

	add_nts_server("127.0.0.1");
	configure_dump(&folder, "127.0.0.1");
	ASSERT_TRUE(TURN_UNTIL(source_at(0)->added == 1));
	leave(&folder);
	EXPECT_NE(NULL, strstr(self->message, "not kept for the next start: /proc/nowhere"))
		TH_LOG("%s", self->message);
}

TEST_F(world, what_is_missing_here_is_said)
{
	add_nts_server("127.0.0.1");
	establishing.result = -ENOENT;
	configure("server 127.0.0.1 nts PORT\n");
	settle();
	EXPECT_NE(NULL, strstr(self->message, "truechime-nts is missing"));
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "truechime-nts is missing"));
}

TEST_HARNESS_MAIN
