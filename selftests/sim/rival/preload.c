// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded, it runs a daemon that disciplines the system clock by a PTP hardware clock, by pulses
 * that it numbers, or by NTP servers (network.c), in simulated time: clock_gettime(2), adjtimex(2),
 * poll(2), select(2) and the devices' ioctls are answered here. The counter is 50 ppm fast and its
 * rate wanders, either device is UTC with normal noise, and now and then a pulse is a spike. At the
 * end the RMS and the worst error of the system clock go to stdout, the RMS errors of time and
 * frequency in spans of the run, and the bounds that programs were given (bounds.h).
 *
 * RIVAL_JITTER_NS, RIVAL_WANDER, RIVAL_DAILY and RIVAL_STEP (of the counter's rate, a sine of a day
 * and once), RIVAL_PAUSE_S (the machine stands still for so long, once, and nothing tells it),
 * RIVAL_SPIKES (a share of the pulses), RIVAL_SEED, RIVAL_SETTLE_S and RIVAL_DURATION_S say what is
 * simulated.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pps.h>
#include <linux/ptp_clock.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "selftests/sim/random.h"
#include "selftests/sim/rival/bounds.h"
#include "selftests/sim/rival/network.h"
#include "selftests/sim/rival/tracking.h"

#define FREQUENCY	50e-6
#define OFFSET_NS	10e6

/* What one reading of a clock takes, and one of the device. */
#define READING_NS	20.0
#define DEVICE_NS	200.0

/* Who waits for ever waits so long at a time. */
#define FOREVER_NS	1e9

#define DEVICE		"/dev/ptp_simulated"
#define DEVICE_MAX	25
#define PULSES		"/dev/pps_simulated"

/* A spike comes at any time of the second after it. */
#define SPIKE_NS	1e9
#define TICK_US		10000

#define DAY_S		86400.0

/* The rate's step comes then. */
#define STEP_S		2000

/* The machine stands still from then on. */
#define PAUSE_FROM_S	7000

/* The spans end at these seconds; what is before the first is not looked at. */
#define SPANS		5
static const double span_ends_s[SPANS + 1] = { 10, 60, 600, 3600, 8000, INFINITY };

/* Where the kernel's bound ends, and by how much it grows in a second. */
#define MAXERROR_US		16000000
#define MAXERROR_GROWTH_US	500

/* Times are ns since the start. */
static struct {
	bool started;
	double true_ns;
	double raw_ns;
	double frequency;
	double realtime_ns;
	double freq_scaled;	/* as the kernel has it: ppm * 2^16 */
	long tick_us;
	int status;
	long maxerror_us;
	int device;
	int pulses;
	struct pps_kinfo edge;
	double jitter_ns;
	double spikes;
	double wander;
	double daily;
	double step;
	double pause_s;
	double settle_s;
	double duration_s;
	double square;
	double worst_ns;
	double seconds;
	double before_ns;	/* the error at the second before */
	struct span {
		double seconds;
		double time_square;
		double rate_square;
	} span[SPANS];
	struct random counter;
	struct random noise;
	struct random edges;
} sim = { .device = -1, .pulses = -1 };

double rival_parameter(const char *name, double otherwise)
{
	const char *text = getenv(name);

	return text ? atof(text) : otherwise;
}

double rival_true_ns(void)
{
	return sim.true_ns;
}

double rival_error_ns(void)
{
	return sim.realtime_ns - sim.true_ns;
}

static void start(void)
{
	uint64_t seed;

	if (sim.started)
		return;
	sim.started = true;
	sim.frequency = FREQUENCY;
	sim.realtime_ns = OFFSET_NS;
	sim.tick_us = TICK_US;
	sim.status = STA_UNSYNC;
	sim.maxerror_us = MAXERROR_US;
	sim.jitter_ns = rival_parameter("RIVAL_JITTER_NS", 1000);
	sim.wander = rival_parameter("RIVAL_WANDER", 1e-9);
	sim.spikes = rival_parameter("RIVAL_SPIKES", 0);
	sim.daily = rival_parameter("RIVAL_DAILY", 0);
	sim.step = rival_parameter("RIVAL_STEP", 0);
	sim.pause_s = rival_parameter("RIVAL_PAUSE_S", 0);
	sim.settle_s = rival_parameter("RIVAL_SETTLE_S", 2000);
	sim.duration_s = rival_parameter("RIVAL_DURATION_S", 22000);
	seed = (uint64_t)rival_parameter("RIVAL_SEED", 1);
	random_seed(&sim.counter, seed, 0);
	random_seed(&sim.noise, seed, 1);
	random_seed(&sim.edges, seed, 2);
	network_start(seed);
	bounds_start(sim.duration_s);
}

