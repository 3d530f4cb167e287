// SPDX-License-Identifier: GPL-2.0-only
/*
 * bounds: compares what a guest publishes about its clocks with UTC, which the rig knows from the
 * host's time (stock ptp_kvm, in which the project has no part): the system clock with the kernel's
 * maximum error, and the module's timescale with its bound.
 *
 * Each comparison takes what was published in one instant, clock and bound together (adjtimex(2),
 * TRUECHIME_CMD_NOW), so that no step and no news come between the two.
 *
 * Everything is kept in memory and printed at SIGTERM, as a console line costs an emulated guest
 * 40 ms. A revert rewinds that memory too: the readings go on from those before the snapshot.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "clocks.h"
#include "genl.h"

#define READINGS_MAX	20000
#define NS_PER_MS	1000000LL

/* Two readings of the host's time agree with raw so well, unless the guest was stopped between. */
#define STOP_NS		NS_PER_MS

/* What is published as no bound at all. */
#define UNBOUNDED	(-1LL)

/*
 * struct comparison - of one turn
 * @host_ns: the host's time
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @clock_ns: UTC - CLOCK_REALTIME
 * @window_ns: how well the instant of the latter is known
 * @maxerror_ns: the kernel's; UNBOUNDED: it says unsynchronised
 * @scale_ns: UTC - the module's timescale
 * @bound_ns: the module's
 * @has_scale: the module answered
 */
struct comparison {
	int64_t host_ns;
	int64_t raw_ns;
	int64_t clock_ns;
	int64_t window_ns;
	int64_t maxerror_ns;
	int64_t scale_ns;
	int64_t bound_ns;
	bool has_scale;
};

static struct comparison readings[READINGS_MAX];
static unsigned int count;
static struct clocks_utc utc;
static atomic_bool stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = true;
}

/* UTC at an instant of raw, close to a reading of the host's time. */
static int64_t utc_at(const struct clocks_reading *r, int64_t raw_ns)
{
	return clocks_utc_ns(&utc, r->phc_ns + raw_ns - r->raw_ns);
}

/* The system clock, and what the kernel says of it, by one call. */
static void compare_clock(const struct clocks_reading *r, struct comparison *c)
{
	struct timex t = { 0 };
	int64_t before_ns = clocks_now(CLOCK_MONOTONIC_RAW);
	int state = adjtimex(&t);
	int64_t after_ns = clocks_now(CLOCK_MONOTONIC_RAW);
	int64_t fraction = t.status & STA_NANO ? t.time.tv_usec : t.time.tv_usec * 1000LL;

	c->raw_ns = before_ns + (after_ns - before_ns) / 2;
	c->window_ns = (after_ns - before_ns) / 2;
	c->clock_ns = utc_at(r, c->raw_ns) - (t.time.tv_sec * NS_PER_S + fraction);
	c->maxerror_ns = t.maxerror * 1000LL;
	if (state == TIME_ERROR || t.status & STA_UNSYNC)
		c->maxerror_ns = UNBOUNDED;
}

static int64_t number(const struct genl_answer *answer, uint16_t type)
{
	const struct nlattr *a = genl_find(answer->first, answer->first_length, type);
	int64_t value = 0;

	if (a && a->nla_len >= NLA_HDRLEN + sizeof(value))
		memcpy(&value, (const uint8_t *)a + NLA_HDRLEN, sizeof(value));
	return value;
}

static void compare_scale(struct genl *genl, const struct clocks_reading *r, struct comparison *c)
{
	struct genl_answer answer;

	genl_ask(genl, TRUECHIME_CMD_NOW, 0, &answer);
	if (answer.error || !answer.replies)
		return;
	c->has_scale = true;
	c->scale_ns = utc_at(r, number(&answer, TRUECHIME_A_RAW_NS)) -
		      number(&answer, TRUECHIME_A_TIME_NS);
	c->bound_ns = number(&answer, TRUECHIME_A_MAXERROR_NS);
}

/* One turn: 0, -EAGAIN if the guest stopped in it or the host did not answer. */
static int compare(int phc, struct genl *genl, struct comparison *c)
{
	struct clocks_reading first, last;

	memset(c, 0, sizeof(*c));
	if (clocks_read(phc, &first))
		return -EAGAIN;
	c->host_ns = first.phc_ns;
	compare_clock(&first, c);
	if (genl->fd >= 0)
		compare_scale(genl, &first, c);
	if (clocks_read(phc, &last))
		return -EAGAIN;
	if (llabs((last.phc_ns - first.phc_ns) - (last.raw_ns - first.raw_ns)) > STOP_NS)
		return -EAGAIN;
	return 0;
}

static void print_comparison(FILE *out, const struct comparison *c)
{
	fprintf(out, "%.6f %.6f %lld %lld %lld", c->host_ns / 1e9, c->raw_ns / 1e9,
		(long long)c->clock_ns, (long long)c->window_ns, (long long)c->maxerror_ns);
	if (c->has_scale)
		fprintf(out, " %lld %lld\n", (long long)c->scale_ns, (long long)c->bound_ns);
	else
		fprintf(out, " - -\n");
}

static int print_usage(void)
{
	fprintf(stderr,
		"usage: bounds [-b BASE_NS] [-r PPM] [-o REPORT] MS\n"
		"Prints, every MS, as seconds and ns:\n"
		"HOST RAW UTC-CLOCK WINDOW MAXERROR|-1 UTC-TIMESCALE|- BOUND|-1|-\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct genl genl = { .fd = -1 };
	FILE *report = stdout;
	int option, phc;

	while ((option = getopt(argc, argv, "b:r:o:")) != -1) {
		if (option == 'b')
			utc.base_ns = atoll(optarg);
		else if (option == 'r')
			utc.ppm = atof(optarg);
		else if (option == 'o')
			report = fopen(optarg, "w");
		else
			return print_usage();
	}
	if (!report || argc != optind + 1)
		return print_usage();
	phc = clocks_open_phc(CLOCKS_STOCK);
	if (phc < 0) {
		fprintf(stderr, "bounds: no PHC called %s: %s\n", CLOCKS_STOCK, strerror(-phc));
		return 1;
	}
	/* Without the module the kernel's word alone is compared. */
	if (genl_open(&genl))
		genl.fd = -1;
	sigaction(SIGTERM, &action, NULL);
	while (!stopped) {
		if (count < READINGS_MAX && !compare(phc, &genl, &readings[count]))
			count++;
		usleep(atoi(argv[optind]) * 1000);
	}
	for (unsigned int i = 0; i < count; i++)
		print_comparison(report, &readings[i]);
	return fclose(report) ? 1 : 0;
}
