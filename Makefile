# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
#   make              build/pageflight; V=1 shows commands, O=DIR builds elsewhere
#   make demo         install what is missing, build, show a corruption caught live (root)
#   make check        install what is missing, build, run every test on every kernel
#   make test         unit and lint: without root, without network
#   make unit         unit tests
#   make page         the page of a report in a browser without a screen
#   make lint         house rules: tests/lint.d
#   make reproducible two builds in two places are the same, byte for byte
#   make vm           guest tests and a short truth bench: KERNELS="6.1 6.12 6.18 7.x"; the refusal on 5.10
#   make truth        the truth bench: N=2000 flows on each kernel, in modes edges and wire; NET=card between two machines
#   make matrix       all of `make vm` on kernels x flavours x processors x architectures: CELLS=REGEX FLOWS=300
#   make servers      unmodified servers whose files are overwritten: ONLY=REGEX
#   make fleet        the service under systemd, scraped by Prometheus
#   make cures        each cure of the race, tried, and measured as root: PARTS="race servers host"
#   make bench        what watching costs: tables and goals
#   make scale        a million pages in flight; what one user can make others pay; ls, wait and top with 10,000 connections
#   make fuzz         fuzz targets: SECONDS=60 in all
#   make soak         a host under load, sessions that come and go: MINUTES=10 KERNELS=6.12 PREEMPT=full
#   make guest-tests  the programs that run in guests, which tests/vm/run starts
#   make arm64        build/arm64, for arm64, like `make ARCH=arm64 O=build/arm64`
#   make install      PREFIX= LIBDIR= DESTDIR=
#   make static       build/static/pageflight: one file that needs nothing of a host but its kernel
#   make alone        boots what make static and make deb made, with nothing else: KERNELS="6.1 6.12 6.18 7.x"
#   make deb          Debian packages in build/deb, built and checked: SUITES="bookworm trixie"
#   make deps         install the packages all this needs (apt), or list what is missing

HOST     := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
ARCH     ?= $(HOST)
O        ?= build
CLANG    ?= clang
BPFTOOL  ?= $(or $(shell command -v bpftool),/usr/sbin/bpftool)
OBJCOPY  ?= objcopy
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
VERSION  := 0.1.0
# CPPFLAGS, CFLAGS and LDFLAGS are the builder's. WERROR=1 makes errors of warnings, as CI does.
CFLAGS   ?= -O2 -g
STRICT   := $(if $(filter-out 0,$(WERROR)),-Werror)
# Where it was built does not show in what was built.
MAPDIR   := -ffile-prefix-map=$(CURDIR)=.
override CPPFLAGS += -D_GNU_SOURCE
override CFLAGS += -std=gnu11 -Wall -Wextra -Wmissing-prototypes $(STRICT) \
	$(MAPDIR) -ffile-prefix-map=$(abspath $(O))=build
BPFFLAGS := -g -O2 -Wall $(STRICT) $(MAPDIR) --target=bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH)
DEPS      = -MMD -MP
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIBS     := -lbpf -lelf -lz -lyajl -lseccomp -lsqlite3 -lmicrohttpd -lncursesw -ltinfo -lm -pthread
# With STATIC=1 the program has its libraries inside, and --version says which. It has no HTTP server: Debian's
# libmicrohttpd wants TLS, and of a part of that there is no static library.
ifeq ($(STATIC),1)
LIBS     := -static-pie $(filter-out -lmicrohttpd,$(LIBS:-lyajl=-lyajl_s))
$(O)/user/run/helper_http.o: INC := -DPF_NO_HTTP
INSIDE   := $(foreach lib,libbpf libelf zlib yajl libseccomp sqlite3 ncursesw,$(lib) $(shell pkg-config --modversion $(lib)),)
endif
KERNELS  ?= 6.1 6.12 6.18 7.x
FLOWS    ?= 300
# Of `make check` and `make demo`, which are called without -j.
PARALLEL  = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# For another architecture: its compiler, and Debian's libraries of it, in a folder of their own.
ifneq ($(ARCH),$(HOST))
CROSS-arm64 := aarch64-linux-gnu-
CC          := $(CROSS-$(ARCH))gcc
OBJCOPY     := $(CROSS-$(ARCH))objcopy
SYSLIBS     := $(O)/syslibs
LDFLAGS     += -L$(SYSLIBS) -Wl,-rpath-link,$(SYSLIBS)

