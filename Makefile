# A thin front for CMake and the scripts: each target is one or two commands that can be typed by hand.

PREFIX ?= /usr/local
BENCH ?=
TESTS ?=
SECONDS ?= 60
RUNTIME ?= $(CURDIR)/build/phial-oci
JOBS ?= $(shell nproc)

.PHONY: all demo test test-vm clients clients-vm conformance attacks attacks-full attacks-prove faults faults-full storm fuzz bench lint lint-fast format asan install clean

all:
	@scripts/packages build
	@cmake --preset release >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }; rm -f build.log
	@cmake --build build -j$(JOBS) --target programs

demo: all
	@scripts/demo

test:
	@scripts/packages build test
	@tests/run

test-vm: all
	@scripts/packages test vm
	@tests/vm/run

clients: all
	@scripts/packages test clients
	@tests/clients/run $(TESTS)

clients-vm: all
	@scripts/packages vm clients
	@VM_TIMEOUT=3600 tests/vm/vm --systemd env CGROUP_DRIVER=systemd tests/clients/run --quick $(TESTS)

conformance: all
	@scripts/packages test
	@PHIAL_OCI=$(RUNTIME) tests/conformance/run $(TESTS)

attacks: all
	@scripts/packages attacks
	@PHIAL_OCI=$(RUNTIME) tests/attacks/run $(TESTS)

attacks-full: all
	@scripts/packages attacks
	@PHIAL_OCI=$(RUNTIME) tests/attacks/run --full $(TESTS)

attacks-prove: all
	@scripts/packages attacks
	@tests/attacks/run --prove $(TESTS)

faults: all
	@scripts/packages test faults
	@tests/faults/run $(TESTS)

faults-full: all
	@scripts/packages test faults
	@tests/faults/run --full $(TESTS)

storm: all
	@scripts/packages test faults
	@tests/faults/storms/run $(TESTS)

fuzz:
	@scripts/packages build fuzz
	@tests/fuzz/run --seconds $(SECONDS) $(TESTS)

bench: all
	@scripts/packages bench
	@tests/bench/run $(BENCH)

lint:
	@scripts/packages build test lint
	@tests/lint/all

lint-fast:
	@scripts/packages lint
	@tests/lint/all --fast

format:
	@scripts/packages lint
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 -i

asan:
	@scripts/packages build test asan
	@tests/run --preset asan

install: all
	@cmake --install build --strip --prefix $(PREFIX)

clean:
	@rm -rf build
