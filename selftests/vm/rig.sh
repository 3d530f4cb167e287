# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The rig, this machine's side: what the emulated machines are made of, and booting them. Sourced
# by run, demo and the benchmarks.
#
#	this machine --qemu, emulated--> the host: Debian's kernel on this machine's files, read only
#	the host --qemu -accel kvm--> guests: the kernel and the programs under test
#
# Nothing here needs /dev/kvm: the emulated processor has AMD's virtualisation. Debian packages that
# the machines need and this machine does not are unpacked in build/vm, not installed.

top=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
rig=$top/selftests/vm
build=${BUILD:-$top/build}
vm=$build/vm

# Two hosts may run side by side, each with its own folder in build/vm to be told what to do.
lane=1

# The kernels under test, the plain flavour first: the host runs that one too.
read -r -a kernels <<<"${KERNELS:-}"

# One emulated boot in 20 to 50 hangs; none takes longer than this, however busy the machine.
boot_limit_s=${VM_BOOT_LIMIT_S:-300}

say()
{
	printf '# %s\n' "$*"
}

die()
{
	printf 'selftests/vm: %s\n' "$*" >&2
	exit 1
}

# A file of the build as the messages name it.
short()
{
	printf '%s' "${1#"$top/"}"
}

# --- what the machines are made of ---

