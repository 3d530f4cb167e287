# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Labs: namespaces in which real NTP programs meet. A lab has its own network, mounts, processes and
# shared memory, and all of it ends with its first process, so there is nothing to clean up, and two
# labs do not see each other. In a lab there are hosts, network namespaces on one bridge:
#
#	lab_run 60 COMMAND...	COMMAND is the lab's first process and calls lab_begin
#	host_add server 1	10.0.0.1 and fd00::1
#	on server COMMAND...	runs COMMAND there
#
# All clocks of a lab are this machine's. No process of a lab may set it, whatever it tries:
# CAP_SYS_TIME is out of the bounding set, from which no program gets anything back.

# The bit of CAP_SYS_TIME in capability sets, linux/capability.h.
cap_sys_time=25

# A wait is no figure: where it has other labs beside it, what is waited for takes longer.
patience=3

# lab_run SECONDS COMMAND...: takes the place of the calling shell; ends with it, or after SECONDS.
lab_run()
{
	local limit_s=$1 user=()

	shift
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	exec setpriv --pdeathsig KILL timeout --signal=KILL "$limit_s" \
		setpriv --pdeathsig KILL \
		unshare "${user[@]}" --net --mount --mount-proc --ipc --pid --fork --kill-child \
		setpriv --bounding-set -sys_time --inh-caps -sys_time "$@"
}

# lab_run_suite NAME SECONDS COMMAND...: a lab of which a suite of tests is made. One that is ended by
# the limit says nothing itself.
lab_run_suite()
{
	local status

	(lab_run "${@:2}" </dev/null)
	status=$?
	[ "$status" != 137 ] || echo "not ok $1: it was ended, still running after $2 s"
	return "$status"
}

# may_set_clocks: this process has CAP_SYS_TIME, or can get it.
may_set_clocks()
{
	local sets set

	mapfile -t sets < <(sed -n 's/^Cap[^:]*:[[:space:]]*//p' /proc/self/status)
	[ ${#sets[@]} -gt 0 ] || return 0
	for set in "${sets[@]}"; do
		[ $(((16#$set >> cap_sys_time) & 1)) = 0 ] || return 0
	done
	return 1
}

# lab_begin: what the first process of a lab calls before anything else. Files that programs leave
# in /run, and what systemd keeps of the time, are the lab's own.
lab_begin()
{
	! may_set_clocks || {
		echo "a lab's processes could set this machine's clock" >&2
		return 1
	}
	mount -t tmpfs lab /run
	[ ! -d /var/lib/systemd ] || mount -t tmpfs lab /var/lib/systemd
	ip link set lo up
	ip link add br0 type bridge
	ip link set br0 up
}

# host_add NAME NUMBER: 10.0.0.NUMBER and fd00::NUMBER on eth0.
host_add()
{
	ip netns add "$1"
	ip link add name "$1" type veth peer name eth0 netns "$1"
	ip link set dev "$1" master br0 up
	ip -n "$1" link set lo up
	ip -n "$1" addr add "10.0.0.$2/24" dev eth0
	ip -n "$1" addr add "fd00::$2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
}

# on HOST COMMAND...
on()
{
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

# clock_shift_ns: CLOCK_REALTIME - CLOCK_MONOTONIC. Slews hardly move it, and a step does by its size. Who
# waits for a processor between two readings sees as much: of some the quickest counts.
clock_shift_ns()
{
	python3 -c '
import time

def read():
	begin, now, end = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
	return end - begin, now - begin

print(min(read() for i in range(20))[1])'
}

# happens SECONDS COMMAND...: again and again until COMMAND succeeds, for so long at most.
happens()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	until "${@:2}"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.5
	done
}

# await SECONDS COMMAND...: what is to happen in that time, times $patience.
await()
{
	happens $(($1 * patience)) "${@:2}"
}
