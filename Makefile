# Five environments, each made when it is first needed: the SAM CLI pins a boto3 of its
# own, the built functions and quick313 run under Lambda's Python, which need not be
# yours, and two versions of Elastic's client have one name.
DEV := .venv/bin
SAM := SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
.PHONY: help setup demo mode pause resume parked redrive plan explain cluster conformance simulate mutants reliability settings-table test quick worlds quick313 lint build e2e check clean
.NOTPARALLEL:

export PYTHONPATH := functions:worlds:tests:.
# The operator's commands need the product, and neither worlds nor tests.
mode pause resume parked redrive plan explain: export PYTHONPATH := functions:.
# An image's habit: each process would compile all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

# `$(call given,mode,MODE)` is `--mode` with what follows `make`. The environment has no
# say: it may have an ALL, an ID or a MODE of its own.
given = $(if $(findstring command line,$(origin $(2))),--$(1)='$($(2))')

help: ## Show what there is.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Make .venv; every other target does so by itself.

demo: .venv/.ready ## Run one day in seconds; FAULTS=1 adds faults. Needs no AWS account.
	@$(DEV)/python -m local.demo

plan: .venv/.ready ## Print what a sweep of CLUSTER_URL would do; it never posts.
	@$(DEV)/python -m idle_jobs_cli plan $(ARGS)

explain: .venv/.ready ## Print why JOB gets its verdict, and what would change it.
	@$(DEV)/python -m idle_jobs_cli explain $(if $(findstring command line,$(origin JOB)),'$(JOB)') $(ARGS)

cluster: .venv/.ready ## Serve the demo's jobs on PORT (9200) as VERSION (8.9.0); CONTROL_PORT adds a control.
	@VERSION=$(if $(findstring command line,$(origin VERSION)),'$(VERSION)') \
		$(DEV)/python -m local.serve

mode: .venv/.ready ## Show the mode of the deployed stack; MODE=observe, close or paused sets it.
	@$(DEV)/python -m idle_jobs_cli mode $(if $(findstring command line,$(origin MODE)),'$(MODE)') $(call given,stack,STACK)

pause: .venv/.ready ## Stop the deployed stack; it receives no more messages.
	@$(DEV)/python -m idle_jobs_cli pause $(if $(findstring command line,$(origin MODE)),'$(MODE)') $(call given,stack,STACK)

resume: .venv/.ready ## Restore the mode from before the pause; or MODE=close, MODE=observe.
	@$(DEV)/python -m idle_jobs_cli resume $(if $(findstring command line,$(origin MODE)),'$(MODE)') $(call given,stack,STACK)

parked: .venv/.ready ## List the parked messages of the deployed stack.
	@$(DEV)/python -m idle_jobs_cli parked $(call given,stack,STACK)

redrive: .venv/.ready ## Move parked messages back: ID=, JOB= or ALL=1; WAIT=seconds for outcomes.
	@$(DEV)/python -m idle_jobs_cli redrive $(call given,stack,STACK) \
		$(call given,id,ID) $(call given,job,JOB) $(if $(findstring command line,$(origin ALL)),--all) $(call given,wait,WAIT)

conformance: .venv/.ready ## Run Elastic's YAML REST tests in DIR, or our own, on the simulated cluster.
	@VERSION=$(if $(findstring command line,$(origin VERSION)),'$(VERSION)') \
		$(DEV)/python -m conformance $(if $(findstring command line,$(origin DIR)),'$(DIR)')

simulate: .venv/.ready ## Run SCHEDULES (1000) from seed FIRST (0), and compare with a naive peer; or tell one SEED, or a JOB of it.
	@JOB=$(if $(findstring command line,$(origin JOB)),'$(JOB)') $(DEV)/python -m simulation

mutants: .venv/.ready ## Add one bug at a time, and print which test notices it: MUTANT=, SHARE=1/7.
	@$(foreach name,MUTANT SHARE,$(name)=$(if $(findstring command line,$(origin $(name))),'$($(name))')) \
		$(DEV)/python -m mutants

