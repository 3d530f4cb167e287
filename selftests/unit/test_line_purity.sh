#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The shared arithmetic is what it says it is: without floating point (it compiles with general
# registers only), without a C library (freestanding), without anything that it calls (no undefined
# symbols, so no libgcc either), without state (no data that can be written). For each compiler.
TOP=${TOP:-$(dirname "$0")/../..}
source_file=$TOP/kmod/core/line.c
if [ ! -f "$source_file" ]; then
	echo '1..0 # SKIP the sources are not here'
	exit 4
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number purity.$2"
	else
		echo "not ok $number purity.$2"
		failed=1
	fi
}

# Symbols of the given nm types in an object; fails if there are any.
without_symbols()
{
	! nm "$1" | grep -E "^[0-9a-f ]* [$2] "
}

check_compiler()
{
	object=$work/line-$1.o

	"$1" -std=gnu11 -O2 -Wall -Wextra -Werror -mgeneral-regs-only -ffreestanding -nostdlib -I"$TOP/kmod" \
		-c -o "$object" "$source_file"
	result $? "$1.general_registers_only"
	without_symbols "$object" U
	result $? "$1.calls_nothing"
	without_symbols "$object" 'BbCDdGgSs'
	result $? "$1.holds_no_state"
}

compilers=
for compiler in gcc clang; do
	if command -v "$compiler" >/dev/null; then
		compilers="$compilers $compiler"
	fi
done

echo 'TAP version 13'
# shellcheck disable=SC2086 # a list of words
set -- $compilers
if [ $# -eq 0 ]; then
	echo '1..0 # SKIP neither gcc nor clang is installed'
	exit 4
fi
echo "1..$(($# * 3 + 1))"
for compiler in "$@"; do
	check_compiler "$compiler"
done

# The check itself can fail: the same flags refuse a double.
echo 'double half(double x); double half(double x) { return x / 2; }' >"$work/double.c"
! "$1" -O2 -mgeneral-regs-only -ffreestanding -c -o "$work/double.o" "$work/double.c" 2>/dev/null
result $? "refuses_floating_point"

exit "$failed"
