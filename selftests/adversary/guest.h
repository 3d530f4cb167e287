/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's kernel, as far as it is played: clocks that the shipped programs read and set, and
 * sockets. All of it is in the memory that a revert takes back.
 */
#ifndef ADVERSARY_GUEST_H
#define ADVERSARY_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct associations;
struct daemon;
struct steering;
struct timescale;

/**
 * struct guest - the kernel's state
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @raw_rest: what is less than a nanosecond of it
 * @mono_ns: CLOCK_MONOTONIC
 * @mono_rest: likewise
 * @slept_ns: what CLOCK_BOOTTIME has more than that
 * @wall_ns: what CLOCK_REALTIME has more than CLOCK_MONOTONIC
 * @freq: as adjtimex shows it
 * @tick: as adjtimex shows it
 * @status: as adjtimex shows it
 * @maxerror_us: as adjtimex shows it, at @maxerror_raw_ns; it grows
 * @maxerror_raw_ns: see there
 * @esterror_us: as adjtimex shows it
 * @tai_s: as adjtimex shows it
 * @leap_day: the day that a leap second was made at the end of
 * @was_set: the clock was set since the daemon last looked
 * @sets: how often it was set
 * @deleted: the servers that the operator has deleted, a bit each
 * @added_ns: UTC at which he adds them again
 * @is_told: the operator has told the daemon something, which wakes it
 * @unrouted: this machine has no route to any server
 * @daemon: that runs
 * @associations: the daemon's
 * @steering: the daemon's
 * @timescale: the daemon's, where there is no module
 */
struct guest {
	int64_t raw_ns;
	double raw_rest;
	int64_t mono_ns;
	double mono_rest;
	int64_t slept_ns;
	int64_t wall_ns;
	long freq;
	long tick;
	int status;
	long maxerror_us;
	int64_t maxerror_raw_ns;
	long esterror_us;
	int tai_s;
	int64_t leap_day;
	bool was_set;
	unsigned int sets;
	int64_t snapshot_ns;	/* UTC of the snapshot that it goes back to; 0: there is none */
	int64_t told_raw_ns;	/* when the module reported a disruption last */
	int64_t thawed_ns;	/* UTC when the module is told that a suspend ended; 0: it was */
	unsigned int deleted;
	int64_t added_ns;
	bool is_told;
	bool unrouted;
	struct daemon *daemon;
	struct associations *associations;
	struct steering *steering;
	struct timescale *timescale;
};

extern struct guest guest;

/* guest_clock.c */

void guest_begin(void);
/* UTC went on by @ns while the guest ran. */
void guest_advance(int64_t ns);
/* When raw will show @raw_ns, by UTC. */
int64_t guest_utc_of_raw(int64_t raw_ns);
int64_t guest_realtime_ns(void);
/* CLOCK_REALTIME less UTC. */
int64_t guest_error_ns(void);
bool guest_synchronised(void);
int64_t guest_maxerror_ns(void);
/* do_settimeofday64() */
void guest_set_realtime(int64_t realtime_ns);
void guest_set_by_other(int64_t by_ns);
void guest_resume(int64_t slept_ns);
/* guest_socket.c: an answer reaches its socket, if that is still there. */
bool guest_deliver(uint32_t socket, const uint8_t *bytes, size_t length);
bool guest_socket_ready(int fd);

/* guest_module.c */

/* Load it: before the daemon starts. */
void module_begin(void);
/* Raw instant of its next look; INT64_MAX: it is not there. */
int64_t module_next_ns(void);
void module_check(void);
/* A disruption happened: what its witnesses are told. */
void module_disrupted(bool notified);
void module_suspending(void);
void module_resumed(void);
bool module_event_ready(void);
/* The timescale now: UTC by it and its bound (INT64_MAX: none); false: there is no module. */
bool module_timescale(int64_t *time_ns, int64_t *maxerror_ns);
/* It follows a host that no server has confirmed yet. */
bool module_follows_host(void);

#endif /* ADVERSARY_GUEST_H */
