// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference clocks from the device to the source: a socket and a segment of the test's own, pulses
 * of a device that is the test's, good ones and hostile ones.
 */
#include "selftests/unit/association_world.h"
#include "user/sources/change.h"

#include <linux/ptp_clock.h>
#include <math.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "selftests/unit/fake_pps.h"
#include "selftests/unit/sock_sample.h"
#include "user/sources/refclock.h"
#include "user/steering/leap_list.h"

#define US	1000LL
#define MS	1000000LL

/* What is said of a refclock that is fine, before its first sample. */
#define TAKING	"its readings are no sample yet"

/* The clocks of this machine are read and sent some us apart, and it may be busy. */
#define TOLERANCE_NS	(5 * MS)

/* --- A program that sends samples --- */

static struct sockaddr_un sock_address;

static const char *sock_path(void)
{
	return sock_address.sun_path;
}

static void name_socket(void)
{
	sock_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	snprintf(sock_address.sun_path, sizeof(sock_address.sun_path),
		 "/tmp/truechime-refclock-%d.sock", (int)getpid());
}

static bool send_bytes(const void *bytes, size_t length)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ssize_t sent = sendto(fd, bytes, length, 0, (struct sockaddr *)&sock_address,
			      sizeof(sock_address));

	close(fd);
	return sent == (ssize_t)length;
}

/* A sample taken @late_ns ago that says that our clock is @offset_ns behind. */
static bool send_late(int64_t late_ns, double offset_ns)
{
	int64_t at_ns = realtime_ns() - late_ns;
	struct sock_sample sent = {
		.s = at_ns / NS_PER_S,
		.us = at_ns % NS_PER_S / US,
		.offset = offset_ns / NS_PER_S,
		.magic = SOCK_MAGIC,
	};

	return send_bytes(&sent, sizeof(sent));
}

static void send_sample(double offset_ns)
{
	if (!send_late(0, offset_ns))
		abort();
	turn();
}

/* UTC minus the reference, if our clock is @behind_ns behind. */
static int64_t offset_when(int64_t behind_ns)
{
	return realtime_ns() + behind_ns - raw_ns();
}

/* Configure one or more refclocks; "SOCK" in @format is the socket's path. */
static void configure_refclocks(const char *format)
{
	char text[1024] = "";

	the_world->skips_realtime = true;
	name_socket();
	while (*format) {
		size_t used = strlen(text);

		if (!strncmp(format, "%", 1)) {
			strcat(text, sock_path());
		} else {
			text[used] = *format;
			text[used + 1] = '\0';
		}
		format++;
	}
	configure(text);
	/* It is opened, and polled the first time. */
	turn();
}

static struct association_info info_at(size_t index)
{
	struct association_info info;

	if (!associations_get_info(the_world->list, index, &info))
		abort();
	return info;
}

#define EXPECT_NEAR(expected, seen)	EXPECT_GT(TOLERANCE_NS, llabs((expected) - (seen)))

TEST_F(world, samples_of_a_socket)
{
	const struct source_sample *sample;

	configure_refclocks("refclock SOCK % refid GPS poll 3 delay .2 stratum 2 precision .001\n");
	EXPECT_STREQ("GPS", info_at(0).address);
	EXPECT_STREQ(sock_path(), info_at(0).name);
	EXPECT_EQ(1, source_at(0)->failed);
	EXPECT_EQ(-ETIMEDOUT, source_at(0)->error);
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(250 * MS);
	}
	EXPECT_EQ(0, source_at(0)->added);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	sample = &source_at(0)->sample;
	EXPECT_NEAR(offset_when(250 * MS), sample->offset_ns);
	EXPECT_EQ(200 * MS, sample->root_delay_ns);
	EXPECT_LE(MS, sample->noise_ns);
	EXPECT_GT(2 * MS + TOLERANCE_NS, sample->noise_ns);
	EXPECT_EQ(sample->noise_ns, sample->root_dispersion_ns);
	EXPECT_EQ(2, sample->stratum);
	EXPECT_EQ(0x47505300, sample->refid);
	EXPECT_EQ(0, sample->delay_ns);
	EXPECT_FALSE(sample->numbered);
	EXPECT_EQ(0, self->messages);
	EXPECT_STREQ("", info_at(0).rejected);
	/* A sample is used once. */
	pass(65);
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_STREQ("no reading comes", info_at(0).rejected);
	/* That it is silent is said when that goes on, and so is its return. */
	for (int i = 0; i < 10; i++)
		pass(65);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "gives no time: no reading comes"));
	pass(1);
	send_sample(250 * MS);
	pass(64);
	EXPECT_EQ(2, source_at(0)->added);
	EXPECT_NE(NULL, strstr(self->message, "again"));
}

