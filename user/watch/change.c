// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of adjtimex(2) and clock_settime(2).
 */
#include "watch/change.h"

#include <string.h>
#include <sys/timex.h>

#include "core/line.h"
#include "lib/array_size.h"
#include "lib/names.h"
#include "lib/text_append.h"

/* adjtime(3): bits of its own, and the offset in us. */
#define ADJ_ADJTIME	0x8000U

/* A tick of 10 ms that is one us longer. */
#define PPB_PER_TICK_US	100000

#define TICK_US	10000

/* Beside what moves the clock or turns its rate. */
#define ADJ_STATE	(ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS | ADJ_TIMECONST | ADJ_TAI | \
			 ADJ_MICRO | ADJ_NANO)

/* include/uapi/linux/timex.h: what may be set. */
static const struct {
	int flag;
	const char *name;
} flags[] = {
	{ STA_PLL, "PLL" }, { STA_PPSFREQ, "PPSFREQ" }, { STA_PPSTIME, "PPSTIME" },
	{ STA_FLL, "FLL" }, { STA_INS, "INS" }, { STA_DEL, "DEL" }, { STA_UNSYNC, "UNSYNC" },
	{ STA_FREQHOLD, "FREQHOLD" },
};

/* 2^-16 ppm in ppb. A record may say anything; the kernel's frequency is 500 ppm at most. */
static int64_t ppb_of(int64_t frequency, int64_t tick_us)
{
	int64_t frequency_ppb, tick_ppb;

	frequency = chime_max(-(1LL << 40), chime_min(frequency, 1LL << 40));
	tick_us = chime_max(-(1LL << 40), chime_min(tick_us, 1LL << 40));
	frequency_ppb = frequency * 1000 / 65536;
	tick_ppb = (tick_us - TICK_US) * PPB_PER_TICK_US;

	return frequency_ppb + tick_ppb;
}

static bool is_nano(const struct watch_record *record)
{
	return record->status & STA_NANO && !(record->modes & ADJ_ADJTIME);
}

static int64_t slew_ns_of(const struct watch_record *record)
{
	int64_t most = INT64_MAX / 1000;
	int64_t offset = chime_max(-most, chime_min(record->offset, most));

	return is_nano(record) ? offset : offset * 1000;
}

static void adjustment(const struct watch_record *record, struct change_rate *rate,
		       struct change *change)
{
	bool single = record->modes & ADJ_ADJTIME;

	if (record->modes & ADJ_SETOFFSET && !single) {
		change->parts |= CHANGE_STEP;
		change->step_ns = record->step_ns;
	}
	if (record->modes & (ADJ_OFFSET | ADJ_ADJTIME)) {
		change->parts |= CHANGE_SLEW;
		change->slew_ns = slew_ns_of(record);
	}
	if (record->modes & (ADJ_FREQUENCY | ADJ_TICK) && !single) {
		change->parts |= CHANGE_FREQUENCY;
		change->frequency_ppb = ppb_of(record->frequency, record->tick_us);
		if (rate->known)
			change->rate_ppb = change->frequency_ppb -
					   ppb_of(rate->frequency, rate->tick_us);
	}
	if (record->modes & ADJ_STATE && !single)
		change->parts |= CHANGE_STATUS;
	*rate = (struct change_rate){ true, record->frequency, record->tick_us };
}

void change_of_record(const struct watch_record *record, struct change_rate *rate,
		      struct change *change)
{
	memset(change, 0, sizeof(*change));
	switch (record->call) {
	case WATCH_ADJUSTS:
		adjustment(record, rate, change);
		break;
	case WATCH_SETS:
	case WATCH_KERNEL_SETS:
		change->parts = CHANGE_STEP;
		change->step_ns = record->step_ns;
		break;
	}
}

/* --- for people --- */

/* Parts of a sentence, each after the one before. */
static const char *after(const char *text)
{
	return *text ? "; " : "";
}

/* A duration with its sign. */
static const char *plus(int64_t ns)
{
	return ns > 0 ? "+" : "";
}

static void add_frequency(const struct change *change, char text[CHANGE_TEXT_MAX])
{
	text_append(text, CHANGE_TEXT_MAX, "%sset its frequency to %+.3f ppm", after(text),
		    (double)change->frequency_ppb / 1e3);
	if (change->rate_ppb)
		text_append(text, CHANGE_TEXT_MAX, " (by %+.3f ppm)",
			    (double)change->rate_ppb / 1e3);
}

static void add_flags(const struct watch_record *record, char text[CHANGE_TEXT_MAX])
{
	const char *before = " ";

	text_append(text, CHANGE_TEXT_MAX, "%sset status", after(text));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(record->status & flags[i].flag))
			continue;
		text_append(text, CHANGE_TEXT_MAX, "%s%s", before, flags[i].name);
		before = ", ";
	}
	if (*before == ' ')
		text_append(text, CHANGE_TEXT_MAX, " 0");
}

static void add_state(const struct watch_record *record, char text[CHANGE_TEXT_MAX])
{
	if (record->modes & ADJ_STATUS)
		add_flags(record, text);
	if (record->modes & (ADJ_MAXERROR | ADJ_ESTERROR))
		text_append(text, CHANGE_TEXT_MAX, "%sset the bounds of its error", after(text));
	if (record->modes & ADJ_TAI)
		text_append(text, CHANGE_TEXT_MAX, "%sset TAI - UTC to %lld s", after(text),
			    (long long)record->constant);
	else if (record->modes & ADJ_TIMECONST)
		text_append(text, CHANGE_TEXT_MAX, "%sset the PLL's time constant to %lld",
			    after(text), (long long)record->constant);
	if (!*text)
		text_append(text, CHANGE_TEXT_MAX, "set the unit of offsets");
}

void change_text(const struct watch_record *record, const struct change *change,
		 char text[CHANGE_TEXT_MAX])
{
	*text = '\0';
	if (change->parts & CHANGE_STEP)
		text_append(text, CHANGE_TEXT_MAX, "stepped it by %s%s", plus(change->step_ns),
			    duration_text(change->step_ns).text);
	if (change->parts & CHANGE_SLEW)
		text_append(text, CHANGE_TEXT_MAX, "%sslewed it by %s%s", after(text),
			    plus(change->slew_ns), duration_text(change->slew_ns).text);
	if (change->parts & CHANGE_FREQUENCY)
		add_frequency(change, text);
	if (change->parts & CHANGE_STATUS)
		add_state(record, text);
	if (!change->parts)
		text_append(text, CHANGE_TEXT_MAX, "changed it");
}