.PHONY: $(SYSLIBS)
$(SYSLIBS):
	@mkdir -p $(@D)
	$(Q)libs=$$(tests/vm/fetch --arch $(ARCH) --libs) && ln -sfn $$libs $@
endif

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
BPF_SRC  := bpf/base/maps.bpf.c $(filter-out bpf/base/maps.bpf.c bpf/now/% bpf/top/%,$(wildcard bpf/*.bpf.c bpf/*/*.bpf.c))
# The walk through the queues of sockets is an object of its own.
NOW_SRC  := bpf/now/maps.bpf.c bpf/kernel/page.bpf.c $(filter-out bpf/now/maps.bpf.c,$(wildcard bpf/now/*.bpf.c))
# So is the look for the worst connections and files.
TOP_SRC  := bpf/top/maps.bpf.c bpf/kernel/page.bpf.c $(filter-out bpf/top/maps.bpf.c,$(wildcard bpf/top/*.bpf.c))
# Two objects: one for kernels that let programs turn preemption off, and one for others.
ON_OBJ   := $(O)/bpf/kernel/atomic_on.bpf.o
OFF_OBJ  := $(O)/bpf/kernel/atomic_off.bpf.o
USER_SRC := $(wildcard user/*.c user/*/*.c)
BPF_OBJ  := $(BPF_SRC:%.c=$(O)/%.o)
NOW_OBJ  := $(NOW_SRC:%.c=$(O)/%.o)
TOP_OBJ  := $(TOP_SRC:%.c=$(O)/%.o)
USER_OBJ := $(USER_SRC:%.c=$(O)/%.o)
LIB_OBJ  := $(filter $(O)/user/engine/%,$(USER_OBJ))
LIB      := $(O)/libpageflight.a
NOW_LIB  := $(O)/libpageflight-now.a
USER_LIB := $(O)/libuser.a
SKEL     := $(O)/pageflight.skel.h $(O)/atomic.skel.h

.DEFAULT_GOAL := all
include tests/unit/unit.mk tests/tests.mk tests/truth/truth.mk tests/bench/bench.mk \
	tests/cures/cures.mk tests/fuzz/fuzz.mk tests/soak/soak.mk

.PHONY: all check test reproducible deb static alone vm matrix servers fleet lint arm64 demo deps install install-lib clean
all: $(O)/pageflight $(LIB) $(NOW_LIB)

# bpf/ sees include/ and vmlinux/; user/ sees include/ and, in loader.c, walker.c and
# worst.c alone, the skeletons. Neither can name the other's files.
$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPFFLAGS) $(DEPS) -Iinclude -Ibpf -Ivmlinux/$(ARCH) -c $< -o $@

$(O)/pageflight.bpf.o: $(BPF_OBJ) Makefile
	$(call say,GEN-OBJ,$@)
	$(Q)$(BPFTOOL) gen object $@ $(filter-out $(ON_OBJ),$(BPF_OBJ))

$(O)/atomic.bpf.o: $(BPF_OBJ) Makefile
	$(call say,GEN-OBJ,$@)
	$(Q)$(BPFTOOL) gen object $@ $(filter-out $(OFF_OBJ),$(BPF_OBJ))

$(O)/now.bpf.o: $(NOW_OBJ) Makefile
	$(call say,GEN-OBJ,$@)
	$(Q)$(BPFTOOL) gen object $@ $(NOW_OBJ)

$(O)/top.bpf.o: $(TOP_OBJ) Makefile
	$(call say,GEN-OBJ,$@)
	$(Q)$(BPFTOOL) gen object $@ $(TOP_OBJ)

$(O)/%.skel.h: $(O)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

$(O)/user/kernel/loader.o: $(SKEL)
$(O)/user/kernel/walker.o: $(O)/now.skel.h
$(O)/user/kernel/worst.o: $(O)/top.skel.h
$(O)/user/kernel/loader.o $(O)/user/kernel/walker.o $(O)/user/kernel/worst.o: INC := -I$(O)
$(O)/user/base/version.o: INC := -DPF_VERSION='"$(VERSION)"' $(if $(INSIDE),-DPF_INSIDE='"$(INSIDE)"')
$(O)/user/base/version.o: Makefile

$(O)/user/%.o: user/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -Iinclude -Iuser $(INC) -c $< -o $@

# The engine as one object, of which only the public names are left.
$(LIB_OBJ): override CFLAGS += -fvisibility=hidden

