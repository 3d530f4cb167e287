// SPDX-License-Identifier: GPL-2.0-only
/*
 * One array a quantity, so that each has a name with its unit and the answer stays short.
 */
#include "ipc/report.h"

#include <math.h>
#include <string.h>

#include "core/line.h"
#include "lib/event_report.h"
#include "lib/time_units.h"

#define PPB		1e9

/* Ten digits of seconds are more than any history has: then it is all there is. */
#define DIGITS_MOST	9

/* Seconds before now; all there is without a number, or by a huge one. false: it is none. */
static bool since_of_text(const char *text, int64_t now_ns, int64_t *from_ns)
{
	size_t digits = strspn(text, "0123456789");
	int64_t s = 0;

	*from_ns = INT64_MIN;
	if (!*text)
		return true;
	if (text[digits])
		return false;
	if (digits > DIGITS_MOST)
		return true;
	for (size_t i = 0; i < digits; i++)
		s = 10 * s + (text[i] - '0');
	*from_ns = chime_sub_sat(now_ns, s * NS_PER_S);

	return true;
}

/* A thousandth of a ppb is more than is known; more digits would only be sent. */
static double round_ppb(double fraction)
{
	return isfinite(fraction) ? round(fraction * PPB * 1e3) / 1e3 : 0;
}

json_t *report_history(const struct history *history, int64_t now_ns, const char *text)
{
	json_t *times = json_array(), *offsets = json_array(), *bounds = json_array();
	json_t *frequencies = json_array();
	struct history_point points[REPORT_HISTORY_MAX];
	size_t count = 0;
	int64_t from_ns;
	bool is_since = since_of_text(text, now_ns, &from_ns);

	if (is_since)
		count = history_since(history, from_ns, points, REPORT_HISTORY_MAX);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(times, json_integer(points[i].time_ns));
		json_array_append_new(offsets, json_integer(points[i].offset_ns));
		json_array_append_new(bounds, json_of_bound(points[i].maxerror_ns));
		/* As in reports: positive where the clock, left alone, is fast. */
		json_array_append_new(frequencies, json_real(-round_ppb(points[i].frequency)));
	}
	if (is_since)
		return json_pack("{s:b,s:I,s:o,s:o,s:o,s:o}", "ok", 1,
				 "now_ns", (json_int_t)now_ns, "time_ns", times,
				 "offset_ns", offsets, "maxerror_ns", bounds,
				 "frequency_ppb", frequencies);
	json_decref(times);
	json_decref(offsets);
	json_decref(bounds);
	json_decref(frequencies);

	return NULL;
}
