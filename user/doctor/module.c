// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's file for this kernel, DKMS, the keys that the firmware trusts, blacklists, and the
 * kernel's log.
 */
#include "doctor/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/files.h"
#include "lib/array_size.h"

#define MODULE		"truechime"
#define DKMS		"/var/lib/dkms/" MODULE

/* Variables of the firmware; in shim's are the keys of the machine's owner. */
#define EFIVARS		"/sys/firmware/efi/efivars/"
#define SECURE_BOOT	EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM		"-605dab50-e046-4300-abb6-3dd810dd8b23"
#define KEYS		EFIVARS "MokListRT" SHIM
#define KEYS_PENDING	EFIVARS "MokNew" SHIM
#define DKMS_KEY	"/var/lib/dkms/mok.pub"

/* Each begins with its attributes, and this one's value is a byte. */
#define SECURE_BOOT_BYTE	4

/* What the kernel looks for at the end of a module. */
#define SIGNATURE_END	"~Module signature appended~\n"

/* Room for the kernel's command line: x86 and arm64 take one of 2048. */
#define COMMAND_LINE_MAX	8192

/* A record of the kernel's log is at most so long. */
#define RECORD_MAX	8192

static bool is_in_file(const char *place, const void *bytes, size_t size)
{
	size_t length;
	char *all = doctor_read_all(place, &length);
	bool found = all && memmem(all, length, bytes, size);

	free(all);

	return found;
}

/* --- The file for this kernel --- */

/* As depmod lists it: "updates/dkms/truechime.ko: needed.ko". false: it does not. */
static bool find_file(const char *root, const char *release, char place[DOCTOR_PATH_MAX])
{
	char list[DOCTOR_PATH_MAX], line[1024];
	bool found = false;
	FILE *file;

	file = fopen(doctor_path(list, root, "/lib/modules/%s/modules.dep", release), "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, "/" MODULE ".ko");
		if (found)
			doctor_path(place, root, "/lib/modules/%s/%s", release, line);
	}
	fclose(file);

	return found && doctor_has(place);
}

/* What a compressed one says is not read: DKMS builds and signs each alike. */
static void read_file(const char *place, const char *release, struct doctor_module *module)
{
	size_t length, end = strlen(SIGNATURE_END);
	char magic[128], *bytes;
	int size;

	module->is_signed = true;
	if (!strstr(place, ".ko") || *(strstr(place, ".ko") + 3))
		return;
	bytes = doctor_read_all(place, &length);
	if (!bytes)
		return;
	module->is_signed = length >= end && !memcmp(bytes + length - end, SIGNATURE_END, end);
	size = snprintf(magic, sizeof(magic), "vermagic=%s ", release);
	module->other_kernel = memmem(bytes, length, "vermagic=", 9) &&
			       !memmem(bytes, length, magic, (size_t)size);
	free(bytes);
}

/* --- DKMS --- */

/* dkms.conf's BUILD_EXCLUSIVE_KERNEL="^(6\.1|6\.12)\." does not match. */
static bool excludes(const char *place, const char *release)
{
	static const char name[] = "BUILD_EXCLUSIVE_KERNEL=\"";
	char *text, *end;
	bool excluded = false;
	regex_t pattern;
	size_t length;
	char *all = doctor_read_all(place, &length);

	text = all ? memmem(all, length, name, strlen(name)) : NULL;
	if (text)
		text += strlen(name);
	end = text ? memchr(text, '"', (size_t)(all + length - text)) : NULL;
	if (end) {
		*end = '\0';
		if (!regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB)) {
			excluded = regexec(&pattern, release, 0, NULL, 0);
			regfree(&pattern);
		}
	}
	free(all);

	return excluded;
}

/* A folder for each version that was added, with "source", and "build" where building failed. */
static void read_dkms(const char *root, const char *release, struct doctor_module *module)
{
	static const char conf[] = "source/dkms.conf";
	char place[DOCTOR_PATH_MAX];
	glob_t found;

	doctor_find(doctor_path(place, root, DKMS "/*/%s", conf), &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		int folder = (int)(strlen(path) - strlen(conf));

		/* One that is for this kernel is enough. */
		module->excluded = excludes(path, release) &&
				   (module->excluded || !module->packaged);
		module->packaged = true;
		snprintf(place, sizeof(place), "%.*sbuild/make.log", folder, path);
		module->build_failed |= doctor_has_line(place, "DKMS make.log for") &&
					is_in_file(place, release, strlen(release));
	}
	globfree(&found);
}

/* --- Keys --- */

