# SPDX-License-Identifier: GPL-2.0-only OR MIT
# soak.mk - a host under load for minutes, with sessions that come and go.
#
#   make soak [MINUTES=10] [KERNELS=6.12] [PREEMPT=full]
MINUTES      ?= 10
# Unless KERNELS is given, one: a kernel takes its time.
SOAK_KERNELS := $(if $(filter file,$(origin KERNELS)),6.12,$(KERNELS))

.PHONY: soak
soak: all guest-tests $(TRUTH)
	$(Q)tests/soak/run --kernels "$(SOAK_KERNELS)" --minutes $(MINUTES) \
		$(if $(PREEMPT),--preempt $(PREEMPT))
