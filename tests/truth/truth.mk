# SPDX-License-Identifier: GPL-2.0-only OR MIT
# truth.mk - the truth bench.
#
#   make truth [N=2000] [SEED=1] [FLOW=n] [CONTENT="edges wire"] [KERNELS="6.1 6.12 6.18 7.x"]
N         ?= 2000
SEED      ?= 1
CONTENT   ?= edges wire
TRUTH_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard tests/truth/*.c))
TRUTH     := $(O)/tests/truth/truth

$(TRUTH_OBJ): $(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) $(DEPS) -Itests -c $< -o $@

$(TRUTH): $(TRUTH_OBJ) $(SAY) | $(SYSLIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -ljson-c -pthread -o $@

.PHONY: truth truth-bench
truth-bench: $(TRUTH)

truth: all $(TRUTH)
	$(Q)tests/truth/run --kernels "$(KERNELS)" --modes "$(CONTENT)" -- --seed $(SEED) \
		--flows $(N) $(if $(FLOW),--flow $(FLOW))

-include $(TRUTH_OBJ:.o=.d)