static bool is_key_in(const char *root, const char *variable)
{
	char place[DOCTOR_PATH_MAX];
	bool found = false;
	size_t length;
	char *key;

	key = doctor_read_all(doctor_path(place, root, DKMS_KEY), &length);
	if (!key)
		return false;
	found = is_in_file(doctor_path(place, root, "%s", variable), key, length);
	free(key);

	return found;
}

/* Lockdown's mode in force stands in brackets: "none [integrity] confidentiality". */
static bool wants_signature(const char *root)
{
	char place[DOCTOR_PATH_MAX], line[128], *bytes;
	bool wanted;
	size_t length;

	doctor_path(place, root, "/sys/kernel/security/lockdown");
	doctor_read_line(place, line, sizeof(line));
	if (*line)
		return !strstr(line, "[none]");
	doctor_path(place, root, "/sys/module/module/parameters/sig_enforce");
	doctor_read_line(place, line, sizeof(line));
	if (*line == 'Y')
		return true;
	/* Without securityfs: Debian's kernel locks down by Secure Boot. */
	bytes = doctor_read_all(doctor_path(place, root, SECURE_BOOT), &length);
	wanted = bytes && length > SECURE_BOOT_BYTE && bytes[SECURE_BOOT_BYTE] == 1;
	free(bytes);

	return wanted;
}

/* --- Blacklists --- */

/* In a list such as "floppy,truechime", which may stand in quotes. */
static bool is_in_list(char *list)
{
	char *name;

	while ((name = strsep(&list, ",\"")))
		if (!strcmp(name, MODULE))
			return true;

	return false;
}

/* By the kernel, or by modprobe; what follows "--" is for init. */
static bool is_blacklisted_at_boot(const char *root)
{
	static const char *const lists[] = { "module_blacklist=", "modprobe.blacklist=" };
	char place[DOCTOR_PATH_MAX], line[COMMAND_LINE_MAX], *words = line, *word;

	doctor_read_line(doctor_path(place, root, "/proc/cmdline"), line, sizeof(line));
	while ((word = strsep(&words, " ")) && strcmp(word, "--") != 0) {
		for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
			if (!strncmp(word, lists[i], strlen(lists[i])) &&
			    is_in_list(word + strlen(lists[i])))
				return true;
	}

	return false;
}

static bool is_blacklisted(const char *root)
{
	bool blacklisted = is_blacklisted_at_boot(root);
	char place[DOCTOR_PATH_MAX];
	glob_t found;

	doctor_find(doctor_path(place, root, "/etc/modprobe.d/*.conf"), &found);
	for (size_t i = 0; i < found.gl_pathc && !blacklisted; i++)
		blacklisted = doctor_has_line(found.gl_pathv[i], "blacklist " MODULE) ||
			      doctor_has_line(found.gl_pathv[i], "install " MODULE);
	globfree(&found);

	return blacklisted;
}

/* --- The kernel's log --- */

/* "6,123,456,-;truechime: loading of module with unavailable key is rejected" */
static void keep_complaint(char *records, struct doctor_module *module)
{
	static const char *const complaints[] = {
		"rejected", "version magic", "Unknown symbol", "disagrees about version",
	};
	char *record;

	while ((record = strsep(&records, "\n"))) {
		const char *text = strchr(record, ';');

		if (!text || strncmp(text + 1, MODULE ": ", strlen(MODULE ": ")) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
			if (strstr(text, complaints[i]))
				snprintf(module->kernel_says, sizeof(module->kernel_says), "%s",
					 text + 1);
		}
	}
}

/* Each reading is a record, and one that was overwritten meanwhile is an error, which is no end. */
static void read_log(const char *root, struct doctor_module *module)
{
	char place[DOCTOR_PATH_MAX], records[RECORD_MAX + 1];
	ssize_t length;
	int fd;

	fd = open(doctor_path(place, root, "/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((length = read(fd, records, RECORD_MAX)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length < 0)
			continue;
		records[length] = '\0';
		keep_complaint(records, module);
	}
	close(fd);
}

void doctor_module_read(const char *root, const char *release, struct doctor_module *module)
{
	char place[DOCTOR_PATH_MAX];

	*module = (struct doctor_module){ .loaded = false };
	module->loaded = doctor_has(doctor_path(place, root, "/sys/module/" MODULE));
	module->has_headers = doctor_has(doctor_path(place, root, "/lib/modules/%s/build",
						     release));
	read_dkms(root, release, module);
	module->installed = find_file(root, release, place);
	if (module->installed) {
		module->packaged = true;
		read_file(place, release, module);
	}
	module->blacklisted = is_blacklisted(root);
	module->signature_wanted = wants_signature(root);
	module->key_enrolled = is_key_in(root, KEYS);
	module->key_pending = is_key_in(root, KEYS_PENDING);
	if (!module->loaded)
		read_log(root, module);
}
