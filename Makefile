# Every target sets up what it needs first; `make run ARGS=--once`, `make test ARGS="-k merge"`.
bin := .venv/bin
.PHONY: setup run test check format bench simulate lock assets

setup: ; @.ci/setup
run: setup ; @$(bin)/python .ci/player/build.py || true; $(bin)/wayfold demo $(ARGS)
test: setup ; $(bin)/python -m pytest -n auto $(ARGS)
check: setup ; $(bin)/ruff format --check && $(bin)/ruff check && $(bin)/mypy && $(bin)/lint-imports
format: setup ; $(bin)/ruff format && $(bin)/ruff check --fix
bench: setup ; $(bin)/python -m bench $(ARGS)
simulate: setup ; $(bin)/python -m tests.simulation --seeds 1..1000 --jobs 2 $(ARGS)
lock: setup ; .ci/lock $(ARGS) && .ci/setup
assets: setup ; $(bin)/python .ci/player/build.py $(ARGS)
