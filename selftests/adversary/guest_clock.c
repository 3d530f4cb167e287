// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's clocks, and the system calls by which the shipped programs read and set them. The
 * linker's --wrap brings their calls here.
 */
#include "guest.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "guest_calls.h"
#include "user/lib/module_link.h"
#include "world.h"

#define TICK_US		10000
#define SCALED_PPM	(65536.0 * 1e6)

/* NTP_PHASE_LIMIT and MAXFREQ of the kernel. */
#define ERROR_LIMIT_US	16000000LL
#define GROWTH_US_PER_S	500

/* The watch for set clocks, among descriptors that no kernel gave. */
#define CLOCK_WATCH_FD	900
#define MODULE_FD	901

struct guest guest;

static double guest_rate(void)
{
	return (double)(guest.tick - TICK_US) / TICK_US + (double)guest.freq / SCALED_PPM;
}

void guest_begin(void)
{
	guest = (struct guest){
		.raw_ns = 2 * NS_PER_S,
		.mono_ns = 2 * NS_PER_S,
		.tick = TICK_US,
		.status = STA_UNSYNC,
		.maxerror_us = ERROR_LIMIT_US,
		.esterror_us = ERROR_LIMIT_US,
		.leap_day = -1,
	};
	guest.wall_ns = world->now_ns + world->first_offset_ns - guest.mono_ns;
}

/* The kernel's second_overflow(), at midnight by its own clock. */
static void guest_leap(void)
{
	int64_t day = guest_realtime_ns() / (S_PER_DAY * NS_PER_S);
	bool insert = guest.status & STA_INS;

	if (guest.leap_day < 0 || !(guest.status & (STA_INS | STA_DEL)))
		guest.leap_day = day;
	if (day == guest.leap_day)
		return;
	guest.wall_ns += insert ? -NS_PER_S : NS_PER_S;
	guest.tai_s += insert ? 1 : -1;
	guest.status &= ~(STA_INS | STA_DEL);
	guest.leap_day = insert ? day - 1 : day;
	guest.was_set = true;
	world_log("the kernel lets a leap second pass");
}

void guest_advance(int64_t ns)
{
	double raw = (double)ns * world->crystal + guest.raw_rest;
	int64_t whole = (int64_t)floor(raw);
	int64_t passed_ns = ns + whole;
	double mono = (double)passed_ns * guest_rate() + guest.mono_rest;

	guest.raw_rest = raw - (double)whole;
	guest.raw_ns += passed_ns;
	whole = (int64_t)floor(mono);
	guest.mono_rest = mono - (double)whole;
	guest.mono_ns += passed_ns + whole;
	guest_leap();
}

int64_t guest_utc_of_raw(int64_t raw_ns)
{
	int64_t left_ns = raw_ns - guest.raw_ns;

	if (raw_ns == INT64_MAX)
		return INT64_MAX;
	if (left_ns <= 0)
		return world->now_ns;
	return world->now_ns + left_ns - (int64_t)((double)left_ns * world->crystal) + 1;
}

int64_t guest_realtime_ns(void)
{
	return guest.mono_ns + guest.wall_ns;
}

int64_t guest_error_ns(void)
{
	return guest_realtime_ns() - world->now_ns;
}

static long guest_maxerror_us(void)
{
	int64_t since_s = (guest.raw_ns - guest.maxerror_raw_ns) / NS_PER_S;
	int64_t us = guest.maxerror_us + since_s * GROWTH_US_PER_S;

	return us > ERROR_LIMIT_US ? ERROR_LIMIT_US : us;
}

bool guest_synchronised(void)
{
	return !(guest.status & STA_UNSYNC) && guest_maxerror_us() < ERROR_LIMIT_US;
}

/* The kernel lets it grow at whole seconds; the seconds in between are not the daemon's fault. */
int64_t guest_maxerror_ns(void)
{
	int64_t rest_ns = (guest.raw_ns - guest.maxerror_raw_ns) % NS_PER_S;

	return guest_maxerror_us() * NS_PER_US + rest_ns * GROWTH_US_PER_S / 1000000;
}

/* timekeeping_update() with TK_CLEAR_NTP: ntp_clear(). */
static void guest_clear_ntp(void)
{
	guest.status |= STA_UNSYNC;
	guest.status &= ~(STA_INS | STA_DEL);
	guest.maxerror_us = ERROR_LIMIT_US;
	guest.esterror_us = ERROR_LIMIT_US;
	guest.leap_day = -1;
	guest.was_set = true;
	guest.sets++;
}

static void guest_step(int64_t offset_ns, const char *who)
{
	int64_t before_ns = guest_error_ns();

	guest.wall_ns += offset_ns;
	guest_clear_ntp();
	judge_step(before_ns, guest_error_ns(), who);
}

void guest_set_realtime(int64_t realtime_ns)
{
	guest_step(realtime_ns - guest_realtime_ns(), "module");
}

void guest_set_by_other(int64_t by_ns)
{
	guest.wall_ns += by_ns;
	guest_clear_ntp();
	judge_set_by_other();
}

