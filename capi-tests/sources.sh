# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the shell test runners: finds the source of a program, and its compiler.

# Prints the source of one of our programs.
source_of() {
    for source in "capi-tests/$1.c" "capi-tests/$1.cc" "examples/$1.c"; do
        if [ -f "$source" ]; then echo "$source"; fi
    done
}

# Prints the compiler of a source file, with the language standard of the programs.
compiler() {
    case $1 in
        *.cc) echo "${CXX:-c++} -std=gnu++17" ;;
        *) echo "${CC:-cc} -std=gnu17" ;;
    esac
}
