# paylink: what one does with the source. `make` alone says what there is.
#
# The Swift toolchain (6.3) is taken from PATH, or from /opt/swift or /usr/local/swift.
SWIFT_PATH := $(PATH):/opt/swift/usr/bin:/usr/local/swift/usr/bin
export PATH := $(SWIFT_PATH)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
IMAGE ?= paylink:latest
EXAMPLES ?= 25

.DEFAULT_GOAL := help
.PHONY: help run test simulate build budgets check-api api-reference fuzz sanitize release format lint image clean dependencies test-dependencies

help: ## says what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: build ## installs what is missing, builds, runs gateway and sandbox on this machine
	@exec "$$(swift build --show-bin-path)/paylink" serve --sandbox

test: test-dependencies ## installs what is missing and runs all tests
	@scripts/test

SEEDS ?= 1000
simulate: test-dependencies ## runs SEEDS=1000 lives of money with faults and kills; SEED=7 tells all of one
	swift build --build-tests
	PAYLINK_SEEDS=$(SEEDS) PAYLINK_SEED=$(SEED) swift test --skip-build --filter SimulationTests

# Debug, not release: from a clean clone it stands in less than half the time, and starts in 0.1 s.
build: dependencies ## a debug build: the quickest to stand
	swift build --product paylink

budgets: test-dependencies ## measures what requests cost now, and writes it as their budgets (Tests/Budgets)
	swift build --build-tests
	PAYLINK_BUDGETS=write swift test --skip-build --filter EndToEndBudgetTests

check-api: build test-dependencies ## holds the running gateway against its OpenAPI document, with schemathesis from PyPI (EXAMPLES=25)
	@EXAMPLES=$(EXAMPLES) scripts/check-api

api-reference: build test-dependencies ## makes docs/api.md from the OpenAPI document
	"$$(swift build --show-bin-path)/paylink" openapi | scripts/api-reference > docs/api.md.new
	mv docs/api.md.new docs/api.md

fuzz: dependencies ## feeds the readers of bytes from outside with libFuzzer: SECONDS=60 each, TARGET=head one of them
	@SECONDS_EACH=$(if $(SECONDS),$(SECONDS),60) TARGET="$(TARGET)" scripts/fuzz

sanitize: test-dependencies ## runs tests under the address and the thread sanitizer; SANITIZER=thread, FILTER=HTTPServerTests
	@SANITIZER="$(SANITIZER)" FILTER="$(FILTER)" scripts/sanitize

release: dependencies ## an optimised build
	swift build -c release --product paylink

format: ## brings the source into its form
	swift format format -i --parallel -r Package.swift Sources Tests Fuzz

lint: ## says where the source is not in its form
	swift format lint --strict --parallel -r Package.swift Sources Tests Fuzz

image: ## builds the container image
	docker build -t $(IMAGE) .

clean: ## removes what was built; the sandbox's file in var stays
	rm -rf .build .build-fuzz .build-asan .build-tsan

dependencies:
	@scripts/install-dependencies

test-dependencies:
	@scripts/install-dependencies test
