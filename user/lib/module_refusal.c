// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the kernel module is not loaded. In the texts %s stands for the kernel's release, once.
 */
#include "lib/module_refusal.h"

#include <stdio.h>
#include <string.h>

#define SOURCE	"truechime/" TRUECHIME_VERSION
#define ENROL	"mokutil --import /var/lib/dkms/mok.pub  # then reboot, and confirm at the console"
#define MODULE	"The kernel module truechime "
#define REFUSED	"The kernel refuses the module truechime, because it accepts only modules with a trusted signature (Secure Boot or lockdown)"

static const struct {
	const char *words;
	const char *purpose;
	const char *command;
} texts[] = {
	[MODULE_NOT_LOADED] = {
		MODULE "is not loaded", "load it", "modprobe truechime",
	},
	[MODULE_NOT_PACKAGED] = {
		MODULE "is not installed", "install it",
		"apt install truechime-dkms linux-headers-%s",
	},
	[MODULE_UNSUPPORTED_KERNEL] = {
		MODULE "is not made for kernel %s", "install and then boot Debian's own kernel",
		"apt install linux-image-amd64 linux-headers-amd64",
	},
	[MODULE_NO_HEADERS] = {
		MODULE "is not built for %s, as that kernel's headers are not installed",
		"build it", "apt install linux-headers-%s && dkms autoinstall",
	},
	[MODULE_BUILD_FAILED] = {
		MODULE "could not be built for %s", "see why",
		"cat /var/lib/dkms/truechime/*/build/make.log",
	},
	[MODULE_NOT_INSTALLED] = {
		MODULE "is not installed for %s", "install it",
		"apt install linux-headers-%s && dkms autoinstall",
	},
	[MODULE_OTHER_KERNEL] = {
		MODULE "was built for another kernel than %s", "build it anew",
		"dkms install --force " SOURCE " -k %s",
	},
	[MODULE_BLACKLISTED] = {
		MODULE "is blacklisted, in /etc/modprobe.d or on the kernel's command line",
		"see where",
		"grep -rE '(blacklist|install)[ =].*truechime' /etc/modprobe.d /proc/cmdline",
	},
	[MODULE_NO_SIGNATURE] = {
		REFUSED ", and it has none", "build it anew, with a key of DKMS",
		"dkms install --force " SOURCE " -k %s && " ENROL,
	},
	[MODULE_KEY_REJECTED] = {
		REFUSED, "enrol the signing key",
		ENROL,
	},
	[MODULE_KEY_PENDING] = {
		REFUSED "; its key waits for being enrolled at the next boot", "do so",
		"reboot  # and confirm at the console: Enroll MOK",
	},
};

/* A table's text with @release where %s is. */
static void fill(const char *text, const char *release, char filled[MODULE_REFUSAL_TEXT_MAX])
{
	const char *place = strstr(text, "%s");

	if (place)
		snprintf(filled, MODULE_REFUSAL_TEXT_MAX, "%.*s%s%s", (int)(place - text), text,
			 release, place + 2);
	else
		snprintf(filled, MODULE_REFUSAL_TEXT_MAX, "%s", text);
}

void module_refusal_words(enum module_refusal refusal, const char *release,
			  char text[MODULE_REFUSAL_TEXT_MAX])
{
	fill(texts[refusal].words, release, text);
}

const char *module_refusal_purpose(enum module_refusal refusal)
{
	return texts[refusal].purpose;
}

void module_refusal_command(enum module_refusal refusal, const char *release,
			    char text[MODULE_REFUSAL_TEXT_MAX])
{
	fill(texts[refusal].command, release, text);
}
