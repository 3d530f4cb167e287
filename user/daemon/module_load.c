// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading of the module, over libkmod: with its dependencies and modprobe.d's blacklists. Its
 * parameters, over sysfs.
 */
#include "daemon/module_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libkmod.h>

#include "daemon/privileges.h"
#include "lib/module_refusal.h"

#define MODULE_NAME	"truechime"
#define LOCKDOWN_PATH	"/sys/kernel/security/lockdown"
#define MAXERROR_PATH	"/sys/module/" MODULE_NAME "/parameters/hostmaxerror_us"

#define NS_PER_US	1000LL

/* Lockdown's mode in force stands in brackets: "none [integrity] confidentiality". */
static bool module_lockdown(void)
{
	char text[128];
	ssize_t length;
	int fd;

	fd = open(LOCKDOWN_PATH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return !strstr(text, "[none]");
}

/* false: only the error says why. */
static bool module_load_refusal(int err, enum module_refusal *refusal)
{
	switch (err) {
	case -ENOENT:
		*refusal = MODULE_NOT_INSTALLED;
		return true;
	case -EKEYREJECTED:
		*refusal = MODULE_KEY_REJECTED;
		return true;
	case -EPERM:
		*refusal = MODULE_NOT_LOADED;
		return true;
	case -ENOEXEC:
		*refusal = MODULE_OTHER_KERNEL;
		return true;
	}
	return false;
}

static void module_load_explain(int err, char *message, size_t size)
{
	char words[MODULE_REFUSAL_TEXT_MAX], command[MODULE_REFUSAL_TEXT_MAX];
	enum module_refusal refusal;
	struct utsname system;
	const char *release = uname(&system) ? "this kernel" : system.release;

	if (!module_load_refusal(err, &refusal)) {
		snprintf(message, size,
			 "The kernel module %s could not be loaded: %s; going on without it. See the kernel's log: dmesg | grep %s",
			 MODULE_NAME, strerror(-err), MODULE_NAME);
		return;
	}
	module_refusal_words(refusal, release, words);
	module_refusal_command(refusal, release, command);
	snprintf(message, size, "%s%s; going on without it. To %s%s: %s", words,
		 refusal == MODULE_NOT_LOADED ? " and we may not load it" : "",
		 module_refusal_purpose(refusal),
		 refusal == MODULE_NOT_LOADED ? ", as root" : "", command);
}

/* 0, or -errno as finit_module(2) gives it. */
static int module_probe(struct kmod_ctx *context)
{
	struct kmod_list *list = NULL, *item;
	int err = -ENOENT;

	if (kmod_module_new_from_lookup(context, MODULE_NAME, &list) < 0)
		return -ENOENT;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		err = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL,
						      NULL, NULL, NULL);
		kmod_module_unref(module);
		if (err)
			break;
	}
	kmod_module_unref_list(list);
	return err == KMOD_PROBE_APPLY_BLACKLIST ? -EPERM : err;
}

int module_load(char *message, size_t size)
{
	struct kmod_ctx *context;
	int err;

	message[0] = '\0';
	if (!privileges_may_load_module()) {
		err = -EPERM;
	} else {
		context = kmod_new(NULL, NULL);
		if (!context)
			return -ENOMEM;
		err = module_probe(context);
		kmod_unref(context);
		/* Lockdown returns EPERM where a signature check alone returns EKEYREJECTED. */
		if (err == -ENOKEY || (err == -EPERM && module_lockdown()))
			err = -EKEYREJECTED;
	}
	if (err)
		module_load_explain(err, message, size);
	return err;
}

int64_t module_host_maxerror_ns(void)
{
	FILE *file = fopen(MAXERROR_PATH, "re");
	long long maxerror_us;
	int count;

	if (!file)
		return -1;
	count = fscanf(file, "%15lld", &maxerror_us);
	fclose(file);
	return count == 1 && maxerror_us > 0 ? maxerror_us * NS_PER_US : -1;
}
