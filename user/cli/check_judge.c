// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict of truechime check.
 */
#include "cli/check_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor/findings.h"
#include "lib/names.h"
#include "lib/text_append.h"
#include "lib/time_units.h"

bool check_limits_choose(int64_t warn_ns, int64_t crit_ns, int64_t within_ns,
			 struct check_limits *limits)
{
	int64_t most_ns = within_ns && (!crit_ns || within_ns < crit_ns) ? within_ns : crit_ns;

	*limits = (struct check_limits){
		.warn_ns = DOCTOR_BOUND_WIDE_NS,
		.crit_ns = NS_PER_S,
		.demanded = warn_ns || most_ns,
	};
	if (most_ns) {
		limits->crit_ns = most_ns;
		limits->warn_ns = most_ns / 2;
	} else if (warn_ns > limits->crit_ns) {
		limits->crit_ns = warn_ns;
	}
	if (warn_ns)
		limits->warn_ns = warn_ns;

	return limits->warn_ns <= limits->crit_ns;
}

/* --- The verdict --- */

static enum check_state judge_unasked(const struct check_facts *facts,
				      char sentence[CHECK_TEXT_MAX])
{
	bool anew = facts->daemon_error == -ETIMEDOUT || facts->daemon_error == -EIDRM;

	if (facts->daemon_error == -ECONNREFUSED) {
		snprintf(sentence, CHECK_TEXT_MAX, "%s", facts->obstacle);
		return CHECK_CRITICAL;
	}
	snprintf(sentence, CHECK_TEXT_MAX,
		 "The daemon truechimed cannot be asked: %s. %s%s",
		 words_of_silence(facts->daemon_error),
		 anew ? "To start it anew, as root: " : "See: ",
		 anew ? facts->restart : "truechime doctor");

	/* A daemon that does not answer in time is stuck; for anything else it may be our fault. */
	return facts->daemon_error == -ETIMEDOUT ? CHECK_CRITICAL : CHECK_UNKNOWN;
}

static enum check_state state_of_bound(const struct check_facts *facts,
				       const struct check_limits *limits)
{
	if (facts->bound_ns < 0)
		return limits->demanded ? CHECK_CRITICAL : CHECK_WARNING;
	if (facts->bound_ns > limits->crit_ns)
		return CHECK_CRITICAL;

	return facts->bound_ns > limits->warn_ns ? CHECK_WARNING : CHECK_OK;
}

static enum check_state judge_bound(const struct check_facts *facts,
				    const struct check_limits *limits,
				    char sentence[CHECK_TEXT_MAX])
{
	enum check_state state = state_of_bound(facts, limits);
	char offset[64] = "", beyond[64] = "";

	if (facts->bound_ns < 0) {
		snprintf(sentence, CHECK_TEXT_MAX,
			 "The clock is called synchronised%s, but it is not known how wrong it may be",
			 facts->steered_by_others ? " by the program that steers it" : "");
		return state;
	}
	if (state != CHECK_OK)
		snprintf(beyond, sizeof(beyond), ", more than %s",
			 duration_text(state == CHECK_WARNING ? limits->warn_ns :
								limits->crit_ns).text);
	if (facts->has_offset)
		snprintf(offset, sizeof(offset), ", and now some %s %s",
			 duration_text(llabs(facts->offset_ns)).text,
			 facts->offset_ns < 0 ? "ahead" : "behind");
	snprintf(sentence, CHECK_TEXT_MAX, "The clock is %sright to within %s%s%s%s",
		 state == CHECK_OK ? "" : "only known to be ",
		 duration_text(facts->bound_ns).text, beyond, offset,
		 facts->steered_by_others ? ", says the program that steers it" : "");

	return state;
}

enum check_state check_judge(const struct check_facts *facts, const struct check_limits *limits,
			     char sentence[CHECK_TEXT_MAX])
{
	enum check_state state;

	if (facts->daemon_error)
		return judge_unasked(facts, sentence);
	if (!facts->synchronised) {
		snprintf(sentence, CHECK_TEXT_MAX, "The clock is not synchronised%s%s",
			 *facts->obstacle ? ". " : "", facts->obstacle);
		return CHECK_CRITICAL;
	}
	state = judge_bound(facts, limits, sentence);
	if (!*facts->refusal)
		return state;
	/* It was installed to repair reverts, and it will not. */
	text_append(sentence, CHECK_TEXT_MAX, ". %s. See: truechime doctor", facts->refusal);

	return state == CHECK_OK ? CHECK_WARNING : state;
}

/* --- For graphs --- */

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

void check_perfdata(const struct check_facts *facts, const struct check_limits *limits,
		    char text[CHECK_TEXT_MAX])
{
	*text = '\0';
	/* What is not known has the value U, and what there is not, none. */
	if (facts->has_offset)
		text_append(text, CHECK_TEXT_MAX, "offset=%.9fs ", seconds(facts->offset_ns));
	if (facts->bound_ns < 0)
		text_append(text, CHECK_TEXT_MAX, "bound=U");
	else
		text_append(text, CHECK_TEXT_MAX, "bound=%.9fs", seconds(facts->bound_ns));
	text_append(text, CHECK_TEXT_MAX, ";%.9g;%.9g;0", seconds(limits->warn_ns),
		    seconds(limits->crit_ns));
	if (facts->host_reading_ns >= 0)
		text_append(text, CHECK_TEXT_MAX, " host_reading_error=%.9fs;;;0",
			    seconds(facts->host_reading_ns));
	if (facts->disruptions >= 0)
		text_append(text, CHECK_TEXT_MAX, " disruptions=%lldc;;;0",
			    (long long)facts->disruptions);
}

const char *check_state_name(enum check_state state)
{
	switch (state) {
	case CHECK_OK:
		return "OK";
	case CHECK_WARNING:
		return "WARNING";
	case CHECK_CRITICAL:
		return "CRITICAL";
	case CHECK_UNKNOWN:
		break;
	}

	return "UNKNOWN";
}