reliability: .venv/.ready .venv-e2e/.ready build ## Run the fault matrix and SCHEDULES (1000; 0: none), write docs/reliability.md.
	@$(DEV)/python -m reliability

settings-table: .venv/.ready ## Write the settings table of docs/operating.md from template.yaml.
	@$(DEV)/python -m settings_table

QUICK := -m "not slow and not e2e"
WHOLE := -m "not e2e" --dist loadscope --no-loadscope-reorder

test: .venv/.ready .venv-client8/.ready ## Run every test but e2e, and measure what they cover.
	@$(DEV)/pytest -q -n auto $(WHOLE) --cov --cov-report=term-missing

quick: .venv/.ready ## Run the product's tests that need no whole stack: some 20 seconds.
	@$(DEV)/pytest -q -n auto $(QUICK) tests

# For who changes worlds/; `make test` has them, too.
worlds: .venv/.ready .venv-client8/.ready ## Run the tests of stand-in, local stack, simulation, mutants.
	@$(DEV)/pytest -q -n auto $(WHOLE) worlds

quick313: .venv-313/.ready ## Run `quick`, the stand-in's and all of the wire under Lambda's 3.13.
	@.venv-313/bin/pytest -q -n auto $(QUICK) tests worlds/standin
	@.venv-313/bin/pytest -q -n auto -m slow tests/elastic/test_transport*.py

lint: .venv/.ready .venv-sam/.ready ## Check style, types and the template.
	@$(DEV)/ruff check -q .
	@$(DEV)/ruff format -q --check .
	@$(DEV)/mypy --no-error-summary
	@$(DEV)/cfn-lint template.yaml
	@# cfn-lint no longer sees what SAM will make of a template, so it is shown that, too.
	@$(DEV)/python -m local.translate_template | $(DEV)/cfn-lint /dev/stdin
	@$(SAM) validate > /dev/null

build: .venv-sam/.ready ## Build the three functions into .aws-sam/build.
	@mkdir -p .aws-sam
	@python=$$(tools/find_python 3.13); export PATH="$$(dirname "$$python"):$$PATH"; \
		$(SAM) build > .aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }

e2e: .venv/.ready .venv-e2e/.ready build ## Run what was built under the real Lambda runtime client.
	@$(DEV)/pytest -q -n 2 -m e2e tests/e2e

check: lint e2e test ## Everything that CI checks; quick313 unless `test` was under 3.13.
	@$(DEV)/python -c "import sys; sys.exit(sys.version_info[:2] != (3, 13))" || \
		$(MAKE) --no-print-directory quick313

clean: ## Remove what the other targets made, the environments included.
	rm -rf .venv .venv-313 .venv-sam .venv-e2e .venv-client8 .aws-sam .coverage
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The files list every package with its hash, hence --no-deps. Twice quiet hides pip's
# warnings about the machine it runs on; its errors are still shown. What is imported is
# compiled when it is, and kept: to compile all takes as long as to install it. Only the
# runtime client's start is to be as quick the first time as later.
install = rm -rf $(@D) && "$$(tools/find_python $(1))" -m venv $(@D) && \
	$(@D)/bin/pip -qq --disable-pip-version-check install $(2) \
	--no-deps --require-hashes -r $<

.venv/.ready: requirements/dev.txt
	@echo "Setting up $(@D): once, about a minute."
	@$(call install,3.11+,--no-compile)
	@touch $@

.venv-313/.ready: requirements/dev.txt
	@echo "Setting up $(@D) with Lambda's Python: once, about a minute."
	@$(call install,3.13,--no-compile)
	@touch $@

.venv-sam/.ready: requirements/sam.txt
	@echo "Setting up $(@D) with the SAM CLI: once, about half a minute."
	@$(call install,3.11+,--no-compile)
	@touch $@

.venv-e2e/.ready: requirements/e2e.txt
	@echo "Setting up $(@D) with Lambda's runtime client: once, a few seconds."
	@$(call install,3.13)
	@touch $@

.venv-client8/.ready: requirements/client8.txt
	@echo "Setting up $(@D) with Elastic's client of 8.x: once, a few seconds."
	@$(call install,3.11+,--no-compile)
	@touch $@
