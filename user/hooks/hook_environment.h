/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hook is told: the event, as environment variables TRUECHIME_*.
 */
#ifndef HOOK_ENVIRONMENT_H
#define HOOK_ENVIRONMENT_H

#include "lib/module_link.h"

/* The environment, NULL at the end; hook_environment_free() it. NULL: no memory. */
char **hook_environment_new(const struct module_event *event);
void hook_environment_free(char **environment);

#endif /* HOOK_ENVIRONMENT_H */
