/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's events from now on, each once and in order, however long each takes.
 */
#ifndef HOOK_EVENTS_H
#define HOOK_EVENTS_H

#include "../module_group.h"
#include "../module_link.h"

/**
 * hook_events_follow() - hear of events until the module goes
 * @link: to the module
 * @watch: tells when it goes
 * @handle: called for each event
 * @context: for @handle
 *
 * What happened before is no news. Events that the module has forgotten before they could be heard
 * are lost, which is logged.
 *
 * Return: -ENODEV: the module is gone; -errno: it cannot be heard.
 */
int hook_events_follow(struct module_link *link, struct module_watch *watch,
		       void (*handle)(void *context, const struct module_event *event),
		       void *context);

#endif /* HOOK_EVENTS_H */
