# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # what is not assigned here is rig.sh's
#
# Scenarios on emulated hosts: one host or several, lanes, each with its own folder in build/vm to
# be told what to do, take them from a queue. Sourced by rig.sh.
#
# FILE@PART is that part of a scenario which is run in several: what hangs then costs a part only.
#
# A failed check fails its scenario, whatever ran beside it. One emulated machine in 20 to 50 hangs: then
# the scenario is tried once more, if nothing had failed before, and that is reported and counted.

lane=1
# How many processors the host has that this lane boots.
lane_cpus=2
# The lanes beside it, and how many processors each of their hosts has. A processor that spins until
# another of its host answers wastes what that one needs to do so, where this machine has fewer than are
# emulated.
lanes_beside=(2 3)
lanes_cpus=1
# Their priority, in nice's terms; gives_way is set: the first one takes it, too, when it has no
# scenario left that needs a quiet machine. All but one of the others begin then: what two had of the
# processors beside it was less than a limit of seconds allows for.
lanes_nice=10
# The one that begins at once.
lane_at_once=2
gives_way=
quiet_ended_file=$vm/quiet.ended
queue_file=$vm/queue
# The other lanes' processes, by their numbers.
declare -A other_lanes=()

# None boots for longer than this, however busy the machine.
boot_limit_s=${VM_BOOT_LIMIT_S:-300}
# A host that says nothing for longer hangs, whatever its scenario's limit.
host_silence_s=90
# What it counted to, and when that was seen first.
alive_count=
alive_s=0
# The status of a scenario one of whose guests hung; host.sh's.
guest_hung=123
# How long the host's threads ran during the latest scenario, and waited for a processor.
host_ran_ms=0
host_waited_ms=0

# --- the host ---

# What it says of its processor: all that can be emulated, and AMD's virtualisation. Not that it moves strings
# quickly: kernels and libraries then move whole pages by single bytes, which emulated is slow.
host_cpu=max,+svm,+npt,-erms,-fsrm

host_qemu()
{
	local share=security_model=none,multidevs=remap qemu=(qemu-system-x86_64)

	# The newer one is quicker, and better at being a processor with guests of its own.
	[ ! -e "$vm/qemu10/.complete" ] || qemu=("$vm/qemu10/usr/bin/qemu-system-x86_64"
		-L "$vm/qemu10/usr/share/qemu" -L "$vm/qemu10/usr/share/seabios")
	"${qemu[@]}" -accel tcg,thread=multi -cpu "$host_cpu" -smp "$lane_cpus" -m 3072 \
		-nodefaults -nographic -serial stdio -no-reboot \
		-kernel "$vm/vmlinux-${kernels[0]}" -initrd "$vm/host.img" \
		-virtfs "local,path=/,mount_tag=root,readonly=on,$share" \
		-virtfs "local,path=$top,mount_tag=project,readonly=on,$share" \
		-virtfs "local,path=$vm,mount_tag=vm,$share" \
		-virtfs "local,path=$vm,mount_tag=images,readonly=on,$share" \
		-virtfs "local,path=$vm/${kernels[0]}/lib/modules/,mount_tag=modules,readonly=on,$share" \
		-append "console=ttyS0 panic=-1 tsc=reliable clocksource=tsc no_timer_check quiet \
			rig.job=job-$lane ${counter_khz:+tsc_early_khz=$counter_khz}" \
		</dev/null >"$vm/logs/host-$lane.$1.console" 2>&1 &
	qemu_pid=$!
}

host_stop()
{
	[ -n "${qemu_pid:-}" ] || return 0
	kill "$qemu_pid" 2>/dev/null || true
	wait "$qemu_pid" 2>/dev/null || true
	qemu_pid=
}

# lane_status NUMBER: the file that says how that one of the other lanes ended.
lane_status()
{
	echo "$vm/lane-$1.status"
}

