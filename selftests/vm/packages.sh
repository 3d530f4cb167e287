# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scenarios of the Debian packages share: a Debian, guest d, that keeps its disk from boot to
# boot and boots what its packages have put into /boot; apt in it. Sourced by packages/*.

disk=/tmp/packages.qcow2
boot=/tmp/packages.boot
# What apt does takes an emulated processor that has little of a real one so long.
guest_limit_s=2400
guest_boot_limit_s=300

# disk_begin: a Debian without truechime.
disk_begin()
{
	qemu-img create -q -f qcow2 -b /images/packages.img -F raw "$disk"
	rm -rf "$boot"
	cp -r /images/packages-boot "$boot"
}

# boot KERNEL [PARAMETER...]: with its own initramfs, and the kernel that it has in /boot: what is
# inside it, which is unpacked here, boots sooner.
boot()
{
	must "its kernel is this one" cmp "$boot/vmlinuz-$1" "/images/vmlinuz-$1"
	kernel=$1 image=$boot/initrd.img-$1 append="root=/dev/vdb rw ${*:2}" memory_mib=768 \
		guest_start d -drive "file=$disk,if=virtio,format=qcow2"
}

# shut_down: in an orderly way. What is in /boot then is what can be booted next; it comes by the other
# disk, which is complete once its QEMU has ended.
shut_down()
{
	# Its agent is to have answered by then.
	guest d 'tar -C /boot -cf /dev/vda . && { (sleep 2; systemctl poweroff) & }' &&
		await 60 not kill -0 "${guest_pid[d]}" &&
		qemu-img convert -O raw /tmp/d.qcow2 "$boot.tar" || return 1
	guest_kill d
	rm -rf "$boot"
	mkdir "$boot"
	tar -C "$boot" -xf "$boot.tar" && rm "$boot.tar"
}

# content: every unit that was to start has done so.
content()
{
	guest d 'systemctl is-system-running --wait >/dev/null
		systemctl list-units --failed --no-legend
		[ "$(systemctl is-system-running)" = running ]'
}

# apt LOG WORD...: what it says is in that log, too, and how long it took is a figure.
apt()
{
	local begun_ms status

	begun_ms=$(uptime_ms)
	guest d "DEBIAN_FRONTEND=noninteractive apt-get -q -y ${*:2} 2>&1" | tee "$logs/apt-$1"
	status=${PIPESTATUS[0]}
	figure "$1_s" $((($(uptime_ms) - begun_ms) / 1000))
	return "$status"
}

# name_server: beside the pool of the configuration, which no guest can reach.
name_server()
{
	guest d 'echo "server 10.9.0.1 iburst" >/etc/truechime/sources.d/rig.sources'
}

# is_whole: both packages are configured, and their files are what was packed. The image is without
# documentation.
is_whole()
{
	guest d '[ "$(dpkg-query -W -f "\${db:Status-Status}\n" truechime truechime-dkms | sort -u)" = installed ] &&
		! dpkg --verify truechime truechime-dkms | grep -vE " /usr/share/(doc|man|locale)/"'
}

# has_module KERNEL
has_module()
{
	guest d "dkms status | tee /dev/stderr | grep '^truechime/.*, $1, .*: installed' &&
		modinfo -k $1 -n truechime | grep updates/dkms"
}

# has_version VERSION KERNEL: of the module.
has_version()
{
	guest d "modinfo -k $2 -F version truechime | tee /dev/stderr | grep -F -x '$1'"
}

# in_initramfs KERNEL
in_initramfs()
{
	guest d "lsinitramfs /boot/initrd.img-$1 | grep '/truechime\.ko'"
}

# lacks_in_initramfs KERNEL: it has one, without anything of truechime's.
lacks_in_initramfs()
{
	guest d "lsinitramfs /boot/initrd.img-$1 >/root/initramfs && [ -s /root/initramfs ] &&
		! grep truechime /root/initramfs"
}

