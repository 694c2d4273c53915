# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds, installs and shows libconntrack. `make` compiles; `make install` only copies what `make` built.
#
#   make                 release library and tool; TARGET=triple builds for another machine (rustc's name of it), and
#                        install and stage take the same TARGET; CC, CFLAGS and LDFLAGS link, as for a C program
#   make cross           library and tool for the eight targets of CROSS_TARGETS, or for TARGET=triple, with the
#                        compilers that this needs
#   make test-cross      tests for the targets of make cross, by emulation; TARGET=triple selects one
#   make test-platforms  one foreign architecture (s390x), one old kernel (5.10), Go programs that are static (musl) or
#                        of a newer Go, as CI does; needs Debian's mirror
#   make install         DESTDIR PREFIX LIBDIR INCLUDEDIR SBINDIR MANDIR DOCDIR; uninstall takes the same;
#                        NFNETLINK=yes|no: whether libnetfilter_conntrack.pc requires libnfnetlink (without it, pkg-config
#                        decides)
#   make docs            the reference for C programmers as HTML, in target/docs/html; needs doxygen. The pages of
#                        section 3 are in docs/man3, and need nothing
#   make demo            the main job, in a temporary network namespace
#   make check           format, lints, unit and golden tests: cargo only, no network, no namespace, no privilege
#   make test            every test
#   make bindings        the packages for other languages in bindings/, with the toolchains that are there
#   make test-bindings   their tests, where they use the C library on both libraries
#   make test-scenarios  the exhausted tables of tests/scenarios only; SCENARIOS='01 09' selects some of them,
#                        PACKETS_ONLY=yes makes every flow by packets
#   make test-fresh      demo and test in fresh minimal Debian roots, as root and as a user, and with Debian's own
#                        Rust; LEGS selects them (scripts/fresh.sh)
#   make test-kernels    the tool, the library and the kernel tests on other kernels of Debian in qemu, one of them
#                        big-endian; KERNELS='5.10 sid' selects some of them (scripts/test-kernels.sh)
#   make soak            the differential walk of the C API, a million rounds (SEED=N selects another walk), then
#                        mixed work on one table for SOAK_SECS, with a check of memory and descriptors
#   make fuzz-smoke      every fuzz target for 20 s, where cargo-fuzz is installed
#   make bench           our tool and library, the original and the floor, measured in turns; FLOWS, ROUNDS,
#                        CLOCK, and in BENCH the arguments of scripts/bench.sh: rows, --raise-limits
#   make try CMD='...'   one program on our library, nothing installed
#   make dist            the source tarball with the crates that it is built with, for builds without network
#   make deb             Debian packages in target/packages (scripts/deb.sh)
#   make test-deb        the packages: built twice, checked, installed, upgraded and removed in a Debian root
#   make rpm             RPM packages in target/packages (scripts/rpm.sh)
#   make test-rpm        the RPM packages and Alpine's recipe: built, compared, installed and removed
#   make header          the C headers, rendered again from src/capi, and the pages of section 3 from the headers
#   make stage           an install into ./stage, for programs that link before an installation:
#                        PKG_CONFIG_PATH=stage/lib/pkgconfig cc ... $(pkg-config --cflags --libs libconntrack)

# Three separate numbers: the product's version, the level of the C API, which programs request from
# pkg-config, and the suffix of the library's file, whose first part is the SONAME's.
VERSION   := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
API_LEVEL := 1.1.1
SUFFIX    := 3.8.0
SONAME    := libnetfilter_conntrack.so.$(firstword $(subst ., ,$(SUFFIX)))

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/libconntrack
# A setting that ends with a slash names the same folder as without it.
FOLDERS    := PREFIX LIBDIR INCLUDEDIR SBINDIR MANDIR DOCDIR
$(foreach name,$(FOLDERS),$(eval override $(name) := $$(patsubst %/,%,$$($(name)))))
# Where make docs puts the HTML.
DOCS := $(or $(CARGO_TARGET_DIR),target)/docs

