# arenatop: build, test, install. `make help` lists what there is to make.

VERSION := 0.1.0

# ---- where things go ----

BUILD  := build
PREFIX := /usr/local
bindir  = $(DESTDIR)$(PREFIX)/bin
libdir  = $(DESTDIR)$(PREFIX)/lib
incdir  = $(DESTDIR)$(PREFIX)/include
mandir  = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions

# ---- Debian packages: the one list ----

PACKAGES_build := gcc g++ make pkg-config libncurses-dev libjansson-dev libzstd-dev libmicrohttpd-dev
PACKAGES_run   := libjemalloc2
PACKAGES_test  := libjemalloc-dev libcmocka-dev \
                  redis-server redis-tools memcached libmemcached-tools prometheus \
                  tmux jq git binutils procps strace zsh \
                  clang-format clang-tidy cppcheck shellcheck \
                  python3 python3-jsonschema python3-lxml chromium
PACKAGES_long  := valgrind gcovr
PACKAGES_fuzz  := clang
# What the benches compare with; varnish brings varnishstat, procps top and slabtop.
PACKAGES_bench := varnish htop procps mariadb-server-core mariadb-client bsdextrautils
PACKAGES_peers := heaptrack google-perftools libgoogle-perftools4 valgrind bpftrace bsdextrautils
# The programs of the matrix, and those whose own tests are run.
PACKAGES_hosts := varnish bind9 bind9-dnsutils mariadb-server-core mariadb-client openjdk-17-jdk-headless nodejs \
                  librocksdb-dev nginx nginx-common ffmpeg libpython3.11-testsuite stress-ng rustc

# What may install packages, and which it needs; every other target only looks whether those for building are there.
WANTED := $(if $(filter demo,$(MAKECMDGOALS)),build run) \
          $(if $(filter check check-% bench,$(MAKECMDGOALS)),build run test) \
          $(if $(filter bench,$(MAKECMDGOALS)),bench) \
          $(if $(filter bench-peers,$(MAKECMDGOALS)),build run peers) \
          $(if $(filter check-hosts check-all,$(MAKECMDGOALS)),hosts) \
          $(if $(filter check-ci check-valgrind check-coverage check-long,$(MAKECMDGOALS)),long) \
          $(if $(filter check-ci check-long fuzz,$(MAKECMDGOALS)),build fuzz)
WANTED := $(sort $(WANTED))

# ---- tools and flags ----

CC     := gcc
CXX    := g++
FUZZCC := clang
PKG_CONFIG := pkg-config
OBJCOPY = $(shell $(CC) -print-prog-name=objcopy)

# Left to the user, also in the environment, where distributions have them; what the house itself needs is added to them.
# SANITIZE is set by check-asan, check-tsan and fuzz, COVERAGE by check-coverage.
CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O2 -g
LDFLAGS  ?=
SANITIZE :=
COVERAGE :=

VIEWER_LIBRARIES := ncursesw jansson libzstd libmicrohttpd
TEST_LIBRARIES   := cmocka
# Asked when used, not when read: by then `make check` and `make demo` have installed what was missing.
VIEWER_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(VIEWER_LIBRARIES))
VIEWER_LIBS   = $(shell $(PKG_CONFIG) --libs $(VIEWER_LIBRARIES))
TEST_CFLAGS   = $(shell $(PKG_CONFIG) --cflags $(TEST_LIBRARIES))
TEST_LIBS     = $(shell $(PKG_CONFIG) --libs $(TEST_LIBRARIES))

# Under flags of others (-O3, -flto) compilers suspect what is no fault: that is told, and the program built all the same.
WERROR  := $(if $(filter file,$(origin CFLAGS)),-Werror)
WARN    := -Wall -Wextra -Wpedantic $(WERROR) -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wundef -Wvla \
           -Wcast-align -Wcast-qual -Wpointer-arith -Wwrite-strings -Wdouble-promotion -Wnull-dereference \
           -Wimplicit-fallthrough
WARN_C  := $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wnested-externs

machine := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
flow_x86_64  := -fcf-protection
flow_aarch64 := -mbranch-protection=standard
HARDEN  := -fstack-protector-strong -fstack-clash-protection $(flow_$(machine))
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2

