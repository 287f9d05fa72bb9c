# SPDX-License-Identifier: BSD-2-Clause
# One-word aliases; the work is in meson.build, tools/ and tests/.
.PHONY: all run test check accuracy system kernel fuzz sanitize lint format hooks deps install ci clean

all:
	@tools/build.sh build

run:
	@tools/run.sh $(CONF)

test:
	@tools/deps.sh build test
	@tests/run

check:
	@tools/deps.sh build test
	@tests/run unit tidy sim

accuracy:
	@tools/deps.sh build
	@tools/build.sh build-release -Dbuildtype=release
	@build-release/toki-accuracy

system kernel fuzz:
	@tools/deps.sh build test
	@tests/run $@

sanitize:
	@tools/deps.sh build test
	@tools/sanitize.sh

lint:
	@tools/deps.sh build test lint
	@tools/lint.sh

format:
	@tools/deps.sh lint
	@git ls-files -z 'src/*.[ch]' 'tests/*.[ch]' | xargs -0 -r clang-format -i

hooks:
	git config core.hooksPath tools/hooks

deps:
	@tools/deps.sh build test lint

install: all
	meson install -C build

ci:
	@.ci/run

clean:
	rm -rf build build-sanitize build-fuzz build-lint build-release
