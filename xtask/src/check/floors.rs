//! The house's floors: no crate depends on a floor above its own, nor sideways.

use super::metadata::Metadata;

/// The table of floors, and the only one. Lowest first. The ground floor has steps of its own:
/// `assets` < `media` < `body`; with `nn` and `pickle` standing beside them.
const FLOORS: [Room; 16] = [
    room("orator-assets", 0, 0),
    room("orator-media", 0, 1),
    room("orator-body", 0, 2),
    room("orator-nn", 0, 0),
    room("orator-pickle", 0, 0),
    room("orator-perceive", 1, 0),
    room("orator-speech", 1, 0),
    room("orator-motion", 2, 0),
    room("orator-render", 2, 0),
    room("orator-metrics", 2, 0),
    room("orator-corpus", 2, 0),
    room("orator-stage", 3, 0),
    room("orator-train", 3, 0),
    room("orator-studio", 3, 0),
    room("orator-cli", 5, 0),
    // The chores stand outside: they may use the catalogue and nothing else (see `CHORES`).
    room("xtask", 0, 1),
];

/// The chores must build before libtorch is there.
const CHORES: &str = "xtask";
const NEVER_IN_CHORES: [&str; 2] = ["tch", "torch-sys"];

struct Room {
    name: &'static str,
    floor: u8,
    step: u8,
}

const fn room(name: &'static str, floor: u8, step: u8) -> Room {
    Room { name, floor, step }
}

fn find(name: &str) -> Option<&'static Room> {
    FLOORS.iter().find(|room| room.name == name)
}

/// What is wrong with the crates' dependencies on each other.
pub fn check(metadata: &Metadata) -> Vec<String> {
    let ours = metadata.ours().map(|package| {
        let names = package.dependencies.iter().map(|dependency| {
            let kind = dependency.kind.as_deref().map(|kind| format!("{kind}-")).unwrap_or_default();
            (dependency.name.as_str(), kind)
        });
        (package.name.as_str(), names.collect())
    });
    let mut wrong = violations(ours);
    let chores = metadata.reached_from(CHORES);
    let forbidden = chores.iter().filter(|package| NEVER_IN_CHORES.contains(&package.name.as_str()));
    wrong.extend(
        forbidden.map(|package| format!("{CHORES} depends on {}, which needs libtorch", package.name)),
    );
    wrong
}

/// Judges crates given by name with the names (and kinds: empty, `dev-` or `build-`) they depend on.
fn violations<'a>(crates: impl Iterator<Item = (&'a str, Vec<(&'a str, String)>)>) -> Vec<String> {
    let crates: Vec<_> = crates.collect();
    let is_ours = |name: &str| crates.iter().any(|(ours, _)| *ours == name);
    let mut wrong = Vec::new();
    for (name, dependencies) in &crates {
        let Some(room) = find(name) else {
            wrong.push(format!("{name} is in no row of the table of floors (xtask/src/check/floors.rs)"));
            continue;
        };
        for (other, kind) in dependencies.iter().filter(|(other, _)| is_ours(other)) {
            let Some(below) = find(other) else { continue };
            let allowed = (below.floor, below.step) < (room.floor, room.step)
                && (below.floor < room.floor || below.floor == 0);
            if !allowed {
                let floors = format!("floor {} uses floor {}", room.floor, below.floor);
                wrong.push(format!("{name} must not have {other} as a {kind}dependency ({floors})"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(crates: &[(&'static str, &[&'static str])]) -> Vec<String> {
        violations(
            crates
                .iter()
                .map(|(name, uses)| (*name, uses.iter().map(|name| (*name, String::new())).collect())),
        )
    }

    #[test]
    fn the_planned_house_stands() {
        let wrong = judge(&[
            ("orator-assets", &[]),
            ("orator-media", &["orator-assets", "serde"]),
            ("orator-body", &["orator-media"]),
            ("orator-nn", &[]),
            ("orator-perceive", &["orator-assets", "orator-media", "orator-body"]),
            ("orator-studio", &["orator-perceive", "orator-nn"]),
            ("orator-cli", &["orator-studio"]),
            ("xtask", &["orator-assets"]),
        ]);
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn a_step_up_is_caught() {
        let wrong = judge(&[("orator-body", &["orator-perceive"]), ("orator-perceive", &[])]);
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].contains("orator-body") && wrong[0].contains("orator-perceive"));
    }

    #[test]
    fn a_step_sideways_is_caught() {
        assert_eq!(judge(&[("orator-train", &["orator-studio"]), ("orator-studio", &[])]).len(), 1);
        assert_eq!(judge(&[("orator-media", &["orator-body"]), ("orator-body", &[])]).len(), 1);
        assert_eq!(judge(&[("orator-assets", &["orator-nn"]), ("orator-nn", &[])]).len(), 1);
    }

    #[test]
    fn a_development_dependency_upwards_is_caught_too() {
        let uses = vec![("orator-studio", "dev-".to_owned())];
        let wrong = violations([("orator-speech", uses), ("orator-studio", Vec::new())].into_iter());
        assert!(wrong[0].contains("dev-dependency"), "{wrong:?}");
    }

    #[test]
    fn a_crate_without_a_floor_is_caught() {
        assert_eq!(judge(&[("orator-attic", &[])]).len(), 1);
    }
}
