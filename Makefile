# make help lists the targets. CI runs `make test` through .ci/run.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PKG          ?= ./...
TEST_TIMEOUT ?= 25m
FUZZTIME     ?= 60s
BENCH        ?= .

LINT_VERSION := 2.15.0
LINT         := $(CURDIR)/.tools/bin/golangci-lint
AXE          := $(CURDIR)/.tools/axe/node_modules/axe-core/axe.min.js

.PHONY: help test test-postgres soak bench fuzz lint build run tools clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# HIKESHI_TEST_REQUIRE turns "skipped: no browser here" into a failure: a green run has run everything.
# CGO is for the race detector alone; the program is built without it. The packages with a browser
# run one at a time: two browsers at once on two cores starve each other, and a person's patience
# is tested.
# A night is one person acting after the other, and a card is drawn by one: there is no race to be
# found in them, and the detector makes them five to ten times slower, the database, which is pure
# Go, among the rest. So they run without it, and so does what is about time, or happens in a
# process of its own; what is pure starts nothing beside itself; and of templates and desk, which
# render, the detector looks at where they are used at once: in the browser tests and on PostgreSQL.
# What kills a program and waits for its return waits most of the time: six of them at once.
PLAIN    := HIKESHI_TEST_REQUIRE=1 go test -shuffle=on -count=1 -timeout=$(TEST_TIMEOUT)
TEST     := HIKESHI_TEST_REQUIRE=1 HIKESHI_AXE='$(AXE)' CGO_ENABLED=1 go test -race -shuffle=on -count=1 -timeout=$(TEST_TIMEOUT)
BROWSERS := ./bot ./bot/mail ./bot/web
ALONE    := hikeshi/(templates|bot/desk|workflows/(company|contact|draft|edition|fault|incident|paging|procedure|report))
SERIAL   := ^(Test(Nights|AYear|RemindersOverAFullCase|Crash|Replicas?|RollingRestart|WhatOneServerWritesWakesAnother|SlackNights|DiscordNights|SlackCrash|DiscordCrash(UnderForms)?|TwoServersOnDiscord|PagingCrash|SlackManyReports|DiscordManyReports|DiscordDropsAndReplays|DiscordOutage|DiscordPageBehindThreeHundredMessages|SlackChannelsFollow|TheLogOf(TheNights|ADiscordNight)NamesNobody|APageBehindTenThousandMessages|WhateverACardIsSlackTakesIt|What(Slack|Discord)IsSent|SlackIsSentWhatItTakes|FormsOfALargeCompanyOnSlack|ReadContactsBoundsWhatItUnpacks|Transcripts|ClocksAgreeWithWalkingTheTable|WhatIsNotKnownNeverLengthens|WhoMustBeTold)|FuzzStorm)$$

test: tools ## every test with the race detector (PKG=./store for one package)
ifeq ($(PKG),./...)
	$(PLAIN) -skip '$(SERIAL)' $$(go list ./... | grep -xE '$(ALONE)')
	$(TEST) -skip '$(SERIAL)' $$(go list ./... | grep -vxE 'hikeshi/bot(/mail|/web)?|$(ALONE)')
	$(TEST) -p 1 -skip '$(SERIAL)' $(BROWSERS)
	$(PLAIN) -p 1 -parallel 6 -run '$(SERIAL)' ./bot ./bot/discord ./bot/slack ./templates
	@$(MAKE) --no-print-directory test-postgres
else
	$(TEST) -p 1 $(PKG)
endif

# The store's own suite and the nights run on both databases anyway. Here is what else works on
# one, the flow in the browser among it.
test-postgres: tools ## what works on a database once more, on PostgreSQL
	HIKESHI_TEST_DATABASE=postgres $(TEST) ./bot/courier ./bot/desk
	HIKESHI_TEST_DATABASE=postgres $(TEST) ./workflows -rapid.checks=25
	HIKESHI_TEST_DATABASE=postgres $(TEST) -run 'BrowserWholeFlow' ./bot

soak: tools ## the long tests, named …Soak… (up to an hour)
	@folders=$$(bash .ci/packages '^func Test[A-Za-z0-9_]*Soak'); \
	if [ -z "$$folders" ]; then echo 'soak: no test is named …Soak…'; exit 0; fi; \
	HIKESHI_SOAK=1 HIKESHI_TEST_REQUIRE=1 HIKESHI_AXE='$(AXE)' CGO_ENABLED=1 \
		go test -race -count=1 -v -run Soak -skip AYearSoak -timeout=60m $$folders
	HIKESHI_SOAK=1 $(PLAIN) -v -run AYearSoak ./bot

bench: ## figures: five runs of each benchmark and their median (BENCH=regexp)
	@folders=$$(bash .ci/packages '^func Benchmark'); \
	if [ -z "$$folders" ]; then echo 'bench: no package has a benchmark'; exit 0; fi; \
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count=5 -timeout=30m $$folders | awk -f .ci/median

fuzz: ## every Fuzz target for FUZZTIME (60s) each
	@bash .ci/fuzz '$(FUZZTIME)'

lint: $(LINT) ## golangci-lint with the rules of .golangci.yml
	$(LINT) run $(PKG)

build: ## one static binary: ./hikeshi
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o hikeshi ./bot

run: ## practice mode in the browser, sample company loaded, nothing to set up
	go run ./bot

tools: ## find or install what the tests need
	@bash .ci/tools

clean: ## remove what was built here; never ./data, where the incidents are
	rm -f hikeshi
	rm -rf .tools

# A linter that is on this machine in the right version is used as it is; building takes over a minute.
$(LINT): Makefile
	@mkdir -p $(@D)
	@have=$$(command -v golangci-lint || echo "$$(go env GOPATH)/bin/golangci-lint"); \
	if [ "$$("$$have" version --short 2>/dev/null)" = '$(LINT_VERSION)' ]; then \
		ln -sf "$$have" $@; \
	else \
		GOBIN='$(@D)' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION); \
	fi
	@touch -h $@
