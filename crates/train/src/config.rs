//! The training configuration: a YAML file.

use crate::contextual::Stage;
use crate::{Result, TrainError};
use orator_corpus::Split;
use orator_motion::contextual::ContextualConfig;
use orator_nn::{AdamWConfig, Schedule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One or more clips: either files (`files`) or what a corpus folder holds (`corpus`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipSource {
    /// Files relative to the folder given with `--corpus`; `*` stands for anything. Videos with sound, or `.npz` files
    /// of poses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    /// A corpus (a folder with `manifest.json`, or with shards) relative to that folder. Its clips of this `split` are
    /// taken; keypoints come from their truth, and nothing is perceived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<PathBuf>,
    /// Of the matching files in order of name, or of the corpus's clips, the first to take.
    #[serde(default)]
    pub first: usize,
    /// How many files or clips to take; all when absent.
    #[serde(default)]
    pub count: Option<usize>,
    /// First frame at 25 fps; files only.
    #[serde(default)]
    pub from_frame: u64,
    /// Frame at 25 fps at which the clip ends; the end when absent. Files only.
    #[serde(default)]
    pub to_frame: Option<u64>,
    /// Whose style this is; must be one of the configuration's speakers. Absent in an entry with a corpus, every clip is
    /// its own speaker's: one that is not among the configuration's speakers is learned from as nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Whether the body stream may be learned from it (no, where hands are out of view).
    #[serde(default = "yes")]
    pub body: bool,
    /// Whether the speech is to be used (no, where there is none).
    #[serde(default = "yes")]
    pub speech: bool,
    /// How often it is drawn, against 1 for the others.
    #[serde(default = "one")]
    pub weight: f64,
    /// Train or held out.
    pub split: Split,
}

impl ClipSource {
    /// The files or the corpus, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        let corpus = self.corpus.as_ref().map(|dir| dir.display().to_string());
        self.files.clone().or(corpus).unwrap_or_else(|| "an entry of clips".into())
    }

    fn check(&self, speakers: &[String]) -> std::result::Result<(), String> {
        self.check_place()?;
        match &self.speaker {
            Some(speaker) if !speakers.contains(speaker) => {
                return Err(format!("the speaker {speaker} is not in networks.speakers"));
            }
            None if self.files.is_some() => return Err("name the speaker of the files".into()),
            _ => {}
        }
        Ok(())
    }

    /// What is wrong with it whoever speaks, in words.
    pub(crate) fn check_place(&self) -> std::result::Result<(), String> {
        if self.files.is_some() == self.corpus.is_some() {
            return Err("name either `files` or a `corpus`".into());
        }
        if self.corpus.is_some() && (self.from_frame > 0 || self.to_frame.is_some()) {
            return Err("from_frame and to_frame are for files; the clips of a corpus are cut already".into());
        }
        if self.weight <= 0.0 || !self.weight.is_finite() {
            return Err("weight must be above zero".into());
        }
        Ok(())
    }
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

/// How long and how fast one stage learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageConfig {
    /// Steps in all.
    pub steps: u64,
    /// Windows in a pass.
    pub batch: usize,
    /// Passes in a step, so that `accumulate × batch` windows fit where `batch` do. The gradient is the mean of the passes'
    /// gradients; codebooks learn from all passes together. (The alignment's negatives are those of one pass.)
    #[serde(default = "one_pass")]
    pub accumulate: usize,
    /// Learning rate over the steps.
    pub schedule: Schedule,
    /// The optimiser.
    #[serde(default)]
    pub optimiser: AdamWConfig,
    /// Decay of the weights' running average.
    #[serde(default = "average_decay")]
    pub average: f64,
    /// Largest gradient norm.
    #[serde(default = "one")]
    pub clip_gradient: f64,
    /// Steps between states written and held-out measures taken.
    #[serde(default = "save_every")]
    pub save_every: u64,
}

impl StageConfig {
    /// What cannot be used, in words.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        if self.batch == 0 || self.steps == 0 || self.save_every == 0 || self.accumulate == 0 {
            return Err("steps, batch, accumulate and save_every must be above zero".into());
        }
        if !(0.0..1.0).contains(&self.average) {
            return Err("average must be at least 0 and below 1".into());
        }
        if self.clip_gradient.is_nan() || self.clip_gradient <= 0.0 {
            return Err("clip_gradient must be above zero".into());
        }
        Ok(())
    }
}

