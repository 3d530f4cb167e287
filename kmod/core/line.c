// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines: one clock as a function of another, and by how much that can be wrong. Owns the exact
 * arithmetic; timescale.c owns what the lines mean, where they come from and who may read them.
 *
 * 64 by 64 bit products are exact in 128 bits. There is no 128-bit division: the kernel has no
 * libgcc to do it.
 */
#include "core/line.h"

#define Q32_ONE		((s64)1 << 32)
#define Q32_HALF	((s64)1 << 31)
#define Q64_HALF	((__int128)1 << 63)

/* Far enough apart to carry a rate from one argument to another to 1e-12. */
#define CONVERT_NS	1000000000000LL

static s64 saturate(__int128 value)
{
	if (value > S64_MAX)
		return S64_MAX;
	if (value < S64_MIN)
		return S64_MIN;
	return (s64)value;
}

/*
 * a * b where that fits in 128 bits. Unsigned, because the overflow check that a sanitizer puts on
 * a signed 128-bit product is a function that neither the kernel nor libgcc has.
 */
static __int128 multiply(__int128 a, __int128 b)
{
	return (__int128)((__uint128_t)a * (__uint128_t)b);
}

/* The difference of any two s64, times any s64, is less than 2^127 in size, with room to round. */
static __int128 scale(__int128 duration_ns, s64 rate_q32)
{
	return (multiply(duration_ns, rate_q32) + Q32_HALF) >> 32;
}

static u64 magnitude(s64 value)
{
	return value < 0 ? 0 - (u64)value : (u64)value;
}

s64 chime_scale_q32(s64 duration_ns, s64 rate_q32)
{
	return saturate(scale(duration_ns, rate_q32));
}

/*
 * Long division: the whole part by the machine, then 32 fractional bits one by one. The remainder
 * stays below a divisor of at most 2^63, so that doubling it fits in 64 bits.
 */
static u64 divide_q32(u64 dividend, u64 divisor)
{
	u64 quotient = dividend / divisor;
	u64 remainder = dividend % divisor;
	int bit;

	if (quotient >= (u64)Q32_HALF)
		return U64_MAX;

	for (bit = 0; bit < 32; bit++) {
		remainder <<= 1;
		quotient <<= 1;
		if (remainder >= divisor) {
			remainder -= divisor;
			quotient |= 1;
		}
	}
	return quotient + (remainder >= divisor - remainder);
}

s64 chime_ratio_q32(s64 numerator, s64 denominator)
{
	__int128 ratio;

	if (!denominator)
		return 0;

	ratio = divide_q32(magnitude(numerator), magnitude(denominator));
	return saturate((numerator < 0) == (denominator < 0) ? ratio : -ratio);
}

static s64 clamp_rate(s64 rate_q32)
{
	if (rate_q32 > CHIME_LINE_RATE_MAX_Q32)
		return CHIME_LINE_RATE_MAX_Q32;
	if (rate_q32 < -CHIME_LINE_RATE_MAX_Q32)
		return -CHIME_LINE_RATE_MAX_Q32;
	return rate_q32;
}

bool chime_line_valid(const struct chime_line *line)
{
	if (clamp_rate(line->rate_q32) != line->rate_q32 ||
	    line->sigma_ns < 0 || line->sigma_rate_q32 < 0 ||
	    line->maxerror_ns < 0 || line->maxerror_rate_q32 < 0 ||
	    line->rate_horizon_ns < 0 || line->horizon_ns < 0)
		return false;
	if (line->rate_horizon_ns && clamp_rate(line->beyond_rate_q32) != line->beyond_rate_q32)
		return false;
	return !line->horizon_ns ||
	       (line->beyond_sigma_rate_q32 >= line->sigma_rate_q32 &&
		line->beyond_maxerror_rate_q32 >= line->maxerror_rate_q32);
}

/* The part of a distance from the origin that lies within a horizon. */
static __int128 within(s64 horizon_ns, __int128 distance_ns)
{
	if (horizon_ns <= 0)
		return distance_ns;
	if (distance_ns > horizon_ns)
		return horizon_ns;
	return distance_ns < -(__int128)horizon_ns ? -(__int128)horizon_ns : distance_ns;
}

static __int128 line_offset(const struct chime_line *line, s64 at_ns)
{
	const __int128 distance_ns = (__int128)at_ns - line->origin_ns;
	const __int128 near_ns = within(line->rate_horizon_ns, distance_ns);

	return line->offset_ns + scale(near_ns, line->rate_q32) +
	       scale(distance_ns - near_ns, line->beyond_rate_q32);
}

