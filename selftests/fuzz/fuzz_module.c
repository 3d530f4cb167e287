// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole module on a machine whose hypervisor answers anything, whose programs ask for anything
 * that netlink and the PTP clock let through, and which anything happens to: nothing overflows, no
 * error is ever negative, and no lock stays held. However that went, a host that answers with the
 * truth and a reset put the module right.
 */
#include "selftests/unit/module_machine.h"

#include "fuzz.h"

#define DAY		(24 * HOUR)
#define YEAR		(365 * DAY)
#define HOST_MAX_NS	(KTIME_SEC_MAX * NSEC_PER_SEC)
#define CLOCK_MAX_NS	(TIME_SETTOD_SEC_MAX * NSEC_PER_SEC)
#define PHASE_MAX_NS	500000000

/* A machine that has run for longer ends: its clocks are not to. */
#define RAW_MAX_NS	(100 * YEAR)
#define UTC_MAX_NS	(UTC0_NS + 100 * YEAR)

/* What the module is right to again, and how well it then knows that. */
#define RIGHT_NS	MS

/* A number of any size, in three bytes, or in one an end of what fits, or the middle. */
static s64 take_number(struct fuzz_input *input)
{
	static const s64 ends[] = { S64_MIN, S64_MIN + 1, -1, 0, 1, S64_MAX - 1, S64_MAX };
	u8 kind = fuzz_take_u8(input);
	u16 bits;

	if (kind % 4 == 0)
		return ends[kind / 4 % ARRAY_SIZE(ends)];
	fuzz_take(input, &bits, sizeof(bits));
	return (s64)((u64)bits << 48) >> (kind / 4 % 48);
}

static s64 take_positive(struct fuzz_input *input)
{
	return take_number(input) & S64_MAX;
}

static s64 take_below(struct fuzz_input *input, s64 bound)
{
	return take_positive(input) % bound;
}

static bool take_flag(struct fuzz_input *input)
{
	return fuzz_take_u8(input) & 1;
}

static s64 take_rate(struct fuzz_input *input)
{
	return take_number(input) % (CHIME_LINE_RATE_MAX_Q32 + 1);
}

/* --- what happens to the machine --- */

static void pass_seconds(struct fuzz_input *input)
{
	machine_pass(take_below(input, 100 * S));
	check();
}

static void pass_days(struct fuzz_input *input)
{
	machine_pass(take_below(input, 400 * DAY));
	check();
}

static void stop(struct fuzz_input *input)
{
	stand_still(take_below(input, 400 * DAY));
	if (take_flag(input))
		check();
}

static void stop_set_ahead(struct fuzz_input *input)
{
	s64 ns = take_below(input, DAY);

	stand_still_set_ahead(ns, take_below(input, ns + 1));
	check();
}

static void lose_raw(struct fuzz_input *input)
{
	lose_ticks(take_below(input, HOUR));
	check();
}

static void fall_asleep(struct fuzz_input *input)
{
	s64 ns = take_below(input, DAY);

	sleep_for(ns, take_below(input, ns + 1));
	check();
}

static void notify(struct fuzz_input *input)
{
	machine.genid_changed = take_flag(input);
	notify_genid();
	check();
}

static void write_page(struct fuzz_input *input)
{
	machine.has_page = take_flag(input);
	machine.page_unread = take_flag(input);
	machine.page_counts = take_flag(input);
	machine.page_status = fuzz_take_u8(input) % (CHIME_VMCLOCK_UNRELIABLE + 1);
	machine.page_maxerror_ns = take_flag(input) ? CHIME_LINE_UNBOUNDED_NS :
						      take_below(input, HOUR);
	machine.page_evidence = (u32)(fuzz_take_u8(input) & 3) << TRUECHIME_EVIDENCE_MARKER;
	check();
}

static void set_host_clock(struct fuzz_input *input)
{
	machine.host_ahead_ns = take_below(input, HOST_MAX_NS) - machine.utc_ns;
	check();
}

static void spoil_host(struct fuzz_input *input)
{
	machine.host_silent = take_flag(input);
	machine.host_wild = take_flag(input);
	machine.host_late_ns = take_below(input, 50 * MS);
	machine.host_rate_ppm = take_number(input) % 1000;
	check();
}

static void change_clocksource(struct fuzz_input *input)
{
	(void)input;
	machine.clocksource++;
	check();
}

