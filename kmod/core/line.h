/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines: one clock as a function of another, and by how much that can be wrong.
 *
 *	value(at) = at + offset_ns + ((at - origin_ns) * rate_q32 >> 32)
 *
 * up to the rate's horizon, if it has one; from there on another rate counts. A measured offset is
 * valid for as long as its bound says, but a rate is an extrapolation: whoever measured it knows
 * how far it reaches. The growth of the errors may have a horizon of its own.
 *
 * Pure integer arithmetic: no locks, allocation, clock reads or globals, so that the module, the
 * daemon, the simulator and the tests compile the very same file. Intermediate results are exact;
 * every final one saturates at the ends of s64. Nothing wraps and nothing is undefined, whatever
 * the arguments; what a line means is promised for those that chime_line_valid() accepts.
 *
 * Instants and offsets are ns, rates are fractions times 2^32 (0.23 ppb), offset = reference -
 * local: a positive rate means that the value runs faster than the argument.
 */
#ifndef CHIME_LINE_H
#define CHIME_LINE_H

#include "core/line_env.h"

#define CHIME_NS_PER_MS		1000000LL
#define CHIME_NS_PER_S		1000000000LL

/* One millionth as a rate. */
#define CHIME_PPM_Q32		4295LL

/* The fastest slew that adjtimex allows a daemon: chronyd goes to 83,333 ppm by default. */
#define CHIME_ADJTIMEX_MAX_Q32	(100000 * CHIME_PPM_Q32)

/* The fastest line that is accepted: half the argument's speed, far beyond any oscillator. */
#define CHIME_LINE_RATE_MAX_Q32		((s64)1 << 31)

/* maxerror_ns of a line without a known bound. */
#define CHIME_LINE_UNBOUNDED_NS		S64_MAX

/* sigma_rate_q32 of a line whose rate is unknown. */
#define CHIME_LINE_RATE_UNKNOWN_Q32	S64_MAX

/**
 * struct chime_line - a line with its error
 * @origin_ns: the argument at the origin
 * @offset_ns: value minus argument there
 * @rate_q32: growth of that offset per unit of the argument
 * @sigma_ns: one standard error at the origin, >= 0
 * @sigma_rate_q32: its growth with distance from the origin, >= 0
 * @maxerror_ns: bound of the error at the origin, >= 0; CHIME_LINE_UNBOUNDED_NS: none known
 * @maxerror_rate_q32: its growth, >= 0
 * @rate_horizon_ns: @rate_q32 is valid as far as this from the origin, either way; 0: everywhere
 * @beyond_rate_q32: growth of the offset from there on; 0: the offset stays constant
 * @horizon_ns: growth rates of both errors are valid as far as this from the origin, either way; 0:
 *	everywhere
 * @beyond_sigma_rate_q32: growth of the standard error from there on, >= @sigma_rate_q32
 * @beyond_maxerror_rate_q32: growth of the bound from there on, >= @maxerror_rate_q32
 */
struct chime_line {
	s64 origin_ns;
	s64 offset_ns;
	s64 rate_q32;
	s64 sigma_ns;
	s64 sigma_rate_q32;
	s64 maxerror_ns;
	s64 maxerror_rate_q32;
	s64 rate_horizon_ns;
	s64 beyond_rate_q32;
	s64 horizon_ns;
	s64 beyond_sigma_rate_q32;
	s64 beyond_maxerror_rate_q32;
};

/* a + b and a - b, saturated. Inline, because each check of the host needs a hundred of them. */
static inline s64 chime_add_sat(s64 a, s64 b)
{
	s64 sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return a < 0 ? S64_MIN : S64_MAX;
}

static inline s64 chime_sub_sat(s64 a, s64 b)
{
	s64 difference;

	if (!__builtin_sub_overflow(a, b, &difference))
		return difference;
	return a < 0 ? S64_MIN : S64_MAX;
}

/* |value|, saturated. */
static inline s64 chime_abs_sat(s64 value)
{
	return value < 0 ? chime_sub_sat(0, value) : value;
}

static inline s64 chime_min(s64 one, s64 other)
{
	return one < other ? one : other;
}

static inline s64 chime_max(s64 one, s64 other)
{
	return one > other ? one : other;
}

