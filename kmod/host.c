// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host clocks: the choice, the cross-timestamps, the line. See host.h.
 */
#include "host.h"

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "core/verdict.h"

/* Best first: what "auto" tries. */
static const struct chime_host_ops * const chime_host_kinds[] = {
#ifdef CHIME_HAVE_HOST_KVM
	&chime_host_kvm_ops,
#endif
	NULL,
};

/* Two cross-timestamps of one jump may differ by this, whatever their uncertainty is. */
#define CHIME_CONFIRM_NS	NSEC_PER_MSEC

/* How long to wait until the host's rate shows; at most twice as long. */
#define CHIME_SLEW_CHECK_US	(CHIME_SLEW_CHECK_NS / NSEC_PER_USEC)

/* More than two counters' rates and readings differ between two checks: one of them lost time. */
#define CHIME_RAW_LOST_MIN_NS	NSEC_PER_MSEC
#define CHIME_RAW_LOST_MIN_Q32	(1000 * CHIME_PPM_Q32)

/* A check takes up to this many readings until one has a result. */
#define CHIME_CHECK_READINGS	3

/*
 * A host clock that is absent is looked for again after a second, then after twice the time each
 * time: a try allocates memory, and asks the hypervisor. Checks are a little less than their
 * interval apart, and one of them is not to be missed for that.
 */
#define CHIME_SEEK_LEAST_NS	NSEC_PER_SEC
#define CHIME_SEEK_MOST_NS	(600 * NSEC_PER_SEC)
#define CHIME_SEEK_EARLY_NS	(100 * NSEC_PER_MSEC)

void chime_host_init(struct chime_host *host, struct rt_mutex *lock, struct chime_log *log)
{
	memset(host, 0, sizeof(*host));
	host->lock = lock;
	host->log = log;
	spin_lock_init(&host->peek.lock);
}

void chime_host_publish(struct chime_host *host)
{
	struct chime_host_peek *peek = &host->peek;

	lockdep_assert_held(host->lock);
	spin_lock_bh(&peek->lock);
	peek->ops = host->ops;
	peek->device = host->device;
	peek->track = host->track;
	spin_unlock_bh(&peek->lock);
}

/* No timer uses the device afterwards. */
static void chime_host_withdraw(struct chime_host *host)
{
	struct chime_host_peek *peek = &host->peek;

	spin_lock_bh(&peek->lock);
	peek->ops = NULL;
	spin_unlock_bh(&peek->lock);
}

enum chime_verdict chime_host_peek(struct chime_host *host)
{
	struct chime_host_peek *peek = &host->peek;
	enum chime_verdict verdict = CHIME_VERDICT_USELESS;
	struct chime_pairing pairing = { };

	/* A timer does not wait: whoever has it publishes, or takes a reading. */
	if (!spin_trylock(&peek->lock))
		return verdict;
	if (peek->ops && peek->ops->peek && !peek->ops->peek(peek->device, &pairing))
		verdict = chime_host_line_verdict(&peek->track, &pairing);
	spin_unlock(&peek->lock);
	return verdict;
}

/* Evidence is valid even if the cross-timestamp failed. */
static int chime_host_pair(struct chime_host *host, struct chime_pairing *pairing)
{
	int ret;

	pairing->evidence = 0;
	ret = host->ops->pair(host->device, pairing);
	if (ret) {
		host->failures++;
		if (!host->silent)
			chime_log_limited(host->log, CHIME_LOG_WARNING,
					  "host clock %s does not answer (error %d): its last readings are extrapolated, and the error bound grows\n",
					  host->ops->name, ret);
		host->silent = true;
		return ret;
	}
	host->pairings++;
	if (host->silent)
		chime_log_limited(host->log, CHIME_LOG_NOTICE, "host clock %s answers again\n",
				  host->ops->name);
	host->silent = false;
	return 0;
}