void guest_resume(int64_t slept_ns)
{
	guest.slept_ns += slept_ns;
	guest.wall_ns += slept_ns;
	guest_clear_ntp();
}

static int64_t guest_read(clockid_t id)
{
	switch (id) {
	case CLOCK_MONOTONIC_RAW:
		return guest.raw_ns;
	case CLOCK_REALTIME:
		return guest_realtime_ns();
	case CLOCK_BOOTTIME:
		return guest.mono_ns + guest.slept_ns;
	default:
		return guest.mono_ns;
	}
}

/* --- the system calls --- */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns = guest_read(id);

	ts->tv_sec = ns / NS_PER_S;
	ts->tv_nsec = ns % NS_PER_S;
	if (ts->tv_nsec < 0) {
		ts->tv_sec--;
		ts->tv_nsec += NS_PER_S;
	}
	return 0;
}

static void guest_adjust(const struct timex *tx)
{
	if (tx->modes & ADJ_SETOFFSET)
		guest_step(tx->time.tv_sec * NS_PER_S +
			   tx->time.tv_usec * (tx->modes & ADJ_NANO ? 1 : NS_PER_US), "daemon");
	if (tx->modes & ADJ_STATUS)
		guest.status = tx->status;
	if (tx->modes & ADJ_FREQUENCY)
		guest.freq = tx->freq;
	if (tx->modes & ADJ_TICK)
		guest.tick = tx->tick;
	if (tx->modes & ADJ_TAI)
		guest.tai_s = (int)tx->constant;
	if (tx->modes & ADJ_MAXERROR) {
		guest.maxerror_us = tx->maxerror;
		guest.maxerror_raw_ns = guest.raw_ns;
	}
	if (tx->modes & ADJ_ESTERROR)
		guest.esterror_us = tx->esterror;
}

int __wrap_clock_adjtime(clockid_t id, struct timex *tx)
{
	struct timespec now;

	(void)id;
	if ((tx->modes & ADJ_OFFSET_SINGLESHOT) != ADJ_OFFSET_SINGLESHOT)
		guest_adjust(tx);
	__wrap_clock_gettime(CLOCK_REALTIME, &now);
	tx->offset = 0;
	tx->freq = guest.freq;
	tx->tick = guest.tick;
	tx->status = guest.status;
	tx->maxerror = guest_maxerror_us();
	tx->esterror = guest.esterror_us;
	tx->tai = guest.tai_s;
	tx->time.tv_sec = now.tv_sec;
	tx->time.tv_usec = now.tv_nsec / NS_PER_US;
	return guest_synchronised() ? TIME_OK : TIME_ERROR;
}

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned int flags)
{
	uint8_t *at = bytes;
	size_t i;

	(void)flags;
	for (i = 0; i < size; i++)
		at[i] = (uint8_t)(random_uniform(&world->random) * 256.0);
	return (ssize_t)size;
}

int __wrap_timerfd_create(int id, int flags)
{
	(void)id;
	(void)flags;
	return CLOCK_WATCH_FD;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value,
			   struct itimerspec *old)
{
	(void)fd;
	(void)flags;
	(void)value;
	(void)old;
	guest.was_set = false;
	return 0;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	if (fd != CLOCK_WATCH_FD)
		return __real_read(fd, bytes, size);
	errno = guest.was_set ? ECANCELED : EAGAIN;
	guest.was_set = false;
	return -1;
}

int __wrap_close(int fd)
{
	return fd >= CLOCK_WATCH_FD ? 0 : __real_close(fd);
}

int module_link_events_fd(const struct module_link *link)
{
	(void)link;
	return MODULE_FD;
}

static bool is_ready(int fd)
{
	if (fd == CLOCK_WATCH_FD)
		return guest.was_set;
	if (fd == MODULE_FD)
		return module_event_ready();
	return guest_socket_ready(fd);
}

static int mark_ready(struct pollfd *fds, nfds_t count)
{
	int ready = 0;
	nfds_t i;

	for (i = 0; i < count; i++) {
		fds[i].revents = is_ready(fds[i].fd) ? POLLIN : 0;
		ready += !!fds[i].revents;
	}
	return ready;
}

/* A thread that is woken does not run at once. */
static void guest_wake(void)
{
	int64_t late_ns = (int64_t)(30e3 * random_exponential(&world->random)) + 5000;
	int64_t until_ns = world->now_ns + late_ns;

	while (world->now_ns < until_ns)
		world_step(until_ns);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int64_t until_raw_ns = guest.raw_ns + timeout_ms * NS_PER_MS;

	judge_look();
	while (!mark_ready(fds, count) && guest.raw_ns < until_raw_ns && !guest.is_told)
		world_step(guest_utc_of_raw(until_raw_ns));
	guest.is_told = false;
	guest_wake();
	if (world->now_ns < world->end_ns)
		return mark_ready(fds, count);
	world->finished = true;
	fflush(stdout);
	_exit(0);
}
