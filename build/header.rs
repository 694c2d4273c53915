// SPDX-License-Identifier: GPL-2.0-or-later
//! Renders the C headers from `src/capi` with cbindgen, into `OUT_DIR/include/libnetfilter_conntrack`, and
//! into the folder that `HEADER_DIR` names as well.

#![allow(clippy::expect_used, clippy::indexing_slicing)] // a panic is how a build script reports

use cbindgen::{
    Builder, Config, DocumentationStyle, EnumConfig, ExportConfig, FunctionConfig, Language, Style,
};
use std::path::{Path, PathBuf};

/// One header: its name, its guard, the page of the manual that all of it stands on (none where each comment names
/// one), the files that it is rendered from, and the lines that follow its includes.
struct Header {
    name: &'static str,
    guard: &'static str,
    page: Option<&'static str>,
    sources: &'static [&'static str],
    sys_includes: &'static [&'static str],
    raw: &'static str,
}

const fn constants(name: &'static str, guard: &'static str, source: &'static [&'static str]) -> Header {
    Header { name, guard, page: Some(PROTOCOLS), sources: source, sys_includes: &[], raw: "" }
}

/// At the start of each header; doxygen looks into files that say `@file` only.
const NOTE: &str = "/**\n * @file\n * Made from src/capi by `make header`: change it there.\n */";

/// The page of the headers of protocols.
const PROTOCOLS: &str = "libnetfilter_conntrack_tcp";

/// libnfnetlink's headers where there are any, else the kernel's, which have the same guards and names.
const NFNETLINK: &str = "
#if defined(__has_include)
#if __has_include(<libnfnetlink/linux_nfnetlink.h>)
#include <libnfnetlink/linux_nfnetlink.h>
#endif
#endif
#ifndef _NFNETLINK_H
#include <linux/netfilter/nfnetlink.h>
#endif";

const LIBNFNETLINK: &str = "
#if defined(__has_include)
#if __has_include(<libnfnetlink/libnfnetlink.h>)
#include <libnfnetlink/libnfnetlink.h>
#endif
#endif
#ifndef __LIBNFNETLINK_H
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink.h>
/**
 * The two headers of a netfilter message; libnfnetlink's declaration, for programs that do not include its header.
 * @ingroup nfct_nlmsg_build
 */
struct nfnlhdr {
	/** the header of every netlink message */
	struct nlmsghdr nlh;
	/** the header of every netfilter message */
	struct nfgenmsg nfmsg;
};
#endif

#include <libnetfilter_conntrack/linux_nfnetlink_conntrack.h>
#include <libnetfilter_conntrack/linux_nf_conntrack_common.h>

struct nfnl_handle;
struct nfnl_subsys_handle;";

const STATE_BIT: &str = "
/** the bit of a value of enum ip_conntrack_info, in masks of states */
#define NF_CT_STATE_BIT(ctinfo) (1 << ((ctinfo) % IP_CT_IS_REPLY + 1))";

const HEADERS: &[Header] = &[
    Header {
        name: "libnetfilter_conntrack.h",
        guard: "_LIBNETFILTER_CONNTRACK_H_",
        page: None,
        sources: &[
            "decl/main.rs",
            "layout.rs",
            "handle.rs",
            "conntrack.rs",
            "group.rs",
            "print.rs",
            "bitmask.rs",
            "label.rs",
            "filter.rs",
            "message.rs",
            "expect.rs",
            "compat.rs",
        ],
        sys_includes: &["stdbool.h", "stddef.h", "stdint.h", "netinet/in.h", "sys/socket.h", "sys/types.h"],
        raw: LIBNFNETLINK,
    },
    Header {
        page: Some("linux_nfnetlink_conntrack"),
        raw: NFNETLINK,
        ..constants("linux_nfnetlink_conntrack.h", "_IPCONNTRACK_NETLINK_H", &["decl/netlink.rs"])
    },
    Header {
        page: Some("linux_nf_conntrack_common"),
        raw: STATE_BIT,
        ..constants("linux_nf_conntrack_common.h", "_NF_CONNTRACK_COMMON_H", &["decl/common.rs"])
    },
    constants("libnetfilter_conntrack_tcp.h", "_LIBNETFILTER_CONNTRACK_TCP_H_", &["decl/tcp.rs"]),
    constants("libnetfilter_conntrack_udp.h", "_LIBNETFILTER_CONNTRACK_UDP_H_", &["decl/udp.rs"]),
    constants("libnetfilter_conntrack_icmp.h", "_LIBNETFILTER_CONNTRACK_ICMP_H_", &["decl/icmp.rs"]),
    constants("libnetfilter_conntrack_sctp.h", "_LIBNETFILTER_CONNTRACK_SCTP_H_", &["decl/sctp.rs"]),
    constants("libnetfilter_conntrack_dccp.h", "_LIBNETFILTER_CONNTRACK_DCCP_H_", &["decl/dccp.rs"]),
    Header {
        raw: "\n#warning \"Please, remove libnetfilter_conntrack_ipv4.h from your includes!\"",
        ..constants("libnetfilter_conntrack_ipv4.h", "_LIBNETFILTER_CONNTRACK_IPV4_H_", &[])
    },
    Header {
        raw: "\n#warning \"Please, remove libnetfilter_conntrack_ipv6.h from your includes!\"",
        ..constants("libnetfilter_conntrack_ipv6.h", "_LIBNETFILTER_CONNTRACK_IPV6_H_", &[])
    },
];

