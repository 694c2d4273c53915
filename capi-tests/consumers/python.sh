# shellcheck shell=bash disable=SC2034,SC2086,SC2154  # a part of scene.sh; words are meant to split
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Python's foreign function interface: ffi.py opens the library by its SONAME and uses it without any C header.

need python3
step ffi /usr/bin/python3 "$HERE/ffi.py"
