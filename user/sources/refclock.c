// SPDX-License-Identifier: GPL-2.0-only
/*
 * A target that is a reference clock: its device is opened, read or waited for, and opened again
 * when it went away; the readings between two polls become a sample. What a reading is worth is
 * refclock_place.c's, how it is taken the drivers'.
 */
#include "sources/refclock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "lib/log.h"
#include "lib/time_units.h"
#include "sources/target.h"

/* Why a sample of sane readings is not taken. */
#define BEYOND_ESTIMATE \
	"its date is too far off, or its error, by 'delay' and 'precision', 16 s or more"

/* Failures in a row after which a clock that is read is opened anew. */
#define FAILURES_REOPEN	3

/* Polls in a row without a reading after which that is said. */
#define POLLS_SILENT	8

static const struct refclock_driver *driver_of(enum config_kind kind)
{
	switch (kind) {
	case CONFIG_PHC:
		return &refclock_phc_driver;
	case CONFIG_SHM:
		return &refclock_shm_driver;
	case CONFIG_SOCK:
		return &refclock_sock_driver;
	case CONFIG_PPS:
		return &refclock_pps_driver;
	case CONFIG_SERVER:
	case CONFIG_POOL:
		break;
	}

	return NULL;
}

struct refclock *refclock_new(const struct config_source *config)
{
	struct refclock *refclock = calloc(1, sizeof(*refclock));

	if (!refclock)
		return NULL;
	refclock->driver = driver_of(config->kind);
	refclock->rejected = "";
	refclock_filter_init(&refclock->filter, config->filter);

	return refclock;
}

/* Its readings come neither by themselves, nor when it is polled. */
static bool is_read(const struct refclock *refclock)
{
	return !refclock->driver->measure && !refclock->driver->fd;
}

static int64_t read_interval_ns(const struct target *target)
{
	return llrint(ldexp(NS_PER_S_REAL, target->config.driver_poll));
}

void target_refclock_open(struct target *target, int64_t now_raw_ns)
{
	struct refclock *refclock = target->refclock;
	const char *problem = "";
	int err;

	if (!refclock || refclock->is_open || now_raw_ns < target->look_up_ns)
		return;
	target->look_up_ns = INT64_MAX;
	err = refclock->driver->open(&refclock->device, &target->config, &problem);
	if (err < 0) {
		target_failed(target, err, problem, now_raw_ns);
		return;
	}
	refclock->is_open = true;
	refclock->read_ns = now_raw_ns;
	refclock->rejected = "";
	refclock->refused = 0;
	target->list->changed = true;
}

static void close_device(struct target *target)
{
	struct refclock *refclock = target->refclock;

	if (!refclock->is_open)
		return;
	refclock->driver->close(&refclock->device);
	refclock->is_open = false;
	if (refclock->refused > 1)
		log_notice("%s: %llu readings were refused in all", target->config.options.name,
			   (unsigned long long)refclock->refused);
}

void target_refclock_free(struct target *target)
{
	if (target->refclock)
		close_device(target);
	free(target->refclock);
}

static int64_t poll_interval_ns(const struct target *target)
{
	return llrint(ldexp(NS_PER_S_REAL, target->config.options.maxpoll));
}

/* The device does not work any more, or not yet: try again later. */
static void give_up(struct target *target, int err, const char *problem, int64_t now_raw_ns)
{
	target->associations[0]->client.failures = 0;
	close_device(target);
	target->refclock->missed_ns = chime_add_sat(now_raw_ns, poll_interval_ns(target));
	target_failed(target, err, problem, now_raw_ns);
}

void target_refclock_forget(struct target *target)
{
	if (target->refclock)
		refclock_filter_drop(&target->refclock->filter);
}

/* The first one is said, as whoever sends nonsense may do so all the time. */
static void count_refusal(struct target *target, const char *why)
{
	struct refclock *refclock = target->refclock;

	refclock->rejected = why;
	if (!refclock->refused++)
		log_warning("%s: a reading is refused: %s; more of them are only counted",
			    target->config.options.name, why);
}

static void take_readings(struct target *target, const struct refclock_reading *readings,
			  size_t count)
{
	struct timescale_now now;

	/* Read now, so that none of them is later. */
	if (!count || timescale_read(target->list->timescale, &now) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *why = "";

		if (target_refclock_place(target, &readings[i], &now, &why) == -EBADMSG)
			count_refusal(target, why);
		else
			target->refclock->rejected = why;
	}
}

