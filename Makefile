# Eight environments, each made when it is first needed: operators need few packages, the
# SAM CLI and checkov pin boto3s of their own, the built functions and quick313 run under
# Lambda's Python, which need not be yours, two versions of Elastic's client have one
# name, and what the SBOM's writer needs would change what requests does.
DEV := .venv/bin
OPS := .venv-cli/bin
# Without the modules of the tests, some of which have the names of packages.
AUDIT := env -u PYTHONPATH .venv-audit/bin
CLI = $(OPS)/python -m idle_jobs_cli
SAM := SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
DEPLOY := prerequisites answers deploy
LOOK := plan explain doctor history report parked mode
ACT := close undo redrive pause resume
SIMULATED := demo cluster simulate
.PHONY: help .programs $(DEPLOY) setup $(LOOK) $(ACT) validate $(SIMULATED) conformance mutants reliability settings-table costs bench released test quick worlds quick313 lint audit build sbom package e2e check clean
.NOTPARALLEL:

export PYTHONPATH := functions:worlds:tests:.
# The operator's commands need the product and themselves, and no tests.
$(DEPLOY) $(LOOK) $(ACT) validate $(SIMULATED): export PYTHONPATH := functions:.
# An image's habit: each process would compile all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

# `$(call option,mode,MODE)` is `--mode` with what follows `make`. The environment has no
# say: it may have an ALL, an ID or a MODE of its own.
given = $(findstring command line,$(origin $(1)))
option = $(if $(call given,$(2)),--$(1)='$($(2))')
text = $(if $(call given,$(1)),'$($(1))')
args = $(if $(call given,ARGS),$(ARGS))
environment = $(if $(call given,ENV),'$(ENV)',default)

help: ## Show what there is.
	@awk -F ':.*## ' '/^## / {print "\n" substr($$0, 4)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

## A stack. ENV=staging is a second one, with settings of its own.

# They are made in this order, and the first that fails says why and is the last.
deploy: prerequisites answers build ## Check, ask, build, deploy, and test the stack.
	@$(SAM) deploy --config-env $(environment) --no-fail-on-empty-changeset
	@$(OPS)/python -m tools.first_look $(environment)

prerequisites: .programs .venv-cli/.ready ## Check the programs and the AWS account.
	@$(OPS)/python -m tools.aws_account $(environment)

.programs:
	@tools/prerequisites

answers: .venv-cli/.ready ## Ask for the settings of a stack, or check those it has.
	@$(OPS)/python -m tools.answers $(environment)

## The command idle-jobs. ARGS='...' adds options; each says more with ARGS=--help.

plan: .venv-cli/.ready ## What a sweep of CLUSTER_URL would do; closes nothing.
	@$(CLI) plan $(call option,stack,STACK) $(args)

explain: .venv-cli/.ready ## Why JOB gets its verdict, and what would change it.
	@$(CLI) explain $(call option,stack,STACK) $(args) $(call text,JOB)

doctor: .venv-cli/.ready ## Test each hop to CLUSTER_URL, or with STACK to a stack.
	@$(CLI) doctor $(call option,stack,STACK) $(args)

history: .venv-cli/.ready ## What the stack has closed, and what of it is open again.
	@$(CLI) history $(call option,stack,STACK) $(call option,since,SINCE) \
		$(call option,job,JOB) $(args)

report: .venv-cli/.ready ## The plan as a page; with STACK also what it has saved.
	@$(CLI) report $(call option,stack,STACK) $(args)

parked: .venv-cli/.ready ## The parked messages of the stack (STACK).
	@$(CLI) parked $(call option,stack,STACK) $(args)

mode: .venv-cli/.ready ## The mode of the stack; MODE=observe or close sets it.
	@$(CLI) mode $(call option,stack,STACK) $(args) $(call text,MODE)

close: .venv-cli/.ready ## Ask the stack to close JOB; WAIT=10m for outcomes.
	@$(CLI) close $(call option,stack,STACK) $(call option,wait,WAIT) $(args) $(call text,JOB)

