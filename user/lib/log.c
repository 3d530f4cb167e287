// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log messages: levels, targets and the rate limit for messages that others can trigger. Callers
 * decide what to log.
 */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "lib/descriptors.h"
#include "lib/printable.h"

#define LOG_LINE_MAX	1024
#define LOG_FIELDS_MAX	24

enum log_target {
	LOG_TARGET_PLAIN,	/* a terminal or a file */
	LOG_TARGET_PREFIX,	/* sd-daemon's "<N>" */
	LOG_TARGET_JOURNAL,	/* with fields */
};

static int log_level = LOG_INFO;
static enum log_target log_target = LOG_TARGET_PLAIN;

void log_set_level(int level)
{
	log_level = level;
}

/* systemd states the device and inode of the stream that it connected; others may be inherited. */
static bool log_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

void log_open(bool prefix)
{
	descriptors_fill();
	if (log_stderr_is_journal())
		log_target = LOG_TARGET_JOURNAL;
	else if (prefix && !isatty(STDERR_FILENO))
		log_target = LOG_TARGET_PREFIX;
	else
		log_target = LOG_TARGET_PLAIN;
}

static const char *log_word(int level)
{
	if (level <= LOG_ERR)
		return "error: ";
	if (level == LOG_WARNING)
		return "warning: ";
	return "";
}

static bool log_to_journal(int level, const char *message, const char *const *fields)
{
	char text[LOG_LINE_MAX + 8], priority[16];
	struct iovec iov[LOG_FIELDS_MAX + 2];
	int count = 0;

	snprintf(text, sizeof(text), "MESSAGE=%s", message);
	snprintf(priority, sizeof(priority), "PRIORITY=%d", level);
	iov[count].iov_base = text;
	iov[count++].iov_len = strlen(text);
	iov[count].iov_base = priority;
	iov[count++].iov_len = strlen(priority);
	for (; fields && *fields && count < LOG_FIELDS_MAX + 2; fields++) {
		iov[count].iov_base = (void *)*fields;
		iov[count++].iov_len = strlen(*fields);
	}
	return sd_journal_sendv(iov, count) >= 0;
}

void log_fields(int level, const char *text, const char *const *fields)
{
	char message[LOG_LINE_MAX];

	if (level > log_level)
		return;
	/* It may quote a name that comes from the network or that a program chose for itself. */
	snprintf(message, sizeof(message), "%s", text);
	make_printable(message);
	if (log_target == LOG_TARGET_JOURNAL && log_to_journal(level, message, fields))
		return;
	if (log_target == LOG_TARGET_PLAIN)
		fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, log_word(level),
			message);
	else
		fprintf(stderr, "<%d>%s\n", level, message);
}

static void log_message(int level, const char *format, va_list arguments)
{
	char message[LOG_LINE_MAX];

	if (level > log_level)
		return;
	vsnprintf(message, sizeof(message), format, arguments);
	log_fields(level, message, NULL);
}

#define LOG_FUNCTION(name, level)			\
	void name(const char *format, ...)		\
	{						\
		va_list arguments;			\
							\
		va_start(arguments, format);		\
		log_message(level, format, arguments);	\
		va_end(arguments);			\
	}

LOG_FUNCTION(log_err, LOG_ERR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_notice, LOG_NOTICE)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

bool log_limit_pass(struct log_limit *limit, int64_t now_ns, int64_t interval_ns)
{
	if (now_ns < limit->next_ns && limit->next_ns - now_ns <= interval_ns)
		return false;
	limit->next_ns = now_ns + interval_ns;
	return true;
}
