# SPDX-License-Identifier: GPL-2.0-only
#
# The line of figures of bench-steady's table, and what is judged of them; judge.awk says what it is
# to meet a target. Exits 0 only if all are met.

function value(key,	i, a)
{
	for (i = 1; i <= NF; i++)
		if (split($i, a, "=") == 2 && a[1] == key)
			return a[2]
	return ""
}

function magnitude(x)
{
	return x < 0 ? -x : x
}

# Those who never are come last.
function when(s)
{
	return s < 0 ? 1e9 : s + 0
}

function median(list, n,	i, j, t)
{
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# Ours only: what the errors of chronyd leave out is to its advantage.
/^(steady|frequency) truechime/ { wrong += value("wrong") != "0" }
/^steady truechime/ { ours[++ours_n] = value("rms_ns") + 0 }
/^steady chronyd/ { theirs[++theirs_n] = value("rms_ns") + 0 }
/^phc truechime/ { ours_read = value("precise_ns") }
/^phc KVM/ { stock_read = value("precise_ns") }
/^ntp truechime/ {
	converged = value("converged_s")
	kept = value("kept_s")
	trip = value("round_trip_us")
}
/^ntp chronyd/ { chronyd_converged = value("converged_s"); chronyd_kept = value("kept_s") }
/^frequency truechime/ { ppb = magnitude(value("error_ppb")) }
/^frequency chronyd/ { chronyd_ppb = magnitude(value("error_ppb")) }
/^ntp / { failed += value("converged_s") == "" || value("kept_s") == "" }
/^hour / {
	hour[$2] = value("rms_ns") + 0
	hour_max[$2] = value("max_ns") + 0
	hour_bad += value("seconds") < 3600 || value("reads") < value("seconds") ||
		value("bounds") < 1
	if ($2 == "truechime")
		hour_beyond = value("beyond") + value("wrong")
}

END {
	if (failed || !ours_n || !theirs_n || ours_read <= 0 || converged == "" || ppb == "" ||
	    !("truechime" in hour && "chronyd" in hour && "chronyd25" in hour)) {
		print "bench-steady: a figure is missing"
		exit 1
	}
	for (i = 1; i <= ours_n && i <= theirs_n; i++)
		ratio[i] = theirs[i] ? ours[i] / theirs[i] : 1
	host_ratio = median(ratio, i - 1)
	rms = median(ours, ours_n)
	chronyd_rms = median(theirs, theirs_n)
	better = hour["chronyd25"] < hour["chronyd"] ? "chronyd25" : "chronyd"
	hour_ratio = hour[better] ? hour["truechime"] / hour[better] : 1
	printf "bench-steady: host_rms_ns=%.0f chronyd_host_rms_ns=%.0f host_rms_ratio=%.2f",
		rms, chronyd_rms, host_ratio
	printf " hour_rms_ns=%.0f hour_max_ns=%.0f", hour["truechime"], hour_max["truechime"]
	printf " chronyd_hour_rms_ns=%.0f chronyd25_hour_rms_ns=%.0f",
		hour["chronyd"], hour["chronyd25"]
	printf " hour_rms_ratio=%.2f hour_beyond=%d", hour_ratio, hour_beyond
	printf " ntp_converged_s=%.1f chronyd_ntp_converged_s=%.1f", converged, chronyd_converged
	printf " ntp_kept_s=%.1f chronyd_ntp_kept_s=%.1f ntp_round_trip_us=%.0f",
		kept, chronyd_kept, trip
	printf " ntp_rate_error_ppb=%.0f chronyd_ntp_rate_error_ppb=%.0f wrong=%d",
		ppb, chronyd_ppb, wrong
	printf " phc_read_ns=%d stock_phc_read_ns=%d phc_read_ratio=%.1f\n",
		ours_read, stock_read, stock_read / ours_read
	judge("host_rms_ratio", host_ratio, "<=", 0.2)
	judge("hours_incomplete", hour_bad + 0, "<=", 0)
	judge("hour_rms_ratio", hour_ratio, "<", 1)
	judge("hour_beyond", hour_beyond + 0, "<=", 0)
	judge("ntp_converged_s", when(converged), "<", 5)
	judge("ntp_kept_before_chronyd_s", when(chronyd_kept) - when(kept), ">", 0)
	judge("ntp_rate_error_ppb", ppb, "<", 1000)
	judge("wrong", wrong + 0, "<=", 0)
	judge("phc_read_ratio", stock_read / ours_read, ">=", 5)
	exit !judged("bench-steady")
}
