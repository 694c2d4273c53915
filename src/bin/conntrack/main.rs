//! The conntrack tool.
fn main() {}