# all_stop: this lane and the others.
all_stop()
{
	local number

	host_stop
	for number in "${!other_lanes[@]}"; do
		[ -e "$(lane_status "$number")" ] || kill "${other_lanes[$number]}" 2>/dev/null || true
	done
}

host_alive()
{
	[ -n "${qemu_pid:-}" ] && kill -0 "$qemu_pid" 2>/dev/null
}

# host_hangs: it has not said for so long that it runs: it counts in a file. Nothing that scenarios do to a
# host lasts for that.
host_hangs()
{
	local count=

	read -r count <"$vm/job-$lane/alive" || true
	if [ "$count" != "$alive_count" ]; then
		alive_count=$count
		alive_s=$SECONDS
	fi
	[ $((SECONDS - alive_s)) -gt "$host_silence_s" ]
}

# host_times: how long its threads have run so far, and have waited for a processor, in ms.
host_times()
{
	cat "/proc/$qemu_pid/task/"*/schedstat 2>/dev/null |
		awk '{ ran += $1; waited += $2 } END { printf "%d %d\n", ran / 1e6, waited / 1e6 }'
}

# count_times RAN-MS WAITED-MS: what has been added to these since.
count_times()
{
	read -r host_ran_ms host_waited_ms < <(host_times)
	host_ran_ms=$((host_ran_ms - $1))
	host_waited_ms=$((host_waited_ms - $2))
}

# clock_runs_ahead SECONDS: the host has run for longer by its own clock than since it was started.
# Then its kernel took its counter for a slower one.
clock_runs_ahead()
{
	awk -v most="$(($1 + 2))" '{ exit !($1 > most * 1.1) }' "$vm/job-$lane/ready"
}

# host_boot: start the host, which runs what is added to $vm/job-$lane/list; retried once when it does
# not come.
host_boot()
{
	local attempt started why

	for attempt in 1 2; do
		why='did not boot'
		mkdir -p "$vm/job-$lane"
		rm -f "$vm/job-$lane"/{alive,progress,ready}
		: >"$vm/job-$lane/list"
		host_qemu "$attempt"
		started=$SECONDS
		while host_alive && [ $((SECONDS - started)) -lt "$boot_limit_s" ]; do
			if [ -e "$vm/job-$lane/ready" ]; then
				clock_runs_ahead $((SECONDS - started)) || return 0
				why="says it ran for $(cat "$vm/job-$lane/ready") s in less time"
				break
			fi
			sleep 0.5
		done
		host_stop
		say "retry: the emulated host $why (attempt $attempt of 2); its console is" \
			"$(short "$vm/logs/host-$lane.$attempt.console")"
	done
	return 1
}

# --- scenarios in it ---

# stated SCENARIO LINE DEFAULT: the number that the file states in such a line.
stated()
{
	sed -n "s/^# $2$/\1/p" "${1%@*}" | grep . || echo "$3"
}

# limit_s SCENARIO: its time limit. It is there for what hangs, not for what is starved: three times what
# is stated, four times that with a kernel that watches itself.
limit_s()
{
	local limit

	limit=$((3 * $(stated "$1" 'limit: \([0-9]*\) s.*' 300)))
	[[ $1 != *-truechime-* ]] || limit=$((4 * limit))
	echo "$limit"
}

# attempts SCENARIO: how often it is tried if its machines die.
attempts()
{
	stated "$1" 'attempts: \([0-9]*\)' 2
}

# count_retries NAME: sets retries to how many guests of it did not boot at the first try.
count_retries()
{
	local lines=() line

	retries=0
	[ ! -e "$vm/logs/$1/result" ] || mapfile -t lines <"$vm/logs/$1/result"
	for line in "${lines[@]}"; do
		[[ $line != retry* ]] || retries=$((retries + 1))
	done
}