# loaded_before_systemd: the module, which said so in the kernel's log. The daemon would load it, too.
loaded_before_systemd()
{
	guest d 'loaded_s=$(dmesg | sed -n "s/^\[ *\([0-9.]*\)\] truechime: .*/\1/p" | head -n 1)
		systemd_us=$(systemctl show -p UserspaceTimestampMonotonic --value)
		echo "the module: $loaded_s s, systemd: $systemd_us us" >&2
		[ -n "$loaded_s" ] && awk "BEGIN { exit !($loaded_s * 1e6 < $systemd_us) }"'
}

# runs_all: truechimed keeps the clock, and doctor knows of no other that would.
runs_all()
{
	guest d 'for unit in truechimed truechime-watch; do
			systemctl is-active $unit && systemctl is-enabled $unit || exit 1
		done
		truechime --json doctor >/run/doctor
		cat /run/doctor
		grep -q "\"findings\"" /run/doctor && ! grep "\"rival-" /run/doctor'
}

# agrees: with the host's clock, within 20 ms: an emulated server's answers are some off.
agrees()
{
	is_right d 20000000
}

# keeps_time: truechime says that the clock is right, which takes an answer of the server, so does the
# kernel, and so it is.
keeps_time()
{
	await 60 says_right && synchronised d 60 && agrees
}

says_right()
{
	guest d 'truechime | tee /dev/stderr | grep "^The clock is right to within "'
}

# confines_services: AppArmor has their profiles.
confines_services()
{
	guest d 'for profile in truechimed truechime-watch truechime-timesync1 truechime-hooks truechime-hold; do
			grep "^$profile (enforce)" /sys/kernel/security/apparmor/profiles || exit 1
		done'
}

# note_state NAME: what packages may leave something in, as lists in the guest's /root/NAME. Without what
# is the rig's, and what apt, dpkg, ldconfig and the journal keep of their own.
note_state()
{
	guest d "mkdir /root/$1 && cd /root/$1 || exit 1
		find / -xdev \( -path /root -o -path /tmp -o -path /var/tmp -o -path /var/cache/apt -o \
			-path /var/cache/ldconfig -o -path /var/log/apt -o -path /var/log/dpkg.log -o \
			-path /var/log/journal -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print |
			sort >files
		systemctl list-unit-files --plain --no-legend | sort >units
		sort /sys/kernel/security/apparmor/profiles >profiles
		cut -d : -f 1 /etc/passwd /etc/group | sort -u >users"
}

# adds_nothing KIND: there is no more of it, and no less.
adds_nothing()
{
	guest d "diff /root/before/$1 /root/after/$1"
}

# adds_no_file KERNEL: but those of packages, and what is KERNEL's, which came later; users are there, which
# is why there are passwd- and the like.
adds_no_file()
{
	guest d "[ -s /root/before/files ] && [ -s /root/after/files ] || exit 1
		sed 's|^/lib/|/usr/lib/|' /var/lib/dpkg/info/*.list | sort -u - /root/before/files >/root/known
		! comm -13 /root/known /root/after/files | grep -vE '^/etc/(passwd|group|shadow|gshadow)-$' |
			grep -vE '^(/boot/initrd.img-|/var/lib/initramfs-tools/|/usr/lib/modules/)$1(/modules\.[a-z.]*)?$' |
			grep . &&
		! find / /run -xdev \( -path /root -o -path /tmp -o -path /usr/share/truechime-dkms \) -prune -o \
			-name '*truechime*' -print | grep ."
}

# adds_locked_users: nobody else.
adds_locked_users()
{
	guest d 'users=$(comm -13 /root/before/users /root/after/users | xargs)
		[ "$users" = "_truechime _truechime-bus _truechime-hooks" ] || { echo "$users"; exit 1; }
		for user in $users; do
			passwd -S $user | grep "^$user L " && getent passwd $user | grep "/nologin$" || exit 1
		done'
}
