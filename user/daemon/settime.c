// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times that the operator sets by hand, on a machine that nothing else tells the time: chrony's
 * `manual`. discipline/manual.c knows what they show.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clocks/release_date.h"
#include "lib/names.h"

/* From the shell to the daemon takes some time, and nobody is more precise. */
#define LEAST_BOUND_NS	10000000LL

/* A bound of more is no bound: the operator knows the date. */
#define MOST_BOUND_NS	(86400LL * 1000000000LL)

/* A request that was on its way for longer is none of now. */
#define AGE_MOST_NS	(60LL * 1000000000LL)

/* What is known of the rate without the entries: it is the one that the clock has. */
#define RATE_SIGMA	50e-6

/* The bound of a rate that was learned from sources, or read from the drift file. */
#define RATE_SIGMAS	5

/*
 * It answers, and is the selected one or agrees with that. Pulses that the clock numbers show no
 * whole seconds: it is another source that tells these.
 */
static bool may_correct(const struct source *source, bool selected)
{
	struct source_status status;

	source_get_record(source, &status);

	return status.reach && !status.withdrawn && !status.last.numbered &&
	       (selected || status.verdict >= SOURCE_NOT_COMBINED);
}

/* A source that answers has corrected the clock, and will again. */
static bool is_corrected(const struct daemon *daemon)
{
	int selected = daemon->update.result.selection.selected;
	struct source *const *sources;
	size_t count;

	count = associations_sources(daemon->associations, &sources);
	if (!daemon->update.raw_ns || selected < 0 || (size_t)selected >= count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (may_correct(sources[i], i == (size_t)selected))
			return true;
	}

	return false;
}

static bool refuse(const char **error, const char *why)
{
	*error = why;

	return true;
}

/* The operator may not set the time now, and *@error says why. @now: the clocks, read here. */
static bool settime_is_refused(struct daemon *daemon, struct timescale_now *now,
			       const char **error)
{
	struct steering_status steering;
	int err;

	if (!daemon->config->manual)
		return refuse(error,
			      "the time is not taken from an operator here. To permit it, write \"manual\" into the configuration, and: truechime reload");
	if (daemon->options->no_clock)
		return refuse(error, "the daemon was started with -x, only to observe");
	err = timescale_read(daemon->timescale, now);
	if (err)
		return refuse(error, strerror(-err));
	steering_get_status(daemon->steering, &steering);
	if (steering.trust == TRUST_EXTERNAL)
		return refuse(error, "another program has the clock. See: truechime status");
	if (now->has_host)
		return refuse(error,
			      "the clock follows its host, which knows the time better than a person. If it is wrong: truechime host demote");
	if (is_corrected(daemon))
		return refuse(error,
			      "time sources tell the time, and would correct the clock again. If they are wrong: truechime offline");

	return false;
}

static void known_rate(const struct daemon *daemon, struct manual_rate *known)
{
	const struct discipline_options *options = &daemon->config->discipline;
	struct steering_status steering;

	steering_get_status(daemon->steering, &steering);
	*known = (struct manual_rate){
		/* Without the phase correction of a slew, if the clock was steered before. */
		.rate = steering.base_rate != 0 ? steering.base_rate : steering.rate,
		.sigma = RATE_SIGMA,
		.bound = MANUAL_RATE_BOUND,
	};
	if (discipline_get_rate(daemon->discipline, &known->rate, &known->sigma))
		known->bound = RATE_SIGMAS * known->sigma + options->maxclockerror;
}

/* What the entries show, and the line that it makes; there is one. */
static void estimate(struct daemon *daemon, struct manual_estimate *found, struct chime_line *line)
{
	/* As it was before the first entry: what was learned from them counts once. */
	if (daemon->by_hand.rate.bound <= 0)
		known_rate(daemon, &daemon->by_hand.rate);
	manual_estimate(&daemon->by_hand.times, &daemon->by_hand.rate, found);
	manual_line(&daemon->by_hand.times, found, daemon->config->discipline.maxclockerror, line);
}

static void log_set(const struct manual_entry *entry, const struct manual_estimate *found)
{
	log_notice("The operator sets the time: the clock was wrong by %s, and is right to within %s by the operator's word. Its rate is known to %.1f ppm%s",
		   duration_text(entry->found_ns).text, duration_text(entry->bound_ns).text,
		   found->rate.bound * 1e6, found->learned ? ", from the times that were set" : "");
	if (found->contradictory)
		log_warning("No rate of the clock fits all the times that were set: one of them is wrong, and none of them counts for the rate. To find and delete it: truechime settime list");
}