/* The latest reading but @ago. */
static const struct refclock_taken *taken_at(size_t index, uint64_t ago)
{
	const struct refclock_record *record = info_at(index).readings;

	return &record->latest[(record->count - 1 - ago) % REFCLOCK_TAKEN_MAX];
}

/* For the files of measurements: as it came, and as a sample. */
TEST_F(world, readings_are_kept_as_they_came)
{
	configure_refclocks("refclock SOCK % poll 3 offset .01 precision .001\n"
			    "server 192.0.2.1\n");
	EXPECT_EQ(NULL, info_at(1).readings);
	ASSERT_NE(NULL, info_at(0).readings);
	EXPECT_EQ(0, info_at(0).readings->count);
	for (int i = 0; i < 3; i++) {
		pass(1);
		send_sample(250 * MS);
	}
	EXPECT_EQ(3, info_at(0).readings->count);
	EXPECT_EQ(250 * MS, taken_at(0, 0)->ahead_ns);
	EXPECT_NEAR(offset_when(260 * MS), taken_at(0, 0)->sample.offset_ns);
	EXPECT_LE(MS, taken_at(0, 0)->sample.noise_ns);
	EXPECT_EQ(self->epoch, taken_at(0, 0)->sample.epoch);
	EXPECT_FALSE(taken_at(0, 0)->pulse);
	EXPECT_EQ(2, taken_at(0, 0)->number);
	EXPECT_EQ(0, taken_at(0, 2)->number);
	/* One that is not used is none, and a poll begins to count anew. */
	ASSERT_TRUE(send_late(3600 * NS_PER_S, 0));
	turn();
	pass(64);
	send_sample(250 * MS);
	EXPECT_EQ(4, info_at(0).readings->count);
	EXPECT_EQ(0, taken_at(0, 0)->number);
}

/* The system clock was slewed meanwhile: the sample's instant counts, not that of its arrival. */
TEST_F(world, a_late_sample_is_as_good)
{
	configure_refclocks("refclock SOCK % poll 3\n");
	for (int i = 0; i < 8; i++) {
		pass(1);
		ASSERT_TRUE(send_late(300 * MS, -100 * MS));
		turn();
	}
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(-100 * MS), source_at(0)->sample.offset_ns);
}

/* A receiver that has lost its signal may repeat what it said last. */
TEST_F(world, a_time_that_is_repeated_is_none)
{
	configure_refclocks("refclock SOCK % refid GPS poll 3\n");
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(250 * MS);
	}
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	for (int i = 0; i < 4; i++) {
		send_sample(250 * MS - 64 * NS_PER_S - i * NS_PER_S);
		pass(1);
	}
	pass(64);
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "stands still"));
	EXPECT_EQ(1, self->messages) TH_LOG("%s", self->message);
}

/* Its readings come, and are dates: whoever looks for the reason must not look for them. */
TEST_F(world, a_sample_that_is_not_taken_is_not_called_missing)
{
	configure_refclocks("refclock SOCK % refid GPS poll 3 delay 16\n");
	source_at(0)->add_result = -EINVAL;
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(250 * MS);
	}
	pass(64);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "'delay'"))
		TH_LOG("%s", info_at(0).rejected);
	source_at(0)->add_result = 0;
	send_sample(250 * MS);
	pass(65);
	EXPECT_EQ(1, source_at(0)->added);
	EXPECT_STREQ("", info_at(0).rejected);
	/* The reason is one of a sample that came. */
	pass(65);
	EXPECT_STREQ("no reading comes", info_at(0).rejected);
}

