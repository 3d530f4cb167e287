// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may change the clock: CAP_SYS_TIME in the initial user namespace, of whoever sends and of
 * whoever opened the socket; everybody may look.
 */
#include "abuse.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	65534

static void put_line(struct genl_message *message)
{
	size_t nest = genl_nest_begin(message, TRUECHIME_A_CORRECTION);
	int attribute;

	for (attribute = TRUECHIME_LINE_A_ORIGIN_NS; attribute <= TRUECHIME_LINE_A_MAX; attribute++)
		genl_put_s64(message, (uint16_t)attribute, 0);
	genl_nest_end(message, nest);
}

static void put_rule(struct genl_message *message)
{
	size_t nest = genl_nest_begin(message, TRUECHIME_A_POLICY);

	genl_put_u32(message, TRUECHIME_POLICY_A_OCCASION, TRUECHIME_OCCASION_BOOT);
	genl_put_u32(message, TRUECHIME_POLICY_A_DIRECTION, TRUECHIME_DIRECTION_FORWARD);
	genl_nest_end(message, nest);
}

void abuse_put_change(struct genl_message *message, const struct genl *genl, int number)
{
	static const uint8_t commands[ABUSE_CHANGES] = {
		TRUECHIME_CMD_POLICY_SET, TRUECHIME_CMD_CORRECTION, TRUECHIME_CMD_STEP,
		TRUECHIME_CMD_MODE, TRUECHIME_CMD_HOST_SET, TRUECHIME_CMD_RESET,
		TRUECHIME_CMD_DISRUPTED, TRUECHIME_CMD_ADJUST,
	};

	genl_begin(message, genl, commands[number], 0);
	switch (commands[number]) {
	case TRUECHIME_CMD_POLICY_SET:
		put_rule(message);
		break;
	case TRUECHIME_CMD_CORRECTION:
		put_line(message);
		genl_put_u32(message, TRUECHIME_A_EPOCH, 0);
		break;
	case TRUECHIME_CMD_MODE:
		genl_put_u32(message, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
		break;
	case TRUECHIME_CMD_HOST_SET:
		genl_put_string(message, TRUECHIME_A_HOST_NAME, "auto");
		break;
	}
}

/* Every change is refused for want of privilege, in words. */
static bool may_not_change(struct genl *genl)
{
	struct genl_message message;
	struct genl_answer answer;
	bool good = true;
	int i;

	for (i = 0; i < ABUSE_CHANGES; i++) {
		abuse_put_change(&message, genl, i);
		genl_talk(genl, &message, &answer);
		if (answer.error != -EPERM)
			good = abuse_fail("change %d: %s (%d) instead of EPERM", i,
					  strerror(-answer.error), answer.error);
		else if (!answer.text[0])
			good = abuse_fail("change %d: refused without a word", i);
	}
	return good;
}

static bool may_look(struct genl *genl)
{
	static const struct {
		uint8_t command;
		uint16_t flags;
	} looks[] = {
		{ TRUECHIME_CMD_STATUS, 0 }, { TRUECHIME_CMD_NOW, 0 },
		{ TRUECHIME_CMD_POLICY_GET, 0 }, { TRUECHIME_CMD_HOST_LIST, NLM_F_DUMP },
		{ TRUECHIME_CMD_EVENT, NLM_F_DUMP },
	};
	struct genl_answer answer;
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		genl_ask(genl, looks[i].command, looks[i].flags, &answer);
		if (answer.error)
			good = abuse_fail("command %u: %s", looks[i].command,
					  strerror(-answer.error));
	}
	return good;
}

/* Run @body in a process of its own, which may throw its privileges away. */
static bool in_child(struct abuse *abuse, bool (*body)(struct abuse *abuse))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		return abuse_fail("no child: %s", strerror(errno));
	if (!child) {
		bool good = body(abuse);

		fflush(stdout);
		_exit(good ? 0 : 1);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return abuse_fail("the child died");
	return WEXITSTATUS(status) == 0;
}

