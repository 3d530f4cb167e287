# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # what both files share
#
# Two daemons that follow the same servers, truechimed and a chronyd, in a lab, and what two programs
# print of them, compared field by field. Whoever sources this sets $suite, a name for the results,
# $dir, $out and $peers, sources lab.sh and peers.sh, and has two functions that print what is asked
# for and the exit status as the last line: ours OPTION... COMMAND and theirs OPTION... COMMAND.

# How far one server is off, which nobody follows: by that signs can be told.
far_s=0.5

number=0
failed=0

# report VERDICT TEXT: and $dir/reported has each TEXT.
report()
{
	number=$((number + 1))
	echo "$1 $number $suite $2"
	echo "$2" >>"$dir/reported"
	[ "$1" = ok ] || failed=1
}

# --- the two, and whom they follow ---

config()
{
	cat <<-END
		server 10.0.0.1 iburst minpoll 4 maxpoll 6 prefer
		server 10.0.0.3 iburst key 1
		server fd00::4 iburst xleave
		server 10.0.0.6 iburst noselect
		server nowhere.invalid offline
		keyfile $dir/keys
		authselectmode ignore
		port 11123
		bindcmdaddress 0.0.0.0
		cmdratelimit
		log measurements statistics tracking selection
		logdir $dir/$1.logs
	END
}

start_all()
{
	local number

	(umask 077 && echo '1 SHA256 HEX:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' \
		>"$dir/keys")
	for number in 1 3 4; do
		host_add "server$number" "$number"
		chronyd_start "server$number" allow 'local stratum 1' "keyfile $dir/keys"
	done
	host_add far 6
	on far "$out/ntpserve" -o "$far_s" 10.0.0.6 >/dev/null &
	host_add ours 2
	host_add theirs 5
	config ours >"$dir/ours.conf"
	daemon ours truechimed "$build/truechimed" -x -M -d -u root -S /run/ours.sock -f "$dir/ours.conf"
	{
		config theirs
		echo 'pidfile /run/theirs.pid'
		echo 'bindcmdaddress /run/theirs/chronyd.sock'
	} >"$dir/theirs.conf"
	daemon theirs chronyd "$peers/usr/sbin/chronyd" -u root -x -d -f "$dir/theirs.conf"
}

# ask OPTION... COMMAND: both.
ask()
{
	ours "$@" >"$dir/ours.says"
	theirs "$@" >"$dir/theirs.says"
}

# --- comparing ---

show_both()
{
	sed 's/^/# truechimed: /' "$dir/ours.says"
	sed 's/^/# chronyd:    /' "$dir/theirs.says"
}

# same NAME: they said the same.
same()
{
	if cmp -s "$dir/ours.says" "$dir/theirs.says"; then
		report ok "$1: $(grep -v '^exit' "$dir/ours.says" | head -n 1)"
	else
		show_both
		diff "$dir/ours.says" "$dir/theirs.says" | head -n 10 | sed 's/^/# /'
		report "not ok" "$1"
	fi
}

# asks_same COMMAND...: each says and ends the same.
asks_same()
{
	local command words

	for command in "$@"; do
		read -ra words <<<"$command"
		ask -n "${words[@]}"
		same "$command"
	done
}

# alike NAME SPEC: as many lines, and of each the fields that SPEC says, one word a field: "=" the
# same, "~N" numbers that differ by N at most, "<" ours is not more, "#" two numbers, "." whatever.
alike()
{
	if awk -F , -v spec="$2" '
		function number(text) { return text ~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/ }
		function good(rule, our, their) {
			if (rule == ".")
				return 1
			if (rule == "=" || !number(our) || !number(their))
				return rule == "=" && our == their
			if (rule == "<")
				return our + 0 <= their + 0
			if (rule == "#")
				return 1
			return our - their <= substr(rule, 2) + 0 && their - our <= substr(rule, 2) + 0
		}
		BEGIN { rules = split(spec, rule, " ") }
		FNR == NR { their[FNR] = $0; lines = FNR; next }
		{
			count = split(their[FNR], field, ",")
			if (/^exit/ ? $0 != their[FNR] : NF != rules || count != rules)
				bad = bad "# line " FNR " has other fields\n"
			for (i = 1; i <= rules && !/^exit/; i++)
				if (!good(rule[i], $i, field[i]))
					bad = bad "# line " FNR ", field " i ": " $i ", not " rule[i] " " field[i] "\n"
			compared++
		}
		END {
			if (compared != lines || lines < 2)
				bad = bad "# " compared " lines, not " lines "\n"
			printf "%s", bad
			exit bad != ""
		}' "$dir/theirs.says" "$dir/ours.says" >"$dir/bad"; then
		report ok "$1"
	else
		show_both
		# Last, as the last lines before a failure are those that are read.
		head -n 10 "$dir/bad"
		report "not ok" "$1"
	fi
}

# --- how alike ---

# Both have this machine's clock, and so have the servers: what is left is the load, by which any
# program waits for its turn. Each asks at times of its own. Offsets and delays, in s; and the rate of a
# clock that is nobody's, in ppm: over six seconds, the least that is waited for, two such offsets are
# off by as much. Units are told by them, and signs by the server that is far off.
s=~0.05
ppm=~17000
# How long ago something was, in s: up to a poll, which may be the fourth part of that, and what a busy
# machine adds.
age=~256
# chronyd shows the poll that is configured, truechimed the one in force, which begins lower.
poll="<"

is_synchronised_to_first()
{
	ours -c -n tracking | grep >/dev/null ',10.0.0.1,.*,Normal$' &&
		theirs -c -n tracking | grep >/dev/null ',10.0.0.1,.*,Normal$' &&
		[ "$(ours -c -n sourcestats | grep -cE '^[^,]*,([4-9]|..),')" = 4 ] &&
		[ "$(theirs -c -n sourcestats | grep -cE '^[^,]*,([4-9]|..),')" = 4 ] &&
		ours -c ntpdata fd00::4 | grep >/dev/null ',Yes,No,[DKH]' && theirs -c ntpdata fd00::4 | grep >/dev/null ',Yes,No,[DKH]'
}
