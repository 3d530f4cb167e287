// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated client's clocks. The rules are the module's and the kernel's: a correction's change
 * of phase is slewed in within about a second and at most at 10 %, the system clock takes a rate of
 * up to 10 % in steps of 2^-16 ppm.
 */
#include "client_clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "user/lib/time_units.h"

#define SLEW_LEAST	500e-6
#define SLEW_MOST	100e-3

/* After a stop the guest is busy, and looks at the host as soon as it may. */
#define CHECK_SOON_NS	20000000

/* How long a look waits for its last reading. */
#define SLEW_CHECK_NS	(CHIME_SLEW_CHECK_NS + CHIME_SLEW_CHECK_NS / 2)

/* Clocks that were set, or guests that were stopped, are nothing that a line could foretell. */
#define JUMP_NS		10e6

#define RATE_MOST	100.5e-3
#define RATE_STEP	(1e-6 / 65536)

/* Streams of randomness, besides world_private.h's: the host needs two. */
#define STREAM_COUNTER	0
#define STREAM_HOST	8

static struct chime_pairing take_pairing(struct client_clock *clock, double true_ns)
{
	double uncertainty_ns;
	double host_ns = host_clock_pair(&clock->host, true_ns, &uncertainty_ns);

	return (struct chime_pairing){
		.raw_ns = client_clock_raw(clock, true_ns),
		.utc_ns = client_clock_int(host_ns),
		.uncertainty_ns = (s64)ceil(uncertainty_ns),
		.exact = clock->host.options.bracket_ns <= 0,
		.stood_still = clock->stood_still,
	};
}

static int start_module(struct client_clock *clock)
{
	struct chime_pairing first = take_pairing(clock, 0);

	clock->module = guest_module_new(&first, client_clock_int(clock->realtime),
					 llrint(clock->host.options.apart_ns),
					 llrint(clock->host.options.stated_ns));
	if (!clock->module)
		return -ENOMEM;
	clock->next_pairing_ns = first.raw_ns + llrint(clock->host.options.check_ns);
	return 0;
}

int client_clock_start(struct client_clock *clock, const struct world_options *options,
		       uint64_t seed)
{
	memset(clock, 0, sizeof(*clock));
	oscillator_start(&clock->counter, &options->oscillator, 0, seed, STREAM_COUNTER);
	host_clock_start(&clock->host, &options->host, seed, STREAM_HOST);
	clock->slews = options->module;
	clock->has_servers = options->servers;
	clock->realtime = options->offset_ns;
	clock->follower.options = (struct follower_options){
		.max_rate = RATE_MOST,
		.max_slew = SLEW_MOST,
		.min_interval_ns = 1000000000,
		.max_interval_ns = 64000000000,
	};
	clock->next_check_ns = INT64_MAX;
	clock->next_pairing_ns = INT64_MAX;
	if (!options->has_host)
		return 0;
	/* Nobody needs to say anything for the system clock to follow the host. */
	clock->next_check_ns = client_clock_raw(clock, 0);
	return start_module(clock);
}

void client_clock_finish(struct client_clock *clock)
{
	guest_module_free(clock->module);
}

int64_t client_clock_int(double reading_ns)
{
	return CLIENT_CLOCK_START_NS + llrint(reading_ns);
}

int64_t client_clock_raw(const struct client_clock *clock, double true_ns)
{
	return client_clock_int(oscillator_read(&clock->counter, true_ns));
}

double client_clock_reference(const struct client_clock *clock, double true_ns)
{
	struct timescale_now now;

	if (!clock->module)
		return oscillator_read(&clock->counter, true_ns);
	guest_module_now(clock->module, client_clock_raw(clock, true_ns), &now);
	return (double)(now.reference_ns - CLIENT_CLOCK_START_NS);
}

double client_clock_when(const struct client_clock *clock, int64_t raw_ns)
{
	if (raw_ns == INT64_MAX)
		return INFINITY;
	return oscillator_when(&clock->counter, (double)(raw_ns - CLIENT_CLOCK_START_NS));
}

/* What is still missing of the latest phase change. */
static double slew_left(const struct client_clock *clock, double reference)
{
	double done = clock->slew_rate * (reference - clock->slew_from);

	/* Less than a ns is nothing: the interfaces count in ns. */
	if (done > fabs(clock->slew_ns) - 1)
		return 0;
	return clock->slew_ns - copysign(done, clock->slew_ns);
}

static double system_time(const struct client_clock *clock, double raw)
{
	return clock->realtime + (raw - clock->realtime_raw) * (1 + clock->realtime_rate);
}

