# Three environments, each made when it is first needed: the SAM CLI pins a boto3 of its
# own, and the built functions run under Lambda's Python, which need not be yours.
DEV := .venv/bin
SAM := SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint build e2e check clean
.NOTPARALLEL:

export PYTHONPATH := functions:tests

help: ## Show what there is.
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Make .venv; every other target does so by itself.

demo: .venv/.ready ## Watch a day of it in seconds; FAULTS=1 disturbs it. Needs no AWS account.
	@$(DEV)/python -m simulator.demo

test: .venv/.ready ## Run every test but e2e, and measure what they cover.
	@$(DEV)/pytest -q -m "not e2e" --cov --cov-report=term-missing

quick: .venv/.ready ## Run the tests that take less than a second each.
	@$(DEV)/pytest -q -m "not slow and not e2e"

lint: .venv/.ready .venv-sam/.ready ## Check style, types and the template.
	@$(DEV)/ruff check -q .
	@$(DEV)/ruff format -q --check .
	@$(DEV)/mypy --no-error-summary functions tests tools
	@$(DEV)/cfn-lint template.yaml
	@# cfn-lint no longer sees what SAM will make of a template, so it is shown that, too.
	@$(DEV)/python tools/translate_template.py | $(DEV)/cfn-lint /dev/stdin
	@$(SAM) validate > /dev/null

build: .venv-sam/.ready ## Build the three functions into .aws-sam/build.
	@mkdir -p .aws-sam
	@python=$$(tools/find_python 3.13); export PATH="$$(dirname "$$python"):$$PATH"; \
		$(SAM) build > .aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }

e2e: .venv/.ready .venv-e2e/.ready build ## Run what was built under the real Lambda runtime client.
	@$(DEV)/pytest -q -m e2e tests/e2e

check: lint e2e test ## Everything that CI checks.

clean: ## Remove what the other targets made, the environments included.
	rm -rf .venv .venv-sam .venv-e2e .aws-sam .coverage
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The files list every package with its hash, hence --no-deps. Twice quiet hides pip's
# warnings about the machine it runs on; its errors are still shown.
install = rm -rf $(@D) && "$$(tools/find_python $(1))" -m venv $(@D) && \
	$(@D)/bin/pip -qq --disable-pip-version-check install --no-deps --require-hashes -r $<

.venv/.ready: requirements/dev.txt
	@echo "Setting up $(@D): once, about a minute."
	@$(call install,3.11+)
	@touch $@

.venv-sam/.ready: requirements/sam.txt
	@echo "Setting up $(@D) with the SAM CLI: once, about half a minute."
	@$(call install,3.11+)
	@touch $@

.venv-e2e/.ready: requirements/e2e.txt
	@echo "Setting up $(@D) with Lambda's runtime client: once, a few seconds."
	@$(call install,3.13)
	@touch $@
