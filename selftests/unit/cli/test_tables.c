// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables that scripts read as chronyc's: from what the daemon knows, through JSON, to lines.
 * The expected ones are what chronyc 4.3 prints of the same.
 */
#include "user/cli/cli.h"
#include "user/ipc/report.h"
#include "user/ipc/report_server.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define NOW_NS	(5000 * S)

static struct state world;

static const struct client_marks no_marks;
static struct client_table clients, nts_clients;
static struct clients_query which;

/* Of the NTP server: it runs, and keeps no records. */
static const struct server_statistics *statistics;

json_t *event_report(const struct module_event *event)
{
	return json_null();
}

static json_t *report_all_clients(void)
{
	return report_clients(&clients, &nts_clients, !!statistics, &which, NOW_NS);
}

static json_t *report_nothing_served(void)
{
	static const struct server_counts counts;

	return report_serverstats(&counts);
}

/* What the command line program would get through the socket. */
int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	json_t *reply = !strcmp(command, "tracking") ? report_tracking(&world) :
			!strcmp(command, "activity") ? report_activity(&world) :
			!strcmp(command, "serverstats") ? report_nothing_served() :
			!strcmp(command, "clients") ? report_all_clients() :
						       report_sources(&world);

	print(cli, reply);
	json_decref(reply);
	return 0;
}

/* What follows the command. */
static char asked[64];

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	strcpy(asked, argc == 1 ? argv[0] : "?");
	return client_report(cli, command, print);
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	*reply = report_sources(&world);
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	exit(1);
}

FIXTURE(tables) {
	char *text;
};

FIXTURE_SETUP(tables)
{
	static const struct source_options server = { .kind = SOURCE_SERVER };
	size_t i;

	self->text = NULL;
	memset(&world, 0, sizeof(world));
	clients = (struct client_table){ .marks = &no_marks };
	nts_clients = clients;
	which = (struct clients_query){ .least_hits = 0 };
	world.raw_ns = NOW_NS;
	world.timescale = "module";
	world.configuration = "";
	world.update.result.selection.selected = -1;
	for (i = 0; i < 4; i++) {
		world.sources[i].status.options = &server;
		world.sources[i].info.rejected = "";
		world.sources[i].info.resolving_error = "";
		world.sources[i].info.file = "";
		world.sources[i].info.auth.established_ns = INT64_MIN;
	}
}

FIXTURE_TEARDOWN(tables)
{
	free(self->text);
}

/* A server that answers, and one that never did. Our clock is ahead of the first, and fast. */
static void add_sources(void)
{
	struct source_status *first = &world.sources[0].status;

	world.source_count = 2;
	world.has_rate = true;
	world.rate = 3.5e-6;
	world.rate_sigma = 0.044e-6;
	world.sources[0].info.name = "ntp.example.net";
	strcpy(world.sources[0].info.address, "192.0.2.1");
	world.sources[0].info.refid = 0xc0000201;
	world.sources[1].info.name = "192.0.2.99";
	strcpy(world.sources[1].info.address, "192.0.2.99");
	first->verdict = SOURCE_SELECTED;
	first->has_estimate = true;
	first->stratum = 2;
	/* Not the server's own. */
	first->last.refid = 0x7f7f0101;
	first->last.offset_ns = -1240;
	first->last_raw_ns = NOW_NS - 5 * S;
	first->poll = 6;
	first->reach = 255;
	first->root_distance_ns = 4193;
	first->samples = 10;
	first->runs = 6;
	first->span_ns = 14 * S;
	first->estimate.offset_ns = -3;
	first->estimate.rate = -0.003e-6;
	first->estimate.rate_sigma = 0.089e-6;
	first->jitter_ns = 208;
	world.sources[1].status.poll = 8;
	world.steering.has_correction = true;
	world.steering.correction.offset_ns = 0;
	/* The clock was slewed back by 91 ns since: 1149 ns are left of 1240. */
	world.steering.now.time_ns = 91;
	world.steering.now.realtime_ns = 0;
	world.steering.now.reference_ns = 91;
	world.update.raw_ns = 1;
	world.update.utc_ns = 1795300075 * S;
	world.update.result.selection.selected = 0;
	world.update.result.stratum = 3;
}

/* The line of the table @verb that begins with @start. */
static const char *line_by(FIXTURE_DATA(tables) *self, const struct cli *cli,
			   int (*verb)(const struct cli *cli), const char *start)
{
	FILE *before = stdout;
	size_t size = 0;
	char *line, *rest;

	free(self->text);
	self->text = NULL;
	stdout = open_memstream(&self->text, &size);
	if (!stdout)
		exit(1);
	verb(cli);
	fclose(stdout);
	stdout = before;
	for (rest = self->text; (line = strsep(&rest, "\n"));)
		if (!strncmp(line, start, strlen(start)))
			return line;
	return "";
}

