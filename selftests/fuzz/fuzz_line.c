// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared arithmetic with the lines that a program may send: whatever the numbers, nothing is
 * undefined (the sanitizers see to that), and what core/line.h promises holds.
 */
#include "kmod/core/line.h"

#include "fuzz.h"

static struct chime_line take_line(struct fuzz_input *input)
{
	struct chime_line line;

	fuzz_take(input, &line, sizeof(line));
	return line;
}

/* What validation lets through. */
static struct chime_line make_valid(struct chime_line line)
{
	line.rate_q32 %= CHIME_LINE_RATE_MAX_Q32 + 1;
	line.sigma_ns &= S64_MAX;
	line.sigma_rate_q32 &= S64_MAX;
	line.maxerror_ns &= S64_MAX;
	line.maxerror_rate_q32 &= S64_MAX;
	line.rate_horizon_ns &= S64_MAX;
	line.horizon_ns &= S64_MAX;
	line.beyond_rate_q32 %= CHIME_LINE_RATE_MAX_Q32 + 1;
	if (line.beyond_sigma_rate_q32 < line.sigma_rate_q32)
		line.beyond_sigma_rate_q32 = line.sigma_rate_q32;
	if (line.beyond_maxerror_rate_q32 < line.maxerror_rate_q32)
		line.beyond_maxerror_rate_q32 = line.maxerror_rate_q32;
	FUZZ_CHECK(chime_line_valid(&line));
	return line;
}

static bool saturated(s64 value)
{
	return value == S64_MAX || value == S64_MIN;
}

static void check_numbers(s64 a, s64 b)
{
	FUZZ_CHECK(chime_add_sat(a, b) == chime_add_sat(b, a));
	FUZZ_CHECK(chime_scale_q32(a, b) == chime_scale_q32(b, a));
	FUZZ_CHECK(chime_sub_sat(a, a) == 0);
	FUZZ_CHECK((chime_sub_sat(a, b) < 0) == (a < b));
	FUZZ_CHECK(!a || chime_ratio_q32(a, a) == (s64)1 << 32);
	FUZZ_CHECK((chime_ratio_q32(a, b) >= 0) || ((a < 0) != (b < 0)));
}

static void check_line(const struct chime_line *line, s64 at, s64 other)
{
	const s64 value = chime_line_eval(line, at);
	struct chime_line moved = *line;

	FUZZ_CHECK(saturated(value) || saturated(chime_line_offset(line, at)) ||
		   chime_sub_sat(value, at) == chime_line_offset(line, at));
	FUZZ_CHECK((at < other) ? value <= chime_line_eval(line, other) :
				  value >= chime_line_eval(line, other));
	FUZZ_CHECK(chime_line_sigma(line, at) >= line->sigma_ns);
	FUZZ_CHECK(chime_line_maxerror(line, at) >= line->maxerror_ns);

	chime_line_move(&moved, at);
	FUZZ_CHECK(chime_line_valid(&moved));
	FUZZ_CHECK(saturated(moved.offset_ns) || chime_line_eval(&moved, at) == value);
	FUZZ_CHECK(chime_line_maxerror(&moved, other) >= chime_line_maxerror(line, other));
}

static void check_composition(const struct chime_line *outer, const struct chime_line *inner,
			      s64 at)
{
	struct chime_line both;

	chime_line_compose(outer, inner, at, &both);
	FUZZ_CHECK(both.origin_ns == at);
	FUZZ_CHECK(saturated(both.offset_ns) ||
		   chime_line_eval(&both, at) ==
		   chime_line_eval(outer, chime_line_eval(inner, at)));
	FUZZ_CHECK(both.sigma_ns >= inner->sigma_ns && both.sigma_ns >= outer->sigma_ns);
	FUZZ_CHECK(both.maxerror_ns >= inner->maxerror_ns &&
		   both.maxerror_ns >= outer->maxerror_ns);
	FUZZ_CHECK(both.maxerror_rate_q32 > 0 && both.sigma_rate_q32 >= 0);
	FUZZ_CHECK(!both.horizon_ns || outer->horizon_ns || inner->horizon_ns);
	FUZZ_CHECK(!both.horizon_ns ||
		   (both.beyond_maxerror_rate_q32 >= both.maxerror_rate_q32 &&
		    both.beyond_sigma_rate_q32 >= both.sigma_rate_q32));
}

static void check_relation(const struct chime_line *line, const struct chime_line *other, s64 at)
{
	struct chime_line converted;

	chime_line_convert(line, other, at, &converted);
	FUZZ_CHECK(chime_line_valid(&converted));
	FUZZ_CHECK(converted.origin_ns == chime_line_eval(other, at));
	FUZZ_CHECK(converted.maxerror_ns == chime_line_maxerror(line, at));
	FUZZ_CHECK(saturated(converted.offset_ns) || saturated(chime_line_eval(line, at)) ||
		   chime_line_eval(&converted, converted.origin_ns) == chime_line_eval(line, at));
}

static void check_fit(struct fuzz_input *input)
{
	const s64 from = fuzz_take_s64(input), from_value = fuzz_take_s64(input);
	const s64 to = fuzz_take_s64(input), to_value = fuzz_take_s64(input);
	const s64 uncertainty = fuzz_take_s64(input);
	const struct chime_line untouched = { .origin_ns = 1 };
	struct chime_line line = untouched;

	if (chime_line_fit(from, from_value, to, to_value, uncertainty, &line)) {
		FUZZ_CHECK(!memcmp(&line, &untouched, sizeof(line)));
		return;
	}
	FUZZ_CHECK(chime_line_valid(&line));
	FUZZ_CHECK(chime_line_eval(&line, to) == to_value);
	FUZZ_CHECK(chime_line_maxerror(&line, to) == uncertainty);
	FUZZ_CHECK(llabs(chime_sub_sat(chime_line_eval(&line, from), from_value)) <=
		   1 + (chime_sub_sat(to, from) >> 33));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	const s64 at = fuzz_take_s64(&input);
	const s64 other = fuzz_take_s64(&input);
	const struct chime_line first = take_line(&input);
	const struct chime_line second = take_line(&input);
	const struct chime_line valid = make_valid(first);
	const struct chime_line valid_too = make_valid(second);
	struct chime_line line = first;

	check_numbers(at, other);
	check_line(&valid, at, other);
	check_composition(&valid, &valid_too, at);
	check_relation(&valid, &valid_too, at);
	check_fit(&input);

	/* No promises for an invalid line but that nothing happens. */
	chime_line_eval(&first, at);
	chime_line_sigma(&first, at);
	chime_line_maxerror(&first, at);
	chime_line_rate(&first, at);
	chime_line_convert(&first, &second, at, &line);
	chime_line_compose(&first, &second, at, &line);
	chime_line_move(&line, other);
	return 0;
}
