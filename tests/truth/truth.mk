# SPDX-License-Identifier: GPL-2.0-only OR MIT
# truth.mk - the truth bench.
#
#   make truth [NET=card [NOISE=7]] [N=2000] [SEED=1] [FLOW=n [TIMES=100]] [CONTENT="edges wire"] [KERNELS="6.1 6.12 6.18 7.x"]
N         ?= 2000
SEED      ?= 1
CONTENT   ?= edges wire
TRUTH_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard tests/truth/*.c))
TRUTH     := $(O)/tests/truth/truth
CARD_OBJ  := $(patsubst %.c,$(O)/%.o,$(wildcard tests/card/*.c)) \
	     $(patsubst %,$(O)/tests/truth/%.o,gates plan script trace)
CARD      := $(O)/tests/card/card

$(TRUTH_OBJ) $(filter $(O)/tests/card/%,$(CARD_OBJ)): $(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -Itests -c $< -o $@

$(TRUTH): $(TRUTH_OBJ) $(SAY) | $(SYSLIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -ljson-c -pthread -o $@

$(CARD): $(CARD_OBJ) $(SAY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

.PHONY: truth truth-bench
truth-bench: $(TRUTH)

truth: all $(TRUTH) $(CARD)
	$(Q)tests/truth/run $(if $(NET),--net $(NET)) --kernels "$(KERNELS)" --modes "$(CONTENT)" -- --seed $(SEED) \
		--flows $(N) $(if $(FLOW),--flow $(FLOW) $(if $(TIMES),--times $(TIMES))) $(if $(NOISE),--noise $(NOISE))

-include $(TRUTH_OBJ:.o=.d) $(CARD_OBJ:.o=.d)