DEFINES := -D_GNU_SOURCE -DAT_VERSION='"$(VERSION)"'
COMMON   = -MMD -MP -MF $@.d -MT $@ -pthread $(DEFINES) $(HARDEN)
# The sanitizers bring checks of their own that _FORTIFY_SOURCE would hide from them. What the compiler makes of a memset() by
# itself the thread sanitizer does not see.
GUARD   := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(FORTIFY)) \
           $(if $(filter thread,$(SANITIZE)),-fno-builtin) $(COVERAGE)

# agent/ and viewer/ see proto/ and themselves, never each other.
INCLUDES_proto  := -Iproto
INCLUDES_agent  := -Iproto -Iagent
INCLUDES_viewer := -Iproto -Iviewer
INCLUDES_tests  := -Iproto -Itests/lib

COMPILE    = $(CC) -std=c11 $(COMMON) $(WARN_C) $(CFLAGS)
COMPILEXX  = $(CXX) -std=c++17 $(COMMON) $(WARN) $(CXXFLAGS)
PROGRAM_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread $(LDFLAGS)

# The agent lives in somebody else's process: nothing but what it interposes is visible; TLS without calls; bound before
# the first instruction of the host, and never unloaded.
# No landing pads for indirect jumps: no system enforces them in user space, and jemalloc has none either.
# What passes on by a jump does so at -O1, too: dlopen() is to see its caller.
AGENT_CFLAGS := $(if $(filter x86_64,$(machine)),-fcf-protection=return) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -ffunction-sections -fdata-sections \
                -foptimize-sibling-calls
AGENT_LD     := -shared -Wl,-soname,libarenatop.so -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete \
                -Wl,--no-undefined -Wl,--gc-sections -Wl,--as-needed

# ---- what there is ----

AGENT_SRC  := $(wildcard agent/*.c)
VIEWER_SRC := $(wildcard viewer/*.c)
PROTO_SRC  := $(wildcard proto/*.c)
VIEWER_MADE := $(BUILD)/obj/viewer/report_css.o
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
STRESS_SRC := $(wildcard tests/stress/*.c)
MODEL_SRC  := $(wildcard tests/model/*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC  := $(wildcard tests/bench/*.c)
# cost is counted by steps, which knows one machine's instructions.
WORK_C     := $(filter-out $(if $(filter x86_64,$(machine)),,%/cost.c),$(wildcard tests/workloads/*.c))
WORK_CC    := $(wildcard tests/workloads/*.cc)
HOSTS      := $(wildcard tests/hosts/*.sh)
# Of real programs those whose packages are small; `make check` has them too.
E2E        := $(filter-out tests/e2e/lib.sh,$(wildcard tests/e2e/*.sh)) tests/hosts/redis.sh tests/hosts/memcached.sh

VIEWER_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(VIEWER_SRC) $(PROTO_SRC)) $(VIEWER_MADE)
AGENT_OBJ  := $(patsubst %.c,$(BUILD)/pic/%.o,$(AGENT_SRC) $(PROTO_SRC))
UNIT       := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
STRESS     := $(patsubst tests/stress/%.c,$(BUILD)/tests/stress/%,$(STRESS_SRC))
MODELS     := $(patsubst tests/model/%.c,$(BUILD)/tests/model/%,$(MODEL_SRC))
FUZZ       := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(FUZZ_SRC))
REPLAYS    := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/replay/%,$(FUZZ_SRC))
BENCHES    := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(BENCH_SRC))
WORKLOADS  := $(patsubst tests/workloads/%.c,$(BUILD)/tests/%,$(WORK_C)) \
              $(patsubst tests/workloads/%.cc,$(BUILD)/tests/%-cc,$(WORK_CC))

TOOLS := $(BUILD)/tests/synth $(BUILD)/tests/liar $(BUILD)/tests/kill_at $(BUILD)/tests/faults.so $(BUILD)/tests/faulty-jemalloc.so \
         $(if $(filter x86_64,$(machine)),$(BUILD)/tests/steps)

PROGRAMS := $(BUILD)/arenatop $(BUILD)/libarenatop.so
COMPLETE := $(BUILD)/complete/arenatop.bash $(BUILD)/complete/arenatop.zsh

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

say = $(if $(V),,@printf '  %-7s %s\n' '$1' '$2';) mkdir -p $(dir $@) &&

# ---- building ----

.PHONY: all
all: $(PROGRAMS) $(COMPLETE) ## build/arenatop, build/libarenatop.so and completion

.PHONY: packages
packages:
	@tests/packages $(if $(WANTED),install $(foreach w,$(WANTED),$(PACKAGES_$w)),check $(PACKAGES_build))

$(BUILD)/arenatop: $(VIEWER_OBJ)
	$(call say,LINK,$@) $(CC) $(GUARD) $(PROGRAM_LD) -o $@ $^ $(VIEWER_LIBS)

$(BUILD)/libarenatop.so: $(AGENT_OBJ)
	$(call say,LINK,$@) $(CC) $(AGENT_LD) $(COVERAGE) $(LDFLAGS) -o $@ $^

# What runs in this program and in its tests, under a sanitizer if one is asked for.
$(BUILD)/obj/%.o: %.c Makefile | packages
	$(call say,CC,$<) $(COMPILE) -fPIE $(GUARD) $(INCLUDES_$(firstword $(subst /, ,$*))) $(VIEWER_CFLAGS) -c -o $@ $<

# What is preloaded; never under a sanitizer, whose allocator would fight the host's.
$(BUILD)/pic/%.o: %.c Makefile | packages
	$(call say,CC,$<) $(COMPILE) $(FORTIFY) $(COVERAGE) $(AGENT_CFLAGS) $(INCLUDES_$(firstword $(subst /, ,$*))) -c -o $@ $<

# The style sheet of `arenatop report`, line by line as strings.
$(BUILD)/report/report_css.c: viewer/report.css
	$(call say,TABLE,$@) { printf '#include "report_page.h"\n\nconst char *const report_css[] = {\n' && \
	  sed -e 's/[\\"]/\\&/g' -e 's/.*/    "&",/' $< && \
	  printf '};\nconst size_t report_css_lines = sizeof(report_css) / sizeof(report_css[0]);\n'; } >$@
