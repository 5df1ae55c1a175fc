# make run and make test are all a newcomer needs; the rest is for working on the code.
GO ?= go
export CGO_ENABLED ?= 0

.PHONY: run test build check fuzz bench golden tidy

run: build
	./microspend examples check
	@echo
	./microspend estimate --explain testdata/team-sandboxes.yaml
	@echo
	./microspend breakeven testdata/team-sandboxes.yaml
	@echo
	./microspend demo --no-dash --output microspend-demo
	./microspend spend --ledger microspend-demo/ledger --config microspend-demo/microspend.yaml --top 10 --previous
	./microspend report --ledger microspend-demo/ledger --config microspend-demo/microspend.yaml --output microspend-demo/report.html
	@echo
	@if [ -t 0 ] && [ -t 1 ]; then ./microspend demo --output microspend-demo; \
	else ./microspend dash --once --ledger microspend-demo/ledger --config microspend-demo/microspend.yaml --stale-after 0; fi

test:
	$(GO) test ./...

build:
	$(GO) build -o microspend ./cmd/microspend

# What CI asks beyond the tests: formatting, vet, staticcheck, a tidy go.mod, and the race detector.
check:
	@unformatted=$$($(GO) tool gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "run 'go tool gofumpt -w' on: $$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	CGO_ENABLED=1 $(GO) test -race -short -timeout 20m ./...

# Every parser for a few seconds; FUZZTIME=5m for a long run.
FUZZTIME ?= 5s
fuzz:
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$package; \
		done; \
	done

bench: build
	@$(GO) run ./internal/bench

golden:
	$(GO) test ./cmd/microspend ./scenarios ./pricing/assumption ./spend ./view/chart ./report/focus ./tui ./tui/view/... -update
