// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the module, and saying in words what it refused.
 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

int module_open_loudly(struct module_link **link)
{
	int err = module_link_open(link);

	if (!err)
		return CLI_OK;
	if (err == -ENOENT)
		user_err("the kernel module truechime is not loaded. To load it, as root: modprobe truechime");
	else
		user_err("the kernel module cannot be asked: %s", strerror(-err));
	return CLI_ERROR;
}

int module_refused(const struct module_link *link, const char *what, int err)
{
	user_err("the kernel module refused %s: %s", what, module_link_words(link, err));
	return CLI_NOT;
}
