#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sees to it that the Debian packages of the named sets (build, test, lint) are there. As root it
# installs what is missing; as anybody else it says what to install. The list of packages lives here
# and nowhere else.
set -eu

build='gcc libc6-dev meson ninja-build pkg-config nettle-dev libcap-dev libseccomp-dev
    libjansson-dev libmicrohttpd-dev'
# the second line: what Debian's chrony, ntpsec and openntpd link to; they are never installed
test='libcmocka-dev clang libclang-rt-14-dev binutils git python3 python3-pytest iproute2 util-linux
    libbsd0 libcap2 libedit2 libgnutls30 libnettle8 libseccomp2 libssl3 netbase tzdata
    qemu-system-x86 busybox-static cpio groff-base'
lint='clang-format clang-tidy cppcheck'

if ! command -v dpkg-query >/dev/null; then
    echo 'not a Debian system: see CONTRIBUTING.md for what toki needs' >&2
    exit 0
fi

wanted=
for set in "$@"; do
    case $set in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    lint) wanted="$wanted $lint" ;;
    *) echo "deps.sh: no set '$set'" >&2; exit 2 ;;
    esac
done

missing=
for package in $wanted; do
    case $(dpkg-query -W -f '${db:Status-Abbrev} ' "$package" 2>/dev/null) in
    *ii*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
    echo "Missing packages. As root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    # shellcheck disable=SC2086
    apt-get install -y --no-install-recommends $missing >"$log" 2>&1 </dev/null
}
if ! { apt-get update >"$log" 2>&1 && install; } && ! install; then
    cat "$log" >&2
    exit 1
fi
