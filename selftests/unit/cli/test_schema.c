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

#include "selftests/unit/unit.h"
#include "user/doctor/machine.h"
#include "user/doctor/units.h"
#include "user/lib/time_units.h"
#include "user/lib/virtual_machine.h"
#include "user/steering/time_daemons.h"

/* --- A schema, as far as ours need it --- */

/* "integer" ... of a value. A whole number is a number, too. */
static bool is_type(const json_t *value, const char *type)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return !strcmp(type, "object");
	case JSON_ARRAY:
		return !strcmp(type, "array");
	case JSON_STRING:
		return !strcmp(type, "string");
	case JSON_INTEGER:
		return !strcmp(type, "integer") || !strcmp(type, "number");
	case JSON_REAL:
		return !strcmp(type, "number");
	case JSON_TRUE:
	case JSON_FALSE:
		return !strcmp(type, "boolean");
	case JSON_NULL:
		break;
	}
	return !strcmp(type, "null");
}

static bool fits(const json_t *value, const json_t *schema, const json_t *top);

static bool fits_one(const json_t *value, const json_t *schemas, const json_t *top)
{
	const json_t *schema;
	size_t i;

	json_array_foreach(schemas, i, schema)
		if (fits(value, schema, top))
			return true;
	return false;
}

static bool is_among(const json_t *value, const json_t *values)
{
	const json_t *other;
	size_t i;

	json_array_foreach(values, i, other)
		if (json_equal(value, other))
			return true;
	return false;
}

static bool has_type(const json_t *value, const json_t *types)
{
	const json_t *type;
	size_t i;

	if (json_is_string(types))
		return is_type(value, json_string_value(types));
	json_array_foreach(types, i, type)
		if (is_type(value, json_string_value(type)))
			return true;
	return false;
}

static bool fits_members(json_t *value, const json_t *schema, const json_t *top)
{
	const json_t *properties = json_object_get(schema, "properties"), *name;
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, name)
		if (!json_object_get(value, json_string_value(name))) {
			printf("# %s is not there\n", json_string_value(name));
			return false;
		}
	json_object_foreach(value, key, member)
		if (!json_object_get(properties, key) ||
		    !fits(member, json_object_get(properties, key), top)) {
			printf("# %s does not fit\n", key);
			return false;
		}
	return true;
}

static bool fits(const json_t *value, const json_t *schema, const json_t *top)
{
	const json_t *types = json_object_get(schema, "type");
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	const char *reference = json_string_value(json_object_get(schema, "$ref"));
	const json_t *element;
	size_t i;

	if (reference)
		return fits(value, json_object_get(json_object_get(top, "$defs"),
						   strrchr(reference, '/') + 1), top);
	if (json_object_get(schema, "anyOf"))
		return fits_one(value, json_object_get(schema, "anyOf"), top);
	if (json_object_get(schema, "const"))
		return json_equal(value, json_object_get(schema, "const"));
	if (json_object_get(schema, "enum"))
		return is_among(value, json_object_get(schema, "enum"));
	if (!types || !has_type(value, types))
		return false;
	if (json_is_number(value) &&
	    ((least && json_number_value(value) < json_number_value(least)) ||
	     (most && json_number_value(value) > json_number_value(most))))
		return false;
	json_array_foreach(value, i, element)
		if (!fits(element, json_object_get(schema, "items"), top))
			return false;
	return !json_is_object(value) || fits_members((json_t *)value, schema, top);
}

/* --- The world --- */

static struct {
	bool no_daemon;
	bool has_module;
	struct state state;
	struct module_status module;
} world;

int module_link_open(struct module_link **link)
{
	return world.has_module ? 0 : -ENOENT;
}

void module_link_close(struct module_link *link)
{
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	*status = world.module;
	return 0;
}

