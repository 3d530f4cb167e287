# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the sourcing script's
#
# What users of linuxptp run and type: ptp4l follows a grandmaster by software timestamps, and
# hands the time on by shared memory, on `ptp_ours` to truechimed and on `ptp_theirs` to chronyd,
# as timemaster has it done; pmc asks ptp4l. What takes a PTP clock is tried in a guest, which has
# one (scenario ptp-api).

# ptp4l_start HOST OPTION...
ptp4l_start()
{
	daemon "$1" ptp4l "$peers/usr/sbin/ptp4l" -S -i eth0 -m -q \
		--uds_address "/run/$1.ptp4l" "${@:2}"
}

# ptp_lines UNIT: of the daemon that takes the time.
ptp_lines()
{
	printf '%s\n' "refclock SHM $1 refid PTP poll 2 delay 0.001" 'port 0' 'cmdport 0'
}

ptp_start()
{
	host_add ptp_master 11
	host_add ptp_ours 12
	host_add ptp_theirs 13
	ptp4l_start ptp_master --free_running 1
	ptp4l_start ptp_ours -s --clock_servo ntpshm --ntpshm_segment 2
	ptp4l_start ptp_theirs -s --clock_servo ntpshm --ntpshm_segment 3
	truechimed_start ptp_ours "$(ptp_lines 2)"
	{
		ptp_lines 3
		printf '%s\n' 'pidfile /run/ptp_theirs.pid' \
			'bindcmdaddress /run/ptp_theirs/chronyd.sock'
	} >"$dir/ptp_theirs.conf"
	daemon ptp_theirs chronyd "$peers/usr/sbin/chronyd" -u root -x -d -f "$dir/ptp_theirs.conf"
}

# ptp_ask WORD...: both daemons.
ptp_ask()
{
	{
		on ptp_ours "$build/truechime" -S /run/ptp_ours-truechime.sock "$@" 2>&1
		echo "exit status $?"
	} >"$dir/ours.says"
	{
		on ptp_theirs "$peers/usr/bin/chronyc" -h /run/ptp_theirs/chronyd.sock "$@" 2>&1
		echo "exit status $?"
	} >"$dir/theirs.says"
}

# ptp_is_followed: and both have taken samples lately, three times in a row.
ptp_is_followed()
{
	ptp_ask -c sources
	grep -qE '^#,\*,PTP,0,[0-9]+,[0-9]*7,' "$dir/ours.says" &&
		grep -qE '^#,\*,PTP,0,[0-9]+,[0-9]*7,' "$dir/theirs.says"
}

# pmc_says GET: as NAME VALUE.
pmc_says()
{
	on ptp_ours "$peers/usr/sbin/pmc" -u -b 0 -s /run/ptp_ours.ptp4l -i /run/ptp_ours.pmc \
		"GET $1" 2>&1
	echo "exit status $?"
}

pmc_is_answered()
{
	pmc_says TIME_STATUS_NP >"$dir/typed"
	grep -q gmPresent "$dir/typed"
}

# compare_pmc: how far off the master is, in ns, and as truechimed has it of ptp4l.
compare_pmc()
{
	ptp_ask -c sources
	awk -F , -v OFS=, '/^exit/ { print; next } { print ($6 > 0) ? "true" : "false", $8 }' \
		"$dir/ours.says" >"$dir/ours.csv"
	mv "$dir/ours.csv" "$dir/ours.says"
	# It waits a moment for an answer.
	await 20 pmc_is_answered
	awk -v OFS=, '$1 == "master_offset" { offset = $2 / 1e9 } $1 == "gmPresent" { present = $2 }
		/^exit/ { print present, offset; print }' "$dir/typed" >"$dir/theirs.says"
	alike "pmc 'GET TIME_STATUS_NP': goes on, and says what sources does" "= $s"
}

# compare_ptp: of what ptp_start has started.
compare_ptp()
{
	await 60 ptp_is_followed || {
		show_both
		tail -n 5 "$dir"/ptp_*-ptp4l.log | sed 's/^/# /'
		report "not ok" "ptp4l: both follow it"
	}
	alike "ptp4l: with ntpshm, refclock SHM" "= = = = = . $age $s $s $s"
	ptp_ask -c tracking
	alike "ptp4l: tracking" "= = = $age $s $s $s $ppm $ppm # $s $s $age ="
	compare_pmc
}