void client_clock_now(const struct client_clock *clock, double true_ns, struct timescale_now *now)
{
	double raw = oscillator_read(&clock->counter, true_ns);
	double reference, left;

	if (clock->module) {
		guest_module_now(clock->module, client_clock_int(raw), now);
		now->realtime_ns = client_clock_int(system_time(clock, raw));
		now->disruptions = clock->disruptions;
		return;
	}
	reference = client_clock_reference(clock, true_ns);
	memset(now, 0, sizeof(*now));
	now->raw_ns = client_clock_int(raw);
	now->realtime_ns = client_clock_int(system_time(clock, raw));
	now->reference_ns = client_clock_int(reference);
	now->epoch = clock->epoch;
	now->change = REFERENCE_JUMPED;
	now->disruptions = clock->disruptions;
	if (!clock->has_line) {
		now->time_ns = now->realtime_ns;
		now->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		return;
	}
	left = slew_left(clock, reference);
	now->rate = (double)chime_line_rate(&clock->line, now->reference_ns) / Q32 +
		    (left != 0 ? copysign(clock->slew_rate, left) : 0);
	now->slew_ns = llrint(left);
	now->time_ns = chime_line_eval(&clock->line, now->reference_ns) - now->slew_ns;
	now->sigma_ns = chime_line_sigma(&clock->line, now->reference_ns);
	now->maxerror_ns = chime_add_sat(chime_line_maxerror(&clock->line, now->reference_ns),
					 now->slew_ns < 0 ? -now->slew_ns : now->slew_ns);
}

void client_clock_correct(struct client_clock *clock, double true_ns,
			  const struct chime_line *correction, bool jump)
{
	struct timescale_now now;
	double change;

	client_clock_now(clock, true_ns, &now);
	if (clock->module) {
		guest_module_correct(clock->module, now.raw_ns, correction, now.epoch, jump);
		return;
	}
	change = (double)(chime_line_eval(correction, now.reference_ns) - now.time_ns);
	clock->line = *correction;
	clock->has_line = true;
	clock->slew_from = client_clock_reference(clock, true_ns);
	clock->slew_ns = jump || !clock->slews ? 0 : change;
	clock->slew_rate = fmin(fmax(SLEW_LEAST, fabs(change) / NS_PER_S_REAL), SLEW_MOST);
}

void client_clock_step(struct client_clock *clock, double true_ns)
{
	struct timescale_now now;

	client_clock_now(clock, true_ns, &now);
	clock->realtime_raw = oscillator_read(&clock->counter, true_ns);
	clock->realtime = (double)(now.time_ns - CLIENT_CLOCK_START_NS);
	follower_restart(&clock->follower);
}

/* What the host's line was worth until now, at its oldest. */
static void judge_line(const struct client_clock *clock, double true_ns, double host_ns,
		       struct world_host_record *record)
{
	const struct chime_line *line = guest_module_host_line(clock->module);
	int64_t raw_ns = client_clock_raw(clock, true_ns);
	double error_ns = fabs((double)(chime_line_eval(line, raw_ns) - client_clock_int(host_ns)));
	double bound_ns = (double)chime_line_maxerror(line, raw_ns);

	if (error_ns > JUMP_NS)
		return;
	record->looks++;
	record->bound += bound_ns;
	if (clock->straight < WORLD_STRAIGHT_LOOKS) {
		record->surprises += error_ns > bound_ns;
		return;
	}
	record->straight++;
	record->violations += error_ns > bound_ns;
	record->square += error_ns * error_ns;
	record->worst_ns = fmax(record->worst_ns, error_ns);
}

/* true: it can be decided now what @pairing means. */
static bool begin_look(struct client_clock *clock, const struct chime_pairing *pairing,
		       enum truechime_cause cause, struct guest_module_check *look)
{
	guest_module_check(clock->module, pairing, NULL, cause, look);
	if (!look->unsure)
		return true;
	clock->unsure = true;
	clock->doubtful = *pairing;
	clock->next_pairing_ns = pairing->raw_ns + SLEW_CHECK_NS;
	return false;
}

static void end_look(struct client_clock *clock, const struct chime_pairing *later,
		     enum truechime_cause cause, struct guest_module_check *look)
{
	guest_module_check(clock->module, &clock->doubtful, later, cause, look);
	clock->unsure = false;
}

void client_clock_pair(struct client_clock *clock, double true_ns, enum truechime_cause cause,
		       struct world_host_record *record, struct guest_module_check *look)
{
	double host_ns = host_clock_read(&clock->host, true_ns);
	struct chime_pairing pairing;