# read_progress NAME: says what the host was told to say of it since the last time, of which there were $told.
# Sets ended to its status, once it has ended.
read_progress()
{
	local lines=() line begun='' said=0

	mapfile -t lines <"$vm/job-$lane/progress"
	for line in "${lines[@]}"; do
		case $line in
		"start $1") begun=yes ;;
		"end $1 "*) ended=${line##* } ;;
		"say "*)
			[ -n "$begun" ] || continue
			said=$((said + 1))
			[ "$said" -le "$told" ] || say "${line#say }"
			;;
		esac
	done
	told=$said
}

# wait_for_end NAME LIMIT: until the host says that NAME ended. Its status, or 124; 125 of a host that went
# down, 126 of one that hangs. What a guest that did not boot has cost does not count. It starts no process
# but sleep: an emulator beside it would feel each.
wait_for_end()
{
	local name=$1 limit=$2 started=$SECONDS told=0 ended='' retries=0

	alive_s=$SECONDS
	while [ $((SECONDS - started)) -lt $((limit + 100 * retries)) ]; do
		[ ! -e "$vm/job-$lane/progress" ] || read_progress "$name"
		[ -z "$ended" ] || return "$ended"
		host_alive || return 125
		! host_hangs || return 126
		sleep 1
		count_retries "$name"
	done
	return 124
}

# show_output HOST-LOG: the last lines that each check printed which failed.
show_output()
{
	sed -n -E '/^ *[0-9]+ ms: check /h; /^ *[0-9]+ ms: check /!H; /^ *[0-9]+ ms: fail /{x;p}' "$1" |
		grep -v -E '^ *[0-9]+ ms: fail ' | tail -n 16 | cut -c 1-250 | sed 's/^/#   /'
}

# show_starved: the host waited for most of the time that it could have run. On a machine of two processors
# lanes wait for each other, but not for that long. Of a host that went down nothing is known.
show_starved()
{
	[ "$host_ran_ms" -gt 0 ] && [ "$host_waited_ms" -gt $((2 * host_ran_ms)) ] || return 0
	say "this machine was busy: the emulated host ran for $((host_ran_ms / 1000)) s, and waited" \
		"$((host_waited_ms / 1000)) s for a processor; what came too late may be no fault"
}

# show_report NAME STATUS SECONDS: what the scenario found, and why it ended.
show_report()
{
	local status=$2 seconds=$3 logs=$vm/logs/$1

	sed -n 's/^fail /# failed: /p; s/^figure /# /p; s/^retry /# retry: /p; s/^hang /# hang: /p' \
		"$logs/result" 2>/dev/null || true
	! grep -q '^fail' "$logs/result" 2>/dev/null || show_output "$logs/host.log" || true
	case $status in
	0 | "$guest_hung") ;;
	124)
		say "not finished after $seconds s; the last that it did:"
		tail -n 3 "$logs/host.log" 2>/dev/null | cut -c 1-150 | sed 's/^/#   /' || true
		;;
	125) say "the emulated host went down; its console is in $(short "$vm/logs")" ;;
	126) say "the emulated host hung; its console is in $(short "$vm/logs")" ;;
	*) grep -q '^fail' "$logs/result" 2>/dev/null || say "ended with status $status" ;;
	esac
	[ "$status" = 0 ] || show_starved
}

# show_result NAME STATUS SECONDS: that, then its line of TAP.
show_result()
{
	local name=$1 status=$2 seconds=$3 logs=$vm/logs/$1 verdict=ok reason

	show_report "$@"
	if [ "$status" != 0 ]; then
		verdict='not ok'
		say "the logs are in $(short "$logs")"
	fi
	reason=$(sed -n 's/^skip //p' "$logs/result" 2>/dev/null | head -n 1 || true)
	echo "$verdict $name ($seconds s)${reason:+ # SKIP machine: $reason}"
	[ "$status" = 0 ]
}

