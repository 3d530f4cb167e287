# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scenarios of disruptions share: counting the guest's events and reading the latest one.

# events NAME: the disruptions that the module logged. Steps that the daemon asks for, and the one
# when it is loaded, are none.
events()
{
	guest "$1" "dmesg | grep 'truechime: .*: the system clock was' |
		grep -v -e 'a step was asked for' -e 'the module was loaded'"
}

event_count()
{
	events "$1" | wc -l
}

last_event()
{
	events "$1" | tail -n 1
}

# told NAME COUNT WORDS: there are COUNT events by now, and the latest one says WORDS.
told()
{
	local count event

	count=$(event_count "$1")
	event=$(last_event "$1")
	note "$1 has $count events, the latest: $event"
	[ "$count" = "$2" ] && grep -qF "$3" <<<"$event"
}

was_restored='this guest was restored from an earlier state:'
was_forked='this guest was restored from an earlier state as a new instance:'
was_paused='this guest was paused:'
was_asleep='this machine woke from suspend:'
was_host_step="the host's own clock was set:"
was_moved='this guest was moved to another host:'