static const char *line_of(FIXTURE_DATA(tables) *self, int (*verb)(const struct cli *cli),
			   const char *start)
{
	const struct cli cli = { .json = false };

	return line_by(self, &cli, verb, start);
}

TEST_F(tables, sources_are_chronycs)
{
	static const char selected[] =
		"^* 192.0.2.1                     2   6   377     5  +1149ns[+1240ns] +/- 4193ns";
	static const char silent[] =
		"^? 192.0.2.99                    0   8     0     -     +0ns[   +0ns] +/-    0ns";

	add_sources();
	EXPECT_STREQ(selected, line_of(self, verb_sources, "^*"));
	EXPECT_STREQ(silent, line_of(self, verb_sources, "^?"));
}

/* In each unit, and with each number of decimals. */
TEST_F(tables, what_is_rounded_to_nothing_has_no_sign)
{
	static const double small_ppm[] = { -0.0, -0.0004, 0.0004 };

	for (size_t i = 0; i < ARRAY_SIZE(small_ppm); i++)
		EXPECT_FALSE(signbit(rounded(small_ppm[i], 1e-3)));
	EXPECT_EQ(-0.001, rounded(-0.0006, 1e-3));
	EXPECT_STREQ("   +0ns", signed_ns_column(-0.4).text);
	EXPECT_STREQ("   -1ns", signed_ns_column(-0.6).text);
}

/* In seconds up to a day and more, then in minutes, hours, days and years. */
TEST_F(tables, what_is_far_off_is_in_chronycs_units)
{
	EXPECT_STREQ("+99999s", signed_ns_column(99999e9).text);
	EXPECT_STREQ(" +1667m", signed_ns_column(100000e9).text);
	EXPECT_STREQ(" 1667m", ns_column(-100000e9).text);
	EXPECT_STREQ(" -1680h", signed_ns_column(-70 * 86400e9).text);
	EXPECT_STREQ("87600h", ns_column(10 * 365 * 86400e9).text);
	EXPECT_STREQ(" +4380d", signed_ns_column(12 * 365 * 86400e9).text);
	EXPECT_STREQ("  -280y", signed_ns_column(-280 * 365 * 86400e9).text);
	add_sources();
	world.sources[0].status.last.offset_ns = 40;
	EXPECT_NE(NULL, strstr(line_of(self, verb_peers, "*"), "   0.0000   "))
		TH_LOG("%s", self->text);
	EXPECT_EQ(NULL, strstr(line_of(self, verb_peers, "*"), "-0.0000"));
}

/* Of a heading and a row the place of a word, from 1. */
static size_t place_of(const char *line, const char *word)
{
	const char *at = strstr(line, word);

	return at ? (size_t)(at - line) + 1 : 0;
}

/* An IPv6 address is longer than chronyc's column; its numbers stand below those of the others. */
TEST_F(tables, long_names_move_all_rows_and_the_heading)
{
	static const struct {
		int (*verb)(const struct cli *cli);
		const char *first;
		const char *second;
		const char *heading;
		const char *last;
		size_t moved;
	} rows[] = {
		{ verb_sources, "^*", "^?", "MS Name/IP address", "Stratum", 12 },
		{ verb_sourcestats, "192.0.2.1 ", "2001:", "Name/IP Address", "NP", 14 },
		{ verb_selectdata, "* 192", "M 2001:", "S Name/IP Address", "Auth", 14 },
		{ verb_authdata, "192.0.2.1 ", "2001:", "Name/IP address", "Mode", 12 },
	};
	const struct cli legend = { .verbose = true };
	size_t before, length;

	add_sources();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strcpy(world.sources[1].info.address, "192.0.2.99");
		before = place_of(line_of(self, rows[i].verb, rows[i].heading), rows[i].last);
		strcpy(world.sources[1].info.address, "2001:1db8:1111:2222:3333:4444:5555:6666");
		EXPECT_EQ(before + rows[i].moved,
			  place_of(line_of(self, rows[i].verb, rows[i].heading), rows[i].last))
			TH_LOG("%s", rows[i].heading);
		length = strlen(line_of(self, rows[i].verb, rows[i].first));
		EXPECT_EQ(length, strlen(line_of(self, rows[i].verb, rows[i].second)))
			TH_LOG("%s", rows[i].heading);
		EXPECT_EQ(before, place_of(line_by(self, &legend, rows[i].verb, rows[i].heading),
					   rows[i].last));
	}
}

TEST_F(tables, of_two_that_differ_neither_is_outvoted)
{
	add_sources();
	world.sources[1].status.verdict = SOURCE_FALSETICKER;
	EXPECT_STREQ("192.0.2.99 disagrees with the majority and is not used.",
		     line_of(self, verb_sources, "192.0.2.99"));
	world.sources[0].status.verdict = SOURCE_FALSETICKER;
	EXPECT_EQ(0, strncmp("192.0.2.99 contradicts other sources, or what is known of ",
			     line_of(self, verb_sources, "192.0.2.99"), 58));
}

