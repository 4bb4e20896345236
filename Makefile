.DEFAULT_GOAL := help
.PHONY: help setup build demo test fuzz model bench bench-quick chaos chaos-quick soak lint verify catalogue format install uninstall clean

SWIFT_SOURCES := Package.swift Plugins Sources Tests Benchmarks/Worker $(wildcard Examples)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

setup: ## install the Debian packages that are missing (root or sudo)
	@scripts/setup

build: setup ## build the binaries: qinstall, qworker, qctl
	swift build

demo: build ## real work through a real queue, in a private cluster or in DATABASE_URL
	@scripts/demo

test: setup lint ## everything, ending in swift test
	swift build --build-tests
	# as many at once as two processors bear: with all at once, each waits for minutes
	@scripts/failures-last swift test --skip-build --experimental-maximum-parallelization-width 6

fuzz: setup ## 100,000 made-up calls of every function, 1,000 runs of every program (CALLS=n, RUNS=n, SEED=n)
	swift build --build-tests
	QUOLL_FUZZ_CALLS=$(or $(CALLS),100000) QUOLL_FUZZ_RUNS=$(or $(RUNS),1000) $(if $(SEED),QUOLL_FUZZ_SEED=$(SEED)) swift test --skip-build --filter FuzzTests

model: setup ## verify the models of the protocol exhaustively, and that their broken variants are found broken
	@model/check

bench: setup ## Quoll and its peers side by side: hours; OPTIONS="--preset short": minutes; ONLY="a c" chooses
	@Benchmarks/run --only "$(ONLY)" $(OPTIONS)

bench-quick: setup ## the essentials of that, in under three minutes once built
	@Benchmarks/run --preset quick --only "$(ONLY)" $(OPTIONS)

chaos: build ## a million jobs while faults strike, and the books checked, in half an hour or so; OPTIONS passes any option on
	@Chaos/run $(OPTIONS)

chaos-quick: build ## the same in two minutes: fewer jobs, each fault at least once
	@Chaos/run --quick $(OPTIONS)

soak: setup ## an hour of steady mixed load: nothing may grow or slow down; OPTIONS="--minutes 20"
	@Chaos/run-soak $(OPTIONS)

lint: ## check the layout of the Swift sources
	swift format lint -r --strict $(SWIFT_SOURCES)

verify: setup ## check that generated files are what a fresh install makes
	scripts/catalogue --check

catalogue: setup ## write the catalogue that qinstall verify compares with (after every change of sql/)
	scripts/catalogue

format: ## lay out the Swift sources
	swift format -r -i $(SWIFT_SOURCES)

install: ## put the extension's files where Postgres finds them (PGXS; PG_CONFIG, DESTDIR)
	$(MAKE) -C extension install

uninstall: ## remove those files
	$(MAKE) -C extension uninstall

clean: ## remove what was built
	swift package clean
	rm -rf .build/extension
