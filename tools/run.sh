#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [CONF]: builds, then runs the demonstration, or tokid on the named configuration file.
set -eu
cd "$(dirname "$0")/.."
tools/deps.sh build
tools/build.sh build
if [ -n "${1:-}" ]; then
    exec build/tokid -d -f "$1"
fi
exec build/toki demo
