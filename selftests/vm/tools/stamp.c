// SPDX-License-Identifier: GPL-2.0-only
/*
 * stamp: copies lines, each after this machine's CLOCK_MONOTONIC at its first byte, so that
 * a guest's console can be laid beside what was done to the guest.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	char c, start = 1;
	struct timespec t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (read(0, &c, 1) == 1) {
		if (start) {
			clock_gettime(CLOCK_MONOTONIC, &t);
			printf("%5lld.%03ld| ", (long long)t.tv_sec, t.tv_nsec / 1000000);
		}
		start = c == '\n';
		if (c != '\r')
			putchar(c);
	}
	return 0;
}