require_programs()
{
	local command missing=''

	for command in qemu-system-x86_64 qemu-img busybox modprobe depmod cpio dpkg-deb gcc make; do
		command -v "$command" >/dev/null || missing+=" $command"
	done
	[ -z "$missing" ] || die "missing programs:$missing; 'make deps' installs them"
	[ ${#kernels[@]} -gt 0 ] ||
		die "no kernel is named in KERNELS; use the make commands, with kernel headers installed"
}

# unpack DIR PACKAGE...: Debian packages into DIR, once; nothing is installed.
unpack()
{
	local dir=$1 download package

	shift
	[ ! -e "$dir/.complete" ] || return 0
	say "unpacking $* in $(short "$dir")"
	rm -rf "$dir"
	mkdir -p "$dir"
	download=$(mktemp -d)
	chmod 755 "$download"
	[ "$(id -u)" != 0 ] || chown _apt "$download" 2>/dev/null || true
	(cd "$download" && apt-get download -q "$@" >"$vm/apt.log" 2>&1) || {
		rm -rf "$download"
		die "cannot download $*: see $(short "$vm")/apt.log. After 'apt-get update' and
'apt-get install linux-headers-amd64 linux-headers-cloud-amd64' headers and archive agree again"
	}
	for package in "$download"/*.deb; do
		dpkg-deb -x "$package" "$dir"
	done
	rm -rf "$download"
	touch "$dir/.complete"
}

unpack_kernel()
{
	local kernel=$1

	[ ! -e "$vm/$kernel/lib/modules/$kernel/modules.dep" ] || return 0
	unpack "$vm/$kernel" "linux-image-$kernel"
	depmod -b "$vm/$kernel" "$kernel"
}

# with_modules KERNEL ROOT MODULE...: copy modules, and those that they need, into an image's ROOT.
with_modules()
{
	local kernel=$1 root=$2 module

	shift 2
	mkdir -p "$root/lib/modules/$kernel"
	cp "$vm/$kernel/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} \
		"$root/lib/modules/$kernel/"
	for module in "$@"; do
		modprobe -d "$vm/$kernel" -S "$kernel" --show-depends "$module" 2>/dev/null
	done | awk '$1 == "insmod" { print $2 }' | sort -u |
		xargs -r cp -t "$root/lib/modules/$kernel"
}

# with_program ROOT FILE: copy a program and the libraries that it needs.
with_program()
{
	local root=$1 file=$2 library

	[ -x "$file" ] || die "$(short "$file") is not there; the make commands build it"
	install -D "$file" "$root/bin/$(basename "$file")"
	{ ldd "$file" 2>/dev/null || true; } |
		awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' |
		while read -r library; do
			[ -e "$root$library" ] || install -D "$library" "$root$library"
		done
}

pack()
{
	(cd "$1" && find . | cpio -o -H newc --quiet -R 0:0) >"$2.new"
	mv "$2.new" "$2"
	rm -rf "$1"
}

host_image()
{
	local root

	root=$(mktemp -d)
	mkdir -p "$root"/{bin,proc,sys,dev}
	cp "$(command -v busybox)" "$root/bin/busybox"
	with_modules "${kernels[0]}" "$root" virtio_pci 9pnet_virtio 9p overlay
	depmod -b "$root" "${kernels[0]}"
	install "$rig/host-init" "$root/init"
	pack "$root" "$vm/host.img"
}

# A Debian guest's initramfs.
debian_initrd()
{
	local kernel=${kernels[0]} root

	root=$(mktemp -d)
	mkdir -p "$root"/{bin,sbin,proc,sys,dev}
	cp "$(command -v busybox)" "$root/bin/busybox"
	with_modules "$kernel" "$root" virtio_pci virtio_blk ext4 crc32c_generic
	depmod -b "$root" "$kernel"
	install "$rig/debian-init" "$root/init"
	pack "$root" "$vm/debian-initrd.img"
}

# A guest's initramfs: busybox, the programs under test, their peers and the rig's tools.
guest_image()
{
	local kernel=$1 root program

	root=$(mktemp -d)
	mkdir -p "$root"/{bin,sbin,proc,sys,dev,run,tmp,etc,var/lib,root}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for program in "$vm"/bin/{agent,witness,phc,ntpping,testptp} "$build/netlink/abuse"; do
		install "$program" "$root/bin/"
	done
	with_modules "$kernel" "$root" virtio_pci virtio_net virtio_console ptp_kvm
	for program in "${peers[@]}" "$build/truechimed" "$build/truechime" "$build/truechime-hooks"; do
		with_program "$root" "$program"
	done
	cp "$build/module/$kernel/truechime.ko" "$root/lib/modules/$kernel/"
	depmod -b "$root" "$kernel"
	printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
	install "$rig/guest-init" "$root/init"
	pack "$root" "$vm/guest-$kernel.img"
}

# debian_image: a Debian with systemd in which this checkout was installed, for scenarios that say
# `# needs: debian`. Root makes it.
debian_image()
{
	local kernel=${kernels[0]} as_root=()

	if [ "$(id -u)" != 0 ]; then
		as_root=(sudo -n)
		sudo -n true 2>/dev/null || return 1
	fi
	say "installing this checkout in a Debian of its own; $(short "$vm/debian.log")"
	"${as_root[@]}" "$rig/debian-image" "$kernel" "$vm" >"$vm/debian.log" 2>&1 ||
		die "that failed; the reason is in $(short "$vm/debian.log")"
}

# prepare: everything that the machines are made of; packages are unpacked once, the rest is quick.
prepare()
{
	local kernel

	require_programs
	mkdir -p "$vm/job" "$vm/job-"{1,2} "$vm/logs"
	make -s -C "$rig/tools" "BIN=$vm/bin" "KSELFTEST=${KSELFTEST:-$build/linux/tools/testing/selftests}" \
		>&2 || die "the rig's own tools do not build"
	make -s -C "$top/selftests/netlink" abuse >&2 || die "the netlink test does not build"
	unpack "$vm/peers" chrony linuxptp
	"$rig/fetch-qemu" "$vm/qemu10" || say "no QEMU with a vmclock device: scenarios that need it are skipped"
	peers=("$vm"/peers/usr/sbin/{chronyd,phc2sys,phc_ctl,ptp4l,pmc} "$vm/peers/usr/bin/chronyc")
	for kernel in "${kernels[@]}"; do
		unpack_kernel "$kernel"
		guest_image "$kernel"
		cp "$vm/$kernel/boot/vmlinuz-$kernel" "$vm/vmlinuz-$kernel"
		cp "$build/module/$kernel/truechime.ko" "$vm/truechime-$kernel.ko"
	done
	host_image
	debian_initrd
	printf '%s\n' "${kernels[@]}" >"$vm/kernels"
}

# --- the host ---

host_qemu()
{
	local share=security_model=none,multidevs=remap

	qemu-system-x86_64 -accel tcg,thread=multi -cpu max,+svm,+npt -smp 2 -m 3072 \
		-nodefaults -nographic -serial stdio -no-reboot \
		-kernel "$vm/vmlinuz-${kernels[0]}" -initrd "$vm/host.img" \
		-virtfs "local,path=/,mount_tag=root,readonly=on,$share" \
		-virtfs "local,path=$top,mount_tag=project,readonly=on,$share" \
		-virtfs "local,path=$vm,mount_tag=vm,$share" \
		-virtfs "local,path=$vm/${kernels[0]}/lib/modules/,mount_tag=modules,readonly=on,$share" \
		-append "console=ttyS0 panic=-1 tsc=reliable clocksource=tsc quiet rig.job=job-$lane" \
		</dev/null >"$vm/logs/host-$lane.$1.console" 2>&1 &
	qemu_pid=$!
}

host_stop()
{
	[ -n "${qemu_pid:-}" ] || return 0
	kill "$qemu_pid" 2>/dev/null || true
	wait "$qemu_pid" 2>/dev/null || true
	qemu_pid=
}

# all_stop: this lane and the other one.
all_stop()
{
	host_stop
	[ -z "${other_lane:-}" ] || kill "$other_lane" 2>/dev/null || true
}

host_alive()
{
	kill -0 "$qemu_pid" 2>/dev/null
}

# host_boot: start the host, which works through $vm/job-$lane/list; retried once when it does not come.
host_boot()
{
	local attempt started

	for attempt in 1 2; do
		rm -f "$vm/job-$lane/ready"
		host_qemu "$attempt"
		started=$SECONDS
		while host_alive && [ $((SECONDS - started)) -lt "$boot_limit_s" ]; do
			[ ! -e "$vm/job-$lane/ready" ] || return 0
			sleep 0.5
		done
		host_stop
		say "retry: the emulated host did not boot (attempt $attempt of 2); its console is" \
			"$(short "$vm/logs/host-$lane.$attempt.console")"
	done
	return 1
}

# --- scenarios in it ---

# limit_s SCENARIO: the time limit that the file states.
limit_s()
{
	sed -n 's/^# limit: \([0-9]*\) s.*/\1/p' "$1" | grep . || echo 300
}

# retries NAME: how many guests of it did not boot at the first try.
retries()
{
	{ grep '^retry' "$vm/logs/$1/result" 2>/dev/null || true; } | wc -l
}

# wait_for_end NAME LIMIT: until the host says that NAME ended. Its status, or 124. What a guest that
# did not boot has cost does not count.
wait_for_end()
{
	local name=$1 limit=$2 started=$SECONDS status told=0 line

	while [ $((SECONDS - started)) -lt $((limit + 100 * $(retries "$name"))) ]; do
		while IFS= read -r line; do
			told=$((told + 1))
			say "$line"
		done < <(sed -n 's/^say //p' "$vm/job-$lane/progress" 2>/dev/null | tail -n +$((told + 1)))
		status=$(sed -n "s/^end $name //p" "$vm/job-$lane/progress" 2>/dev/null)
		[ -z "$status" ] || return "$status"
		host_alive || return 125
		sleep 0.3
	done
	return 124
}

# show_result NAME STATUS SECONDS: the scenario's own report, then its line of TAP.
show_result()
{
	local name=$1 status=$2 seconds=$3 logs=$vm/logs/$1 verdict=ok reason

	sed -n 's/^fail /# failed: /p; s/^figure /# /p; s/^retry /# retry: /p' "$logs/result" 2>/dev/null || true
	case $status in
	0) ;;
	124) say "not finished after $seconds s" ;;
	125) say "the emulated host went down; its console is in $(short "$vm/logs")" ;;
	*) grep -q '^fail' "$logs/result" 2>/dev/null || say "ended with status $status" ;;
	esac
	if [ "$status" != 0 ]; then
		verdict='not ok'
		say "the logs are in $(short "$logs")"
	fi
	reason=$(sed -n 's/^skip //p' "$logs/result" 2>/dev/null | head -n 1 || true)
	echo "$verdict $name ($seconds s)${reason:+ # SKIP machine: $reason}"
	[ "$status" = 0 ]
}