/* duration_ns * rate_q32 >> 32, rounded to nearest and saturated. */
s64 chime_scale_q32(s64 duration_ns, s64 rate_q32);

/*
 * What is @duration_ns with what it gains at @rate_q32, which is limited to
 * CHIME_LINE_RATE_MAX_Q32: to the nearest, and saturated.
 */
s64 chime_unscale_q32(s64 duration_ns, s64 rate_q32);

/* numerator / denominator as a rate, rounded to nearest, saturated; 0 if @denominator is 0. */
s64 chime_ratio_q32(s64 numerator, s64 denominator);

/*
 * Both rates are within CHIME_LINE_RATE_MAX_Q32, no error is negative, and none grows slower beyond
 * its horizon.
 */
bool chime_line_valid(const struct chime_line *line);

/* The rate in force at @at_ns. */
s64 chime_line_rate(const struct chime_line *line, s64 at_ns);

/* value minus argument at @at_ns. */
s64 chime_line_offset(const struct chime_line *line, s64 at_ns);

/* The value at @at_ns. */
s64 chime_line_eval(const struct chime_line *line, s64 at_ns);

/*
 * Errors at @at_ns, growth rounded up; the age is the distance from the origin in either direction.
 * An unbounded error stays unbounded.
 */
s64 chime_line_sigma(const struct chime_line *line, s64 at_ns);
s64 chime_line_maxerror(const struct chime_line *line, s64 at_ns);

/*
 * How far the line's rate may be off if what it is a function of is another clock now, of any rate
 * up to @unknown_q32 off; and let the line be no better known than that.
 */
s64 chime_line_lost_rate(const struct chime_line *line, s64 unknown_q32);
void chime_line_lose_rate(struct chime_line *line, s64 unknown_q32);

/*
 * Rewrite the line with another origin, its errors aged accordingly. This rounds the offset to the
 * ns: always move the original line, not the last result, or the roundings add up. A horizon lies
 * at the same distance both ways; the new one ends where the old one's nearer end was, and so may
 * be reached sooner in the other direction. A line moved beyond a horizon has none any more.
 */
void chime_line_move(struct chime_line *line, s64 origin_ns);

/* The argument's clock was set ahead by @by_ns: what it showed before is that much more now. */
void chime_line_set_ahead(struct chime_line *line, s64 by_ns);

/**
 * chime_line_compose() - outer(inner(at)) as one line, from @at_ns on
 * @outer: a function of the inner line's value
 * @inner: a function of the argument
 * @at_ns: the origin of the result
 * @result: the composed line; may be one of the two. Sigmas add in quadrature, bounds and growths
 *	add up, each stretched by the other line's rate where that is positive; one unit more of the
 *	bound's growth covers the rounding of the rate. The nearer of two horizons counts for both
 */
void chime_line_compose(const struct chime_line *outer, const struct chime_line *inner, s64 at_ns,
			struct chime_line *result);

/**
 * chime_line_convert() - one line's value as a function of another's
 * @line: a function of the argument
 * @other: likewise; its errors are ignored, and its rate at @at_ns is taken to last
 * @at_ns: the argument at the origin, where the offset is exact
 * @result: @line's value as a function of @other's, with @line's errors
 */
void chime_line_convert(const struct chime_line *line, const struct chime_line *other, s64 at_ns,
			struct chime_line *result);

/**
 * chime_line_fit() - the line through two readings, its origin at the later one
 * @from_ns: argument of the earlier reading
 * @from_value_ns: value of the earlier reading
 * @to_ns: argument of the later reading
 * @to_value_ns: value of the later reading
 * @uncertainty_ns: largest error of each reading, >= 0
 * @line: result; errors: @uncertainty_ns at the origin, twice that over the distance as growth,
 *	plus one unit for the roundings
 *
 * Return: 0, or -ERANGE if the readings are not in order, a difference does not fit in s64, the
 * rate is beyond CHIME_LINE_RATE_MAX_Q32, or @uncertainty_ns is negative; then @line is untouched.
 */
int chime_line_fit(s64 from_ns, s64 from_value_ns, s64 to_ns, s64 to_value_ns, s64 uncertainty_ns,
		   struct chime_line *line);

#endif /* CHIME_LINE_H */