TEST_F(tables, sourcestats_are_chronycs)
{
	static const char selected[] =
		"192.0.2.1                  10   6    14     +0.003      0.089     +3ns   208ns";
	static const char silent[] =
		"192.0.2.99                  0   0     0     +0.000   2000.000     +0ns  4000ms";

	add_sources();
	EXPECT_STREQ(selected, line_of(self, verb_sourcestats, "192.0.2.1 "));
	EXPECT_STREQ(silent, line_of(self, verb_sourcestats, "192.0.2.99"));
}

/* The other sign than chronyc's: our clock is ahead, so the source is behind. */
TEST_F(tables, peers_are_ntpqs)
{
	static const char selected[] =
		"*192.0.2.1       127.127.1.1      2 u    5   64  377   1.5000  -0.0012   0.0002";
	static const char silent[] =
		" 192.0.2.99      .INIT.          16 u    -  256    0   0.0000   0.0000   0.0000";
	static const char far[] =
		"*192.0.2.1       .GPS.            1 u  60m   64  377   1.5000 86400123   0.0002";
	/* Columns and signs are those; numbers are in seconds, as in any CSV. */
	static const char far_csv[] =
		"*,192.0.2.1,.GPS.,1,u,3600,64,377,0.001500000,86400.123456789,0.000000208";
	static const char silent_csv[] =
		" ,192.0.2.99,.INIT.,16,u,4294967295,256,0,0.000000000,0.000000000,0.000000000";
	const struct cli csv = { .csv = true }, all = { .csv = true, .all = true, .names = true };
	struct ntp_client_record records[2] = { 0 };
	int i;

	add_sources();
	for (i = 0; i < 2; i++)
		world.sources[i].info.record = &records[i];
	records[0].answer.packet = (struct ntp_packet){
		.version = 4, .stratum = 2, .refid = 0x7f7f0101,
	};
	world.sources[0].status.last.delay_ns = 1500000;
	EXPECT_STREQ(selected, line_of(self, verb_peers, "*"));
	EXPECT_STREQ(silent, line_of(self, verb_peers, " 192"));
	/* Letters that name a clock, and offsets with no room for four decimals. */
	records[0].answer.packet.stratum = 1;
	records[0].answer.packet.refid = 0x47505300;
	world.sources[0].status.stratum = 1;
	world.sources[0].status.last.offset_ns = 86400123456789;
	world.sources[0].status.last_raw_ns = NOW_NS - 3600 * S;
	EXPECT_STREQ(far, line_of(self, verb_peers, "*"));
	EXPECT_STREQ(far_csv, line_by(self, &csv, verb_peers, "*"));
	EXPECT_STREQ("", line_by(self, &csv, verb_peers, "  "));
	EXPECT_STREQ(silent_csv, line_by(self, &csv, verb_peers, " "));
	world.sources[1].info.address[0] = '\0';
	EXPECT_STREQ("", line_by(self, &csv, verb_peers, " "));
	EXPECT_STREQ(silent_csv, line_by(self, &all, verb_peers, " "));
}

/* It follows nothing else. */
TEST_F(tables, peers_have_the_refid_of_a_reference_clock)
{
	static const struct source_options refclock = { .kind = SOURCE_REFCLOCK };
	const struct cli named = { .names = true };

	add_sources();
	world.sources[1].status.options = &refclock;
	world.sources[1].info.name = "SHM 0";
	strcpy(world.sources[1].info.address, "NMEA");
	EXPECT_EQ(0, strncmp(line_by(self, &named, verb_peers, " SHM"),
			     " SHM 0           .NMEA.          16 l ", 38));
}

/* As with chronyc's -N. */
TEST_F(tables, names_are_those_that_are_configured)
{
	const struct cli cli = { .names = true };

	add_sources();
	EXPECT_EQ(0, strncmp(line_by(self, &cli, verb_sources, "^*"), "^* ntp.example.net ", 19));
	EXPECT_EQ(0, strncmp(line_by(self, &cli, verb_sourcestats, "ntp"), "ntp.example.net ", 16));
}

TEST_F(tables, offline_sources_are_said_to_be)
{
	static const char said[] = "ntp.example.net is offline and not asked. To change that: ";

	add_sources();
	world.sources[0].info.activity = ASSOCIATION_OFFLINE;
	world.sources[0].info.offline = true;
	EXPECT_EQ(0, strncmp(said, line_of(self, verb_sources, "ntp.example.net"), strlen(said)));
	EXPECT_NE(NULL, strstr(line_of(self, verb_sources, "ntp.example.net"),
			       "truechime online 192.0.2.1"));
}