static void chime_host_replace(struct chime_host *host, const struct chime_host_ops *ops,
			       void *device)
{
	chime_host_close(host);
	WRITE_ONCE(host->ops, ops);
	host->device = device;
	host->demoted = false;
	host->silent = false;
	host->no_result = false;
	host->lost = false;
	host->stood_still = false;
	host->set_ahead_ns = 0;
	memset(&host->track, 0, sizeof(host->track));
}

/* Open a kind of host clock, and remember whether there is one. */
static int chime_host_open(struct chime_host *host, unsigned int kind, void **device)
{
	int ret = chime_host_kinds[kind]->open(device);

	host->offered[kind] = ret ? TRUECHIME_HOST_ABSENT : TRUECHIME_HOST_READY;
	host->opened[kind] = true;
	return ret;
}

/* What two cross-timestamps of one clock may be apart, beside the time between them. */
static s64 chime_host_slack(const struct chime_pairing *first, const struct chime_pairing *second)
{
	s64 worst_ns = max_t(s64, first->uncertainty_ns, second->uncertainty_ns);

	return max_t(s64, CHIME_CONFIRM_NS, 4 * worst_ns);
}

/* No line says yet what to expect. 0: the next reading says the same as the first; -EAGAIN. */
static int chime_host_compare(const struct chime_pairing *first, const struct chime_pairing *next)
{
	s64 passed_ns = chime_sub_sat(next->raw_ns, first->raw_ns);
	s64 off_ns = chime_sub_sat(chime_sub_sat(next->utc_ns, first->utc_ns), passed_ns);

	if (next->clocksource_seq != first->clocksource_seq)
		return -EAGAIN;
	return chime_abs_sat(off_ns) <= chime_host_slack(first, next) ? 0 : -EAGAIN;
}

static int chime_host_try(struct chime_host *host, unsigned int kind)
{
	const struct chime_host_ops *ops = chime_host_kinds[kind];
	struct chime_pairing first = { }, next = { };
	void *device;
	int ret;

	/* The present clock need not be opened again, but it has to answer. */
	if (host->ops == ops) {
		if (host->no_result || host->lost)
			return -ENODEV;
		chime_host_forget(host);
		host->demoted = false;
		return 0;
	}
	ret = chime_host_open(host, kind, &device);
	if (ret)
		return ret;
	ret = ops->pair(device, &first) ?: ops->pair(device, &next) ?:
	      chime_host_compare(&first, &next);
	if (ret) {
		ops->close(device);
		return ret;
	}
	chime_host_replace(host, ops, device);
	host->pairings += 2;
	chime_host_line_update(&host->track, &first);
	return 0;
}

static int chime_host_choose_kind(struct chime_host *host, const char *name)
{
	unsigned int kind;

	for (kind = 0; chime_host_kinds[kind]; kind++) {
		if (!strcmp(name, chime_host_kinds[kind]->name))
			return chime_host_try(host, kind) ? -ENODEV : 0;
	}
	return -ENOENT;
}

/* false: none answers. */
static bool chime_host_choose_best(struct chime_host *host)
{
	unsigned int kind;

	for (kind = 0; chime_host_kinds[kind]; kind++) {
		if (!chime_host_try(host, kind))
			return true;
	}
	return false;
}

int chime_host_choose(struct chime_host *host, const char *name)
{
	bool automatic = !strcmp(name, "auto");
	int ret = 0;

	lockdep_assert_held(host->lock);
	if (automatic)
		chime_host_choose_best(host);
	else if (!strcmp(name, "none"))
		chime_host_replace(host, NULL, NULL);
	else
		ret = chime_host_choose_kind(host, name);
	if (ret)
		return ret;
	host->automatic = automatic;
	host->sought_raw_ns = ktime_get_raw_ns();
	host->seek_pause_ns = CHIME_SEEK_LEAST_NS;
	return 0;
}

void chime_host_seek_soon(struct chime_host *host)
{
	lockdep_assert_held(host->lock);
	host->seek_pause_ns = 0;
}

