# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the sourcing script's
#
# What users of ntpd type, on the host `ntp`, beside what they type with truechime, on `kept`. Both
# daemons follow the same three servers, and believe that they steer the clock (pretend). On `lost`
# there is one of each, whose server does not answer. What is compared has docs/habits.md's words
# for what was typed in its name.

# typed HOST COMMAND...: what it says there, and its exit status as the last line.
typed()
{
	ntpsec "$@" 2>&1
	echo "exit status $?"
}

# by_clock HOST: with which a program there reads the clock that truechimed believes to steer.
by_clock()
{
	echo "LD_PRELOAD=$(readlink -f "$out/pretend.so")" "PRETEND_CLOCK=/run/$1.clock"
}

# truechime_on HOST WORD...
truechime_on()
{
	local words

	read -ra words < <(by_clock "$1")
	typed "$1" env "${words[@]}" "$build/truechime" -S "/run/$1-truechime.sock" "${@:2}"
}

kept()
{
	truechime_on kept "$@"
}

# of_status FILE: the line that says how it ended.
of_status()
{
	grep '^exit status' "$1"
}

# --- the daemons ---

ntp_sources()
{
	printf '%s\n' 'server 10.0.0.1 iburst minpoll 4 prefer' 'server fd00::4 iburst minpoll 4' \
		'server 10.0.0.6 noselect iburst minpoll 4'
}

# Without a drift file ntpd measures the rate for minutes before it calls itself synchronised.
ntp_start()
{
	local lines

	mapfile -t lines < <(ntp_sources)
	host_add ntp 7
	host_add kept 8
	host_add lost 9
	echo 0.000 | tee "$dir/ntp.drift" >"$dir/lost.drift"
	steers=yes PRETEND_CLOCK=/run/ntp.clock ntpd_start ntp "driftfile $dir/ntp.drift" \
		"${lines[@]}"
	steers=yes PRETEND_CLOCK=/run/kept.clock truechimed_start kept "${lines[@]}" allow
	steers=yes PRETEND_CLOCK=/run/lost-ntp.clock ntpd_start lost "driftfile $dir/lost.drift" \
		'server 10.0.0.99 iburst'
	steers=yes PRETEND_CLOCK=/run/lost.clock truechimed_start lost 'server 10.0.0.99 iburst'
}

ntp_is_ready()
{
	ntpsec ntp ntpq -n -p >"$dir/typed" && grep -q '^\*10\.0\.0\.1 ' "$dir/typed" &&
		grep -q '^[-+]fd00::4 ' "$dir/typed" &&
		ntpsec ntp ntpwait -n 2 && kept | grep >/dev/null '^exit status 0' &&
		kept -c -n peers | grep >/dev/null '^\*,10\.0\.0\.1,'
}

# --- ntpq ---

# compare_peers: tally, age and reach are what each daemon has seen; chronyd's refid of its own
# clock has no letters, which ntpq prints as such.
compare_peers()
{
	local who

	kept -n peers >"$dir/ours.says"
	typed ntp ntpq -n -p >"$dir/theirs.says"
	for who in ours theirs; do
		sed 's/ *$//' "$dir/$who.says" | grep -E '^=|^ +remote' >"$dir/$who.heading"
		# As CSV, by their addresses; -c peers has chosen the width.
		grep -E '^.(10.0.0.[16]|fd00::4) ' "$dir/$who.says" | sort -k 1.2 | awk '{
			printf "%d,%s", length($0), substr($0, 1, 1)
			sub(/^./, "")
			for (i = 1; i <= NF; i++)
				printf ",%s", $i
			print ""
		}' >"$dir/$who.csv"
		mv "$dir/$who.csv" "$dir/$who.says"
	done
	alike "ntpq -p: the rows of peers" "= . = . = = . $age . ~250 ~250 ~250"
	# Which of those that agree is the first is up to each.
	if cmp -s "$dir/ours.heading" "$dir/theirs.heading" &&
		grep -q ',\*,10\.0\.0\.1,' "$dir/ours.says" &&
		grep -q ', ,10\.0\.0\.6,' "$dir/ours.says"; then
		report ok "ntpq -p: the heading of peers"
	else
		show_both
		report "not ok" "ntpq -p: the heading of peers"
	fi
}

# variables NAME...: of what ntpq -c rv prints, as CSV.
variables()
{
	local name values=()

	for name in "$@"; do
		values+=("$(grep -oE "(^|[ ,])$name=[^,]*" "$dir/typed" | head -n 1 |
			cut -d = -f 2)")
	done
	(IFS=, && echo "${values[*]}")
}

