# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # variables are for the scenarios
#
# What scenarios are written in; sourced in the host before each. README.md explains them.
#
# A failed check is recorded and the scenario goes on; a failed `must` ends it. No check is ever
# tried again. Durations come from /proc/uptime, as scenarios set the host's clock.

name=$(basename "$0")
# Of a scenario that is run in parts.
part=${name#*@}
logs=/vm/logs/$name
mapfile -t kernels </vm/kernels
# shellcheck source=/dev/null
. /vm/settings
# A part that is the name of a kernel is the scenario on guests of that kernel.
[ ! -e "/vm/guest-$part.img" ] || kernels=("$part")
kernel=${kernels[0]}
# What a wait may last is no figure. Who has not said that it needs a quiet machine gets what others leave
# of it, and may take so many times as long.
patience=3
! grep -qs '^# needs: quiet' "${0%@*}" || patience=1
guest_limit_s=$((120 * patience))
guest_boot_limit_s=90
guest_memory_mib=192
# One that watches itself takes its time, and more memory.
[[ $kernel != *-truechime-* ]] || guest_limit_s=400 guest_boot_limit_s=300 guest_memory_mib=512
guest_boots=3
guest_count=0
# The status of a scenario one of whose guests hung; lanes.sh's.
guest_hung=123
server_pids=()
declare -A guest_pid guest_address

uptime_ms()
{
	local up

	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}

note()
{
	printf '%8d ms: %s\n' "$(uptime_ms)" "$*"
}

# --- results ---

report()
{
	printf '%s\n' "$*" >>"$logs/result"
	note "$*"
}

# tell_user TEXT: seen at once by who runs the scenario.
tell_user()
{
	echo "say $*" >>/vm/job/progress
	note "$*"
}

# check TEXT COMMAND...: the scenario fails if COMMAND does, but goes on.
check()
{
	local text=$1

	shift
	note "check $text: $*"
	if "$@"; then
		report "pass $text"
	else
		! is_machine_lost || scenario_end
		report "fail $text"
		return 1
	fi
}

# must TEXT COMMAND...: the scenario ends here if COMMAND fails.
must()
{
	check "$@" || scenario_end
}

# figure KEY VALUE [OPERATOR LIMIT]: reported; the scenario fails if it is out of its limit.
figure()
{
	local key=$1 value=$2 operator=${3:-} limit=${4:-}

	if [ -z "$operator" ]; then
		report "figure $key=$value"
	elif within "$value" "$operator" "$limit"; then
		report "figure $key=$value ($operator $limit)"
	else
		! is_machine_lost || scenario_end
		report "fail $key=${value:-missing}, wanted $operator $limit"
		return 1
	fi
}

# within VALUE OPERATOR LIMIT: compares numbers, fractions too.
within()
{
	[ -n "$1" ] && awk -v v="$1" -v l="$3" "BEGIN { exit !(v + 0 $2 l + 0) }"
}

# field KEY: the value of the first KEY=VALUE in what is read.
field()
{
	grep -oE "(^|[[:space:]])$1=[^[:space:]]*" | head -n 1 | cut -d = -f 2-
}

not()
{
	! "$@"
}

# lacks FILE WORD...: something is in it, and nothing that grep finds with these. What was not recorded proves
# nothing.
lacks()
{
	[ -s "$1" ] && ! grep "${@:2}" "$1"
}

# await SECONDS COMMAND...: again and again until COMMAND succeeds, for so long at most, times $patience.
await()
{
	local end_ms=$(($(uptime_ms) + $1 * 1000 * patience))

	until "${@:2}"; do
		[ "$(uptime_ms)" -lt "$end_ms" ] || return 1
		sleep 0.3
	done
}

scenario_end()
{
	local guest server

	for guest in "${!guest_pid[@]}"; do
		guest_kill "$guest"
	done
	# They may have been stopped.
	for server in ${server_pid:-} "${server_pids[@]}"; do
		kill -KILL "$server"
	done
	host_clock_restore
	[ -z "$(hangs)" ] || exit "$guest_hung"
	! grep -q '^fail' "$logs/result" && grep -q . "$logs/result"
	exit
}

# has_crashed NAME: a signal ended its emulator: a machine that hung. One that exits does what its guest
# wants, as after a panic.
has_crashed()
{
	local status=0

	! kill -0 "${guest_pid[$1]}" 2>/dev/null || return 1
	wait "${guest_pid[$1]}" 2>/dev/null || status=$?
	note "the emulator of guest $1 ended with status $status"
	[ "$status" -gt 128 ]
}

note_crashes()
{
	local guest

	for guest in "${!guest_pid[@]}"; do
		! has_crashed "$guest" || report "hang guest $guest: a signal ended its emulator"
	done
}

is_machine_lost()
{
	note_crashes >&2
	[ -n "$(hangs)" ]
}

# hangs: which guests did in this scenario, if any.
hangs()
{
	sed -n 's/^hang //p' "$logs/result" 2>/dev/null
}

# --- the host's clock; guests may not see it set but in a revert ---

# host_clock_set SECONDS PLUS: to that time plus so many seconds (fractions, and negative ones too).
host_clock_set()
{
	date -s "@$(awk -v a="$1" -v b="$2" 'BEGIN { printf "%.6f", a + b }')" >/dev/null
}

host_clock_forward()
{
	host_clock_set "$(date +%s.%N)" "$1"
}

# host_rate PPM: how fast the host's clock runs against the counter that guests see.
host_rate()
{
	busybox adjtimex -f "$(($1 * 65536))" >/dev/null
}

host_clock_restore()
{
	local up

	host_rate 0
	read -r up _ </proc/uptime
	host_clock_set "$(cat /run/boot-time)" "$up"
}

# ntp_server: chronyd on 10.9.0.1, serving the host's clock as it is.
ntp_server()
{
	printf '%s\n' 'local stratum 1' allow 'cmdport 0' "pidfile /run/server.pid" >/run/server.conf
	/vm/peers/usr/sbin/chronyd -u root -x -d -f /run/server.conf >"$logs/server.log" 2>&1 &
	server_pid=$!
}

# ntp_servers [OPTION...] ADDRESS...: servers of a time that may be another one than the host's, see
# ntpserve; what they answered, and to whom, goes to $logs/servers.
ntp_servers()
{
	local word

	for word in "$@"; do
		[[ $word != 10.9.0.* ]] || ip addr replace "$word/24" dev br0
	done
	ntpserve "$@" >>"$logs/servers" &
	server_pids+=($!)
}

# answered_s NAME: by the host's time, when the first answer to that guest came in since it was resumed. An
# answer to what it asked before is far from that time, either way.
answered_s()
{
	awk -v client="${guest_address[$1]}" -v resumed="$resumed" \
		'$3 == client && $1 >= resumed && $1 < resumed + 60 { print $1; exit }' "$logs/servers"
}

# --- guests ---

# guest_start NAME [QEMU ARGUMENTS]: boot a guest and wait until it answers. Before it may be set:
# kernel, image, cpu, smp, memory_mib, append, guid; no_genid=1: without a generation id, as libvirt makes
# guests; suspends=yes: a kernel that was started by PVH does not wake from suspend to memory. Several guests come up sooner with guest_begin for each and then guest_await
# for each. Memory that is free is zero: a snapshot is quick about that.
guest_start()
{
	guest_begin "$@"
	guest_await "$1"
}

guest_begin()
{
	local guest=$1 byte boots=vmlinux

	[ -z "${suspends:-}" ] || boots=vmlinuz
	guest_count=$((guest_count + 1))
	byte=$((10 + guest_count))
	guest_address[$guest]=10.9.0.$byte
	qemu-img create -q -f qcow2 "/tmp/$guest.qcow2" 2G
	ip tuntap add "tap-$guest" mode tap
	ip link set "tap-$guest" master br0 up
	# shellcheck disable=SC2054 # the commas are QEMU's
	guest_command=(qemu-system-x86_64 -accel kvm -cpu "${cpu:-host}" -smp "${smp:-1}"
		-m "${memory_mib:-$guest_memory_mib}" -nodefaults -nographic -serial stdio -no-reboot
		-rtc base=utc,clock=host
		-kernel "/images/$boots-$kernel" -initrd "${image:-/images/guest-$kernel.img}"
		-append "console=ttyS0 panic=-1 quiet init_on_free=1 rig.ip=10.9.0.$byte ${append:-}"
		-drive "file=/tmp/$guest.qcow2,if=virtio,format=qcow2"
		-netdev "tap,id=net,ifname=tap-$guest,script=no,downscript=no,vhost=on"
		-device "virtio-net-pci,netdev=net,romfile=,mac=52:54:00:09:00:$byte"
		-device virtio-serial-pci -chardev "pipe,id=agent,path=/tmp/$guest"
		-device virtserialport,chardev=agent,name=agent
		-chardev "file,id=series,path=$logs/$guest.series"
		-device virtserialport,chardev=series,name=series
		-monitor "unix:/tmp/$guest.monitor,server,nowait" "${@:2}")
	[ -n "${no_genid:-}" ] || guest_command+=(-device "vmgenid,guid=${guid:-auto}")
	declare -p guest_command >"/tmp/$guest.command"
	guest_launch "$guest"
}

guest_launch()
{
	local guest=$1 guest_command

	rm -f "/tmp/$guest".{in,out,monitor,unanswered}
	mkfifo "/tmp/$guest.in" "/tmp/$guest.out"
	# shellcheck source=/dev/null
	. "/tmp/$guest.command"
	"${guest_command[@]}" </dev/null > >(stamp >>"$logs/$guest.console") 2>&1 &
	guest_pid[$guest]=$!
}

# guest_answers NAME: within the time that a boot may take, or four times that as long as it gets on: a
# starved one does. At once not, if its QEMU is gone.
guest_answers()
{
	local begun_ms waited_s=0

	begun_ms=$(uptime_ms)
	until tell "/tmp/$1" 3 true; do
		kill -0 "${guest_pid[$1]}" 2>/dev/null || return 1
		waited_s=$((($(uptime_ms) - begun_ms) / 1000))
		[ "$waited_s" -lt $((4 * guest_boot_limit_s)) ] || return 1
		[ "$waited_s" -lt "$guest_boot_limit_s" ] || guest_gets_on "$1" || return 1
	done
}

# guest_gets_on NAME: its processor is not at the same instruction all the time. One that hangs is, and so
# is one that has nothing to do.
guest_gets_on()
{
	local i

	for i in 1 2 3 4 5; do
		guest_shows "$1" registers || break
		sleep 1
	done | grep -oE '[RE]IP=[0-9a-f]+' | sort -u | awk 'END { exit NR < 2 }'
}

# guest_shows NAME WHAT: by its QEMU's monitor. A QEMU that hangs itself does not say, however long it is asked.
guest_shows()
{
	timeout 20 monitor "/tmp/$1.monitor" "info $2"
}

# guest_await NAME: until it answers. One emulated boot in 20 hangs, or ends at its first instructions:
# it is tried again, and reported.
guest_await()
{
	local guest=$1 attempt

	for ((attempt = 1; attempt <= guest_boots; attempt++)); do
		[ "$attempt" = 1 ] || guest_launch "$guest"
		if guest_answers "$guest"; then
			note "guest $guest is up"
			return 0
		fi
		echo "retry guest $guest did not boot (attempt $attempt of $guest_boots)" >>"$logs/result"
		kill -KILL "${guest_pid[$guest]}" 2>/dev/null
		wait "${guest_pid[$guest]}"
	done
	report "fail guest $guest boots; its console is in $guest.console"
	scenario_end
}

guest_kill()
{
	kill -KILL "${guest_pid[$1]}" 2>/dev/null
	wait "${guest_pid[$1]}" 2>/dev/null
	unset "guest_pid[$1]"
	ip link del "tap-$1"
	rm -f "/tmp/$1.qcow2" "/tmp/$1.unanswered"
}

# guest NAME COMMAND: run a shell command in the guest; its output and its status. 124: no answer came. One
# that does not answer is not asked again: a scenario that waits for each of its commands in turn reaches its time
# limit, and nobody learns why.
guest()
{
	local status=0 begun_ms

	[ ! -e "/tmp/$1.unanswered" ] || return 124
	begun_ms=$(uptime_ms)
	tell "/tmp/$1" "$guest_limit_s" "$2" || status=$?
	# A command of the guest may end with that status as well, but sooner. tell counts full seconds.
	if [ "$status" = 124 ] && [ $(($(uptime_ms) - begun_ms)) -ge $(((guest_limit_s - 1) * 1000)) ]; then
		touch "/tmp/$1.unanswered"
		guest_unanswered "$1" "$2" >&2
	fi
	return "$status"
}

# guest_sleep NAME SECONDS: so much time passes in the guest, with what is due there until then done. One
# that others leave no processor may take longer, by this host's time.
guest_sleep()
{
	guest "$1" "sleep $2"
}

# guest_unanswered NAME COMMAND: the guest hung, or the scenario has failed, as it did not answer that.
guest_unanswered()
{
	if guest_hangs "$1"; then
		report "hang guest $1 answers neither its agent nor a packet, outside of every module; its" \
			"registers are in $1.registers"
	else
		report "fail guest $1 answers '${2%%$'\n'*}' within $guest_limit_s s: it runs at" \
			"$(grep -oE 'RIP=[0-9a-f]+' "$logs/$1.registers" | sort -u | tr '\n' ' ')($1.registers)"
	fi
}

# guest_hangs NAME: its kernel does not answer a packet either, and no processor of it runs in a module. An
# emulated processor loses its guest so; a command that does not end, or a module that loops, does not
# count as that, and fails whoever called it. Either way $logs/NAME.registers shows what it was doing, and
# whether its timers were set.
guest_hangs()
{
	local i answer

	# A kernel that runs refuses the connection. One that does not says nothing, or, once its hardware
	# address is forgotten, has no route.
	answer=$(LC_ALL=C timeout 5 bash -c "exec 3<>/dev/tcp/${guest_address[$1]}/9" 2>&1)
	for i in 1 2 3; do
		guest_shows "$1" 'registers -a' || break
		guest_shows "$1" lapic || break
		sleep 1
	done >"$logs/$1.registers" 2>&1
	[[ $answer != *refused* ]] && ! runs_in_module "$logs/$1.registers"
}

# runs_in_module FILE: a processor does, by what guest_hangs has written. Modules lie in the last gigabyte. One
# that stays at an instruction of a module, although an interrupt is pending that nothing there holds back, does
# not run: it would take that, whatever the module does. Only the first processor's interrupts are in FILE.
runs_in_module()
{
	awk '
		/^CPU#/ {
			cpu = substr($1, 5) + 0
		}
		match($0, /RIP=[0-9a-f]+/) {
			at = substr($0, RSTART + 4, RLENGTH - 4)
			match($0, /RFL=[0-9a-f]+/)
			enabled = substr($0, RSTART + RLENGTH - 3, 1) ~ /[2367abef]/
			inside[cpu] = inside[cpu] || at ~ /^ffffffff[c-f]/
			takes[cpu] = takes[cpu] || !enabled || (cpu in last && last[cpu] != at)
			last[cpu] = at
		}
		/^IRR/ {
			shown++
			pending += !/none/
		}
		/PPR/ {
			open += /PPR 0x00/
		}
		END {
			lost = shown > 1 && pending == shown && open == shown
			for (cpu in inside) {
				if (inside[cpu] && !(cpu == 0 && lost && !takes[cpu]))
					exit 0
			}
			exit 1
		}' "$1"
}

