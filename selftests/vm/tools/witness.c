// SPDX-License-Identifier: GPL-2.0-only
/*
 * witness: watches a guest's system clock against a PHC that the project has no part in (stock
 * ptp_kvm), and tells when it was wrong, for how long, and what it was told meanwhile. Or another
 * PTP clock in its place, by clock_gettime() on its device.
 *
 * Everything is kept in memory and printed at the end (SIGTERM, or when the time is up): a console
 * line costs an emulated guest 40 ms. A revert rewinds that memory with the guest, which is what is
 * wanted: the log goes on from the reading before the snapshot to the first one after.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clocks.h"

#define EPISODES_MAX	256
#define NS_PER_MS	1000000LL

/* A jump of the system clock against raw by more than this, and by a tenth of the time passed. */
#define STEP_NS		50000

/* How long the PHC may be without an answer. */
#define PATIENCE_MS	1000

/*
 * A program that runs reads again within this, even where an emulated processor leaves the guest
 * for each reading. What a reading takes longer, the program did not run.
 */
#define READING_NS	NS_PER_MS

/* Stalls of the program count that begin so soon after the first wrong reading. */
#define STALL_WINDOW_NS	(200 * NS_PER_MS)

/* Points of a series are this far apart, unless right turns wrong or wrong turns right. */
#define SERIES_NS	(100 * NS_PER_MS)

/* An episode of wrong readings. */
struct episode {
	int64_t before_raw_ns;		/* the last right reading */
	int64_t wrong_raw_ns;		/* the first wrong one's end */
	int64_t right_raw_ns;		/* the first right one again, 0: never */
	int64_t offset_ns;		/* of the first wrong one */
	int64_t residual_ns;		/* of the first right one */
	int64_t ran_ns;			/* how long a program ran that could read a wrong time */
	int64_t stalled_ns;		/* how long none ran, see STALL_WINDOW_NS */
	int64_t lie_ns;			/* from readings beyond a published bound to honest ones */
	int64_t lie_ran_ns;		/* and how long a program ran in that */
};

/* A step of the system clock, as the first reading after it found it. */
struct step {
	int64_t before_raw_ns;		/* the last reading before it */
	int64_t raw_ns;
	int64_t phc_ns;
	int64_t size_ns;
};

struct statistics {
	double n, sum, squares, most, x, xx, xy;
};

static struct episode episodes[EPISODES_MAX];
static struct step steps[EPISODES_MAX];
static struct statistics good;
static unsigned int episode_count, step_count;
static uint64_t readings;
static int64_t wrong_ns = NS_PER_MS;
static struct clocks_reading first, last;
static FILE *series;
/* Standard output has no report, and says from when on it watches. */
static bool says_when;
static atomic_bool stopped;

/* What is watched, and how often that could not be read. */
static clockid_t watched = CLOCK_REALTIME;
static unsigned int unreadable;

static void stop(int signal)
{
	(void)signal;
	stopped = true;
}

static void add_statistics(const struct clocks_reading *r)
{
	double x = (r->raw_ns - first.raw_ns) / 1e9, y = r->offset_ns;

	good.n++;
	good.sum += y;
	good.squares += y * y;
	good.most = fmax(good.most, fabs(y));
	good.x += x;
	good.xx += x * x;
	good.xy += x * y;
}

/* What no pause in the reading explains, nor a slew where the kernel has not @told of a step. */
static void note_step(const struct clocks_reading *r, bool told)
{
	int64_t passed = r->raw_ns - last.raw_ns;
	int64_t jump = r->realtime_ns - last.realtime_ns - passed;
	int64_t slewed = told ? 0 : passed / 10;

	if (llabs(jump) <= STEP_NS + slewed + r->window_ns + last.window_ns)
		return;
	if (step_count < EPISODES_MAX)
		steps[step_count] = (struct step){
			.before_raw_ns = last.raw_ns,
			.raw_ns = r->raw_ns,
			.phc_ns = r->phc_ns,
			.size_ns = jump,
		};
	step_count++;
}

/* The kernel calls the clock synchronised, and it is further off than it says. */
static bool is_lie(const struct clocks_reading *r)
{
	int64_t maxerror_ns;

	return clocks_synchronised(&maxerror_ns) && llabs(r->offset_ns) > maxerror_ns;
}

static void begin_episode(const struct clocks_reading *r, struct episode *e)
{
	*e = (struct episode){
		.before_raw_ns = last.raw_ns,
		/* When it ended: in a stop a counter may run on. */
		.wrong_raw_ns = r->raw_ns + r->window_ns / 2,
		.offset_ns = r->offset_ns,
	};
}

/* The clock may have been wrong since the last reading, whichever of the two was. */
static void count_time(struct episode *e, const struct clocks_reading *r, bool was_wrong,
		       bool was_lie, bool is_wrong)
{
	int64_t passed_ns = r->raw_ns - last.raw_ns;
	int64_t ran_ns = passed_ns < READING_NS ? passed_ns : READING_NS;

	if (was_wrong || is_wrong)
		e->ran_ns += ran_ns;
	if (was_lie) {
		e->lie_ns += passed_ns;
		e->lie_ran_ns += ran_ns;
	}
	if (last.raw_ns >= e->wrong_raw_ns && last.raw_ns < e->wrong_raw_ns + STALL_WINDOW_NS)
		e->stalled_ns += passed_ns - ran_ns;
}

