// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: each kind of disruption as the witnesses of each kind of machine see it, and the
 * resulting cause.
 */
#include "kmod/core/verdict.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL
#define DAY	(86400 * S)

#define SAW(name)	CHIME_SAW(name)

/* The witnesses of a machine: kvm-clock sees stops, a generation id or vmclock sees restores. */
#define BLIND		0
#define STOPS		1
#define RESTORES	2
#define FORKS		4
#define ASLEEP		8	/* the guest had suspended itself */
#define GAPLESS		16	/* the host shows that no time was lost */

static const struct {
	const char *what;
	u32 evidence;
	s64 gap_ns;
	unsigned int sees;
	enum truechime_cause cause;
} cases[] = {
	{ "loadvm, kvm-clock and generation id", SAW(HOST_TIME) | SAW(CLOCK_SET) |
	  SAW(GENID_NOTIFY),
	  5 * S, STOPS | RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm after 50 ms", SAW(HOST_TIME) | SAW(CLOCK_SET) | SAW(GENID_NOTIFY), 50 * MS,
	  STOPS | RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm after 400 days", SAW(HOST_TIME) | SAW(CLOCK_SET) | SAW(GENID_NOTIFY), 400 * DAY,
	  STOPS | RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm on a host whose clock is behind", SAW(HOST_TIME) | SAW(CLOCK_SET) |
	  SAW(GENID_NOTIFY), -12 * 3600 * S, STOPS | RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, vmclock", SAW(HOST_TIME) | SAW(CLOCK_SET) | SAW(MARKER), 5 * S, STOPS | RESTORES,
	  TRUECHIME_CAUSE_REVERT },
	{ "loadvm, kvm-clock alone", SAW(HOST_TIME) | SAW(CLOCK_SET), 5 * S, STOPS,
	  TRUECHIME_CAUSE_REVERT },
	{ "loadvm, kvm-clock alone, the host's clock behind",
	  SAW(HOST_TIME) | SAW(CLOCK_SET), -5 * S,
	  STOPS, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, no paravirtual clock but a generation id", SAW(HOST_TIME) | SAW(GENID_NOTIFY),
	  5 * S, RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, hypercall only", SAW(HOST_TIME), 5 * S, BLIND, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, generation id only", SAW(GENID_NOTIFY), 0, RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, marker only", SAW(MARKER), 0, RESTORES, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, RTC only", SAW(RTC), 5 * S, BLIND, TRUECHIME_CAUSE_REVERT },
	{ "loadvm, RTC and generation id", SAW(RTC) | SAW(GENID_NOTIFY), 5 * S, RESTORES,
	  TRUECHIME_CAUSE_REVERT },

	{ "fork, kvm-clock and generation id", SAW(HOST_TIME) | SAW(CLOCK_SET) | SAW(GENID_NOTIFY) |
	  SAW(GENID_CHANGED), 16 * S, STOPS | RESTORES, TRUECHIME_CAUSE_FORK },
	{ "fork of which the notification is late", SAW(HOST_TIME) | SAW(CLOCK_SET) |
	  SAW(GENID_CHANGED), 16 * S, STOPS | RESTORES, TRUECHIME_CAUSE_FORK },
	{ "fork, generation id only", SAW(GENID_NOTIFY) | SAW(GENID_CHANGED), 0, RESTORES,
	  TRUECHIME_CAUSE_FORK },
	{ "fork, vmclock with generation counter", SAW(MARKER) | SAW(GENERATION), 5 * S,
	  RESTORES | FORKS, TRUECHIME_CAUSE_FORK },
	{ "fork of a guest that slept", SAW(RESUME) | SAW(GENID_CHANGED), 16 * S,
	  STOPS | RESTORES | ASLEEP, TRUECHIME_CAUSE_FORK },

	{ "live migration, a generation id that changes with it", SAW(GENID_NOTIFY) |
	  SAW(GENID_CHANGED), 0, STOPS | RESTORES | GAPLESS, TRUECHIME_CAUSE_MIGRATION },
	{ "the same and vmclock with generation counter", SAW(MARKER) | SAW(GENID_CHANGED), 0,
	  STOPS | RESTORES | FORKS | GAPLESS, TRUECHIME_CAUSE_MIGRATION },
	{ "fork without a gap, vmclock with generation counter", SAW(MARKER) | SAW(GENERATION) |
	  SAW(GENID_CHANGED), 0, STOPS | RESTORES | FORKS | GAPLESS, TRUECHIME_CAUSE_FORK },
	{ "restore without a gap", SAW(GENID_NOTIFY), 0, STOPS | RESTORES | GAPLESS,
	  TRUECHIME_CAUSE_REVERT },

	{ "live migration, vmclock with generation counter", SAW(HOST_TIME) | SAW(CLOCK_SET) |
	  SAW(MARKER) | SAW(GENID_NOTIFY), 300 * MS, STOPS | RESTORES | FORKS,
	  TRUECHIME_CAUSE_MIGRATION },
	{ "migration of a guest that slept", SAW(HOST_TIME) | SAW(CLOCK_SET) | SAW(MARKER) |
	  SAW(RESUME), 16 * S, STOPS | RESTORES | FORKS | ASLEEP, TRUECHIME_CAUSE_MIGRATION },
	{ "wake-up that resets a marker of whose device no more is known", SAW(HOST_TIME) |
	  SAW(MARKER) | SAW(RESUME), 16 * S, STOPS | RESTORES | ASLEEP, TRUECHIME_CAUSE_SUSPEND },

	{ "stop and cont for 5 s", SAW(HOST_TIME) | SAW(CLOCK_SET), 5 * S, STOPS | RESTORES,
	  TRUECHIME_CAUSE_PAUSE },
	{ "stop and cont for 200 ms", SAW(HOST_TIME) | SAW(GUEST_STOPPED), 200 * MS,
	  STOPS | RESTORES,
	  TRUECHIME_CAUSE_PAUSE },
	{ "savevm", SAW(HOST_TIME) | SAW(CLOCK_SET), 30 * MS, STOPS | RESTORES,
	  TRUECHIME_CAUSE_PAUSE },
	{ "savevm, kvm-clock alone", SAW(HOST_TIME) | SAW(CLOCK_SET), 55 * MS, STOPS,
	  TRUECHIME_CAUSE_PAUSE },
	{ "150 ms, kvm-clock alone", SAW(HOST_TIME) | SAW(CLOCK_SET), 150 * MS, STOPS,
	  TRUECHIME_CAUSE_PAUSE },
	{ "more than 150 ms, kvm-clock alone", SAW(HOST_TIME) | SAW(CLOCK_SET), 150 * MS + 1, STOPS,
	  TRUECHIME_CAUSE_REVERT },
	{ "a stop that took no time", SAW(HOST_TIME) | SAW(CLOCK_SET), 0, STOPS | RESTORES,
	  TRUECHIME_CAUSE_UNKNOWN },
	{ "the shortest stop", SAW(HOST_TIME) | SAW(CLOCK_SET), 1, STOPS | RESTORES,
	  TRUECHIME_CAUSE_PAUSE },
	{ "stop and cont, kvm-clock alone: may have been a revert", SAW(HOST_TIME) | SAW(CLOCK_SET),
	  5 * S, STOPS, TRUECHIME_CAUSE_REVERT },
	{ "acpi_pm wraps", SAW(HOST_TIME) | SAW(RAW_LOST), 5 * S, STOPS | RESTORES,
	  TRUECHIME_CAUSE_UNKNOWN },
	{ "stop, the host's clock set back, cont", SAW(HOST_TIME) | SAW(CLOCK_SET), -5 * S,
	  STOPS | RESTORES, TRUECHIME_CAUSE_UNKNOWN },
	{ "stop and cont, generation id and a clock that tells nothing of stops", SAW(HOST_TIME),
	  5 * S, RESTORES, TRUECHIME_CAUSE_PAUSE },

	{ "S3", SAW(HOST_TIME) | SAW(RESUME) | SAW(CLOCK_SET), 7 * S, STOPS | RESTORES | ASLEEP,
	  TRUECHIME_CAUSE_SUSPEND },
	{ "S3 of which the reset notifies", SAW(HOST_TIME) | SAW(RESUME) | SAW(GENID_NOTIFY), 7 * S,
	  STOPS | RESTORES | ASLEEP, TRUECHIME_CAUSE_SUSPEND },
	{ "suspend, nothing else to see with", SAW(RESUME), 7 * S, ASLEEP,
	  TRUECHIME_CAUSE_SUSPEND },

	{ "the host's clock set forward", SAW(HOST_TIME), 12 * 3600 * S, STOPS | RESTORES,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "the host's clock set back by 100 ms", SAW(HOST_TIME), -100 * MS, STOPS | RESTORES,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "the host's clock set, kvm-clock alone", SAW(HOST_TIME), 400 * DAY, STOPS,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "no gap, generation id only", SAW(HOST_TIME), 0, RESTORES, TRUECHIME_CAUSE_HOST_STEP },
	{ "the shortest gap, generation id only", SAW(HOST_TIME), 1, RESTORES,
	  TRUECHIME_CAUSE_PAUSE },
	{ "the host's clock set back, generation id only", SAW(HOST_TIME), -5 * S, RESTORES,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "the host's clock set back, RTC and generation id", SAW(RTC), -5 * S, RESTORES,
	  TRUECHIME_CAUSE_HOST_STEP },

	{ "loadvm, time sources only", SAW(NTP), 5 * S, BLIND, TRUECHIME_CAUSE_TIME_SOURCES },
	{ "stop and cont, generation id and time sources", SAW(NTP), 5 * S, RESTORES,
	  TRUECHIME_CAUSE_TIME_SOURCES },
	{ "loadvm, generation id and time sources", SAW(NTP) | SAW(GENID_NOTIFY), 5 * S, RESTORES,
	  TRUECHIME_CAUSE_REVERT },
	{ "time sources go back", SAW(NTP), -5 * S, BLIND, TRUECHIME_CAUSE_TIME_SOURCES },
	{ "time sources jump, the host set aside did not", SAW(NTP), 5 * S, STOPS | RESTORES,
	  TRUECHIME_CAUSE_TIME_SOURCES },
};

