//! `orator models`: the weights that are there.

use crate::exit::{Code, Failure};
use crate::screen::Screen;
use clap::{Args, Subcommand};
use orator_studio::models::{self, ModelDetails, ModelInfo};
use serde::Serialize;

const WHERE: &str = "\
Weights are looked for in the folder that ORATOR_MODELS names; else in the nearest `models` folder
at or above the working folder, then at or above the program; else in `models` in Orator's cache.";

/// Arguments of `orator models`.
#[derive(Args)]
#[command(after_help = WHERE)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

/// What to do with the weights.
#[derive(Subcommand)]
enum What {
    /// Name, kind, size and licence of all weights
    List,
    /// Everything one weight file and its card say
    Show {
        /// Name or path
        #[arg(value_name = "NAME|FILE")]
        name: String,
    },
    /// Hash and load all weights
    Verify,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "model")]
struct Line<'a, T> {
    #[serde(flatten)]
    model: &'a T,
}

/// Carries it out.
pub fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Failure> {
    match &arguments.what {
        What::List => {
            let list = models::list()?;
            if list.is_empty() {
                screen.say("no weights are there");
            }
            list.iter().for_each(|model| tell(model, screen));
            Ok(())
        }
        What::Show { name } => {
            let details = models::show(name)?;
            show(&details, screen);
            match details.info.fault {
                None => Ok(()),
                Some(fault) => Err(faulty(&[(details.info.path.display().to_string(), fault)])),
            }
        }
        What::Verify => {
            let list = models::verify()?;
            list.iter().for_each(|model| tell(model, screen));
            let faults: Vec<(String, String)> = list
                .iter()
                .filter_map(|model| Some((model.path.display().to_string(), model.fault.clone()?)))
                .collect();
            if faults.is_empty() { Ok(()) } else { Err(faulty(&faults)) }
        }
    }
}

fn faulty(faults: &[(String, String)]) -> Failure {
    // Some faults name their file already.
    let text = |(path, fault): &(String, String)| {
        if fault.starts_with(path.as_str()) { fault.clone() } else { format!("{path}: {fault}") }
    };
    Failure::new(
        Code::Models,
        faults.iter().map(text).collect::<Vec<_>>().join("\n       "),
        "get the files again (`git checkout` brings back committed ones)",
    )
}

fn tell(model: &ModelInfo, screen: &Screen) {
    screen.json(&Line { model });
    let state = match (&model.fault, &model.expected_sha256) {
        (Some(_), _) => "FAULTY",
        (None, Some(_)) => "whole",
        (None, None) => "not listed",
    };
    screen.say(&format!(
        "{:<24} {:<20} {:>7.2} MB  {:<10}  {}",
        model.name,
        model.kind.as_deref().unwrap_or("-"),
        model.bytes as f64 / 1e6,
        state,
        model.licence.as_deref().unwrap_or("no licence stated")
    ));
}

fn show(details: &ModelDetails, screen: &Screen) {
    screen.json(&Line { model: details });
    let info = &details.info;
    screen.say(&format!(
        "{}\n  {}\n  {} bytes, SHA-256 {}",
        info.name,
        info.path.display(),
        info.bytes,
        info.sha256
    ));
    let numbers: i64 = details.tensors.values().map(|shape| shape.iter().product::<i64>()).sum();
    screen.say(&format!("  {} tensors, {:.2} million numbers", details.tensors.len(), numbers as f64 / 1e6));
    for (key, value) in &details.metadata {
        screen.say(&format!("  {key}: {value}"));
    }
    if let Some(card) = &details.card {
        screen.say(&format!("\n{card}"));
    }
}
