# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # what is not assigned here is the sourcing script's
#
# The NTP programs of the table, each as functions that start it on a host, and that ask it. A new one is
# some functions here, for what it can do, and its rows.
#
#	server_NAME HOST		serves this machine's clock
#	relay_NAME HOST ADDRESS...	follows these, and serves what they say
#	client_NAME HOST ADDRESS...	follows these servers
#	orphan_NAME HOST ADDRESS...	has no other time than that of these, which have none either
#	seen_NAME HOST ADDRESS		prints "OFFSET_MS STRATUM", the offset and the server's stratum, if the
#					program says that it is synchronised to ADDRESS, and fails if not;
#					all that it says goes to $dir/HOST.says
#	mutual_NAME HOST ADDRESS	asks ADDRESS, and serves its own clock where that gives no time
#	stratum_NAME HOST ADDRESS	prints the stratum that ADDRESS has, used or not
#	falseticker_NAME HOST ADDRESS	whether it said that ADDRESS contradicts the others
#	interleaved_NAME HOST ADDRESS	whether it is in interleaved mode with ADDRESS
#	keys_NAME HOST ADDRESS		prints how often it has established NTS keys with ADDRESS
#	states_NAME HOST		prints "STATE ADDRESS" of each source, in a letter of chronyc's sources
#	complaint_NAME HOST		prints what it says of a server whose certificate it refuses
#
# Rows of NTS have the certificate and key that certificate_make has left in $dir.
#
# $how is what the row is about (README.md); $dir is where configurations and logs go.

# --- the programs: Debian packages, unpacked and never installed ---

packages=(chrony ntpsec ntpsec-ntpdig ntpsec-ntpdate sntp python3-ntp ntpstat adjtimex linuxptp
	systemd-timesyncd)
# What collects figures, and asks servers.
packages+=(collectd-core monitoring-plugins-basic)

# shellcheck source=selftests/vm/archive.sh
. "$top/selftests/vm/archive.sh"

# peers_unpack: once for these packages; another run that does the same meanwhile waits.
peers_unpack()
{
	local work

	mkdir -p "$out"
	(
		flock 9
		[ "$(cat "$peers/.complete" 2>/dev/null)" != "${packages[*]}" ] || exit 0
		echo "# unpacking ${packages[*]} in build/interop/peers"
		work=$(mktemp -d)
		trap 'rm -rf "$work"' EXIT
		chmod 755 "$work"
		[ "$(id -u)" != 0 ] || chown _apt "$work" 2>/dev/null || true
		rm -rf "$peers"
		cd "$work" || exit 1
		apt-get download -q "${packages[@]}" >"$out/apt.log" 2>&1 || {
			echo "cannot download ${packages[*]}; the reason is in build/interop/apt.log" >&2
			exit 1
		}
		archive_unpack "$peers" && echo "${packages[*]}" >"$peers/.complete"
	) 9>"$out/lock"
}

# What Debian 12 does not have is Debian 13's, with the C library that it needs.
newer_packages=(ntpd-rs libc6 libgcc-s1)
newer=$out/newer

# newer_fetch: they are there, and run here.
newer_fetch()
{
	archive_fetch "$newer" "deb http://deb.debian.org/debian trixie main" \
		"${newer_packages[@]}" && newer_run ntp-daemon --version && touch "$newer/.complete"
}

# newer_unpack: the same for these; $newer.missing says why they cannot be had.
newer_unpack()
{
	mkdir -p "$out"
	(
		flock 9
		rm -f "$newer.missing"
		[ ! -e "$newer/.complete" ] || exit 0
		[ "$(dpkg --print-architecture)" = amd64 ] || {
			echo "machine: ntpd-rs is tried on amd64 only" >"$newer.missing"
			exit 0
		}
		echo "# unpacking ${newer_packages[*]} of Debian 13 in build/interop/newer"
		newer_fetch 2>"$out/newer.log" ||
			echo "no ntpd-rs of Debian 13: $(grep -m 1 '^E:' "$out/newer.log" ||
				tail -n 1 "$out/newer.log")" >"$newer.missing"
	) 9>"$out/lock"
}

