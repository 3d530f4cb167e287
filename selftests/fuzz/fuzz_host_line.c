// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host line with the pairings of a hypervisor that answers anything: what comes out is a valid
 * line through the last pairing that was believed.
 */
#include "kmod/core/host_line.h"

#include "fuzz.h"

enum {
	ANYWHERE,	/* a pairing of any numbers */
	AFTER,		/* a later one, somewhere else */
	ON_LINE,	/* a later one, near the line */
	REBASE,		/* any, and the jump is believed */
	WAYS,
};

static struct chime_pairing take_pairing(struct fuzz_input *input,
					 const struct chime_host_line *host, int way)
{
	struct chime_pairing pairing = {
		.raw_ns = fuzz_take_s64(input),
		.utc_ns = fuzz_take_s64(input),
		.uncertainty_ns = fuzz_take_s64(input) & S64_MAX,
		.clocksource_seq = fuzz_take_u8(input) & 1,
	};

	if (way == AFTER || way == ON_LINE)
		pairing.raw_ns = chime_add_sat(host->last.raw_ns, pairing.raw_ns & S64_MAX);
	if (way == ON_LINE)
		pairing.utc_ns = chime_add_sat(chime_line_eval(&host->line, pairing.raw_ns),
					       pairing.utc_ns % 100);
	return pairing;
}

static void check_untouched(const struct chime_host_line *host,
			    const struct chime_host_line *before)
{
	FUZZ_CHECK(!memcmp(&host->line, &before->line, sizeof(host->line)));
	FUZZ_CHECK(host->count == before->count);
	FUZZ_CHECK(host->last.raw_ns == before->last.raw_ns);
	FUZZ_CHECK(host->last.utc_ns == before->last.utc_ns);
	FUZZ_CHECK(host->rate_known == before->rate_known);
}

static void check_line(const struct chime_host_line *host)
{
	FUZZ_CHECK(host->count >= 1 && host->count <= CHIME_HOST_LINE_POINTS);
	FUZZ_CHECK(chime_line_valid(&host->line));
	FUZZ_CHECK(host->line.origin_ns == host->last.raw_ns);
	FUZZ_CHECK(host->line.maxerror_ns >= host->last.uncertainty_ns);
	FUZZ_CHECK(host->line.offset_ns ==
		   chime_sub_sat(host->last.utc_ns, host->last.raw_ns));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct chime_host_line host = { 0 };
	struct fuzz_input input = { data, size };

	while (input.size) {
		const int way = fuzz_take_u8(&input) % WAYS;
		const struct chime_host_line before = host;
		const struct chime_pairing pairing = take_pairing(&input, &host, way);

		if (way == REBASE) {
			chime_host_line_rebase(&host, &pairing);
		} else {
			switch (chime_host_line_update(&host, &pairing)) {
			case CHIME_VERDICT_JUMPED:
			case CHIME_VERDICT_USELESS:
				check_untouched(&host, &before);
				break;
			case CHIME_VERDICT_STARTED:
				FUZZ_CHECK(!before.count);
				break;
			case CHIME_VERDICT_ON_LINE:
			case CHIME_VERDICT_RATE_CHANGED:
				FUZZ_CHECK(host.last.raw_ns > before.last.raw_ns);
				break;
			}
		}
		if (host.count)
			check_line(&host);
	}
	return 0;
}
