# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scenarios of disruptions share: counting the guest's events, reading the latest one, and
# how soon a clock is right again.

# events NAME: the disruptions that the module logged. Steps that the daemon asks for, and the one
# when it is loaded, are none.
events()
{
	guest "$1" "dmesg | grep 'truechime: .*: the system clock was' |
		grep -v -e 'a step was asked for' -e 'the module found a host clock'"
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

# off_s NAME: how far its clock is behind the host's, in seconds; negative: ahead.
off_s()
{
	guest "$1" 'witness now' | tee -a /dev/stderr | field last_ns |
		awk '{ printf "%.3f\n", $1 / 1e9 }'
}

# revert_timed NAME GAP_S WAIT_S: a revert of an idle guest, and so long for its repair; when it was
# stepped is then in $logs/NAME.revert.
revert_timed()
{
	watch_begin "$1" idle
	guest_revert "$1" "$2" || return 1
	sleep "$3"
	guest "$1" 'killall witness; sleep 0.3; cat /tmp/report' >"$logs/$1.revert"
	cat "$logs/$1.revert"
}

# repaired_ms NAME: by the host's clock, from the resume to the last step of the latest revert_timed.
repaired_ms()
{
	grep ^step "$logs/$1.revert" | tail -n 1 | field phc_s |
		awk -v resumed="$resumed" '{ printf "%.0f\n", ($1 - resumed) * 1e3 }'
}

# bound NAME: by how much the module's clock can be wrong, in ns; null: nobody knows.
bound()
{
	module_field "$1" maxerror_ns
}

bounded()
{
	within "$(bound "$1")" '>' 0
}

# is_right_as_said NAME NS: the guest's clock agrees with stock ptp_kvm's within so many ns, or within what the
# daemon says of it: on a busy machine answers are under way for so long that nobody can know it better. That is
# half a second at most.
is_right_as_said()
{
	local said_ns

	said_ns=$(guest "$1" 'truechime --json status' | tee -a /dev/stderr |
		sed -n '/"daemon": {/,/}/ s/.*"maxerror_ns": \([0-9]*\).*/\1/p' | head -n 1)
	within "$said_ns" '<=' 500000000 && is_right "$1" "$((said_ns > $2 ? said_ns : $2))"
}

# corrected NAME: by NTP.
corrected()
{
	guest "$1" 'truechime --json status' | grep '"state": "corrected"'
}

was_restored='this guest was restored from an earlier state:'
was_distrusted="$was_restored the system clock was marked unsynchronised"
was_forked='this guest was restored from an earlier state as a new instance:'
was_moved='this guest was moved to another host:'
was_paused='this guest was paused:'
was_asleep='this machine woke from suspend:'
was_host_step="the host's own clock was set:"