# newer_command PROGRAM: in $command, how it is started: with its release's C library, and such that
# it believes that it steers the clock.
newer_command()
{
	local lib=$newer/usr/lib/x86_64-linux-gnu

	command=("$lib/ld-linux-x86-64.so.2" --library-path "$lib" --preload "$out/pretend.so"
		"$newer/usr/bin/$1")
}

# newer_run PROGRAM ARGUMENT...
newer_run()
{
	local command

	newer_command "$1"
	"${command[@]}" "${@:2}"
}

# is_missing PROGRAM: it cannot be had here.
is_missing()
{
	[ "$1" = ntpd-rs ] && [ -s "$newer.missing" ]
}

# --- what they share ---

# daemon HOST NAME COMMAND...: in the background; what it says goes to $dir/HOST-NAME.log.
daemon()
{
	on "$1" "${@:3}" >"$dir/$1-$2.log" 2>&1 </dev/null &
}

# key_type: of this row; empty: its packets have no key.
key_type()
{
	case $how in
	key=* | key4=* | wrongkey=* | peer=*) echo "${how#*=}" ;;
	esac
}

# source_options: of a server in a chrony.conf of this row.
source_options()
{
	case $how in
	key=* | wrongkey=*) echo 'iburst key 1' ;;
	key4=*) echo 'iburst key 1 version 4' ;;
	xleave | xdpxleave=*) echo 'iburst xleave' ;;
	extfield) echo 'iburst extfield F323' ;;
	extxleave) echo 'iburst xleave extfield F323' ;;
	ntsports) echo 'iburst nts ntsport 14460 minpoll 1 maxpoll 1' ;;
	nts*) echo 'iburst nts minpoll 1 maxpoll 1' ;;
	peer) echo 'minpoll 0 maxpoll 0' ;;
	peer=*) echo 'minpoll 0 maxpoll 0 key 1' ;;
	*) echo iburst ;;
	esac
}

# source_lines ADDRESS...
source_lines()
{
	local address directive=server

	[[ $how != peer* ]] || directive=peer
	for address in "$@"; do
		echo "$directive $address $(source_options)"
	done
}

# relay_lines ADDRESS...: whatever the row is about.
relay_lines()
{
	printf 'server %s iburst\n' "$@"
}

# keys FILE HOST CIPHER PREFIX: a file of HOST's key, for a program that calls AES-128 CIPHER128 and wants
# PREFIX before hexadecimal digits. Where the row is about a wrong key, the client has that.
keys()
{
	local file=$1 host=$2 type digits=64 secret

	type=$(key_type)
	secret=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
	[ "$host" != client ] || [[ $how != wrongkey=* ]] || secret=${secret//0/7}
	case $type in
	MD5 | AES128) digits=32 ;;
	SHA1) digits=40 ;;
	esac
	(umask 077 && echo "1 ${type/#AES/$3} $4${secret:0:digits}" >"$dir/$file")
}

# orphan_lines "OPTION..." ADDRESS...: a server of orphan mode, as quick as can be.
orphan_lines()
{
	local address

	echo "local stratum $orphan_stratum orphan $1"
	echo allow
	for address in "${@:2}"; do
		echo "server $address minpoll 0 maxpoll 0"
	done
}

# mutual_lines "OPTION..." ADDRESS: a server that falls back to its own clock, as quick as can be.
mutual_lines()
{
	echo "local stratum $orphan_stratum $1"
	echo allow
	echo "server $2 iburst minpoll 0 maxpoll 0"
}

