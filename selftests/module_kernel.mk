# SPDX-License-Identifier: GPL-2.0-only
# The module's files in a program: a stand-in for the kernel's headers in $(OUT)/kernel, which their
# objects depend on as $(MADE). It is made again whenever the module includes another header.

KERNEL_HEADERS := $(filter-out linux/truechime.h linux/errno.h linux/limits.h,$(sort \
	$(shell sed -n 's/^.include <\(linux.*\)>/\1/p' \
	$(wildcard $(TOP)/kmod/*.[ch] $(TOP)/kmod/core/*.[ch]))))
MADE := $(OUT)/kernel/.made-$(firstword $(shell echo $(KERNEL_HEADERS) | cksum))

$(MADE): Makefile $(TOP)/selftests/module_kernel.mk
	@for header in $(KERNEL_HEADERS); do \
		mkdir -p $(OUT)/kernel/$$(dirname $$header); \
		echo '#include "$(TOP)/selftests/unit/module_kernel.h"' >$(OUT)/kernel/$$header; \
	done
	@touch $@