# stood_still NAME STATUS: it did not end, and no check had failed: a machine hung, nothing was wrong.
stood_still()
{
	[ "$2" -ge 124 ] && ! grep -qs '^fail' "$vm/logs/$1/result"
}

# run_scenarios FILE...: all in one boot of the host; after one that hangs, the rest in another, and
# that one once more.
run_scenarios()
{
	local file name status started result failed=0 again=' '

	while [ $# -gt 0 ]; do
		rm -f "$vm/job-$lane/progress"
		printf '/project/%s\n' "${@#"$top/"}" >"$vm/job-$lane/list"
		if ! host_boot; then
			say "the emulated host does not boot"
			for file in "$@"; do
				echo "not ok $(basename "$file")"
			done
			return 1
		fi
		while [ $# -gt 0 ]; do
			file=$1 name=$(basename "$1") started=$SECONDS status=0
			shift
			wait_for_end "$name" "$(limit_s "$file")" || status=$?
			if stood_still "$name" "$status" && [[ $again != *" $name "* ]]; then
				say "retry: $name stood still for $((SECONDS - started)) s (attempt 1 of 2);" \
					"its logs are in $(short "$vm/logs/$name.1")"
				rm -rf "$vm/logs/$name.1"
				mv "$vm/logs/$name" "$vm/logs/$name.1" 2>/dev/null || true
				again+="$name "
				set -- "$file" "$@"
				break
			fi
			# In one piece: another lane may be printing too.
			result=$(show_result "$name" "$status" $((SECONDS - started))) || failed=1
			echo "$result"
			[ "$status" -lt 124 ] || break
		done
		host_stop
	done
	return $failed
}

# run_in_lanes FILE...: two hosts, each with every other file. What takes long is mostly waiting.
run_in_lanes()
{
	local i odd=() even=() failed=0

	for ((i = 1; i <= $#; i++)); do
		if ((i % 2)); then
			odd+=("${!i}")
		else
			even+=("${!i}")
		fi
	done
	(
		trap host_stop EXIT
		trap 'exit 130' INT TERM
		lane=2
		run_scenarios "${even[@]}"
	) &
	other_lane=$!
	run_scenarios "${odd[@]}" || failed=1
	wait "$other_lane" || failed=1
	other_lane=
	return $failed
}
