/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has changed the clock, how often and how: the programs that did, and their latest changes.
 * Pure. Bounded: of more programs than there is room for the one that was quiet longest goes.
 */
#ifndef WATCH_TALLY_H
#define WATCH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "watch/change.h"
#include "watch/identity.h"
#include "watch/shared.h"

#define TALLY_RIVALS_MAX	64
#define TALLY_EVENTS_MAX	256

/**
 * struct tally_rival - a program in a unit or a container
 * @identity: these
 * @path: of its control group; ""
 * @program: its name; of a kernel's thread that of its work queue, if it has one
 * @command: its command line, as it was at the latest change; ""
 * @advice: the command that ends it; "": nothing has to
 * @is_kernel: a driver or module
 * @pid: of the process that did the latest change
 * @uid: of its user
 * @count: changes
 * @steps: among them, steps of the clock
 * @stepped_ns: their sum
 * @first_ns: CLOCK_BOOTTIME of the first change
 * @latest_ns: of the latest
 * @what: the latest
 * @process: which of all that ever had its number, where the kernel says so; 0: not known
 * @runs: the process is still there, as far as is known
 * @news: the daemon has had no notice of the latest of this
 * @notice_ns: CLOCK_BOOTTIME of the latest notice that it was sent
 */
struct tally_rival {
	struct identity identity;
	char path[WATCH_GROUPS * WATCH_GROUP_MAX];
	char program[WATCH_QUEUE_MAX];
	char command[IDENTITY_COMMAND_MAX];
	char advice[IDENTITY_UNIT_MAX + 32];
	bool is_kernel;
	int pid;
	uint32_t uid;
	uint64_t count;
	uint64_t steps;
	int64_t stepped_ns;
	int64_t first_ns;
	int64_t latest_ns;
	char what[CHANGE_TEXT_MAX];
	uint64_t process;
	bool runs;
	bool news;
	int64_t notice_ns;
};

/**
 * struct tally_event - one change
 * @number: counts all changes by others, from 1
 * @boot_ns: CLOCK_BOOTTIME
 * @program: as above ...
 * @where: ... its unit, or its container, or the path of its control group
 * @pid: process
 * @change: what it was
 * @what: in words
 */
struct tally_event {
	uint64_t number;
	int64_t boot_ns;
	char program[WATCH_QUEUE_MAX];
	char where[IDENTITY_UNIT_MAX];
	int pid;
	struct change change;
	char what[CHANGE_TEXT_MAX];
};

/**
 * struct tally - zero it to start
 * @rate: the clock's, as adjtimex(2) has it
 * @own: changes by truechime
 * @others: by others
 * @rivals: those ...
 * @rival_count: ... how many
 * @events: a ring: change number n is at n % TALLY_EVENTS_MAX
 */
struct tally {
	struct change_rate rate;
	uint64_t own;
	uint64_t others;
	struct tally_rival rivals[TALLY_RIVALS_MAX];
	int rival_count;
	struct tally_event events[TALLY_EVENTS_MAX];
};

/*
 * The path of its control group, outermost first, from @record. "/": the root; it begins with
 * "/...", where the outermost are not known.
 */
void tally_path(const struct watch_record *record, char *path, size_t size);

/*
 * Was it truechime? @daemon_pid is truechimed's, 0: none runs; @path of the control group. The
 * module sets the clock in a thread of its own, whoever it is asked by.
 */
bool tally_is_own(const struct watch_record *record, const char *path, int daemon_pid);

/* Count a change by truechime. */
void tally_add_own(struct tally *tally, const struct watch_record *record);

/* Note a change by somebody else, whose control group has @path. Who it was. */
struct tally_rival *tally_add(struct tally *tally, const struct watch_record *record,
			      const char *path);

#endif /* WATCH_TALLY_H */
