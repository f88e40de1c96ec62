# SPDX-License-Identifier: ISC
#
#   make            the programs and libsv, in build/; in a fresh clone it
#                   fetches what it needs (.ci/deps) and runs ./configure first
#   make build/bin/svlog    one of them
#   make check      builds and runs the tests; T=behaviour/once runs that one
#   make crash KILLS=1000   kills svscan, loggers and services at random
#                   instants, then svscan and svlog at each of their system
#                   calls, and counts what was lost: build/crash-report;
#                   PEER=s6 or runit does the first to theirs, PEER=all makes
#                   tables; OF=trees or OF=loggers: only those; SEED=N does it
#                   again
#   make conformance    real s6 and ours side by side, as a table; LOAD=200
#                   TIMES=20: so often, beside a tree of so many services
#   make bench      measures, one benchmark of tests/bench after the other;
#                   T=bench/take-over runs that one.  No part of make check
#   make image      packages, and what examples/mere-image makes of them: images
#                   for machines and containers
#   make boot       boots it in qemu
#   make container  runs it by runc
#   make lint       every checker, warnings as errors
#   make install    programs, libsv, headers, manual pages, completions;
#                   honours DESTDIR
#   make install-s6 the same, and s6's names: s6-svc, s6-svscan, s6-log, ...
#   make deps       what building, testing and the image need, all of it
#   make clean      removes what was built here; distclean forgets deps as well
#
# V=1 shows the commands.  VARIANT=KIND-COMPILER builds into build/VARIANT
# against the system's libc instead; KIND is debug, asan (with UBSan), fuzz or
# lint, COMPILER gcc or clang.  make strict fails if a compiler warned of any
# object of that variant, now or when it was made.
#
# To add a source file, name it in one list below.  -MMD finds the headers.

LIBSV = at birth blame boot causes child clock command control dated event filter hold join json link \
	logdir notify pattern perms reader relay say service ship stamp state status tally tree \
	wait wire words
ENGINE = act adopt check death definition engine equip graph hear line lock locked loop machine noexec \
	obey oneshot order overdue ready restart said show spawn speaker start stray take value walk
CHAIN = envdir foreground limit lockfile probe run session user
INIT = main boot family foreground halt holds line mounts reap settings tree \
	upgrade watchdog
SVSCAN = main access alone boot catch client copy defs handle handover known leave links look mark \
	request scan serve stage stop survey tree upgrade watch
SVLOG = main find inflight input line logdir loop output pattern process rate \
	rotate script shape ship shipfeed shipframe shipped shipsocket straight work
SVCTL = main ask bars change chart check choose complete deps draft enable finding help import json keep lag \
	links lint log logdir machine metrics names needs new picture print progress rows scale script service \
	signal source status table upgrade usage verbs verdict when why
SVEXEC = account main options

S6 = main chain control fghack fifodir ftrig ids instance instancemaker link \
	notifyoncheck permafailon svc svdt svlisten svok svperms svscanctl svstat \
	svwait tai64n wait

CRASH = main judge ledger life order random report service sweep system trace
LOGS = logkiller count courses logger writer