# certificate_make: what an NTS server shows, for addresses of the first hosts, and its key. It has expired in
# a row about that; in one about a wrong one clients trust another one of the same names. In a row about
# Ubuntu's servers they are for names, and that other one is the bootstrap server's.
certificate_make()
{
	local name days=2

	[ "$how" != ntsexpired ] || days=-1
	for name in server other; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
			-keyout "$dir/$name.key" -out "$dir/$name.request"
		openssl x509 -req -in "$dir/$name.request" -signkey "$dir/$name.key" -days "$days" \
			-extfile <(echo "subjectAltName = $(certificate_names "$name")") -out "$dir/$name.crt"
	done >"$dir/certificate.log" 2>&1
	mkdir -p "$dir/kept"
}

# certificate_names server|other: for whom that certificate is.
certificate_names()
{
	case $how-$1 in
	ubuntu-server) printf 'DNS:%s.ntp.ubuntu.com, ' 1 2 3 && echo DNS:4.ntp.ubuntu.com ;;
	ubuntu-other) echo DNS:ntp-bootstrap.ubuntu.com ;;
	*) echo 'IP:10.0.0.1, IP:10.0.0.2, IP:fd00::1, DNS:host1' ;;
	esac
}

is_nts()
{
	[[ $how == nts* || $how == ubuntu ]]
}

# nts_server_directives HOST: Ubuntu's bootstrap server has the other certificate.
nts_server_directives()
{
	local shown=server

	[ "$1" != bootstrap ] || shown=other
	mkdir -p "$dir/kept/$1"
	printf '%s\n' "ntsserverkey $dir/$shown.key" "ntsservercert $dir/$shown.crt" \
		"ntsdumpdir $dir/kept/$1"
	# Clients name that of NTS, and are told that of NTP.
	[ "$how" != ntsports ] || printf '%s\n' 'port 11123' 'ntsport 14460'
}

nts_client_directives()
{
	local trusted=server

	[ "$how" != ntswrong ] || trusted=other
	printf '%s\n' "ntstrustedcerts $dir/$trusted.crt" nosystemcert
}

is_refused()
{
	[[ $how =~ ^(deny$|xdpdeny=) ]]
}

# xdp_lines: of a server in a configuration of this row.
xdp_lines()
{
	case $how in
	xdp*=*) echo "xdp ${xdp_device:-eth0} ${how#*=}" ;;
	esac
}

is_synchronised()
{
	[ "$how" != unsynchronised ]
}

# --- files that people have, as they stand ---

# is_standing: the row is about one of these.
is_standing()
{
	[[ $how =~ ^(kubeasz|aws|subnet|ubuntu|ntp.toml)$ ]]
}

# kubeasz_lines: what the file of its server and that of its clients share. The folders are the lab's.
kubeasz_lines()
{
	printf '%s\n' 'driftfile /var/lib/chrony/drift' 'makestep 1.0 3' rtcsync \
		'dumpdir /var/lib/chrony' 'allow 10.0.0.0/24' 'maxupdateskew 100.0' \
		'stratumweight 0' 'logdir /var/log/chrony' \
		'log statistics measurements tracking' noclientlog
}

# ubuntu_lines: the files of Ubuntu 25.10 that name its servers and the certificate of one of them, in
# folders of this row, and what stands for the authorities that the system trusts.
ubuntu_lines()
{
	mkdir -p "$dir/conf.d" "$dir/sources.d"
	echo "ntstrustedcerts 1 $dir/other.crt" >"$dir/conf.d/ubuntu-nts.conf"
	{
		printf 'pool %s.ntp.ubuntu.com iburst maxsources 1 nts prefer\n' 1 2 3 4
		echo 'pool ntp-bootstrap.ubuntu.com iburst maxsources 1 nts certset 1'
	} >"$dir/sources.d/ubuntu-ntp-pools.sources"
	printf '%s\n' "confdir $dir/conf.d" "sourcedir $dir/sources.d" "ntsdumpdir $dir/kept" \
		'maxupdateskew 100.0' rtcsync 'makestep 1 3' "ntstrustedcerts $dir/server.crt"
}