static void add_to_series(const struct clocks_reading *r, bool turned)
{
	static int64_t written_raw_ns;

	if (!series || (!turned && r->raw_ns < written_raw_ns + SERIES_NS))
		return;
	fprintf(series, "%.6f %.9f\n", r->phc_ns / 1e9, r->offset_ns / 1e9);
	written_raw_ns = r->raw_ns;
}

/* Who has started this knows from then on that nothing passes unseen. */
static void say_that_it_watches(void)
{
	puts("watching");
	fflush(stdout);
}

static void note(const struct clocks_reading *r, bool told)
{
	static bool wrong, lie;
	bool is_wrong = llabs(r->offset_ns) > wrong_ns + r->window_ns / 2;
	bool begins = is_wrong && !wrong;

	if (!readings++) {
		first = *r;
		last = *r;
		if (says_when)
			say_that_it_watches();
	}
	note_step(r, told);
	if (begins)
		episode_count++;
	if (episode_count && episode_count <= EPISODES_MAX) {
		struct episode *e = &episodes[episode_count - 1];

		if (begins)
			begin_episode(r, e);
		if (wrong && !is_wrong) {
			e->right_raw_ns = r->raw_ns;
			e->residual_ns = r->offset_ns;
		}
		count_time(e, r, wrong, lie, is_wrong);
	}
	lie = is_wrong && is_lie(r);
	/* A reading that took so long says nothing of the clock. */
	if (!is_wrong && r->window_ns <= wrong_ns)
		add_statistics(r);
	add_to_series(r, is_wrong != wrong);
	wrong = is_wrong;
	last = *r;
}

static void sleep_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * NS_PER_MS };

	if (ms)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Just after a restore a hypervisor may have no answer for a moment. */
static int read_phc(int phc, struct clocks_reading *r)
{
	int err = clocks_read(phc, r);

	for (int i = 0; err && i < PATIENCE_MS && !stopped; i++) {
		sleep_ms(1);
		err = clocks_read(phc, r);
	}
	return err;
}

/* As a program reads a clock device: once, and what fails is not tried again. */
static void read_device(struct clocks_reading *r)
{
	int64_t before = clocks_now(CLOCK_MONOTONIC_RAW);
	struct timespec t = { 0 };

	unreadable += clock_gettime(watched, &t) ? 1 : 0;
	r->realtime_ns = t.tv_sec * NS_PER_S + t.tv_nsec;
	r->window_ns = clocks_now(CLOCK_MONOTONIC_RAW) - before;
	r->raw_ns = before + r->window_ns / 2;
}

/*
 * The device is read between two readings of the PHC. Where the guest is restored between two of
 * these three, one of the PHC's is of before and the other one of after: a device that is right
 * agrees with one of them.
 */
static int read_watched(int phc, struct clocks_reading *r)
{
	struct clocks_reading before, after;
	int err;

	if (watched == CLOCK_REALTIME)
		return read_phc(phc, r);
	err = read_phc(phc, &before);
	if (err)
		return err;
	read_device(r);
	err = read_phc(phc, &after);
	before.phc_ns += r->raw_ns - before.raw_ns;
	after.phc_ns += r->raw_ns - after.raw_ns;
	r->phc_ns = llabs(before.phc_ns - r->realtime_ns) < llabs(after.phc_ns - r->realtime_ns) ?
		before.phc_ns : after.phc_ns;
	r->offset_ns = r->phc_ns - r->realtime_ns;
	r->window_ns += before.window_ns > after.window_ns ? before.window_ns : after.window_ns;
	return err;
}

static int watch(int phc, int64_t period_ms, double seconds)
{
	int64_t end = clocks_now(CLOCK_MONOTONIC_RAW) + (int64_t)(seconds * 1e9);
	struct clocks_reading r;

	do {
		int err = read_watched(phc, &r);

		if (err)
			return err;
		note(&r, false);
		sleep_ms(period_ms);
	} while (!stopped && r.raw_ns < end);
	return 0;
}

/* Sleeps for good; only a step of the system clock wakes it, and is then read at once. */
static int wait_for_steps(int phc)
{
	struct itimerspec never = { .it_value.tv_sec = (time_t)1 << 40 };
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	struct clocks_reading r;
	bool told = false;
	uint64_t expired;
	ssize_t got;
	int err = 0;

	while (!err && !stopped) {
		/* Stepped since the last read: armed all the same, and to be read now. */
		err = timerfd_settime(fd, flags, &never, NULL);
		if (err && errno != ECANCELED)
			return -errno;
		told |= err;
		err = read_watched(phc, &r);
		if (!err)
			note(&r, told);
		got = read(fd, &expired, sizeof(expired));
		told = got < 0 && errno == ECANCELED;
		if (got < 0 && errno != ECANCELED && errno != EINTR)
			err = -errno;
	}
	close(fd);
	return err;
}

