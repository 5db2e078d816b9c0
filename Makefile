# The commands of an operator and of a developer: `make help` lists them.
#   STACK=dev        which stack (a file Pulumi.<stack>.yaml)
#   SERVICE=…        which part of it: `make logs` lists them
#   FOLLOW=1         with logs: go on until Ctrl-C
#   FORCE=1          with down, restore and bootstrap-gcp: don't ask
#   LACKING=1        with parity: only what a target lacks
#   DISRUPTIVE=1     with contract: restart a cloud stack's servers, too
#   THOROUGH=1       with e2e: what takes long, too; with test: all generated configurations
#   BASE=main OUT=… LIVE=1 GATE=1   with report: compare with what, write where; against the
#                    stacks' recorded state; fail unless the verdict is safe
#   BASE=… OUT=…     with rehearse: the stack of which commit is updated; where the log is written
#   CONTRACT=1 ACCEPT=1   with rehearse: the contract suite, too; renew the record of its calls
#   FILE=… OUT=… KEY=…   with backup, restore and backup-verify: the backup to read, where to
#                    write one, the key that opens it
#   PAIRS=2 ONLY=…  with bench: how often each is run; only imports, previews, ups, growth, suite
#   PROJECT=… REGION=… DRY_RUN=1   with bootstrap-gcp: where; print its commands only

ONE_STACK := $(filter command,$(origin STACK))
STACK ?= dev
PYTHON ?= python3

# What is given stays text, whatever is in it: make doesn't expand it, and a recipe takes it from
# its environment ("$$STACK"), never as a part of its own words.
GIVEN = STACK SERVICE FOLLOW FORCE LACKING DISRUPTIVE THOROUGH BASE OUT FULL LIVE GATE PROJECT REGION DRY_RUN FILE KEY PAIRS ONLY CONTRACT ACCEPT
$(foreach name,$(GIVEN),$(if $(filter-out undefined,$(origin $(name))),$\
	$(eval override $(name) := $$(value $(name)))))
export $(GIVEN)

IN_VENV = .venv/bin/python -m
# A worker for each processor; a file's tests stay together, with what they share.
SPREAD = --numprocesses=auto --dist=loadfile
IN_ENV = . ./.toolchain/env && exec $(IN_VENV)
OPS = @$(IN_ENV) ops $@ --stack="$$STACK"
WITH_SERVICE = $${SERVICE:+--service="$$SERVICE"}
WITH_FILE = $${FILE:+--file="$$FILE"}
WITH_KEY = $${KEY:+--key="$$KEY"}
STACK_FILE = 'Pulumi.$(subst ','\'',$(STACK)).yaml'
CLOUD = $(shell grep -qs '^ *alphintra:target: *gcp' $(STACK_FILE) && echo --cloud)

# What prepares says so on stderr: the output is the command's own (`make shell … < script | …`).
.DEFAULT_GOAL := help
.PHONY: help setup venv stack up preview down restart status health logs shell kubeconfig \
	doctor backup restore backup-verify bootstrap-gcp contract parity report rehearse comment check test e2e bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Another stack than dev: STACK=<name>. More on a command: $(IN_VENV) ops <command> --help"

setup: ## the tools, where they are missing: Python packages, Docker, Pulumi, k3d, kubectl, images
	@$(PYTHON) -m toolchain setup $(CLOUD) $(DEV) >&2

venv:
	@$(PYTHON) -m toolchain venv >&2

stack: setup
	@$(PYTHON) -m toolchain stack -- "$$STACK" >&2

up: stack ## bring the stack up (on Google Cloud: after a preview and a question)
	$(OPS)

preview: $(if $(CLOUD),setup,stack) ## what `make up` would change
	$(OPS)

down: setup ## remove the stack and its data, after a question; FORCE=1 doesn't ask
	$(OPS) $(if $(filter 1,$(FORCE)),--force)

restart: setup ## stop and start its containers, data stays; SERVICE=… for one
	$(OPS) $(WITH_SERVICE)

status: setup ## what there is, its state, address, and how to reach it
	$(OPS)

