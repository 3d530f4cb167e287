# SPDX-License-Identifier: GPL-2.0-only
# The front door: `make help` lists the commands. Each part builds itself (Kbuild, user/Makefile,
# selftests/*/Makefile); this file knows their order, the packages they need and where things are
# installed.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
BUILD := $(CURDIR)/build

# Kernel parts that are used from Debian's linux-source package and never copied into the repository.
KLINUX := $(BUILD)/linux
KSELFTEST := $(KLINUX)/tools/testing/selftests

PREFIX := /usr/local
SYSCONFDIR := /etc
DESTDIR :=

# The kernel that the module is for, and both flavours of the newest kernel with headers here.
KERNEL := $(shell uname -r)
newest = $(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | cut -d/ -f4 | \
	grep -E '^[0-9.]+-[0-9]+$(1)-amd64$$' | sort -V))
KERNELS := $(strip $(call newest) $(call newest,-cloud))

# A compiler for each processor, unless the caller has said how many.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

export VERSION BUILD KLINUX KSELFTEST KERNELS PREFIX SYSCONFDIR

all: module-if-headers user

help:
	@echo 'Build'
	@echo '  make                  the daemon, and the module when the headers of this kernel are here'
	@echo '  make module           the module, KERNEL=RELEASE for another kernel than the running one'
	@echo '  make modules          the module for each flavour of the newest kernel with headers here'
	@echo '  make user             the daemon (truechimed) and its command (truechime)'
	@echo '  make deb              Debian packages, in build/deb/'
	@echo '  make deps             install the Debian packages that building and testing need'
	@echo '  make clean            remove build/'
	@echo '  V=1                   added to any of them: the commands, as they are given'
	@echo 'See and test'
	@echo '  make demo             watch a guest lose its clock in a revert and get it back'
	@echo '  make check            everything below; ends with "N passed, N failed, N skipped"'
	@echo '  make check-build      module for both flavours, daemon'
	@echo '  make check-packaging  installing, DKMS and the service unit, in a folder of their own'
	@echo '  make check-unit       unit tests'
	@echo '  make check-fuzz       parsers against hostile input'
	@echo '  make check-netlink    the netlink specification against the header'
	@echo '  make check-sim        the discipline against simulated clocks and networks'
	@echo '  make check-interop    the daemon beside chronyd, ntpsec, ntpd-rs, systemd-timesyncd;'
	@echo '                        ROWS="WORD..."'
	@echo '  make check-habits     part of check-interop: what users of other daemons type, beside theirs'
	@echo '  make check-hostile    part of check-interop: packets, records and keys that nobody should'
	@echo '                        send, to programs with sanitizers; PACKETS=10000000'
	@echo '  make check-adversary  daemon and module against servers that lie; GAMES=500 DRAWN=100 SEED=N'
	@echo '  make check-vm         scenarios in real KVM guests'
	@echo '  make check-install    not part of check: the Debian packages, in a Debian of its own and in'
	@echo '                        guests; as root; SUITE=trixie (no guests)'
	@echo '  make check-kernels    nor this: the module on the kernels of Debian 13'
	@echo '  make check-debug-kernel  nor this: on kernels that watch themselves, built first'
	@echo '  make bench            every figure: bench-sim bench-networks bench-disruption'
	@echo '                        bench-steady bench-boot bench-server'
	@echo '  make mutation         which changes of single tokens no unit test notices; MUTATED=FILE'
	@echo '  make style            checkpatch, sparse, compilers, linters'
	@echo 'Install (as root)'
	@echo '  make install          module by DKMS, programs, units; PREFIX=$(PREFIX)'
	@echo '  make install-user     the same without the module; honours DESTDIR'
	@echo '  make uninstall        undo it; configuration and state stay'
	@echo '  make purge            undo it, and remove configuration and state too'

# --- build ---

user:
	+@$(MAKE) --no-print-directory $(JOBS) -C user

# kbuild leaves its objects beside its sources, so each kernel gets a folder of links to them.
module-%:
	@packaging/link-module-tree $(BUILD)/module/$*
	+@$(MAKE) --no-print-directory $(JOBS) -C /lib/modules/$*/build M=$(BUILD)/module/$* modules

