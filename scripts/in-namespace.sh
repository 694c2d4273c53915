#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command in a throw-away network namespace, with a mount namespace of its own:
#
#     scripts/in-namespace.sh COMMAND [ARGUMENT...]
#
# As root through unshare --net, for an ordinary user through a user namespace. The command sees an empty
# connection tracking table, no network and no other process's sockets; when it ends, all of that is gone.
# The machine's own table is out of its reach. Where namespaces are not to be had it says so and fails.
set -eu

# Inside, the command is root, or looks like it: it finds root's programs as well.
PATH=$PATH:/usr/sbin:/sbin
export PATH

said=
for how in '--net --mount' '--map-root-user --net --mount'; do
    # shellcheck disable=SC2086  # each word is an option
    if reason=$(unshare $how true 2>&1); then
        exec unshare $how -- "$@"
    fi
    said="$said$reason ($how)
"
done
printf '%s' "$said" >&2
cat >&2 <<'END'
in-namespace: no network namespace is to be had here, neither as root (unshare --net) nor through a user
namespace (unshare --map-root-user --net). In a container, add the capabilities SYS_ADMIN and NET_ADMIN;
elsewhere run as root, or let ordinary users create user namespaces (sysctl user.max_user_namespaces,
kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns).
END
exit 1