fn one_pass() -> usize {
    1
}

fn average_decay() -> f64 {
    0.995
}

fn save_every() -> u64 {
    500
}

/// How embeddings are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContrastKind {
    /// The right one against all others (Eq. 1).
    #[default]
    Softmax,
    /// Every pair by itself (METHODS 4.5).
    Sigmoid,
}

/// Weights of the losses (METHODS 2.2, 2.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossConfig {
    /// Tokenizer: of first differences in time (0.5).
    pub velocity: f64,
    /// Tokenizer: of the distance to the chosen codes, α (0.02).
    pub commitment: f64,
    /// Tokenizer: of the distance between what codes foretell and what the alignment encoders say, β of Eq. 3. METHODS 2.2:
    /// start at 0.5 and take the largest that raises the error by less than 5 %.
    pub distillation: f64,
    /// Alignment: τ of Eq. 1. The paper says 0.7, which is almost flat for cosines.
    pub temperature: f64,
    /// Alignment: which loss compares embeddings.
    pub contrast: ContrastKind,
    /// Alignment: what is added to cos / τ in the sigmoid loss.
    pub sigmoid_bias: f64,
    /// Tokenizer: distance up to which what codes foretell counts as right (METHODS 4.5: 0.1; the paper has none).
    pub distillation_margin: f64,
    /// Generator: of the loss by which the right speech must make the true tokens likelier than the speech of another window
    /// does (METHODS 4.6). Above 0 every pass costs twice as much.
    pub reliance: f64,
    /// Alignment: share of the windows whose shuffled speech is made of a waveform that was cut and joined, and not of blocks
    /// of features (METHODS 2.1: 0.5). Above 0 every clip's speech is analysed a second time.
    pub re_extracted: f64,
    /// How much more the 20 lip points count than other face points (the paper's own weakness is the lips).
    pub lips: f64,
    /// The same in the generator's motion loss; absent, it is `lips`.
    pub generator_lips: Option<f64>,
    /// Generator: of the distance between the openings of guessed and true inner lips, in eye distances (0.12 is wide open).
    pub lip_opening: f64,
    /// Generator: of the decoded motion's distance (METHODS 2.3: 50; 1 here).
    pub reconstruction: f64,
    /// Generator: share of velocity and acceleration in the reconstruction (0.1).
    pub smoothness: f64,
    /// Label smoothing of the token losses (0.1).
    pub label_smoothing: f64,
    /// Smallest share of tokens masked in training; the share is uniform from here to 1 (0.5).
    pub least_masked: f64,
    /// Probability that a window begins with kept tokens, as in long recordings.
    pub prefix: f64,
    /// Probability of learning without speech, for guidance (0.1).
    pub drop_speech: f64,
    /// Probability of learning without the plan of strokes, besides the windows learned without speech, which have none either.
    pub drop_strokes: f64,
    /// Probability of learning without the speaker's name.
    pub drop_speaker: f64,
    /// Probability that the source frame is the rest pose, as at the start of a recording (0.25).
    pub rest_source: f64,
    /// Generators: share of the windows whose clip has a body, where there are clips without one (0.5). Few filmed bodies are
    /// learned by heart when they are drawn often.
    pub body_share: f64,
    /// Spread of the noise added to the normalised speech features.
    pub speech_noise: f64,
    /// Spread of a shift of every speech feature that stays for a whole window: other voices and microphones.
    pub speech_shift: f64,
    /// Spread of the logarithm of a factor on every speech feature, likewise.
    pub speech_scale: f64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self {
            velocity: 0.5,
            commitment: 0.02,
            distillation: 0.5,
            temperature: 0.07,
            contrast: ContrastKind::default(),
            sigmoid_bias: -10.0,
            distillation_margin: 0.0,
            reliance: 0.0,
            re_extracted: 0.5,
            lips: 2.0,
            generator_lips: None,
            lip_opening: 0.0,
            reconstruction: 1.0,
            smoothness: 0.1,
            label_smoothing: 0.1,
            least_masked: 0.5,
            prefix: 0.3,
            drop_speech: 0.1,
            drop_strokes: 0.1,
            drop_speaker: 0.1,
            rest_source: 0.25,
            body_share: 0.5,
            speech_noise: 0.1,
            speech_shift: 0.7,
            speech_scale: 0.2,
        }
    }
}

