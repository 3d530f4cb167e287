// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent PORT: runs in a guest; takes commands from a virtio-serial port and sends back what they
 * print and their status. tell is its other end.
 *
 * A request is "ID COMMAND\0". The answer is each line of output as "ID|line\n", then
 * "ID=STATUS\n". It keeps nothing from one command to the next, so that a guest may be reverted at
 * any time at which no command runs. A command's background processes do not hold the answer up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_MAX	65536

static char buffer[COMMAND_MAX];

/* One request into @buffer. Length, or -errno; a port whose other end is away reads 0 at once. */
static int receive(int port)
{
	size_t used = 0;

	for (;;) {
		ssize_t n = read(port, buffer + used, 1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0) {
			usleep(50000);
			continue;
		}
		if (buffer[used] == '\0')
			return used;
		if (++used == sizeof(buffer))
			used = 0;	/* noise: no command is so long */
	}
}

static int run(const char *command, FILE *output)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return 126;
	if (child == 0) {
		int null = open("/dev/null", O_RDONLY);

		dup2(null, 0);
		dup2(fileno(output), 1);
		dup2(fileno(output), 2);
		setsid();
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void answer(int port, const char *id, FILE *output, int status)
{
	char *line = NULL, *text = NULL;
	size_t size = 0, length = 0, done = 0;
	FILE *reply = open_memstream(&text, &length);

	rewind(output);
	while (getline(&line, &size, output) > 0) {
		line[strcspn(line, "\n")] = '\0';
		fprintf(reply, "%s|%s\n", id, line);
	}
	fprintf(reply, "%s=%d\n", id, status);
	fclose(reply);
	while (done < length) {
		ssize_t n = write(port, text + done, length - done);

		if (n > 0)
			done += n;
		else
			usleep(50000);
	}
	free(text);
	free(line);
}

int main(int argc, char **argv)
{
	int port = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (port < 0) {
		fprintf(stderr, "agent: cannot open the port %s: %s\n", argc == 2 ? argv[1] : "?",
			strerror(errno));
		return 1;
	}
	while (receive(port) >= 0) {
		char *command = strchr(buffer, ' ');
		FILE *output = tmpfile();

		if (command && output) {
			*command++ = '\0';
			answer(port, buffer, output, run(command, output));
		}
		if (output)
			fclose(output);
	}
	return 1;
}
