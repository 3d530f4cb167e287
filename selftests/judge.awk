# SPDX-License-Identifier: GPL-2.0-only
#
# What a benchmark says of its figures. A figure has the target that was asked for, and may have a
# limit of the project's own, with the reason for it. Both are judged and printed, but only the
# target counts: a figure that misses it is named at the end, however good the reason is. What was
# not measured misses.

# A number, or "-" for what is none.
function judge_number(text)
{
	return text ~ /^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$/ ? text + 0 : "-"
}

function judge_holds(figure, relation, limit)
{
	if (figure == "-" || limit == "-")
		return 0
	if (relation == "<")
		return figure < limit
	if (relation == ">")
		return figure > limit
	return relation == ">=" ? figure >= limit : figure <= limit
}

# "0.5", "-": in as few digits as say it.
function judge_text(number)
{
	if (number == "-")
		return "-"
	return number == int(number) ? sprintf("%d", number) : sprintf("%.4g", number)
}

# judge(NAME, FIGURE, RELATION, TARGET[, OWN, WHY]): FIGURE has to be <, <=, > or >= TARGET. OWN is
# the project's limit.
function judge(name, figure, relation, target, own, why,	line, met)
{
	figure = judge_number(figure)
	target = judge_number(target)
	met = judge_holds(figure, relation, target)
	line = "target: " name "=" judge_text(figure) ", asked for " relation " " \
		judge_text(target) ": " (met ? "met" : "MISSED")
	if (figure == "-")
		line = line ", not measured"
	if (why != "") {
		own = judge_number(own)
		line = line "; our own limit " relation " " judge_text(own) " (" why "): " \
			(judge_holds(figure, relation, own) ? "met" : "missed")
	}
	print line
	if (!met)
		judge_missed = judge_missed " " name
}

# The last of it. Were all met?
function judged(benchmark)
{
	print benchmark ": " (judge_missed == "" ? "all targets are met" : "missed:" judge_missed)
	return judge_missed == ""
}
