// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading of the module, over libkmod: with its dependencies and modprobe.d's blacklists. Its
 * parameters, over sysfs.
 *
 * libkmod, and with it OpenSSL and two libraries of compression, would stay in memory for as long
 * as the daemon runs, 1.6 MiB for what is done once. It is opened for that alone, and by a child of
 * the daemon: OpenSSL does not leave a process that it has come to.
 */
#include "daemon/module_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libkmod.h>

#include "daemon/privileges.h"
#include "lib/child.h"
#include "lib/late_library.h"
#include "lib/module_refusal.h"
#include "lib/time_units.h"

#define MODULE_NAME	"truechime"
#define KMOD_PATH	"libkmod.so.2"
#define LOCKDOWN_PATH	"/sys/kernel/security/lockdown"
#define MAXERROR_PATH	"/sys/module/" MODULE_NAME "/parameters/hostmaxerror_us"

/**
 * struct kmod - libkmod, opened
 * @library: for dlclose(3)
 *
 * And of its functions those that are used here.
 */
struct kmod {
	void *library;
	typeof(kmod_new) *new;
	typeof(kmod_unref) *unref;
	typeof(kmod_module_new_from_lookup) *module_new_from_lookup;
	typeof(kmod_module_get_module) *module_get_module;
	typeof(kmod_module_probe_insert_module) *module_probe_insert_module;
	typeof(kmod_module_unref) *module_unref;
	typeof(kmod_module_unref_list) *module_unref_list;
	typeof(kmod_list_next) *list_next;
};

/* false: it is not installed. */
static bool kmod_open(struct kmod *kmod)
{
	const struct late_function wanted[] = {
		{ "kmod_new", &kmod->new },
		{ "kmod_unref", &kmod->unref },
		{ "kmod_module_new_from_lookup", &kmod->module_new_from_lookup },
		{ "kmod_module_get_module", &kmod->module_get_module },
		{ "kmod_module_probe_insert_module", &kmod->module_probe_insert_module },
		{ "kmod_module_unref", &kmod->module_unref },
		{ "kmod_module_unref_list", &kmod->module_unref_list },
		{ "kmod_list_next", &kmod->list_next },
	};

	kmod->library = late_library_open(KMOD_PATH, wanted, sizeof(wanted) / sizeof(wanted[0]));
	return kmod->library;
}

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

	if (err == -ELIBACC) {
		snprintf(message, size,
			 "The kernel module %s could not be loaded: %s is missing; going on without it. Install the package libkmod2",
			 MODULE_NAME, KMOD_PATH);
		return;
	}
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
static int module_probe(const struct kmod *kmod, struct kmod_ctx *context)
{
	struct kmod_list *list = NULL, *item;
	int err = -ENOENT;

	if (kmod->module_new_from_lookup(context, MODULE_NAME, &list) < 0)
		return -ENOENT;
	for (item = list; item; item = kmod->list_next(list, item)) {
		struct kmod_module *module = kmod->module_get_module(item);

		err = kmod->module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL,
						       NULL, NULL, NULL);
		kmod->module_unref(module);
		if (err)
			break;
	}
	kmod->module_unref_list(list);
	return err == KMOD_PROBE_APPLY_BLACKLIST ? -EPERM : err;
}

/* As module_probe(); -ELIBACC: there is no libkmod. */
static int module_insert(void)
{
	struct kmod_ctx *context;
	struct kmod kmod;
	int err = -ENOMEM;

	if (!kmod_open(&kmod))
		return -ELIBACC;
	context = kmod.new(NULL, NULL);
	if (context) {
		err = module_probe(&kmod, context);
		kmod.unref(context);
	}
	dlclose(kmod.library);
	/* Lockdown returns EPERM where a signature check alone returns EKEYREJECTED. */
	if (err == -ENOKEY || (err == -EPERM && module_lockdown()))
		err = -EKEYREJECTED;
	return err;
}

/* As module_insert(), which a child does. */
static int module_insert_beside(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-module_insert());
	status = child_wait(pid);

	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int module_load(char *message, size_t size)
{
	int err = privileges_may_load_module() ? module_insert_beside() : -EPERM;

	message[0] = '\0';
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