# standing_server: of kubeasz's the names have no address, as in a network that is cut off.
standing_server()
{
	case $how in
	kubeasz)
		printf '%s\n' 'server ntp1.aliyun.com iburst' 'pool pool.ntp.org iburst' \
			'pool 2.debian.pool.ntp.org iburst' 'local stratum 10'
		kubeasz_lines
		;;
	aws | ubuntu | ntp.toml) printf '%s\n' 'local stratum 1' allow ;;
	subnet) printf '%s\n' 'local stratum 1' 'allow 192.168.6.0/24' ;;
	esac
}

# standing_client [ADDRESS]: Ubuntu's has names.
standing_client()
{
	case $how in
	kubeasz)
		echo "server $1 iburst"
		kubeasz_lines
		;;
	aws) echo "server $1 prefer iburst minpoll 4 maxpoll 4" ;;
	subnet) echo "server $1 iburst" ;;
	ubuntu) ubuntu_lines ;;
	esac
}

# --- chronyd ---

chronyd_start()
{
	local host=$1

	shift
	[ -z "$(key_type)" ] || {
		keys "$host-chrony.keys" "$host" AES HEX:
		set -- "$@" "keyfile $dir/$host-chrony.keys"
	}
	printf '%s\n' "$@" 'cmdport 0' "pidfile /run/$host-chronyd.pid" \
		"bindcmdaddress /run/$host-chrony/chronyd.sock" >"$dir/$host-chrony.conf"
	daemon "$host" chronyd "$peers/usr/sbin/chronyd" -u root -x -d -f "$dir/$host-chrony.conf"
}

server_chronyd()
{
	local directives=(allow)

	! is_refused || directives+=("deny $client_ipv4" "deny $client_ipv6")
	! is_synchronised || directives+=('local stratum 1')
	! is_standing || directives=("$(standing_server)")
	! is_nts || directives+=("$(nts_server_directives "$1")")
	chronyd_start "$1" "${directives[@]}"
}

relay_chronyd()
{
	chronyd_start "$1" "$(relay_lines "${@:2}")" allow
}

client_chronyd()
{
	local directives

	directives=("$(source_lines "${@:2}")")
	! is_nts || directives+=("$(nts_client_directives)")
	! is_standing || directives=("$(standing_client "${@:2}")")
	chronyd_start "$1" "${directives[@]}"
}

stop_chronyd()
{
	kill "$(cat "/run/$1-chronyd.pid")"
}

# It has no option of that age for a shorter wait, but its error may grow quickly.
orphan_chronyd()
{
	chronyd_start "$1" "$(orphan_lines 'distance 0.01' "${@:2}")" 'maxclockerror 1000'
}

mutual_chronyd()
{
	chronyd_start "$1" "$(mutual_lines 'distance 0.01' "$2")" 'maxclockerror 1000'
}

stratum_chronyd()
{
	chronyc_on "$1" -c sources | awk -F , -v address="$2" '$3 == address { print $4 }'
}

chronyc_on()
{
	on "$1" "$peers/usr/bin/chronyc" -h "/run/$1-chrony/chronyd.sock" -n "${@:2}"
}

seen_chronyd()
{
	local host=$1 address=$2

	chronyc_on "$host" -c -m tracking sources >"$dir/$host.says" 2>&1 || return 1
	awk -F , -v address="$address" '
		NF == 14 { synchronised = $14 == "Normal" && $2 == address }
		NF == 10 && $2 == "*" && $3 == address { line = $9 * 1e3 " " $4 }
		END { if (synchronised && line != "") print line; else exit 1 }' "$dir/$host.says"
}

interleaved_chronyd()
{
	chronyc_on "$1" ntpdata "$2" | grep -q '^Interleaved *: Yes'
}

keys_chronyd()
{
	chronyc_on "$1" -c authdata 2>/dev/null | awk -F , -v address="$2" '$1 == address && $2 == "NTS" { print $3 }'
}

