#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Format, clang-tidy and cppcheck over the sources. Changes nothing.
set -eu
cd "$(dirname "$0")/.."
git ls-files -z 'src/*.[ch]' 'tests/*.[ch]' | xargs -0 -r clang-format --dry-run --Werror
[ -f build-lint/build.ninja ] || CC=clang meson setup build-lint >/dev/null
ninja -C build-lint >/dev/null
git ls-files -z 'src/*.c' | xargs -0 -r -n 1 -P "$(nproc)" clang-tidy -quiet -p build-lint \
    --warnings-as-errors='*'
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 -j "$(nproc)" -I src -I build-lint -D__GNUC__ src
echo 'lint: clean'
