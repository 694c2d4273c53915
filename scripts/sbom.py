#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bill of materials of the source tarball, in CycloneDX 1.5 JSON: the library, the tool, and every crate that is
compiled into them, with version, licence, checksum and dependencies.

    sbom.py CARGO_LOCK VERSION SECONDS <METADATA   prints it. METADATA is the output of `cargo metadata`, SECONDS the
                                                   time of the sources since 1970. The same input gives the same bytes.
    sbom.py --check FOLDER [SCHEMA]                compares FOLDER/sbom.cdx.json with FOLDER/vendor, in both directions,
                                                   and with a JSON schema; fails with a line for each difference
"""

import datetime
import hashlib
import json
import pathlib
import re
import sys
import uuid

PRODUCTS = ("netfilter-conntrack", "conntrack")


def checksums(lock):
    """The checksums of a lock file, by name and version."""
    entries = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"', lock)
    return {(name, version): checksum for name, version, checksum in entries}


def built_in(metadata):
    """What the products are made of: each package's id, and the ids that it is built with. A development dependency
    is none of them."""
    edges = {
        node["id"]: sorted(
            dependency["pkg"]
            for dependency in node["deps"]
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
        )
        for node in metadata["resolve"]["nodes"]
    }
    found = {}
    open_ids = [package["id"] for package in metadata["packages"] if package["name"] in PRODUCTS]
    while open_ids:
        package = open_ids.pop()
        if package not in found:
            found[package] = edges[package]
            open_ids += edges[package]
    return found


def reference(package):
    return f"{package['name']}@{package['version']}"


def component(package, sums):
    """One package as a component; a crate of the registry has a checksum and an address."""
    result = {
        "type": "application" if package["name"] == "conntrack" else "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": package["license"]}],
    }
    if package["source"] is not None:
        checksum = sums[(package["name"], package["version"])]
        result["scope"] = "required"
        result["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        result["purl"] = f"pkg:cargo/{reference(package)}"
        if package["repository"]:
            result["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return result


def render(metadata, lock, version, seconds):
    packages = {package["id"]: package for package in metadata["packages"]}
    graph = built_in(metadata)
    order = sorted(graph, key=lambda package: reference(packages[package]))
    product = {"name": "libconntrack", "version": version}
    ours = [package for package in order if packages[package]["source"] is None]
    dependencies = [{"ref": reference(product), "dependsOn": [reference(packages[package]) for package in ours]}]
    for package in order:
        needed = sorted(reference(packages[other]) for other in graph[package])
        dependencies.append({"ref": reference(packages[package]), "dependsOn": needed})
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": reference(product),
                **product,
                "licenses": [{"expression": packages[ours[0]]["license"]}],
            },
        },
        "components": [component(packages[package], checksums(lock)) for package in order],
        "dependencies": dependencies,
    }
    digest = hashlib.sha256(json.dumps(bill, sort_keys=True).encode()).hexdigest()
    return {"serialNumber": uuid.UUID(digest[:32], version=4).urn, **bill}


def vendored(folder):
    """The crates of a vendor folder: name and version of each manifest, with the checksum of the crate's archive."""
    crates = set()
    for manifest in sorted(folder.glob("*/Cargo.toml")):
        package = manifest.read_text().split("\n[package]\n")[1].split("\n[")[0]
        name, version = (re.search(f'^{key} = "(.+)"', package, re.M).group(1) for key in ("name", "version"))
        checksum = json.loads((manifest.parent / ".cargo-checksum.json").read_text())["package"]
        crates.add((name, version, checksum))
    return crates


def differences(folder, schema):
    bill = json.loads((folder / "sbom.cdx.json").read_text())
    crates = {
        (part["name"], part["version"], part["hashes"][0]["content"])
        for part in bill["components"]
        if "hashes" in part
    }
    there = vendored(folder / "vendor")
    yield from (f"not in vendor/: {' '.join(crate)}" for crate in sorted(crates - there))
    yield from (f"not in sbom.cdx.json: {' '.join(crate)}" for crate in sorted(there - crates))
    refs = [bill["metadata"]["component"]["bom-ref"], *(part["bom-ref"] for part in bill["components"])]
    graph = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    if sorted(refs) != sorted(graph):
        yield "components and dependencies name different parts"
    needed = {ref for entries in graph.values() for ref in entries}
    yield from (f"no part needs {ref}" for ref in sorted(set(refs[1:]) - needed))
    yield from (f"no such part: {ref}" for ref in sorted(needed - set(refs)))
    if not there:
        yield "vendor/ has no crate"
    if schema:
        import jsonschema  # only here: make dist needs Python alone

        validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
        yield from (f"schema: {error.json_path}: {error.message}" for error in validator.iter_errors(bill))


def main(arguments):
    if len(arguments) not in ((2, 3) if arguments[:1] == ["--check"] else (3,)):
        sys.exit(__doc__.strip())
    if arguments[0] == "--check":
        found = list(differences(pathlib.Path(arguments[1]), pathlib.Path(arguments[2]) if arguments[2:] else None))
        print("\n".join(found) or f"{arguments[1]}: the bill of materials and vendor/ agree")
        return 1 if found else 0
    lock, version, seconds = arguments
    bill = render(json.load(sys.stdin), pathlib.Path(lock).read_text(), version, int(seconds))
    print(json.dumps(bill, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