/* Another program does. */
static void set_system_clock(struct fuzz_input *input)
{
	machine.behind_ns = machine.utc_ns - take_below(input, CLOCK_MAX_NS);
	machine.set_before++;
}

static void refuse_to_set(struct fuzz_input *input)
{
	machine.set_error = take_flag(input) ? -EINVAL : 0;
}

static void set_rtc(struct fuzz_input *input)
{
	machine.has_rtc = take_flag(input);
	machine.rtc_ahead_ns = take_below(input, HOST_MAX_NS - machine.utc_ns);
	rt_mutex_lock(&machine.chime->lock);
	chime_rtc_set_policy(machine.chime, fuzz_take_u8(input) % (TRUECHIME_RTC_TRUST + 1));
	chime_unlock(machine.chime);
	check();
}

/* --- what programs ask for --- */

static void take_horizons(struct fuzz_input *input, struct chime_line *line)
{
	line->rate_horizon_ns = take_positive(input);
	if (line->rate_horizon_ns)
		line->beyond_rate_q32 = take_rate(input);
	line->horizon_ns = take_positive(input);
	if (!line->horizon_ns)
		return;
	line->beyond_sigma_rate_q32 = take_positive(input);
	line->beyond_maxerror_rate_q32 = take_positive(input);
}

static void send_correction(struct fuzz_input *input)
{
	struct chime_now now = status().now;
	struct chime_line line = {
		.origin_ns = take_flag(input) ? now.reference_ns : take_number(input),
		.offset_ns = take_flag(input) ? chime_sub_sat(machine.utc_ns, now.reference_ns) :
						take_number(input),
		.rate_q32 = take_rate(input),
		.sigma_ns = take_positive(input),
		.sigma_rate_q32 = take_positive(input),
		.maxerror_ns = take_positive(input),
		.maxerror_rate_q32 = take_positive(input),
	};

	if (take_flag(input))
		take_horizons(input, &line);
	chime_control_correct(machine.chime, &line, now.epoch, -1, take_flag(input));
}

static void report_jump(struct fuzz_input *input)
{
	const struct chime_jump jump = {
		.offset_ns = take_number(input),
		.maxerror_ns = take_positive(input),
		.ok_raw_ns = take_number(input),
	};

	chime_control_disrupted(machine.chime, status().now.epoch, &jump);
}

static void ask_for_step(struct fuzz_input *input)
{
	chime_control_step(machine.chime, fuzz_take_u8(input) % CHIME_OCCASIONS);
}

static void add_offset(struct fuzz_input *input)
{
	chime_control_add_offset(machine.chime, take_number(input));
}

static void set_mode(struct fuzz_input *input)
{
	chime_control_set_mode(machine.chime, take_flag(input));
}

static void set_host(struct fuzz_input *input)
{
	static const char * const names[] = { NULL, "auto", "none", "kvm", "other" };
	const struct chime_host_request request = {
		.name = names[fuzz_take_u8(input) % ARRAY_SIZE(names)],
		.has_state = take_flag(input),
		.demoted = take_flag(input),
		.has_maxerror = take_flag(input),
		.maxerror_ns = take_flag(input) ? 0 : CHIME_HOST_MAXERROR_MIN_NS +
						      take_below(input, HOUR),
	};

	chime_control_set_host(machine.chime, &request);
}

static void set_rule(struct fuzz_input *input)
{
	struct chime_policy *policy = &machine.chime->policy;
	int occasion = fuzz_take_u8(input) % CHIME_OCCASIONS, direction = take_flag(input);

	rt_mutex_lock(&machine.chime->lock);
	policy->rules[occasion][direction] = (struct chime_rule){
		.rule = fuzz_take_u8(input) % (TRUECHIME_RULE_IGNORE + 1),
		.threshold_ns = take_positive(input),
		.maximum_ns = take_positive(input),
	};
	chime_unlock(machine.chime);
}

static void reset(struct fuzz_input *input)
{
	(void)input;
	chime_control_reset(machine.chime);
}

