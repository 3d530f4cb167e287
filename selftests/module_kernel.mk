# SPDX-License-Identifier: GPL-2.0-only
# The module's files in a program: stand-ins for the kernel's headers that they include, all of which
# include one header of the unit tests. Objects of the timescale alone depend on $(TIMESCALE_MADE) and
# get -I$(OUT)/kernel, those of the whole module $(MODULE_MADE) and $(OUT)/module-kernel. They are made
# again whenever another header is included.

headers_of = $(filter-out linux/truechime.h linux/errno.h linux/limits.h,$(sort \
	$(shell sed -n 's/^.include <\(\(linux\|asm\)\/.*\)>/\1/p' $(1))))
made_for = $(OUT)/$(1)/.made-$(firstword $(shell echo $(2) | cksum))

TIMESCALE_HEADERS := $(call headers_of,$(TOP)/kmod/compat.h $(wildcard $(TOP)/kmod/timescale*.[ch]))
TIMESCALE_MADE := $(call made_for,kernel,$(TIMESCALE_HEADERS))
MODULE_HEADERS := $(call headers_of,$(wildcard $(TOP)/kmod/*.[ch] $(TOP)/kmod/core/*.[ch]))
MODULE_MADE := $(call made_for,module-kernel,$(MODULE_HEADERS))

$(TIMESCALE_MADE): HEADERS := $(TIMESCALE_HEADERS)
$(TIMESCALE_MADE): STAND_IN := kernel.h
$(MODULE_MADE): HEADERS := $(MODULE_HEADERS)
$(MODULE_MADE): STAND_IN := module_kernel.h

$(TIMESCALE_MADE) $(MODULE_MADE): Makefile $(TOP)/selftests/module_kernel.mk
	@for header in $(HEADERS); do \
		mkdir -p $(@D)/$$(dirname $$header); \
		echo '#include "$(TOP)/selftests/unit/$(STAND_IN)"' >$(@D)/$$header; \
	done
	@touch $@