TEST_F(world, nonsense_is_said_once)
{
	struct sock_sample sent = { .magic = SOCK_MAGIC, .offset = NAN };

	configure_refclocks("refclock SOCK % poll 3\n");
	pass(1);
	ASSERT_TRUE(send_bytes("hello", 5));
	turn();
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "bytes"));
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "bytes"));
	sent.s = realtime_ns() / NS_PER_S;
	ASSERT_TRUE(send_bytes(&sent, sizeof(sent)));
	turn();
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "number"));
	sent.offset = INFINITY;
	ASSERT_TRUE(send_bytes(&sent, sizeof(sent)));
	turn();
	/* Times that cannot be: in an hour, an hour ago, and a date of long ago. */
	ASSERT_TRUE(send_late(-3600 * NS_PER_S, 0));
	turn();
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "future"));
	ASSERT_TRUE(send_late(3600 * NS_PER_S, 0));
	turn();
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "too old"));
	ASSERT_TRUE(send_late(0, -1e18));
	turn();
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	EXPECT_EQ(1, self->messages);
	pass(64);
	EXPECT_EQ(0, source_at(0)->added);
	/* Their number is said at the end. */
	configure("");
	EXPECT_EQ(2, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "5 readings"));
}

TEST_F(world, an_offset_that_the_operator_changes_is_of_its_date)
{
	struct source_change to = { .option = CHANGE_OFFSET, .value = 619315200 };
	const int64_t rollover_ns = 1024 * 7 * 86400 * NS_PER_S;

	configure_refclocks("refclock SOCK % poll 3\n");
	ASSERT_EQ(0, change_source(self->list, source_serial(source_at(0)), &to));
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(-(double)rollover_ns);
	}
	EXPECT_STREQ(TAKING, info_at(0).rejected);
}

/* A GPS receiver of 2006: its count of weeks has begun anew since, which is 19.6 years. */
TEST_F(world, an_offset_puts_a_date_right)
{
	const int64_t rollover_ns = 1024 * 7 * 86400 * NS_PER_S;

	configure_refclocks("refclock SOCK % poll 3 offset 619315200\n");
	/* The first one is from before all readings of the clocks. */
	pass(1);
	send_sample(0);
	/* It is the date with the offset that has to be one. */
	pass(1);
	send_sample(-3.0 * (double)rollover_ns);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	pass(1);
	send_sample(3.15e18 - (double)rollover_ns);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	EXPECT_EQ(1, self->messages);
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(-(double)rollover_ns);
	}
	EXPECT_STREQ(TAKING, info_at(0).rejected);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(-rollover_ns), source_at(0)->sample.offset_ns);
}

/* PTP's time: 37 s ahead of UTC since 2017. */
TEST_F(world, tai_becomes_utc)
{
	static const struct leap_list leaps = {
		.count = 2,
		.entry = { { 1435708800, 36 }, { 1483228800, 37 } },
	};

	configure_refclocks("leapsectz right/UTC\nrefclock SOCK % tai poll 3\n");
	/* The first one is from before all readings of the clocks. */
	for (int i = 0; i < 2; i++) {
		pass(1);
		send_sample(37.0 * NS_PER_S);
	}
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "TAI"));
	associations_use_leaps(self->list, &leaps);
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(37.0 * NS_PER_S);
	}
	EXPECT_STREQ(TAKING, info_at(0).rejected);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(0), source_at(0)->sample.offset_ns);
}

/* What is a pulse to its sender, or by the configuration, gets its second here. */
TEST_F(world, samples_may_be_pulses)
{
	struct sock_sample sent = { .pulse = 1, .magic = SOCK_MAGIC };

	self->maxerror_ns = MS;
	configure_refclocks("refclock SOCK % poll 3 pps\n");
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(100.0 * NS_PER_S + 2.0 * MS);
	}
	EXPECT_TRUE(taken_at(0, 0)->pulse);
	EXPECT_NEAR(2 * MS, taken_at(0, 0)->ahead_ns);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(2 * MS), source_at(0)->sample.offset_ns);
	EXPECT_TRUE(source_at(0)->sample.numbered);

	configure_refclocks("refclock SOCK % poll 3\n");
	for (int i = 0; i < 8; i++) {
		int64_t at_ns;

		pass(1);
		at_ns = realtime_ns();
		sent.s = at_ns / NS_PER_S;
		sent.us = at_ns % NS_PER_S / US;
		sent.offset = 0.003;
		ASSERT_TRUE(send_bytes(&sent, sizeof(sent)));
		turn();
	}
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	/* Our clock is ahead by that. */
	EXPECT_NEAR(offset_when(-3 * MS), source_at(0)->sample.offset_ns);
	EXPECT_TRUE(source_at(0)->sample.numbered);
}