int module_link_get_policy(struct module_link *link, struct module_rule *rules, int max, int *count,
			   enum truechime_rtc *rtc)
{
	*count = 0;
	return 0;
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	memset(tx, 0, sizeof(*tx));
	tx->maxerror = 16000000;
	return 0;
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (world.no_daemon)
		return -ECONNREFUSED;
	*reply = !strcmp(command, "status") ? report_status(&world.state) :
		 !strcmp(command, "tracking") ? report_tracking(&world.state) :
						report_sources(&world.state);
	return 0;
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	exit(1);
}

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	json_t *reply;

	client_ask(cli, command, &reply);
	print_json(reply);
	return 0;
}

size_t __wrap_time_daemons_find(const char *proc, const char *cgroup,
				struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	daemons[0] = (struct time_daemon){ .program = "chronyd", .pid = 77 };
	return world.has_module;
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
	world.state.raw_ns = 5000 * NS_PER_S;
	world.state.timescale = "module";
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
	struct state_source *source = &world.state.sources[0];

	world.has_module = true;
	strcpy(world.module.version, "0.1.0");
	strcpy(world.module.host_name, "kvm");
	world.module.host_state = TRUECHIME_HOST_CHOSEN;
	world.module.maxerror_ns = 300;
	world.module.reading_ns = 200;
	world.module.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	world.module.has_correction = true;
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
	source->info.auth.mode = ASSOCIATION_AUTH_NTS;
	source->info.auth.established_ns = NS_PER_S;
}

/* --- The verbs --- */

static bool verb_fits(const char *name, int (*verb)(const struct cli *cli))
{
	const struct cli cli = { .json = true };
	FILE *before = stdout;
	json_t *value, *schema;
	char path[512], *text;
	size_t size;
	bool good;

	stdout = open_memstream(&text, &size);
	if (!stdout)
		exit(1);
	verb(&cli);
	fclose(stdout);
	stdout = before;
	snprintf(path, sizeof(path), SCHEMA_DIR "/%s.json", name);
	schema = json_load_file(path, 0, NULL);
	value = json_loads(text, 0, NULL);
	good = schema && value && fits(value, schema, schema);
	if (!good)
		printf("# %s: %s\n", name, text);
	json_decref(schema);
	json_decref(value);
	free(text);

	return good;
}

static const struct {
	const char *name;
	int (*verb)(const struct cli *cli);
} verbs[] = {
	{ "status", verb_status }, { "tracking", verb_tracking }, { "sources", verb_sources },
	{ "check", verb_check }, { "doctor", verb_doctor },
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
}

TEST_F(world, nobody_is_there)
{
	world.no_daemon = true;
	EXPECT_TRUE(verb_fits("status", verb_status));
	EXPECT_TRUE(verb_fits("check", verb_check));
	EXPECT_TRUE(verb_fits("doctor", verb_doctor));
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
		world.module.host_state = (enum truechime_host_state)i;
		EXPECT_TRUE(verb_fits("status", verb_status));
	}
}

/* The schema's reader above sees what is wrong. */
TEST_F(world, what_does_not_fit_is_seen)
{
	json_t *schema = json_load_file(SCHEMA_DIR "/check.json", 0, NULL);
	static const char *const wrong[] = {
		"{}", "[]",
		"{\"state\":\"FINE\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":4,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1.5,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1}",
		"{\"state\":\"OK\",\"exit_status\":0,\"sentence\":\"\",\"synchronised\":true,\"maxerror_ns\":1,\"warn_ns\":1,\"crit_ns\":1,\"offset_ns\":1,\"host_reading_error_ns\":1,\"disruptions\":1,\"more\":1}",
	};
	json_t *value;
	size_t i;

	ASSERT_NE(NULL, schema);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		value = json_loads(wrong[i], 0, NULL);
		ASSERT_NE(NULL, value);
		EXPECT_FALSE(fits(value, schema, schema)) TH_LOG("row %zu", i);
		json_decref(value);
	}
	json_decref(schema);
}

TEST_HARNESS_MAIN