$(BUILD)/obj/viewer/report_css.o: $(BUILD)/report/report_css.c Makefile | packages
	$(call say,CC,$<) $(COMPILE) -fPIE $(GUARD) $(INCLUDES_viewer) $(VIEWER_CFLAGS) -c -o $@ $<

# Completion for the shells: their scripts, with the table that the commands' own option tables make.
$(BUILD)/complete/table: viewer/complete/table.c $(BUILD)/tests/libviewer.a $(BUILD)/tests/libproto.a Makefile | packages
	$(call say,LINK,$@) $(COMPILE) $(GUARD) -fPIE $(INCLUDES_viewer) $(VIEWER_CFLAGS) $(PROGRAM_LD) -o $@ $< \
	  $(filter %.a,$^) $(VIEWER_LIBS)
$(BUILD)/complete/table.txt: $(BUILD)/complete/table
	$(call say,TABLE,$@) $< >$@
$(BUILD)/complete/arenatop.%: viewer/complete/arenatop.% $(BUILD)/complete/table.txt
	$(call say,TABLE,$@) sed -e '/^@TABLE@$$/{r $(BUILD)/complete/table.txt' -e 'd}' $< >$@

# The manual: its text, with the tables of commands, keys and columns. It is kept beside the sources for whoever reads them
# there; a test says when it is stale.
$(BUILD)/manual/manual: viewer/manual/manual.c $(BUILD)/tests/libviewer.a $(BUILD)/tests/libproto.a Makefile | packages
	$(call say,LINK,$@) $(COMPILE) $(GUARD) -fPIE $(INCLUDES_viewer) $(VIEWER_CFLAGS) $(PROGRAM_LD) -o $@ $< \
	  $(filter %.a,$^) $(VIEWER_LIBS)
$(BUILD)/manual/arenatop.1: $(BUILD)/manual/manual viewer/manual/arenatop.1.in
	$(call say,MANUAL,$@) $< <viewer/manual/arenatop.1.in >$@

.PHONY: manual
manual: $(BUILD)/manual/arenatop.1 ## viewer/arenatop.1, anew
	cp $< viewer/arenatop.1

# ---- tests ----

# test_NAME.c is the test of NAME.c and sees what that module sees. A test that is no module's sees the whole house.
side      = $(firstword $(patsubst %/,%,$(dir $(wildcard $(foreach d,proto agent viewer,$d/$1.c)))))
sides     = $(if $(call side,$1),$(sort $(call side,$1) proto),agent viewer proto)
archives  = $(foreach s,$(sides) synth,$(BUILD)/tests/lib$s.a)
unit_name = $(patsubst test_%,%,$(patsubst fuzz_%,%,$(notdir $1)))

