# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What debian-image and packages-image, which source it, have in common: how a Debian for guests comes
# here, how the rig talks to it, how it becomes a disk. $root is its folder, $dir that of the rig.

# What else mmdebstrap is told.
mmdebstrap_options=()

# debian_base FOLDER PACKAGE...: a Debian 12 with these, without documentation.
debian_base()
{
	local target=$1

	shift
	rm -rf "$target"
	mmdebstrap --quiet --mode=root --variant=apt --include="$(IFS=,; echo "$*")" \
		--aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' "${mmdebstrap_options[@]}" \
		bookworm "$target"
}

# The rig's agent as a service; the network as the kernel's command line says.
add_agent()
{
	install "$dir"/bin/{agent,bounds,witness,phc,ntpping} "$root/usr/local/bin/"
	cat >"$root/etc/systemd/system/rig-agent.service" <<-'UNIT'
		[Unit]
		Description=The test rig's agent
		After=systemd-modules-load.service systemd-udev-settle.service
		Wants=systemd-udev-settle.service
		[Service]
		ExecStartPre=/bin/sh -c 'ip link set lo up; a=$(sed -n "s/.*rig.ip=\\([^ ]*\\).*/\\1/p" /proc/cmdline); n=$(ls /sys/class/net | grep -v lo); ip addr add $a/24 dev $n; ip link set $n up'
		ExecStart=/usr/local/bin/agent /dev/virtio-ports/agent
		# What answers on the bus is started for that, which a starved guest may not do in 25 s.
		Environment=SYSTEMD_BUS_TIMEOUT=100
		Restart=always
		[Install]
		WantedBy=multi-user.target
	UNIT
	chroot "$root" systemctl --quiet enable rig-agent
	chroot "$root" systemctl --quiet mask getty@tty1 serial-getty@ttyS0
	: >"$root/etc/machine-id"
}

# in_root COMMAND: in the image, with /proc and /dev in a namespace of its own.
in_root()
{
	unshare --mount bash -euc "
		mount -t proc proc '$root/proc'
		mount --bind /dev '$root/dev'
		chroot '$root' $1"
}

# make_disk FILE SIZE: of what $root has.
make_disk()
{
	rm -f "$1"
	truncate -s "$2" "$1"
	mkfs.ext4 -q -O ^has_journal -d "$root" "$1"
}
