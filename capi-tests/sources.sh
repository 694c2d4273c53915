# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the shell test runners: where the source of a program is, and what compiles it.

# The source of a program of ours.
source_of() {
    for source in "capi-tests/$1.c" "capi-tests/$1.cc" "examples/$1.c"; do
        if [ -f "$source" ]; then echo "$source"; fi
    done
}

# The compiler of a source file, in the language that the programs are written in.
compiler() {
    case $1 in
        *.cc) echo "${CXX:-c++} -std=gnu++17" ;;
        *) echo "${CC:-cc} -std=gnu17" ;;
    esac
}
