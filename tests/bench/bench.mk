# SPDX-License-Identifier: GPL-2.0-only OR MIT
# bench.mk - what watching costs, and whether it grows.
#
#   make bench [KERNELS="6.1 6.12"] [ROUNDS=5] [WATCHERS="floor edges wire excluded bpftrace"]
#   make scale [KERNELS=6.12]
ROUNDS     ?= 5
# Unless KERNELS is given, fewer than what the tests take: the figures hardly differ.
BENCH_KERNELS := $(if $(filter file,$(origin KERNELS)),6.1 6.12,$(KERNELS))
BENCH_DIR  := $(O)/tests/bench
BENCH_OBJ  := $(patsubst %.c,$(O)/%.o,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
BENCH_LIB  := $(patsubst %,$(BENCH_DIR)/%.o,median net watcher floor progs) $(SAY)

$(BENCH_DIR)/fingerprint.bpf.o: tests/bench/fingerprint.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPFFLAGS) $(DEPS) -Iinclude -Ivmlinux/$(ARCH) -c $< -o $@

$(BENCH_DIR)/fingerprint.skel.h: $(BENCH_DIR)/fingerprint.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name fingerprint_bpf > $@

$(BENCH_DIR)/fp_cost.o: $(BENCH_DIR)/fingerprint.skel.h
$(BENCH_DIR)/fp_cost.o: INC := -I$(BENCH_DIR)

$(BENCH_OBJ): $(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -Iinclude -Iuser -Itests $(INC) -c $< -o $@

$(BENCH_DIR)/bench: $(patsubst %,$(BENCH_DIR)/%.o,bench load acks report fp_cost) $(BENCH_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -ljson-c -o $@

$(BENCH_DIR)/scale: $(patsubst %,$(BENCH_DIR)/%.o,scale share load acks) $(BENCH_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -ljson-c -o $@

$(BENCH_DIR)/engine: $(patsubst %,$(BENCH_DIR)/%.o,engine) $(SAY) $(USER_LIB) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lyajl -o $@

$(BENCH_DIR)/now: $(patsubst %,$(BENCH_DIR)/%.o,now net median) $(SAY) $(USER_LIB) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lbpf -lelf -lz -pthread -o $@

$(BENCH_DIR)/top: $(patsubst %,$(BENCH_DIR)/%.o,top net) $(SAY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

$(BENCH_DIR)/record: $(patsubst %,$(BENCH_DIR)/%.o,record) $(SAY) $(USER_LIB) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lyajl -lseccomp -lsqlite3 -lmicrohttpd -lncursesw -ltinfo -pthread -o $@

$(BENCH_DIR)/native: $(patsubst %,$(BENCH_DIR)/%.o,native median) $(SAY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

BENCHES    := $(patsubst %,$(BENCH_DIR)/%,bench scale now top engine record native)

.PHONY: bench scale benches
benches: all $(BENCHES)

bench: benches
	$(Q)tests/bench/run cost --kernels "$(BENCH_KERNELS)" --rounds $(ROUNDS) \
		$(if $(WATCHERS),--watchers "$(WATCHERS)")

scale: benches guest-tests
	$(Q)tests/bench/run scale --kernels "$(BENCH_KERNELS)"

-include $(BENCH_OBJ:.o=.d) $(BENCH_DIR)/fingerprint.bpf.d
