# SPDX-License-Identifier: GPL-2.0-only OR MIT
# fuzz.mk - fuzz targets, by libFuzzer, under ASan and UBSan. What a target finds
# is kept in build/fuzz; tests/fuzz/corpus has inputs that found something, and
# some to begin with.
#
#   make fuzz [SECONDS=60] [FUZZ="engine options"]
SECONDS   ?= 60
FUZZ_DIR  := $(O)/fuzz
FUZZ      ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS   := $(FUZZ:%=$(FUZZ_DIR)/fuzz_%)
FUZZ_OBJ  := $(patsubst %.c,$(FUZZ_DIR)/obj/%.o,$(wildcard tests/fuzz/*.c) \
	$(filter-out user/run/% user/commands/%,$(UNIT_PURE)))

$(FUZZ_OBJ): $(FUZZ_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CLANG) $(CPPFLAGS) $(CFLAGS) $(SAN) -fsanitize=fuzzer-no-link $(DEPS) -Iinclude -Iuser -Itests/fuzz -c $< -o $@

$(FUZZ_DIR)/libuser.a: $(filter $(FUZZ_DIR)/obj/user/%,$(FUZZ_OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(FUZZERS): $(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/obj/tests/fuzz/fuzz_%.o $(FUZZ_DIR)/obj/tests/fuzz/fuzz.o $(FUZZ_DIR)/libuser.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(CFLAGS) $(SAN) -fsanitize=fuzzer $(LDFLAGS) $^ -lyajl -lsqlite3 -o $@

.PHONY: fuzz fuzzers
fuzzers: $(FUZZERS)

fuzz: fuzzers
	$(Q)O=$(O) tests/fuzz/run --seconds $(SECONDS) $(FUZZ)

-include $(FUZZ_OBJ:.o=.d)