static void finish(void)
{
	char text[1024];
	int length, i;

	length = snprintf(text, sizeof(text), "rival rms_ns=%.2f max_ns=%.2f\nspans",
			  sqrt(sim.square / sim.seconds), sim.worst_ns);
	for (i = 0; i < SPANS; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, " %.1f %.2f",
				   sqrt(sim.span[i].time_square / sim.span[i].seconds),
				   1e9 * sqrt(sim.span[i].rate_square / sim.span[i].seconds));
	length += snprintf(text + length, sizeof(text) - (size_t)length, " %u\n",
			   network_requests());
	length += (int)bounds_print(text + length, sizeof(text) - (size_t)length);

	_exit(write(STDOUT_FILENO, text, (size_t)length) != length);
}

static struct timespec to_timespec(double ns)
{
	int64_t whole = START_S * NS_PER_S + (int64_t)floor(ns);

	return (struct timespec){ whole / NS_PER_S, whole % NS_PER_S };
}

static struct timeval to_timeval(double ns)
{
	int64_t us = (int64_t)(ns / NS_PER_US);

	return (struct timeval){ us / 1000000, us % 1000000 };
}

/* The kernel notices a pulse a little early or late; a spike is no pulse. */
static void pulse(void)
{
	double late_ns = sim.jitter_ns * random_normal(&sim.edges);
	struct timespec ts;

	if (sim.spikes > 0 && random_uniform(&sim.edges) < sim.spikes)
		late_ns = SPIKE_NS * (random_uniform(&sim.edges) - 0.5);
	ts = to_timespec(sim.realtime_ns + late_ns);
	sim.edge.assert_sequence++;
	sim.edge.assert_tu = (struct pps_ktime){ .sec = ts.tv_sec, .nsec = (int32_t)ts.tv_nsec };
}

/* By how much the clock ran wrong in the second that has passed: any slew in it is part of that. */
static void note_span(double second, double error_ns)
{
	double rate = (error_ns - sim.before_ns) / NS_PER_S;
	struct span *span;
	int i = 0;

	sim.before_ns = error_ns;
	if (second <= span_ends_s[0])
		return;
	while (second > span_ends_s[i + 1])
		i++;
	span = &sim.span[i];
	span->seconds++;
	span->time_square += error_ns * error_ns;
	span->rate_square += rate * rate;
}

/* As second_overflow() in the kernel's ntp.c. */
static void grow_maxerror(void)
{
	sim.maxerror_us += MAXERROR_GROWTH_US;
	if (sim.maxerror_us <= MAXERROR_US)
		return;
	sim.maxerror_us = MAXERROR_US;
	sim.status |= STA_UNSYNC;
}

static void end_second(void)
{
	double error_ns = rival_error_ns();
	double second = rint(sim.true_ns / NS_PER_S);

	pulse();
	grow_maxerror();
	note_span(second, error_ns);
	bounds_note(BOUND_KERNEL, sim.status & STA_UNSYNC ? NO_BOUND_NS :
				  (double)sim.maxerror_us * NS_PER_US);
	bounds_note(BOUND_CLOCKBOUND, tracking_clockbound_ns());
	sim.frequency += sim.wander * random_normal(&sim.counter);
	sim.frequency += 2 * M_PI / DAY_S * sim.daily * cos(2 * M_PI / DAY_S * second);
	if (second == STEP_S)
		sim.frequency += sim.step;
	if (second == PAUSE_FROM_S)
		sim.true_ns += sim.pause_s * NS_PER_S;
	if (second > sim.settle_s) {
		sim.seconds++;
		sim.square += error_ns * error_ns;
		sim.worst_ns = fmax(sim.worst_ns, fabs(error_ns));
	}
	if (second >= sim.duration_s)
		finish();
}

static double realtime_rate(void)
{
	return (double)(sim.tick_us - TICK_US) / TICK_US + sim.freq_scaled / 65536e6;
}

