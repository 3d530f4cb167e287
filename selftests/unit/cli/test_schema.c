// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the verbs print as JSON is what docs/schema says, with all that there can be and with
 * nothing: each member is described, and each that is required is there. The daemon's words are its
 * own, of a state that is made here; module, kernel, files and systemd are stand-ins.
 */
#include "user/cli/cli.h"
#include "user/ipc/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "selftests/unit/cli/fake_module.h"
#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"
#include "user/doctor/machine.h"
#include "user/doctor/units.h"
#include "user/lib/names.h"
#include "user/lib/time_units.h"
#include "user/lib/virtual_machine.h"
#include "user/steering/time_daemons.h"

/* --- The world --- */

static struct {
	bool no_daemon;
	int error;
	struct state state;
	struct module_host host;
} world;

int module_link_hosts(struct module_link *link, struct module_host *hosts, int max, int *count)
{
	hosts[0] = world.host;
	*count = 1;
	return 0;
}

/* --- Nobody changes anything --- */

int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc)
{
	exit(1);
}

int module_link_set_mode(struct module_link *link, enum truechime_mode mode)
{
	exit(1);
}

int module_link_choose_host(struct module_link *link, const char *name)
{
	exit(1);
}

int module_link_demote_host(struct module_link *link, bool demoted)
{
	exit(1);
}

int module_open_loudly(struct module_link **link)
{
	return module_link_open(link) ? CLI_ERROR : CLI_OK;
}

int module_refused(const struct module_link *link, const char *what, int err)
{
	exit(1);
}

/* --- The rest of the world --- */

int clock_adjtime(clockid_t id, struct timex *tx)
{
	memset(tx, 0, sizeof(*tx));
	tx->maxerror = 16000000;
	return 0;
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (world.error)
		return world.error;
	if (world.no_daemon)
		return -ECONNREFUSED;
	*reply = !strcmp(command, "status") ? report_status(&world.state) :
		 !strcmp(command, "tracking") ? report_tracking(&world.state) :
		 !strcmp(command, "activity") ? report_activity(&world.state) :
						report_sources(&world.state);
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	if (!world.error)
		exit(1);
	return CLI_ERROR;
}

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	json_t *reply;

	client_ask(cli, command, &reply);
	print_json(reply);
	return 0;
}

const char *word_of_source(const struct cli *cli, const char *word, char text[NET_ADDRESS_TEXT_MAX])
{
	return word;
}

size_t __wrap_time_daemons_find(const char *proc, const char *cgroup,
				struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	daemons[0] = (struct time_daemon){ .program = "chronyd", .pid = 77 };
	return fake_module.is_there;
}

int doctor_machine_read(const char *root, const char *release, struct doctor_machine *machine)
{
	*machine = (struct doctor_machine){ .ptp_kvm = -1 };
	return 0;
}

int doctor_units_read(struct doctor_units *units)
{
	*units = (struct doctor_units){ .known = false };
	return -ECONNREFUSED;
}

bool is_virtual_machine(void)
{
	return true;
}

FIXTURE(world) {
	int unused;
};

/* Nothing is known. */
FIXTURE_SETUP(world)
{
	static const struct source_options server = { .kind = SOURCE_SERVER };
	size_t i;

	memset(&world, 0, sizeof(world));
	memset(&fake_module, 0, sizeof(fake_module));
	fake_module.rule_count = 1;
	world.state.raw_ns = 5000 * NS_PER_S;
	world.state.timescale = "module";
	world.state.configuration = "/etc/truechime/truechime.conf";
	world.state.update.result.selection.selected = -1;
	world.state.steering.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	world.state.steering.reading_ns = CHIME_LINE_UNBOUNDED_NS;
	world.state.steering.esterror_ns = CHIME_LINE_UNBOUNDED_NS;
	for (i = 0; i < 2; i++) {
		world.state.sources[i].status.options = &server;
		world.state.sources[i].info.name = "ntp.example.net";
		world.state.sources[i].info.rejected = "";
		world.state.sources[i].info.resolving_error = "";
		world.state.sources[i].info.file = "";
		world.state.sources[i].info.auth.established_ns = INT64_MIN;
	}
}

