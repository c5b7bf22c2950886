# Every command a user or developer needs. A fresh machine needs Python 3.11 with pip and venv, and make.
#
# Two environments, each rebuilt only when its lock changes: the worker's (about 230 MB, 15 s) and the full one with
# TensorFlow (2.7 GB, 80 s on 2 cores). Plain pip: uv was twice as fast for the first and takes 20 s for the second,
# but pip is there already and reads the hospital's own pip.conf.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
ROOT   ?= $(or $(LUNGWATCH_ROOT),./spool)
MODEL  ?=
LISTEN ?=
ARGS   ?=
SECONDS ?= 60
FILES  ?= 10000
IMAGE  ?= lungwatch-worker

WORKER_ENV := .venv-worker
FULL_ENV   := .venv

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help:  ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-9s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  Variables: PYTHON= (3.11)  ROOT=./spool  MODEL=FILE.tflite  LISTEN=127.0.0.1:8080  ARGS="-k name" (test)'

.PHONY: run
run: $(WORKER_ENV)/.stamp  ## answer what is dropped into ./spool/incoming, with the reference model
	@exec $(WORKER_ENV)/bin/python -m worker run --root '$(ROOT)' $(if $(MODEL),--model '$(MODEL)') $(if $(LISTEN),--listen '$(LISTEN)')

.PHONY: demo
demo: $(FULL_ENV)/.stamp  ## train, export and answer on drawn radiographs, in a minute or two
	@$(FULL_ENV)/bin/python demo.py

.PHONY: test
test: $(FULL_ENV)/.stamp  ## all tests; ARGS is handed to pytest
	$(FULL_ENV)/bin/python -m pytest $(ARGS)

.PHONY: faults
faults: $(FULL_ENV)/.stamp  ## crash and fail a worker at every call it makes on its folder (minutes; needs strace)
	$(FULL_ENV)/bin/python -m tests.faults

.PHONY: check
check: $(FULL_ENV)/.stamp  ## format, lint and types
	$(FULL_ENV)/bin/ruff format --check .
	$(FULL_ENV)/bin/ruff check .
	$(FULL_ENV)/bin/mypy

.PHONY: format
format: $(FULL_ENV)/.stamp  ## bring the code into shape
	$(FULL_ENV)/bin/ruff check --fix .
	$(FULL_ENV)/bin/ruff format .

.PHONY: bench
bench: $(FULL_ENV)/.stamp  ## every benchmark in turn; each prints ratios measured side by side
	$(FULL_ENV)/bin/python -m benchmarks.throughput
	$(FULL_ENV)/bin/python -m benchmarks.same_picture
	$(FULL_ENV)/bin/python -m benchmarks.burst
	$(FULL_ENV)/bin/python -m benchmarks.backlog
	$(FULL_ENV)/bin/python -m benchmarks.training_feed
	$(FULL_ENV)/bin/python -m benchmarks.cached_features

# The reference model: three seeds, averaged, exported. Each fit goes on where it was cut off (--resume). 10 to 15 minutes
# a seed on 2 quiet cores. Needs the real radiographs and the ImageNet weights.
DATA      ?= $(or $(LUNGWATCH_DATA),../shared/data)
REFERENCE := pneumonia-mobilenet-int8
SEEDS     := 0 1 2
.PHONY: reference
reference: $(FULL_ENV)/.stamp  ## train, average and export the reference model anew, and measure it
	@set -e; for seed in $(SEEDS); do test -f runs/reference-$$seed/card.json || \
		$(FULL_ENV)/bin/python -m train fit '$(DATA)/kermany' --recipe mobilenet --seed $$seed --resume \
		--weights '$(DATA)/weights/mobilenet_0_5_160_imagenet_notop.h5' \
		--about models/pneumonia.about.json --run runs/reference-$$seed; done
	$(FULL_ENV)/bin/python -m train average $(SEEDS:%=runs/reference-%) --run runs/reference
	$(FULL_ENV)/bin/python -m export convert runs/reference --profile int8 \
		--out models/$(REFERENCE).tflite --model-card models/$(REFERENCE).md
	$(FULL_ENV)/bin/python -m train evaluate models/$(REFERENCE).tflite '$(DATA)/kermany' --out runs/reference-report --no-images
	cp runs/reference-report/evaluation.png runs/reference-report/metrics.json docs/img/reference/

.PHONY: results
results: $(FULL_ENV)/.stamp  ## train every published recipe that is not trained yet, and write docs/results.md (hours)
	LUNGWATCH_DATA='$(DATA)' $(FULL_ENV)/bin/python -m benchmarks.results $(ARGS)

.PHONY: soak
soak: $(FULL_ENV)/.stamp  ## 100,000 files through one worker: does it grow? (six minutes)
	$(FULL_ENV)/bin/python -m benchmarks.soak $(ARGS)

.PHONY: fuzz
fuzz: $(FULL_ENV)/.stamp  ## look for bytes that decoders stumble over for SECONDS=60, then drop FILES=10000 mutants on a worker
	$(FULL_ENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/fuzz.lock
	$(FULL_ENV)/bin/python -m tests.hostile.fuzz -max_total_time=$(SECONDS)
	$(FULL_ENV)/bin/python -m tests.hostile.flood --files $(FILES)

.PHONY: image
image:  ## the worker's container image
	docker build --target worker --tag '$(IMAGE)' .

# The versions already locked are kept unless setup.cfg rules them out; `make lock ARGS=--upgrade` takes the newest.
# dev.lock is solved first and binds the others, so that what is tested is what runs. Hashes are of every wheel of a
# version, so one file serves x86_64 and aarch64.
COMPILE = $(FULL_ENV)/bin/uv pip compile --quiet --generate-hashes --no-config --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	--constraint requirements/constraints.in $(ARGS) setup.cfg

.PHONY: lock
lock: $(FULL_ENV)/bin/uv  ## solve setup.cfg anew into requirements/*.lock
	$(COMPILE) --extra dev --output-file requirements/dev.lock
	$(COMPILE) --extra worker --extra dicom --constraint requirements/dev.lock --output-file requirements/worker.lock
	$(COMPILE) --extra train --extra export --extra dicom --constraint requirements/dev.lock --output-file requirements/train.lock
	$(COMPILE) --extra fuzz --constraint requirements/dev.lock --output-file requirements/fuzz.lock

# Only where there is no environment yet, or no lock to make one from.
$(FULL_ENV)/bin/uv:
	$(PYTHON) -m venv $(FULL_ENV)
	$(FULL_ENV)/bin/python -m pip install --quiet 'uv >=0.13,<0.14'

# A half-made environment has no stamp, and is made again.
$(WORKER_ENV)/.stamp: requirements/worker.lock
$(FULL_ENV)/.stamp: requirements/dev.lock
$(WORKER_ENV)/.stamp $(FULL_ENV)/.stamp:
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo 'Lungwatch needs Python 3.11; say where it is: make PYTHON=/path/to/python3.11 …' >&2; exit 2; }
	@echo 'Making $(@D) from $< …'
	@rm -rf '$(@D)'
	@'$(PYTHON)' -m venv '$(@D)'
	@'$(@D)/bin/python' -m pip install -qq --disable-pip-version-check --require-hashes --requirement '$<'
	@touch '$@'
