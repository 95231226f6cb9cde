# SPDX-License-Identifier: GPL-2.0-only OR MIT
# tests.mk - what all test programs share, and those that tests/guest/run-all runs inside a guest.
SAY           := $(O)/tests/lib/say.o
BPF_TEST_SRC  := $(wildcard tests/bpf/*.c)
BPF_TEST_OBJ  := $(BPF_TEST_SRC:%.c=$(O)/%.o)
BPF_TESTS     := $(filter $(O)/tests/bpf/test_%,$(BPF_TEST_SRC:%.c=$(O)/%))
BPF_TEST_LIB  := $(filter-out $(O)/tests/bpf/test_%,$(BPF_TEST_OBJ))
GUEST_PROGS   := $(patsubst %.c,$(O)/%,$(wildcard tests/guest/*.c))

.PHONY: guest-tests
guest-tests: $(BPF_TESTS) $(GUEST_PROGS)

$(BPF_TEST_OBJ) $(SAY): $(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -Iinclude -Iuser -Itests -c $< -o $@

$(BPF_TESTS): %: %.o $(BPF_TEST_LIB) $(SAY) $(USER_LIB) $(LIB) | $(SYSLIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -lcmocka -pthread -o $@

$(GUEST_PROGS): $(O)/%: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -pthread $< -o $@

-include $(BPF_TEST_OBJ:.o=.d) $(SAY:.o=.d) $(addsuffix .d,$(GUEST_PROGS))
