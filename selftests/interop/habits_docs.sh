# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the sourcing script's
#
# What README.md and docs/ say that one types: truechime has such commands, truechimed understands
# such lines, and docs/habits.md names as tried what was tried.

# documented: the commands that README.md and docs/ name, one a line, in the text and in blocks.
# Words in capitals are made up.
documented()
{
	{
		# shellcheck disable=SC2016 # marks of Markdown
		grep -rhoE '`(sudo )?truechime( [^`]*)?`' "$top/README.md" "$top/docs" |
			sed 's/`//g; s/^sudo //'
		awk '/^```/ { inside = !inside; next } inside' "$top"/README.md "$top"/docs/*.md |
			sed -n -E 's/ +#.*//; s/^(sudo )?(truechime( .*)?)$/\2/p'
	} | sed 's/ADDRESS/10.0.0.1/; s/NAME/10.0.0.9/; s/TIME/12:00/' | sort -u
}

# documented_files: a file in $dir/documented for each block of configuration.
documented_files()
{
	rm -rf "$dir/documented"
	mkdir "$dir/documented"
	awk -v folder="$dir/documented" '
		/^```/ { inside = $0 == "```conf"; count += inside; next }
		inside { print >(folder "/" count ".conf") }' "$top"/README.md "$top"/docs/*.md
}

# check_documented_files: truechimed takes each of them, and has nothing to say of it.
check_documented_files()
{
	local file verdict said

	documented_files
	for file in "$dir/documented"/*; do
		verdict="not ok"
		said=$("$build/truechimed" -p -f "$file" 2>&1 >/dev/null) && [ -z "$said" ] &&
			verdict=ok
		[ "$verdict" = ok ] || sed 's/^/# /' "$file" - <<<"$said"
		report "$verdict" "documented: $(head -n 1 "$file")"
	done
}

# check_documented: truechime takes each of them, whatever comes of it here.
check_documented()
{
	local command words

	# Some write files.
	cd "$dir" || return
	while read -r command; do
		read -ra words <<<"$command"
		on ours timeout "$begin_s" "$build/truechime" -S /run/ours.sock "${words[@]:1}" \
			>"$dir/ours.says" 2>&1 </dev/null
		if grep -qE 'unknown verb|unrecognized option|invalid option' "$dir/ours.says"; then
			sed 's/^/# /' "$dir/ours.says"
			report "not ok" "documented: $command"
		else
			report ok "documented: $command"
		fi
	done < <(documented)
}

# --- docs/habits.md ---

# rows_of_page: of the rows that say who has tried them "TRIED<tab>COMMAND", a line for each
# command.
rows_of_page()
{
	awk -F ' \\| ' '
		/^\|/ && NF == 3 && $3 !~ /^(tried|---)/ {
			sub(/ \|$/, "", $3)
			gsub(/`/, "", $3)
			count = split($1, part, "`")
			for (i = 2; i <= count; i += 2)
				print $3 "\t" part[i]
		}' "$top/docs/habits.md"
}

# was_compared COMMAND: a result has its name, whatever its arguments are.
was_compared()
{
	local name

	while read -r name; do
		[[ $1 == "$name" || $1 == "$name "* ]] && return
	done < <(sed 's/: .*//' "$dir/reported")
	return 1
}

# is_in_test NAME COMMAND: a line of that test has all its words but for devices and names.
is_in_test()
{
	local file=$top/selftests/vm/scenarios/$1 lines word

	[ -e "$file" ] || file=$interop/$1
	lines=$(grep -vE '^[[:space:]]*#' "$file") || return 1
	for word in $2; do
		[[ ! $word =~ ^(/dev/.*|eth0|org\..*|\.\.\.)$ ]] || continue
		lines=$(grep -F -e "$word" <<<"$lines") || return 1
	done
}

# Programs of others that are tried here.
originals='ntp(q|trace|wait|stat|time|date|d)|sntp|adjtimex|systemd-time-wait-sync|ptp4l|pmc'

# check_page: what it says of each command, and that it has each that was compared with ntpd's
# programs or linuxptp's.
check_page()
{
	local tried command name bad=()

	while IFS=$'\t' read -r tried command; do
		case $tried in
		no) ;;
		compared) was_compared "$command" || bad+=("not compared: $command") ;;
		*) is_in_test "$tried" "$command" || bad+=("not in $tried: $command") ;;
		esac
	done < <(rows_of_page)
	while read -r name; do
		rows_of_page | grep -qF "compared	$name" || bad+=("not on the page: $name")
	done < <(sed -nE "s/^($originals)( [^:]*)?: .*/\\1\\3/p" "$dir/reported" | sort -u)
	if [ ${#bad[@]} = 0 ] && [ "$(rows_of_page | grep -c '^compared')" -ge 15 ]; then
		report ok "docs/habits.md: of each command, who has tried it"
	else
		printf '# %s\n' "${bad[@]}"
		report "not ok" "docs/habits.md: of each command, who has tried it"
	fi
}