health: setup ## ask each part as its users would; fails if anything does
	$(OPS)

logs: setup ## SERVICE=…: the last lines of its log; FOLLOW=1 goes on
	$(OPS) $(WITH_SERVICE) $(if $(filter 1,$(FOLLOW)),--follow)

shell: setup ## SERVICE=…: psql, redis-cli, sh, or a shell for kubectl
	$(OPS) $(WITH_SERVICE)

kubeconfig: setup ## write .toolchain/kubeconfig-<stack>
	$(OPS)

doctor: venv ## what would keep a stack from coming up on this machine, each with the remedy
	@$(IN_VENV) ops $@ --stack="$$STACK"

backup: setup ## write what the stack holds into one encrypted file; OUT=… names it
	$(OPS) $${OUT:+--out="$$OUT"} $(WITH_KEY)

restore: setup ## FILE=…: put what a backup holds in its place, after a question; FORCE=1 doesn't ask
	$(OPS) $(WITH_FILE) $(WITH_KEY) $(if $(filter 1,$(FORCE)),--force)

backup-verify: setup ## restore the newest backup, or FILE=…, beside the stack and compare
	$(OPS) $(WITH_FILE) $(WITH_KEY)

bootstrap-gcp: venv ## PROJECT=…: make a Google Cloud project ready; DRY_RUN=1 only prints
	@$(IN_VENV) ops $@ --stack="$$STACK" $${PROJECT:+--project="$$PROJECT"} \
		$${REGION:+--region="$$REGION"} $(if $(filter 1,$(DRY_RUN)),--dry-run) \
		$(if $(filter 1,$(FORCE)),--force)

parity: venv ## what is the same on this machine and on Google Cloud; LACKING=1: what is not
	@$(IN_VENV) stacks.parity $(if $(filter 1,$(LACKING)),--lacking)

contract: DEV = --dev
contract: setup ## hold a running stack to the contract, from inside its cluster
	@$(IN_ENV) pytest tests/contract --stack="$$STACK"

report: CLOUD = --cloud
report: setup ## BASE=main: whether what changed since is dangerous, for each stack, and why
	@. ./.toolchain/env && { $(IN_VENV) ops.preview_report \
		$${BASE:+--base="$$BASE"} $${OUT:+--out="$$OUT"} $${FULL:+--full="$$FULL"} \
		$(if $(ONE_STACK),--stack="$$STACK") $(if $(filter 1,$(LIVE)),--live) \
		|| { code=$$?; [ "$$GATE" != 1 ] && { [ $$code = 3 ] || [ $$code = 4 ]; }; }; }

rehearse: CLOUD = --cloud
rehearse: DEV = --dev
rehearse: setup ## STACK=prod: a cloud stack's whole life, without a cloud; BASE=…: updates that one's
	@$(IN_ENV) rehearsal --stack="$$STACK" $${BASE:+--base="$$BASE"} $${OUT:+--out="$$OUT"}

comment: ## for the workflow: keep the report's comment on its pull request up to date
	@$(PYTHON) -m ops.preview_report.comment

check: venv ## lint, types and the quick tests, in under two minutes
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) pyright
	@.venv/bin/zizmor --offline --no-progress --quiet --persona=pedantic .github/workflows
	@$(IN_VENV) pytest tests --ignore=tests/e2e $(SPREAD) -m "not slow"

test: venv ## all tests that need only Python
	@$(IN_VENV) pytest tests --ignore=tests/e2e $(SPREAD)

e2e: DEV = --dev --cloud
e2e: setup ## a real stack of its own beside a running dev: made, used, removed
	@$(IN_ENV) pytest tests/e2e tests/rehearsal $(if $(filter 1,$(THOROUGH)),--thorough)

bench: CLOUD = --cloud
bench: DEV = --dev
bench: setup ## how fast it is: previews, up and down beside their floors, in about 12 minutes
	@$(IN_VENV) bench $${PAIRS:+--pairs="$$PAIRS"} $${ONLY:+--only="$$ONLY"}
