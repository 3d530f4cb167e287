// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and the module: finding it, telling it what is configured, and its loading and
 * unloading.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/module_load.h"
#include "lib/names.h"
#include "lib/time_units.h"

/* No crystal is wrong by more, nor does ntpd slew a host's clock faster. */
#define UNKNOWN_RATE	500e-6

static int daemon_open_module(struct daemon *daemon)
{
	char message[512];
	int err;

	err = module_link_open(&daemon->link);
	if (err == -ENOENT) {
		if (!module_load(message, sizeof(message)))
			err = module_link_open(&daemon->link);
		else
			log_notice("%s", message);
	}
	if (err) {
		daemon->link = NULL;
		if (err != -ENOENT)
			log_notice("The kernel module cannot be asked: %s; going on without it",
				   strerror(-err));
		return err;
	}
	err = module_link_subscribe(daemon->link);
	if (err)
		log_warning("The module's events cannot be received: %s; disruptions are noticed only when the clock is read",
			    strerror(-err));
	return 0;
}

static void daemon_close_module(struct daemon *daemon)
{
	if (daemon->timescale)
		daemon->timescale->ops->close(daemon->timescale);
	daemon->timescale = NULL;
	module_link_close(daemon->link);
	daemon->link = NULL;
}

static int daemon_open_over_module(struct daemon *daemon)
{
	struct module_status status;
	int err;

	err = module_link_status(daemon->link, &status);
	if (!err)
		err = timescale_module_open(&daemon->timescale, daemon->link);
	if (!err)
		err = timescale_read(daemon->timescale, &daemon->known);
	if (err) {
		log_warning("The kernel module does not answer as it should: %s; going on without it. Module and daemon may be of different versions",
			    strerror(-err));
		daemon_close_module(daemon);
		return err;
	}
	daemon_receive_events(daemon);
	log_info("Steering through the kernel module %s; the host's clock: %s", status.version,
		 status.host_state >= TRUECHIME_HOST_CHOSEN ? status.host_name : "none");
	return 0;
}

static int daemon_open_without_module(struct daemon *daemon)
{
	int err;

	err = timescale_user_open(&daemon->timescale, daemon->clock);
	if (!err)
		err = timescale_read(daemon->timescale, &daemon->known);
	return err;
}

int daemon_open_timescale(struct daemon *daemon)
{
	if (daemon->options->no_clock || daemon->options->no_module)
		return daemon_open_without_module(daemon);
	/* Without generic netlink nothing can report that the module comes or goes. */
	if (module_watch_open(&daemon->watch))
		daemon->watch = NULL;
	if (!daemon_open_module(daemon) && !daemon_open_over_module(daemon))
		return 0;
	return daemon_open_without_module(daemon);
}

void daemon_close_timescale(struct daemon *daemon)
{
	daemon_close_module(daemon);
	module_watch_close(daemon->watch);
	daemon->watch = NULL;
}

/* Without the directive any that was in force before, even with an earlier daemon, is withdrawn. */
static void daemon_state_host_maxerror(struct daemon *daemon)
{
	int64_t maxerror_ns = daemon->config->host_maxerror_ns;
	int err;

	if (!maxerror_ns)
		maxerror_ns = module_host_maxerror_ns();
	err = module_link_state_host_maxerror(daemon->link, maxerror_ns);
	if (err)
		log_warning("The module does not take hostmaxerror: %s",
			    module_link_words(daemon->link, err));
}

/*
 * The module has that host already. Chosen again it would be another one to the module: trusted,
 * whoever has demoted it, and of an unknown rate.
 */
static bool daemon_has_host(const struct daemon *daemon, const char *wanted)
{
	struct module_status status;

	if (module_link_status(daemon->link, &status) ||
	    (status.host_state != TRUECHIME_HOST_CHOSEN &&
	     status.host_state != TRUECHIME_HOST_DEMOTED))
		return false;

	return !strcmp(wanted, "auto") || !strcmp(wanted, status.host_name);
}