states_chronyd()
{
	chronyc_on "$1" -c sources | awk -F , '{ print $2, $3 }'
}

complaint_chronyd()
{
	grep -m 1 -i certificate "$dir/$1-chronyd.log"
}

falseticker_chronyd()
{
	grep -q "^^,x,$2," "$dir/$1.says"
}

# --- ntpd of ntpsec ---

# ntpsec HOST COMMAND...: its control programs are Python's with a library of C, and call each
# other.
ntpsec()
{
	on "$1" env PATH="$peers/usr/bin:$peers/usr/sbin:$peers/sbin:$PATH" \
		PYTHONPATH="$peers/usr/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1 \
		LD_LIBRARY_PATH="$peers/usr/lib/x86_64-linux-gnu:$peers/usr/lib/x86_64-linux-gnu/ntp" \
		"${@:2}"
}

ntpsec_python()
{
	ntpsec "$1" python3 "$peers/usr/bin/$2" "${@:3}"
}

# ntpd_start HOST LINE...: with $steers it believes that it steers this machine's clock.
ntpd_start()
{
	local host=$1 command=("$peers/usr/sbin/ntpd")

	shift
	[ -z "$(key_type)" ] || {
		keys "$host-ntp.keys" "$host" AES- ''
		set -- "keys $dir/$host-ntp.keys" 'trustedkey 1' "$@"
	}
	# Without such lines it answers no questions about itself.
	printf '%s\n' 'restrict default' 'restrict 127.0.0.1' "$@" >"$dir/$host-ntp.conf"
	[ -z "${steers:-}" ] || command=(unshare --mount "$interop/pretend" "${command[@]}")
	daemon "$host" ntpd "${command[@]}" -n -g -c "$dir/$host-ntp.conf" \
		-l "$dir/$host-ntpd.messages" -p "/run/$host-ntpd.pid"
}

# Orphan mode is what it has instead of `local`.
server_ntpd()
{
	local directives=()

	! is_refused || directives+=("restrict $client_ipv4 ignore" "restrict $client_ipv6 ignore")
	! is_synchronised || directives+=('tos orphan 1 orphanwait 1')
	! is_nts || directives+=("nts enable key $dir/server.key cert $dir/server.crt"
		"nts cookie $dir/kept/ntpd")
	ntpd_start "$1" "${directives[@]}"
}

relay_ntpd()
{
	ntpd_start "$1" "$(relay_lines "${@:2}")"
}

client_ntpd()
{
	local directives=()

	! is_nts || directives+=("nts ca $dir/server.crt")
	ntpd_start "$1" "$(source_lines "${@:2}")" "${directives[@]}"
}

seen_ntpd()
{
	ntpsec_python "$1" ntpq -n -c 'rv 0 leap' -c peers 127.0.0.1 >"$dir/$1.says" 2>&1
	grep -qE '^leap=(00|01|10)' "$dir/$1.says" || return 1
	awk -v address="*$2" '$1 == address { print $9, $3; found = 1 } END { exit !found }' "$dir/$1.says"
}

falseticker_ntpd()
{
	grep -q "^x$2 " "$dir/$1.says"
}

# --- ntpdig of ntpsec, which asks some times and ends; Debian's ntpdate and sntp are this program, too ---

client_ntpdig()
{
	[ -z "$(key_type)" ] || keys "$1-ntp.keys" "$1" AES- ''
}

seen_ntpdig()
{
	local options=(-j -t 2 -p 5 -g 100)

	[ -z "$(key_type)" ] || options+=(-a 1 -k "$dir/$1-ntp.keys")
	ntpsec_python "$1" ntpdig "${options[@]}" "$2" >"$dir/$1.says" 2>&1 || return 1
	sed -nE 's/.*"offset":([-0-9.]+),.*"stratum":([0-9]+),.*/\1 \2/p' "$dir/$1.says" |
		awk '{ print $1 * 1e3, $2; found = 1 } END { exit !found }'
}