$(BUILD)/tests/lib%.a:
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^
$(BUILD)/tests/libproto.a: $(patsubst %.c,$(BUILD)/obj/%.o,$(PROTO_SRC))
$(BUILD)/tests/libviewer.a: $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out viewer/main.c,$(VIEWER_SRC))) $(VIEWER_MADE)
$(BUILD)/tests/libagent.a: $(patsubst %.c,$(BUILD)/tests/obj/%.o,$(AGENT_SRC))
$(BUILD)/tests/libsynth.a: $(BUILD)/obj/tests/lib/synth.o $(BUILD)/obj/tests/lib/synth_segment.o

# A test of the agent's logic must not have its own malloc and threads interposed: what the agent exports turns local.
$(BUILD)/tests/obj/%.o: $(BUILD)/obj/%.o tests/e2e/exports.txt
	$(call say,LOCAL,$<) $(OBJCOPY) --localize-symbols=tests/e2e/exports.txt $< $@

.SECONDEXPANSION:

$(BUILD)/tests/unit/%: tests/unit/%.c Makefile $$(call archives,$$(call unit_name,$$*)) | packages
	$(call say,TEST,$@) $(COMPILE) -fPIE $(GUARD) $(foreach s,$(call sides,$(call unit_name,$*)) tests/lib,-I$s) $(TEST_CFLAGS) \
	  $(VIEWER_CFLAGS) $(PROGRAM_LD) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(TEST_LIBS) $(VIEWER_LIBS)

# On arm64 there are holes between a program's segments; in this one there are on every machine.
$(BUILD)/tests/unit/test_objects: private PROGRAM_LD += -Wl,-z,max-page-size=65536

$(BUILD)/tests/stress/%: tests/stress/%.c Makefile $$(call archives,$$*) | packages
	$(call say,STRESS,$@) $(COMPILE) -fPIE $(GUARD) $(foreach s,$(call sides,$*) tests/lib,-I$s) $(VIEWER_CFLAGS) $(PROGRAM_LD) \
	  -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(VIEWER_LIBS)

# A model has the code that it checks compiled in, over memory of its own making.
$(BUILD)/tests/model/%: tests/model/%.c Makefile | packages
	$(call say,MODEL,$@) $(COMPILE) -fPIE $(GUARD) -Iproto -Iagent $(PROGRAM_LD) -o $@ $<

# A program that kills another at a system call; libraries that make calls fail: of libc, and of jemalloc, whose own objects have their control calls renamed for it.
$(BUILD)/tests/faults.so: tests/lib/faults.c Makefile | packages
	$(call say,LINK,$@) $(COMPILE) -fPIC -fvisibility=hidden -shared -o $@ $<
$(BUILD)/tests/liar: $(BUILD)/obj/tests/lib/liar.o $(BUILD)/tests/libsynth.a $(BUILD)/tests/libproto.a
	$(call say,LINK,$@) $(CC) $(GUARD) $(PROGRAM_LD) -o $@ $^
$(BUILD)/tests/kill_at: tests/lib/kill_at.c Makefile | packages
	$(call say,LINK,$@) $(COMPILE) $(FORTIFY) -fPIE $(PROGRAM_LD) -o $@ $<
$(BUILD)/tests/faulty-jemalloc.a: Makefile | packages
	$(call say,RENAME,$@) $(OBJCOPY) $(foreach f,mallctl mallctlbymib mallctlnametomib,--redefine-sym $f=real_$f) \
	  $(shell $(CC) -print-file-name=libjemalloc_pic.a) $@
$(BUILD)/tests/faulty-jemalloc.so: $(BUILD)/tests/faulty_mallctl.o $(BUILD)/tests/faulty-jemalloc.a
	$(call say,LINK,$@) $(CXX) -shared -o $@ $< -Wl,--whole-archive $(filter %.a,$^) -Wl,--no-whole-archive -pthread -lm
$(BUILD)/tests/faulty_mallctl.o: tests/lib/faulty_mallctl.c Makefile | packages
	$(call say,CC,$<) $(COMPILE) $(FORTIFY) -fPIC -fvisibility=hidden -c -o $@ $<