/// Rust's names of C types, and what the header says instead. A number that C passes as an enumeration is
/// any number here.
const NAMES: &[(&str, &str)] = &[
    ("ConntrackAttr", "enum nf_conntrack_attr"),
    ("ConntrackGroup", "enum nf_conntrack_attr_grp"),
    ("ExpectationAttr", "enum nf_expect_attr"),
    ("MessageType", "enum nf_conntrack_msg_type"),
    ("QueryNumber", "enum nf_conntrack_query"),
    ("FilterAttr", "enum nfct_filter_attr"),
    ("FilterLogic", "enum nfct_filter_logic"),
    ("FilterDumpAttr", "enum nfct_filter_dump_attr"),
    ("nlmsghdr", "struct nlmsghdr"),
    ("nfnl_handle", "struct nfnl_handle"),
    ("nfnl_subsys_handle", "struct nfnl_subsys_handle"),
];

pub fn render() {
    let env = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let source = env("CARGO_MANIFEST_DIR").expect("set by cargo").join("src/capi");
    let rendered = env("OUT_DIR").expect("set by cargo").join("include");
    println!("cargo:rerun-if-changed=src/capi");
    println!("cargo:rerun-if-changed=build/header.rs");
    println!("cargo:rerun-if-env-changed=HEADER_DIR");
    println!("cargo:rustc-env=RENDERED_HEADERS={}", rendered.display());
    for header in HEADERS {
        let text = header.text(&source);
        for folder in std::iter::once(rendered.clone()).chain(env("HEADER_DIR")) {
            let folder = folder.join("libnetfilter_conntrack");
            std::fs::create_dir_all(&folder).expect("make the folder");
            std::fs::write(folder.join(header.name), &text).expect("write the header");
        }
    }
}

impl Header {
    fn text(&self, source: &Path) -> String {
        let files: Vec<PathBuf> = self.sources.iter().map(|name| source.join(name)).collect();
        let builder = files.iter().fold(Builder::new(), Builder::with_src);
        let mut text = Vec::new();
        builder.with_config(self.config(&files)).generate().expect("render the header").write(&mut text);
        let text = tidy(&String::from_utf8(text).expect("a header is text"));
        let end = format!("#endif  /* {} */", self.guard);
        if self.page.is_some() { text.replace(&end, &format!("/** @}} */\n\n{end}")) } else { text }
    }

    fn config(&self, files: &[PathBuf]) -> Config {
        Config {
            language: Language::C,
            cpp_compat: true,
            style: Style::Tag,
            usize_is_size_t: true,
            documentation_style: DocumentationStyle::Doxy,
            line_length: 100,
            header: Some("/* SPDX-License-Identifier: GPL-2.0-or-later */".into()),
            autogen_warning: Some(NOTE.into()),
            include_guard: Some(self.guard.into()),
            no_includes: true,
            sys_includes: self.sys_includes.iter().map(|&name| name.into()).collect(),
            after_includes: Some(self.page.map_or_else(String::new, opened) + self.raw),
            enumeration: EnumConfig { prefix_with_name: false, ..EnumConfig::default() },
            function: FunctionConfig {
                deprecated: Some("__attribute__((deprecated))".into()),
                ..FunctionConfig::default()
            },
            export: ExportConfig {
                include: files.iter().flat_map(|file| declared(file)).collect(),
                exclude: NAMES.iter().map(|(name, _)| (*name).into()).collect(),
                rename: NAMES.iter().map(|(name, to)| ((*name).into(), (*to).into())).collect(),
                ..ExportConfig::default()
            },
            ..Config::default()
        }
    }
}

/// Puts everything that follows on one page of the manual; `@}` ends it.
fn opened(page: &str) -> String {
    format!("\n/**\n * @addtogroup {page}\n * @{{\n */\n")
}

/// The types that a file declares for the header, whether or not a function names them.
fn declared(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("read a source file");
    let name = |line: &str| {
        let rest =
            ["pub enum ", "pub struct ", "pub union "].iter().find_map(|start| line.strip_prefix(start))?;
        Some(rest.split(' ').next()?.to_owned())
    };
    text.lines().filter_map(name).filter(|name| name.starts_with(|c: char| c.is_lowercase())).collect()
}

/// What the generator cannot: enumerations without a tag, short comments on one line, constants without a blank
/// line between them.
fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        match (lines.as_slice(), text) {
            ([.., open, only], "*/") if open.trim_start() == "/**" => {
                let comment = format!("{indent}/** {} */", only.trim_start().trim_start_matches("* "));
                let indent = indent.len() - usize::from(indent.len() % 2 == 1);
                lines.truncate(lines.len() - 2);
                lines.push(format!("{}{}", " ".repeat(indent), comment.trim_start()));
            }
            ([.., last], "") if last.is_empty() => {}
            ([.., before, last], _)
                if text.starts_with("#define ") && last.is_empty() && before.starts_with("#define ") =>
            {
                lines.pop();
                lines.push(line.to_owned());
            }
            _ if text.starts_with("enum anonymous_") => lines.push(format!("{indent}enum {{")),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}
