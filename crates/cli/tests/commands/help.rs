//! Help texts and the list of exit codes.

use crate::bench::{Bench, of_checkout};

#[test]
fn help_of_every_command() {
    let bench = Bench::new();
    for command in [
        "",
        "generate",
        "animate",
        "edit",
        "transfer",
        "inspect",
        "train",
        "train contextual",
        "train deviation",
        "eval",
        "eval motion",
        "eval pictures",
        "stage",
        "stage render",
        "stage portrait",
        "stage sheet",
        "stage check",
        "import",
        "retrieve",
        "models",
        "models list",
        "models show",
        "models verify",
        "doctor",
    ] {
        let outcome = bench.run(&format!("{command} --help"));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let name = if command.is_empty() { "orator".to_owned() } else { command.replace(' ', "_") };
        insta::assert_snapshot!(format!("help_{name}"), outcome.stdout);
    }
}

#[test]
fn wrong_command_lines_end_with_2() {
    let bench = Bench::new();
    for arguments in [
        "",
        "sing",
        "generate",
        "generate --image a.png --audio b.wav --out c.mp4 --motion dance",
        "generate --image a.png --audio b.wav --out c.mp4 --renderer oil",
        "train contextual poems --config a --corpus b --out c",
        "train deviation poems --config a --corpus b --out c",
        "generate --threads 0",
    ] {
        let outcome = bench.run(arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{arguments}: {}", outcome.stderr);
    }
}

#[test]
fn the_version_is_told() {
    let outcome = Bench::new().run("--version");
    assert_eq!(outcome.stdout, format!("orator {}\n", env!("CARGO_PKG_VERSION")));
}

/// `docs/exit-codes.md` and the help say the same.
#[test]
fn exit_codes_are_documented() {
    let help = Bench::new().run("--help").stdout;
    let listed = help.split("Exit codes:").nth(1).unwrap();
    let page = std::fs::read_to_string(of_checkout("docs/exit-codes.md")).unwrap();
    let mut count = 0;
    for line in listed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (code, meaning) = line.split_once(' ').unwrap();
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(page.contains(&row), "docs/exit-codes.md lacks {row}");
        count += 1;
    }
    assert_eq!(count, 9);
}
