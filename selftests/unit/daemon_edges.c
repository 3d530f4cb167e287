// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edges of the daemon at which nothing happens, for tests of a turn of its loop: time sources of
 * which daemon_edges.h has all that is known; no leap list, no systemd.
 */
#include "selftests/unit/daemon_edges.h"

#include "user/daemon/notify.h"
#include "user/daemon/refuted_clocks.h"
#include "user/daemon/requests.h"

struct daemon_edges daemon_edges;

struct source {
	uint64_t serial;
};

const char *module_link_words(const struct module_link *link, int err)
{
	return "";
}

size_t associations_sources(const struct associations *associations,
			    struct source *const **sources)
{
	static struct source all[] = { { 1 }, { 2 }, { 3 }, { 4 } };
	static struct source *const pointers[] = { &all[0], &all[1], &all[2], &all[3] };

	*sources = &pointers[daemon_edges.deleted];
	return 1 + daemon_edges.more - daemon_edges.deleted;
}

uint64_t source_serial(const struct source *source)
{
	return source->serial;
}

bool associations_get_info(const struct associations *associations, size_t index,
			   struct association_info *info)
{
	*info = (struct association_info){ .refid = daemon_edges.refid };
	return true;
}

void associations_judge_servers(struct associations *associations, int orphan_stratum,
				bool recovering, int64_t at_ns)
{
}

void associations_note_update(struct associations *associations)
{
}

void associations_pause(struct associations *associations, int64_t from_ns, int64_t until_ns)
{
}

bool source_is_refused(const struct source *source)
{
	return false;
}

uint64_t source_received(const struct source *source)
{
	return daemon_edges.received;
}

const struct source_options *source_get_options(const struct source *source)
{
	static struct source_options options;

	options.noselect = daemon_edges.noselect;
	return &options;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	static const struct source_options options;

	*status = (struct source_status){ .options = &options, .refuted = daemon_edges.refuted };
}

int refuted_clocks_note(const struct config *config, struct source *const *sources, size_t count)
{
	daemon_edges.noted++;
	return 0;
}

int refuted_clocks_recall(const struct config *config, struct source *const *sources, size_t count,
			  uint64_t *recalled)
{
	*recalled = 0;
	return 0;
}

bool daemon_judge_sources(struct daemon *daemon, struct source *const *sources, size_t count,
			  const struct timescale_now *now)
{
	return !daemon_edges.suspected;
}

void daemon_judge_smearing(struct daemon *daemon, struct source *const *sources, size_t count,
			   const struct timescale_now *now)
{
}

const char *daemon_step_words(const struct daemon *daemon, int err)
{
	return "";
}

void daemon_module_failed(struct daemon *daemon, int err)
{
}

void daemon_leap(struct daemon *daemon, int64_t change_ns)
{
}

void daemon_read_leap_list(struct daemon *daemon, int64_t now_ns)
{
}

void daemon_announce_leap(struct daemon *daemon)
{
}

void notify_status(const char *format, ...)
{
}

int64_t notify_watchdog_interval_ns(void)
{
	return 0;
}

void notify_watchdog(void)
{
}