s64 chime_line_rate(const struct chime_line *line, s64 at_ns)
{
	const __int128 distance_ns = (__int128)at_ns - line->origin_ns;

	if (within(line->rate_horizon_ns, distance_ns) == distance_ns)
		return line->rate_q32;
	return line->beyond_rate_q32;
}

s64 chime_line_offset(const struct chime_line *line, s64 at_ns)
{
	return saturate(line_offset(line, at_ns));
}

s64 chime_line_eval(const struct chime_line *line, s64 at_ns)
{
	return saturate(at_ns + line_offset(line, at_ns));
}

/*
 * The x with @distance = x + x * @rate_q32. Newton's method: with a reciprocal good to one part
 * in 2^31 each pass gains 31 bits. A distance below 2^66 gives an x below 2^67, which the product
 * leaves within 2^36 and the two passes within 2^5 and at the nearest whole number; no product
 * exceeds 2^104.
 */
static __int128 unscale(__int128 distance, s64 rate_q32)
{
	const s64 gain_q32 = Q32_ONE + clamp_rate(rate_q32);
	const s64 inverse_q32 = (s64)(U64_MAX / (u64)gain_q32);
	__int128 x = scale(distance, inverse_q32);
	int pass;

	for (pass = 0; pass < 2; pass++) {
		__int128 left_q32 = multiply(distance, Q32_ONE) - multiply(x, gain_q32);

		x += (multiply(left_q32, inverse_q32) + Q64_HALF) >> 64;
	}
	return x;
}

s64 chime_unscale_q32(s64 duration_ns, s64 rate_q32)
{
	return saturate(unscale(duration_ns, rate_q32));
}

/* How much an error that grows by @growth_q32 gains over @age_ns. */
static __int128 growth(__int128 age_ns, s64 growth_q32)
{
	return (multiply(age_ns, growth_q32) + Q32_ONE - 1) >> 32;
}

/* @error_ns at the origin, grown until @at_ns: by one rate up to the horizon, by another beyond. */
static s64 grow(const struct chime_line *line, s64 error_ns, s64 near_q32, s64 beyond_q32,
		s64 at_ns)
{
	__int128 age_ns = (__int128)at_ns - line->origin_ns;
	__int128 near_ns;

	if (age_ns < 0)
		age_ns = -age_ns;
	near_ns = within(line->horizon_ns, age_ns);
	return saturate(error_ns + growth(near_ns, near_q32) +
			growth(age_ns - near_ns, beyond_q32));
}

s64 chime_line_sigma(const struct chime_line *line, s64 at_ns)
{
	return grow(line, line->sigma_ns, line->sigma_rate_q32, line->beyond_sigma_rate_q32,
		    at_ns);
}

s64 chime_line_maxerror(const struct chime_line *line, s64 at_ns)
{
	return grow(line, line->maxerror_ns, line->maxerror_rate_q32,
		    line->beyond_maxerror_rate_q32, at_ns);
}

/* Give the line, from its origin on, the rate that it has beyond its horizon. */
static void leave_rate(struct chime_line *line)
{
	if (line->rate_horizon_ns <= 0)
		return;
	line->rate_q32 = line->beyond_rate_q32;
	line->rate_horizon_ns = 0;
	line->beyond_rate_q32 = 0;
}

/* Give the line's errors, from its origin on, the growth that they have beyond their horizon. */
static void leave_errors(struct chime_line *line)
{
	if (line->horizon_ns <= 0)
		return;
	line->sigma_rate_q32 = line->beyond_sigma_rate_q32;
	line->maxerror_rate_q32 = line->beyond_maxerror_rate_q32;
	line->horizon_ns = 0;
	line->beyond_sigma_rate_q32 = 0;
	line->beyond_maxerror_rate_q32 = 0;
}

void chime_line_set_ahead(struct chime_line *line, s64 by_ns)
{
	line->origin_ns = chime_add_sat(line->origin_ns, by_ns);
	line->offset_ns = chime_sub_sat(line->offset_ns, by_ns);
}

s64 chime_line_lost_rate(const struct chime_line *line, s64 unknown_q32)
{
	return chime_add_sat(unknown_q32, chime_abs_sat(line->rate_q32));
}

