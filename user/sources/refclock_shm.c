// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SHM driver. Whoever may write to the segment sets the clock, so one that strangers own or may
 * write to is not used, unless the configuration says that they may.
 */
#include "sources/refclock_shm.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/time_units.h"
#include "sources/refclock.h"

#define US_PER_S	1000000

/* A later time overflows. */
#define SECONDS_MAX	(INT64_MAX / NS_PER_S - 1)

/* Clocks are known to between ages and attoseconds. */
#define PRECISION_MIN	(-64)
#define PRECISION_MAX	16

/* Why a segment is not used, and what to do. */
#define OWNERS_ALONE \
	"Its owner alone may read it: start truechimed before the program that writes to it"
#define STRANGERS \
	"It is another user's, who could set the clock: remove it (ipcrm -M), start truechimed first"
#define OPEN_TO_ALL \
	"Others may write to it and set the clock: remove it (ipcrm -M), or allow it (:perm=0666)"

/* Permissions of others than the owner to write. */
#define WRITE_OTHERS	0022

static bool is_time(int64_t seconds, int32_t us)
{
	return seconds >= 0 && seconds <= SECONDS_MAX && us >= 0 && us < US_PER_S;
}

int refclock_shm_parse(const struct refclock_shm_segment *copy, struct refclock_reading *reading,
		       const char **problem)
{
	int64_t clock_ns, receive_ns;

	if (!is_time(copy->clock_s, copy->clock_us) ||
	    !is_time(copy->receive_s, copy->receive_us))
		return refclock_refuse(problem, "its time is none");
	if (copy->leap < 0 || copy->leap > 2)
		return refclock_refuse(problem,
				       "its leap status is none: its clock is not synchronised");
	if (copy->precision < PRECISION_MIN || copy->precision > PRECISION_MAX)
		return refclock_refuse(problem, "its precision is none of a clock");
	clock_ns = copy->clock_s * NS_PER_S;
	receive_ns = copy->receive_s * NS_PER_S;
	/* A writer that knows microseconds only leaves the other fields as they were. */
	if (copy->clock_ns / NS_PER_US == (uint32_t)copy->clock_us &&
	    copy->receive_ns / NS_PER_US == (uint32_t)copy->receive_us) {
		clock_ns += copy->clock_ns;
		receive_ns += copy->receive_ns;
	} else {
		clock_ns += (int64_t)copy->clock_us * NS_PER_US;
		receive_ns += (int64_t)copy->receive_us * NS_PER_US;
	}
	*reading = (struct refclock_reading) {
		.realtime_ns = receive_ns,
		.offset_ns = clock_ns - receive_ns,
		.leap = (uint8_t)copy->leap,
	};

	return 0;
}

/* Make the segment, or find it. @may_write: it can be written to, too. */
static int find_segment(const struct config_source *config, bool *may_write)
{
	key_t key = REFCLOCK_SHM_KEY + config->unit;
	int id = shmget(key, sizeof(struct refclock_shm_segment), IPC_CREAT | config->perm | 0600);

	*may_write = id >= 0;
	/* No permission is needed to find one, but only to attach it. */
	if (id < 0 && errno == EACCES)
		id = shmget(key, sizeof(struct refclock_shm_segment), 0);

	return id < 0 ? -errno : id;
}

static bool is_stranger(uid_t uid)
{
	return uid && uid != geteuid();
}

/* Is the segment one that only those may write to whom the configuration trusts? */
static int judge_segment(int id, const struct config_source *config, const char **problem)
{
	struct shmid_ds status;

	if (shmctl(id, IPC_STAT, &status) < 0)
		return refclock_fail(problem, -errno, OWNERS_ALONE);
	if (status.shm_segsz != sizeof(struct refclock_shm_segment))
		return refclock_fail(problem, -EINVAL, "Its size is not that of a sample");
	if (is_stranger(status.shm_perm.uid) || is_stranger(status.shm_perm.cuid))
		return refclock_fail(problem, -EPERM, STRANGERS);
	if (status.shm_perm.mode & WRITE_OTHERS & ~(unsigned int)config->perm)
		return refclock_fail(problem, -EPERM, OPEN_TO_ALL);

	return 0;
}

static int open_segment(union refclock_device *device, const struct config_source *config,
			const char **problem)
{
	struct refclock_shm *shm = &device->shm;
	void *address;
	bool may_write;
	int id, err;

	id = find_segment(config, &may_write);
	if (id == -EINVAL)
		return refclock_fail(problem, id,
				     "It is smaller than a sample, as one of 32 bits is");
	if (id < 0)
		return refclock_fail(problem, id, strerror(-id));
	err = judge_segment(id, config, problem);
	if (err < 0)
		return err;
	address = shmat(id, NULL, may_write ? 0 : SHM_RDONLY);
	if (address == (void *)-1)
		return refclock_fail(problem, -errno, strerror(errno));
	*shm = (struct refclock_shm) { .id = id, .segment = address, .may_write = may_write };

	return 0;
}

static void close_segment(union refclock_device *device)
{
	/* It stays for the program that writes to it, and for the next start. */
	(void)shmdt(device->shm.segment);
}

/* The writer may write all the while: a copy is whole if it announced nothing meanwhile. */
static bool copy_whole(struct refclock_shm_segment *segment, struct refclock_shm_segment *copy)
{
	int32_t valid = __atomic_load_n(&segment->valid, __ATOMIC_ACQUIRE);
	int32_t count = __atomic_load_n(&segment->count, __ATOMIC_ACQUIRE);

	if (!valid)
		return false;
	memcpy(copy, segment, sizeof(*copy));
	atomic_thread_fence(memory_order_acquire);

	return __atomic_load_n(&segment->valid, __ATOMIC_RELAXED) &&
	       (copy->mode != 1 || __atomic_load_n(&segment->count, __ATOMIC_RELAXED) == count);
}

static bool is_same(const struct refclock_shm_segment *one,
		    const struct refclock_shm_segment *other)
{
	return one->receive_s == other->receive_s && one->receive_us == other->receive_us &&
	       one->receive_ns == other->receive_ns && one->clock_s == other->clock_s &&
	       one->clock_us == other->clock_us && one->clock_ns == other->clock_ns;
}

static int read_segment(union refclock_device *device, struct refclock_reading *reading,
			const char **problem)
{
	struct refclock_shm *shm = &device->shm;
	struct refclock_shm_segment copy;

	if (!copy_whole(shm->segment, &copy))
		return -EAGAIN;
	if (shm->may_write)
		__atomic_store_n(&shm->segment->valid, 0, __ATOMIC_RELEASE);
	/* Where it cannot be marked as read, it stays. */
	if (is_same(&copy, &shm->last))
		return -EAGAIN;
	shm->last = copy;
	if (copy.mode != 0 && copy.mode != 1)
		return refclock_refuse(problem, "its mode is neither 0 nor 1");

	return refclock_shm_parse(&copy, reading, problem);
}

/* Another program has removed it, and may have made a new one. */
static bool segment_is_gone(const union refclock_device *device)
{
	struct shmid_ds status;

	return shmctl(device->shm.id, IPC_STAT, &status) < 0 || status.shm_perm.mode & SHM_DEST;
}

const struct refclock_driver refclock_shm_driver = {
	.open = open_segment,
	.close = close_segment,
	.read = read_segment,
	.is_gone = segment_is_gone,
};