/* Ten thousand a second do neither harm nor keep the others waiting. */
TEST_F(world, a_flood_is_a_sample)
{
	int sent = 0;

	configure_refclocks("refclock SOCK % poll 0 filter 64\n");
	pass(1);
	for (int tries = 0; sent < 10000 && tries < 100000; tries++) {
		if (send_late(0, 10 * MS))
			sent++;
		else
			turn();
	}
	EXPECT_EQ(10000, sent);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(10 * MS), source_at(0)->sample.offset_ns);
	EXPECT_GT(MS, source_at(0)->sample.noise_ns);
}

TEST_F(world, another_epoch_begins_anew)
{
	configure_refclocks("refclock SOCK % poll 3\n");
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(0);
	}
	self->epoch++;
	associations_change_reference(self->list, self->epoch, &REFERENCE_JUMPED);
	pass(64);
	EXPECT_EQ(0, source_at(0)->added);
	for (int i = 0; i < 8; i++) {
		pass(1);
		send_sample(0);
	}
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_EQ(self->epoch, source_at(0)->sample.epoch);
}

/* A program cleaned up, or another daemon took the path. */
TEST_F(world, a_socket_that_was_removed_is_made_again)
{
	struct stat found;

	configure_refclocks("refclock SOCK %\n");
	ASSERT_EQ(0, stat(sock_path(), &found));
	ASSERT_EQ(0, unlink(sock_path()));
	pass(65);
	EXPECT_NE(NULL, strstr(self->message, "removed"));
	pass(65);
	EXPECT_EQ(0, stat(sock_path(), &found));
	configure("");
	EXPECT_EQ(-1, stat(sock_path(), &found));
}

/* --- Pulses --- */

/* A second of UTC began, which our clock, @behind_ns behind, noticed @late_ns late. */
static void pulse(int64_t behind_ns, int64_t late_ns)
{
	int64_t utc_ns = realtime_ns() + behind_ns;
	int64_t second_ns = utc_ns - utc_ns % NS_PER_S;
	int64_t at_ns = second_ns - behind_ns + late_ns;

	if (at_ns > realtime_ns())
		at_ns -= NS_PER_S;
	fake_pps_edge(at_ns / NS_PER_S, (int32_t)(at_ns % NS_PER_S));
}

/* A second passes, and the refclocks hear the pulse at its end. */
static void next_pulse(int64_t behind_ns, int64_t late_ns)
{
	pass(1);
	pulse(behind_ns, late_ns);
	pass(0);
}

/* The timescale, which numbers the pulses of refclocks, is right to within @maxerror_ns. */
static void configure_pulses(int64_t maxerror_ns, const char *format)
{
	fake_pps_reset();
	the_world->maxerror_ns = maxerror_ns;
	configure_refclocks(format);
}

TEST_F(world, pulses_are_numbered_by_the_timescale)
{
	const struct source_sample *sample;

	configure_pulses(100 * MS, "refclock PPS /dev/null poll 3 refid PPS\n");
	for (int i = 0; i < 12; i++)
		next_pulse(0, 1500);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	sample = &source_at(0)->sample;
	EXPECT_GT(TOLERANCE_NS, llabs(offset_when(-1500) - sample->offset_ns));
	EXPECT_TRUE(sample->numbered);
	EXPECT_TRUE(source_at(0)->options.numbered);
	EXPECT_EQ(0, self->messages);
	EXPECT_TRUE(info_at(0).kernel_timestamps);
}

/* Never without a clock that shows which second it is. */
TEST_F(world, pulses_alone_are_no_time)
{
	configure_pulses(CHIME_LINE_UNBOUNDED_NS, "refclock PPS /dev/null poll 3\n");
	for (int bound = 0; bound < 2; bound++) {
		for (int i = 0; i < 12; i++)
			next_pulse(0, 0);
		EXPECT_STRNE("", info_at(0).rejected);
		pass(64);
		EXPECT_EQ(0, source_at(0)->added);
		/* A bound that leaves two seconds to choose from is none. */
		self->maxerror_ns = NS_PER_S / 2;
	}
}