FIXTURE_TEARDOWN(world)
{
}

/* All is known. */
static void know(void)
{
	static struct ntp_client_record record;
	struct state_source *source = &world.state.sources[0];

	fake_module.is_there = true;
	strcpy(world.host.name, "kvm");
	strcpy(fake_module.status.version, "0.1.0");
	strcpy(fake_module.status.host_name, "kvm");
	fake_module.status.host_state = TRUECHIME_HOST_CHOSEN;
	fake_module.status.maxerror_ns = 300;
	fake_module.status.reading_ns = 200;
	fake_module.status.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	fake_module.status.has_correction = true;
	world.state.steering.synchronised = true;
	world.state.steering.has_correction = true;
	world.state.steering.trust = TRUST_CONFIRMED;
	world.state.steering.maxerror_ns = 300000;
	world.state.steering.reading_ns = 200;
	world.state.steering.esterror_ns = 20;
	world.state.update.raw_ns = 1;
	world.state.update.utc_ns = 1795300075 * NS_PER_S;
	world.state.update.interval_ns = NS_PER_S;
	world.state.update.result.selection.selected = 0;
	world.state.update.result.stratum = 3;
	world.state.set_by_hand_ns = NS_PER_S;
	world.state.has_rate = true;
	world.state.rate_sigma = 1e-9;
	world.state.configured = 1;
	world.state.source_count = 2;
	source->status.has_estimate = true;
	source->status.verdict = SOURCE_SELECTED;
	source->status.reach = 255;
	source->status.stratum = 2;
	source->status.samples = 10;
	source->status.estimate.rate_sigma = 1e-9;
	record.answer.packet.version = 4;
	source->info.record = &record;
	strcpy(source->info.address, "192.0.2.1");
	source->info.auth.mode = ASSOCIATION_AUTH_NTS;
	source->info.auth.established_ns = NS_PER_S;
}

/* --- The verbs --- */

static bool verb_fits(const char *name, int (*verb)(const struct cli *cli))
{
	const struct cli cli = { .json = true };
	FILE *before = stdout;
	char *text;
	size_t size;
	bool good;

	stdout = open_memstream(&text, &size);
	if (!stdout)
		exit(1);
	verb(&cli);
	fclose(stdout);
	stdout = before;
	good = schema_fits_text(name, text);
	free(text);

	return good;
}

static int ntpdata(const struct cli *cli)
{
	return verb_ntpdata(cli, 0, NULL);
}

static int sourcename(const struct cli *cli)
{
	char address[] = "192.0.2.1", *arguments[] = { address };

	return verb_sourcename(cli, 1, arguments);
}

static int policy(const struct cli *cli)
{
	return verb_policy(cli, 0, NULL);
}

static int mode(const struct cli *cli)
{
	return verb_mode(cli, 0, NULL);
}

static int host(const struct cli *cli)
{
	return verb_host(cli, 0, NULL);
}

static const struct {
	const char *name;
	int (*verb)(const struct cli *cli);
} verbs[] = {
	{ "status", verb_status }, { "tracking", verb_tracking }, { "sources", verb_sources },
	{ "check", verb_check }, { "doctor", verb_doctor }, { "activity", verb_activity },
	{ "sourcestats", verb_sourcestats }, { "selectdata", verb_selectdata },
	{ "authdata", verb_authdata }, { "ntpdata", ntpdata }, { "peers", verb_peers },
};

TEST_F(world, nothing_is_known)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		EXPECT_TRUE(verb_fits(verbs[i].name, verbs[i].verb)) TH_LOG("verb %zu", i);
}

TEST_F(world, all_is_known)
{
	size_t i;

	know();
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		EXPECT_TRUE(verb_fits(verbs[i].name, verbs[i].verb)) TH_LOG("verb %zu", i);
	EXPECT_TRUE(verb_fits("sourcename", sourcename));
}

TEST_F(world, nobody_is_there)
{
	world.no_daemon = true;
	EXPECT_TRUE(verb_fits("status", verb_status));
	EXPECT_TRUE(verb_fits("check", verb_check));
	EXPECT_TRUE(verb_fits("doctor", verb_doctor));
}

