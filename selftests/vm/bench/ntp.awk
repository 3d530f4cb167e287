# SPDX-License-Identifier: GPL-2.0-only
#
# What became of a guest that was reverted, from what `bounds` wrote there: -v resumed= the host's
# time at which it ran on, -v gap= by how many seconds it was reverted, -v before= how many seconds
# before the snapshot count, -v answered= when its first answer was sent.
#
# Errors are magnitudes, in ms: of the system clock, against UTC.
#	before_rms_ms before_max_ms	in the last seconds before the snapshot; the most counts
#			the module's timescale too, to which the clock was on its way
#	step_s		from the resume to the first reading of a stepped clock, by the host
#	step_ms		the error then
#	one_ms		a second after that
#	answered_s	from the resume to the first answer of a server
#	confirmed_ms	two seconds after that
#	ten_ms		ten seconds after the step
#	bounds_ms=A/B/C/D	the kernel's maximum error at these instants, -1: unsynchronised
#	scale_bounds_ms=	the module's bound, -1: none
#	violations	readings since the step of a clock beyond its bound, kernel's or module's
#	unnoticed_ms	from the first to the last reading of such a clock before the step
# What is not known is left out: a missing field fails.

function magnitude(x)
{
	return x < 0 ? -x : x
}

function larger(a, b)
{
	return a > b ? a : b
}

# At reading i a clock was further off than was published of it: by the kernel, or by the module.
function broken(i)
{
	return (maxerror[i] >= 0 && magnitude(clock[i]) > maxerror[i] + window[i]) ||
	       (scaled[i] && bound[i] >= 0 && magnitude(scale[i]) > bound[i] + window[i])
}

# Its instant is known to half a millisecond: the guest had not to wait for a page in it.
function is_known(i)
{
	return window[i] < 500000
}

# The first such reading at or after that time of the host, 0: none.
function reading_at(seconds,	i)
{
	for (i = restart; i <= n; i++)
		if (host[i] >= seconds && is_known(i))
			return i
	return 0
}

function put(key, i)
{
	if (i)
		printf " %s=%.3f", key, magnitude(clock[i]) / 1e6
}

function ms_or_none(ns)
{
	return sprintf("%.3f", ns < 0 ? -1 : ns / 1e6)
}

NF == 7 {
	n++
	host[n] = $1
	raw[n] = $2
	clock[n] = $3
	window[n] = $4
	maxerror[n] = $5
	scaled[n] = $6 != "-"
	scale[n] = $6
	bound[n] = $7
	passed = n > 1 ? (host[n] - host[n - 1]) - (raw[n] - raw[n - 1]) : 0
	# The latest: that of the guest's memory, which knows no other revert.
	if (magnitude(passed - gap) < 60)
		restart = n
}

END {
	if (!restart || restart < 3)
		exit 1
	for (i = restart - 1; i > 0 && raw[i] > raw[restart - 1] - before; i--) {
		if (!is_known(i))
			continue
		squares += clock[i] ^ 2
		count++
		most = larger(most, magnitude(clock[i]))
		if (scaled[i])
			most = larger(most, magnitude(scale[i]))
	}
	if (!count)
		exit 1
	printf "before_rms_ms=%.3f before_max_ms=%.3f", sqrt(squares / count) / 1e6, most / 1e6
	for (i = restart; i <= n && !stepped; i++)
		if (magnitude(clock[i]) < magnitude(gap) * 5e8)
			stepped = i
	step = stepped ? reading_at(host[stepped]) : 0
	if (!step)
		exit 1
	one = reading_at(host[step] + 1)
	ten = reading_at(host[step] + 10)
	confirmed = answered == "" ? 0 : reading_at(answered + 2)
	printf " step_s=%.3f", host[step] - resumed
	put("step_ms", step)
	put("one_ms", one)
	if (answered != "")
		printf " answered_s=%.3f", answered - resumed
	put("confirmed_ms", confirmed)
	put("ten_ms", ten)
	if (one && ten) {
		at[1] = step; at[2] = one; at[3] = confirmed ? confirmed : one; at[4] = ten
		for (i = 1; i <= 4; i++) {
			kernel = kernel (i > 1 ? "/" : "") ms_or_none(maxerror[at[i]])
			module = module (i > 1 ? "/" : "") \
				(scaled[at[i]] ? ms_or_none(bound[at[i]]) : "-")
		}
		printf " bounds_ms=%s scale_bounds_ms=%s", kernel, module
	}
	for (i = restart; i <= n; i++) {
		if (!broken(i))
			continue
		if (i >= stepped) {
			violations++
			beyond = larger(beyond, magnitude(clock[i]))
		} else {
			first = first ? first : host[i]
			last = host[i]
		}
	}
	printf " violations=%d unnoticed_ms=%.0f", violations, (last - first) * 1000
	if (violations)
		printf " beyond_ms=%.3f", beyond / 1e6
	print ""
}
