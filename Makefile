# make run and make test are all a newcomer needs; the rest is for working on the code.
GO ?= go
export CGO_ENABLED ?= 0

.PHONY: run test build check reproducible licenses fuzz bench golden tidy rename

# What people came for comes first, and all of it fits a screen: an estimate, then the dashboard.
run:
	@echo "Building microspend (a minute or two the first time), pricing a workload, then the dashboard on a sample fleet: q ends it."
	@$(MAKE) -s --no-print-directory build
	@echo && ./microspend estimate testdata/team-sandboxes.yaml && echo
	@./microspend demo --no-dash --output microspend-demo --quiet
	@./microspend examples check --quiet --output microspend-demo/examples-check.txt
	@./microspend report --ledger microspend-demo/ledger --config microspend-demo/microspend.yaml --quiet --output microspend-demo/report.html
	@echo "in microspend-demo: the fleet's ledger, report.html, and every worked example checked, in examples-check.txt"
	@if [ -t 0 ] && [ -t 1 ]; then ./microspend demo --output microspend-demo; \
	else ./microspend dash --once --ledger microspend-demo/ledger --config microspend-demo/microspend.yaml --stale-after 0; fi

test:
	$(GO) test -timeout 20m ./...

build:
	$(GO) build -trimpath -o microspend ./cmd/microspend

# What CI asks beyond the tests: formatting, vet, staticcheck, a tidy go.mod, and the race detector. internal/chdb is a
# module of its own, so that nobody has to fetch what only tests of ClickHouse need.
check:
	@unformatted=$$($(GO) tool gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "run 'go tool gofumpt -w' on: $$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) -C internal/chdb vet ./...
	$(GO) tool staticcheck ./...
	@$(MAKE) --no-print-directory reproducible
	CGO_ENABLED=1 $(GO) test -race -short -skip '$(ALONE)|$(PRICED)' -timeout 40m $(CONCURRENT)

# What the race detector looks at: packages that start goroutines or share memory between them, or whose tests do. In the
# others there is nothing to be found, and it takes them five times as long.
CONCURRENT = $(shell git grep -lE '^\s+go [a-z]|\.Go\b|errgroup|"sync|t\.Parallel' -- '*.go' ':!internal/chdb' | xargs -n 1 dirname | \
	grep -v testdata | sort -u | sed 's|^|./|')

# Attacks one by one, which others make all together; kills, of which other processes are what is looked at; and what looks at
# pages and printed answers, one command after the other.
ALONE = ^(TestAHostileTenant|Test.*Killed|TestEveryLedgerAnswersTheSame|TestDocs|TestHelp)

# Scripts of commands that price what they are given, one thing after another. Those that read a ledger or AWS stay.
PRICED = ^TestScripts$$/^(arch|breakeven|capacity|compare|dated|diff|discounts|estimate|examples|flags|idle|labels|links|missing|price|quiet|rates|regions|sweep|tenant-.*|terms|trust|version|work)$$

# The same sources give the same bytes, wherever they lie. Without the commit, which a checkout with changes does not have.
reproducible:
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; mkdir "$$dir/elsewhere"; \
	git ls-files -z --cached --others --exclude-standard | tar --null -T - --ignore-failed-read -cf - | tar -xf - -C "$$dir/elsewhere"; \
	for command in microspend microspend-meter; do \
		$(GO) build -trimpath -buildvcs=false -o "$$dir/$$command-here" ./cmd/$$command; \
		$(GO) build -C "$$dir/elsewhere" -trimpath -buildvcs=false -o "$$dir/$$command-there" ./cmd/$$command; \
		cmp "$$dir/$$command-here" "$$dir/$$command-there"; echo "$$command: built twice, the same bytes"; \
	done

# After a module was added, updated or removed.
licenses:
	$(GO) generate ./internal/licenses

# Every parser for a few seconds; FUZZTIME=5m for a long run. A package's targets share one binary: linking it takes
# longer than a second of fuzzing.
FUZZTIME ?= 5s
fuzz:
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cache=$$($(GO) env GOCACHE)/fuzz; \
	for package in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		$(GO) test -c -fuzz . -o "$$dir/fuzz" "$$package"; \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$$package"/*_test.go | cut -c 6-); do \
			echo "$$package $$target"; \
			(cd "$$package" && "$$dir/fuzz" -test.run '^$$' -test.fuzz "^$$target$$" -test.fuzztime $(FUZZTIME) \
				-test.fuzzminimizetime 5x -test.fuzzcachedir "$$cache/microspend/$$package"); \
		done; \
	done

bench: build
	@$(GO) run ./internal/bench

golden:
	$(GO) test ./cmd/microspend ./scenarios ./pricing/assumption ./spend ./view/chart ./report/focus ./tui ./tui/view/... -update

# The module path has no host yet, so that other modules cannot fetch the library. Whoever gives it one renames it:
# make rename MODULE=github.com/OWNER/microspend
PACKAGES = $(shell git ls-files '*.go' | grep / | cut -d / -f 1 | sort -u | paste -sd '|' -)
rename:
	@test -n "$(MODULE)" || { echo "give the new path: make rename MODULE=github.com/OWNER/microspend"; exit 2; }
	$(GO) mod edit -module $(MODULE)
	$(GO) -C internal/chdb mod edit -module $(MODULE)/internal/chdb
	git ls-files '*.go' | xargs sed -i -E \
		-e 's#"microspend/($(PACKAGES))([/"])#"$(MODULE)/\1\2#g' -e 's#^(\t|import |const module = )"microspend"$$#\1"$(MODULE)"#'
	$(GO) tool gofumpt -w $$(git ls-files '*.go')
	$(GO) build ./... && $(MAKE) --no-print-directory licenses
