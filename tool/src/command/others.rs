// SPDX-License-Identifier: GPL-2.0-or-later
//! `--all-netns` for programs that read what is printed: the other namespaces, each with a name that no other has.

#![forbid(unsafe_code)]

use netfilter_conntrack::diagnosis::Sample;
use netfilter_conntrack::diagnosis::facts::Namespace;
use netfilter_conntrack::diagnosis::namespaces::{self, Found};
use std::collections::BTreeMap;

/// Looks for the namespaces that can be read.
pub fn others() -> BTreeMap<String, Sample> {
    let read = |found: Found| Some((found.sample().ok()?, found));
    let read: Vec<(Sample, Found)> = namespaces::search().found.into_iter().filter_map(read).collect();
    let described: Vec<Namespace> = read.iter().map(|(sample, found)| found.describe(None, sample)).collect();
    titles(&described, " ").into_iter().zip(read.into_iter().map(|(sample, _)| sample)).collect()
}

/// A name for each namespace. Where two have the same, as two processes have, the inode is added after `between`.
pub fn titles(namespaces: &[Namespace], between: &str) -> Vec<String> {
    let name = |namespace: &Namespace| namespace.name.clone().filter(|name| !name.is_empty());
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for name in namespaces.iter().filter_map(name) {
        *times.entry(name).or_default() += 1;
    }
    let number = |namespace: &Namespace| match (namespace.inode, namespace.pid) {
        (0, Some(pid)) => format!("process{between}{pid}"),
        (inode, _) => inode.to_string(),
    };
    let title = |namespace: &Namespace| match name(namespace) {
        None => number(namespace),
        Some(name) if times.get(&name) == Some(&1) => name,
        Some(name) => format!("{name}{between}{}", number(namespace)),
    };
    namespaces.iter().map(title).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_namespaces_have_one_name() {
        let namespace = |name: Option<&str>, inode, pid| {
            let mut namespace = Namespace::default();
            (namespace.name, namespace.inode, namespace.pid) = (name.map(str::to_owned), inode, pid);
            namespace
        };
        let all = [
            namespace(Some("web"), 1, None),
            namespace(Some("nginx"), 2, Some(20)),
            namespace(Some("nginx"), 3, Some(30)),
            namespace(Some("nginx"), 0, Some(40)),
            namespace(None, 5, None),
            namespace(Some(""), 0, Some(60)),
        ];
        assert_eq!(titles(&all, " "), ["web", "nginx 2", "nginx 3", "nginx process 40", "5", "process 60"]);
        assert_eq!(titles(&all, ":")[1..4], ["nginx:2", "nginx:3", "nginx:process:40"]);
    }
}