/* It answers, and nothing is wrong with what it says. */
TEST_F(tables, why_a_source_without_fault_is_not_used)
{
	static const char far[] =
		"ntp.example.net is not used: it can be wrong by 4.00 s; maxdistance is 3.00 s.";
	static const struct source_options watched = { .noselect = true };
	struct source_status *status = &world.sources[0].status;
	const struct source_options *used = status->options;

	add_sources();
	world.maxdistance_ns = 3 * S;
	EXPECT_STREQ("", line_of(self, verb_sources, "ntp.example.net"));
	status->options = &watched;
	EXPECT_STREQ("ntp.example.net is only watched, as its noselect says.",
		     line_of(self, verb_sources, "ntp.example.net"));
	status->options = used;
	status->verdict = SOURCE_UNUSABLE;
	EXPECT_STREQ("", line_of(self, verb_sources, "ntp.example.net"));
	status->root_distance_ns = 4 * S;
	EXPECT_STREQ(far, line_of(self, verb_sources, "ntp.example.net"));
}

/* A port that is taken is not the only reason: one that is 0, or a program that ended, may be. */
TEST_F(tables, why_nobody_is_served)
{
	static int (*const verbs[])(const struct cli *cli) = { verb_serverstats, verb_clients };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const char *said = line_of(self, verbs[i], "NTP is not served: ");

		EXPECT_NE(NULL, strstr(said, "'allow'"));
		EXPECT_NE(NULL, strstr(said, "'port 0'"));
		EXPECT_NE(NULL, strstr(said, "does not run"));
	}
}

/* In the order of chronyc 4.4 and later; earlier ones have the first 11 of these. */
TEST_F(tables, serverstats)
{
	const struct cli cli = { .csv = true };
	const char *held;

	EXPECT_STREQ("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
		     line_by(self, &cli, verb_serverstats, "0"));
	held = line_of(self, verb_serverstats, "NTP timestamp span");
	EXPECT_STREQ("NTP timestamp span         : 0", held);
	EXPECT_EQ(0, strncmp(held + strlen(held) + 1, "NTP daemon RX timestamps   : 0\n", 31));
}

TEST_F(tables, why_there_are_no_clients)
{
	static const struct server_statistics none;
	static const char said[] = "Clients are not recorded: ";

	EXPECT_STREQ("", line_of(self, verb_clients, said));
	statistics = &none;
	EXPECT_NE(NULL, strstr(line_of(self, verb_clients, said), "'noclientlog'"));
	statistics = NULL;
}

TEST_F(tables, activity_is_chronycs)
{
	static const struct source_options refclock = { .kind = SOURCE_REFCLOCK };

	add_sources();
	world.source_count = 4;
	world.sources[1].info.activity = ASSOCIATION_OFFLINE;
	world.sources[2].info.activity = ASSOCIATION_UNRESOLVED;
	world.sources[3].status.options = &refclock;
	EXPECT_STREQ("1 sources online", line_of(self, verb_activity, "1 sources on"));
	EXPECT_STREQ("1 sources offline", line_of(self, verb_activity, "1 sources off"));
	EXPECT_STREQ("0 sources doing burst (return to online)",
		     line_of(self, verb_activity, "0 sources doing burst (return to on"));
	EXPECT_STREQ("0 sources doing burst (return to offline)",
		     line_of(self, verb_activity, "0 sources doing burst (return to off"));
	EXPECT_STREQ("1 sources with unknown address",
		     line_of(self, verb_activity, "1 sources with"));
}

TEST_F(tables, tracking_is_chronycs)
{
	const struct cli named = { .names = true };

	add_sources();
	world.steering.now.time_ns = -1730;
	/* At the latest correction it was ahead by 91 ns; it gains 3 ppm, and 0.5 ppm more. */
	world.steering.last_offset_ns = -91;
	world.steering.rms_offset_ns = 192;
	world.steering.base_rate = -3e-6;
	world.update.interval_ns = 2 * S;
	world.steering.synchronised = true;
	EXPECT_STREQ("Reference ID    : C0000201 (192.0.2.1)",
		     line_of(self, verb_tracking, "Reference ID"));
	EXPECT_STREQ("Reference ID    : C0000201 (ntp.example.net)",
		     line_by(self, &named, verb_tracking, "Reference ID"));
	EXPECT_STREQ("Stratum         : 3", line_of(self, verb_tracking, "Stratum"));
	EXPECT_STREQ("Ref time (UTC)  : Sat Nov 21 22:27:55 2026",
		     line_of(self, verb_tracking, "Ref time"));
	EXPECT_STREQ("System time     : 0.000001730 seconds fast of NTP time",
		     line_of(self, verb_tracking, "System time"));
	EXPECT_STREQ("Last offset     : +0.000000091 seconds",
		     line_of(self, verb_tracking, "Last offset"));
	EXPECT_STREQ("RMS offset      : 0.000000192 seconds",
		     line_of(self, verb_tracking, "RMS offset"));
	EXPECT_STREQ("Frequency       : 3.000 ppm fast",
		     line_of(self, verb_tracking, "Frequency"));
	EXPECT_STREQ("Residual freq   : -6.500 ppm",
		     line_of(self, verb_tracking, "Residual freq"));
	EXPECT_STREQ("Skew            : 0.044 ppm", line_of(self, verb_tracking, "Skew"));
	EXPECT_STREQ("Update interval : 2.0 seconds",
		     line_of(self, verb_tracking, "Update interval"));
	EXPECT_STREQ("Leap status     : Normal", line_of(self, verb_tracking, "Leap status"));
}