TEST_F(world, others_may_dispute_the_second)
{
	configure_pulses(MS, "refclock PPS /dev/null poll 3\nserver 127.0.0.1\n");
	source_at(1)->has_estimate = true;
	source_at(1)->reach = 1;
	source_at(1)->estimate_ns = offset_when(3600 * NS_PER_S);
	for (int i = 0; i < 4; i++)
		next_pulse(0, 0);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "other sources"));
	source_at(1)->estimate_ns = offset_when(0);
	next_pulse(0, 0);
	EXPECT_STREQ(TAKING, info_at(0).rejected);
}

/* All servers are silent, and a receiver that they have shown to be wrong is still there. */
TEST_F(world, refuted_clock_disputes_no_second)
{
	configure_pulses(MS, "refclock PPS /dev/null poll 3\nserver 127.0.0.1\n");
	source_at(1)->has_estimate = true;
	source_at(1)->reach = 1;
	source_at(1)->estimate_ns = offset_when(3600 * NS_PER_S);
	source_at(1)->refuted = true;
	for (int i = 0; i < 4; i++)
		next_pulse(0, 0);
	EXPECT_STREQ(TAKING, info_at(0).rejected);
}

/* Sentences that are a tenth of a second late give the second, the pulses the rest. */
TEST_F(world, pulses_are_locked_to_a_refclock)
{
	const int64_t behind_ns = 100 * NS_PER_S + 123456789;
	const struct source_sample *sample;

	configure_pulses(CHIME_LINE_UNBOUNDED_NS,
			 "refclock SOCK % refid NMEA noselect offset 0.5 poll 3\n"
			 "refclock PPS /dev/null lock NMEA refid GPS poll 3\n");
	for (int i = 0; i < 12; i++) {
		pass(1);
		send_sample((double)(behind_ns - 600 * MS));
		pulse(behind_ns, 0);
		pass(0);
	}
	EXPECT_STREQ(TAKING, info_at(1).rejected);
	pass(64);
	ASSERT_EQ(1, source_at(1)->added);
	sample = &source_at(1)->sample;
	EXPECT_NEAR(offset_when(behind_ns), sample->offset_ns);
	EXPECT_FALSE(sample->numbered);
	EXPECT_FALSE(source_at(1)->options.numbered);

	/* When the sentences end, so do the pulses. */
	for (int i = 0; i < 12; i++)
		next_pulse(behind_ns, 0);
	pass(64);
	EXPECT_NE(NULL, strstr(info_at(1).rejected, "too old"));
	EXPECT_EQ(1, source_at(1)->added);
}

TEST_F(world, sentences_half_a_second_late_number_nothing)
{
	configure_pulses(0, "refclock SOCK % refid NMEA noselect poll 3\n"
			 "refclock PPS /dev/null lock NMEA refid GPS poll 3\n");
	for (int i = 0; i < 12; i++) {
		pass(1);
		send_sample(-450.0 * MS);
		pulse(0, 0);
		pass(0);
	}
	EXPECT_NE(NULL, strstr(info_at(1).rejected, "too far"));
	pass(64);
	EXPECT_EQ(0, source_at(1)->added);
}

/* As from a busy serial line: the pulses before and after it are as good as they were. */
TEST_F(world, one_late_sentence_costs_one_pulse)
{
	configure_pulses(CHIME_LINE_UNBOUNDED_NS,
			 "refclock SOCK % refid NMEA noselect poll 3\n"
			 "refclock PPS /dev/null lock NMEA refid GPS poll 3\n");
	for (int i = 0; i < 12; i++) {
		pass(1);
		send_sample(i == 9 ? -500.0 * MS : 0);
		pulse(0, 0);
		pass(0);
	}
	pass(64);
	ASSERT_EQ(1, source_at(1)->added);
	EXPECT_NEAR(offset_when(0), source_at(1)->sample.offset_ns);
}

