# SPDX-License-Identifier: GPL-2.0-only
# How a rule says what it makes, as the kernel's build does: "  CC      user/lib/log.o", the file
# below $(BUILD). With V=1 make prints its commands instead, with -s neither.
Q := $(if $(filter 1,$(V)),,@)
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(Q),$(if $(silent),,@printf '  %-7s %s\n' $(1) $(@:$(abspath $(BUILD))/%=%)))
