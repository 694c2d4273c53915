#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command in a temporary network namespace, with a separate mount namespace:
#
#     scripts/in-namespace.sh COMMAND [ARGUMENT...]
#
# As root the script uses unshare --net, as an ordinary user a user namespace. The command sees an empty
# connection tracking table, no network and no other process's sockets; the namespaces end with the command.
# The command cannot reach the machine's own table. Where namespaces are not available, the script reports it and fails.
#
# Each entry there has events. As Linux is set up (nf_conntrack_events=2), an entry has them only if the kernel knows of a
# listener when the entry is made; while a program of another namespace stops listening, the kernel forgets for a moment
# that there are others: of 50,000 entries that were made with a listener, 6 had no event.
set -eu

# Inside, the command is root, or appears to be: $PATH includes root's programs.
PATH=$PATH:/usr/sbin:/sbin
export PATH

# shellcheck disable=SC2016  # for the shell inside
WITH_EVENTS='setting=/proc/sys/net/netfilter/nf_conntrack_events
    [ ! -w "$setting" ] || echo 1 >"$setting"
    exec "$@"'

said=
for how in '--net --mount' '--map-root-user --net --mount'; do
    # shellcheck disable=SC2086  # each word is an option
    if reason=$(unshare $how true 2>&1); then
        exec unshare $how -- sh -c "$WITH_EVENTS" sh "$@"
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
