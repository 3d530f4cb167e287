// SPDX-License-Identifier: GPL-2.0-only
/*
 * The announcement of a leap second, by the configured list or by the time sources. Its execution
 * is up to steering.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/time_units.h"

/*
 * An inserted second repeats the last one of the day: whether TAI - UTC is the old one or the new
 * one there, the kernel knows, and the date does not show. The clock may be read a little sooner.
 */
#define REPEATED_NS	(2 * NS_PER_S)

/* How often a list is read. */
#define LEAP_LIST_NS	(3600 * NS_PER_S)

/* The configured file. "": none. */
static bool leap_path(const struct config *config, char path[LEAP_PATH_MAX])
{
	bool zone = !*config->leap_file;
	const char *name = zone ? config->leap_zone : config->leap_file;

	snprintf(path, LEAP_PATH_MAX, "%s%s", *name && zone && *name != '/' ? LEAP_ZONE_FOLDER : "",
		 name);
	return zone;
}

/* Once: it is read again every hour, and a small image may never have the file. */
static void warn_of_failure(struct daemon *daemon, int err, int bad_line)
{
	char why[LEAP_WHY_MAX];

	leap_list_why(err, bad_line, why, sizeof(why));
	if (!strcmp(why, daemon->leap.failure))
		return;
	memcpy(daemon->leap.failure, why, sizeof(why));
	log_warning("No leap seconds could be read from %s: %s; %s", daemon->leap.path, why,
		    daemon->leap.list.count ? "the list that was read before stays in force" :
		    "only those that time sources announce are used");
}

/* A file that cannot be read now, or is being written, leaves the list that it had before. */
void daemon_read_leap_list(struct daemon *daemon, int64_t now_ns)
{
	char path[LEAP_PATH_MAX];
	bool zone = leap_path(daemon->config, path);
	int err, bad_line;

	if (strcmp(path, daemon->leap.path) != 0) {
		daemon->leap.list.count = 0;
		*daemon->leap.failure = '\0';
	}
	memcpy(daemon->leap.path, path, strlen(path) + 1);
	daemon->due_ns[DUE_LEAP_LIST] = INT64_MAX;
	if (!*path)
		return;
	daemon->due_ns[DUE_LEAP_LIST] = chime_add_sat(now_ns, LEAP_LIST_NS);
	err = leap_list_load(path, zone, &daemon->leap.list, &bad_line);
	if (err)
		warn_of_failure(daemon, err, bad_line);
	else
		*daemon->leap.failure = '\0';
}

/* Once for each list: it is read again every hour, and packages install new ones. */
static void warn_of_expiry(struct daemon *daemon, int64_t utc_ns)
{
	const struct leap_list *list = &daemon->leap.list;
	char date[32];
	time_t expires_s = list->expires_s;
	struct tm tm;

	if (!leap_list_has_expired(list, utc_ns) ||
	    daemon->leap.expiry_logged_s == list->expires_s || !gmtime_r(&expires_s, &tm))
		return;
	daemon->leap.expiry_logged_s = list->expires_s;
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	log_warning("The list of leap seconds %s expired on %s: it may lack the latest one, and TAI may be wrong by a second. Time sources are asked instead. A new list comes with the package tzdata",
		    daemon->leap.path, date);
}

/*
 * Before the first answer of a source. What the kernel was armed for, whoever has done that, stays
 * in force; a list that is valid knows better.
 */
void daemon_resume_leap(struct daemon *daemon)
{
	int kind = system_clock_left_armed(daemon->clock);

	daemon_read_leap_list(daemon, system_clock_raw_ns());
	if (kind)
		kind = leap_list_decide(&daemon->leap.list, daemon->known.time_ns, kind);
	steering_resume_leap(daemon->steering, kind);
}

/*
 * Sources that are lost have not withdrawn their announcement. A list also has TAI - UTC, once the
 * date is known.
 */
void daemon_announce_leap(struct daemon *daemon)
{
	struct steering_status status;
	int64_t later_ns;
	int tai_s;

	if (!daemon->update.result.synchronised)
		return;
	steering_get_status(daemon->steering, &status);
	warn_of_expiry(daemon, status.now.time_ns);
	steering_announce_leap(daemon->steering,
			       leap_list_decide(&daemon->leap.list, status.now.time_ns,
						daemon->update.result.leap));
	tai_s = leap_list_tai(&daemon->leap.list, status.now.time_ns);
	later_ns = chime_add_sat(status.now.time_ns, REPEATED_NS);
	if (tai_s && status.synchronised && !status.leap &&
	    leap_list_tai(&daemon->leap.list, later_ns) == tai_s)
		(void)system_clock_set_tai(daemon->clock, tai_s);
}
