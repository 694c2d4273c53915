#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An apt in a folder, for packages of another suite or architecture of Debian that are not to be installed:
#
#     scripts/debian-apt.sh mirror                             prints Debian's mirror
#     scripts/debian-apt.sh open SUITE ARCHITECTURE FOLDER     reads the suite's lists; `apt-get -c FOLDER/conf` uses them
#     scripts/debian-apt.sh get FOLDER COMMAND...              runs `apt-get COMMAND` there: packages go into FOLDER/archives
#
# It uses the network as this machine's apt does, changes no file outside the folder, and checks signatures. MIRROR and
# KEYRING name another mirror, and its keys, than those of this machine's apt.
set -eu

die() {
    echo "debian-apt: $*" >&2
    exit 1
}

# The mirror of this machine's apt, or the default, where it has none (another distribution).
mirror() {
    # shellcheck disable=SC2016  # apt's own variables
    own=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "main" && $3 == "Debian" { print $1; exit }')
    echo "${own:-http://deb.debian.org/debian}"
}

# configuration FOLDER ARCHITECTURE: apt in the folder, for one architecture, without what this machine adds to it.
configuration() {
    cat <<END
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
Dir "$1";
Dir::State "$1";
Dir::State::status "$1/status";
Dir::Cache "$1";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
END
}

open() {
    suite=$1 architecture=$2 folder=$(realpath -m "$3")
    keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
    [ -e "$keyring" ] || die "$keyring is missing: the package $(basename "$keyring" .gpg) has it; KEYRING names another file"
    mkdir -p "$folder/etc/apt" "$folder/lists/partial" "$folder/archives/partial"
    : >"$folder/status"
    echo "deb [arch=$architecture signed-by=$keyring] ${MIRROR:-$(mirror)} $suite main" >"$folder/etc/apt/sources.list"
    configuration "$folder" "$architecture" >"$folder/conf"
    get "$folder" update
}

# Shows apt's output only when it fails.
get() {
    folder=$(realpath "$1")
    shift
    (cd "$folder/archives" && apt-get -c "$folder/conf" "$@") >"$folder/log" 2>&1 </dev/null || {
        grep '^E:' "$folder/log" >&2 || cat "$folder/log" >&2
        die "apt-get $* has failed"
    }
}

case ${1:-} in
    mirror) mirror ;;
    open) shift && open "$@" ;;
    get) shift && get "$@" ;;
    *) sed -n '3,10s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