/* As kmod/phc.c does. */
static void adjust_phc(struct fuzz_input *input)
{
	struct chime_timescale *timescale = &machine.chime->timescale;

	if (timescale->current_view.mode != TRUECHIME_MODE_EXTERNAL)
		return;
	rt_mutex_lock(&machine.chime->lock);
	chime_disruption_check(machine.chime);
	switch (fuzz_take_u8(input) & 3) {
	case 0:
		chime_timescale_set_time(timescale, take_below(input, CLOCK_MAX_NS),
					 machine.raw_ns);
		break;
	case 1:
		chime_timescale_add_time(timescale, take_number(input), machine.raw_ns);
		break;
	case 2:
		chime_timescale_set_rate(timescale, take_number(input) % (1LL << 47),
					 machine.raw_ns);
		break;
	case 3:
		chime_timescale_slew(timescale, take_number(input) % (PHASE_MAX_NS + 1),
				     machine.raw_ns);
		break;
	}
	chime_unlock(machine.chime);
}

static void (*const acts[])(struct fuzz_input *input) = {
	pass_seconds, pass_days, stop, stop_set_ahead, lose_raw, fall_asleep, notify, write_page,
	set_host_clock, spoil_host, change_clocksource, set_system_clock, refuse_to_set, set_rtc,
	send_correction, report_jump, ask_for_step, set_mode, set_host, set_rule, reset, adjust_phc,
	add_offset,
};

/* --- what holds --- */

static void check_line(const struct chime_line *line)
{
	FUZZ_CHECK(line->sigma_ns >= 0);
	FUZZ_CHECK(line->sigma_rate_q32 >= 0);
	FUZZ_CHECK(line->maxerror_ns >= 0);
	FUZZ_CHECK(line->maxerror_rate_q32 >= 0);
}

static void check_state(void)
{
	struct chime_status now = status();

	FUZZ_CHECK(!machine.chime->lock.held);
	FUZZ_CHECK(now.now.sigma_ns >= 0);
	FUZZ_CHECK(now.now.reading_ns >= 0);
	FUZZ_CHECK(now.now.maxerror_ns >= now.now.reading_ns);
	FUZZ_CHECK(now.now.host_maxerror_ns >= 0);
	FUZZ_CHECK(now.now.followed_ns >= 0);
	check_line(&now.host_line);
	check_line(&now.unslewed_line);
	check_line(&now.correction);
	check_line(&machine.chime->timescale.current_view.line);
}

/* The hypervisor answers with the truth, and an operator takes back what he has asked for. */
static void put_right(void)
{
	const struct chime_host_request wanted = { .name = "kvm", .has_maxerror = true };
	struct chime *chime = machine.chime;

	machine.has_host = true;
	machine.host_silent = false;
	machine.host_wild = false;
	machine.host_late_ns = 0;
	machine.host_ahead_ns = 0;
	machine.host_rate_ppm = 0;
	machine.has_page = false;
	machine.set_error = 0;
	rt_mutex_lock(&chime->lock);
	chime_policy_defaults(&chime->policy);
	chime_unlock(chime);
	chime_control_set_mode(chime, TRUECHIME_MODE_AUTO);
	run(5 * S);
	FUZZ_CHECK(!chime_control_set_host(chime, &wanted));
	FUZZ_CHECK(!demote_host(false));
	chime_control_reset(chime);
	run(30 * S);
	FUZZ_CHECK(!chime_control_step(chime, TRUECHIME_OCCASION_OPERATOR));
}

static void check_right(enum truechime_state state)
{
	struct chime_status now = status();

	FUZZ_CHECK(now.now.state == state);
	FUZZ_CHECK(now.host_state == TRUECHIME_HOST_CHOSEN);
	FUZZ_CHECK(now.now.reading_ns <= RIGHT_NS);
	FUZZ_CHECK(llabs(error_ns()) <= now.now.reading_ns);
	FUZZ_CHECK(llabs(machine.behind_ns) <= RIGHT_NS);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };

	machine_begin();
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	machine.has_host = take_flag(&input);
	machine.host_ahead_ns = take_below(&input, HOST_MAX_NS) - machine.utc_ns;
	set_system_clock(&input);
	FUZZ_CHECK(!played_module_init());
	while (input.size && machine.raw_ns < RAW_MAX_NS && machine.utc_ns < UTC_MAX_NS) {
		acts[fuzz_take_u8(&input) % ARRAY_SIZE(acts)](&input);
		check_state();
	}
	put_right();
	check_right(TRUECHIME_STATE_HOST);
	FUZZ_CHECK(!correct());
	run(100 * S);
	check_right(TRUECHIME_STATE_CORRECTED);
	machine_unload();
	return 0;
}