/// A whole training run of the contextual system's motion half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The name the weights are kept under.
    pub name: String,
    /// Seed of everything.
    pub seed: u64,
    /// Shapes of the networks.
    #[serde(default)]
    pub networks: ContextualConfig,
    /// Folder of the text model for `networks.text_features`, in the layout of BERT or RoBERTa; MiniLM when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_model: Option<PathBuf>,
    /// Weights of the losses.
    #[serde(default)]
    pub losses: LossConfig,
    /// The alignment stage, where the networks have alignment encoders.
    #[serde(default)]
    pub alignment: Option<StageConfig>,
    /// The stage of what foretells strokes, where the networks have that.
    #[serde(default)]
    pub strokes: Option<StageConfig>,
    /// The tokenizer stage.
    pub tokenizer: StageConfig,
    /// The mask generator stage.
    pub generator: StageConfig,
    /// The residual generator stage.
    pub residual: StageConfig,
    /// By stage, a finished weight file (relative to the configuration's folder) with whose values the stage's variables begin
    /// where names and shapes agree; everything else begins fresh.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub begin: BTreeMap<String, PathBuf>,
    /// The corpus.
    pub clips: Vec<ClipSource>,
}

impl TrainConfig {
    /// Reads and checks a YAML file.
    ///
    /// # Errors
    /// [`TrainError::Config`] naming the line or the setting that cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::io(path, e))?;
        let wrong = |what: String| TrainError::Config { path: path.to_owned(), what };
        let mut config: Self = serde_saphyr::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        config.check().map_err(wrong)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.begin.values_mut().for_each(|file| *file = folder.join(&*file));
        Ok(config)
    }

    /// How `stage` is to learn; `None` where the configuration leaves it out.
    #[must_use]
    pub fn settings(&self, stage: Stage) -> Option<&StageConfig> {
        match stage {
            Stage::Alignment => self.alignment.as_ref(),
            Stage::Strokes => self.strokes.as_ref(),
            Stage::Tokenizer => Some(&self.tokenizer),
            Stage::Generator => Some(&self.generator),
            Stage::Residual => Some(&self.residual),
        }
    }

    fn check(&self) -> std::result::Result<(), String> {
        self.networks.check()?;
        let stages =
            [("tokenizer", &self.tokenizer), ("generator", &self.generator), ("residual", &self.residual)];
        let more = self.alignment.iter().map(|s| ("alignment", s));
        let more = more.chain(self.strokes.iter().map(|s| ("strokes", s)));
        for (name, stage) in stages.into_iter().chain(more) {
            stage.check().map_err(|what| format!("{name}: {what}"))?;
        }
        if self.networks.text_features > 0
            && self.networks.alignment.is_some()
            && self.losses.re_extracted > 0.0
        {
            return Err(
                "with text_features the alignment shuffles features, not sound: set losses.re_extracted: 0"
                    .into(),
            );
        }
        if self.losses.temperature.is_nan() || self.losses.temperature <= 0.0 {
            return Err("losses.temperature must be above zero".into());
        }
        for stage in self.begin.keys() {
            stage.parse::<Stage>().map_err(|what| format!("begin: {what}"))?;
        }
        for clip in &self.clips {
            clip.check(&self.networks.speakers).map_err(|what| format!("{}: {what}", clip.place()))?;
        }
        let d = &self.networks.default_speaker;
        for d in [d, &self.networks.default_face_speaker] {
            if !d.is_empty() && !self.networks.speakers.contains(d) {
                return Err(format!("the default speaker {d} is not in networks.speakers"));
            }
        }
        if !(0.0..=1.0).contains(&self.losses.least_masked) {
            return Err("losses.least_masked must be between 0 and 1".into());
        }
        let l = &self.losses;
        let shares = [
            ("label_smoothing", l.label_smoothing),
            ("prefix", l.prefix),
            ("drop_speech", l.drop_speech),
            ("drop_speaker", l.drop_speaker),
            ("rest_source", l.rest_source),
            ("re_extracted", l.re_extracted),
        ];
        if let Some((name, _)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(format!("losses.{name} must be between 0 and 1"));
        }
        if !(0.0..=1.0).contains(&self.losses.body_share) {
            return Err("losses.body_share must be between 0 and 1".into());
        }
        Ok(())
    }
}
