# Everyday tasks; `make` lists them. What a task needs is installed by .dev/setup when it is missing.
# The scripts behind the tasks are in .dev/, each with its promises at the top.

.DEFAULT_GOAL := help
.PHONY: help run demo demo-kafka test chaos bench bench-catch-up fmt lint openapi compose-check clean-data

N ?= 1
services := .dev/with-services

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and serve with a private Postgres and a demo organization; Ctrl-C stops it, data stays in .data
	@.dev/setup
	cargo run --release -- dev

demo: ## Drive the running server (`make run` in another terminal) through N days of calls: make demo N=10
	@cargo run --release --quiet -- demo --repeat $(N)

demo-kafka: ## The same in the distributed shape: separate API, relay and workers over Kafka, all private
	@.dev/setup test
	@.dev/demo-kafka --repeat $(N)

test: ## Every test, against real Postgres, Redis and Kafka
	@.dev/setup test
	$(services) postgres redis kafka -- cargo test --workspace --features seiketsu/trial

chaos: ## Every fault again and again, a minute each, with a seed: make chaos SEED=1 ONLY=postgres SECONDS_EACH=10
	@.dev/setup test
	@SEED=$(SEED) SECONDS_EACH=$(SECONDS_EACH) .dev/chaos $(ONLY)

bench: ## The figures the product promises, against real Postgres and Kafka
	@.dev/setup test
	@.dev/bench-peers
	$(services) postgres kafka -- cargo bench --bench bars

bench-catch-up: ## How fast read models catch up with a store far ahead of them
	@.dev/setup test
	$(services) postgres -- cargo bench --bench catch_up

fmt: ## Format the code
	cargo fmt --all

lint: ## Format, clippy and documentation, all as errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items

openapi: ## Regenerate docs/openapi.json from the handlers
	cargo run --quiet -- openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

compose-check: ## Check docker-compose.yml, Dockerfile and deploy/ without a container engine
	@.dev/compose-check

clean-data: ## Delete the private database and keys of `make run` (the jars of the test Kafka stay)
	@.dev/clean-data