bool chime_host_seek(struct chime_host *host)
{
	s64 raw_ns = ktime_get_raw_ns();
	s64 age_ns = chime_sub_sat(raw_ns, host->sought_raw_ns);

	lockdep_assert_held(host->lock);
	if (!host->automatic || host->ops ||
	    chime_add_sat(age_ns, CHIME_SEEK_EARLY_NS) < host->seek_pause_ns)
		return false;
	host->sought_raw_ns = raw_ns;
	host->seek_pause_ns = clamp_t(s64, 2 * host->seek_pause_ns, CHIME_SEEK_LEAST_NS,
				      CHIME_SEEK_MOST_NS);
	return chime_host_choose_best(host);
}

void chime_host_close(struct chime_host *host)
{
	chime_host_withdraw(host);
	if (host->ops)
		host->ops->close(host->device);
	WRITE_ONCE(host->ops, NULL);
	host->device = NULL;
}

void chime_host_read_marks(const struct chime_host *host, struct chime_marks *marks)
{
	const struct chime_host_ops *ops = READ_ONCE(host->ops);

	if (ops)
		ops->read_marks(marks);
}

/* A reading, and what it shows of stops: that is added to @evidence, even if the reading failed. */
static int chime_host_read(struct chime_host *host, struct chime_pairing *pairing, u32 *evidence)
{
	int ret = chime_host_pair(host, pairing);

	*evidence |= pairing->evidence;
	return ret;
}

/* This guest was stopped or restored since the latest reading on the line. */
static bool chime_host_stood_still(const struct chime_host *host, u32 evidence)
{
	return host->stood_still || evidence & (CHIME_SAW_RESTORE | CHIME_SAW_STOP);
}

/* Does a second reading show the same jump, within the error of the two? */
static bool chime_host_confirm(struct chime_host *host, const struct chime_pairing *first,
			       s64 deviation_ns, u32 *evidence)
{
	struct chime_pairing *second = &host->confirmation;
	s64 again_ns;

	if (chime_host_read(host, second, evidence))
		return false;
	second->stood_still = chime_host_stood_still(host, *evidence);
	again_ns = chime_host_line_deviation(&host->track, second);
	return chime_abs_sat(chime_sub_sat(again_ns, deviation_ns)) <=
	       chime_host_slack(first, second);
}

/*
 * If no stop was reported, a hard slew may have moved the reading off the line. Wait a little: the
 * host's rate then shows whether it did. This is rare, and only happens in an idle guest, whose
 * last check was long ago.
 */
static bool chime_host_is_slewed(struct chime_host *host, u32 *evidence)
{
	struct chime_pairing later = { };

	if (chime_host_stood_still(host, *evidence) ||
	    !chime_host_line_may_be_slewed(&host->track, &host->confirmation))
		return false;
	usleep_range(CHIME_SLEW_CHECK_US, 2 * CHIME_SLEW_CHECK_US);
	return !chime_host_read(host, &later, evidence) &&
	       !chime_host_stood_still(host, *evidence) &&
	       chime_host_line_follow_slew(&host->track, &host->confirmation, &later);
}

/* How much more kvm-clock has run than the raw clock since the latest reading on the line. */
static s64 chime_host_counter_gained(const struct chime_host *host, const struct chime_pairing *now)
{
	const struct chime_pairing *before = &host->track.last;

	return chime_sub_sat(chime_sub_sat(now->counter_ns, before->counter_ns),
			     chime_sub_sat(now->raw_ns, before->raw_ns));
}

static bool chime_host_has_counter(const struct chime_host *host, const struct chime_pairing *now)
{
	return host->track.last.counter_ns && now->counter_ns;
}

/*
 * The raw clock moved against kvm-clock, which was read along with it, by more than errors explain.
 * The two are only comparable if this guest was not stopped: kvm-clock is set anew then.
 */
