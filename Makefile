# Two commands need nothing but Python 3.11 and make: `make demo` and `make test`. What they do is in tools/.

BIN := .venv/bin
READY := .venv/ready
SOURCES := $(wildcard requirements/dev.txt requirements/uv.txt pyproject.toml plugins/*/pyproject.toml package-lock.json \
                      tools/environment.py tools/assets.py)

.PHONY: help demo serve test lint bench lock clean

help:
	@echo "make demo    show the platform at work against stand-ins of the outside world (ARGS=--once: run and end)"
	@echo "make serve   start the platform on your own data, in XRM_HOME or ./data; before the first time:"
	@echo "             .venv/bin/xrm init --base ACME --base-name 'Acme SARL' --admin LOGIN"
	@echo "make test    check everything (ARGS='-k mail' is for pytest)"
	@echo "make lint    check style, types and who imports whom"
	@echo "make bench   measure against bare loops and print the ratios"
	@echo "make lock    choose the newest versions that pyproject.toml allows and write requirements/*.txt"
	@echo "make clean   remove what the other commands made, never your data"

$(READY): $(SOURCES)
	@sh tools/python.sh tools/environment.py

demo: $(READY)
	@$(BIN)/xrm demo $(ARGS)

serve: $(READY)
	@$(BIN)/xrm serve $(ARGS)

test: $(READY)
	@$(BIN)/python tools/checks.py test $(ARGS)

lint: $(READY)
	@$(BIN)/python tools/checks.py lint

bench: $(READY)
	@$(BIN)/python tools/benchmarks.py $(ARGS)

lock: $(READY)
	@$(BIN)/python tools/lock.py $(ARGS)

clean:
	@rm -rf .venv node_modules demo-data dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
	        xrm_platform/web/static/vendor
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