TEST_F(world, somebody_is_there_and_cannot_be_asked)
{
	static const int errors[] = { -ETIMEDOUT, -EPIPE, -EIDRM, -EACCES, -ENOENT };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		world.error = errors[i];
		EXPECT_TRUE(verb_fits("status", verb_status));
	}
}

/* Each word that a source's state has is in its list. */
TEST_F(world, words_are_listed)
{
	int i;

	know();
	for (i = 0; i <= SOURCE_SELECTED; i++) {
		world.state.sources[0].status.verdict = (enum source_verdict)i;
		EXPECT_TRUE(verb_fits("sources", verb_sources));
	}
	for (i = 0; i < ASSOCIATION_ACTIVITIES; i++) {
		world.state.sources[0].info.activity = (enum association_activity)i;
		EXPECT_TRUE(verb_fits("sources", verb_sources));
	}
	for (i = 0; i <= TRUST_EXTERNAL; i++) {
		world.state.steering.trust = (enum trust)i;
		EXPECT_TRUE(verb_fits("status", verb_status));
	}
	for (i = 0; i <= TRUECHIME_HOST_DEMOTED; i++) {
		fake_module.status.host_state = (enum truechime_host_state)i;
		EXPECT_TRUE(verb_fits("status", verb_status));
	}
}

/* A source of which one text is no UTF-8 is there all the same, and says what is wrong with it. */
TEST_F(world, texts_need_not_be_utf8)
{
	const json_t *source;
	json_t *reply;

	know();
	world.state.sources[0].info.resolving_error = "its key was not found in /etc/schl\xfcssel";
	reply = report_sources(&world.state);
	ASSERT_EQ(2, json_array_size(json_object_get(reply, "sources")));
	source = json_array_get(json_object_get(reply, "sources"), 0);
	EXPECT_STREQ("its key was not found in /etc/schl?ssel",
		     json_string_value(json_object_get(source, "error")));
	json_decref(reply);
}

static bool has_word(const char *name)
{
	return strcmp(name, "?") != 0;
}

/* Those of the module, which alone answers to these verbs, likewise. */
TEST_F(world, words_of_the_module_are_listed)
{
	unsigned int i;

	know();
	for (i = 0; has_word(name_of_occasion((enum truechime_occasion)i)); i++) {
		fake_module.rules[0].occasion = (enum truechime_occasion)i;
		EXPECT_TRUE(verb_fits("policy", policy)) TH_LOG("occasion %u", i);
	}
	for (i = 0; has_word(name_of_direction((enum truechime_direction)i)); i++) {
		fake_module.rules[0].direction = (enum truechime_direction)i;
		EXPECT_TRUE(verb_fits("policy", policy)) TH_LOG("direction %u", i);
	}
	for (i = 0; has_word(name_of_rule((enum truechime_rule)i)); i++) {
		fake_module.rules[0].rule = (enum truechime_rule)i;
		EXPECT_TRUE(verb_fits("policy", policy)) TH_LOG("rule %u", i);
	}
	for (i = 0; has_word(name_of_rtc((enum truechime_rtc)i)); i++) {
		fake_module.rtc = (enum truechime_rtc)i;
		EXPECT_TRUE(verb_fits("policy", policy)) TH_LOG("rtc %u", i);
	}
	for (i = 0; has_word(name_of_mode((enum truechime_mode)i)); i++) {
		fake_module.status.mode = (enum truechime_mode)i;
		EXPECT_TRUE(verb_fits("mode", mode)) TH_LOG("mode %u", i);
	}
	for (i = 0; has_word(name_of_host_state((enum truechime_host_state)i)); i++) {
		world.host.state = (enum truechime_host_state)i;
		EXPECT_TRUE(verb_fits("host", host)) TH_LOG("state %u", i);
	}
}

/* The schema's reader sees what is wrong. */
TEST_F(world, what_does_not_fit_is_seen)
{
	static const char *const wrong[] = {
		"{}", "[]",
		"{\"state\":\"FINE\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":4,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1.5,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1,\"more\":1}",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT_FALSE(schema_fits_text("check", wrong[i])) TH_LOG("row %zu", i);
}

TEST_HARNESS_MAIN