# A process that looks as if it ran under the agent, for tests of the viewer.
$(BUILD)/tests/synth: $(BUILD)/obj/tests/lib/synth_main.o $(BUILD)/tests/libsynth.a $(BUILD)/tests/libproto.a
	$(call say,LINK,$@) $(CC) $(GUARD) $(PROGRAM_LD) -o $@ $^

# Counts instructions, for the cost gate.
$(BUILD)/tests/steps: $(BUILD)/obj/tests/lib/steps.o
	$(call say,LINK,$@) $(CC) $(GUARD) $(PROGRAM_LD) -o $@ $^

# One of the programs of the matrix is the house's own: what RocksDB is used by is always somebody's program.
$(BUILD)/tests/hosts/rocks: tests/hosts/rocks.cc Makefile | packages
	$(call say,CXX,$<) $(COMPILEXX) $(FORTIFY) -o $@ $< -lrocksdb

$(BUILD)/tests/bench/%: tests/bench/%.c Makefile $$(call archives,$$*) | packages
	$(call say,BENCH,$@) $(COMPILE) -fPIE $(FORTIFY) $(foreach s,$(call sides,$*) tests/lib,-I$s) $(VIEWER_CFLAGS) $(PROGRAM_LD) -o $@ $< \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(VIEWER_LIBS)

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c Makefile $$(call archives,$$(call unit_name,$$*)) | packages
	$(call say,FUZZ,$@) $(COMPILE) -fPIE $(GUARD) -fsanitize=fuzzer $(foreach s,$(call sides,$(call unit_name,$*)) tests/lib,-I$s) \
	  $(VIEWER_CFLAGS) $(PROGRAM_LD) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(VIEWER_LIBS)

# The same without a fuzzer, by any compiler: what once broke a target is tried again in every check.
$(BUILD)/tests/replay/%: tests/fuzz/fuzz_%.c tests/lib/replay.c Makefile $$(call archives,$$*) | packages
	$(call say,REPLAY,$@) $(COMPILE) -fPIE $(GUARD) $(foreach s,$(call sides,$*) tests/lib,-I$s) $(VIEWER_CFLAGS) $(PROGRAM_LD) \
	  -o $@ $(filter %.c,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(VIEWER_LIBS)

# The workloads stand for other people's programs: they know nothing of arenatop, its flags or its headers.
$(BUILD)/tests/%-cc: tests/workloads/%.cc Makefile | packages
	$(call say,CXX,$<) $(COMPILEXX) $(FORTIFY) -o $@ $<
$(BUILD)/tests/%: tests/workloads/%.c Makefile | packages
	$(call say,CC,$<) $(COMPILE) $(FORTIFY) -o $@ $<

VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
.PHONY: check check-ci check-all check-hosts check-unit check-e2e check-long check-asan check-ubsan check-tsan check-valgrind check-coverage bench fuzz fuzz-keep
.PHONY: tests-built
tests-built: all $(UNIT) $(STRESS) $(MODELS) $(REPLAYS) $(TOOLS) $(WORKLOADS) ## all that the tests run

check: tests-built ## install what is missing, build, run every test
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) SUMMARY=$(BUILD)/summary tests/run $(UNIT) $(STRESS) $(MODELS) $(E2E)

check-hosts: all $(BUILD)/tests/hosts/rocks ## real programs under the agent and alone, and their own tests; build/hosts.md
	@BUILD=$(BUILD) tests/hosts/run $(HOSTS)

check-all: tests-built $(BUILD)/tests/hosts/rocks ## both, in one count
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) SUMMARY=$(BUILD)/summary tests/hosts/run $(UNIT) $(STRESS) $(MODELS) $(E2E) \
	  $(filter-out $(E2E),$(HOSTS))

check-unit: $(UNIT) $(STRESS) ## the unit tests and races alone
	@BUILD=$(BUILD) tests/run $(UNIT) $(STRESS)

check-e2e: all $(REPLAYS) $(TOOLS) $(WORKLOADS) ## the end-to-end tests alone
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) tests/run $(E2E)

# What takes its time: everything that can be cut off, killed or made to fail, at every moment that there is. In two lists of
# about the same length, side by side.
THOROUGH := $(addprefix tests/e2e/,soak.sh fork_storm.sh liar.sh agent_ends.sh) -- $(BUILD)/tests/stress/death \
            $(addprefix tests/e2e/,agent_faults.sh agent_deaths.sh cli_faults.sh replay.sh) tests/fuzz/all.sh