TEST_F(tables, tracking_without_a_source_is_chronycs)
{
	EXPECT_STREQ("Reference ID    : 00000000 ()",
		     line_of(self, verb_tracking, "Reference ID"));
	EXPECT_STREQ("Stratum         : 0", line_of(self, verb_tracking, "Stratum"));
	EXPECT_STREQ("Ref time (UTC)  : Thu Jan 01 00:00:00 1970",
		     line_of(self, verb_tracking, "Ref time"));
	EXPECT_STREQ("System time     : 0.000000000 seconds fast of NTP time",
		     line_of(self, verb_tracking, "System time"));
	EXPECT_STREQ("Last offset     : +0.000000000 seconds",
		     line_of(self, verb_tracking, "Last offset"));
	EXPECT_STREQ("Frequency       : 0.000 ppm slow",
		     line_of(self, verb_tracking, "Frequency"));
	EXPECT_STREQ("Residual freq   : +0.000 ppm",
		     line_of(self, verb_tracking, "Residual freq"));
	EXPECT_STREQ("Leap status     : Not synchronised",
		     line_of(self, verb_tracking, "Leap status"));
}

/* JSON says what the tables say, and what a number counts. */
TEST_F(tables, json_has_the_signs_of_the_tables)
{
	json_t *reply;
	const json_t *estimate;
	const char *key;
	json_t *value;

	add_sources();
	reply = report_sources(&world);
	estimate = json_object_get(json_array_get(json_object_get(reply, "sources"), 0),
				   "estimate");
	EXPECT_EQ(1149, json_int_of(estimate, "adjusted_ns", 0));
	EXPECT_EQ(1240, json_int_of(estimate, "measured_ns", 0));
	EXPECT_EQ(3, json_int_of(estimate, "offset_ns", 0));
	EXPECT_LT(2.9, json_real_of(estimate, "frequency_ppb", 0));
	json_object_foreach((json_t *)estimate, key, value) {
		if (strcmp(key, "samples") && strcmp(key, "runs"))
			EXPECT_TRUE(strstr(key, "_ns") || strstr(key, "_s") || strstr(key, "_ppb"))
				TH_LOG("%s", key);
	}
	json_decref(reply);
}

/* Names of files need not be text; what they name is asked all the same, and so is shown. */
TEST_F(tables, no_source_can_hide)
{
	json_t *reply;
	const json_t *list;

	add_sources();
	world.sources[0].info.file = "/run/s/\xff.sources";
	world.sources[1].info.name = "/dev/\xe9\n";
	reply = report_sources(&world);
	list = json_object_get(reply, "sources");
	EXPECT_EQ(world.source_count, json_array_size(list));
	EXPECT_STREQ("/run/s/?.sources", json_text_of(json_array_get(list, 0), "origin"));
	EXPECT_STREQ("/dev/??", json_text_of(json_array_get(list, 1), "name"));
	json_decref(reply);
}

/* As of chronyc -c: numbers in s and ppm, words for states, and no row of what has no address. */
TEST_F(tables, csv_is_chronycs)
{
	const struct cli csv = { .csv = true }, all = { .csv = true, .all = true };

	add_sources();
	world.sources[1].info.address[0] = '\0';
	world.steering.synchronised = true;
	world.steering.base_rate = -3e-6;
	EXPECT_STREQ("^,*,192.0.2.1,2,6,377,5,0.000001149,0.000001240,0.000004193",
		     line_by(self, &csv, verb_sources, "^"));
	EXPECT_STREQ("", line_by(self, &csv, verb_sources, "^,?"));
	EXPECT_STREQ("^,?,192.0.2.99,0,8,0,4294967295,0.000000000,0.000000000,0.000000000",
		     line_by(self, &all, verb_sources, "^,?"));
	EXPECT_STREQ("192.0.2.1,10,6,14,0.003,0.089,0.000000003,0.000000208",
		     line_by(self, &csv, verb_sourcestats, "192"));
	EXPECT_STREQ("192.0.2.99,0,0,0,0.000,2000.000,0.000000000,4.000000000",
		     line_by(self, &all, verb_sourcestats, "192.0.2.99"));
	EXPECT_EQ(0, strncmp("C0000201,192.0.2.1,3,1795300075.000000000,0.000000091,",
			     line_by(self, &csv, verb_tracking, "C"), 54));
	EXPECT_STREQ("192.0.2.1,-,0,0,0,4294967295,0,0,0,0",
		     line_by(self, &csv, verb_authdata, "192"));
	EXPECT_STREQ("2,0,0,0,0", line_by(self, &csv, verb_activity, "2"));
}