# nothing_booted NAME: no guest of it came up, so that it looked at nothing. A QEMU that hangs in its
# kernel cannot be killed, and who waits for its end reaches the time limit.
nothing_booted()
{
	grep -qs '^retry' "$vm/logs/$1/result" && ! grep -qs -v '^retry' "$vm/logs/$1/result"
}

# machine_died NAME STATUS: its host did or hung, or one of its guests hung, and no check had failed.
machine_died()
{
	case $2 in
	"$guest_hung" | 125 | 126) ! grep -qs '^fail' "$vm/logs/$1/result" ;;
	124) nothing_booted "$1" ;;
	*) return 1 ;;
	esac
}

# logs_aside NAME: for the next attempt.
logs_aside()
{
	rm -rf "$vm/logs/$1.1"
	mv "$vm/logs/$1" "$vm/logs/$1.1" 2>/dev/null || true
}

# sign_table NAME ATTEMPTS: a benchmark's table says of which state of the project it is, when it was
# measured, how often it was tried and how many checks failed.
sign_table()
{
	local logs=$vm/logs/$1

	[ -e "$logs/table" ] || return 0
	echo "part name=$1 state=${state:-unknown} date=$(date -u +%FT%TZ) attempts=$2" \
		"failed=$({ grep '^fail' "$logs/result" || true; } | wc -l)" >>"$logs/table"
}

# --- the queue ---