void daemon_configure_module(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	int err = 0;

	if (!daemon->link) {
		timescale_user_set_policy(daemon->timescale, config->rules,
					  (size_t)config->rule_count);
		return;
	}
	if (*config->hostclock && !daemon_has_host(daemon, config->hostclock))
		err = module_link_choose_host(daemon->link, config->hostclock);
	if (err)
		log_warning("The host clock \"%s\" could not be chosen: %s", config->hostclock,
			    module_link_words(daemon->link, err));
	daemon_state_host_maxerror(daemon);
	err = 0;
	if (config->rule_count || config->has_rtc)
		err = module_link_set_policy(daemon->link, config->rules, config->rule_count,
					     config->has_rtc ? &config->rtc : NULL);
	if (err)
		log_warning("The step policy could not be set: %s",
			    module_link_words(daemon->link, err));
}

static bool has_rule(const struct config *config, const struct module_rule *rule)
{
	for (int i = 0; i < config->rule_count; i++) {
		if (config->rules[i].occasion == rule->occasion &&
		    config->rules[i].direction == rule->direction)
			return true;
	}

	return false;
}

void daemon_name_withdrawn(const struct daemon *daemon, const struct config *before)
{
	const struct config *config = daemon->config;

	if (!daemon->link)
		return;
	for (int i = 0; i < before->rule_count; i++) {
		if (!has_rule(config, &before->rules[i]))
			log_warning("The line \"steppolicy %s %s\" was taken out, and what it said stays in force in the module until something else is set. To see that: truechime policy",
				    name_of_occasion(before->rules[i].occasion),
				    name_of_direction(before->rules[i].direction));
	}
	if (before->has_rtc && !config->has_rtc)
		log_warning("The line \"rtcpolicy\" was taken out, and what it said stays in force in the module until something else is set. To see that: truechime policy");
	if (*before->hostclock && !*config->hostclock)
		log_warning("The line \"hostclock %s\" was taken out, and the module keeps that choice until something else is set. To see that: truechime host",
			    before->hostclock);
}

/* The module's reference against the raw clock, which was the reference without it. */
static void daemon_compare_with_raw(struct daemon *daemon, struct reference_change *change)
{
	const struct chime_line raw = { .origin_ns = 0 };
	struct module_status status;

	*change = REFERENCE_REPLACED;
	if (!daemon->known.has_host)
		reference_change_of_line(&raw, change);
	else if (!module_link_status(daemon->link, &status) && status.has_unslewed_line &&
		 status.epoch == daemon->known.epoch)
		reference_change_of_line(&status.unslewed_line, change);
}

/* Make the other parts of the daemon use the timescale that was opened. */
static void daemon_use_timescale(struct daemon *daemon, const struct reference_change *change)
{
	associations_set_timescale(daemon->associations, daemon->timescale);
	daemon_change_reference(daemon, change);
	consensus_forget(daemon->consensus);
	steering_set_timescale(daemon->steering, daemon->timescale);
	(void)steering_set_external(daemon->steering, daemon->known.external);
	daemon_burst(daemon, DAEMON_BURST);
}

/*
 * By how much the error of the carried line's rate makes its bound grow. Of a correction that is
 * what it grew by, and nobody renews it now. A host that was followed alone may have been in a slew
 * just then, so that all of its rate may be one.
 */
static double carried_growth(const struct steering_status *last)
{
	const struct chime_line *line = &last->correction;

	if (!last->has_correction)
		return UNKNOWN_RATE + fabs(last->base_rate);
	return (double)chime_max(line->maxerror_rate_q32, line->beyond_maxerror_rate_q32) / Q32;
}

/*
 * Set the latest known UTC as a correction of the new timescale's reference, so that the clock goes
 * on without a step. The bound grows by the error that its rate may have.
 */