/* What is followed without a source goes by the letters of its reference id. */
TEST_F(tables, a_host_is_followed_by_name)
{
	world.steering.synchronised = true;
	world.steering.now.has_host = true;
	EXPECT_STREQ("Reference ID    : 484F5354 (HOST)",
		     line_of(self, verb_tracking, "Reference ID"));
	EXPECT_STREQ("Stratum         : 4", line_of(self, verb_tracking, "Stratum"));
}

/* Who is required may be so by authselectmode, and nothing else in the table says it. */
TEST_F(tables, sources_name_the_one_that_the_others_wait_for)
{
	static const struct source_options required = { .kind = SOURCE_SERVER, .require = true };

	add_sources();
	world.sources[1].status.options = &required;
	EXPECT_EQ(NULL, strstr(line_of(self, verb_sources, "None of"), "None of"));
	world.sources[0].status.verdict = SOURCE_NOT_COMBINED;
	EXPECT_NE(NULL, strstr(line_of(self, verb_sources, "None of"), "without 192.0.2.99,"));
	/* It says the same as the other one. */
	world.sources[1].status.verdict = SOURCE_NOT_COMBINED;
	world.sources[1].status.reach = 1;
	EXPECT_EQ(NULL, strstr(line_of(self, verb_sources, "None of"), "None of"));
}

TEST_F(tables, sources_say_how_many_have_to_agree)
{
	const char *line;

	add_sources();
	world.minsources = 3;
	/* One is used: they were enough. */
	EXPECT_STREQ("", line_of(self, verb_sources, "They are used"));
	world.sources[0].status.verdict = SOURCE_NOT_COMBINED;
	line = line_of(self, verb_sources, "They are used");
	EXPECT_STREQ("They are used once 3 of them agree (minsources), and 1 does.", line);
	world.sources[1].status.verdict = SOURCE_NOT_COMBINED;
	world.sources[1].status.reach = 1;
	line = line_of(self, verb_sources, "They are used");
	EXPECT_STREQ("They are used once 3 of them agree (minsources), and 2 do.", line);
	/* None is selected yet, or something else is in the way. */
	world.minsources = 2;
	EXPECT_STREQ("", line_of(self, verb_sources, "They are used"));
}

TEST_F(tables, selectdata_is_chronycs)
{
	static const struct source_options watched = { .noselect = true };
	const struct cli csv = { .csv = true };

	add_sources();
	world.sources[1].status.options = &watched;
	EXPECT_STREQ("* 192.0.2.1                 N ----- -----    5   1.0 -4190ns +4196ns  N",
		     line_of(self, verb_selectdata, "*"));
	EXPECT_STREQ("*,192.0.2.1,N,-,-,-,-,-,-,-,-,-,-,5,1.0,-0.000004190,0.000004196,Normal",
		     line_by(self, &csv, verb_selectdata, "*"));
	/* By authselectmode, and then by its own line. */
	EXPECT_STREQ("N 192.0.2.99                N ----- N----    0   1.0    +0ns    +0ns  ?",
		     line_of(self, verb_selectdata, "N"));
	EXPECT_EQ(0, strncmp("N,192.0.2.99,N,-,-,-,-,-,N,-,-,-,-,0,1.0,",
			     line_by(self, &csv, verb_selectdata, "N"), 41));
	world.sources[1].info.said.noselect = true;
	EXPECT_STREQ("N 192.0.2.99                N N---- N----    0   1.0    +0ns    +0ns  ?",
		     line_of(self, verb_selectdata, "N"));
	/* One that is only watched is not used, whatever it says. */
	world.sources[1].status.verdict = SOURCE_NOT_COMBINED;
	EXPECT_EQ(0, strncmp("^? 192.0.2.99 ", line_of(self, verb_sources, "^?"), 14));
}

static int ntpdata_of_first(const struct cli *cli)
{
	char *address = "192.0.2.1";

	return verb_ntpdata(cli, 1, &address);
}

static int sourcename_of_nobody(const struct cli *cli)
{
	char *address = "192.0.2.7";

	return verb_sourcename(cli, 1, &address);
}