# ntpq has ms and the kernel's bits of leap, tracking s and words.
compare_rv()
{
	typed ntp ntpq -n -c rv >"$dir/typed"
	{
		variables leap stratum refid rootdelay rootdisp offset frequency |
			awk -F , -v OFS=, '{ $4 /= 1e3; $5 /= 1e3; $6 /= 1e3; print }'
		of_status "$dir/typed"
	} >"$dir/theirs.says"
	kept -c -n tracking | awk -F , -v OFS=, '/^exit/ { print; next }
		{ print $14 == "Normal" ? "00" : $14, $3, $2, $11, $12, $5, $8 }' >"$dir/ours.says"
	alike "ntpq -c rv: tracking" "= = = $s < $s $ppm"
}

# A single answer of the server that is half a second off, by which sign and unit can be told. On a
# busy machine it, or who asks, waits for its turn, and half of that is in the offset.
one=~0.25

compare_rv_of_source()
{
	typed ntp ntpq -n -c 'rv &3' >"$dir/typed"
	{
		variables srcadr srcport leap stratum precision rootdelay rootdisp delay offset |
			awk -F , -v OFS=, '{ $6 /= 1e3; $7 /= 1e3; $8 /= 1e3; $9 /= 1e3; print }'
		of_status "$dir/typed"
	} >"$dir/theirs.says"
	kept -c -n ntpdata 10.0.0.6 | awk -F , -v OFS=, '/^exit/ { print; next }
		{ print $1, $3, $6 == "Normal" ? "00" : $6, $9, $12, $14, $15, $20, $19 }' \
		>"$dir/ours.says"
	alike "ntpq -c 'rv &3': ntpdata" "= = = = = $s $s $one $one"
}

# In the order of the configuration. Which of two that agree is combined with the other is up to
# each.
compare_associations()
{
	typed ntp ntpq -n -c as >"$dir/typed"
	awk -v OFS=, '/^exit/ { print; next }
		$1 ~ /^[0-9]+$/ { print $6, $7 ~ /^(sys.peer|reject)$/ ? $7 : "other" }' \
		"$dir/typed" >"$dir/theirs.says"
	kept -c -n selectdata | awk -F , -v OFS=, '/^exit/ { print; next } {
		state = $1 == "*" ? "sys.peer" : $1 == "N" ? "reject" : "other"
		print $3 == "N" ? "none" : $3, state
	}' >"$dir/ours.says"
	alike "ntpq -c as: selectdata" "= ="
}

# requests: how many packets of clients both have counted: ntpd counts the answers that it gets,
# too.
requests()
{
	typed ntp ntpq -c sysstats | awk '/^processed for time:/ { printf "%d,", $4 }'
	kept -c serverstats | awk -F , 'NR == 1 { print $1 }'
}

# A client asks both three times: who is in their lists, and how often.
compare_clients()
{
	local before after i

	before=$(requests)
	for ((i = 0; i < 3; i++)); do
		ntpsec ours ntpdate -q -t 5 10.0.0.7 10.0.0.8
	done >"$dir/asked" 2>&1
	after=$(requests)
	typed ntp ntpq -n -c mrulist >"$dir/typed"
	awk -v OFS=, '/^exit/ { print; next }
		$NF == "10.0.0.2" { print $NF, $7, $9 }' "$dir/typed" >"$dir/theirs.says"
	kept -c -n clients | awk -F , -v OFS=, '/^exit/ { print; next }
		$1 == "10.0.0.2" { print $1, $2, $3 }' >"$dir/ours.says"
	alike "ntpq -c mrulist: clients" "= = ="
	if awk -F , -v before="$before" -v after="$after" 'BEGIN {
		split(before, b); split(after, a)
		exit !(a[1] - b[1] >= 3 && a[2] - b[2] == 3)
	}'; then
		report ok "ntpq -c sysstats: serverstats, three requests more"
	else
		sed 's/^/# /' "$dir/asked" - <<<"theirs,ours before $before, after $after"
		report "not ok" "ntpq -c sysstats: serverstats, three requests more"
	fi
}

# --- what says how right the clock is ---

compare_trace()
{
	typed ntp ntptrace -n -r 127.0.0.1 >"$dir/typed"
	awk -F '[ ,]+' -v OFS=, '/^exit/ { print; next }
		/^127.0.0.1: stratum/ { print $3, $5, $8 }' "$dir/typed" >"$dir/theirs.says"
	kept -c -n tracking | awk -F , -v OFS=, '/^exit/ { print; next }
		{ print $3, $5, $11 / 2 + $12 }' >"$dir/ours.says"
	alike "ntptrace: tracking" "= $s <"
}

# compare_wait STATUS HOST OUR_HOST: how it ends what a script waits for. ntpwait looks once less
# than -n says.
compare_wait()
{
	typed "$2" ntpwait -n 2 -s 1 | of_status - >"$dir/theirs.says"
	truechime_on "$3" waitsync --timeout 5s | of_status - >"$dir/ours.says"
	same "ntpwait: waitsync, on $3"
	grep -qx "exit status $1" "$dir/ours.says" || report "not ok" "ntpwait: status $1 on $3"
}