static bool chime_host_raw_moved(const struct chime_host *host, const struct chime_pairing *now)
{
	const struct chime_pairing *before = &host->track.last;
	s64 ran_ns = chime_sub_sat(now->raw_ns, before->raw_ns);
	s64 error_ns = chime_add_sat(before->uncertainty_ns, now->uncertainty_ns);

	error_ns = chime_add_sat(error_ns, CHIME_RAW_LOST_MIN_NS);
	error_ns = chime_add_sat(error_ns, chime_scale_q32(ran_ns, CHIME_RAW_LOST_MIN_Q32));
	return chime_host_has_counter(host, now) &&
	       chime_abs_sat(chime_host_counter_gained(host, now)) > error_ns;
}

/*
 * The raw clock itself may lose time, as that of a counter does which wraps unseen. kvm-clock then
 * shows most of the jump, too.
 */
static bool chime_host_raw_lost_time(const struct chime_host *host, s64 gap_ns, u32 evidence)
{
	const struct chime_pairing *now = &host->confirmation;
	s64 lost_ns = chime_host_counter_gained(host, now);
	s64 rest_ns = chime_sub_sat(gap_ns, lost_ns);

	return !chime_host_stood_still(host, evidence) && chime_host_raw_moved(host, now) &&
	       chime_abs_sat(rest_ns) < chime_abs_sat(lost_ns) / 2;
}

/*
 * Some hypervisors set the clocks of a guest ahead when they restore it: then even the raw clock
 * jumps together with the host's time, and only the checks that are missing show how long this
 * guest stood still. (Those without a result are not missing.) A little may be missing, but not
 * half of it. Where the raw clock ran on while the guest stood still, as a TSC does, kvm-clock did
 * not: then no clock was set ahead.
 */
static void chime_host_note_set_ahead(struct chime_host *host, const struct chime_pairing *pairing)
{
	s64 ran_raw_ns = max_t(s64, host->track.last.raw_ns, host->ran_raw_ns);
	s64 ahead_ns = chime_sub_sat(pairing->running_raw_ns, ran_raw_ns);
	s64 off_ns = chime_host_line_deviation(&host->track, pairing);

	if (!host->stood_still || !chime_host_has_counter(host, pairing) ||
	    ahead_ns <= host->unseen_most_ns || chime_abs_sat(off_ns) > ahead_ns / 2 ||
	    chime_abs_sat(chime_host_counter_gained(host, pairing)) > ahead_ns / 2)
		return;
	host->set_ahead_ns = chime_add_sat(host->set_ahead_ns, ahead_ns);
	chime_host_line_set_raw_ahead(&host->track, ahead_ns);
}

/* By its size a slew of the host's clock could explain it as well as the stop that was seen. */
static bool chime_host_lost_little(const struct chime_host *host, enum chime_verdict verdict,
				   s64 off_ns)
{
	return verdict == CHIME_VERDICT_RATE_CHANGED && host->stood_still && off_ns > 0;
}

static enum chime_check chime_host_check_once(struct chime_host *host, s64 *gap_ns, u32 *evidence)
{
	struct chime_pairing pairing = { };
	int ret = chime_host_read(host, &pairing, evidence);
	enum chime_check check = CHIME_CHECK_OK;
	enum chime_verdict verdict;
	s64 hidden_ns = 0;

	host->stood_still = chime_host_stood_still(host, *evidence);
	if (ret)
		return CHIME_CHECK_SILENT;
	pairing.stood_still = host->stood_still || chime_host_raw_moved(host, &pairing);
	chime_host_note_set_ahead(host, &pairing);

	*gap_ns = chime_host_line_deviation(&host->track, &pairing);
	if (host->stood_still)
		hidden_ns = chime_host_line_hides(&host->track, &pairing);
	verdict = chime_host_line_update(&host->track, &pairing);
	switch (verdict) {
	case CHIME_VERDICT_STARTED:
	case CHIME_VERDICT_ON_LINE:
	case CHIME_VERDICT_RATE_CHANGED:
		if (chime_host_lost_little(host, verdict, *gap_ns)) {
			check = CHIME_CHECK_LOST_LITTLE;
		} else if (host->stood_still) {
			check = CHIME_CHECK_HID_LITTLE;
			*gap_ns = hidden_ns;
		}
		host->stood_still = false;
		return check;
	case CHIME_VERDICT_USELESS:
		break;
	case CHIME_VERDICT_JUMPED:
		if (!chime_host_confirm(host, &pairing, *gap_ns, evidence))
			break;
		if (chime_host_raw_lost_time(host, *gap_ns, *evidence)) {
			*evidence |= CHIME_SAW(RAW_LOST);
			return CHIME_CHECK_JUMPED;
		}
		return chime_host_is_slewed(host, evidence) ? CHIME_CHECK_OK :
							      CHIME_CHECK_JUMPED;
	}
	return CHIME_CHECK_SILENT;
}

