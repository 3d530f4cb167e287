# SPDX-License-Identifier: GPL-2.0-only
# What fish completes after truechime. Verbs are what `truechime --help` lists.
function __truechime_wants_verb
	set -l words (commandline -opc)
	set -l is_value 0
	for word in $words[2..-1]
		if test $is_value = 1
			set is_value 0
			continue
		end
		switch $word
			case -k --kind -S --socket -w --within --warn --crit --port -o --output --since \
					--timeout -p
				set is_value 1
			case '-*'
			case '*'
				return 1
		end
	end
	return $is_value
end

complete -c truechime -f
complete -c truechime -n __truechime_wants_verb -a "(truechime --help |
	string replace -rf '^  ([a-z]+)  +(.*)' '\$1\t\$2')"

complete -c truechime -s j -l json -d 'JSON instead of sentences and tables'
complete -c truechime -s c -l csv -d 'Fields separated by commas, as chronyc -c'
complete -c truechime -s a -l all -d 'With --csv: sources without an address, too'
complete -c truechime -l since -x -d 'plot, top: how far back'
complete -c truechime -s o -l output -r -F -d 'plot: write it there'
complete -c truechime -s v -l verbose -d "Explain the tables' columns"
complete -c truechime -s f -l follow -d 'Report new events as they happen'
complete -c truechime -n 'not __fish_seen_subcommand_from clients' -s k -l kind -x \
	-a 'chrony ntp timesyncd openntpd' -d 'import: of this kind'
complete -c truechime -n '__fish_seen_subcommand_from clients' -s k \
	-d 'clients: their connections for keys of NTS, too'
complete -c truechime -s p -x -d 'clients: only those that asked so often'
complete -c truechime -s r -d 'clients: show them, and count anew from then on'
complete -c truechime -s N -l names -d 'Names as configured, not addresses'
complete -c truechime -s S -l socket -r -F -d "The daemon's socket"
complete -c truechime -s w -l within -x -d 'How far apart clocks may be, or how wrong'
complete -c truechime -l timeout -x -d 'waitsync: give up after so long'
complete -c truechime -l warn -x -d 'check: how wrong the clock may be'
complete -c truechime -l crit -x -d 'check: the same, and critical beyond'
complete -c truechime -l ceph -d "check: the limit of Ceph's monitors"
complete -c truechime -l ntp-only -d 'skew: do not use ssh'
complete -c truechime -l port -x -d 'skew: the UDP port of NTP'
complete -c truechime -s d -d 'As with chronyc: it changes nothing'
complete -c truechime -s e -d 'End by a line with a dot, as chronyc -e'
complete -c truechime -s m -d 'Each word is a command, as with chronyc -m'
complete -c truechime -s n -d 'As with chronyc: addresses are never looked up'
complete -c truechime -s 4 -d 'Names as arguments: their IPv4 addresses'
complete -c truechime -s 6 -d 'Names as arguments: their IPv6 addresses'
complete -c truechime -s V -l version -d 'The version'
complete -c truechime -s h -l help -d 'What there is'

complete -c truechime -n '__fish_seen_subcommand_from import' -F
complete -c truechime -n '__fish_seen_subcommand_from add' -a 'server peer pool'
complete -c truechime -n '__fish_seen_subcommand_from selectopts' \
	-a '+noselect -noselect +prefer -prefer +trust -trust +require -require'
complete -c truechime -n '__fish_seen_subcommand_from manual' -a 'on off list delete reset'
complete -c truechime -n '__fish_seen_subcommand_from settime' -a 'list delete reset within'
complete -c truechime -n '__fish_seen_subcommand_from reload' -a sources
complete -c truechime -n '__fish_seen_subcommand_from local' \
	-a 'off stratum orphan distance activate waitsynced waitunsynced'
complete -c truechime -n '__fish_seen_subcommand_from mode' -a 'auto external'
complete -c truechime -n '__fish_seen_subcommand_from host; and not __fish_prev_arg_in choose' \
	-a 'list choose demote reinstate'
complete -c truechime -n '__fish_prev_arg_in choose' -a 'auto none'
complete -c truechime -n '__fish_seen_subcommand_from policy' \
	-a 'set boot disruption operator rtc forward backward both step slew ignore hint trust'
complete -c truechime -n '__fish_seen_subcommand_from allow deny cmdallow cmddeny' -a all
complete -c truechime -n '__fish_seen_subcommand_from skew accheck cmdaccheck' \
	-a '(__fish_print_hostnames)'