SOAK_SECONDS := 1800
FORKS        := 10000
check-long: tests-built ## faults, deaths and forks by the thousand, a soak, then fuzz: an hour
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) LONG=1 REPLAY_ROUNDS=20000 SOAK_SECONDS=$(SOAK_SECONDS) FORKS=$(FORKS) \
	  FUZZ_SECONDS=$(FUZZ_SECONDS) tests/lanes $(THOROUGH)

check-asan: ## every test, viewer and modules under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory check BUILD=build/asan SANITIZE=address,undefined

check-ubsan: ## every test under the undefined-behaviour sanitizer alone, which is quicker
	@$(MAKE) --no-print-directory check BUILD=build/ubsan SANITIZE=undefined

# Left out are those that ask the kernel who they are, and would hear of valgrind. Its helgrind and drd (3.19) have nothing to
# say here: the viewer has one thread, and the agent's meet in words that are read and written atomically, which both take for
# races. helgrind reported 15,511 in a program of 5 ms (tests/workloads/busy.c) and in jemalloc, and did not come to its end in
# a minute; drd dies of SIGSEGV in its own hand-over to a new thread, below the agent. Where TSan cannot go, tests/model does.
UNDER_VALGRIND = $(filter-out %/test_lookup %/test_objects %/test_procfs %/test_segment %/test_segment_view %/test_segment_list,$(UNIT))
check-valgrind: $(UNIT) ## the unit tests under valgrind's memcheck
	@BUILD=$(BUILD) TEST_UNDER='$(VALGRIND)' tests/run $(UNDER_VALGRIND)

# All of it in one count, within the time of a commit (20 minutes on two processors). Of the end-to-end tests those are done
# again under sanitizers that are about the viewer: what is preloaded is never sanitized, its modules are in their unit tests.
SANITIZED_E2E := $(filter tests/e2e/view_% tests/e2e/cli_% $(addprefix tests/e2e/,batch.sh doctor.sh liar.sh replay.sh serve.sh \
                 who_may_see.sh),$(E2E))
# Alone the undefined-behaviour sanitizer sees what is misaligned, too: the address sanitizer's allocator aligns to 16 bytes.
# Where addresses are very random, shadow memory may find its place taken; a container may forbid to ask for less.
LESS_RANDOM = $(shell setarch -R true 2>/dev/null && echo setarch -R)
build_of = $(patsubst $(BUILD)/%,build/$1/%,$2)
.PHONY: ci-built
ci-built: tests-built
	@$(MAKE) --no-print-directory tests-built BUILD=build/asan SANITIZE=address,undefined
	@$(MAKE) --no-print-directory $(call build_of,ubsan,$(UNIT)) BUILD=build/ubsan SANITIZE=undefined
	@$(MAKE) --no-print-directory $(call build_of,tsan,$(UNIT) $(STRESS)) BUILD=build/tsan SANITIZE=thread
	@$(MAKE) --no-print-directory fuzz-built

check-ci: ci-built ## what a commit has to pass: check, and the same under sanitizers and valgrind, and fuzz
	@BUILD=$(BUILD) SUMMARY=$(BUILD)/summary tests/lanes $(UNIT) $(STRESS) $(MODELS) $(E2E) -- \
	  TEST_UNDER='$(VALGRIND)' $(UNDER_VALGRIND) TEST_UNDER='$(LESS_RANDOM)' \
	  BUILD=build/asan SANITIZE=address,undefined $(call build_of,asan,$(UNIT) $(STRESS)) $(SANITIZED_E2E) \
	  BUILD=build/ubsan SANITIZE=undefined $(call build_of,ubsan,$(UNIT)) \
	  BUILD=build/tsan SANITIZE=thread $(call build_of,tsan,$(UNIT) $(STRESS)) \
	  BUILD=$(BUILD) SANITIZE= FUZZ_SEED=1 FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/all.sh

# The agent's data is written when a process ends in the usual way; what ends by _exit or a signal does not count. Left out is
# what looks at sources and instructions, which are others in such a build. There a test may fail where a program may not write
# what was counted when it ends, which is said on its stderr: what is judged is which lines were reached.
COVERAGE_LEAST := 90
NOT_COVERING   := cost house lint format install packages runner replay
check-coverage: ## lines that the tests reach, by part; fails below COVERAGE_LEAST (90) percent of one
	@$(MAKE) --no-print-directory coverage-run BUILD=build/coverage CFLAGS='-O1 -g' \
	  COVERAGE='--coverage -fprofile-update=atomic'
	@$(MAKE) --no-print-directory coverage-table BUILD=build/coverage
