#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make install and make uninstall do with folders, and what they say:
#
#     scripts/place.sh absolute NAME=FOLDER...             fails when a setting is no absolute path, or has a blank
#     scripts/place.sh writable DESTDIR PREFIX FOLDER...   fails with one sentence when a folder cannot be written
#     scripts/place.sh removable DESTDIR FOLDER...         the same, before files are removed
#     scripts/place.sh notes PREFIX LIBDIR SBINDIR MANDIR   how programs find an install that the loader does not find
#     scripts/place.sh prune DESTDIR PREFIX FOLDER...      removes empty folders, and those above them
#
# The folders are those of the Makefile, without DESTDIR. LDCONFIG names the loader's tool.
set -eu

# The .pc files and the notes name these folders, so they hold from every other folder; DESTDIR may be any path.
absolute() {
    for setting in "$@"; do
        case $setting in
            *=*[[:space:]]*) wrong='has a blank' ;;
            *=/* | *=) continue ;;
            *) wrong='is not an absolute path' ;;
        esac
        echo "make: $setting $wrong. Such a folder is possible in DESTDIR only." >&2
        exit 1
    done
}

# The nearest place above that exists; the present folder for a relative path.
existing() {
    case $1 in /*) place=$1 ;; *) place=./$1 ;; esac
    while [ ! -e "$place" ] && [ -n "${place%/*}" ]; do place=${place%/*}; done
    [ -e "$place" ] && echo "$place" || echo /
}

writable() {
    destdir=$1 prefix=$2
    shift 2
    for place in "$@"; do
        there=$(existing "$destdir$place")
        [ -d "$there" ] || { echo "make install: $there is not a folder." >&2; exit 1; }
        [ ! -w "$there" ] || continue
        echo "make install: no permission to write into $there." >&2
        if [ "$(id -u)" = 0 ]; then
            echo "The folder is read-only: choose another PREFIX than $prefix." >&2
        else
            echo "Run it as root (sudo make install), or choose a folder of your own: make install PREFIX=\$HOME/.local" >&2
        fi
        exit 1
    done
}

removable() {
    destdir=$1
    shift
    for place in "$@"; do
        if [ ! -d "$destdir$place" ] || [ -w "$destdir$place" ]; then continue; fi
        echo "make uninstall: no permission to remove files in $destdir$place. Run it as the user who installed them" \
            "(sudo make uninstall)." >&2
        exit 1
    done
}

# Prints nothing when the loader searches the library's folder.
notes() {
    prefix=$1 libdir=$2 sbindir=$3 mandir=$4
    if PATH=$PATH:/sbin:/usr/sbin "${LDCONFIG:-ldconfig}" -v -N -X 2>/dev/null | grep -q "^$libdir:"; then return; fi
    echo "libconntrack is installed in $prefix. The loader does not search $libdir; for one program or one shell:"
    echo "    export LD_LIBRARY_PATH=$libdir PKG_CONFIG_PATH=$libdir/pkgconfig"
    echo "    export PATH=$sbindir:\$PATH MANPATH=$mandir:"
    echo "For every program of the machine (as root): echo $libdir >/etc/ld.so.conf.d/libconntrack.conf; ldconfig"
}

# In the running system the folders of /usr and /usr/local stay: they are there before any installation.
prune() {
    destdir=$1 prefix=$2
    shift 2
    keep=
    if [ -z "$destdir" ]; then
        case $prefix in /usr | /usr/local)
            keep="$prefix $prefix/lib $prefix/include $prefix/sbin $prefix/share $prefix/share/man" ;;
        esac
    fi
    for place in "$@"; do
        folder=$destdir$place
        while [ "$folder" != "$destdir" ] && [ -n "$folder" ]; do
            case " $keep " in *" $folder "*) break ;; esac
            if [ -d "$folder" ]; then rmdir "$folder" 2>/dev/null || break; fi
            # Outside of the prefix only the folder itself, and never a folder above the prefix.
            case ${folder%/*}/ in "$destdir$prefix"/*) ;; *) [ -n "$destdir" ] || break ;; esac
            folder=${folder%/*}
        done
    done
}

"$@"