void target_refclock_read(struct target *target, int64_t now_raw_ns)
{
	struct refclock *refclock = target->refclock;
	struct refclock_reading readings[REFCLOCK_TAKEN_MAX];
	size_t most = refclock->driver->fd ? REFCLOCK_TAKEN_MAX : 1;
	size_t count = 0, reads = 0;
	int err = 0;

	while (reads++ < most) {
		const char *problem = "";

		err = refclock->driver->read(&refclock->device, &readings[count], &problem);
		if (!err)
			count++;
		else if (err == -EBADMSG)
			count_refusal(target, problem);
		else
			break;
	}
	take_readings(target, readings, count);
	if (!refclock->driver->fd)
		refclock->number++;
	refclock->read_ns = chime_add_sat(now_raw_ns, read_interval_ns(target));
	if (err < 0 && err != -EAGAIN && err != -EBADMSG)
		give_up(target, err, strerror(-err), now_raw_ns);
}

/*
 * The driver compares the clock with the reference. How far CLOCK_REALTIME is from that can be read
 * afterwards: it changes little in so short a time.
 */
static void note_measured(struct target *target, const struct source_sample *sample,
			  int64_t offset_ns)
{
	struct timescale_now now;

	if (timescale_now(target->list->timescale, &now) < 0)
		return;
	target_refclock_note(target, sample, target->config.pps,
			     chime_add_sat(chime_sub_sat(now.reference_ns, now.realtime_ns),
					   offset_ns));
}

/* A clock that is read has its own way to a sample, but for pulses and TAI. */
static int measure(struct target *target, struct source_sample *sample)
{
	struct refclock *refclock = target->refclock;
	struct refclock_point point;
	int64_t offset_ns;
	int err;

	err = refclock->driver->measure(&refclock->device, target->list->timescale,
					&target->config, sample);
	if (err < 0)
		return err;
	point = (struct refclock_point) { sample->at_ns, sample->offset_ns };
	if (!target->config.pps &&
	    !refclock_time_is_sane(target_refclock_date_ns(target, &point))) {
		count_refusal(target, REFCLOCK_TIME_INSANE);
		return -EDOM;
	}
	err = target_refclock_date(target, target->config.pps, &point, &refclock->rejected);
	if (err < 0)
		return err;
	/* Pulses show no time, and each of them is later by itself. */
	if (!target->config.pps && refclock_filter_is_still(&refclock->filter, &point)) {
		count_refusal(target, REFCLOCK_STANDS_STILL);
		return -EDOM;
	}
	(void)refclock_filter_add(&refclock->filter, &point);
	/* As the clock shows it, but for the second of one that has no date. */
	offset_ns = target->config.pps ? point.offset_ns : sample->offset_ns;
	sample->offset_ns = point.offset_ns;
	sample->leap = refclock->leap;
	sample->numbered = refclock->numbered;
	note_measured(target, sample, offset_ns);

	return 0;
}

static int collect(struct target *target, struct source_sample *sample)
{
	const struct config_source *config = &target->config;
	struct refclock *refclock = target->refclock;
	struct refclock_point mean;
	double noise_ns;
	int err;

	err = refclock_filter_take(&refclock->filter, &mean, &noise_ns);
	if (err == -EDOM)
		refclock->rejected = "its readings scatter far more than they did";
	if (err < 0)
		return -ETIMEDOUT;
	noise_ns += target_refclock_reading_noise_ns(target);
	*sample = (struct source_sample) {
		.at_ns = mean.at_ns,
		.offset_ns = mean.offset_ns,
		.noise_ns = llrint(ceil(fmin(noise_ns, 1e18))),
		.root_delay_ns = config->delay_ns,
		.refid = config->refid,
		.epoch = refclock->epoch,
		.followed_ns = refclock->followed_ns,
		.stratum = (uint8_t)config->stratum,
		.leap = refclock->leap,
		.numbered = refclock->numbered,
	};
	/* Nothing bounds the error of a program's timestamps but how they scatter. */
	sample->root_dispersion_ns = sample->noise_ns;

	return 0;
}

const char *target_refclock_problem(const struct target *target)
{
	const struct refclock *refclock = target->refclock;

	if (!target->associations[0]->client.failures)
		return "";
	if (*refclock->rejected || refclock->driver->measure)
		return refclock->rejected;

	return refclock->filter.count ? "its readings are no sample yet" : "no reading comes";
}

