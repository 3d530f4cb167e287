# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What bash completes after truechime. Verbs and options are what `truechime --help` lists.
_truechime_files()
{
	# A verb is none, even where there is a folder of its name.
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_truechime()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local selection='+noselect -noselect +prefer -prefer +trust -trust +require -require'
	local verb='' words='' before i

	case $previous:$word in
	*:=) word='' ;;
	=:*) previous=${COMP_WORDS[COMP_CWORD - 2]} ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-k | --kind | -S | --socket | -w | --within | --warn | --crit | --port | \
			-o | --output | --since | --timeout | -p)
			# bash makes words of what "=" separates, and of "=".
			[ "${COMP_WORDS[i + 1]}" != = ] || i=$((i + 1))
			i=$((i + 1))
			;;
		-*) ;;
		*)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	# So many of the verb's arguments precede it.
	before=$((COMP_CWORD - i - 1))
	case $previous in
	# That of clients has no value.
	-k | --kind) [ "$verb" = clients ] || words='chrony ntp timesyncd openntpd' ;;
	-w | --within | --warn | --crit) words='10ms 50ms 100ms 1s' ;;
	--since) words='10min 1h 1d' ;;
	--timeout) words='30s 3min 10min' ;;
	--port | -p) ;;
	-S | --socket | -o | --output) _truechime_files "$word" && return ;;
	*)
		case $verb:$word in
		:-* | *:-*)
			words=$(truechime --help | grep -oE -- '--[a-z]+(-[a-z]+)*')
			# Those of a source begin likewise.
			[ "$verb" != selectopts ] || [ "$before" = 0 ] || words=$selection
			;;
		:*) words=$(truechime --help | sed -n 's/^  \([a-z]\+\)  .*/\1/p') ;;
		skew:* | accheck:* | cmdaccheck:*)
			mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") && return
			;;
		import:*) _truechime_files "$word" && return ;;
		allow:* | deny:* | cmdallow:* | cmddeny:*) words='all' ;;
		add:*) [ "$before" != 0 ] || words='server peer pool' ;;
		selectopts:*) [ "$before" = 0 ] || words=$selection ;;
		manual:*) words='on off list delete reset' ;;
		settime:*) words='list delete reset within' ;;
		reload:*) [ "$before" != 0 ] || words='sources' ;;
		local:*) words='off stratum orphan distance activate waitsynced waitunsynced' ;;
		mode:*) words='auto external' ;;
		host:*)
			words='list choose demote reinstate'
			[ "$previous" != choose ] || words='auto none'
			;;
		policy:*)
			words='set boot disruption operator rtc forward backward both step slew ignore'
			words+=' hint trust'
			;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _truechime truechime