static int sourcename_of_second(const struct cli *cli)
{
	char *address = "2001:DB8:0::7";

	return verb_sourcename(cli, 1, &address);
}

static int sourcename_by_name(const struct cli *cli)
{
	char *name = "NTP.example.net";

	return verb_sourcename(cli, 1, &name);
}

/* Addresses have many forms, and letters of names are as good as capitals. */
TEST_F(tables, servers_are_found_however_they_are_written)
{
	static const struct ntp_client_record record = { .packets = 9 };

	add_sources();
	world.sources[0].info.record = &record;
	world.sources[1].info.record = &record;
	world.sources[1].info.name = "six.example.net";
	strcpy(world.sources[1].info.address, "2001:db8::7");
	EXPECT_STREQ("six.example.net", line_of(self, sourcename_of_second, "six"));
	EXPECT_STREQ("ntp.example.net", line_of(self, sourcename_by_name, "ntp"));
}

/* They come from who types, or from a program that quotes what it was told by others. */
TEST_F(tables, names_of_nobody_send_the_terminal_no_control_character)
{
	char *name = "a\nb\033[31m", said[256] = "";
	const struct cli cli = { .verb = "ntpdata" };
	FILE *before = stderr;

	add_sources();
	stderr = fmemopen(said, sizeof(said), "w");
	ASSERT_NE(NULL, stderr);
	EXPECT_EQ(CLI_NOT, verb_ntpdata(&cli, 1, &name));
	fclose(stderr);
	stderr = before;
	EXPECT_NE(NULL, strstr(said, "no server has the address or name \"a?b?[31m\"."))
		TH_LOG("%s", said);
}

TEST_F(tables, ntpdata_is_chronycs)
{
	static struct ntp_client_record record = {
		.answer = {
			.packet = {
				.version = 4, .mode = NTP_MODE_SERVER, .stratum = 1, .poll = 6,
				.precision = -20, .refid = NTP_REFID('G', 'P', 'S', 0),
			},
			.kernel_received = true,
		},
		.packets = 9, .valid = 8, .good = 7,
		.sent_by_kernel = 4, .received_by_kernel = 5, .by_card = 2,
	};
	const struct cli csv = { .csv = true };

	add_sources();
	world.sources[0].info.record = &record;
	world.sources[0].info.port = 123;
	EXPECT_STREQ("Remote address  : 192.0.2.1 (C0000201)",
		     line_of(self, ntpdata_of_first, "Remote address"));
	EXPECT_STREQ("Poll interval   : 6 (64 seconds)", line_of(self, ntpdata_of_first, "Poll"));
	EXPECT_STREQ("Reference ID    : 47505300 (GPS)", line_of(self, ntpdata_of_first, "Ref"));
	EXPECT_STREQ("NTP tests       : 111 111 1111", line_of(self, ntpdata_of_first, "NTP t"));
	EXPECT_STREQ("TX timestamping : Daemon", line_of(self, ntpdata_of_first, "TX"));
	EXPECT_STREQ("RX timestamping : Kernel", line_of(self, ntpdata_of_first, "RX"));
	EXPECT_STREQ("Total good RX   : 7", line_of(self, ntpdata_of_first, "Total good"));
	EXPECT_STREQ("Total kernel TX : 4", line_of(self, ntpdata_of_first, "Total kernel TX"));
	EXPECT_STREQ("Total kernel RX : 5", line_of(self, ntpdata_of_first, "Total kernel RX"));
	EXPECT_STREQ("Total HW TX     : 2", line_of(self, ntpdata_of_first, "Total HW TX"));
	EXPECT_STREQ("Total HW RX     : 2", line_of(self, ntpdata_of_first, "Total HW RX"));
	EXPECT_NE(NULL, strstr(line_by(self, &csv, ntpdata_of_first, "192"), ",9,8,7,4,5,2,2"));
	EXPECT_EQ(0, strncmp("192.0.2.1,C0000201,123,[UNSPEC],00000000,Normal,4,Server,1,6,64,-20,",
			     line_by(self, &csv, ntpdata_of_first, "192"), 68));
	record.answer.verdict = NTP_DELAY_TOO_LONG;
	record.answer.sample.delay_ns = 4 * S;
	EXPECT_STREQ("NTP tests       : 111 111 0111", line_of(self, ntpdata_of_first, "NTP t"));
	EXPECT_STREQ("Peer delay      : 4.000000000 seconds",
		     line_of(self, ntpdata_of_first, "Peer delay"));
	EXPECT_NE(NULL, strstr(line_by(self, &csv, ntpdata_of_first, "192"), ",111,111,0111,"));
	EXPECT_EQ(CLI_NOT, sourcename_of_nobody(&csv));
}

