# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The rig, this machine's side: what the emulated machines are made of. Sourced by run, demo and the
# benchmarks; booting them and running scenarios on them is lanes.sh's.
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

# The kernels under test, the plain flavour first: the host runs that one too.
read -r -a kernels <<<"${KERNELS:-}"
# Those of Debian 13 that guests run as well: scenario SCENARIO@KERNEL.
newer_kernels=()

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

	for command in qemu-system-x86_64 qemu-img busybox xz zstd modprobe depmod cpio dpkg-deb gcc make; do
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

# unpacked FILE: what an XZ or Zstandard image of a kernel (FILE) has inside, an ELF file; fails if it
# is none. Documentation/x86/boot.rst: where the payload is; the stream is followed by its size, which
# only xz can be told to leave alone.
unpacked()
{
	local sectors offset length

	sectors=$(od -An -t u1 -j $((0x1f1)) -N 1 "$1")
	offset=$(((sectors + 1) * 512 + $(od -An -t u4 -j $((0x248)) -N 4 "$1")))
	length=$(od -An -t u4 -j $((0x24c)) -N 4 "$1")
	case $(od -An -t x4 -j "$offset" -N 4 "$1") in
	*fd2fb528) payload "$1" "$offset" $((length - 4)) | zstd -dcq ;;
	*) payload "$1" "$offset" "$length" | xz -dc --single-stream 2>/dev/null ;;
	esac
}

# payload FILE OFFSET LENGTH
payload()
{
	dd if="$1" iflag=skip_bytes,count_bytes bs=1M skip="$2" count="$3" status=none
}

# kernel_image KERNEL: vmlinuz-KERNEL, and vmlinux-KERNEL, which machines boot unless they suspend:
# half of an emulated machine's boot would be spent on unpacking its image; QEMU starts what is
# inside as well, by PVH. What is packed otherwise is the same twice.
kernel_image()
{
	local kernel=$1 packed=$vm/$1/boot/vmlinuz-$1

	cp "$packed" "$vm/vmlinuz-$kernel"
	[ ! "$vm/vmlinux-$kernel" -nt "$packed" ] || return 0
	if ! grep -qx CONFIG_PVH=y "$vm/$1/boot/config-$1" || ! unpacked "$packed" >"$vm/vmlinux.new"; then
		cp "$packed" "$vm/vmlinux.new"
	fi
	mv "$vm/vmlinux.new" "$vm/vmlinux-$kernel"
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
	# Debian 13 packs them; a guest need not unpack them at each boot.
	find "$root/lib/modules/$kernel" -name '*.ko.xz' -exec xz -d {} +
}

# with_program ROOT FILE: copy a program and the libraries that it needs. Without what debuggers read: a
# guest unpacks its image at each boot, and each of its snapshots has all of that in it.
with_program()
{
	local root=$1 file=$2

	[ -x "$file" ] || die "$(short "$file") is not there; the make commands build it"
	install -D -s "$file" "$root/bin/$(basename "$file")"
	with_libraries "$root" "$file"
}

# with_libraries ROOT FILE: those that a program or a library needs.
with_libraries()
{
	local root=$1 library

	{ ldd "$2" 2>/dev/null || true; } |
		awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' |
		while read -r library; do
			[ -e "$root$library" ] || install -D "$library" "$root$library"
		done
}

# with_opened ROOT NAME: a library that programs open when they need it.
with_opened()
{
	local root=$1 library

	library=$(/sbin/ldconfig -p | awk -v name="$2" '$1 == name && !found++ { print $NF }')
	[ -n "$library" ] || die "$2 is not there; 'make deps' installs it"
	install -D "$library" "$root$library"
	with_libraries "$root" "$library"
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
	for program in "$build/netlink/abuse" \
		"$vm"/bin/{adjuster,agent,bounds,failing,inversion,witness,ntpleap,phc,ntpping,sleepers,testptp}; do
		install -s "$program" "$root/bin/"
	done
	with_modules "$kernel" "$root" virtio_pci virtio_net virtio_console ptp_kvm
	for program in "${peers[@]}" "$build"/truechime{d,-server,,-hooks,-watch}; do
		with_program "$root" "$program"
	done
	with_opened "$root" libkmod.so.2
	# As DKMS installs it.
	strip -g -o "$root/lib/modules/$kernel/truechime.ko" "$build/module/$kernel/truechime.ko"
	depmod -b "$root" "$kernel"
	printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
	install "$rig/guest-init" "$root/init"
	pack "$root" "$vm/guest-$kernel.img"
}