undo: .venv-cli/.ready ## Reopen what was closed: SINCE=2h, JOB or SWEEP.
	@$(CLI) undo $(call option,stack,STACK) $(call option,since,SINCE) $(call option,job,JOB) \
		$(call option,sweep,SWEEP) $(args)

redrive: .venv-cli/.ready ## Send parked messages again: ID, JOB or ALL=1; WAIT=2m.
	@$(CLI) redrive $(call option,stack,STACK) $(call option,id,ID) $(call option,job,JOB) \
		$(if $(call given,ALL),$(if $(filter-out 0,$(ALL)),--all)) $(call option,wait,WAIT) $(args)

pause: .venv-cli/.ready ## Stop the stack; it receives no more messages.
	@$(CLI) pause $(call option,stack,STACK) $(args) $(call text,MODE)

resume: .venv-cli/.ready ## End the pause, in the mode from before it or in MODE.
	@$(CLI) resume $(call option,stack,STACK) $(args) $(call text,MODE)

validate: .venv-cli/.ready ## Check a text: ARGS='settings samconfig.toml'.
	@$(CLI) validate $(args)

demo: .venv-cli/.demo ## One day in seconds, without AWS; FAULTS=1 adds faults.
	@$(CLI) demo $(args)

cluster: .venv-cli/.ready ## A simulated cluster; PORT, CONTROL_PORT, VERSION.
	@$(CLI) cluster $(if $(PORT),--port='$(PORT)') $(call option,version,VERSION) \
		$(if $(CONTROL_PORT),--control-port='$(CONTROL_PORT)') $(args)

simulate: .venv-cli/.demo ## Random faults: SCHEDULES (1000), FIRST; or one SEED, JOB.
	@JOB=$(call text,JOB) $(CLI) simulate $(args)

## For who changes the application. CONTRIBUTING.md says when to run which.

setup: .venv/.ready ## Make .venv; every other target does so by itself.

conformance: .venv/.ready ## Elastic's YAML REST tests in DIR, or our own.
	@VERSION=$(call text,VERSION) $(DEV)/python -m conformance $(call text,DIR)

mutants: .venv/.ready ## Add a bug, see which test notices: MUTANT, SHARE=1/7.
	@MUTANT=$(call text,MUTANT) SHARE=$(call text,SHARE) $(DEV)/python -m mutants

reliability: .venv/.ready .venv-e2e/.ready build ## Fault matrix and SCHEDULES; writes docs/reliability.md.
	@$(DEV)/python -m reliability

settings-table: .venv/.ready ## Write the settings table of docs/operating.md.
	@$(DEV)/python -m settings_table

costs: .venv/.ready ## Write docs/costs.md from template.yaml and dated prices.
	@$(DEV)/python -m costs

bench: .venv/.ready .venv-313/.ready .venv-e2e/.ready build ## Speed, size, cost beside peers; writes a page. ROWS=1,6.
	@ROWS=$(call text,ROWS) $(DEV)/python -m benchmark

released: .venv/.ready ## Write what the next version has to keep, at a release.
	@$(DEV)/python -m upgrades

QUICK := -m "not slow and not e2e"
WHOLE := -m "not e2e" --dist loadscope --no-loadscope-reorder

test: .venv/.ready .venv-client8/.ready ## Every test but e2e, and what they cover.
	@$(DEV)/pytest -q -n auto $(WHOLE) --cov --cov-report=term-missing

quick: .venv/.ready ## The product's tests that need no whole stack: 20 s.
	@$(DEV)/pytest -q -n auto $(QUICK) tests

# For who changes worlds/; `make test` has them, too.
worlds: .venv/.ready .venv-client8/.ready ## The tests of stand-in, local stack, simulation, mutants.
	@$(DEV)/pytest -q -n auto $(WHOLE) worlds