# compare_wait_of_systemd: it asks the kernel alone.
compare_wait_of_systemd()
{
	local host words verdict=ok

	mkdir -p /run/systemd
	for host in kept lost; do
		read -ra words < <(by_clock "$host")
		typed "$host" timeout 10 env "${words[@]}" /lib/systemd/systemd-time-wait-sync |
			of_status - >"$dir/$host.says"
	done
	grep -qx 'exit status 0' "$dir/kept.says" && grep -qx 'exit status 124' "$dir/lost.says" ||
		verdict="not ok"
	[ "$verdict" = ok ] || sed 's/^/# /' "$dir/kept.says" "$dir/lost.says"
	report "$verdict" "systemd-time-wait-sync: goes on, and waits for truechimed"
}

# sentence_of_ntpstat: as CSV.
sentence_of_ntpstat()
{
	sed -nE -e 's/^synchronised to .* at stratum ([0-9]+) *$/synchronised,\1/p' \
		-e 's/^(unsynchronised).*/\1/p' \
		-e 's/^ *time correct to within ([0-9]+) ms.*/\1/p' \
		-e 's/^ *polling server every ([0-9]+) s.*/\1/p' "$dir/typed" | paste -s -d ,
}

# sentence_of_truechime HOST: the same of ours; the bound as ntpstat rounds it.
sentence_of_truechime()
{
	truechime_on "$1" -c -n tracking >"$dir/$1.tracking"
	truechime_on "$1" --json tracking >"$dir/$1.json"
	truechime_on "$1" -c -n peers >"$dir/$1.peers"
	if grep -q '"synchronised": true' "$dir/$1.json"; then
		echo "synchronised,$(awk -F , 'NR == 1 { print $3 }' "$dir/$1.tracking"),$(
			sed -nE 's/^ *"maxerror_ns": ([0-9]+).*/\1/p' "$dir/$1.json" |
				awk '{ printf "%.0f", $1 / 1e6 }'),$(
			awk -F , '$1 == "*" { print $7 }' "$dir/$1.peers")"
	else
		echo unsynchronised
	fi
}

# compare_stat HOST OUR_HOST SPEC: `truechime` says the same, and ends as ntpstat does.
compare_stat()
{
	typed "$1" ntpstat >"$dir/typed"
	{
		sentence_of_ntpstat
		of_status "$dir/typed"
	} >"$dir/theirs.says"
	{
		sentence_of_truechime "$2"
		truechime_on "$2" status | of_status -
	} >"$dir/ours.says"
	# How often nobody is asked is up to each.
	sed -i 's/^\(unsynchronised\),.*/\1/' "$dir/theirs.says"
	alike "ntpstat: status, on $2" "$3"
}

# truechimed has no answers to ntpd's control messages. Where nobody answers, ntpstat ends with 2.
check_stat_without_ntpd()
{
	typed kept ntpstat >"$dir/theirs.says"
	typed kept "$build/truechime" -S /run/nobody.sock >"$dir/ours.says"
	if grep -qx 'exit status 2' "$dir/theirs.says" &&
		grep -qx 'exit status 1' "$dir/ours.says"; then
		report ok "ntpstat: where nobody answers it: 2, and status 1"
	else
		show_both
		report "not ok" "ntpstat: where nobody answers it: 2, and status 1"
	fi
}