# --- systemd-timesyncd ---

# It gives up root's rights but for setting the clock, and ends where it does not have that one: so
# it is started as another user. This machine's configuration of it is overruled.
client_timesyncd()
{
	mkdir -p /run/systemd/timesyncd.conf.d /run/systemd/netif /run/systemd/timesync
	printf '%s\n' '[Time]' NTP= "NTP=$2" FallbackNTP= PollIntervalMinSec=16 \
		>/run/systemd/timesyncd.conf.d/zz-interop.conf
	daemon "$1" timesyncd env SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console \
		unshare --user --map-user=990 --map-group=990 "$peers/lib/systemd/systemd-timesyncd"
}

seen_timesyncd()
{
	local log=$dir/$1-timesyncd.log

	cp "$log" "$dir/$1.says"
	grep -qF "Contacted time server" "$log" || return 1
	awk '/^ *stratum *:/ { stratum = $3 } /^ *offset *:/ { offset = $3; found = 1 }
		END { if (found) print offset * 1e3, stratum; else exit 1 }' "$log"
}

# --- ntpd-rs ---

# ntpd_rs_start HOST LINE...: it steers what it believes is the clock, which may be refused a step.
ntpd_rs_start()
{
	local command

	printf '%s\n' '[observability]' 'log-level = "debug"' 'ansi-colors = false' \
		"observation-path = \"/run/$1-ntpd-rs\"" "${@:2}" >"$dir/$1-ntp.toml"
	newer_command ntp-daemon
	daemon "$1" ntpd-rs "${command[@]}" -c "$dir/$1-ntp.toml"
}

# ntpd_rs_server: the lines of a server in a configuration of this row. At its one socket, clients
# of IPv4 have mapped addresses.
ntpd_rs_server()
{
	local ntp=123 nts=4460

	[ "$how" != ntsports ] || ntp=11123 nts=14460
	printf '%s\n' '[[server]]' "listen = \"[::]:$ntp\""
	! is_refused ||
		printf 'denylist = { filter = ["::ffff:%s/128", "%s/128"], action = "deny" }\n' \
			"$client_ipv4" "$client_ipv6"
	! is_nts || printf '%s\n' '[[nts-ke-server]]' "listen = \"[::]:$nts\"" "ntp-port = $ntp" \
		"certificate-chain-path = \"$dir/server.crt\"" \
		"private-key-path = \"$dir/server.key\""
}

server_ntpd-rs()
{
	local lines=()

	! is_synchronised || lines=('[synchronization]' 'local-stratum = 1')
	ntpd_rs_start "$1" "$(ntpd_rs_server)" "${lines[@]}"
}

stop_ntpd-rs()
{
	ip netns pids "$1" | xargs kill
}

# As quick as can be.
ntpd_rs_quick=('[source-defaults]' 'poll-interval-limits = { min = 0, max = 0 }'
	'initial-poll-interval = 0')

# ntpd_rs_sources MODE PORT ADDRESS...: one of them is enough. It takes no address of IPv6, but a
# name of one, for which there is a file in the lab.
ntpd_rs_sources()
{
	local mode=$1 port=$2 address trusted=server

	[ "$how" != ntswrong ] || trusted=other
	for address in "${@:3}"; do
		printf '%s\n' '[[source]]' "mode = \"$mode\"" \
			"address = \"$(ntpd_rs_name "$address")$port\""
		[ "$mode" != nts ] || echo "certificate-authority = \"$dir/$trusted.crt\""
	done
	printf '%s\n' "${ntpd_rs_quick[@]}" '[synchronization]' 'minimum-agreeing-sources = 1'
}

# ntpd_rs_packaged: the file of its package, but for what it logs and shows, and how often it asks.
ntpd_rs_packaged()
{
	sed '/^\[observability\]/,/^## The sources/d' "$newer/etc/ntpd-rs/ntp.toml"
	printf '%s\n' "${ntpd_rs_quick[@]}"
}