static bool become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return abuse_fail("cannot become nobody: %s", strerror(errno));
	return true;
}

static bool nobody_looks_only(struct abuse *abuse)
{
	struct genl genl;
	int err;

	(void)abuse;
	if (!become_nobody())
		return false;
	err = genl_open(&genl);
	if (err)
		return abuse_fail("nobody has no socket: %s", strerror(-err));
	return may_not_change(&genl) && may_look(&genl);
}

bool abuse_as_nobody(struct abuse *abuse)
{
	return in_child(abuse, nobody_looks_only);
}

static bool nobody_uses_roots_socket(struct abuse *abuse)
{
	return become_nobody() && may_not_change(&abuse->genl) && may_look(&abuse->genl);
}

bool abuse_borrowed_socket(struct abuse *abuse)
{
	return in_child(abuse, nobody_uses_roots_socket);
}

/*
 * A privileged program that is handed a socket to write to, say as its standard output, must not be
 * a way in: the kernel asks for the opener's capabilities too where no address is given.
 */
static bool root_uses_nobodys_socket(struct abuse *abuse)
{
	struct genl genl;
	int err;

	(void)abuse;
	if (seteuid(NOBODY))
		return abuse_fail("cannot become nobody for a while: %s", strerror(errno));
	err = genl_open(&genl);
	if (seteuid(0))
		return abuse_fail("cannot become root again: %s", strerror(errno));
	if (err)
		return abuse_fail("nobody has no socket: %s", strerror(-err));
	return may_not_change(&genl);
}

bool abuse_lent_socket(struct abuse *abuse)
{
	return in_child(abuse, root_uses_nobodys_socket);
}

/* Nobody, but with one capability. */
static bool become_nobody_with(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { };

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || !become_nobody())
		return abuse_fail("cannot keep a capability: %s", strerror(errno));
	data[capability / 32].effective = 1U << (capability % 32);
	data[capability / 32].permitted = 1U << (capability % 32);
	if (syscall(SYS_capset, &header, data))
		return abuse_fail("cannot take a capability: %s", strerror(errno));
	return true;
}

static bool network_administrator_looks_only(struct abuse *abuse)
{
	struct genl genl;

	(void)abuse;
	return become_nobody_with(CAP_NET_ADMIN) &&
	       (!genl_open(&genl) || abuse_fail("no socket")) && may_not_change(&genl);
}

bool abuse_other_capability(struct abuse *abuse)
{
	return in_child(abuse, network_administrator_looks_only);
}

static bool clock_setter_changes(struct abuse *abuse)
{
	struct genl_message message;
	struct genl_answer answer;
	struct genl genl;

	(void)abuse;
	if (!become_nobody_with(CAP_SYS_TIME) || genl_open(&genl))
		return abuse_fail("no socket with CAP_SYS_TIME");
	/* A rule of which nothing is changed. */
	abuse_put_change(&message, &genl, 0);
	genl_talk(&genl, &message, &answer);
	return !answer.error ||
	       abuse_fail("CAP_SYS_TIME does not do: %s %s", strerror(-answer.error), answer.text);
}

bool abuse_right_capability(struct abuse *abuse)
{
	return in_child(abuse, clock_setter_changes);
}

/* The root of a namespace has CAP_SYS_TIME there, and that is no capability here. */
static bool namespace_root_looks_only(struct abuse *abuse)
{
	struct genl genl;
	int err;

	(void)abuse;
	if (!become_nobody())
		return false;
	if (unshare(CLONE_NEWUSER)) {
		printf("# no user namespace here: %s\n", strerror(errno));
		return true;
	}
	err = genl_open(&genl);
	if (err)
		return abuse_fail("a namespace's root has no socket: %s", strerror(-err));
	return may_not_change(&genl);
}

bool abuse_user_namespace(struct abuse *abuse)
{
	return in_child(abuse, namespace_root_looks_only);
}
