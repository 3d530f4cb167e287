// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines: one clock as a function of another, and by how much that can be wrong. Owns the exact
 * arithmetic; what the lines mean, where they come from and who may read them is timescale's.
 *
 * 64 by 64 bit products are exact in 128 bits. There is no 128-bit division: the kernel has no
 * libgcc to do it.
 */
#include "line.h"

#define Q32_ONE		((s64)1 << 32)
#define Q32_HALF	((s64)1 << 31)
#define Q64_HALF	((__int128)1 << 63)

/* Far enough apart to carry a rate from one argument to another to 1e-12. */
#define RELATE_NS	1000000000000LL

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

bool chime_line_valid(const struct chime_line *line)
{
	return line->rate_q32 >= -CHIME_LINE_RATE_MAX_Q32 &&
	       line->rate_q32 <= CHIME_LINE_RATE_MAX_Q32 &&
	       line->sigma_ns >= 0 && line->sigma_rate_q32 >= 0 &&
	       line->maxerror_ns >= 0 && line->maxerror_rate_q32 >= 0;
}

static __int128 line_offset(const struct chime_line *line, s64 at_ns)
{
	return line->offset_ns + scale((__int128)at_ns - line->origin_ns, line->rate_q32);
}

s64 chime_line_offset(const struct chime_line *line, s64 at_ns)
{
	return saturate(line_offset(line, at_ns));
}

s64 chime_line_eval(const struct chime_line *line, s64 at_ns)
{
	return saturate(at_ns + line_offset(line, at_ns));
}

static s64 clamp_rate(s64 rate_q32)
{
	if (rate_q32 > CHIME_LINE_RATE_MAX_Q32)
		return CHIME_LINE_RATE_MAX_Q32;
	if (rate_q32 < -CHIME_LINE_RATE_MAX_Q32)
		return -CHIME_LINE_RATE_MAX_Q32;
	return rate_q32;
}

/*
 * Newton's method on distance = x * gain: with a reciprocal good to one part in 2^31 each pass
 * gains 31 bits. A distance below 2^65 gives an x below 2^66, which the product leaves within 2^35
 * and the two passes within 2^4 and at the nearest whole number; no product exceeds 2^103.
 */
s64 chime_line_invert(const struct chime_line *line, s64 value_ns)
{
	const __int128 distance = (__int128)value_ns - line->origin_ns - line->offset_ns;
	const s64 gain_q32 = Q32_ONE + clamp_rate(line->rate_q32);
	const s64 inverse_q32 = (s64)(U64_MAX / (u64)gain_q32);
	__int128 x = scale(distance, inverse_q32);
	int pass;

	for (pass = 0; pass < 2; pass++) {
		__int128 left_q32 = multiply(distance, Q32_ONE) - multiply(x, gain_q32);

		x += (multiply(left_q32, inverse_q32) + Q64_HALF) >> 64;
	}
	return saturate(line->origin_ns + x);
}

/* An error of @error_ns that has grown by @growth_q32 over @distance_ns in either direction. */
static s64 grow(s64 error_ns, s64 growth_q32, __int128 distance_ns)
{
	__int128 age_ns = distance_ns < 0 ? -distance_ns : distance_ns;

	return saturate(error_ns + ((multiply(age_ns, growth_q32) + Q32_ONE - 1) >> 32));
}

s64 chime_line_sigma(const struct chime_line *line, s64 at_ns)
{
	return grow(line->sigma_ns, line->sigma_rate_q32, (__int128)at_ns - line->origin_ns);
}

s64 chime_line_maxerror(const struct chime_line *line, s64 at_ns)
{
	return grow(line->maxerror_ns, line->maxerror_rate_q32,
		    (__int128)at_ns - line->origin_ns);
}

void chime_line_move(struct chime_line *line, s64 origin_ns)
{
	const struct chime_line from = *line;

	line->origin_ns = origin_ns;
	line->offset_ns = chime_line_offset(&from, origin_ns);
	line->sigma_ns = chime_line_sigma(&from, origin_ns);
	line->maxerror_ns = chime_line_maxerror(&from, origin_ns);
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
 * What an error becomes behind a line of that rate. It is never shrunk: the gain would be a few ppm
 * of it, and what is unbounded would look like a bound.
 */
static s64 stretch(s64 error, s64 rate_q32)
{
	return rate_q32 > 0 ? grow(error, error, rate_q32) : error;
}

void chime_line_compose(const struct chime_line *outer, const struct chime_line *inner, s64 at_ns,
			struct chime_line *result)
{
	const s64 middle_ns = chime_line_eval(inner, at_ns);
	const s64 outer_rate = outer->rate_q32;
	const s64 inner_rate = inner->rate_q32;
	const struct chime_line composed = {
		.origin_ns = at_ns,
		.offset_ns = saturate((__int128)middle_ns - at_ns +
				      line_offset(outer, middle_ns)),
		.rate_q32 = saturate((__int128)outer_rate + inner_rate +
				     scale(outer_rate, inner_rate)),
		.sigma_ns = add_in_quadrature(chime_line_sigma(outer, middle_ns),
					      stretch(chime_line_sigma(inner, at_ns), outer_rate)),
		.sigma_rate_q32 = chime_add_sat(stretch(outer->sigma_rate_q32, inner_rate),
						stretch(inner->sigma_rate_q32, outer_rate)),
		.maxerror_ns = chime_add_sat(chime_line_maxerror(outer, middle_ns),
					     stretch(chime_line_maxerror(inner, at_ns),
						     outer_rate)),
		.maxerror_rate_q32 = saturate((__int128)1 +
					      stretch(outer->maxerror_rate_q32, inner_rate) +
					      stretch(inner->maxerror_rate_q32, outer_rate)),
	};

	*result = composed;
}

void chime_line_relate(const struct chime_line *line, const struct chime_line *other, s64 at_ns,
		       struct chime_line *result)
{
	s64 far_ns = chime_add_sat(at_ns, RELATE_NS);
	s64 other_ns = chime_line_eval(other, at_ns);
	s64 value_ns = chime_line_eval(line, at_ns);
	struct chime_line related;

	if (chime_line_fit(other_ns, value_ns, chime_line_eval(other, far_ns),
			   chime_line_eval(line, far_ns), 0, &related))
		related.rate_q32 = 0;
	related.origin_ns = other_ns;
	related.offset_ns = chime_sub_sat(value_ns, other_ns);
	related.sigma_ns = chime_line_sigma(line, at_ns);
	related.sigma_rate_q32 = line->sigma_rate_q32;
	related.maxerror_ns = chime_line_maxerror(line, at_ns);
	related.maxerror_rate_q32 = line->maxerror_rate_q32;
	*result = related;
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
