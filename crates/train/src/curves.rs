//! The log of a stage as a picture: every loss and every held-out measure over the steps.

use crate::{Result, TrainError};
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Size of one panel in pixels.
const PANEL: (u32, u32) = (300, 180);
/// Panels beside each other.
const COLUMNS: usize = 4;
/// Most panels drawn: losses first, then measures by name.
const MOST: usize = 80;
/// Longest log that is read, in bytes.
const LONGEST_LOG: u64 = 256 << 20;

/// One quantity over the steps.
type Curve = BTreeMap<u64, f64>;

/// Draws the log at `log` to the SVG file `to`; false where the log has nothing to draw.
///
/// # Errors
/// When the log cannot be read or the picture not be written.
pub(crate) fn draw(log: &Path, to: &Path) -> Result<bool> {
    let length = std::fs::metadata(log).map_err(|e| TrainError::io(log, e))?.len();
    if length > LONGEST_LOG {
        return Ok(false);
    }
    let text = std::fs::read_to_string(log).map_err(|e| TrainError::io(log, e))?;
    let curves = read(&text);
    if curves.is_empty() {
        return Ok(false);
    }
    let mut drawn = String::new();
    draw_panels(&curves, &mut drawn)
        .map_err(|e| TrainError::io(to, std::io::Error::other(format!("the curves: {e}"))))?;
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| TrainError::io(to, e))?;
    file.write_all(drawn.as_bytes()).map_err(|e| TrainError::io(to, e))?;
    file.persist(to).map_err(|e| TrainError::io(to, e.error))?;
    Ok(true)
}

/// Losses, then held-out measures, each by name. A step that was taken again after a stop counts as it was the last time.
fn read(log: &str) -> Vec<(String, Curve)> {
    let mut losses: BTreeMap<String, Curve> = BTreeMap::new();
    let mut measures: BTreeMap<String, Curve> = BTreeMap::new();
    for event in log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        let Some(step) = event.get("step").and_then(serde_json::Value::as_u64) else { continue };
        for (field, curves) in [("losses", &mut losses), ("measures", &mut measures)] {
            let Some(values) = event.get(field).and_then(serde_json::Value::as_object) else { continue };
            for (name, value) in values {
                if let Some(value) = value.as_f64().filter(|v| v.is_finite()) {
                    curves.entry(name.clone()).or_default().insert(step, value);
                }
            }
        }
    }
    let held_out = measures.into_iter().map(|(name, curve)| (format!("held out: {name}"), curve));
    losses.into_iter().chain(held_out).take(MOST).collect()
}

fn draw_panels(
    curves: &[(String, Curve)],
    to: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let rows = curves.len().div_ceil(COLUMNS);
    let columns = curves.len().min(COLUMNS);
    let root =
        SVGBackend::with_string(to, (PANEL.0 * columns as u32, PANEL.1 * rows as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (name, curve)) in root.split_evenly((rows, columns)).iter().zip(curves) {
        let colour = if name.starts_with("held out") { RED } else { BLUE };
        let (low, high) =
            curve.values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        // A curve that does not move still needs a range.
        let room = ((high - low) * 0.05).max(high.abs() * 1e-3).max(1e-9);
        let last = curve.keys().next_back().copied().unwrap_or(0).max(1);
        let mut chart = ChartBuilder::on(area)
            .caption(name, ("sans-serif", 13))
            .margin(6)
            .x_label_area_size(22)
            .y_label_area_size(48)
            .build_cartesian_2d(0..last, low - room..high + room)?;
        chart.configure_mesh().x_labels(4).y_labels(4).light_line_style(WHITE).draw()?;
        let points: Vec<(u64, f64)> = curve.iter().map(|(&step, &value)| (step, value)).collect();
        chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(1)))?;
        if points.len() < 2 {
            chart.draw_series(points.iter().map(|&p| Circle::new(p, 2, colour.filled())))?;
        }
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_measures_become_panels() {
        let folder = tempfile::tempdir().unwrap();
        let (log, to) = (folder.path().join("log.jsonl"), folder.path().join("curves.svg"));
        std::fs::write(&log, "").unwrap();
        assert!(!draw(&log, &to).unwrap());
        let lines = "{\"event\":\"step\",\"step\":10,\"losses\":{\"face\":2.0,\"body\":1.0}}
{\"event\":\"step\",\"step\":20,\"losses\":{\"face\":9.0}}
{\"event\":\"step\",\"step\":20,\"losses\":{\"face\":1.5}}
{\"event\":\"validation\",\"step\":20,\"measures\":{\"face-error\":0.25}}
half a li";
        let curves = read(lines);
        let names: Vec<_> = curves.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["body", "face", "held out: face-error"]);
        assert_eq!(curves[1].1, BTreeMap::from([(10, 2.0), (20, 1.5)]));
        std::fs::write(&log, lines).unwrap();
        assert!(draw(&log, &to).unwrap());
        let drawn = std::fs::read_to_string(&to).unwrap();
        assert!(drawn.starts_with("<svg") && drawn.contains("polyline") && drawn.contains("face-error"));
    }
}