CARGO    ?= cargo
INSTALL  ?= install
LDCONFIG ?= ldconfig
comma    := ,
SOAK_SECS ?= 1200

# Cargo has a folder for the artefacts of each target. The programs of the machine that builds have none.
OUTPUT   := $(or $(CARGO_TARGET_DIR),target)
BUILT    := $(OUTPUT)$(addprefix /,$(TARGET))
STAGE    := $(if $(TARGET),$(abspath $(BUILT)),$(CURDIR))/stage
ARCHIVE  := $(BUILT)/archive/libnetfilter_conntrack.a
TOOL     := $(BUILT)/release/conntrack
HEADERS  := $(wildcard include/libnetfilter_conntrack/*.h)
# Programs for musl are static here, and have no shared library, unless RUSTFLAGS says otherwise.
STATIC   := $(if $(findstring -crt-static,$(RUSTFLAGS)),,$(filter %-musl,$(TARGET)))
SHARED   := $(if $(STATIC),,$(BUILT)/shared/libnetfilter_conntrack.so)
# There the archive contains Rust's unwinder, because the unwinder of a compiler for glibc needs glibc. It finds its
# tables by a header that a linker writes into static programs only when asked; the .pc files ask.
RUST_LIB := $(if $(STATIC),$(shell rustc --print target-libdir --target $(TARGET))/self-contained)
UNWINDER := $(patsubst %/libunwind.a,-- -L native=% -l static:+bundle=unwind,$(wildcard $(addsuffix /libunwind.a,$(RUST_LIB))))
PC_LINK  := $(if $(UNWINDER),-Wl$(comma)--eh-frame-hdr)

# A static tool holds the C library too: its own code, which does not copy entries, is made for size.
SMALL    := --config 'profile.release.package.conntrack.opt-level="s"'

CROSS_TARGETS := i686-unknown-linux-gnu aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf \
	riscv64gc-unknown-linux-gnu s390x-unknown-linux-gnu powerpc64-unknown-linux-gnu \
	x86_64-unknown-linux-musl aarch64-unknown-linux-musl
# GNU's name of the target begins the names of its compiler and of its pkg-config. A compiler for glibc links for musl,
# too: Rust brings musl.
GNU    := $(subst riscv64gc,riscv64,$(subst armv7,arm,$(subst musl,gnu,$(subst -unknown,,$(TARGET)))))
NATIVE := $(if $(TARGET),$(filter $(shell uname -m)-%,$(TARGET)),yes)
# The given CC links, with its options; a launcher before it (ccache) compiles only. All of it is one option for rustc
# and each of the others.
GIVEN  := $(if $(filter default undefined,$(origin CC)),$(if $(NATIVE),,$(GNU)-gcc),$(filter-out ccache distcc,$(CC)))
LINKER := $(addprefix -C linker=,$(firstword $(GIVEN))) \
	$(addprefix -C link-arg=,$(wordlist 2,99,$(GIVEN)) $(CFLAGS) $(LDFLAGS))
# The original's .pc file requires libnfnetlink. Ours does where libnfnetlink is installed: pkg-config fails on a .pc file that
# requires a missing library.
PKG_CONFIG ?= $(if $(NATIVE),,$(GNU)-)pkg-config
NFNETLINK  ?= $(shell $(PKG_CONFIG) --exists libnfnetlink 2>/dev/null && echo yes || echo no)

# Panic messages contain file names, but not the builder's folders. RUSTFLAGS is words: a folder with a blank stays as it is.
remap = $(if $(word 2,$(1)),,--remap-path-prefix=$(1)=$(2))
REMAP := $(call remap,$(CURDIR),.) $(call remap,$(or $(CARGO_HOME),$(HOME)/.cargo),cargo)
FOR   := --locked $(addprefix --target ,$(TARGET))
BUILD := RUSTFLAGS='$(strip $(RUSTFLAGS) $(REMAP) $(LINKER) $(if $(STATIC),-C strip=symbols))' $(CARGO)

.PHONY: all cross install uninstall stage dist deb test-deb rpm test-rpm docs demo check test bindings test-bindings test-cross test-platforms \
	test-kernels test-scenarios test-fresh soak fuzz-smoke bench try header clean
all:
# Each is a separate run: cargo omits link-time optimisation where one run also makes an rlib. The archive is
# not optimised as a whole (see its profile), so that it fits into a program with a second Rust archive.
	$(BUILD) build $(FOR) --release --package conntrack $(if $(STATIC),$(SMALL))
	$(BUILD) rustc $(FOR) --package netfilter-conntrack --features capi --profile archive --lib \
		--crate-type staticlib $(UNWINDER)
	$(if $(SHARED),$(BUILD) rustc $(FOR) --package netfilter-conntrack --features capi --profile shared --lib \
		--crate-type cdylib -- -C link-arg=-Wl$(comma)-soname$(comma)$(SONAME))

cross:
	@scripts/cross.sh $(or $(TARGET),$(CROSS_TARGETS))

test-cross:
	@scripts/test-cross.sh $(TARGET)

test-platforms:
	@failed=0; scripts/test-cross.sh s390x-unknown-linux-gnu || failed=1; scripts/test-kernels.sh 5.10 || failed=1; \
		scripts/install-deps.sh bindings-static && scripts/bindings-go.sh static || failed=1; \
		$(MAKE) --no-print-directory stage && scripts/bindings-go.sh newer || failed=1; \
		exit $$failed

# For scripts that build for other machines (scripts/target.sh).
say-all: ; @printf '%s\n' $(CROSS_TARGETS)
say-compiler: ; @echo '$(or $(GIVEN),cc)'
say-artefacts: ; @printf '%s\n' $(SHARED) $(ARCHIVE) $(TOOL)
say-stage: ; @echo '$(STAGE)'
say-gnu: ; @echo '$(GNU)'

# The links, as NAME:TARGET, and the .pc files; install and uninstall read the same lists.
LIB   := $(DESTDIR)$(LIBDIR)
LINKS := libconntrack.a:libnetfilter_conntrack.a $(if $(SHARED),$(SONAME):libnetfilter_conntrack.so.$(SUFFIX) \
	libnetfilter_conntrack.so:$(SONAME) libconntrack.so:$(SONAME))
PCS   := libnetfilter_conntrack.pc libconntrack.pc
# The texts that the manual names, and those that these name.
TEXTS := CHANGELOG.md $(addprefix docs/,consumers.md diagnosis.md diagnosis.schema.json differences.md flow.schema.json \
	json.md migration.md monitoring.md)
# Files of the tree and their places.
EXTRAS := tool/man/conntrack.8:$(MANDIR)/man8/conntrack.8 \
	tool/completions/conntrack.bash:$(PREFIX)/share/bash-completion/completions/conntrack \
	tool/completions/_conntrack:$(PREFIX)/share/zsh/site-functions/_conntrack \
	tool/completions/conntrack.fish:$(PREFIX)/share/fish/vendor_completions.d/conntrack.fish \
	$(foreach page,$(wildcard docs/man3/*.3),$(page):$(MANDIR)/man3/$(notdir $(page))) \
	$(foreach text,$(TEXTS),$(text):$(DOCDIR)/$(notdir $(text))) \
	$(foreach program,$(wildcard examples/*.c),$(program):$(DOCDIR)/examples/$(notdir $(program)))
# Other names of a page of section 3: NAME PAGE, a pair on each line.
MAN_LINKS := docs/man3/links
# Every folder that gets a file.
PLACES := $(LIBDIR)/pkgconfig $(INCLUDEDIR)/libnetfilter_conntrack $(SBINDIR) \
	$(sort $(foreach pair,$(EXTRAS),$(patsubst %/,%,$(dir $(lastword $(subst :, ,$(pair)))))))

# Updates the loader's cache only for an install into the running system.
REFRESH = if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then $(LDCONFIG); fi
relative = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))

install:
	@for file in $(SHARED) $(ARCHIVE) $(TOOL); do test -f "$$file" || \
		{ echo "make install: $$file is missing: run make first, then make install." >&2; exit 1; }; done
	@case '$(NFNETLINK)' in yes|no) ;; *) echo "make install: NFNETLINK is yes or no." >&2; exit 1 ;; esac
	@scripts/place.sh absolute $(foreach name,$(FOLDERS),'$(name)=$($(name))')
	@scripts/place.sh writable '$(DESTDIR)' '$(PREFIX)' $(PLACES)
	$(INSTALL) -d '$(LIB)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)/libnetfilter_conntrack' '$(DESTDIR)$(SBINDIR)'
	$(if $(SHARED),$(INSTALL) -m 644 $(SHARED) '$(LIB)/libnetfilter_conntrack.so.$(SUFFIX)')
	$(INSTALL) -m 644 $(ARCHIVE) '$(LIB)/libnetfilter_conntrack.a'
	@for link in $(LINKS); do ln -sfT "$${link#*:}" "$(LIB)/$${link%%:*}" || exit 1; done
	@for pc in $(PCS); do sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call relative,$(LIBDIR))|' \
		-e 's|@INCLUDEDIR@|$(call relative,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@API_LEVEL@|$(API_LEVEL)|' -e 's|@LINK@|$(PC_LINK)|' -e 's|@NFNETLINK@|$(if $(filter yes,$(NFNETLINK)),libnfnetlink)|' \
		pkgconfig/$$pc.in >"$(LIB)/pkgconfig/$$pc" || exit 1; \
		chmod 644 "$(LIB)/pkgconfig/$$pc"; done
	$(INSTALL) -m 644 $(HEADERS) '$(DESTDIR)$(INCLUDEDIR)/libnetfilter_conntrack/'
	$(INSTALL) -m 755 $(TOOL) '$(DESTDIR)$(SBINDIR)/conntrack'
	@for pair in $(EXTRAS); do $(INSTALL) -D -m 644 "$${pair%%:*}" "$(DESTDIR)$${pair#*:}" || exit 1; done
	@while read -r name page; do echo ".so man3/$$page.3" >"$(DESTDIR)$(MANDIR)/man3/$$name.3" || exit 1; \
		chmod 644 "$(DESTDIR)$(MANDIR)/man3/$$name.3"; done <$(MAN_LINKS)
	@$(REFRESH)
	@[ -n '$(DESTDIR)' ] || [ '$(LDCONFIG)' = : ] || \
		LDCONFIG='$(LDCONFIG)' scripts/place.sh notes '$(PREFIX)' '$(LIBDIR)' '$(SBINDIR)' '$(MANDIR)'

uninstall:
	@scripts/place.sh absolute $(foreach name,$(FOLDERS),'$(name)=$($(name))')
	@test -e '$(LIB)/libnetfilter_conntrack.so.$(SUFFIX)' || test -e '$(DESTDIR)$(SBINDIR)/conntrack' || { \
		echo "make uninstall: nothing is installed in $(DESTDIR)$(PREFIX): use the settings of the install." >&2; exit 1; }
	@scripts/place.sh removable '$(DESTDIR)' $(PLACES)
	rm -f '$(LIB)/libnetfilter_conntrack.so.$(SUFFIX)' '$(LIB)/libnetfilter_conntrack.a'
	@for link in $(LINKS); do rm -f "$(LIB)/$${link%%:*}" || exit 1; done
	@for pc in $(PCS); do rm -f "$(LIB)/pkgconfig/$$pc" || exit 1; done
	@for header in $(notdir $(HEADERS)); do \
		rm -f "$(DESTDIR)$(INCLUDEDIR)/libnetfilter_conntrack/$$header" || exit 1; done
	rm -f '$(DESTDIR)$(SBINDIR)/conntrack'
	@for pair in $(EXTRAS); do rm -f "$(DESTDIR)$${pair#*:}" || exit 1; done
	@while read -r name page; do rm -f "$(DESTDIR)$(MANDIR)/man3/$$name.3" || exit 1; done <$(MAN_LINKS)
	@scripts/place.sh prune '$(DESTDIR)' '$(PREFIX)' $(PLACES)
	@$(REFRESH)

# The stage is a separate prefix, so its pkg-config files need no further setting; the loader's cache is unchanged.
stage: all
	@rm -rf '$(STAGE)'
	@$(MAKE) --no-print-directory --silent install LDCONFIG=: DESTDIR= PREFIX='$(STAGE)' LIBDIR='$(STAGE)/lib' \
		INCLUDEDIR='$(STAGE)/include' SBINDIR='$(STAGE)/sbin' MANDIR='$(STAGE)/share/man' \
		DOCDIR='$(STAGE)/share/doc/libconntrack'

demo:
	@scripts/install-deps.sh demo
	@$(MAKE) --no-print-directory stage
	@scripts/demo.sh

check:
	@CARGO='$(CARGO)' scripts/check.sh

test:
	@scripts/install-deps.sh test
	@$(MAKE) --no-print-directory stage
	@scripts/test.sh

BINDINGS := $(wildcard scripts/bindings-*.sh)

bindings:
	@scripts/install-deps.sh bindings
	@$(MAKE) --no-print-directory stage
	@for part in $(BINDINGS); do $$part build || exit 1; done

test-bindings:
	@scripts/install-deps.sh bindings
	@$(MAKE) --no-print-directory stage
	@failed=0; for part in $(BINDINGS); do $$part test || failed=1; done; exit $$failed

test-scenarios:
	@scripts/install-deps.sh test
	@$(MAKE) --no-print-directory stage
	@tests/scenarios/run.sh $(SCENARIOS)

test-fresh:
	@scripts/fresh.sh $(LEGS)

test-kernels:
	@scripts/test-kernels.sh $(KERNELS)

soak:
	@scripts/install-deps.sh test
	@$(MAKE) --no-print-directory stage
	@capi-tests/walk.sh --soak
	@scripts/soak.sh $(SOAK_SECS) --release

fuzz-smoke:
	@scripts/fuzz.sh smoke

bench:
	@scripts/install-deps.sh bench
	@$(MAKE) --no-print-directory stage
	@scripts/bench.sh $(BENCH)

# Compiles only when nothing is built yet, so that root can use it after a user's build. An ordinary user's PATH often lacks
# the folders of the system's programs; without the original's tool, conntrack is ours.
export CMD
try:
	@test -n "$$CMD" || { echo "make try: say which program: make try CMD='conntrack -L'" >&2; exit 1; }
	@test -f $(SHARED) || $(MAKE) --no-print-directory all
	@test stage/lib/libnetfilter_conntrack.so.$(SUFFIX) -nt $(SHARED) || \
		$(MAKE) --no-print-directory --assume-old=all stage
	@PATH="$$PATH:/usr/sbin:/sbin:$(STAGE)/sbin" LD_LIBRARY_PATH='$(STAGE)/lib' sh -c "$$CMD"

deb:
	@scripts/install-deps.sh deb
	@scripts/deb.sh

test-deb:
	@scripts/install-deps.sh test-deb
	@scripts/test-deb.sh

rpm:
	@scripts/install-deps.sh rpm
	@scripts/rpm.sh

test-rpm:
	@scripts/install-deps.sh test-rpm
	@$(MAKE) --no-print-directory all
	@scripts/test-rpm.sh

dist:
	@scripts/install-deps.sh dist
	@scripts/dist.sh

header:
	scripts/header.sh

docs:
	@command -v doxygen >/dev/null || { echo "make docs: doxygen is missing (Debian: apt-get install doxygen)" >&2; exit 1; }
	@mkdir -p '$(DOCS)'
	@VERSION='$(VERSION)' OUTPUT='$(DOCS)' doxygen docs/reference/Doxyfile
	@echo "$(DOCS)/html/index.html"

clean:
	$(CARGO) clean
	rm -rf '$(STAGE)'