/* Spikes on the wire, and a receiver that loses its second for a while. */
TEST_F(world, pulses_that_jump_are_left_out)
{
	configure_pulses(MS, "refclock PPS /dev/null poll 4\n");
	for (int i = 0; i < 16; i++)
		next_pulse(0, i == 4 || i == 11 ? 300 * MS : 0);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(0), source_at(0)->sample.offset_ns);
}

/* A serial line's pulses, whose cable is pulled and plugged in again. */
TEST_F(world, a_device_that_comes_back_is_opened_again)
{
	char path[64], text[128];

	fake_pps_reset();
	self->maxerror_ns = MS;
	snprintf(path, sizeof(path), "/tmp/truechime-refclock-%d.pps", (int)getpid());
	snprintf(text, sizeof(text), "refclock PPS %s poll 3\n", path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	configure_refclocks(text);
	EXPECT_STREQ("PPS0", info_at(0).address);
	ASSERT_EQ(0, unlink(path));
	pass(65);
	EXPECT_NE(NULL, strstr(self->message, "removed"));
	EXPECT_STREQ("", info_at(0).address);
	pass(65);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	pass(65);
	EXPECT_STREQ("PPS0", info_at(0).address);
	unlink(path);
}

/* --- A network card's clock --- */

static bool card_is_gone;

/* It is opened, and fails to be read with this. */
static int card_error;

/* Ahead of ours by so much, or so. */
static int64_t card_ahead_ns;
static struct ptp_clock_time card_shows;

static struct ptp_clock_time card_time(int64_t ns)
{
	return (struct ptp_clock_time) { .sec = ns / NS_PER_S, .nsec = (uint32_t)(ns % NS_PER_S) };
}

static int ask_card(unsigned long request, void *argument)
{
	struct ptp_sys_offset_extended *offset = argument;

	if (card_is_gone)
		return fake_pps_fail(ENODEV);
	if (request == PTP_CLOCK_GETCAPS)
		return 0;
	if (card_error)
		return fake_pps_fail(card_error);
	if (request != PTP_SYS_OFFSET_EXTENDED)
		return fake_pps_fail(ENOTTY);
	for (unsigned int i = 0; i < offset->n_samples; i++) {
		offset->ts[i][0] = card_time(realtime_ns());
		offset->ts[i][1] = card_shows.sec ? card_shows :
						    card_time(realtime_ns() + card_ahead_ns);
		offset->ts[i][2] = card_time(realtime_ns());
	}

	return 0;
}

/* A card whose clock is @ahead_ns ahead of ours is the only refclock. */
static void configure_card(int64_t ahead_ns)
{
	other_device = ask_card;
	card_ahead_ns = ahead_ns;
	configure_refclocks("refclock PHC /dev/null poll 3\n");
}

/* One that nobody has set counts from 1970 on, and one that was set wrongly may show any date. */
TEST_F(world, a_card_without_a_date_has_no_vote)
{
	static const int64_t century_ns = RELEASE_CENTURY_NS;

	configure_card(200 * MS);
	pass(65);
	ASSERT_EQ(2, source_at(0)->added);
	/* One that is read has a reading for each sample. */
	EXPECT_EQ(2, info_at(0).readings->count);
	EXPECT_NEAR(200 * MS, taken_at(0, 0)->ahead_ns);
	EXPECT_EQ(0, taken_at(0, 0)->number);
	EXPECT_NEAR(offset_when(200 * MS), source_at(0)->sample.offset_ns);
	for (int future = 0; future < 2; future++) {
		card_ahead_ns = future ? century_ns : -realtime_ns() + 3600 * NS_PER_S;
		for (int i = 0; i < 5; i++)
			pass(65);
		EXPECT_EQ(2, source_at(0)->added);
		EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	}
	/* It stays open, and that is said once. */
	EXPECT_STREQ("PHC0", info_at(0).address);
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "a reading is refused"));
	card_ahead_ns = 200 * MS;
	pass(65);
	EXPECT_EQ(3, source_at(0)->added);
	EXPECT_STREQ("", info_at(0).rejected);
}

TEST_F(world, an_offset_puts_a_cards_date_right)
{
	other_device = ask_card;
	card_ahead_ns = -619315200 * NS_PER_S;
	configure_refclocks("refclock PHC /dev/null poll 3 offset 619315200\n");
	pass(65);
	EXPECT_EQ(2, source_at(0)->added);
	EXPECT_NEAR(offset_when(card_ahead_ns), source_at(0)->sample.offset_ns);
}

