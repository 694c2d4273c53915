#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the build of a package:
#
#     scripts/sealed.sh COMMAND...
#
# The toolchain's own programs come first in $PATH: rustup's would look for their settings in a home that the build does not
# have. Settings of make and cargo do not reach the build. It has no network, where the machine lets us make a namespace
# without one.
set -eu

PATH=$(rustc --print sysroot)/bin:$PATH
export PATH
unset MAKEFLAGS MFLAGS MAKELEVEL CARGO_TARGET_DIR
if unshare --net true 2>/dev/null; then set -- unshare --net -- "$@"; fi
exec "$@"