static void daemon_carry_over(struct daemon *daemon, const struct steering_status *last)
{
	const struct timescale_now *then = &last->now;
	double growth = fmax(carried_growth(last), daemon->config->discipline.maxclockerror);
	int64_t since_ns, time_ns, grown_ns, maxerror_ns;
	struct timescale_now now;
	struct chime_line line;
	double rate;

	if (!last->valid || then->maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	    timescale_read(daemon->timescale, &now) || now.external)
		return;
	since_ns = chime_sub_sat(now.raw_ns, then->raw_ns);
	time_ns = chime_add_sat(then->time_ns,
				since_ns + (int64_t)((double)since_ns * last->base_rate));
	grown_ns = (int64_t)ceil((double)since_ns * growth);
	maxerror_ns = chime_add_sat(then->maxerror_ns, timescale_is_unvouched(then) ?
				    TIMESCALE_ASSUMED_NS : then->host_maxerror_ns);
	/* The rate of UTC minus that of the reference, both against the raw clock. */
	rate = last->base_rate - (now.has_host && !now.slew_ns ? now.rate : 0.0);
	line = (struct chime_line){
		.origin_ns = now.reference_ns,
		.offset_ns = chime_sub_sat(time_ns, now.reference_ns),
		.rate_q32 = (s64)(rate * Q32),
		.sigma_ns = then->sigma_ns,
		.maxerror_ns = chime_add_sat(maxerror_ns, grown_ns),
		.maxerror_rate_q32 = (s64)ceil(growth * Q32),
	};
	(void)timescale_correct(daemon->timescale, &line, daemon->known.epoch, true);
}

static void daemon_lose_module(struct daemon *daemon)
{
	const struct reference_change change = daemon->known.has_host ? REFERENCE_REPLACED :
								  (struct reference_change){ 0 };
	struct steering_status last;
	int err;

	steering_get_status(daemon->steering, &last);
	daemon_close_module(daemon);
	err = daemon_open_without_module(daemon);
	if (err) {
		log_err("The clocks cannot be read: %s", strerror(-err));
		daemon->stop = true;
		daemon->status = 1;
		return;
	}
	log_warning("The kernel module is gone; going on without it: reverts of this machine are noticed by the time sources alone. To load it again: modprobe truechime");
	daemon_configure_module(daemon);
	daemon_carry_over(daemon, &last);
	/* The raw clock remains the reference; a host's clock can no longer be read. */
	daemon_use_timescale(daemon, &change);
}

static void daemon_gain_module(struct daemon *daemon)
{
	struct timescale *user = daemon->timescale;
	struct reference_change change;
	struct steering_status last;
	struct timescale_now now;

	/* The machine may have been suspended since the latest check. */
	if (!timescale_read(user, &now))
		daemon_check_epoch(daemon, &now);
	/* There may have been no reading since the timescale was changed. */
	(void)steering_read(daemon->steering);
	steering_get_status(daemon->steering, &last);
	if (daemon_open_module(daemon))
		return;
	/* Keep the old timescale until the module's is open. */
	daemon->timescale = NULL;
	if (daemon_open_over_module(daemon)) {
		daemon->timescale = user;
		return;
	}
	user->ops->close(user);
	log_notice("The kernel module is there; steering through it from now on");
	daemon_configure_module(daemon);
	daemon_carry_over(daemon, &last);
	daemon_compare_with_raw(daemon, &change);
	daemon_use_timescale(daemon, &change);
}

static bool daemon_finds_module(void)
{
	struct module_link *probe;

	if (module_link_open(&probe))
		return false;
	module_link_close(probe);
	return true;
}

/* A module that was unloaded and loaded again cannot be reached by the old link. */
static bool daemon_is_cut_off(struct daemon *daemon)
{
	struct timescale_now now;

	return timescale_read(daemon->timescale, &now) == -ENOENT;
}

void daemon_module_changed(struct daemon *daemon)
{
	bool found = daemon_finds_module();

	if (daemon->link && (!found || daemon_is_cut_off(daemon)))
		daemon_lose_module(daemon);
	if (!daemon->link && found && !daemon->stop)
		daemon_gain_module(daemon);
}

void daemon_module_failed(struct daemon *daemon, int err)
{
	if (daemon->link && err == -ENOENT)
		daemon_module_changed(daemon);
}