void chime_line_lose_rate(struct chime_line *line, s64 unknown_q32)
{
	s64 lost_q32 = chime_line_lost_rate(line, unknown_q32);

	line->sigma_rate_q32 = chime_max(line->sigma_rate_q32, lost_q32);
	line->maxerror_rate_q32 = chime_max(line->maxerror_rate_q32, lost_q32);
}

void chime_line_move(struct chime_line *line, s64 origin_ns)
{
	const struct chime_line from = *line;
	__int128 distance_ns = (__int128)origin_ns - from.origin_ns;

	if (distance_ns < 0)
		distance_ns = -distance_ns;
	line->origin_ns = origin_ns;
	line->offset_ns = chime_line_offset(&from, origin_ns);
	line->sigma_ns = chime_line_sigma(&from, origin_ns);
	line->maxerror_ns = chime_line_maxerror(&from, origin_ns);
	if (distance_ns < from.rate_horizon_ns)
		line->rate_horizon_ns = (s64)(from.rate_horizon_ns - distance_ns);
	else
		leave_rate(line);
	if (distance_ns < from.horizon_ns)
		line->horizon_ns = (s64)(from.horizon_ns - distance_ns);
	else
		leave_errors(line);
}

/* The square root, rounded up. */
static u64 root_up(u64 square)
{
	u64 root = 0;
	int bit;

	for (bit = 31; bit >= 0; bit--) {
		u64 longer = root | (u64)1 << bit;

		if (longer * longer <= square)
			root = longer;
	}
	return root + (root * root < square);
}

/* sqrt(a^2 + b^2), rounded up: exact below 2^31 ns (2 s), to 2^-29 of the result above. */
static s64 add_in_quadrature(s64 a_ns, s64 b_ns)
{
	u64 a = magnitude(a_ns);
	u64 b = magnitude(b_ns);
	int shift = 0;

	while ((a | b) >> 31) {
		a = (a >> 1) + (a & 1);
		b = (b >> 1) + (b & 1);
		shift++;
	}
	return saturate((__int128)root_up(a * a + b * b) << shift);
}

/*
 * An error after conversion by a line of that rate. It is never shrunk: the gain would be a few
 * ppm, and an unbounded error would become an apparent bound.
 */
static s64 stretch(s64 error, s64 rate_q32)
{
	return rate_q32 > 0 ? saturate(error + growth(rate_q32, error)) : error;
}

/* The rates of outer(inner()), from the rates that both lines have at their origins. */
static void compose_rates(const struct chime_line *outer, const struct chime_line *inner,
			  struct chime_line *result)
{
	const s64 outer_rate = outer->rate_q32;
	const s64 inner_rate = inner->rate_q32;

	result->rate_q32 = saturate((__int128)outer_rate + inner_rate +
				    scale(outer_rate, inner_rate));
	result->sigma_rate_q32 = chime_add_sat(stretch(outer->sigma_rate_q32, inner_rate),
					       stretch(inner->sigma_rate_q32, outer_rate));
	result->maxerror_rate_q32 = saturate((__int128)1 +
					     stretch(outer->maxerror_rate_q32, inner_rate) +
					     stretch(inner->maxerror_rate_q32, outer_rate));
}

/* The nearer of two horizons, the outer one converted by the inner line's rate; 0: none. */
static s64 nearer(s64 outer_ns, s64 inner_ns, s64 inner_rate_q32)
{
	__int128 seen_ns = unscale(outer_ns, inner_rate_q32);

	if (outer_ns <= 0)
		return inner_ns > 0 ? inner_ns : 0;
	if (inner_ns > 0 && inner_ns < seen_ns)
		return inner_ns;
	return chime_max(saturate(seen_ns), 1);
}

/* Both lines begin where the composed one does. No error grows slower than before. */
static void compose_horizons(struct chime_line outer, struct chime_line inner,
			     struct chime_line *result)
{
	struct chime_line beyond;

	result->rate_horizon_ns = nearer(outer.rate_horizon_ns, inner.rate_horizon_ns,
					 inner.rate_q32);
	result->horizon_ns = nearer(outer.horizon_ns, inner.horizon_ns, inner.rate_q32);
	leave_rate(&outer);
	leave_rate(&inner);
	leave_errors(&outer);
	leave_errors(&inner);
	compose_rates(&outer, &inner, &beyond);
	if (result->rate_horizon_ns)
		result->beyond_rate_q32 = beyond.rate_q32;
	if (!result->horizon_ns)
		return;
	result->beyond_sigma_rate_q32 = chime_max(beyond.sigma_rate_q32, result->sigma_rate_q32);
	result->beyond_maxerror_rate_q32 = chime_max(beyond.maxerror_rate_q32,
						     result->maxerror_rate_q32);
}

