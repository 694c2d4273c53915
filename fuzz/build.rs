// SPDX-License-Identifier: GPL-2.0-or-later
//! Compiles the differential walk's comparison for the target `versus`, and lists the tool's modules for the
//! targets on the tool.

use std::error::Error;
use std::path::{Path, PathBuf};

/// The walk's own program, and what needs a kernel.
const LEFT_OUT: [&str; 2] = ["walk.c", "kernel.c"];
const WALK: &str = "../capi-tests/walk";
const TOOL: &str = "../tool/src";

fn main() -> Result<(), Box<dyn Error>> {
    for source in ["versus.c", WALK, &format!("{TOOL}/main.rs")] {
        println!("cargo::rerun-if-changed={source}");
    }
    compile_walk()?;
    list_tool()
}

fn compile_walk() -> Result<(), Box<dyn Error>> {
    let mut sources = vec![PathBuf::from("versus.c")];
    for entry in std::fs::read_dir(WALK)? {
        let path = entry?.path();
        let is_left_out = LEFT_OUT.iter().any(|name| path.ends_with(name));
        if path.extension().is_some_and(|extension| extension == "c") && !is_left_out {
            sources.push(path);
        }
    }
    cc::Build::new().files(sources).std("c17").define("_GNU_SOURCE", None).warnings(true).compile("versus");
    Ok(())
}

/// The modules that the tool's main file declares, but those of its tests.
fn list_tool() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(TOOL).canonicalize()?;
    let text = std::fs::read_to_string(folder.join("main.rs"))?;
    let lines: Vec<&str> = text.lines().collect();
    let mut list = String::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) else { continue };
        if at > 0 && lines[at - 1] == "#[cfg(test)]" {
            continue;
        }
        let file = folder.join(format!("{name}.rs"));
        let path = if file.is_file() { file } else { folder.join(name).join("mod.rs") };
        list += &format!("#[allow(dead_code, missing_docs)]\n#[path = {path:?}]\nmod {name};\n");
    }
    Ok(std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("tool.rs"), list)?)
}