# needs_debian FILE...: one of them does.
needs_debian()
{
	[ $# -gt 0 ] && grep -qs '^# needs: debian' "${@%@*}"
}

# needs_quiet FILE: its limits are in milliseconds.
needs_quiet()
{
	grep -qs '^# needs: quiet' "${1%@*}"
}

# queue_fill FILE...: those that only the first lane takes, then those that may take longest, so that
# the lanes end together.
queue_fill()
{
	local file

	for file in "$@"; do
		echo "$(needs_quiet "$file" && echo 0 || echo 1) $(limit_s "$file") $file"
	done | sort -s -k 1,1n -k 2,2nr | cut -d ' ' -f 3- >"$queue_file"
}

# may_take FILE: this lane can run it by now. Who needs a quiet machine has one in the first lane, and
# nowhere else.
may_take()
{
	! needs_debian "$1" || [ -e "$vm/debian.ready" ] || return 1
	[ "$lane" = 1 ] || ! needs_quiet "$1"
}

# queue_take: the next one that can be run by now, printed and taken out; fails when there is none.
queue_take()
{
	local queue i

	(
		flock 9
		mapfile -t queue <"$queue_file"
		for i in "${!queue[@]}"; do
			may_take "${queue[i]}" || continue
			sed -i "$((i + 1))d" "$queue_file"
			echo "${queue[i]}"
			exit 0
		done
		exit 1
	) 9>"$queue_file.lock"
}

# run_one FILE: on this lane's host, booted if there is none. Its status, as wait_for_end's.
run_one()
{
	local status=0 times

	host_ran_ms=0 host_waited_ms=0
	host_alive || host_boot || return 125
	read -r -a times < <(host_times)
	echo "/project/${1#"$top/"}" >>"$vm/job-$lane/list"
	wait_for_end "$(basename "$1")" "$(limit_s "$1")" || status=$?
	count_times "${times[@]}"
	# A host on which something hangs is of no more use.
	[ "$status" -lt "$guest_hung" ] || host_stop
	return "$status"
}

# give_way: from now on this lane runs at the other one's priority.
give_way()
{
	local tasks=("$BASHPID")

	! host_alive || mapfile -t -O 1 tasks < <(ls "/proc/$qemu_pid/task")
	renice -n "$lanes_nice" -p "${tasks[@]}" >/dev/null
	gives_way=
	: >"$quiet_ended_file"
}

# await_end_of_quiet: until the first lane gives way, or not at all in the lane that begins at once.
await_end_of_quiet()
{
	[ "$lane" != "$lane_at_once" ] || return 0
	until [ -e "$quiet_ended_file" ]; do
		sleep 1
	done
}

# run_lane: what is in the queue, as long as there is a host to run it. Those that need a quiet machine come
# first.
run_lane()
{
	local file name status started result attempt failed=0

	while file=$(queue_take); do
		name=$(basename "$file")
		[ -z "$gives_way" ] || needs_quiet "$file" || give_way
		for ((attempt = 1; ; attempt++)); do
			started=$SECONDS status=0
			run_one "$file" || status=$?
			machine_died "$name" "$status" || break
			[ "$attempt" -lt "$(attempts "$file")" ] || break
			show_report "$name" "$status" $((SECONDS - started))
			say "retry: $name lost its machine after $((SECONDS - started)) s (attempt $attempt of" \
				"$(attempts "$file")); its logs are in $(short "$vm/logs/$name.1")"
			logs_aside "$name"
		done
		sign_table "$name" "$attempt"
		# In one piece: another lane may be printing too.
		result=$(show_result "$name" "$status" $((SECONDS - started))) || failed=1
		echo "$result"
	done
	[ -z "$gives_way" ] || give_way
	host_stop
	return $failed
}

# run_scenarios FILE...: one after the other.
run_scenarios()
{
	queue_fill "$@"
	run_lane
}

# What ends says how in a file. A shell that starts many processes forgets a child that ended as soon as
# another one is given its number, and `wait` then says that there never was such a child.

# run_lane_beside_debian: a Debian is made meanwhile, and what has to wait for it comes last.
run_lane_beside_debian()
{
	local debian failed=0

	debian_image &
	debian=$!
	trap 'kill $debian 2>/dev/null; exit 130' INT TERM
	run_lane || failed=1
	wait "$debian" 2>/dev/null || true
	[ -e "$vm/debian.ready" ] || return 1
	run_lane || failed=1
	return $failed
}

# other_lane_start NUMBER NICE PROCESSORS FILE...: another host, which takes from the queue that holds
# them. A Debian that is needed is made in the second lane.
other_lane_start()
{
	local number=$1 nice=$2 cpus=$3 status=0

	shift 3
	rm -f "$(lane_status "$number")"
	(
		trap host_stop EXIT
		trap 'exit 130' INT TERM
		renice -n "$nice" -p "$BASHPID" >/dev/null
		lane=$number
		lane_cpus=$cpus
		if [ "$lane" = 2 ] && needs_debian "$@"; then
			run_lane_beside_debian || status=1
		else
			await_end_of_quiet
			run_lane || status=1
		fi
		echo $status >"$(lane_status "$number")"
	) &
	other_lanes[$number]=$!
}

# other_lanes_wait: until they are done. Fails if one did.
other_lanes_wait()
{
	local number failed=0

	for number in "${!other_lanes[@]}"; do
		wait "${other_lanes[$number]}" 2>/dev/null || true
		[ "$(cat "$(lane_status "$number")" 2>/dev/null)" = 0 ] || failed=1
	done
	other_lanes=()
	return $failed
}

# run_in_lanes FILE...: on hosts side by side, of which one has what the first leaves of the processors, as
# long as that has scenarios that need a quiet machine. The rest begin then. What takes long is mostly
# waiting. A Debian that is needed is made meanwhile.
run_in_lanes()
{
	local number failed=0

	queue_fill "$@"
	rm -f "$vm/debian.ready" "$quiet_ended_file"
	for number in "${lanes_beside[@]}"; do
		other_lane_start "$number" "$lanes_nice" "$lanes_cpus" "$@"
	done
	gives_way=yes
	run_lane || failed=1
	other_lanes_wait || failed=1
	return $failed
}

# run_beside FILE...: on a second host, which gives way to this lane's, where run_scenarios may run
# others meanwhile. other_lanes_wait has the status.
run_beside()
{
	queue_file=$vm/queue.beside
	queue_fill "$@"
	other_lane_start 2 5 2 "$@"
	queue_file=$vm/queue
}
