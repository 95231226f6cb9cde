# SPDX-License-Identifier: GPL-2.0-only OR MIT
# cures.mk - the cures of the race, tried and measured.
#
#   make cures [PARTS="race servers host"]
CURES_DIR := $(O)/tests/cures
CURES     := $(CURES_DIR)/cures
CURES_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard tests/cures/*.c))

$(CURES_OBJ): $(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -Iinclude -Itests -c $< -o $@

$(CURES): $(CURES_OBJ) $(BENCH_DIR)/median.o $(SAY) $(NOW_LIB) | $(SYSLIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -pthread -o $@

guest-tests: $(CURES)

.PHONY: cures
cures: all guest-tests
	$(Q)tests/cures/run $(PARTS)

-include $(CURES_OBJ:.o=.d)