ntpd_rs_name()
{
	case $1 in
	*:*) echo "host${1##*:}" ;;
	*) echo "$1" ;;
	esac
}

# ntpd_rs_names ADDRESS...: these names.
ntpd_rs_names()
{
	local address

	for address in "$@"; do
		echo "$address $(ntpd_rs_name "$address")"
	done >"$dir/hosts"
	mount --bind "$dir/hosts" /etc/hosts
}

# client_ntpd-rs HOST [ADDRESS...]: the file of its package has a name.
client_ntpd-rs()
{
	local mode=server port=

	! is_nts || mode=nts
	[ "$how" != ntsports ] || port=:14460
	if is_standing; then
		ntpd_rs_start "$1" "$(ntpd_rs_packaged)"
		return
	fi
	ntpd_rs_names "${@:2}"
	ntpd_rs_start "$1" "$(ntpd_rs_sources "$mode" "$port" "${@:2}")"
}

relay_ntpd-rs()
{
	ntpd_rs_names "${@:2}"
	ntpd_rs_start "$1" "$(ntpd_rs_server)" "$(ntpd_rs_sources server '' "${@:2}")"
}

# Its own stratum is one more than that of what it uses. Before the eighth answer it trusts none to
# a millisecond.
seen_ntpd-rs()
{
	newer_run ntp-ctl status -f prometheus -c "$dir/$1-ntp.toml" >"$dir/$1.says" 2>&1 ||
		return 1
	awk -v address="$2" '
		/^ntp_system_stratum / { stratum = $2 - 1 }
		/^ntp_system_leap_indicator / { leap = $2 }
		index($0, "address=\"" address ":") || index($0, "address=\"[" address "]:") {
			value[substr($0, 1, index($0, "{") - 1)] = $NF
		}
		END {
			uncertainty = value["ntp_source_uncertainty_seconds"]
			if (stratum >= 15 || leap > 2 || uncertainty == "" || uncertainty > 1e-3)
				exit 1
			print value["ntp_source_offset_seconds"] * 1e3, stratum
		}' "$dir/$1.says"
}

# It asks for new keys as of a new source.
keys_ntpd-rs()
{
	grep -c ' new source ' "$dir/$1-ntpd-rs.log"
}

# It says by one word what is wrong with whom.
complaint_ntpd-rs()
{
	grep -m 1 InvalidCertificate "$dir/$1-ntpd-rs.log" | sed 's/UnknownIssuer/not trusted/'
}

# --- truechimed ---

# truechimed_start HOST LINE...: it observes, or with $steers believes that it steers this machine's clock.
truechimed_start()
{
	local host=$1 command=("$build/truechimed" -x)

	shift
	[ -z "$(key_type)" ] || {
		keys "$host-truechime.keys" "$host" AES HEX:
		set -- "$@" "keyfile $dir/$host-truechime.keys"
	}
	printf '%s\n' "$@" >"$dir/$host-truechime.conf"
	[ -z "${steers:-}" ] || command=(unshare --mount "$interop/pretend" "$build/truechimed")
	daemon "$host" truechimed "${command[@]}" -M -d -d -u root -S "/run/$host-truechime.sock" \
		-f "$dir/$host-truechime.conf"
}

relay_truechimed()
{
	steers=yes truechimed_start "$1" "$(relay_lines "${@:2}")" allow
}

orphan_truechimed()
{
	steers=yes truechimed_start "$1" \
		"$(orphan_lines 'distance 0 waitsynced 5 waitunsynced 4' "${@:2}")"
}

mutual_truechimed()
{
	steers=yes truechimed_start "$1" \
		"$(mutual_lines 'distance 0 waitsynced 5 waitunsynced 4' "$2")"
}

# refuted_truechimed HOST SOCKET ADDRESS...: it keeps what it learns of that clock.
refuted_truechimed()
{
	steers=yes truechimed_start "$1" "$(printf 'server %s minpoll 0 maxpoll 0\n' "${@:3}")" \
		"refclock SOCK $2 refid CLCK poll 0 delay 0.001" "driftfile $dir/$1.drift" \
		"pidfile /run/$1-truechimed.pid"
}