PROGRAMS = init svscan svlog svctl svexec sv-s6
SBIN = init svscan
BIN = svlog svctl svexec
HEADERS := $(wildcard include/sv/*.h)
PAGES := $(wildcard man/*.[1-8])
UNIT := $(basename $(wildcard tests/unit/test_*.c))
FUZZ := $(basename $(wildcard tests/fuzz/fuzz_*.c))

.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

all:

# --- settings ----------------------------------------------------------------

ifneq ($(filter-out clean distclean deps,$(or $(MAKECMDGOALS),all)),)
include config.mak
endif

KIND := $(firstword $(subst -, ,$(VARIANT)))
COMPILER := $(lastword $(subst -, ,$(VARIANT)))
B := build$(VARIANT:%=/%)

ifneq ($(filter gcc clang,$(COMPILER)),)
CC = $(COMPILER)
CFLAGS = $(CFLAGS.$(KIND))
LDFLAGS =
SKALIBS_CFLAGS =
SKALIBS_LIBS = -lskarnet
endif
CFLAGS.debug = -Og -g
CFLAGS.lint = -O0
CFLAGS.asan = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
CFLAGS.fuzz = $(CFLAGS.asan) -fsanitize=fuzzer-no-link

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wformat=2 -Wundef -Wvla -Wconversion
DEFINES = -D_GNU_SOURCE -DSV_VERSION='"$(VERSION)"' -Iinclude -Isrc
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(DEFINES) $(SKALIBS_CFLAGS) \
	-ffunction-sections -fdata-sections $(CFLAGS)
ALL_LDFLAGS = $(CFLAGS) $(LDFLAGS) -Wl,--gc-sections

Q = $(if $(filter 1,$(V)),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,$(info $1	$2))

# What a compiler says of an object is kept beside it, for make strict.
compile = $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $1 $< 2>$@.said; status=$$?; \
	cat $@.said >&2; exit $$status

# objects DIRECTORY,LIST
objects = $(2:%=$(B)/obj/$1/%.o)

OBJ.libsv := $(call objects,libsv,$(LIBSV))
OBJ.engine := $(call objects,engine,$(ENGINE))
OBJ.chain := $(call objects,chain,$(CHAIN))
OBJ.init := $(call objects,init,$(INIT))
OBJ.svscan := $(call objects,svscan,$(SVSCAN))
OBJ.svlog := $(call objects,svlog,$(SVLOG))
OBJ.svctl := $(call objects,svctl,$(SVCTL))
OBJ.svexec := $(call objects,svexec,$(SVEXEC))
OBJ.sv-s6 := $(call objects,s6,$(S6))
OBJECTS := $(foreach part,libsv engine chain $(PROGRAMS),$(OBJ.$(part)))
OBJ.killer := $(CRASH:%=$(B)/obj/tests/crash/%.o)
OBJ.logkiller := $(LOGS:%=$(B)/obj/tests/crash/%.o)
OBJ.tests := $(UNIT:%=$(B)/obj/%.o) $(FUZZ:%=$(B)/obj/%.o) $(OBJ.killer) \
	$(OBJ.logkiller)

# --- programs and the library -------------------------------------------------

all: programs $(B)/s6/.links $(B)/lib/libsv.a $(if $(VARIANT),,$(B)/lib/libsv.so)
programs: $(PROGRAMS:%=$(B)/bin/%) $(B)/bin/supervise
objects: $(OBJECTS) $(if $(VARIANT),$(OBJ.tests))
strict: objects
	$(Q)said=$$(cat $(patsubst %,%.said,$(OBJECTS) \
		$(if $(VARIANT),$(OBJ.tests)))) && [ -z "$$said" ] || \
		{ echo "$$said" >&2; exit 1; }

.SECONDEXPANSION:
$(B)/bin/svscan: $(B)/obj/engine.a
$(B)/bin/svexec $(B)/bin/sv-s6: $(B)/obj/chain.a
$(PROGRAMS:%=$(B)/bin/%): $(B)/bin/%: $$(OBJ.$$*) $(B)/lib/libsv.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
		$(filter-out %/libsv.a,$(filter %.a,$^)) \
		$(B)/lib/libsv.a $(SKALIBS_LIBS)

# What supervises one directory is what supervises them all.
$(B)/bin/supervise: $(B)/bin/svscan
	$(Q)ln -sf svscan $@

# s6's names, each a link to the program that answers to it.
FACES := $(shell sed -n 's/^    { "\(s6-[^"]*\)", .*/\1/p' src/s6/main.c)
names = ln -sf $2/svscan $1/s6-svscan && ln -sf $2/svscan $1/s6-supervise && \
	ln -sf $3/svlog $1/s6-log && \
	for face in $(FACES); do ln -sf $3/sv-s6 $1/$$face || exit; done

$(B)/s6/.links: src/s6/main.c Makefile
	@mkdir -p $(@D)
	$(Q)$(call names,$(@D),../bin,../bin) && touch $@

# Everything of a part but its main(): for programs and unit tests.
OBJ.s6 = $(OBJ.sv-s6)
mates = $(filter-out %/main.o,$(OBJ.$1))
$(B)/obj/%.a: $$(call mates,$$*)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcD $@ $^

$(B)/lib/libsv.a: $(OBJ.libsv)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcD $@ $^

# libskarnet is inside, and not to be seen from outside.
$(B)/lib/libsv.so: $(OBJ.libsv:.o=.lo)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,libsv.so.0 -Wl,-z,defs \
		-Wl,--gc-sections -Wl,--exclude-libs,ALL -o $@ $^ $(SKALIBS_LIBS)

# What a static program is made of is never moved, and smaller if it need not be
# movable; libsv.a may be linked into what is.
ifneq ($(filter -static,$(LDFLAGS)),)
$(filter-out $(OBJ.libsv),$(OBJECTS)): CFLAGS += -fno-pie
endif

# What every line of a log goes through is to be fast; all else, small.
ifeq ($(VARIANT),)
$(call objects,svlog,find line output pattern script shape work): CFLAGS += -O2
endif

$(B)/obj/%.o: src/%.c config.mak
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(call compile)

$(B)/obj/%.lo: src/%.c config.mak
	@mkdir -p $(@D)
	$(call say,CC,$< (PIC))
	$(Q)$(call compile,-fPIC -MF $(@:.lo=.pic.d))

$(B)/obj/tests/%.o: tests/%.c config.mak
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(call compile)

# tests/unit/test_stamp.c is about stamp.c, wherever that is (test_svlog_line.c
# about the one of svlog), and may use all of its part but main(); each test may
# use the engine and libsv.
parts = libsv engine chain init svscan svlog svctl svexec s6
noun = $(patsubst test_%,%,$(patsubst fuzz_%,%,$(notdir $1)))
about = $(patsubst libsv,engine,$(firstword $(foreach part,$(parts),$(if \
	$(filter %/$(call noun,$1).o %/$(patsubst \
	$(part)_%,$(part)/%,$(call noun,$1)).o,$(OBJ.$(part))),$(part))) engine))

unit: $(UNIT:%=$(B)/%)
fuzz: $(FUZZ:%=$(B)/%)
$(UNIT:%=$(B)/%): LIBS = -lcheck -lsubunit -lm -lrt -pthread
$(FUZZ:%=$(B)/%): LIBS = -fsanitize=fuzzer
$(UNIT:%=$(B)/%) $(FUZZ:%=$(B)/%): $(B)/%: $(B)/obj/%.o \
		$(B)/obj/$$(call about,$$*).a $(B)/obj/engine.a \
		$(B)/obj/chain.a $(B)/lib/libsv.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(B)/obj/$(call about,$*).a \
		$(B)/obj/engine.a $(B)/obj/chain.a $(B)/lib/libsv.a \
		$(SKALIBS_LIBS) $(LIBS)

# What kills: it is its own services as well, and static like what it kills.
killer: $(B)/tests/crash/killer $(B)/tests/crash/logkiller
$(B)/tests/crash/logkiller: $(filter-out %/main.o,$(OBJ.killer))
$(B)/tests/crash/killer $(B)/tests/crash/logkiller: $(B)/tests/crash/%: \
		$$(OBJ.$$*) $(B)/lib/libsv.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/lib/libsv.a \
		$(SKALIBS_LIBS)

$(B)/obj/tests/crash/trace.o: $(B)/obj/tests/crash/calls.h
$(B)/obj/tests/crash/trace.o: DEFINES += -I$(B)/obj/tests/crash

# The system calls by their numbers.
$(B)/obj/tests/crash/calls.h: config.mak
	@mkdir -p $(@D)
	$(Q){ echo '#include <sys/syscall.h>'; \
		echo 'static const char *const call_names[] = {'; \
		echo '#include <sys/syscall.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/[__NR_\1] = "\1",/p'; \
		echo '};'; } >$@

-include $(OBJECTS:.o=.d) $(OBJ.libsv:.o=.pic.d) $(OBJ.tests:.o=.d)

config.mak: configure
	@[ -f $@ ] || .ci/deps build
	@./configure $(CONFIGURED)

# --- testing ------------------------------------------------------------------

# A test meets the production programs where it boots them, else these.
TESTED = asan-gcc

check: tested
	$(Q)SV_ASAN=$B/$(TESTED) tests/run $(T)

# The long one; a short one is part of check.
crash: all killer
	$(Q)tests/killer

# The table of what real s6 and ours do: it runs as part of check as well.
conformance: all | test-tools
	$(Q)rm -rf build/conformance
	$(Q)$(if $(LOAD),tests/load $(LOAD) $(or $(TIMES),1) conformance,\
		tests/run conformance); \
	status=$$?; tests/conformance-table; exit $$status

bench: all
	$(Q)for bench in $(or $(T:%=tests/%),tests/bench/*); do \
		[ ! -x $$bench ] || SV_BIN=$(CURDIR)/$B/bin $$bench || exit; \
	done

tested: all killer $(if $(filter-out boot%,$(T)),,image) | test-tools
	$(Q)$(MAKE) VARIANT=$(TESTED) all unit
	$(Q)$(MAKE) VARIANT=fuzz-clang fuzz

test-tools:
	$(Q).ci/deps test

# --- the image of examples/mere-image -----------------------------------------

# Its packages have all that make install installs.
image: build/image/mere.iso
build/image/mere.iso: $(PROGRAMS:%=build/bin/%) build/bin/supervise \
		build/lib/libsv.a build/lib/libsv.so build/s6/.links \
		$(HEADERS) $(PAGES) | image-tools
build/image/mere.iso: $(shell find examples/mere-image -type f) \
		$(wildcard build/deps/packages/*)
	$(call say,IMAGE,build/image)
	$(Q)examples/mere-image/build

boot: image
	$(Q)examples/mere-image/boot

container: image
	$(Q)examples/mere-image/container

image-tools:
	$(Q).ci/deps image

# --- lint: a line a step, and nothing else unless something is wrong -----------

# Production, what is tested, and the other compiler, whose warnings need no
# optimisation; whatever of these is built already is not built again.
STRICT = strict-production strict-$(TESTED) strict-lint-clang
SOURCES := $(wildcard src/*/*.c)
SCRIPTS = $(shell grep -rlE --exclude-dir=seeds '^#!/bin/sh|^# shellcheck shell=' \
	configure .ci examples src tests)

UNLISTED = $(filter-out $(OBJECTS:$B/obj/%.o=src/%.c),$(SOURCES))

lint: $(STRICT) lint-cppcheck lint-tidy lint-shell lint-pages lint-rest

$(STRICT): | test-tools
	$(Q)$(MAKE) -s VARIANT=$(filter-out production,$(@:strict-%=%)) strict
	@echo "lint: compiles without a warning: $(@:strict-%=%)"

lint-cppcheck: | test-tools
	@mkdir -p $B/lint/cppcheck
	$(Q)cppcheck -q --enable=warning,style,performance,portability \
		--suppressions-list=.ci/cppcheck --inline-suppr --error-exitcode=1 \
		--cppcheck-build-dir=$B/lint/cppcheck --std=c11 $(DEFINES) \
		$(SOURCES)
	@echo "lint: cppcheck"

$B/lint/%.tidy: src/%.c $(HEADERS) $(wildcard src/*/*.h) .clang-tidy | test-tools
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=gnu11 $(DEFINES) \
		$(SKALIBS_CFLAGS) >$@.log 2>&1 || \
		{ cat $@.log; exit 1; }
	$(Q)mv $@.log $@

lint-tidy: $(SOURCES:src/%.c=$B/lint/%.tidy)
	@echo "lint: clang-tidy"

lint-shell: | test-tools
	$(Q)shellcheck $(SCRIPTS)
	@echo "lint: shellcheck"

lint-pages: | test-tools
	$(Q)mandoc -T lint -W warning $(PAGES)
	@echo "lint: mandoc"

lint-rest:
	$(Q)[ -z "$(UNLISTED)" ] || { echo "in no list: $(UNLISTED)"; exit 1; }
	$(Q).ci/no-paths
	@echo "lint: every source is in a list, no path of a machine in a file"

# --- installing ---------------------------------------------------------------

INSTALL = install
into = $(INSTALL) -d $(DESTDIR)$1 && $(INSTALL) -m $2 $3 $(DESTDIR)$1

# svctl knows its own words; 126: it is for another machine.
completions = $(INSTALL) -d $(DESTDIR)$2 && \
	$(INSTALL) -m 644 /dev/null $(DESTDIR)$2/$3 && { \
	$(RUN) $B/bin/svctl completions $1 >$(DESTDIR)$2/$3 || { status=$$?; \
	rm -f $(DESTDIR)$2/$3; \
	[ $$status = 126 ] && echo "install: no completions for $1:" \
		"svctl is for another machine (./configure RUN=...)" && exit 0; \
	exit $$status; }; }

install: all
	$(Q)$(call into,$(sbindir),755,$(SBIN:%=$B/bin/%))
	$(Q)$(call into,$(bindir),755,$(BIN:%=$B/bin/%))
	$(Q)$(STRIP) $(SBIN:%=$(DESTDIR)$(sbindir)/%) $(BIN:%=$(DESTDIR)$(bindir)/%)
	$(Q)ln -sf $(sbindir)/svscan $(DESTDIR)$(bindir)/supervise
	$(Q)$(call into,$(libdir),644,$B/lib/libsv.a)
	$(Q)$(INSTALL) -m 755 $B/lib/libsv.so $(DESTDIR)$(libdir)/libsv.so.$(VERSION)
	$(Q)ln -sf libsv.so.$(VERSION) $(DESTDIR)$(libdir)/libsv.so.0
	$(Q)ln -sf libsv.so.0 $(DESTDIR)$(libdir)/libsv.so
	$(Q)$(call into,$(includedir)/sv,644,$(HEADERS))
	$(Q)$(INSTALL) -d $(DESTDIR)$(libdir)/pkgconfig
	$(Q)sed -e 's|@VERSION@|$(VERSION)|' -e 's|@libdir@|$(libdir)|' \
		-e 's|@includedir@|$(includedir)|' src/libsv/libsv.pc.in \
		>$(DESTDIR)$(libdir)/pkgconfig/libsv.pc
	$(Q)for page in $(PAGES); do \
		dir=$(DESTDIR)$(mandir)/man$${page##*.}; \
		$(INSTALL) -d $$dir && $(INSTALL) -m 644 $$page $$dir || exit; \
	done
	$(Q)$(call completions,bash,$(bashdir),svctl)
	$(Q)$(call completions,zsh,$(zshdir),_svctl)

# As root's tools are in sbin and everybody's in bin, the links say from where.
install-s6: install
	$(Q)$(call into,$(bindir),755,$B/bin/sv-s6)
	$(Q)$(STRIP) $(DESTDIR)$(bindir)/sv-s6
	$(Q)$(call names,$(DESTDIR)$(bindir),$(sbindir),.)

deps:
	@.ci/deps $(GROUP)

clean:
	$(Q)[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps \
		-exec rm -rf {} +

distclean:
	$(Q)rm -rf build config.mak

.PHONY: all programs objects strict unit fuzz killer check crash bench conformance image boot container image-tools tested test-tools lint $(STRICT)
.PHONY: lint-cppcheck lint-tidy lint-shell lint-pages lint-rest install install-s6 deps clean distclean