	if (!clock->unsure) {
		clock->straight =
			clock->changes_seen == clock->host.changes ? clock->straight + 1 : 0;
		clock->changes_seen = clock->host.changes;
		if (record)
			judge_line(clock, true_ns, host_ns, record);
	}
	pairing = take_pairing(clock, true_ns);
	if (clock->unsure)
		end_look(clock, &pairing, cause, look);
	else if (!begin_look(clock, &pairing, cause, look))
		return;
	clock->stood_still = false;
	/* What was read before belongs to another line. */
	if (look->jumped)
		clock->straight = 0;
	clock->next_pairing_ns = pairing.raw_ns + llrint(clock->host.options.check_ns);
}

void client_clock_stop(struct client_clock *clock, double true_ns, double gap_ns)
{
	clock->shift_ns += gap_ns;
	clock->disruptions++;
	host_clock_elapse(&clock->host, true_ns, gap_ns);
	if (!clock->module)
		return;
	clock->stood_still = true;
	clock->next_pairing_ns = client_clock_raw(clock, true_ns) + CHECK_SOON_NS;
}

void client_clock_lose(struct client_clock *clock, double true_ns, double gap_ns)
{
	double raw = oscillator_read(&clock->counter, true_ns);

	clock->realtime = system_time(clock, raw) + gap_ns;
	clock->realtime_raw = raw;
	clock->has_line = false;
	clock->epoch++;
	clock->disruptions++;
	follower_restart(&clock->follower);
}

void client_clock_jump(struct client_clock *clock, double true_ns, int64_t offset_ns,
		       int64_t error_ns)
{
	follower_restart(&clock->follower);
	if (clock->module) {
		guest_module_jump(clock->module, client_clock_raw(clock, true_ns), offset_ns,
				  error_ns);
		return;
	}
	clock->line.offset_ns = chime_add_sat(clock->line.offset_ns, offset_ns);
	clock->line.maxerror_ns = chime_add_sat(clock->line.maxerror_ns, error_ns);
	clock->epoch++;
}

void client_clock_leap(struct client_clock *clock, double true_ns, double change_ns)
{
	double raw = oscillator_read(&clock->counter, true_ns);

	clock->shift_ns += change_ns;
	clock->realtime = system_time(clock, raw) + change_ns;
	clock->realtime_raw = raw;
	clock->line.offset_ns += llrint(change_ns);
	if (!clock->module)
		return;
	host_clock_set(&clock->host, change_ns);
	guest_module_leap(clock->module, client_clock_raw(clock, true_ns), llrint(change_ns));
}

void client_clock_demote(struct client_clock *clock, double true_ns, bool demoted)
{
	guest_module_demote(clock->module, client_clock_raw(clock, true_ns), demoted);
}

void client_clock_follow(struct client_clock *clock, double true_ns)
{
	double raw = oscillator_read(&clock->counter, true_ns);
	struct follower_command command;
	struct timescale_now now;

	client_clock_now(clock, true_ns, &now);
	follower_update(&clock->follower, &now, &command);
	clock->realtime = system_time(clock, raw);
	clock->realtime_raw = raw;
	clock->realtime_rate = RATE_STEP * rint(fmin(fmax(command.rate, -RATE_MOST), RATE_MOST) /
						RATE_STEP);
	clock->next_check_ns = command.next_ns;
}

/* Of UTC. A host that nobody states anything of is right where there is nothing else. */
static double published_ns(const struct client_clock *clock, const struct timescale_now *now)
{
	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return INFINITY;
	if (timescale_is_vouched(now))
		return (double)now->maxerror_ns + (double)now->host_maxerror_ns;
	if (clock->has_servers && now->host_maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return INFINITY;
	return (double)now->maxerror_ns;
}

void client_clock_describe(const struct client_clock *clock, double true_ns,
			   struct world_second *second)
{
	double raw = oscillator_read(&clock->counter, true_ns);
	struct timescale_now now;

	client_clock_now(clock, true_ns, &now);
	second->raw_ns = raw;
	second->clock_ns = system_time(clock, raw) - true_ns - clock->shift_ns;
	second->timescale_ns = (double)(now.time_ns - CLIENT_CLOCK_START_NS) - true_ns -
			       clock->shift_ns;
	second->frequency = (1 + clock->counter.frequency) * (1 + clock->realtime_rate) - 1;
	second->sigma_ns = (double)now.sigma_ns;
	second->maxerror_ns = published_ns(clock, &now);
}