.PHONY: coverage-run coverage-table
coverage-run: tests-built
	@find $(BUILD) -name '*.gcda' -delete
	-@BUILD=$(BUILD) COVERAGE='$(COVERAGE)' tests/run $(UNIT) $(filter-out $(NOT_COVERING:%=tests/e2e/%.sh),$(E2E))
coverage-table:
	@low=; for part in agent proto viewer; do \
	  gcovr --root . --filter "$$part/" --sort-percentage --fail-under-line $(COVERAGE_LEAST) $(BUILD)/obj $(BUILD)/pic || \
	    low="$$low $$part"; done; \
	[ -z "$$low" ] || { echo "check-coverage: under $(COVERAGE_LEAST) %:$$low" >&2; exit 1; }

check-tsan: ## the unit tests and races under the thread sanitizer
	@$(MAKE) --no-print-directory check-unit BUILD=build/tsan SANITIZE=thread

bench: all $(BENCHES) $(WORKLOADS) $(TOOLS) ## the measurements
	@BUILD=$(BUILD) tests/bench/run $(BENCHES) $(wildcard tests/bench/*.sh)

.PHONY: bench-peers
bench-peers: all $(WORKLOADS) ## the same loads under heaptrack, gperftools, massif, jemalloc's profiler and BPF
	@BUILD=$(BUILD) tests/bench/peers

FUZZ_SECONDS := 60
.PHONY: fuzz-built
fuzz-built: packages
	@$(MAKE) --no-print-directory $(call build_of,fuzz,$(FUZZ)) BUILD=build/fuzz CC=$(FUZZCC) \
	  SANITIZE=fuzzer-no-link,address,undefined
fuzz: fuzz-built ## every fuzz target for FUZZ_SECONDS (60)
	@tests/fuzz/run $(FUZZ_SECONDS) $(call build_of,fuzz,$(FUZZ))
fuzz-keep: fuzz-built ## keep what it found in tests/fuzz/corpus, and count what was spent
	@tests/fuzz/keep $(call build_of,fuzz,$(FUZZ))

.PHONY: demo
demo: all $(BUILD)/tests/demo-server ## install what is missing, build, watch the demo server
	@BUILD=$(BUILD) tests/demo.sh

# ---- form ----

SOURCES = $(shell git ls-files '*.c' '*.h' '*.cc')
some    = $(if $(SOURCES),,@echo 'make: $@: git lists no source file here' >&2; exit 1;)

.PHONY: format format-check
format: ## clang-format in place, every source file that git knows
	$(some)clang-format -i $(SOURCES)

format-check: ## fails when clang-format would change a source file
	$(some)clang-format --dry-run -Werror $(SOURCES)

# ---- installing ----

MANUAL   = $(wildcard viewer/arenatop.1)
# In quotes: a folder's name may have blanks.
INSTALLED = "$(bindir)/arenatop" "$(libdir)/libarenatop.so" "$(incdir)/arenatop.h" "$(mandir)/arenatop.1" \
            "$(bashdir)/arenatop" "$(zshdir)/_arenatop"

# LD_PRELOAD=libarenatop.so, without a path, is looked up in the loader's cache. That is root's, and no business of a package's.
tell_loader = $(if $(DESTDIR),,[ "$$(id -u)" -ne 0 ] || PATH="$$PATH:/usr/sbin:/sbin" ldconfig)

.PHONY: install uninstall
install: all ## into PREFIX (/usr/local) under DESTDIR
	install -D -m 755 $(BUILD)/arenatop "$(bindir)/arenatop"
	install -D -m 644 $(BUILD)/libarenatop.so "$(libdir)/libarenatop.so"
	install -D -m 644 proto/arenatop.h "$(incdir)/arenatop.h"
	install -D -m 644 $(BUILD)/complete/arenatop.bash "$(bashdir)/arenatop"
	install -D -m 644 $(BUILD)/complete/arenatop.zsh "$(zshdir)/_arenatop"
	$(if $(MANUAL),install -D -m 644 $(MANUAL) "$(mandir)/arenatop.1")
	$(tell_loader)

uninstall: ## what install put there
	rm -f $(INSTALLED)
	$(tell_loader)

.PHONY: clean help
clean: ## removes build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
