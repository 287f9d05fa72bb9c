#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unit tests and simulations under the address and undefined-behaviour sanitizers.
set -eu
cd "$(dirname "$0")/.."
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
tools/build.sh build-sanitize -Db_sanitize=address,undefined \
    -Dc_args='-fsanitize=float-cast-overflow,float-divide-by-zero'
meson test -C build-sanitize --no-rebuild --print-errorlogs --timeout-multiplier 5 \
    --suite unit --suite sim
