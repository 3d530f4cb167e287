// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client at the daemon's local socket for chronyc, as ClockBound's daemon is one, and what AWS
 * documents of ClockBound 2.0 (its READMEs and the comments of its sources): asked once a second,
 * the bound is |remaining correction| + root dispersion + half of the root delay, and it grows by
 * RIVAL_DRIFT_PPM, --max-drift-rate, from the request on. It is taken only while the clock counts
 * as synchronised: by the leap status, and if the latest update is no older than eight of its
 * intervals. Who reads it is told nothing before the first one, and 1000 s after the latest.
 * Disruptions are left out: no hypervisor tells of any here.
 */
#include "selftests/sim/rival/tracking.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "chronyc/packet.h"
#include "ntp/bytes.h"
#include "selftests/sim/rival/bounds.h"
#include "selftests/sim/rival/network.h"

/* Each request comes in the middle of a second. */
#define PHASE_NS	(0.5 * NS_PER_S)

#define CLOCKBOUND_DRIFT_PPM	50
#define CLOCKBOUND_UPDATES	8
#define CLOCKBOUND_VOID_NS	(1000.0 * NS_PER_S)

/* chronyd answers what is as long as the reply. */
#define TRACKING_LENGTH		(CHRONYC_REPLY_HEADER + 76)

#define LEAP_UNSYNCHRONISED	3

/* Whom the daemon answers. */
static const struct sockaddr_un client = { .sun_family = AF_UNIX, .sun_path = "simulated" };

static struct {
	int fd;			/* 0: not opened */
	double next_ns;
	double asked_ns;
	double bound_ns;	/* ClockBound's ... */
	double as_of_ns;	/* ... and its age; INFINITY: there never was one */
	double drift;
} tracking = { .bound_ns = NO_BOUND_NS };

struct report {
	unsigned int leap;
	double updated_ns;	/* since the start, by the daemon's clock */
	double correction_s;
	double root_delay_s;
	double root_dispersion_s;
	double interval_s;
};

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (address->sa_family == AF_UNIX &&
	    !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_DGRAM) {
		tracking.fd = fd;
		tracking.next_ns = PHASE_NS;
		tracking.drift = 1e-6 * rival_parameter("RIVAL_DRIFT_PPM", CLOCKBOUND_DRIFT_PPM);
	}
	return (int)syscall(SYS_bind, fd, address, length);
}

double tracking_arrival_ns(int fd)
{
	return tracking.fd && fd == tracking.fd ? tracking.next_ns : INFINITY;
}

/* Of this process: its user may do all. */
static void add_credentials(struct msghdr *message)
{
	struct ucred sender = { .pid = getpid(), .uid = geteuid(), .gid = getegid() };
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (!header || message->msg_controllen < CMSG_SPACE(sizeof(sender))) {
		message->msg_controllen = 0;
		return;
	}
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_CREDENTIALS;
	header->cmsg_len = CMSG_LEN(sizeof(sender));
	memcpy(CMSG_DATA(header), &sender, sizeof(sender));
	message->msg_controllen = CMSG_SPACE(sizeof(sender));
}

bool tracking_receive(int fd, struct msghdr *message, ssize_t *result)
{
	uint8_t request[TRACKING_LENGTH] = {
		CHRONYC_VERSION, CHRONYC_TYPE_REQUEST, [5] = CHRONYC_TRACKING,
	};

	if (!tracking.fd || fd != tracking.fd)
		return false;
	*result = -1;
	errno = EAGAIN;
	if (tracking.next_ns > rival_true_ns() || message->msg_iov->iov_len < sizeof(request))
		return true;
	tracking.asked_ns = rival_true_ns();
	tracking.next_ns = NS_PER_S * floor(tracking.asked_ns / NS_PER_S + 0.5) + PHASE_NS;
	memcpy(message->msg_iov->iov_base, request, sizeof(request));
	if (message->msg_name && message->msg_namelen >= sizeof(client)) {
		memcpy(message->msg_name, &client, sizeof(client));
		message->msg_namelen = sizeof(client);
	}
	add_credentials(message);
	message->msg_flags = 0;
	*result = sizeof(request);
	return true;
}

/* A reply's contents are read like a request's parameters. */
static bool read_report(const struct iovec *iov, struct report *report)
{
	const uint8_t *bytes = iov->iov_base;
	struct chronyc_request at = {
		.at = bytes + CHRONYC_REPLY_HEADER,
		.left = TRACKING_LENGTH - CHRONYC_REPLY_HEADER,
	};
	struct chronyc_address address;
	int64_t s;

	if (iov->iov_len != TRACKING_LENGTH || get_be16(bytes + 6) != CHRONYC_REPLY_TRACKING ||
	    get_be16(bytes + 8) != CHRONYC_SUCCESS)
		return false;
	(void)chronyc_take(&at);	/* the reference's number */
	chronyc_take_address(&at, &address);
	report->leap = chronyc_take(&at) & UINT16_MAX;	/* below the stratum */
	s = (int64_t)chronyc_take(&at) << 32;
	s |= chronyc_take(&at);
	report->updated_ns = (double)(s - START_S) * NS_PER_S + chronyc_take(&at);
	report->correction_s = chronyc_take_real(&at);
	/* The latest offset, the mean one, frequency, residual frequency, skew. */
	for (int i = 0; i < 5; i++)
		(void)chronyc_take(&at);
	report->root_delay_s = chronyc_take_real(&at);
	report->root_dispersion_s = chronyc_take_real(&at);
	report->interval_s = chronyc_take_real(&at);
	return true;
}

/* As its clock counts for ClockBound. */
static bool is_synchronised(const struct report *report)
{
	double age_ns = rival_true_ns() + rival_error_ns() - report->updated_ns;

	return report->leap < LEAP_UNSYNCHRONISED && age_ns >= 0 &&
	       age_ns <= floor(CLOCKBOUND_UPDATES * report->interval_s) * NS_PER_S;
}

bool tracking_send(int fd, const struct msghdr *message, ssize_t *result)
{
	double bound_ns = NO_BOUND_NS;
	struct report report;

	if (!tracking.fd || fd != tracking.fd)
		return false;
	*result = (ssize_t)message->msg_iov->iov_len;
	if (!read_report(message->msg_iov, &report))
		abort();
	if (report.leap < LEAP_UNSYNCHRONISED)
		bound_ns = NS_PER_S * (fabs(report.correction_s) + report.root_dispersion_s +
				       report.root_delay_s / 2);
	bounds_note(BOUND_STATED, bound_ns);
	if (is_synchronised(&report)) {
		tracking.bound_ns = bound_ns;
		tracking.as_of_ns = tracking.asked_ns;
	}
	return true;
}

double tracking_clockbound_ns(void)
{
	double age_ns = rival_true_ns() - tracking.as_of_ns;

	if (age_ns >= CLOCKBOUND_VOID_NS)
		return NO_BOUND_NS;
	return tracking.bound_ns + tracking.drift * age_ns;
}