static void take_failure(struct target *target, int err, int64_t now_raw_ns)
{
	struct association *association = target->associations[0];
	struct refclock *refclock = target->refclock;

	source_failed(association->source, now_raw_ns, err);
	/* Our own clocks were disrupted; the device is not at fault. */
	if (err == -ESTALE)
		return;
	association->client.failures++;
	if (refclock->driver->measure) {
		/* Nor does it help if nothing shows which second it is, or it was never set. */
		if (association->client.failures >= FAILURES_REOPEN && err != -EDOM)
			give_up(target, err, ptp_clock_words(err), now_raw_ns);
		return;
	}
	if (refclock->driver->is_gone && refclock->driver->is_gone(&refclock->device)) {
		give_up(target, -ENODEV, "Somebody has removed it", now_raw_ns);
		return;
	}
	if (association->client.failures < POLLS_SILENT || association->complained)
		return;
	association->complained = true;
	log_warning("%s gives no time: %s; it is still read", target->config.options.name,
		    target_refclock_problem(target));
}

static void take_success(struct target *target)
{
	struct association *association = target->associations[0];
	struct refclock *refclock = target->refclock;

	/* One that can be opened may still fail for ever: only a sample shows that it works. */
	if (association->complained || *target->problem)
		log_notice("%s gives time%s", target->config.options.name,
			   association->complained || refclock->missed_ns ? " again" : "");
	association->complained = false;
	target->problem = "";
	association->client.failures = 0;
	association->client.kernel_timestamps = refclock->driver->is_exact &&
						refclock->driver->is_exact(&refclock->device);
	/* If it goes away, it is looked for at once. */
	target->look_up_wait_ns = 0;
}

static void poll_source(struct target *target, int64_t now_raw_ns)
{
	struct association *association = target->associations[0];
	struct source_sample sample;
	int err;

	source_polled(association->source, now_raw_ns);
	target->refclock->number = 0;
	err = target->refclock->driver->measure ? measure(target, &sample) :
						  collect(target, &sample);
	if (!err) {
		err = source_add(association->source, now_raw_ns, &sample);
		if (err == -EINVAL)
			target->refclock->rejected = BEYOND_ESTIMATE;
	}
	target->list->changed = true;
	if (err < 0)
		take_failure(target, err, now_raw_ns);
	else
		take_success(target);
}

/*
 * A clock that went away has to become unreachable, as one that is silent does: else it had a vote
 * for ever, and the others were never enough. One that never gave time has none.
 */
static bool misses_polls(const struct refclock *refclock)
{
	return !refclock->is_open && refclock->record.count;
}

static void miss_poll(struct target *target, int64_t now_raw_ns)
{
	struct refclock *refclock = target->refclock;

	if (!misses_polls(refclock) || now_raw_ns < refclock->missed_ns)
		return;
	refclock->missed_ns = chime_add_sat(now_raw_ns, poll_interval_ns(target));
	source_polled(target->associations[0]->source, now_raw_ns);
	target->list->changed = true;
}

int64_t target_refclock_next_ns(const struct target *target)
{
	const struct refclock *refclock = target->refclock;
	int64_t next_ns = source_next_poll(target->associations[0]->source);

	if (misses_polls(refclock))
		return chime_min(target->look_up_ns, refclock->missed_ns);
	if (!refclock->is_open)
		return target->look_up_ns;

	return is_read(refclock) ? chime_min(next_ns, refclock->read_ns) : next_ns;
}

int target_refclock_fd(const struct target *target)
{
	const struct refclock *refclock = target->refclock;

	if (!refclock || !refclock->is_open || !refclock->driver->fd)
		return -1;

	return refclock->driver->fd(&refclock->device);
}

void target_refclock_timer(struct target *target, int64_t now_raw_ns)
{
	struct refclock *refclock = target->refclock;
	bool due;

	target_refclock_open(target, now_raw_ns);
	miss_poll(target, now_raw_ns);
	if (!refclock->is_open)
		return;
	due = now_raw_ns >= source_next_poll(target->associations[0]->source);
	if (is_read(refclock) && (due || now_raw_ns >= refclock->read_ns))
		target_refclock_read(target, now_raw_ns);
	if (due && refclock->is_open)
		poll_source(target, now_raw_ns);
}