# state_of_clock_truechimed HOST
state_of_clock_truechimed()
{
	states_truechimed "$1" | sed -n 's/ CLCK$//p'
}

stratum_truechimed()
{
	on "$1" "$build/truechime" -S "/run/$1-truechime.sock" --json sources >"$dir/$1.says"
	truechimed_source "$1" "$2" stratum
}

server_truechimed()
{
	local directives=(allow)

	! is_refused || directives+=("deny $client_ipv4" "deny $client_ipv6")
	! is_synchronised || directives+=('local stratum 1')
	! is_standing || directives=("$(standing_server)")
	! is_nts || directives+=("$(nts_server_directives "$1")")
	truechimed_start "$1" "${directives[@]}" "pidfile /run/$1-truechimed.pid" \
		"$(xdp_lines)"
}

stop_truechimed()
{
	kill "$(cat "/run/$1-truechimed.pid")"
}

client_truechimed()
{
	local directives

	directives=("$(source_lines "${@:2}")")
	! is_nts || directives+=("$(nts_client_directives)")
	! is_standing || directives=("$(standing_client "${@:2}")")
	truechimed_start "$1" "${directives[@]}"
}

# truechimed_source HOST ADDRESS KEY: a member of what it says of a source.
truechimed_source()
{
	awk -v address="$2" -v key="\"$3\":" '
		/"sources": \[/ { listed = 1 }
		listed && /"address":/ { inside = index($0, "\"" address "\"") }
		inside && $1 == key { gsub(/[",]/, "", $2); print $2; exit }' "$dir/$1.says"
}

# truechimed_count HOST KEY: what its server has counted.
truechimed_count()
{
	on "$1" "$build/truechime" -S "/run/$1-truechime.sock" --json serverstats |
		sed -n "s/^ *\"$2\": \([0-9]*\).*/\1/p"
}

# truechimed_says HOST KEY: a member of what it says of itself.
truechimed_says()
{
	sed -n "s/^ *\"$2\": \"*\([^\",]*\).*/\1/p" "$dir/$1.says" | head -n 1
}

# With -x it calls no clock synchronised that the kernel does not: it has chosen the source, and trusts
# what it makes of it. The first sample alone shows no offset.
seen_truechimed()
{
	local verb

	for verb in tracking status sources; do
		on "$1" "$build/truechime" -S "/run/$1-truechime.sock" --json "$verb"
	done >"$dir/$1.says" 2>&1
	[ "$(truechimed_says "$1" trust)" = confirmed ] &&
		[ "$(truechimed_says "$1" address)" = "$2" ] &&
		[ "$(truechimed_source "$1" "$2" state)" = selected ] &&
		[ "$(truechimed_source "$1" "$2" samples)" -ge 3 ] || return 1
	echo "$(truechimed_says "$1" offset_ns) $(truechimed_source "$1" "$2" stratum)" |
		awk '{ print -$1 / 1e6, $2 }'
}

keys_truechimed()
{
	on "$1" "$build/truechime" -S "/run/$1-truechime.sock" authdata 2>/dev/null |
		awk -v address="$2" '$1 == address && $2 == "NTS" { print $3 }'
}

states_truechimed()
{
	on "$1" "$build/truechime" -S "/run/$1-truechime.sock" -c -n sources |
		awk -F , '{ print $2, $3 }'
}

complaint_truechimed()
{
	on "$1" "$build/truechime" -S "/run/$1-truechime.sock" sources | grep -m 1 -i certificate
}

falseticker_truechimed()
{
	[ "$(truechimed_source "$1" "$2" state)" = falseticker ]
}

interleaved_truechimed()
{
	[ "$(truechimed_source "$1" "$2" interleaved)" = true ]
}