/* A clock that does not go on is none, however well it can be read. */
TEST_F(world, a_card_that_stands_still_has_no_vote)
{
	configure_card(0);
	pass(65);
	ASSERT_EQ(2, source_at(0)->added);
	for (int i = 0; i < 3; i++) {
		card_ahead_ns -= 65 * NS_PER_S;
		pass(65);
	}
	EXPECT_EQ(2, source_at(0)->added);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "stands still"));
	EXPECT_EQ(1, self->messages) TH_LOG("%s", self->message);
	/* It goes on, and is behind by what it has missed. */
	pass(65);
	EXPECT_EQ(3, source_at(0)->added);
	EXPECT_STREQ("", info_at(0).rejected);
	EXPECT_NEAR(offset_when(card_ahead_ns), source_at(0)->sample.offset_ns);
}

/* It must not have a vote for ever by what it said before. */
TEST_F(world, a_card_that_went_away_is_not_reached)
{
	configure_card(0);
	pass(65);
	EXPECT_EQ(2, source_at(0)->added);
	card_is_gone = true;
	for (int i = 0; i < 3; i++)
		pass(65);
	EXPECT_NE(NULL, strstr(self->message, "cannot be used"));
	EXPECT_NE(0, source_at(0)->reach);
	for (int i = 0; i < 8; i++)
		pass(65);
	EXPECT_EQ(0, source_at(0)->reach);
	/* The daemon wakes for each poll as before: one a second. */
	EXPECT_GE(NS_PER_S, associations_next_ns(self->list) - raw_ns());
	card_is_gone = false;
	pass(65);
	pass(65);
	EXPECT_EQ(1, source_at(0)->reach & 1);
}

/* It can be opened each time. Whoever reads the log is told once, and when it gives time again. */
TEST_F(world, a_card_that_fails_for_ever_is_named_once)
{
	configure_card(0);
	pass(65);
	ASSERT_EQ(2, source_at(0)->added);
	card_error = EIO;
	for (int i = 0; i < 50; i++)
		pass(65);
	EXPECT_EQ(1, self->messages) TH_LOG("%s", self->message);
	EXPECT_NE(NULL, strstr(self->message, "cannot be used: Input/output error"));
	EXPECT_EQ(0, source_at(0)->reach);
	card_error = 0;
	for (int i = 0; i < 3; i++)
		pass(65);
	EXPECT_LT(2, source_at(0)->added);
	EXPECT_EQ(2, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "gives time again")) TH_LOG("%s", self->message);
	/* The next time is news. */
	card_error = EIO;
	for (int i = 0; i < 10; i++)
		pass(65);
	EXPECT_EQ(3, self->messages);
	card_error = 0;
}

/* Nobody waits for one that never was there. */
TEST_F(world, a_card_that_never_came_is_not_polled)
{
	card_is_gone = true;
	configure_card(0);
	for (int i = 0; i < 3; i++)
		pass(65);
	EXPECT_EQ(0, source_at(0)->polled);
	card_is_gone = false;
}

/* No list of leap seconds says what TAI was in 1970: that is not the list's fault. */
TEST_F(world, a_card_that_counts_tai_has_no_date_either)
{
	static const struct leap_list leaps = { .count = 1, .entry = { { 1483228800, 37 } } };

	other_device = ask_card;
	card_ahead_ns = -realtime_ns() + 3600 * NS_PER_S;
	associations_use_leaps(self->list, &leaps);
	configure_refclocks("leapsectz right/UTC\nrefclock PHC /dev/null tai poll 3\n");
	pass(65);
	EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	card_ahead_ns = 37 * NS_PER_S;
	pass(65);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(37 * NS_PER_S, taken_at(0, 0)->ahead_ns);
	EXPECT_NEAR(offset_when(0), taken_at(0, 0)->sample.offset_ns);
	EXPECT_NEAR(offset_when(0), source_at(0)->sample.offset_ns);
}