/* 2027-07-01 00:00:00 */
#define MIDNIGHT_NS	(1814400000 * S)

static const struct {
	const char *what;
	u32 evidence;
	s64 gap_ns;
	s64 time_ns;
	enum truechime_cause cause;
} leaps[] = {
	{ "inserted", SAW(HOST_TIME), -S, MIDNIGHT_NS - 980 * MS, TRUECHIME_CAUSE_LEAP },
	{ "inserted, seen late", SAW(HOST_TIME), -S - 20000, MIDNIGHT_NS + 900 * MS,
	  TRUECHIME_CAUSE_LEAP },
	{ "left out", SAW(HOST_TIME), S + 20000, MIDNIGHT_NS + 20 * MS, TRUECHIME_CAUSE_LEAP },
	{ "not by a second", SAW(HOST_TIME), -S + 20 * MS, MIDNIGHT_NS, TRUECHIME_CAUSE_HOST_STEP },
	{ "not at midnight", SAW(HOST_TIME), -S, MIDNIGHT_NS + 10 * S, TRUECHIME_CAUSE_HOST_STEP },
	{ "not before midnight", SAW(HOST_TIME), -S, MIDNIGHT_NS - 2 * S,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "nobody knows when", SAW(HOST_TIME), -S, 0, TRUECHIME_CAUSE_HOST_STEP },
	{ "the first time that is one", SAW(HOST_TIME), -S, 1, TRUECHIME_CAUSE_LEAP },
	{ "just by a second", SAW(HOST_TIME), -S + 10 * MS, MIDNIGHT_NS, TRUECHIME_CAUSE_LEAP },
	{ "just not by a second", SAW(HOST_TIME), -S + 10 * MS + 1, MIDNIGHT_NS,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "just late enough", SAW(HOST_TIME), -S, MIDNIGHT_NS - S - 10 * MS, TRUECHIME_CAUSE_LEAP },
	{ "just too early", SAW(HOST_TIME), -S, MIDNIGHT_NS - S - 10 * MS - 1,
	  TRUECHIME_CAUSE_HOST_STEP },
	{ "just early enough", SAW(HOST_TIME), -S, MIDNIGHT_NS + 3 * S, TRUECHIME_CAUSE_LEAP },
	{ "just too late", SAW(HOST_TIME), -S, MIDNIGHT_NS + 3 * S + 1, TRUECHIME_CAUSE_HOST_STEP },
	{ "a pause", SAW(HOST_TIME) | SAW(CLOCK_SET), S, MIDNIGHT_NS, TRUECHIME_CAUSE_PAUSE },
	{ "a restore", SAW(HOST_TIME) | SAW(GENID_NOTIFY), S, MIDNIGHT_NS, TRUECHIME_CAUSE_REVERT },
};

