# SPDX-License-Identifier: GPL-2.0-only OR MIT
# pageflight: quiet incremental build. V=1 shows commands, O=DIR builds elsewhere.
O        ?= build
CLANG    ?= clang
BPFTOOL  ?= bpftool
ARCH     ?= $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
CFLAGS   ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -D_GNU_SOURCE
BPFFLAGS := -g -O2 -Wall -Werror --target=bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH)
DEPS      = -MMD -MP
SAN      := -fsanitize=address,undefined -fno-omit-frame-pointer
LIBS     := -lbpf -lelf -lz -ljson-c

ifeq ($(V),1)
Q   :=
say  =
else
Q   := @
say  = @printf '  %-8s %s\n' $(1) $(2);
MAKEFLAGS += --no-print-directory
endif

# The definitions come first: libbpf's linker loses the offset of a map whose
# extern declaration it meets before.
BPF_SRC  := bpf/maps.bpf.c $(filter-out bpf/maps.bpf.c,$(wildcard bpf/*.bpf.c))
USER_SRC := $(wildcard user/*.c)
BPF_OBJ  := $(BPF_SRC:%.c=$(O)/%.o)
USER_OBJ := $(USER_SRC:%.c=$(O)/%.o)
SKEL     := $(O)/pageflight.skel.h

.PHONY: all clean
all: $(O)/pageflight

# bpf/ sees include/ and vmlinux/; user/ sees include/ and, in loader.c alone,
# the skeleton. Neither can name the other's files.
$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPFFLAGS) $(DEPS) -Iinclude -Ivmlinux/$(ARCH) -c $< -o $@

$(O)/pageflight.bpf.o: $(BPF_OBJ) Makefile
	$(call say,GEN-OBJ,$@)
	$(Q)$(BPFTOOL) gen object $@ $(BPF_OBJ)

$(SKEL): $(O)/pageflight.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name pageflight > $@

$(O)/user/loader.o: $(SKEL)
$(O)/user/loader.o: INC := -I$(O)

$(O)/user/%.o: user/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) $(DEPS) -Iinclude $(INC) -c $< -o $@

$(O)/pageflight: $(USER_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

clean:
	$(call say,CLEAN,$(O))
	$(Q)rm -rf $(O)

.DELETE_ON_ERROR:
.SECONDARY:
-include $(BPF_OBJ:.o=.d) $(USER_OBJ:.o=.d)