# compare_kernel NAME COMMAND...: what it says of the kernel's clock, which truechimed has set.
compare_kernel()
{
	local words

	read -ra words < <(by_clock kept)
	typed kept env "${words[@]}" "${@:2}" >"$dir/typed"
	# ntptime prints sentences, adjtimex a column; a status of which bit 6 is set is STA_UNSYNC.
	awk -v OFS=, '
		/maximum error/ { gsub(/,/, ""); maxerror = $3; esterror = $7 }
		$1 == "maxerror:" { maxerror = $2 }
		$1 == "esterror:" { esterror = $2 }
		/status 0x/ { said = !/UNSYNC/ }
		$1 == "status:" { said = int($2 / 64) % 2 == 0 }
		/^exit/ { print said ? "true" : "false", maxerror / 1e6, esterror / 1e6; print }' \
		"$dir/typed" >"$dir/theirs.says"
	kept --json status | awk -v OFS=, '
		/"kernel": \{/ { inside = 1 }
		{ gsub(/,$/, "") }
		inside && $1 == "\"synchronised\":" { said = $2 }
		inside && $1 == "\"maxerror_ns\":" { maxerror = $2 / 1e9 }
		inside && $1 == "\"esterror_ns\":" { esterror = $2 / 1e9 }
		/^exit/ { print said, maxerror, esterror; print }' >"$dir/ours.says"
	alike "$1: goes on, and says what status does" "= $kernel_s $kernel_s"
	! grep -q '^false' "$dir/ours.says" || report "not ok" "$1: the clock is synchronised"
}

# The daemon may have set it anew between the two, and it grows by 0.5 ms a second.
kernel_s=~0.01

# --- what asks, or sets the clock, once ---

# once_of_ntpdig: "OFFSET_S" of "DATE TIME (ZONE) OFFSET_S +/- ERROR_S ADDRESS ...".
once_of_ntpdig()
{
	awk '$5 == "+/-" { print $4 } /^exit/' "$dir/typed"
}

# near_by FILE: by how much another one's single answer may be off from that of ntpdig in it, which says
# how long its own was on its way: "OFFSET_S +/- ERROR_S".
near_by()
{
	awk -v more="${one#"~"}" '$5 == "+/-" { more += $6 } END { print "~" more }' "$1"
}

# compare_query NAME COMMAND...: how far off a server's time is that way, and by skew and -Q.
compare_query()
{
	typed ours "${@:2}" >"$dir/typed"
	once_of_ntpdig >"$dir/theirs.says"
	typed ours "$build/truechime" -S /run/ours.sock --json skew --ntp-only --within 10s \
		10.0.0.6 >"$dir/skew"
	awk '/"clocks":/ { inside = 1 }
		inside && $1 == "\"offset_ns\":" { gsub(/,/, "", $2); ahead = $2 }
		/^exit/ { print ahead / 1e9; print }' "$dir/skew" >"$dir/ours.says"
	alike "$1: skew" "$(near_by "$dir/typed")"
	typed ours "$build/truechimed" -d -Q -t 10 'server 10.0.0.6 iburst maxsamples 1' \
		>"$dir/once"
	sed -nE -e 's/.*System clock wrong by ([-0-9.]+) seconds.*/\1/p' -e '/^exit/p' "$dir/once" \
		>"$dir/ours.says"
	alike "$1: truechimed -Q" "$(near_by "$dir/typed")"
}

# A server that is not there.
compare_silent_query()
{
	typed ours ntpdate -q -t 1 10.0.0.99 | of_status - >"$dir/theirs.says"
	typed ours "$build/truechimed" -d -Q -t 2 'server 10.0.0.99 iburst' | of_status - \
		>"$dir/ours.says"
	same "ntpdate -q: truechimed -Q, of nobody: $(cat "$dir/theirs.says")"
}

# step_of COMMAND...: what it would have set the clock by.
step_of()
{
	local log=$dir/steps

	rm -f "$log"
	PRETEND_LOG=$log PRETEND_CLOCK=/run/set.clock ntpsec ntp unshare --mount \
		"$interop/pretend" "$@" >"$dir/set" 2>&1
	awk '$2 == "step" { print $3 }' "$log"
	# How they end differs: the clock was not set, which ntpd does not mind.
	echo exit
	rm -f /run/set.clock
}

# compare_step NAME COMMAND...: it sets the clock as far as truechimed -q does.
compare_step()
{
	cp "$dir/ours.step" "$dir/ours.says"
	step_of "${@:2}" >"$dir/theirs.says"
	alike "$1: truechimed -q, by the same step" "$(near_by "$dir/set")"
}

# ntpd gives way to nobody, but to the port of the one that runs here.
compare_steps()
{
	kill "$(cat /run/ntp-ntpd.pid)"
	echo 'server 10.0.0.6 iburst' >"$dir/once.conf"
	step_of "$build/truechimed" -M -d -u root -S /run/once.sock -q -t 20 \
		'server 10.0.0.6 iburst' >"$dir/ours.step"
	compare_step "ntpdate -b" ntpdate -b -t 5 10.0.0.6
	compare_step "sntp -S" sntp -S 10.0.0.6
	compare_step "ntpd -gq" timeout 90 ntpd -n -gq -c "$dir/once.conf" -l "$dir/once.log"
}

# compare_ntp: of what ntp_start has started.
compare_ntp()
{
	await 40 ntp_is_ready || {
		typed ntp ntpq -n -c peers -c rv | sed 's/^/# /'
		report "not ok" "ntpd and truechimed follow the first server"
	}
	compare_peers
	compare_rv
	compare_rv_of_source
	compare_associations
	compare_clients
	compare_trace
	compare_wait 0 ntp kept
	compare_wait 1 lost lost
	compare_wait_of_systemd
	compare_stat ntp kept "= = < <"
	compare_stat lost lost "="
	check_stat_without_ntpd
	compare_kernel ntptime ntptime
	compare_kernel "adjtimex -p" adjtimex -p
	compare_query "ntpdate -q" ntpdate -q -t 5 10.0.0.6
	compare_query "ntpdate -uq" ntpdate -u -q -t 5 10.0.0.6
	compare_query sntp sntp 10.0.0.6
	compare_silent_query
	compare_steps
}