localize = $(CC) -r -nostdlib $(1) -o $(2:.a=.o) && $(OBJCOPY) --localize-hidden $(2:.a=.o) && \
	rm -f $(2) && $(AR) rcs $(2) $(2:.a=.o)

$(LIB): $(LIB_OBJ)
	$(call say,LIB,$@)
	$(Q)$(call localize,$^,$@)

# What waits for sockets, as one object with three names. It needs libbpf, libelf and zlib.
$(NOW_LIB): $(O)/user/now/api.o $(USER_LIB) $(LIB)
	$(call say,LIB,$@)
	$(Q)$(CC) -r -nostdlib $^ -o $(@:.a=.o)
	$(Q)$(OBJCOPY) --keep-global-symbol=pf_now_open --keep-global-symbol=pf_now_wait \
		--keep-global-symbol=pf_now_close $(@:.a=.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $(@:.a=.o)

# All the rest but main.c. A program takes from it what it needs.
$(USER_LIB): $(filter-out $(LIB_OBJ) $(O)/user/main.o,$(USER_OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/pageflight: $(O)/user/main.o $(USER_LIB) $(LIB) | $(SYSLIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

vm: all guest-tests $(TRUTH) $(CARD)
	$(Q)tests/check --kernels "$(KERNELS)"

matrix: all guest-tests $(TRUTH) arm64
	$(Q)tests/matrix --cells "$(CELLS)" --flows $(FLOWS) --only "$(ONLY)"

servers: all
	$(Q)tests/servers/run --only "$(or $(ONLY),.)"

fleet: all
	$(Q)tests/fleet/run

check: deps
	$(Q)$(MAKE) $(PARALLEL) all units fuzzers example guest-tests $(TRUTH) $(CARD) arm64
	$(Q)$(MAKE) lint
	$(Q)tests/check --kernels "$(KERNELS)" --unit "$(UNIT)" --fuzz "$(FUZZ)"

# What a packager runs.
test: unit lint

reproducible:
	$(Q)tests/reproducible

deb:
	$(Q)tests/deps deploy
	$(Q)tests/deploy/deb $(SUITES)

static:
	$(Q)tests/deps deploy
	$(Q)tests/deploy/static

alone:
	$(Q)tests/deploy/alone $(KERNELS)

lint: $(O)/pageflight $(O)/pageflight.bpf.o $(O)/now.bpf.o $(O)/top.bpf.o $(LIB)
	$(Q)O=$(O) tests/lint

# Types differ, so does the folder: an arm64 build never mixes with this one.
arm64:
	$(Q)$(MAKE) ARCH=arm64 O=$(O)/arm64 CC=aarch64-linux-gnu-gcc all guest-tests truth-bench

demo: deps
	$(Q)$(MAKE) $(PARALLEL) all
	$(Q)tests/demo

deps:
	$(Q)tests/deps

# A program that uses the engine alone needs no more than this.
install-lib: $(LIB) $(NOW_LIB)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/pageflight include/pageflight.h include/wire.h \
		include/pageflight_now.h
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(LIB) $(NOW_LIB)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed 's:@PREFIX@:$(PREFIX):; s:@LIBDIR@:$(LIBDIR):; s:@VERSION@:$(VERSION):' user/engine/pageflight.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/pageflight.pc
	sed 's:@PREFIX@:$(PREFIX):; s:@LIBDIR@:$(LIBDIR):; s:@VERSION@:$(VERSION):' user/now/pageflight-now.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/pageflight-now.pc

install: all install-lib
	install -D -m 755 $(O)/pageflight $(DESTDIR)$(PREFIX)/sbin/pageflight
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/*.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 docs/*.7
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/pageflight docs/*.md
	install -D -m 644 docs/deploy/completion/bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pageflight
	install -D -m 644 docs/deploy/completion/zsh $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_pageflight
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's:@PREFIX@:$(PREFIX):' docs/deploy/pageflight.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/pageflight.service
	install -D -m 644 docs/deploy/pageflight.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/pageflight.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/pageflight/fleet docs/deploy/fleet/*

clean:
	$(call say,CLEAN,$(O))
	$(Q)rm -rf $(O)/bpf $(O)/user $(O)/unit $(O)/fuzz $(O)/tests $(O)/arm64 $(O)/example $(O)/lib* $(O)/pageflight*

.DELETE_ON_ERROR:
.SECONDARY:
-include $(BPF_OBJ:.o=.d) $(NOW_OBJ:.o=.d) $(TOP_OBJ:.o=.d) $(USER_OBJ:.o=.d)