# guest_monitor NAME COMMAND [SECONDS]: of its QEMU; SECONDS: first set the host's clock to that.
guest_monitor()
{
	monitor "/tmp/$1.monitor" "${@:2}"
}

# guest_save NAME FILE: all of it, for another QEMU with -incoming 'exec:cat FILE'.
guest_save()
{
	guest_monitor "$1" "migrate \"exec:cat >$2\"" && await 60 is_saved "$1"
}

is_saved()
{
	guest_monitor "$1" 'info migrate' | grep -q completed
}

# guest_keep NAME...: a snapshot of each, after which they stand still. $kept is the host's time then.
guest_keep()
{
	local guest

	for guest in "$@"; do
		guest_monitor "$guest" stop || return 1
	done
	kept=$(date +%s.%N)
	for guest in "$@"; do
		guest_monitor "$guest" 'savevm s' || return 1
	done
}

# guest_return NAME... GAP_S: back to the snapshots, as often as one likes, as if GAP_S of the host's
# time had passed since, and the guests run on. $resumed is the host's time at which they do.
guest_return()
{
	local guests=("${@:1:$#-1}") gap_s=${!#} guest

	for guest in "${guests[@]}"; do
		guest_monitor "$guest" stop && guest_monitor "$guest" 'loadvm s' || return 1
	done
	resumed=$(awk -v a="$kept" -v b="$gap_s" 'BEGIN { printf "%.6f", a + b }')
	guest_monitor "${guests[0]}" cont "$resumed"
	for guest in "${guests[@]:1}"; do
		guest_monitor "$guest" cont
	done
}

# guest_revert NAME... GAP_S: a snapshot and back to it at once. They stand still meanwhile, so that the
# gap is what it is told to be, whatever saving and loading take, and falls on any phase of their timers.
guest_revert()
{
	guest_keep "${@:1:$#-1}" && guest_return "$@"
}

# --- programs in guests ---

# guest_daemon NAME CONFIGURATION-FILE COMMAND DIRECTIVE...: write the file and start the daemon; what
# it says is in the guest's /tmp/PROGRAM.log. Fails when it ends within a second.
guest_daemon()
{
	local guest=$1 file=$2 command=$3 log

	log=/tmp/$(basename "${3%% *}").log
	shift 3
	printf '%s\n' "$@" >"$logs/$guest.$(basename "$file")"
	guest "$guest" "mkdir -p $(dirname "$file") /run/truechime /var/lib/truechime
		printf '%s\n' $(printf "'%s' " "$@") >$file
		$command >>$log 2>&1 &
		sleep 1
		kill -0 \$! || { cat $log; exit 1; }"
}

# guest_chronyd NAME DIRECTIVE...: Debian's chronyd with that configuration.
guest_chronyd()
{
	guest_daemon "$1" /etc/chrony.conf 'chronyd -u root -d -f /etc/chrony.conf' "${@:2}"
}

# guest_truechime NAME DIRECTIVE...: the module, and truechimed with that configuration.
guest_truechime()
{
	guest "$1" 'modprobe truechime' &&
		guest_daemon "$1" /etc/truechime.conf 'truechimed -d -f /etc/truechime.conf' "${@:2}"
}

# guest_module NAME [PARAMETERS]: the module alone; it sets the clock at once if it is wrong.
guest_module()
{
	guest "$1" "modprobe truechime boot=step:1ms ${2:-}"
}

# is_right NAME [NS]: the guest's clock agrees with stock ptp_kvm's within so many ns (1 ms).
is_right()
{
	local last_ns

	last_ns=$(guest "$1" 'witness now' | tee -a /dev/stderr | field last_ns)
	within "${last_ns#-}" '<=' "${2:-1000000}"
}

# without_waking: a kernel's log, without the warning by which Linux 6.1 finds fault with itself now and
# then when it wakes from suspend: a device's driver allocates, the allocator draws a random order, and
# the generator asks for the time while that still stands. With the module in it, it stays.
without_waking()
{
	awk '
		/-\[ cut here \]-/ { inside = 1; text = "" }
		!inside { print; next }
		{ text = text $0 "\n" }
		/-\[ end trace/ {
			if (text !~ /WARNING: [^\n]* ktime_get_seconds/ || text !~ /crng_make_state/ ||
			    text !~ /syscore_resume/ || text ~ /\[truechime\]/)
				printf "%s", text
			inside = 0
		}
		END { if (inside) printf "%s", text }'
}

# without_races_of_others: a kernel's log, without the data races that KCSAN found where none of the
# module's functions takes part. Each names the kernel, too, whose own name has the module's in it.
without_races_of_others()
{
	awk '
		/====================/ {
			if (inside && (text !~ /KCSAN/ || text ~ /\[truechime\]/))
				printf "%s%s\n", text, $0
			inside = !inside
			text = $0 "\n"
			next
		}
		inside { text = text $0 "\n"; next }
		{ print }
		END { if (inside) printf "%s", text }'
}

# look_for_leaks NAME: if its kernel can; it says in its log if it found some. What was allocated in the
# last 5 s is no leak to it.
look_for_leaks()
{
	guest "$1" 'leaks=/sys/kernel/debug/kmemleak
		[ ! -e "$leaks" ] || { sleep 6; echo scan >"$leaks"; echo scan >"$leaks"; cat "$leaks"; }'
}

# no_trace NAME: nothing in the kernel's log since its boot that a kernel should not say.
no_trace()
{
	local log

	look_for_leaks "$1" || return 1
	log=$(guest "$1" dmesg) && log=$(without_waking <<<"$log" | without_races_of_others) &&
		! grep -E -A 8 'BUG|WARNING|Oops|Call Trace|general protection|refcount|Unloaded|memory leak' <<<"$log"
}

# module_field NAME KEY: a number or word of the module's status; null: nobody knows it.
module_field()
{
	guest "$1" 'truechime --json status' | tee -a /dev/stderr |
		sed -n "/\"module\": {/,/}/ s/.*\"$2\": \"*\\([^\",]*\\).*/\\1/p" | head -n 1
}

# synchronised NAME SECONDS: what the kernel says, within that time, times $patience. Where it does
# not say so, what is said instead is shown.
synchronised()
{
	guest "$1" "i=0; until truechime status >/dev/null; do i=\$((i + 1)); [ \$i -lt $(($2 * 2 * patience)) ] || exit 1
		sleep 0.5; done" && return
	guest "$1" 'truechime status | head -n 3; pidof truechimed; tail -n 3 /tmp/truechimed.log'
	return 1
}

# bounds_begin NAME [UTC...]: from now on the guest compares its clocks, and what it publishes of their
# errors, with UTC; UTC in the words of bounds, the host's clock if there are none.
bounds_begin()
{
	guest "$1" "bounds ${*:2} -o /tmp/bounds 50 >/tmp/bounds.log 2>&1 &"
}

# bounds_end NAME FILE: what it found.
bounds_end()
{
	guest "$1" 'killall bounds; while pidof bounds >/dev/null; do sleep 0.1; done; cat /tmp/bounds' >"$2"
}

# revert_errors NAME FILE GAP_S BEFORE_S: what became of the clock after guest_return by GAP_S, and what it
# was in BEFORE_S before the snapshot: KEY=VALUE..., see bench/ntp.awk. FILE is bounds_end's.
revert_errors()
{
	awk -v resumed="$resumed" -v gap="$3" -v before="$4" -v answered="$(answered_s "$1")" \
		-f /project/selftests/vm/bench/ntp.awk "$2"
}

# busy_revert NAME GAP_S: a revert while a program reads the clock without a pause.
busy_revert()
{
	watched "$1" busy guest_revert "$1" "$2"
}

# idle_revert NAME GAP_S: a revert while nothing runs but what sleeps until the clock is stepped.
idle_revert()
{
	watched "$1" idle guest_revert "$1" "$2"
}

# watched NAME LOAD COMMAND...: COMMAND disrupts the guest, and sets $resumed to the host's time at which
# it went on, while a witness watches that makes the guest busy or leaves it idle.
watched()
{
	watch_begin "$1" "$2"
	"${@:3}" || return 1
	sleep 2
	watch_end "$1"
}

# bare_stall_ms NAME: how long a busy program is kept from running after a revert of a guest that
# nobody repairs. Its clock is to be right to some minutes before.
bare_stall_ms()
{
	local watch_limit_ns=500000000000

	guest "$1" "date -s @$(date +%s)" >/dev/null
	busy_revert "$1" 1000 | field stalled_ms
}

# quantile Q: of the numbers in what is read, a line each; 0.5: the median, 1: the most.
quantile()
{
	sort -n | awk -v q="$1" '{ v[NR] = $1 } END { if (NR) print v[int((NR - 1) * q) + 1] }'
}

# How far a clock may be off that is right, for the witness.
watch_limit_ns=1000000

# watch_begin NAME LOAD: $cpu_mask may say on which CPUs the witness runs, $fifo by which priority of
# the real-time class SCHED_FIFO.
watch_begin()
{
	local -A verbs=([busy]='spin 3600' [idle]=wait)

	guest "$1" "${cpu_mask:+taskset $cpu_mask} witness ${fifo:+-f $fifo} -w $watch_limit_ns -o /tmp/report ${verbs[$2]} >/tmp/witness.log 2>&1 &"
	is_watching "$1" /tmp/witness.log
}

# is_watching NAME LOG: the witness that writes LOG there has begun to, by now or soon.
is_watching()
{
	guest "$1" "i=0
		until grep -q watching $2; do
			i=\$((i + 1)); [ \$i -lt 300 ] || exit 1; sleep 0.1
		done"
}

# watch_end NAME: into $logs/NAME.watched what the witness saw, and
#	watched wrong_ms= raw_ms= stalled_ms= step_ms= resume_ms= lie_ms= lie_raw_ms= residual_ns=
# wrong_ms: how long a program ran that could read a wrong time, up to the first right reading, 0
# when none read one; raw_ms: the same by the guest's raw clock, in which a restore or an emulated
# processor may keep the program from running; stalled_ms: how long they did so, in stalls that
# began in the 0.2 s after the first wrong reading; step_ms: by the raw clock, to the step that made
# it right, as the module stamped it; resume_ms: by the host's clock, from the resume, an emulated
# guest's slow start included, to the first right reading. These are -1 when the clock was not
# repaired, and resume_ms when a busy program did not see the step: a small one looks like a slew
# where the guest stood still for long. lie_ms: how long a program ran that could read a clock which
# the kernel called synchronised and which was further off than it said, up to the first honest
# reading; lie_raw_ms: by the raw clock.
watch_end()
{
	local log=$logs/$1.watched

	[ ! -e "$log" ] || mv "$log" "$log.$(uptime_ms)"
	guest "$1" 'killall witness; wait; sleep 0.3; cat /tmp/report; echo now; witness -w '"$watch_limit_ns"' now
		truechime events --json' >"$log"
	awk -v resumed="$resumed" -v limit_ns="$watch_limit_ns" '
		/^{/ {
			if (match($0, /"raw_ns":[0-9]+/))
				event_s[++events] = substr($0, RSTART + 9, RLENGTH - 9) / 1e9
			next
		}
		{ for (i = 2; i <= NF; i++) { split($i, a, "="); v[a[1]] = a[2] } }
		/^episode/ {
			from_s[++episodes] = v["wrong_raw_s"]
			right_ms[episodes] = v["right_ms"]
			raw += v["right_ms"]
			wrong += v["ran_ms"]
			stalled += v["stalled_ms"]
			lie += v["lie_ran_ms"]
			lie_raw += v["lie_ms"]
			if (v["right_ms"] < 0) lost = 1
		}
		/^step/ { resume = (v["phc_s"] - resumed) * 1e3 }
		END {
			for (i = 1; i <= episodes; i++) {
				latest_ms = -1
				for (j = 1; j <= events; j++) {
					at_ms = (event_s[j] - from_s[i]) * 1e3
					if (at_ms > latest_ms && at_ms < right_ms[i])
						latest_ms = at_ms
				}
				step += latest_ms < 0 ? right_ms[i] : latest_ms
			}
			if (!resume)
				resume = -1
			if (lost || v["last_ns"] == "" || v["last_ns"] > limit_ns || v["last_ns"] < -limit_ns)
				wrong = raw = step = resume = -1
			printf "watched wrong_ms=%.3f raw_ms=%.3f stalled_ms=%.3f", wrong, raw, stalled
			printf " step_ms=%.3f resume_ms=%.3f lie_ms=%.3f lie_raw_ms=%.3f residual_ns=%d\n",
				step, resume, lie, lie_raw, v["last_ns"]
		}' "$log" | tee -a "$log"
}