TEST(distinguishes_a_leap_second_from_a_step)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaps); i++) {
		struct chime_observation observation = {
			.evidence = leaps[i].evidence,
			.gap_ns = leaps[i].gap_ns,
			.time_ns = leaps[i].time_ns,
			.sees_stops = true,
			.sees_restores = true,
		};

		EXPECT_EQ(leaps[i].cause, chime_verdict_cause(&observation))
			TH_LOG("%s", leaps[i].what);
	}
}

/*
 * A machine without witnesses may have been restored whenever time came apart, but a stop takes
 * time, and gives none back: by a second at midnight only a leap second does.
 */
static const struct {
	const char *what;
	s64 gap_ns;
	s64 time_ns;
	enum truechime_cause cause;
} unseen_leaps[] = {
	{ "inserted", -S, MIDNIGHT_NS - 980 * MS, TRUECHIME_CAUSE_LEAP },
	{ "left out, or a pause", S, MIDNIGHT_NS + 20 * MS, TRUECHIME_CAUSE_REVERT },
	{ "not by a second", -S + 20 * MS, MIDNIGHT_NS, TRUECHIME_CAUSE_REVERT },
	{ "not at midnight", -S, MIDNIGHT_NS + 10 * S, TRUECHIME_CAUSE_REVERT },
};

