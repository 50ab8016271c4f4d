# make help lists the targets. Each creates .venv from requirements.lock by itself, and again only when the lock or pyproject.toml changed.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
ENVIRONMENT := $(VENV)/installed
BIN := $(VENV)/bin
PORT ?= 8000
BOOK := _build/html/index.html
# Lessons are executed again when what they import or read has changed: the cache of executed lessons, and what Sphinx has read, see only
# their own text.
EXECUTED := _build/executed
INPUTS := $(wildcard mnist_utils/*.py mnist_utils/*.mplstyle mnist_utils/data/*.gz studies/*.py results/*) requirements.lock

STUDY ?=
REPLICATE := _build/replicate

# Kernels read no settings of the user, which may turn networks and figures into others: as in tools/pairs.py.
SETTINGS := $(CURDIR)/_build/settings
OWN_SETTINGS := env -u MATPLOTLIBRC -u MPLBACKEND -u PYTHONSTARTUP PYTHONUTF8=1 PYTHONIOENCODING=utf-8 \
  KERAS_BACKEND=tensorflow MPLCONFIGDIR="$(SETTINGS)" KERAS_HOME="$(SETTINGS)" IPYTHONDIR="$(SETTINGS)"

.PHONY: help book test check lab notebooks archive pdf replicate bench serve clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

$(ENVIRONMENT): requirements.lock pyproject.toml
	@python=; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "This book needs Python 3.11, 3.12 or 3.13 (TensorFlow has no build for later ones)." >&2; \
	  echo "Found: $$(python3 --version 2>&1 || echo no python3). Install one of them, or name it: make PYTHON=/path/to/python3.12 book" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$($$python --version); installing takes one to three minutes." && \
	rm -rf $(VENV) && "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(EXECUTED): $(INPUTS) | $(ENVIRONMENT)
	@rm -rf _build/.jupyter_cache _build/.doctrees && mkdir -p _build && touch $@

book: $(ENVIRONMENT) $(EXECUTED) ## execute the lessons and render the book: _build/html/index.html
	@$(BIN)/python tools/execute.py
	$(OWN_SETTINGS) $(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book: $(CURDIR)/$(BOOK)"

test: $(ENVIRONMENT) ## run every test: units, notebooks, the strict build, pages in a browser, style
	$(BIN)/python -m pytest

check: $(ENVIRONMENT) ## run what takes two to three minutes: style, units without training, whether generated files are in step
	$(BIN)/python -m pytest -m "not training" tests mnist_utils studies

lab: $(ENVIRONMENT) ## open the notebooks in JupyterLab
	@mkdir -p _build/settings
	@# Without what asks whether it may fetch news.
	@$(OWN_SETTINGS) $(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2>/dev/null
	$(OWN_SETTINGS) $(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks/data/files.ipynb

notebooks: $(ENVIRONMENT) $(EXECUTED) ## write the notebooks and scripts of the lessons (LESSON=part/name for one)
	$(BIN)/python tools/pairs.py $(LESSON)

archive: book ## pack the notebooks and the package for readers: _build/html/downloads/handwritten-digits.zip
	@$(BIN)/python tools/take_home.py archive

pdf: book ## print the book, which needs Chromium or Chrome: _build/html/downloads/handwritten-digits.pdf
	@$(BIN)/python tools/take_home.py pdf

replicate: $(ENVIRONMENT) ## run all studies afresh and compare them with results/ (STUDY=name for one)
	$(BIN)/python -m studies replicate $(STUDY) --out $(REPLICATE)

bench: $(ENVIRONMENT) ## run the side-by-side measurements in benchmarks/
	@for name in load_mnist time_to_99 engine cluster; do $(BIN)/python benchmarks/$$name.py || exit 1; done

serve: book ## build the book and serve it at http://localhost:8000 (PORT=number for another)
	@$(BIN)/python -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", $(PORT))) == 0)' || \
	  { echo "port $(PORT) is in use: make serve PORT=$$(($(PORT) + 1))" >&2; exit 1; }
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

clean: ## remove what the targets made, the environment too
	rm -rf $(VENV) _build .pytest_cache .hypothesis .ruff_cache *.egg-info
