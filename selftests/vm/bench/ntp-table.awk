# SPDX-License-Identifier: GPL-2.0-only
#
# bench-disruption's table of reverts with NTP servers, from the lines of bench/ntp's parts, and
# what is judged of them; disruption.awk calls it. Errors are against UTC, the servers' time.
#
# By how much a revert may add to the error that the guest had: 1 ms, where the host's clock is the
# servers' or nobody but the host is asked. "Had" is the most of the last 8 s before the snapshot,
# of the system clock and of the timescale that it is being slewed to; nothing else is allowed for.
# Against a host's clock that runs 20 ppm beside UTC nobody can know more than the bound says, until
# servers answer.
#
# 2 s after the first answers the error is no larger than before the snapshot, but for the noise of
# those answers: they come while an emulated guest fetches its memory anew, with round trips of 20 to
# 50 ms, and half of one is more than 10 ms, what is allowed for. The table's head says it.

BEGIN {
	ntp_most_ms = 1
	ntp_noise_ms = 10
	# 15 guests, each reverted by four gaps either way.
	ntp_rows_wanted = 15 * 8
}

function ntp_number(key,	text)
{
	text = value(key)
	if (text !~ /^-?[0-9]+(\.[0-9]+)?$/) {
		ntp_missing++
		return 0
	}
	return text + 0
}

# The larger one, of the two ways, in the table's cell.
function ntp_keep(of, key, x)
{
	if (!((of, key) in ntp_most) || x > ntp_most[of, key])
		ntp_most[of, key] = x
}

# A row: guest, host, gap.
function ntp_note(	of, gap, before, asked, i, fields, at, kernel, module)
{
	gap = value("gap_s") < 0 ? -value("gap_s") : value("gap_s")
	of = value("age") " | " value("host") " | " value("servers") " | " value("poll") \
		" | " gap / 3600 " h"
	if ((value("guest"), value("gap_s")) in ntp_seen)
		return
	ntp_seen[value("guest"), value("gap_s")] = 1
	ntp_rows++
	if (!(of in ntp_of)) {
		ntp_names[++ntp_count] = of
		ntp_of[of] = 1
	}
	asked = value("servers") > 0
	before = ntp_number("before_max_ms")
	ntp_keep(of, "before_rms", ntp_number("before_rms_ms"))
	ntp_keep(of, "before", before)
	ntp_keep(of, "step", ntp_number("step_ms"))
	ntp_keep(of, "one", ntp_number("one_ms"))
	ntp_keep(of, "ten", ntp_number("ten_ms"))
	if (asked) {
		ntp_keep(of, "answered", ntp_number("answered_s"))
		ntp_keep(of, "confirmed", ntp_number("confirmed_ms"))
	}
	fields = split(value("bounds_ms") "/" value("scale_bounds_ms"), at, "/")
	if (fields != 8)
		ntp_missing++
	# The module's where the kernel says unsynchronised.
	for (i = 1; i <= 4; i++)
		ntp_keep(of, "bound" i, at[i] >= 0 ? at[i] : at[i + 4])
	ntp_violations += ntp_number("violations")
	ntp_keep(of, "violations", ntp_number("violations"))
	ntp_keep(of, "unnoticed", ntp_number("unnoticed_ms"))
	ntp_judge(of, before, asked)
}

function ntp_judge(of, before, asked,	added)
{
	added = ntp_number("step_ms") - before
	if (value("host") == "disciplined" && added > ntp_added_max)
		ntp_added_max = added
	if (value("host") == "disciplined" && added > ntp_most_ms)
		ntp_failed++
	if (!asked)
		return
	added = ntp_number("confirmed_ms") - before
	if (added > ntp_confirmed_max)
		ntp_confirmed_max = added
	if (added > ntp_noise_ms)
		ntp_failed++
}

$1 == "ntp" { ntp_note() }
$1 == "ntp-hung" { ntp_hung++ }

# "0.123 ms", "12.300 s".
function ntp_size(of, key,	ms)
{
	if (!((of, key) in ntp_most))
		return "-"
	ms = ntp_most[of, key]
	return ms < 0 ? "none" : ms < 1000 ? sprintf("%.3f ms", ms) : sprintf("%.3f s", ms / 1000)
}

function ntp_print(	i, of)
{
	printf "| daemon's age | host | servers | poll | gap, either way | RMS before | most before "
	printf "| after the step | its bound | 1 s later | its bound "
	printf "| 2 s after the first answer (noise: %d ms) | its bound ", ntp_noise_ms
	print "| 10 s later | its bound | beyond a bound |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= ntp_count; i++) {
		of = ntp_names[i]
		print "| " of " | " ntp_size(of, "before_rms") " | " ntp_size(of, "before") " | " \
			ntp_size(of, "step") " | " ntp_size(of, "bound1") " | " \
			ntp_size(of, "one") " | " ntp_size(of, "bound2") " | " \
			ntp_size(of, "confirmed") " | " ntp_size(of, "bound3") " | " \
			ntp_size(of, "ten") " | " ntp_size(of, "bound4") " | " \
			ntp_most[of, "violations"] " |"
	}
}

# "12.3" ms, or missing where rows or fields are.
function ntp_added_ms()
{
	return ntp_rows == ntp_rows_wanted && !ntp_missing ? sprintf("%.3f", ntp_added_max) : "missing"
}

function ntp_holds()
{
	return ntp_rows == ntp_rows_wanted && !ntp_missing && !ntp_failed && !ntp_violations &&
	       ntp_hung <= ntp_rows / 20
}