/* Follow what the entries show. 0: the clock is set; -EPERM: it is slewed; else it is as before. */
static int follow_entries(struct daemon *daemon, struct manual_estimate *found)
{
	struct chime_line line;
	struct timescale_now now;
	int err;

	estimate(daemon, found, &line);
	err = timescale_read(daemon->timescale, &now);
	if (err)
		return err;
	err = steering_set_by_operator(daemon->steering, &line, &now);
	if (err && err != -EPERM)
		return err;
	/* What sources said before is no evidence beside the operator's word. */
	daemon_change_sources(daemon, &REFERENCE_JUMPED);
	daemon->by_hand.latest_ns = chime_line_eval(&line, now.reference_ns);
	if (found->learned)
		discipline_prime_rate(daemon->discipline, found->rate.rate, found->rate.sigma);

	return err;
}

static const char *words_of(const struct daemon *daemon, int err)
{
	switch (err) {
	case -ERANGE:
		return "that date is before truechime was released";
	case -EDOM:
		return "that date is a century after truechime was released, or more";
	}
	return daemon_step_words(daemon, err);
}

static json_t *report_set(const struct daemon *daemon, const struct manual_estimate *found,
			  int64_t error_ns, int64_t bound_ns, bool stepped)
{
	return json_pack("{s:b,s:I,s:I,s:b,s:f,s:f,s:b,s:b,s:i}", "ok", 1,
			 "error_ns", (json_int_t)error_ns, "bound_ns", (json_int_t)bound_ns,
			 "stepped", stepped, "frequency_ppb", -found->rate.rate * 1e9,
			 "frequency_bound_ppb", found->rate.bound * 1e9,
			 "learned", found->learned, "contradictory", found->contradictory,
			 "entries", (int)daemon->by_hand.times.count);
}

/**
 * struct set_request - the operator's word
 * @utc_ns: the time ...
 * @bound_ns: ... and how wrong that may be
 * @has_raw: it is known ...
 * @raw_ns: ... when it was typed, by the raw clock; else it is the time of now
 */
struct set_request {
	int64_t utc_ns;
	int64_t bound_ns;
	bool has_raw;
	int64_t raw_ns;
};

/* "set UTC_NS BOUND_NS [RAW_NS]". false: it is something else. */
static bool parse_set(const char *text, struct set_request *request)
{
	long long utc_ns, bound_ns, raw_ns = 0;
	int end = 0, count;

	count = sscanf(text, "set %19lld %19lld%n %19lld%n", &utc_ns, &bound_ns, &end, &raw_ns,
		       &end);
	if (count < 2 || text[end] || utc_ns < 0 || bound_ns <= 0 || bound_ns > MOST_BOUND_NS)
		return false;
	*request = (struct set_request){
		.utc_ns = utc_ns,
		.bound_ns = bound_ns,
		.has_raw = count == 3,
		.raw_ns = raw_ns,
	};

	return true;
}

/* What time it is @now by that word: the daemon may have been busy. false: nobody knows. */
static bool take_age(const struct set_request *request, const struct timescale_now *now,
		     int64_t *utc_ns)
{
	int64_t age_ns = request->has_raw ? chime_sub_sat(now->raw_ns, request->raw_ns) : 0;

	*utc_ns = chime_add_sat(request->utc_ns, age_ns);

	return age_ns >= 0 && age_ns <= AGE_MOST_NS;
}

static int judge_date(int64_t utc_ns)
{
	if (is_before_release(utc_ns))
		return -ERANGE;

	return is_century_after_release(utc_ns) ? -EDOM : 0;
}

static json_t *add_entry(struct daemon *daemon, const struct set_request *request,
			 const char **error)
{
	const struct manual before = daemon->by_hand.times;
	struct manual_estimate found;
	struct manual_entry entry;
	struct timescale_now now;
	int64_t utc_ns;
	int err;

	if (settime_is_refused(daemon, &now, error))
		return NULL;
	if (!take_age(request, &now, &utc_ns)) {
		*error = "it was too long on its way to the daemon. Type the time again";
		return NULL;
	}
	entry = (struct manual_entry){
		.at_ns = now.reference_ns,
		.offset_ns = chime_sub_sat(utc_ns, now.reference_ns),
		.bound_ns = chime_max(request->bound_ns, LEAST_BOUND_NS),
		.found_ns = chime_sub_sat(utc_ns, now.realtime_ns),
	};
	err = judge_date(utc_ns);
	if (err) {
		*error = words_of(daemon, err);
		return NULL;
	}
	if (manual_add(&daemon->by_hand.times, &entry)) {
		*error = "less than a second has passed since the time was set last. Set it again";
		return NULL;
	}
	err = follow_entries(daemon, &found);
	if (err && err != -EPERM) {
		daemon->by_hand.times = before;
		*error = words_of(daemon, err);
		return NULL;
	}
	log_set(&entry, &found);

	return report_set(daemon, &found, entry.found_ns, entry.bound_ns, !err);
}

