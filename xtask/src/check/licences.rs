//! Licences of all dependencies, as SPDX expressions against a list of what is allowed.

use spdx::{Expression, LicenseReq, ParseMode};

use super::metadata::Metadata;

/// What may be linked or run at build time: permissive licences and the file-wise MPL-2.0.
const ALLOWED: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Packages whose manifest names no expression, and what their licence file says. Each needs a reason.
const BY_HAND: [(&str, &str); 0] = [];

/// What is wrong with the dependencies' licences.
pub fn check(metadata: &Metadata) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let by_hand = BY_HAND.iter().find(|(name, _)| *name == package.name).map(|(_, licence)| *licence);
        let judged = match package.license.as_deref().or(by_hand) {
            Some(expression) => judge(expression),
            None => Err("names no licence expression".to_owned()),
        };
        if let Err(reason) = judged {
            wrong.push(format!("{} {}: {reason}", package.name, package.version));
        }
    }
    wrong
}

/// Whether an expression can be satisfied with allowed licences alone.
fn judge(expression: &str) -> Result<(), String> {
    // Old manifests write "MIT/Apache-2.0" for OR; the lax mode reads that.
    let parsed = Expression::parse_mode(expression, ParseMode::LAX)
        .map_err(|cause| format!("its licence `{expression}` is no SPDX expression: {}", cause.reason))?;
    if parsed.evaluate(allowed) {
        Ok(())
    } else {
        Err(format!("its licence `{expression}` is not on the list"))
    }
}

fn allowed(licence: &LicenseReq) -> bool {
    ALLOWED.contains(&licence.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_satisfied_by_one_allowed_side() {
        for expression in
            ["MIT", "GPL-3.0-only OR MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert_eq!(judge(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn all_sides_of_an_and_must_be_allowed() {
        assert!(judge("MIT AND GPL-3.0-only").is_err());
        assert!(judge("(MIT OR Apache-2.0) AND LGPL-2.1-only").is_err());
    }

    #[test]
    fn an_exception_counts_only_where_it_is_listed() {
        assert_eq!(judge("Apache-2.0 WITH LLVM-exception"), Ok(()));
        assert!(judge("GPL-2.0-only WITH Classpath-exception-2.0").is_err());
        assert_eq!(judge("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"), Ok(()));
    }

    #[test]
    fn nonsense_is_not_allowed() {
        assert!(judge("see the file").is_err());
        assert!(judge("").is_err());
    }

    #[test]
    fn every_name_on_the_list_reads_back_as_written() {
        for licence in ALLOWED {
            assert_eq!(judge(licence), Ok(()), "{licence}");
        }
    }
}