quick313: .venv-313/.ready ## `quick`, and the wire's tests, under Lambda's Python.
	@.venv-313/bin/pytest -q -n auto $(QUICK) tests worlds/standin
	@.venv-313/bin/pytest -q -n auto -m slow tests/elastic/test_transport*.py

lint: .venv/.ready .venv-sam/.ready ## Check style, types and the template.
	@$(DEV)/ruff check -q .
	@$(DEV)/ruff format -q --check .
	@$(DEV)/mypy --no-error-summary
	@$(DEV)/cfn-lint template.yaml
	@# cfn-lint no longer sees what SAM will make of a template, so it is shown that, too.
	@$(DEV)/python -m local.translate_template | $(DEV)/cfn-lint /dev/stdin
	@# Without cfn-lint it checks SAM's own properties; it wants a region, and calls none.
	@$(SAM) validate --region eu-west-1 > /dev/null

logged = > .audit/$(1).log 2>&1 || { cat .audit/$(1).log; exit 1; }

# None of it needs the network. tests/audit has what is accepted, with the reasons.
audit: .venv/.ready .venv-audit/.ready ## Check the stack and the workflows for weaknesses.
	@$(DEV)/python -m audited_stacks .audit
	@printf '%s\n' plain guarded | xargs -P 2 -I % sh -c '$(AUDIT)/checkov --compact --quiet \
		--skip-download --config-file tests/audit/%.yaml --file .audit/%.json $(call logged,%)'
	@$(AUDIT)/zizmor --offline --persona=pedantic .github/workflows $(call logged,zizmor)
	@$(AUDIT)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*

build: .venv-sam/.ready ## Build the functions into .aws-sam/build.
	@mkdir -p .aws-sam
	@python=$$(tools/find_python 3.13); export PATH="$$(dirname "$$python"):$$PATH"; \
		$(SAM) build --parallel > .aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }

sbom: .venv-sbom/.ready ## Write .aws-sam/sbom.json: what is deployed, in CycloneDX.
	@mkdir -p .aws-sam
	@.venv-sbom/bin/python -m sbom .aws-sam/sbom.json

package: .venv-cli/.ready build sbom ## For those without SAM: dist/idle-job-closer-*.zip.
	@$(OPS)/python -m tools.package dist

e2e: .venv/.ready .venv-313/.ready .venv-e2e/.ready build sbom ## Run what was built under Lambda's real runtime client.
	@$(DEV)/pytest -q -n 2 -m e2e tests/e2e worlds/benchmark

check: lint audit e2e test ## All that CI checks; quick313 unless this is Python 3.13.
	@$(DEV)/python -c "import sys; sys.exit(sys.version_info[:2] != (3, 13))" || \
		$(MAKE) --no-print-directory quick313

clean: ## Remove what the others made, the environments included.
	rm -rf .venv .venv-cli .venv-313 .venv-sam .venv-e2e .venv-client8 .venv-audit .venv-sbom .venv*.lock
	rm -rf .aws-sam dist .audit .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Two makes at once both work: one makes the environment, the other waits for it.
made = @python=$$(tools/find_python $(1)) && "$$python" tools/make_venv.py $@ $< $(2)

.venv/.ready: requirements/dev.txt
	$(call made,3.11+)

.venv-cli/.ready: requirements/cli.txt
	$(call made,3.11+)

.venv-cli/.demo: requirements/demo.txt .venv-cli/.ready
	$(call made,3.11+,--add)

.venv-313/.ready: requirements/dev.txt
	$(call made,3.13)

.venv-sam/.ready: requirements/sam.txt
	$(call made,3.11+)

.venv-audit/.ready: requirements/audit.txt
	$(call made,3.11+)

.venv-sbom/.ready: requirements/sbom.txt
	$(call made,3.11+)

# The runtime client's start is to be as quick the first time as later.
.venv-e2e/.ready: requirements/e2e.txt
	$(call made,3.13,--compile)

.venv-client8/.ready: requirements/client8.txt
	$(call made,3.11+)