TEST_F(tables, clients_are_asked_for_by_their_hits)
{
	const struct cli often = { .least_hits = 4000000000 }, reset = { .reset = true };

	EXPECT_EQ(0, verb_clients(&often));
	EXPECT_STREQ("least 4000000000", asked);
	EXPECT_EQ(0, verb_clients(&reset));
	EXPECT_STREQ("least 0 reset", asked);
}

TEST_F(tables, clients_that_ask_each_second)
{
	static const struct client_record records[] = {
		{ .family = AF_INET, .address = { 192, 0, 2, 1 }, .hits = 7,
		  .last_ns = NOW_NS - 3 * S, .interval_ns = S - 100000000 },
	};
	static const char row[] =
		"192.0.2.1                       7      0   0   -     3       0      0   -     -";
	const struct cli cli = { .json = false };

	clients = (struct client_table){ .records = records, .count = 1, .marks = &no_marks };
	EXPECT_STREQ(row, line_by(self, &cli, verb_clients, "192.0.2.1 "));
}

TEST_F(tables, clients_and_their_connections_for_keys)
{
	static const struct client_record records[] = {
		{ .family = AF_INET, .address = { 192, 0, 2, 1 }, .hits = 7,
		  .last_ns = NOW_NS - 3 * S, .interval_ns = 64 * S },
	};
	static const struct client_record nts_records[] = {
		{ .family = AF_INET, .address = { 192, 0, 2, 2 }, .hits = 1,
		  .last_ns = NOW_NS - 9 * S },
		{ .family = AF_INET, .address = { 192, 0, 2, 1 }, .hits = 5, .drops = 2,
		  .last_ns = NOW_NS - 8 * S, .interval_ns = 16 * S },
	};
	const struct cli cli = { .nts = true }, csv = { .nts = true, .csv = true };
	static const char *const rows[] = {
		"Hostname                      NTP   Drop Int IntL Last  NTS-KE   Drop Int  Last",
		"192.0.2.1                       7      0   6   -     3       5      2   4     8",
		"192.0.2.2                       0      0   -   -     -       1      0   -     9",
	};

	clients = (struct client_table){ .records = records, .count = 1, .marks = &no_marks };
	nts_clients = (struct client_table){
		.records = nts_records, .count = 2, .marks = &no_marks,
	};
	which.nts = true;
	EXPECT_STREQ(rows[0], line_by(self, &cli, verb_clients, "Host"));
	EXPECT_STREQ(rows[1], line_by(self, &cli, verb_clients, "192.0.2.1 "));
	EXPECT_STREQ(rows[2], line_by(self, &cli, verb_clients, "192.0.2.2 "));
	EXPECT_STREQ("least 0 nts", asked);
	EXPECT_STREQ("192.0.2.1,7,0,6,127,3,5,2,4,8",
		     line_by(self, &csv, verb_clients, "192.0.2.1,"));
	EXPECT_STREQ("192.0.2.2,0,0,127,127,4294967295,1,0,127,9",
		     line_by(self, &csv, verb_clients, "192.0.2.2,"));
}

/* As long as a name may be; cut short it would be another one. */
TEST_F(tables, a_long_name_is_whole)
{
	const struct cli cli = { .names = true };
	const char *row;
	char name[256];

	add_sources();
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	world.sources[0].info.name = name;
	row = line_by(self, &cli, verb_sources, "^* n");
	EXPECT_NE(NULL, strstr(row, name));
	EXPECT_NE(NULL, strstr(row, " +/- "));
}

TEST_F(tables, authdata)
{
	static const struct cli cli;

	add_sources();
	world.sources[0].info.auth = (struct association_auth){
		.mode = ASSOCIATION_AUTH_NTS, .key = 1, .type = 15, .bits = 256,
		.established_ns = NOW_NS - 34 * S, .cookies = 8, .cookie_size = 100,
	};
	EXPECT_STREQ("192.0.2.1                    NTS     1   15  256   34    0    0    8  100",
		     line_by(self, &cli, verb_authdata, "192.0.2.1 "));
	EXPECT_STREQ("192.0.2.99                     -     0    0    0    -    0    0    0    0",
		     line_by(self, &cli, verb_authdata, "192.0.2.99"));
	world.sources[1].info.auth = (struct association_auth){
		.mode = ASSOCIATION_AUTH_KEY, .key = 30, .type = 2, .bits = 160,
		.established_ns = INT64_MIN,
	};
	world.sources[0].info.auth.refused = true;
	world.sources[0].info.auth.attempts = 2;
	EXPECT_STREQ("192.0.2.1                    NTS     1   15  256   34    2    1    8  100",
		     line_by(self, &cli, verb_authdata, "192.0.2.1 "));
	EXPECT_STREQ("192.0.2.99                    SK    30    2  160    -    0    0    0    0",
		     line_by(self, &cli, verb_authdata, "192.0.2.99"));
}

TEST_HARNESS_MAIN
