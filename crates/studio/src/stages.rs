//! Stages: named, timed, with the time left.

use crate::Event;
use std::time::{Duration, Instant};

/// The shortest time between two progress events of a stage.
const BETWEEN: Duration = Duration::from_millis(100);

/// Tells the stages of one request.
pub(crate) struct Stages<'t> {
    tell: &'t mut dyn FnMut(Event),
}

impl<'t> Stages<'t> {
    pub(crate) fn new(tell: &'t mut dyn FnMut(Event)) -> Self {
        Self { tell }
    }

    pub(crate) fn tell(&mut self, event: Event) {
        (self.tell)(event);
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.tell(Event::Warning { text: text.into() });
    }

    /// Does `work` as a stage called `name`. The end is told only when it succeeds.
    pub(crate) fn run<T, E>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Progress<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.tell(Event::Start { name });
        let started = Instant::now();
        let result = work(&mut Progress { tell: self.tell, name, started, last: None })?;
        self.tell(Event::Stage { name, seconds: started.elapsed().as_secs_f64() });
        Ok(result)
    }
}

/// Tells how far a stage is.
pub(crate) struct Progress<'p> {
    tell: &'p mut dyn FnMut(Event),
    name: &'static str,
    started: Instant,
    last: Option<Instant>,
}

impl Progress<'_> {
    /// `done` of `total` parts are done.
    pub(crate) fn at(&mut self, done: usize, total: usize) {
        let now = Instant::now();
        if total == 0 || (done < total && self.last.is_some_and(|last| now - last < BETWEEN)) {
            return;
        }
        self.last = Some(now);
        let left = total.saturating_sub(done) as f64;
        let seconds_left =
            if done == 0 { return } else { (now - self.started).as_secs_f64() * left / done as f64 };
        let seconds_left = (seconds_left * 100.0).round() / 100.0;
        (self.tell)(Event::Progress {
            name: self.name,
            done: done as u64,
            total: total as u64,
            seconds_left,
        });
    }

    /// The share `done` (0..=1) of the work is done.
    pub(crate) fn share(&mut self, done: f64) {
        self.at((done.clamp(0.0, 1.0) * 100.0) as usize, 100);
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        (self.tell)(Event::Warning { text: text.into() });
    }

    pub(crate) fn remark(&mut self, text: impl Into<String>) {
        (self.tell)(Event::Remark { text: text.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_told_from_start_to_end() {
        let mut events = Vec::new();
        let mut tell = |event| events.push(event);
        let mut stages = Stages::new(&mut tell);
        let done: Result<u8, ()> = stages.run("render", |progress| {
            (0..=500).for_each(|frame| progress.at(frame, 500));
            Ok(7)
        });
        assert_eq!(done, Ok(7));
        let failed: Result<u8, ()> = stages.run("motion", |_| Err(()));
        assert!(failed.is_err());
        assert_eq!(events[0], Event::Start { name: "render" });
        assert!(events.len() < 20, "not one event a frame: {}", events.len());
        assert!(events.iter().any(|event| matches!(
            event,
            Event::Progress { done: 500, total: 500, seconds_left, .. } if *seconds_left == 0.0
        )));
        assert!(matches!(events[events.len() - 2], Event::Stage { name: "render", .. }));
        assert_eq!(events[events.len() - 1], Event::Start { name: "motion" });
    }
}
