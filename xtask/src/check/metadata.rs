//! What `cargo metadata` says about the workspace and all it depends on.

use std::path::PathBuf;

use serde::Deserialize;

use crate::commands;
use crate::error::ChoreError;

/// The parts of `cargo metadata` that the checks read.
#[derive(Deserialize)]
pub struct Metadata {
    /// All packages that a build for Linux x86-64 may contain.
    pub packages: Vec<Package>,
    /// The identifiers of our own packages.
    pub workspace_members: Vec<String>,
    /// Who depends on whom, resolved.
    pub resolve: Resolve,
}

/// One package.
#[derive(Deserialize)]
pub struct Package {
    /// Unique among all packages.
    pub id: String,
    /// Name on the registry, or in the workspace.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SPDX expression.
    pub license: Option<String>,
    /// Where its manifest lies.
    pub manifest_path: PathBuf,
    /// What its manifest asks for.
    pub dependencies: Vec<Dependency>,
}

/// A line of a manifest's dependencies.
#[derive(Deserialize)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// `None` for ordinary ones, else `dev` or `build`.
    pub kind: Option<String>,
}

/// The resolved graph.
#[derive(Deserialize)]
pub struct Resolve {
    /// One for each package.
    pub nodes: Vec<Node>,
}

/// A package in the resolved graph.
#[derive(Deserialize)]
pub struct Node {
    /// The package.
    pub id: String,
    /// What it depends on, by identifier.
    pub dependencies: Vec<String>,
}

impl Metadata {
    /// Our own packages.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// All packages that are reached from `name`, itself included.
    pub fn reached_from(&self, name: &str) -> Vec<&Package> {
        let mut open: Vec<&str> =
            self.ours().filter(|package| package.name == name).map(|package| package.id.as_str()).collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                let node = self.resolve.nodes.iter().find(|node| node.id == id);
                open.extend(node.into_iter().flat_map(|node| &node.dependencies).map(String::as_str));
            }
        }
        self.packages.iter().filter(|package| seen.contains(package.id.as_str())).collect()
    }
}

/// Asks cargo.
pub fn read() -> Result<Metadata, ChoreError> {
    let platform = "x86_64-unknown-linux-gnu";
    let command = commands::cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        "--filter-platform",
        platform,
    ])?;
    serde_json::from_str(&commands::output(command)?)
        .map_err(|cause| ChoreError::Unexpected { what: "cargo metadata".into(), detail: cause.to_string() })
}
