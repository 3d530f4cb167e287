// SPDX-License-Identifier: GPL-2.0-only
/*
 * failing MODULE.ko [PARAMETERS]: load the module again and again, and let one allocation fail each
 * time: the first one that loading makes, the second one, and so on, until none is left to fail.
 * The kernel has to have fault injection (/proc/thread-self/fail-nth).
 *
 * Prints a line for each load, "nth=N loaded" or "nth=N refused errno=E", and at the end
 *	failed=N refused=N loaded=N odd=N left=N
 * odd: refused for another reason than the want of memory; left: how often a load that was refused
 * left the module, or a PTP clock, behind, or a module that was loaded did not unload. Exits 0 if
 * both are 0, and if there was an end to it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Loading the module makes some hundred allocations. */
#define MOST	5000

#define MODULE	"truechime"

static void die(const char *what)
{
	fprintf(stderr, "failing: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* The kernel's file for that, of this thread. */
static int control;

/* From now on the nth allocation fails; 0: none. */
static void fail_nth(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(control, text, (size_t)length, 0) != length)
		die("writing fail-nth");
}

/* How many allocations there are still to come up to the one that fails; 0: it failed. */
static unsigned int still_to_come(void)
{
	char text[16] = "";

	if (pread(control, text, sizeof(text) - 1, 0) <= 0)
		die("reading fail-nth");
	return (unsigned int)strtoul(text, NULL, 10);
}

static unsigned int ptp_clocks(void)
{
	DIR *dir = opendir("/sys/class/ptp");
	unsigned int count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* The core of devices calls a name that it could not allocate invalid. */
static bool is_want_of_memory(int error)
{
	return error == ENOMEM || error == EINVAL;
}

static int is_there(void)
{
	return !access("/sys/module/" MODULE, F_OK);
}

int main(int argc, char **argv)
{
	unsigned int nth, to_come = 0, refused = 0, loaded = 0, odd = 0, left = 0;
	unsigned int clocks = ptp_clocks();
	int module, ret, why;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: failing MODULE.ko [PARAMETERS]\n");
		return 2;
	}
	module = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (module < 0)
		die(argv[1]);
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("/proc/thread-self/fail-nth");
	for (nth = 1; nth <= MOST && !to_come; nth++) {
		fail_nth(nth);
		ret = (int)syscall(SYS_finit_module, module, argc > 2 ? argv[2] : "", 0);
		why = errno;
		to_come = still_to_come();
		fail_nth(0);
		if (!ret) {
			printf("nth=%u loaded\n", nth);
			loaded++;
			if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
				left++;
		} else {
			printf("nth=%u refused errno=%d\n", nth, why);
			refused++;
			odd += !is_want_of_memory(why);
		}
		if (is_there() || ptp_clocks() != clocks)
			left++;
		fflush(stdout);
	}
	/* The last one was loaded without a failure. */
	printf("failed=%u refused=%u loaded=%u odd=%u left=%u\n", nth - 2, refused, loaded, odd,
	       left);
	return odd || left || !to_come;
}