static void advance(double ns)
{
	start();
	while (ns > 0) {
		double end_ns = NS_PER_S * (floor(sim.true_ns / NS_PER_S) + 1);
		double step_ns = fmin(ns, end_ns - sim.true_ns);
		double raw_ns = step_ns * (1 + sim.frequency);

		ns -= step_ns;
		sim.raw_ns += raw_ns;
		sim.realtime_ns += raw_ns * (1 + realtime_rate());
		if (step_ns < end_ns - sim.true_ns) {
			sim.true_ns += step_ns;
			continue;
		}
		sim.true_ns = end_ns;
		end_second();
	}
}

static struct ptp_clock_time to_ptp(double ns)
{
	struct timespec ts = to_timespec(ns);

	return (struct ptp_clock_time){ .sec = ts.tv_sec, .nsec = (uint32_t)ts.tv_nsec };
}

/* --- clocks --- */

/* There is no BOOTTIME: that is how the daemon knows that its clocks are simulated. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	advance(READING_NS);
	if (id == CLOCK_BOOTTIME) {
		errno = EINVAL;
		return -1;
	}
	*ts = to_timespec(id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ?
			  sim.realtime_ns : sim.raw_ns);
	return 0;
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *seconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (seconds)
		*seconds = ts.tv_sec;
	return ts.tv_sec;
}

/* The kernel forgets what it knew of a clock that is set. */
static void clear_ntp(void)
{
	sim.maxerror_us = MAXERROR_US;
	sim.status |= STA_UNSYNC;
}

int clock_settime(clockid_t id, const struct timespec *ts)
{
	(void)id;
	start();
	clear_ntp();
	sim.realtime_ns = (double)((ts->tv_sec - START_S) * NS_PER_S + ts->tv_nsec);
	return 0;
}

int settimeofday(const struct timeval *tv, const struct timezone *zone)
{
	struct timespec ts = { tv->tv_sec, tv->tv_usec * 1000 };

	(void)zone;
	return clock_settime(CLOCK_REALTIME, &ts);
}

static void adjust(const struct timex *tx)
{
	if (tx->modes & ADJ_FREQUENCY)
		sim.freq_scaled = fmin(fmax((double)tx->freq, -500 * 65536.0), 500 * 65536.0);
	if (tx->modes & ADJ_TICK)
		sim.tick_us = tx->tick;
	if (tx->modes & ADJ_STATUS)
		sim.status = tx->status;
	if (tx->modes & ADJ_MAXERROR)
		sim.maxerror_us = tx->maxerror;
	if (!(tx->modes & ADJ_SETOFFSET))
		return;
	/* It is how chronyd knows that the mode is supported. */
	clear_ntp();
	sim.realtime_ns += (double)tx->time.tv_sec * NS_PER_S +
			   (double)tx->time.tv_usec * (tx->modes & ADJ_NANO ? 1 : 1000);
}