TEST(an_inserted_second_needs_no_witness)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unseen_leaps); i++) {
		struct chime_observation observation = {
			.evidence = SAW(HOST_TIME),
			.gap_ns = unseen_leaps[i].gap_ns,
			.time_ns = unseen_leaps[i].time_ns,
		};

		EXPECT_EQ(unseen_leaps[i].cause, chime_verdict_cause(&observation))
			TH_LOG("%s", unseen_leaps[i].what);
	}
}

TEST(names_the_cause)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chime_observation observation = {
			.evidence = cases[i].evidence,
			.gap_ns = cases[i].gap_ns,
			.gapless = cases[i].sees & GAPLESS,
			.suspended = cases[i].sees & ASLEEP,
			.sees_stops = cases[i].sees & STOPS,
			.sees_restores = cases[i].sees & RESTORES,
			.sees_forks = cases[i].sees & FORKS,
		};

		EXPECT_EQ(cases[i].cause, chime_verdict_cause(&observation))
			TH_LOG("%s", cases[i].what);
	}
}

/* Any evidence leads to one of the causes that a disruption can have. */
TEST(names_a_cause_of_disruptions)
{
	static const s64 gaps[] = { S64_MIN, -S, -1, 0, 1, 150 * MS, 150 * MS + 1, S, S64_MAX };
	unsigned int evidence, sees, i;

	for (evidence = 0; evidence < 1024; evidence++) {
		for (sees = 0; sees < 16; sees++) {
			for (i = 0; i < ARRAY_SIZE(gaps); i++) {
				struct chime_observation observation = {
					.evidence = evidence,
					.gap_ns = gaps[i],
					.time_ns = evidence & 1 ? MIDNIGHT_NS : 0,
					.suspended = sees & ASLEEP,
					.sees_stops = sees & STOPS,
					.sees_restores = sees & RESTORES,
					.sees_forks = sees & FORKS,
				};
				enum truechime_cause cause = chime_verdict_cause(&observation);

				ASSERT_NE(TRUECHIME_CAUSE_BOOT, cause);
				ASSERT_NE(TRUECHIME_CAUSE_OPERATOR, cause);
				/* A guest that was stopped or restored never blames the host. */
				if (evidence & (CHIME_SAW_RESTORE | CHIME_SAW_STOP)) {
					ASSERT_NE(TRUECHIME_CAUSE_HOST_STEP, cause);
					ASSERT_NE(TRUECHIME_CAUSE_LEAP, cause);
				}
				ASSERT_EQ(!!(evidence & CHIME_SAW_FORK),
					  cause == TRUECHIME_CAUSE_FORK);
			}
		}
	}
}

TEST_HARNESS_MAIN
