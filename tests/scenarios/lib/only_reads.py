#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The system calls of a diagnosis, as strace sees them: requests that read, files opened for reading, and no more."""
import os, re, tempfile

# Messages by strace's names, and by their numbers where strace does not know the socket's protocol.
MESSAGES = {
    "IPCTNL_MSG_CT_GET": 0x101, "IPCTNL_MSG_CT_GET_STATS_CPU": 0x104, "IPCTNL_MSG_CT_GET_STATS": 0x105,
    "IPCTNL_MSG_CT_GET_DYING": 0x106, "IPCTNL_MSG_EXP_GET": 0x201, "IPCTNL_MSG_EXP_GET_STATS_CPU": 0x203,
    "IPCTNL_MSG_TIMEOUT_GET": 0x801, "IPCTNL_MSG_TIMEOUT_DEFAULT_GET": 0x804, "RTM_GETNSID": 90,
}
LIST = {"IPCTNL_MSG_CT_GET", "0x101"}
ALLOWED = set(MESSAGES) | {hex(number) for number in MESSAGES.values()}

# Calls that change neither a file, nor a setting, nor another process; those of the loader and the language among them.
HARMLESS = set("""
    access arch_prctl bind brk clock_nanosleep clone clone3 close dup dup2 dup3 epoll_create1 eventfd2 execve exit exit_group
    fadvise64 faccessat2 fcntl fstat futex getdents64 getegid geteuid getgid getpid getrandom getsockname getsockopt gettid
    getuid ioctl lseek lstat madvise mmap mprotect mremap munmap nanosleep newfstatat openat poll ppoll prctl pread64 prlimit64
    read readlink readlinkat readv recvfrom recvmmsg recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn
    sched_getaffinity sched_yield select pselect6 sendmsg sendto set_robust_list set_tid_address setns setsockopt sigaltstack
    socket stat statfs fstatfs statx sysinfo timerfd_create timerfd_settime uname unshare write writev
""".split())
OPTIONS = {"SO_RCVBUF", "SO_RCVBUFFORCE", "SO_SNDBUF", "NETLINK_EXT_ACK", "NETLINK_NO_ENOBUFS", "NETLINK_GET_STRICT_CHK",
           "NETLINK_CAP_ACK", "SO_RCVTIMEO_OLD"}


def faults(lab, options):
    with tempfile.TemporaryDirectory(prefix="scenario-") as folder:
        trace = os.path.join(folder, "trace")
        lab.need("strace", "-f", "-s", "32", "-o", trace, lab.tool, "--diagnose", *options)
        with open(trace, encoding="utf-8", errors="replace") as file:
            yield from of_trace(file)


def of_trace(lines):
    lists = calls = 0
    output = {"1", "2"}
    for line in lines:
        call = re.match(r"\d+ +(\w+)\((.*)", line)
        if not call:
            continue  # the end of a call, a signal, the end of a thread
        name, rest = call.groups()
        calls += 1
        if name not in HARMLESS:
            yield f"a call that may change something: {line.strip()}"
        if name == "openat" and ("O_RDONLY" not in rest or re.search("O_CREAT|O_TRUNC|O_APPEND", rest)):
            yield f"opened for more than reading: {line.strip()}"
        if name == "fcntl" and "F_DUPFD" in rest and rest.split(",")[0] in output:
            output.add(rest.split("= ")[-1].strip())
        if name in ("write", "writev") and rest.split(",")[0] not in output:
            yield f"written: {line.strip()}"
        if name == "bind" and "nl_groups=00000000" not in rest:
            yield f"listens to groups: {line.strip()}"
        if name == "setsockopt" and not any(option in rest for option in OPTIONS):
            yield f"an option of a socket: {line.strip()}"
        if name in ("sendto", "sendmsg"):
            messages = re.findall(r"nlmsg_type=(?:\w+<<8\|)?(\w+)", rest)
            if not messages:
                yield f"no request of netlink: {line.strip()}"
            yield from (f"not a request that reads: {message}" for message in messages if message not in ALLOWED)
            lists += sum(message in LIST for message in messages)
    if lists > 1:
        yield f"the list was asked for {lists} times"
    if calls < 20:
        yield f"strace saw {calls} calls only"
