# SPDX-License-Identifier: GPL-2.0-only OR MIT
# unit.mk - unit tests, under ASan and UBSan, and the example of the library.
#
# Tests of the engine's interface link the library as it is installed, built
# again with sanitizers. All others take from one archive what they name, of all
# modules that do not see libbpf; it is never linked, so linking proves that they
# are pure.
UNIT_DIR   := $(O)/unit
UNIT       := $(patsubst tests/unit/%.c,$(UNIT_DIR)/%,$(wildcard tests/unit/test_*.c))
UNIT_API   := $(filter $(UNIT_DIR)/test_engine%,$(UNIT))
UNIT_PURE  := $(shell grep -LE '\#include (<bpf/|".*skel\.h")' $(wildcard user/*/*.c))
# Parts of other test programs.
UNIT_PARTS := $(addprefix tests/,$(addsuffix .c,card/memory card/ring card/nic truth/gates truth/plan \
	      truth/script truth/trace lib/say))
UNIT_OBJ   := $(patsubst %.c,$(UNIT_DIR)/obj/%.o,$(UNIT_PURE) $(UNIT_PARTS) $(wildcard tests/unit/*.c))
UNIT_ENGINE := $(filter $(UNIT_DIR)/obj/user/engine/%,$(UNIT_OBJ))
UNIT_HELP  := $(filter-out $(UNIT_DIR)/obj/tests/unit/test_%,$(filter $(UNIT_DIR)/obj/tests/%,$(UNIT_OBJ)))

.PHONY: unit units example page
$(UNIT_OBJ): $(UNIT_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN) $(DEPS) -Iinclude -Iuser -Itests/unit -Itests -c $< -o $@

$(UNIT_ENGINE): override CFLAGS += -fvisibility=hidden

$(UNIT_DIR)/libpageflight.a: $(UNIT_ENGINE)
	$(call say,LIB,$@)
	$(Q)$(call localize,$^,$@)

$(UNIT_DIR)/libuser.a: $(filter $(UNIT_DIR)/obj/user/%,$(UNIT_OBJ))
$(UNIT_DIR)/libhelp.a: $(UNIT_HELP)
$(UNIT_DIR)/libuser.a $(UNIT_DIR)/libhelp.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(UNIT_API): UNIT_LIB := $(UNIT_DIR)/libpageflight.a
$(filter-out $(UNIT_API),$(UNIT)): UNIT_LIB := $(UNIT_DIR)/libuser.a
$(UNIT): $(UNIT_DIR)/%: $(UNIT_DIR)/obj/tests/unit/%.o $(UNIT_DIR)/libhelp.a $(UNIT_DIR)/libuser.a $(UNIT_DIR)/libpageflight.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) $< $(UNIT_DIR)/libhelp.a $(UNIT_LIB) -lyajl -lseccomp -lsqlite3 -lmicrohttpd -lncursesw -ltinfo -pthread -ljson-c -lcmocka -o $@

units: $(UNIT)

page: $(UNIT_DIR)/test_review
	$(Q)O=$(O) tests/page

unit: units example
	$(Q)set -e; for t in $(UNIT); do $$t; done

# Against what `make install` puts there, in a folder of its own. What waits needs a kernel
# that allows BPF, so of that no more is tested than that it can be linked.
EXAMPLE := $(O)/example
example: $(LIB) $(NOW_LIB)
	$(Q)rm -rf $(EXAMPLE)
	$(Q)$(MAKE) install-lib DESTDIR= PREFIX=$(abspath $(EXAMPLE)) LIBDIR=$(abspath $(EXAMPLE))/lib > /dev/null
	$(call say,LINK,$(EXAMPLE)/example)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) docs/example.c -o $(EXAMPLE)/example \
		$$(PKG_CONFIG_PATH=$(EXAMPLE)/lib/pkgconfig pkg-config --cflags --libs pageflight)
	$(Q)$(CC) $(CFLAGS) docs/example_now.c -o $(EXAMPLE)/example_now \
		$$(PKG_CONFIG_PATH=$(EXAMPLE)/lib/pkgconfig pkg-config --cflags --libs --static pageflight-now)
	$(Q)$(EXAMPLE)/example | grep -q '^corrupt, unsent: '

-include $(UNIT_OBJ:.o=.d)