module: module-$(KERNEL)

modules: $(addprefix module-,$(KERNELS))

module-if-headers:
ifneq ($(wildcard /lib/modules/$(KERNEL)/build),)
	+@$(MAKE) --no-print-directory module-$(KERNEL)
else
	@echo 'No headers of the running kernel here (package linux-headers-$(KERNEL)): module not built.'
endif

$(KLINUX)/.prepared:
	@packaging/prepare-linux-source $(KLINUX)

linux-parts: $(KLINUX)/.prepared

deps deps-build deps-install deps-deb deps-demo deps-check deps-style deps-debug:
	@packaging/deps $(patsubst deps-%,%,$(filter-out deps,$@))

deb: deps-deb
	@packaging/build-deb $(BUILD)/deb
	@ls -l $(BUILD)/deb/*.deb

clean:
	rm -rf $(BUILD)

# --- see and test ---

CHECKS_FIRST := build netlink
# They mostly wait, or have limits of real time, and others compute meanwhile.
CHECKS_WAITING := vm interop unit
CHECKS_BESIDE := unit-programs fuzz packaging sim adversary
CHECKS := $(CHECKS_FIRST) $(CHECKS_WAITING) $(CHECKS_BESIDE)
BENCHES := bench-sim bench-networks bench-disruption bench-steady bench-boot bench-server

demo: deps-demo
	+@$(MAKE) --no-print-directory demo-run

demo-run: linux-parts modules user
	+@$(MAKE) --no-print-directory -C selftests/vm demo

check: deps-check
	@selftests/run $(CHECKS_FIRST) --waiting $(CHECKS_WAITING) --beside $(CHECKS_BESIDE)

$(addprefix check-,$(filter-out interop adversary,$(CHECKS))): check-%: deps-check
	@selftests/run $*

# What apt does with them, which takes a mirror of Debian's; in emulated guests it takes long.
check-install: deps-check
	@PART_LIMIT_S=$${PART_LIMIT_S:-9000} selftests/run install

# Four kernels, each with several scenarios, take as long as all the rest.
check-kernels: deps-check
	@PART_LIMIT_S=$${PART_LIMIT_S:-10800} selftests/run kernels

# A kernel is built first, and what it watches it slows down.
check-debug-kernel: deps-debug
	@PART_LIMIT_S=$${PART_LIMIT_S:-9000} selftests/run debug-kernel

# Its last lines are the sums of all games, without variations and with drawn ones.
check-adversary: deps-check
	@result=0; selftests/run adversary || result=1; \
	grep -E '^(# |adversary:)' $(BUILD)/log/adversary.log; exit $$result

# Its last lines are the table.
check-interop: deps-check
	@result=0; selftests/run interop || result=1; \
	grep '^# ' $(BUILD)/log/interop.log; exit $$result

check-habits: deps-check
	@selftests/run habits

check-hostile: deps-check
	@result=0; PART_LIMIT_S=$${PART_LIMIT_S:-36000} selftests/run hostile || result=1; \
	grep '^# ' $(BUILD)/log/hostile.log; exit $$result

# What selftests/run calls, one part each; it keeps the output and counts.
run-packaging run-vm: modules user
run-build run-packaging: run-%:
	@selftests/$*-check

run-fuzz run-sim run-adversary: run-%: linux-parts
	+@$(MAKE) --no-print-directory $(JOBS) -C selftests/$* run

# Both build them; who comes second waits.
run-unit: linux-parts
	+@flock $(BUILD)/unit.lock $(MAKE) --no-print-directory $(JOBS) -C selftests/unit run

run-unit-programs: linux-parts
	+@echo 1..1; flock $(BUILD)/unit.lock \
		$(MAKE) --no-print-directory $(JOBS) -C selftests/unit all && echo ok 1 built

run-netlink run-vm: run-%: linux-parts
	+@$(MAKE) --no-print-directory -C selftests/$* run

# Another Debian's packages are built in it first. The guests are Debian 12's.
SUITE ?= bookworm
run-install: linux-parts modules user
	@selftests/install-check $(BUILD)/install $(SUITE)
ifeq ($(SUITE),bookworm)
	+@$(MAKE) --no-print-directory -C selftests/vm check-packages PACKAGES=$(BUILD)/install/packages
endif

run-interop: user
	+@$(MAKE) --no-print-directory -C selftests/interop run

run-habits: user
	+@$(MAKE) --no-print-directory -C selftests/interop habits

run-hostile: user
	+@$(MAKE) --no-print-directory -C selftests/interop hostile

run-kernels: linux-parts modules user
	+@$(MAKE) --no-print-directory -C selftests/vm check-kernels

run-debug-kernel: linux-parts modules user
	+@$(MAKE) --no-print-directory -C selftests/vm check-debug-kernel

bench: $(BENCHES)

bench-sim: deps-check user
	+@$(MAKE) --no-print-directory -C selftests/sim bench

bench-networks: deps-check user
	+@$(MAKE) --no-print-directory -C selftests/sim rival-networks

bench-disruption bench-steady bench-boot: deps-check
	+@$(MAKE) --no-print-directory linux-parts modules user
	+@$(MAKE) --no-print-directory -C selftests/vm $@

bench-server: deps-check user
	+@$(MAKE) --no-print-directory -C selftests/interop bench-server

# One token after the other of what decides is made wrong: do the unit tests notice?
MUTATED ?= $(filter-out %/words.c,$(wildcard kmod/core/*.c)) $(addprefix user/discipline/, \
	agreement.c change_limits.c consensus.c correction.c host_vote.c intersection.c \
	leap_vote.c loop.c majority.c manual.c opinion.c orphan.c outlasted.c quorum.c \
	rate_jumps.c refclock_vote.c refutation.c roll.c selected.c settled_rate.c smear.c \
	source_interval.c source_select.c source_status.c vouched_host.c way_shares.c) \
	$(addprefix user/steering/,follower.c follower_correction.c leap.c leap_list.c rival.c \
	steering.c steering_leap.c steering_publish.c steering_rival.c steering_step.c \
	time_daemons.c trust.c) $(addprefix user/clocks/, \
	clock_history.c clock_span.c reference_change.c system_clock.c timescale_module.c \
	timescale_user.c)
COUNT ?= 20

mutation: deps-check
	+@$(MAKE) --no-print-directory linux-parts
	@selftests/mutation/mutate.py --count $(COUNT) $(if $(SEED),--seed $(SEED)) \
		--tree $(BUILD)/mutation $(MUTATED)

style: deps-style
	+@$(MAKE) --no-print-directory linux-parts
	@selftests/style

# --- install ---

# What is staged is for another machine: DKMS, services and users of this one stay as they are.
ifneq ($(DESTDIR),)
ifneq ($(filter install install-module uninstall purge,$(MAKECMDGOALS)),)
$(error DESTDIR is for "make install-user"; "packaging/install-files --remove DIR" takes that away)
endif
endif

install: deps-install
	@packaging/activate alone
	@# One after the other, as DKMS has the initramfs renewed, by a hook that comes with the first.
	+@$(MAKE) --no-print-directory install-user
	+@$(MAKE) --no-print-directory install-module
	@packaging/activate installed

install-user: user
	@packaging/install-files '$(DESTDIR)'

install-module:
	@packaging/dkms-module install

uninstall:
	@packaging/activate alone
	@packaging/activate stop
	@packaging/dkms-module remove
	@packaging/install-files --remove '$(DESTDIR)'
	@packaging/activate removed

purge: uninstall
	@packaging/activate purge

.PHONY: all help user module modules module-if-headers linux-parts deps deps-build deps-install \
	deps-deb deps-demo deps-check deps-style deps-debug deb clean demo demo-run check \
	$(addprefix check-,$(CHECKS)) $(addprefix run-,$(CHECKS)) check-install run-install check-habits run-habits check-hostile run-hostile check-kernels run-kernels \
	check-debug-kernel run-debug-kernel bench $(BENCHES) mutation style install \
	install-user install-module uninstall purge
