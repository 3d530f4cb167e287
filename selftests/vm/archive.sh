# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian packages of a release that need not be this machine's. Nothing is installed, and no package
# list of this machine's is touched: each user has a folder with lists of its own. Sourced by
# fetch-qemu, trixie and the rows of selftests/interop.

# archive_use DIR SOURCE...: from now on apt-get and apt-cache know what these lines of sources.list
# name, and nothing of what is installed here; their lists are in DIR.
archive_use()
{
	local dir=$1

	shift
	mkdir -p "$dir"/{lists/partial,archives/partial}
	[ "$(id -u)" != 0 ] || chown -R _apt "$dir" 2>/dev/null || true
	printf '%s\n' "$@" >"$dir/sources.list"
	: >"$dir/status"
	cat >"$dir/apt.conf" <<-CONF
		APT::Architecture "amd64";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Dir::State "$dir";
		Dir::State::lists "$dir/lists";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
	CONF
	export APT_CONFIG=$dir/apt.conf
}

# archive_unpack DIR: each package in the present folder into DIR; their maintainers' scripts do not
# run.
archive_unpack()
{
	local package

	mkdir -p "$1"
	for package in *.deb; do
		dpkg-deb -x "$package" "$1" || return 1
	done
}

# archive_fetch DIR LINES PACKAGE...: these packages, and none that they depend on, of the releases
# that these lines of sources.list name, in place of DIR. If they cannot be had, what apt-get said
# last goes to stderr.
archive_fetch()
{
	local dir lines=$2 work

	dir=$(realpath -m "$1")
	shift 2
	work=$(mktemp -d)
	(
		trap 'rm -rf "$work"' EXIT
		chmod 755 "$work"
		archive_use "$work" "$lines"
		cd "$work/archives" || exit 1
		if ! { apt-get -q update --error-on=any &&
			apt-get -q download "$@"; } >"$work/log" 2>&1; then
			tail -n 3 "$work/log" >&2
			exit 1
		fi
		rm -rf "$dir"
		archive_unpack "$dir"
	)
}
