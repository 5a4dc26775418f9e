//! Running cargo and other programs, with what they print passed through.

use std::process::Command;

use crate::error::ChoreError;
use crate::workspace;

/// A cargo command as this checkout wants it: in its root, with an absolute cache folder.
pub fn cargo(arguments: &[&str]) -> Result<Command, ChoreError> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root()?);
    if std::env::var_os("ORATOR_HOME").is_some() {
        command.env("ORATOR_HOME", orator_assets::home()?);
    }
    Ok(command)
}

/// The arguments of `cargo test`: the whole workspace, unless a package is named.
pub fn cargo_test(further: &[String]) -> Vec<String> {
    let before_dashes = further.iter().take_while(|argument| *argument != "--");
    let names_package =
        before_dashes.clone().any(|a| a == "-p" || a.starts_with("--package") || a.starts_with("-p="));
    let mut arguments = vec!["test".to_owned(), "--release".to_owned()];
    if !names_package {
        arguments.push("--workspace".to_owned());
    }
    arguments.extend(further.iter().cloned());
    arguments
}

/// Runs cargo and waits.
pub fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    wait(cargo(&arguments)?)
}

/// Runs a command to its end; a bad end is an error.
pub fn wait(mut command: Command) -> Result<(), ChoreError> {
    let told = told(&command);
    eprintln!("$ {told}");
    let status = command.status().map_err(|cause| ChoreError::Start { program: told.clone(), cause })?;
    if status.success() {
        Ok(())
    } else {
        Err(ChoreError::Ended { command: told, status: status.to_string() })
    }
}

/// Runs a command and gives what it printed on stdout.
pub fn output(mut command: Command) -> Result<String, ChoreError> {
    let told = told(&command);
    let output = command.output().map_err(|cause| ChoreError::Start { program: told.clone(), cause })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(ChoreError::Ended { command: told, status: format!("{}: {complaint}", output.status) });
    }
    String::from_utf8(output.stdout).map_err(|cause| ChoreError::Unexpected {
        what: format!("the output of `{told}`"),
        detail: cause.to_string(),
    })
}

/// The command as one would type it.
fn told(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn test_takes_the_whole_workspace_unless_a_package_is_named() {
        assert_eq!(cargo_test(&[]), words("test --release --workspace"));
        assert_eq!(cargo_test(&words("-p xtask")), words("test --release -p xtask"));
        assert_eq!(cargo_test(&words("-- -p")), words("test --release --workspace -- -p"));
    }
}