# may_make_debian: it takes root.
may_make_debian()
{
	[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

unpack_rivals()
{
	unpack "$vm/rivals" systemd-timesyncd ntpsec
}

# rivals_image: a guest's initramfs with other time daemons as well, which are not small.
rivals_image()
{
	local kernel=${kernels[0]} root

	unpack_rivals
	root=$(mktemp -d)
	with_program "$root" "$vm/rivals/lib/systemd/systemd-timesyncd"
	with_program "$root" "$vm/rivals/usr/sbin/ntpd"
	mkdir -p "$root/etc"
	printf 'ntp 123/udp\n' >"$root/etc/services"
	pack "$root" "$vm/rivals.img"
	cat "$vm/guest-$kernel.img" "$vm/rivals.img" >"$vm/guest-rivals.img"
	rm "$vm/rivals.img"
}

# debian_image: a Debian with systemd in which this checkout was installed, for scenarios that say
# `# needs: debian`.
debian_image()
{
	local kernel=${kernels[0]} as_root=()

	unpack_rivals
	[ "$(id -u)" = 0 ] || as_root=(sudo -n)
	say "installing this checkout in a Debian of its own; $(short "$vm/debian.log")"
	"${as_root[@]}" "$rig/debian-image" "$kernel" "$vm" >"$vm/debian.log" 2>&1 ||
		die "that failed; the reason is in $(short "$vm/debian.log")"
	touch "$vm/debian.ready"
}

# prepare: everything that the machines are made of; packages are unpacked once, the rest is quick.
prepare()
{
	local kernel

	require_programs
	mkdir -p "$vm/job" "$vm/logs"
	make -s -C "$rig/tools" "BIN=$vm/bin" "KSELFTEST=${KSELFTEST:-$build/linux/tools/testing/selftests}" \
		>&2 || die "the rig's own tools do not build"
	# What the emulated hosts are told. Measuring that, a kernel on a busy machine is wrong now
	# and then, and its clock then runs many times too fast.
	counter_khz=$("$vm/bin/counter")
	make -s -C "$top/selftests/netlink" abuse >&2 || die "the netlink test does not build"
	unpack "$vm/peers" chrony linuxptp
	"$rig/fetch-qemu" "$vm/qemu10" || say "no QEMU with a vmclock device: scenarios that need it are skipped"
	peers=("$vm"/peers/usr/sbin/{chronyd,phc2sys,phc_ctl,ptp4l,pmc} "$vm/peers/usr/bin/chronyc")
	for kernel in "${kernels[@]}" "${newer_kernels[@]}"; do
		unpack_kernel "$kernel"
		guest_image "$kernel"
		kernel_image "$kernel"
		cp "$build/module/$kernel/truechime.ko" "$vm/truechime-$kernel.ko"
	done
	host_image
	debian_initrd
	printf '%s\n' "${kernels[@]}" >"$vm/kernels"
	settings >"$vm/settings"
}

# settings: what the caller's environment may change in a scenario; read by host.sh.
settings()
{
	local setting

	for setting in ROUNDS STEADY_S UNDISTURBED_S BOOT_CASES; do
		[ -z "${!setting:-}" ] || printf '%s=%q\n' "$setting" "${!setting}"
	done
}

# shellcheck source=selftests/vm/lanes.sh
. "$rig/lanes.sh"
