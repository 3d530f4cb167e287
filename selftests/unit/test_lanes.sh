#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the rig says of a scenario that failed: whether its host had a processor to run on. What a check of
# what is not in a file makes of one that is not there. And whether a guest's processor runs.
TOP=${TOP:-$(dirname "$0")/../..}
if [ ! -f "$TOP/selftests/vm/lanes.sh" ]; then
	echo '1..0 # SKIP the rig is not here'
	exit 4
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# What rig.sh has.
vm=$work
top=$TOP
say()
{
	printf '# %s\n' "$*"
}

short()
{
	printf '%s' "$1"
}

# shellcheck source=selftests/vm/lanes.sh
. "$TOP/selftests/vm/lanes.sh"

result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number lanes.$2"
	else
		echo "not ok $number lanes.$2"
		sed 's/^/# /' "$work/output"
		failed=1
	fi
}

# report STATUS RAN-MS WAITED-MS: what is said of a scenario that ended so.
report()
{
	host_ran_ms=$2 host_waited_ms=$3
	show_report scenario "$1" 600 >"$work/output" 2>&1
}

# A limit of seconds was missed where others had the processors.
starved='this machine was busy: the emulated host ran for 60 s, and waited 540 s for a processor'
report 124 60000 540000
grep -qF "$starved" "$work/output"
result $? late_on_a_busy_machine
report 1 60000 540000
grep -qF "$starved" "$work/output"
result $? failed_on_a_busy_machine

report 124 400000 500000
! grep -q busy "$work/output"
result $? late_on_a_quiet_machine
report 0 60000 540000
! grep -q busy "$work/output"
result $? passed_on_a_busy_machine
report 125 -100 -400
! grep -q busy "$work/output"
result $? host_is_gone

# By the kernel's own account of a process.
sleep 10 &
qemu_pid=$!
host_times >"$work/output"
grep -qxE '[0-9]+ [0-9]+' "$work/output"
result $? times_of_a_host
kill "$qemu_pid"
pretend()
{
	host_times()
	{
		echo 5000 9000
	}
}
pretend
count_times 2000 1000
[ "$host_ran_ms $host_waited_ms" = '3000 8000' ]
result $? times_of_a_scenario

# Of host.sh that function alone: the rest is for the host.
eval "$(sed -n '/^lacks()$/,/^}$/p' "$TOP/selftests/vm/host.sh")"
printf '%s\n' 'all is well' >"$work/log"
lacks "$work/log" -E '^(bad|worse)' >"$work/output"
result $? lacks_what_is_not_in_a_file
! lacks "$work/log" well >"$work/output" && grep -qx 'all is well' "$work/output"
result $? shows_what_it_does_not_lack
: >"$work/empty"
! lacks "$work/empty" bad >"$work/output"
result $? an_empty_file_proves_nothing
! lacks "$work/missing" bad >"$work/output" 2>&1
result $? nor_does_a_missing_one

# shown CPU RIP FLAGS IRR PPR: what QEMU's monitor shows of a processor.
shown()
{
	printf 'CPU#%s\r\nRAX=0 RSP=1\r\nRIP=%s RFL=%s [---Z-P-] CPL=0\r\n' "$1" "$2" "$3"
	printf 'ISR\t (none)\r\nIRR\t %s\r\n\r\nAPR 0x00 PPR %s\r\n' "$4" "$5"
}
eval "$(sed -n '/^runs_in_module()$/,/^}$/p' "$TOP/selftests/vm/host.sh")"

# It would take an interrupt in every loop of a module that can be interrupted.
lost="ffffffffc046220c 00010246 41 0x00"
# shellcheck disable=SC2086 # each is a word
{ shown 0 $lost; shown 0 $lost; } >"$work/output"
! runs_in_module "$work/output"
result $? a_processor_that_takes_no_interrupt_is_lost
shown 0 ffffffff81062210 00000046 '(none)' 0x00 >"$work/output"
! runs_in_module "$work/output"
result $? a_processor_outside_of_modules_is_in_none
for other in "0 ffffffffc0462210 00010246 41 0x00" "0 ffffffffc046220c 00010046 41 0x00" \
	"0 ffffffffc046220c 00010246 (none) 0x00" "0 ffffffffc046220c 00010246 41 0xe0" \
	"1 ffffffffc046220c 00010246 41 0x00"; do
	# shellcheck disable=SC2086 # likewise
	{ shown 0 $lost; shown $other; } >"$work/output"
	runs_in_module "$work/output"
	result $? "a_processor_may_run_at_${other// /_}"
done

echo "1..$number"
exit $failed