static double ms_between(int64_t from, int64_t to)
{
	return to ? (to - from) / 1e6 : -1;
}

/* -1 in place of milliseconds: never. */
static void print_episode(FILE *out, const struct episode *e)
{
	fprintf(out, "episode offset_s=%.6f wrong_raw_s=%.6f seen_ms=%.3f right_ms=%.3f",
		e->offset_ns / 1e9, e->wrong_raw_ns / 1e9,
		ms_between(e->before_raw_ns, e->wrong_raw_ns),
		ms_between(e->wrong_raw_ns, e->right_raw_ns));
	fprintf(out, " ran_ms=%.3f stalled_ms=%.3f residual_ns=%lld lie_ms=%.3f lie_ran_ms=%.3f\n",
		e->ran_ns / 1e6, e->stalled_ns / 1e6, (long long)e->residual_ns, e->lie_ns / 1e6,
		e->lie_ran_ns / 1e6);
}

static void print_step(FILE *out, const struct step *s)
{
	fprintf(out, "step raw_s=%.6f phc_s=%.6f size_s=%+.6f since_ms=%.3f\n", s->raw_ns / 1e9,
		s->phc_ns / 1e9, s->size_ns / 1e9, ms_between(s->before_raw_ns, s->raw_ns));
}

static void print_report(FILE *out)
{
	double n = good.n ? good.n : 1, spread = n * good.xx - good.x * good.x;

	fprintf(out, "summary reads=%llu wrong=%u steps=%u from_raw_s=%.6f to_raw_s=%.6f",
		(unsigned long long)readings, episode_count, step_count,
		first.raw_ns / 1e9, last.raw_ns / 1e9);
	fprintf(out, " rms_ns=%.0f mean_ns=%.0f max_ns=%.0f rate_ppb=%.1f last_ns=%lld",
		sqrt(good.squares / n), good.sum / n, good.most,
		spread > 0 ? (n * good.xy - good.x * good.sum) / spread : 0,
		(long long)last.offset_ns);
	fprintf(out, " unreadable=%u\n", unreadable);
	for (unsigned int i = 0; i < episode_count && i < EPISODES_MAX; i++)
		print_episode(out, &episodes[i]);
	for (unsigned int i = 0; i < step_count && i < EPISODES_MAX; i++)
		print_step(out, &steps[i]);
}

static int print_usage(void)
{
	fprintf(stderr, "usage: witness [-p PHC] [-d DEVICE] [-w WRONG_NS] [-o REPORT]\n"
		"	[-s SERIES] [-f PRIORITY] VERB\n"
		"  now            one reading\n"
		"  spin SECONDS   read without a pause\n"
		"  sleep SECONDS MS  read every MS milliseconds\n"
		"  wait           sleep, and read when the clock is stepped\n");
	return 2;
}

static int run(int phc, int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "now"))
		return watch(phc, 0, 0);
	if (argc == 2 && !strcmp(argv[0], "spin"))
		return watch(phc, 0, atof(argv[1]));
	if (argc == 3 && !strcmp(argv[0], "sleep"))
		return watch(phc, atoi(argv[2]), atof(argv[1]));
	if (argc == 1 && !strcmp(argv[0], "wait"))
		return wait_for_steps(phc);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	const char *phc_name = CLOCKS_STOCK;
	FILE *report = stdout;
	struct sched_param realtime = { };
	int option, phc, err;

	while ((option = getopt(argc, argv, "p:d:w:o:s:f:")) != -1) {
		if (option == 'p')
			phc_name = optarg;
		else if (option == 'd')
			watched = clocks_of_device(optarg);
		else if (option == 'w')
			wrong_ns = atoll(optarg);
		else if (option == 'o')
			report = fopen(optarg, "w");
		else if (option == 's')
			series = fopen(optarg, "w");
		else if (option == 'f')
			realtime.sched_priority = atoi(optarg);
		else
			return print_usage();
	}
	if (!report || argc == optind)
		return print_usage();
	says_when = report != stdout;
	if (watched == CLOCKS_NONE) {
		fprintf(stderr, "witness: the device cannot be opened: %s\n", strerror(errno));
		return 1;
	}
	if (series)
		setvbuf(series, NULL, _IOLBF, 0);
	phc = clocks_open_phc(phc_name);
	if (phc < 0) {
		fprintf(stderr, "witness: no PHC called %s: %s\n", phc_name, strerror(-phc));
		return 1;
	}
	sigaction(SIGTERM, &action, NULL);
	if (realtime.sched_priority && sched_setscheduler(0, SCHED_FIFO, &realtime)) {
		perror("witness: no real-time priority");
		return 1;
	}
	err = run(phc, argc - optind, argv + optind);
	if (err == -EINVAL)
		return print_usage();
	if (readings)
		print_report(report);
	if (err)
		fprintf(stderr, "witness: the clocks cannot be read: %s\n", strerror(-err));
	return err ? 1 : 0;
}
