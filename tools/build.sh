#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh FOLDER [meson options]: configures the folder if need be and builds it. WERROR=1 makes
# warnings errors. Options are applied to a folder that exists already, too.
set -eu
cd "$(dirname "$0")/.."

folder=$1
shift
[ "${WERROR:-0}" = 1 ] && set -- -Dwerror=true "$@"

missing=
for tool in meson ninja pkg-config; do
    command -v $tool >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "not installed:$missing; run 'make deps' as root" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
if [ ! -f "$folder/build.ninja" ]; then
    quietly meson setup "$folder" "$@"
elif [ $# -gt 0 ]; then
    quietly meson configure "$folder" "$@"
fi
if [ -t 1 ]; then
    ninja -C "$folder"
else
    quietly ninja -C "$folder"
fi