enum chime_check chime_host_check(struct chime_host *host, s64 *gap_ns, u32 *evidence)
{
	enum chime_check check = CHIME_CHECK_SILENT;
	bool stood_still = host->stood_still;
	int i;

	lockdep_assert_held(host->lock);
	if (!host->ops)
		return CHIME_CHECK_NO_HOST;
	/* A reading without a result may hide a jump: read again now, not at the next check. */
	for (i = 0; i < CHIME_CHECK_READINGS; i++) {
		check = chime_host_check_once(host, gap_ns, evidence);
		if (check != CHIME_CHECK_SILENT || host->silent)
			break;
	}
	/* The raw clock may have run on during a stop, which says nothing of the host. */
	if (check == CHIME_CHECK_SILENT && (!host->no_result || host->stood_still != stood_still))
		host->no_result_raw_ns = ktime_get_raw_ns();
	if (check == CHIME_CHECK_SILENT && !host->stood_still)
		host->ran_raw_ns = ktime_get_raw_ns();
	host->no_result = check == CHIME_CHECK_SILENT;
	return check;
}

void chime_host_accept(struct chime_host *host)
{
	lockdep_assert_held(host->lock);
	host->stood_still = false;
	host->set_ahead_ns = 0;
	chime_host_line_rebase(&host->track, &host->confirmation);
}

void chime_host_forget(struct chime_host *host)
{
	lockdep_assert_held(host->lock);
	chime_host_line_forget(&host->track);
}

int chime_host_reset(struct chime_host *host, u32 *evidence)
{
	struct chime_pairing first = { }, next = { };
	int ret;

	lockdep_assert_held(host->lock);
	if (!host->ops)
		return -ENODEV;
	ret = chime_host_read(host, &first, evidence) ?: chime_host_read(host, &next, evidence) ?:
	      chime_host_compare(&first, &next);
	host->no_result = ret;
	if (ret)
		return ret;
	host->stood_still = false;
	host->set_ahead_ns = 0;
	memset(&host->track, 0, sizeof(host->track));
	chime_host_line_update(&host->track, &first);
	return 0;
}

enum truechime_host_state chime_host_state(const struct chime_host *host)
{
	if (!host->ops)
		return TRUECHIME_HOST_ABSENT;
	if (host->demoted)
		return TRUECHIME_HOST_DEMOTED;
	return host->silent || host->no_result ? TRUECHIME_HOST_FAILING : TRUECHIME_HOST_CHOSEN;
}

static enum truechime_host_state chime_host_probe(struct chime_host *host, unsigned int kind)
{
	void *device;

	if (!host->opened[kind] && !chime_host_open(host, kind, &device))
		chime_host_kinds[kind]->close(device);
	return host->offered[kind];
}

bool chime_host_list(struct chime_host *host, unsigned int index, struct chime_host_info *info)
{
	const struct chime_host_ops *ops;

	lockdep_assert_held(host->lock);
	if (index >= ARRAY_SIZE(chime_host_kinds) || !chime_host_kinds[index])
		return false;
	ops = chime_host_kinds[index];
	*info = (struct chime_host_info){ .name = ops->name };
	if (host->ops == ops) {
		info->state = chime_host_state(host);
		info->exact = host->track.last.exact;
		info->uncertainty_ns = host->track.last.uncertainty_ns;
	} else {
		info->state = chime_host_probe(host, index);
	}
	return true;
}
