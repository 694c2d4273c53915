#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make install and make uninstall do with folders, and what they say:
#
#     scripts/place.sh writable DESTDIR PREFIX FOLDER...   fails with one sentence when a folder cannot be written
#     scripts/place.sh notes PREFIX LIBDIR SBINDIR         how programs find an install that the loader does not find
#     scripts/place.sh prune DESTDIR PREFIX FOLDER...      removes empty folders, and those above them
#
# The folders are those of the Makefile, without DESTDIR. LDCONFIG names the loader's tool.
set -eu

# The nearest place above that exists.
existing() {
    place=$1
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

# Prints nothing when the loader searches the library's folder.
notes() {
    prefix=$1 libdir=$2 sbindir=$3
    if PATH=$PATH:/sbin:/usr/sbin "${LDCONFIG:-ldconfig}" -v -N -X 2>/dev/null | grep -q "^$libdir:"; then return; fi
    echo "libconntrack is installed in $prefix. The loader does not search $libdir; for one program or one shell:"
    echo "    export LD_LIBRARY_PATH=$libdir PKG_CONFIG_PATH=$libdir/pkgconfig"
    echo "    export PATH=$sbindir:\$PATH MANPATH=$prefix/share/man:"
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
