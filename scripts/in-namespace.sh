#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command in a temporary network namespace, with a separate mount namespace:
#
#     scripts/in-namespace.sh COMMAND [ARGUMENT...]
#
# As root the script uses unshare --net, as an ordinary user a user namespace. The command sees an empty
# connection tracking table, no network and no other process's sockets; the namespaces end with the command.
# The command cannot reach the machine's own table. Where namespaces are not available, the script reports it and fails.
set -eu

# Inside, the command is root, or appears to be: $PATH includes root's programs.
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