int adjtimex(struct timex *tx)
{
	struct timespec ts;

	start();
	if ((tx->modes & ADJ_OFFSET_SINGLESHOT) != ADJ_OFFSET_SINGLESHOT)
		adjust(tx);
	ts = to_timespec(sim.realtime_ns);
	*tx = (struct timex){
		.modes = tx->modes,
		.freq = (long)sim.freq_scaled,
		.tick = sim.tick_us,
		.status = sim.status,
		.maxerror = sim.maxerror_us,
		.constant = 2,
		.precision = 1,
		.tolerance = 500L * 65536,
		.time = { ts.tv_sec, ts.tv_nsec / 1000 },
	};
	return sim.status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int ntp_adjtime(struct timex *tx)
{
	return adjtimex(tx);
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	(void)id;
	return adjtimex(tx);
}

/* --- waiting: nobody says anything but servers that were asked --- */

/* Until a packet comes for one of these sockets, or the time is over. */
static void wait_for(double wait_ns, double packet_ns)
{
	advance(fmax(fmin(wait_ns, packet_ns - sim.true_ns), READING_NS));
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	double packet_ns = INFINITY;
	int ready = 0;
	nfds_t i;

	start();
	for (i = 0; i < count; i++)
		if (fds[i].events & POLLIN)
			packet_ns = fmin(packet_ns, network_arrival_ns(fds[i].fd));
	wait_for(timeout_ms < 0 ? FOREVER_NS : timeout_ms * 1e6, packet_ns);
	for (i = 0; i < count; i++) {
		bool comes = network_arrival_ns(fds[i].fd) <= sim.true_ns;

		fds[i].revents = comes ? fds[i].events & POLLIN : 0;
		ready += !!fds[i].revents;
	}
	return ready;
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t size)
{
	(void)size;
	return poll(fds, count, timeout_ms);
}

int select(int count, fd_set *readable, fd_set *writable, fd_set *special,
	   struct timeval *timeout)
{
	double wait_ns = FOREVER_NS, packet_ns = INFINITY, from_ns;
	int ready = 0, fd;

	start();
	for (fd = 0; readable && fd < count; fd++)
		if (FD_ISSET(fd, readable))
			packet_ns = fmin(packet_ns, network_arrival_ns(fd));
	if (timeout)
		wait_ns = (double)timeout->tv_sec * NS_PER_S + (double)timeout->tv_usec * 1000;
	from_ns = sim.true_ns;
	wait_for(wait_ns, packet_ns);
	/* Linux says what is left; by that chronyd knows how long it has waited. */
	if (timeout)
		*timeout = to_timeval(fmax(from_ns + wait_ns - sim.true_ns, 0));
	for (fd = 0; readable && fd < count; fd++) {
		if (!FD_ISSET(fd, readable))
			continue;
		if (network_arrival_ns(fd) <= sim.true_ns)
			ready++;
		else
			FD_CLR(fd, readable);
	}
	if (writable)
		FD_ZERO(writable);
	if (special)
		FD_ZERO(special);
	return ready;
}

/* --- the device --- */

/* What is opened in their place. */
#define STAND_IN	"/dev/null"

static int open_file(const char *path, int flags, mode_t mode)
{
	bool device = !strcmp(path, DEVICE), pulses = !strcmp(path, PULSES);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, device || pulses ? STAND_IN : path, flags,
			      mode);

	if (device)
		sim.device = fd;
	if (pulses)
		sim.pulses = fd;
	return fd;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list list;

	if (flags & O_CREAT) {
		va_start(list, flags);
		mode = va_arg(list, mode_t);
		va_end(list);
	}
	return open_file(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open_file(path, flags, 0);
}

/* Whoever has pulses open looks by this whether the device is still there. */
int stat(const char *path, struct stat *status)
{
	return fstatat(AT_FDCWD, strcmp(path, PULSES) ? path : STAND_IN, status, 0);
}

static int read_device(struct ptp_sys_offset_extended *offset)
{
	unsigned int i;

	if (offset->n_samples > DEVICE_MAX) {
		errno = EINVAL;
		return -1;
	}
	start();
	for (i = 0; i < offset->n_samples; i++) {
		offset->ts[i][0] = to_ptp(sim.realtime_ns);
		advance(0.5 * DEVICE_NS);
		offset->ts[i][1] = to_ptp(sim.true_ns +
					  sim.jitter_ns * random_normal(&sim.noise));
		advance(0.5 * DEVICE_NS);
		offset->ts[i][2] = to_ptp(sim.realtime_ns);
	}
	return 0;
}

static int ask_pulses(unsigned long request, void *argument)
{
	struct pps_kparams *parameters = argument;
	struct pps_fdata *data = argument;

	switch (request) {
	case PPS_GETCAP:
		*(int *)argument = PPS_CAPTUREASSERT;
		return 0;
	case PPS_GETPARAMS:
		memset(parameters, 0, sizeof(*parameters));
		parameters->api_version = PPS_API_VERS;
		parameters->mode = PPS_CAPTUREASSERT | PPS_TSFMT_TSPEC;
		return 0;
	case PPS_SETPARAMS:
		return 0;
	case PPS_FETCH:
		data->info = sim.edge;
		return 0;
	default:
		errno = EOPNOTSUPP;
		return -1;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list list;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (fd >= 0 && fd == sim.pulses)
		return ask_pulses(request, argument);
	if (fd < 0 || fd != sim.device)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	if (request == PTP_CLOCK_GETCAPS) {
		memset(argument, 0, sizeof(struct ptp_clock_caps));
		return 0;
	}
	if (request == PTP_SYS_OFFSET_EXTENDED)
		return read_device(argument);
	errno = EOPNOTSUPP;
	return -1;
}