TEST_F(world, what_a_broken_driver_says_is_no_date)
{
	static const struct ptp_clock_time broken[] = {
		{ .sec = INT64_MAX, .nsec = UINT32_MAX }, { .sec = INT64_MIN },
		{ .sec = INT64_MAX / NS_PER_S - 1, .nsec = UINT32_MAX },
		{ .sec = INT64_MIN / NS_PER_S + 1, .nsec = UINT32_MAX },
	};

	configure_card(0);
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		card_shows = broken[i];
		pass(65);
		EXPECT_NE(NULL, strstr(info_at(0).rejected, "date"));
	}
	EXPECT_EQ(1, source_at(0)->added);
}

/* --- Shared memory --- */

TEST_F(world, samples_of_shared_memory)
{
	int unit = 150 + getpid() % 100;
	struct refclock_shm_segment *writer;
	char text[64];
	int id;

	snprintf(text, sizeof(text), "refclock SHM %d poll 3\n", unit);
	configure_refclocks(text);
	id = shmget(REFCLOCK_SHM_KEY + unit, sizeof(*writer), 0);
	ASSERT_LE(0, id);
	writer = shmat(id, NULL, 0);
	ASSERT_NE((void *)-1, (void *)writer);
	EXPECT_STREQ("SHM0", info_at(0).address);
	for (int i = 0; i < 8; i++) {
		int64_t at_ns, utc_ns;

		pass(1);
		at_ns = realtime_ns();
		utc_ns = at_ns + 2 * NS_PER_S;
		writer->mode = 1;
		writer->count++;
		writer->clock_s = utc_ns / NS_PER_S;
		writer->clock_us = (int32_t)(utc_ns % NS_PER_S / US);
		writer->clock_ns = (uint32_t)(utc_ns % NS_PER_S);
		writer->receive_s = at_ns / NS_PER_S;
		writer->receive_us = (int32_t)(at_ns % NS_PER_S / US);
		writer->receive_ns = (uint32_t)(at_ns % NS_PER_S);
		writer->leap = i == 3 ? 3 : 1;
		writer->count++;
		writer->valid = 1;
		pass(1);
	}
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "leap"));
	/* Attempts that gave nothing count, too: each second one, and one that gave nonsense. */
	EXPECT_EQ(1, taken_at(0, 0)->sample.leap);
	EXPECT_EQ(2, taken_at(0, 0)->number - taken_at(0, 1)->number);
	EXPECT_EQ(4, taken_at(0, 3)->number - taken_at(0, 4)->number);
	pass(64);
	ASSERT_EQ(1, source_at(0)->added);
	EXPECT_NEAR(offset_when(2 * NS_PER_S), source_at(0)->sample.offset_ns);
	EXPECT_EQ(1, source_at(0)->sample.leap);
	/* Another program removes it. */
	shmctl(id, IPC_RMID, NULL);
	shmdt(writer);
	pass(65);
	EXPECT_NE(NULL, strstr(self->message, "removed"));
	pass(65);
	id = shmget(REFCLOCK_SHM_KEY + unit, sizeof(*writer), 0);
	EXPECT_LE(0, id);
	shmctl(id, IPC_RMID, NULL);
}

/* A network card that was out of the machine for hours. */
TEST_F(world, a_clock_that_comes_late_is_found_soon)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/tmp/truechime-refclock-%d.ptp", (int)getpid());
	snprintf(text, sizeof(text), "refclock PHC %s poll 3\n", path);
	configure_refclocks(text);
	for (int i = 0; i < 40; i++)
		pass(300);
	EXPECT_NE(NULL, strstr(info_at(0).resolving_error, "No such file"));
	close(open(path, O_CREAT | O_WRONLY, 0600));
	pass(65);
	/* What it is shows that it was looked at. */
	EXPECT_STREQ("It is not a PTP clock", info_at(0).resolving_error);
	unlink(path);
}

TEST_F(world, a_device_that_is_missing_is_named)
{
	configure_refclocks("refclock PPS /dev/no-such-device\n");
	EXPECT_EQ(1, self->messages);
	EXPECT_NE(NULL, strstr(self->message, "/dev/no-such-device cannot be used"));
	EXPECT_STREQ("", info_at(0).address);
	EXPECT_NE(NULL, strstr(info_at(0).resolving_error, "No such file"));
}

TEST_HARNESS_MAIN
