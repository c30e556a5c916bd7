# ARGS is passed on: make demo ARGS="--messages 120 --exit"
PYTHON ?= python3
PY := .venv/bin/python
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

unexport PYTHONDONTWRITEBYTECODE  # each program would compile everything anew

.PHONY: setup setup-dev demo up test switches nightly convergence chaos soak bench check lock reference

setup:  ## Create .venv and install what the program needs
	@$(PYTHON) .ci/install.py

setup-dev:
	@$(PYTHON) .ci/install.py --dev

demo: setup  ## Watch messages travel through a loopback Telegram and Discord
	@$(PY) manage.py demo $(ARGS)

up: setup  ## Run everything on this machine, without Docker
	@$(PY) manage.py up $(ARGS)

test: setup-dev  ## Run the tests
	@$(PY) -m pytest -n 3 --no-loadscope-reorder $(ARGS)

switches: setup-dev  ## Switch each feature off and see its tests fail: ARGS="--only S-18,S-19 --jobs 2 --report FILE"
	@$(PY) -m tests.acceptance.switched_off $(ARGS)

nightly: setup-dev  ## What takes hours: 2,000 scripts of convergence, and the tests on each Python that is here. ARGS="--scripts 2000"
	@$(PYTHON) .ci/nightly.py $(ARGS)

convergence: setup-dev  ## Traffic on all sides with losses and kills, compared with what should stand: ARGS="--scripts 64 --seed 1"
	@$(PY) -m tests.convergence $(ARGS)

chaos: setup-dev  ## Hurt two nodes under load: ARGS="--sessions 24 --seconds 120 --profile real --seed 1 --report FILE"
	@$(PY) -m tests.chaos $(ARGS)

soak: setup-dev  ## A long run under load, to see whether anything grows: ARGS="--minutes 30 --rate 50 --report FILE"
	@$(PY) -m tests.soak $(ARGS)

bench: setup-dev  ## What relaying costs over a bare loop: ARGS="--quick --only P1,P6 --report FILE"
	@$(PY) -m tests.bench $(ARGS)

check: setup-dev  ## Style, types, import direction, migrations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy project sessions pairs workers manage.py
	.venv/bin/lint-imports
	@echo "manage.py check; makemigrations --check"
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && export VAR_DIR="$$dir" ENV_FILE= && \
		$(PY) manage.py check && $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

reference: setup-dev  ## Write the generated pages anew
	@$(PY) manage.py reference
	@$(PY) -m tests.acceptance.specification

lock: setup-dev  ## Pin the requirements of pyproject.toml anew; ARGS=--upgrade takes newer versions
	$(COMPILE) $(ARGS) pyproject.toml -o requirements.txt
	$(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