/* @number: as typed. */
static json_t *delete_entry(struct daemon *daemon, const char *number, const char **error)
{
	const struct manual before = daemon->by_hand.times;
	struct manual_estimate found;
	struct timescale_now now;
	unsigned int index;
	int err, end = 0;

	if (settime_is_refused(daemon, &now, error))
		return NULL;
	if (sscanf(number, "%3u%n", &index, &end) != 1 || number[end] ||
	    index >= daemon->by_hand.times.count) {
		*error = "there is no such entry. See: truechime settime list";
		return NULL;
	}
	(void)manual_delete(&daemon->by_hand.times, index);
	/* Without an entry the clock goes on as it is. */
	err = daemon->by_hand.times.count ? follow_entries(daemon, &found) : 0;
	if (err && err != -EPERM) {
		daemon->by_hand.times = before;
		*error = words_of(daemon, err);
		return NULL;
	}
	log_notice("The operator takes back a time that was set; %zu are left",
		   daemon->by_hand.times.count);

	return json_pack("{s:b,s:i}", "ok", 1, "entries", (int)daemon->by_hand.times.count);
}

/* As in chronyc's list, offsets are positive where the clock is ahead. */
static json_t *list_entry(const struct daemon *daemon, size_t index,
			  const struct chime_line *correction, const struct chime_line *line)
{
	const struct manual_entry *entry = &daemon->by_hand.times.entries[index];
	int64_t corrected_ns = chime_line_offset(correction, entry->at_ns);
	int64_t residual_ns = manual_residual(&daemon->by_hand.times, index, line);

	return json_pack("{s:f,s:I,s:I,s:I,s:I}",
			 "time_s", (double)chime_add_sat(entry->at_ns, entry->offset_ns) / 1e9,
			 "slewed_ns", (json_int_t)chime_sub_sat(corrected_ns, entry->offset_ns),
			 "original_ns", (json_int_t)chime_sub_sat(0, entry->found_ns),
			 "residual_ns", (json_int_t)chime_sub_sat(0, residual_ns),
			 "bound_ns", (json_int_t)entry->bound_ns);
}

static json_t *list_entries(struct daemon *daemon)
{
	struct manual_estimate found;
	json_t *list = json_array();
	struct steering_status steering;
	struct chime_line line;

	steering_get_status(daemon->steering, &steering);
	if (daemon->by_hand.times.count)
		estimate(daemon, &found, &line);
	for (size_t i = 0; i < daemon->by_hand.times.count; i++)
		json_array_append_new(list, list_entry(daemon, i, &steering.correction, &line));

	return json_pack("{s:b,s:o}", "ok", 1, "entries", list);
}

json_t *daemon_settime(struct daemon *daemon, const char *arguments, const char **error)
{
	static const char delete[] = "delete ";
	struct set_request request;

	if (!strcmp(arguments, "list"))
		return list_entries(daemon);
	if (!strcmp(arguments, "reset")) {
		manual_reset(&daemon->by_hand.times);
		daemon->by_hand.rate = (struct manual_rate){ 0 };
		log_notice("The operator has the times forgotten that were set");
		return json_pack("{s:b,s:i}", "ok", 1, "entries", 0);
	}
	if (!strncmp(arguments, delete, strlen(delete)))
		return delete_entry(daemon, arguments + strlen(delete), error);
	if (parse_set(arguments, &request))
		return add_entry(daemon, &request, error);
	*error = "expected is: set UTC_NS BOUND_NS [RAW_NS], list, delete NUMBER, or reset";

	return NULL;
}

void daemon_change_settime(struct daemon *daemon, const struct reference_change *change)
{
	struct manual_rate *rate = &daemon->by_hand.rate;

	if (manual_change_reference(&daemon->by_hand.times, change))
		log_notice("The times that the operator has set are void: time was disrupted since");
	if (!reference_change_keeps_rate(change))
		*rate = (struct manual_rate){ 0 };
	else if (rate->bound > 0)
		rate->rate = reference_change_rate(change, rate->rate);
	if (!reference_change_keeps_offset(change))
		daemon->by_hand.latest_ns = 0;
}