void chime_line_compose(const struct chime_line *outer, const struct chime_line *inner, s64 at_ns,
			struct chime_line *result)
{
	const s64 middle_ns = chime_line_eval(inner, at_ns);
	struct chime_line from = *inner, to = *outer;
	struct chime_line composed = {
		.origin_ns = at_ns,
		.offset_ns = saturate((__int128)middle_ns - at_ns +
				      line_offset(outer, middle_ns)),
	};

	chime_line_move(&from, at_ns);
	chime_line_move(&to, middle_ns);
	composed.sigma_ns = add_in_quadrature(to.sigma_ns, stretch(from.sigma_ns, to.rate_q32));
	composed.maxerror_ns = chime_add_sat(to.maxerror_ns,
					     stretch(from.maxerror_ns, to.rate_q32));
	compose_rates(&to, &from, &composed);
	compose_horizons(to, from, &composed);
	*result = composed;
}

/* @line's rate at its origin against @other's time, from @at_ns on. */
static s64 convert_rate(struct chime_line line, struct chime_line other, s64 at_ns)
{
	const s64 far_ns = chime_add_sat(at_ns, CONVERT_NS);
	struct chime_line converted;

	line.rate_horizon_ns = 0;
	other.rate_horizon_ns = 0;
	if (chime_line_fit(chime_line_eval(&other, at_ns), chime_line_eval(&line, at_ns),
			   chime_line_eval(&other, far_ns), chime_line_eval(&line, far_ns), 0,
			   &converted))
		return 0;
	return converted.rate_q32;
}

/* A distance along the argument, converted to one along a line's value. */
static s64 stretch_horizon(s64 horizon_ns, s64 rate_q32)
{
	return horizon_ns > 0 ?
	       chime_max(saturate(horizon_ns + scale(horizon_ns, rate_q32)), 1) : 0;
}

void chime_line_convert(const struct chime_line *line, const struct chime_line *other, s64 at_ns,
			struct chime_line *result)
{
	struct chime_line from = *line, to = *other, converted;

	chime_line_move(&from, at_ns);
	chime_line_move(&to, at_ns);
	converted = from;
	converted.origin_ns = chime_line_eval(other, at_ns);
	converted.offset_ns = chime_sub_sat(chime_line_eval(line, at_ns), converted.origin_ns);
	converted.rate_q32 = convert_rate(from, to, at_ns);
	converted.rate_horizon_ns = stretch_horizon(from.rate_horizon_ns, to.rate_q32);
	converted.horizon_ns = stretch_horizon(from.horizon_ns, to.rate_q32);
	leave_rate(&from);
	if (converted.rate_horizon_ns)
		converted.beyond_rate_q32 = convert_rate(from, to, at_ns);
	*result = converted;
}

int chime_line_fit(s64 from_ns, s64 from_value_ns, s64 to_ns, s64 to_value_ns, s64 uncertainty_ns,
		   struct chime_line *line)
{
	s64 distance_ns, from_offset_ns, to_offset_ns, gained_ns, rate_q32, growth_q32;

	if (__builtin_sub_overflow(to_ns, from_ns, &distance_ns) || distance_ns <= 0 ||
	    __builtin_sub_overflow(from_value_ns, from_ns, &from_offset_ns) ||
	    __builtin_sub_overflow(to_value_ns, to_ns, &to_offset_ns) ||
	    __builtin_sub_overflow(to_offset_ns, from_offset_ns, &gained_ns) ||
	    uncertainty_ns < 0)
		return -ERANGE;

	rate_q32 = chime_ratio_q32(gained_ns, distance_ns);
	if (clamp_rate(rate_q32) != rate_q32)
		return -ERANGE;

	/* + 1: half a unit for the rounding of the rate, half a unit for that of the growth */
	growth_q32 = chime_add_sat(chime_ratio_q32(chime_add_sat(uncertainty_ns, uncertainty_ns),
						   distance_ns), 1);

	*line = (struct chime_line) {
		.origin_ns = to_ns,
		.offset_ns = to_offset_ns,
		.rate_q32 = rate_q32,
		.sigma_ns = uncertainty_ns,
		.sigma_rate_q32 = growth_q32,
		.maxerror_ns = uncertainty_ns,
		.maxerror_rate_q32 = growth_q32,
	};
	return 0;
}
