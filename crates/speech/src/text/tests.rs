//! Made-up models of both makes, and the real MiniLM where it is at hand.

use super::*;
use ndarray::Array1;
use orator_nn::{Checkpoint, Precision, parameters};
use std::collections::BTreeMap;

const WIDTH: usize = 8;

/// A folder with a small model of random weights; names begin with `prefix`.
fn folder(make: &str, prefix: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let roberta = make == "roberta";
    let positions = if roberta { 22 } else { 20 };
    let config = format!(
        r#"{{"model_type": "{make}", "hidden_size": {WIDTH}, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 16, "vocab_size": 12, "max_position_embeddings": {positions}, "type_vocab_size": 1,
            "layer_norm_eps": 1e-5, "hidden_act": "gelu", "pad_token_id": 1, "torch_dtype": "float32"}}"#
    );
    std::fs::write(folder.path().join("config.json"), &config).unwrap();
    if roberta {
        let json = r#"{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"h":4,"e":5,"he":6,"Ġ":7,"Ġhe":8,".":9}"#;
        std::fs::write(folder.path().join("vocab.json"), json).unwrap();
        std::fs::write(folder.path().join("merges.txt"), "#version: 0.2\nh e\nĠ he\n").unwrap();
    } else {
        std::fs::write(folder.path().join("vocab.txt"), "[UNK]\n[PAD]\n[CLS]\n[SEP]\nhe\nsat\n##s\n.")
            .unwrap();
    }
    tch::manual_seed(11);
    let model = Bert::new(serde_json::from_str(&config).unwrap());
    let tensors: BTreeMap<String, tch::Tensor> =
        parameters(model.weights()).into_iter().map(|(name, t)| (format!("{prefix}{name}"), t * 5)).collect();
    let checkpoint = Checkpoint { metadata: BTreeMap::new(), tensors };
    checkpoint.write(&folder.path().join("model.safetensors"), Precision::Full).unwrap();
    folder
}

fn difference(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

#[test]
fn both_makes_are_read_from_their_published_layout() {
    for make in ["bert", "roberta"] {
        let plain = TextEncoder::from_folder(folder(make, "").path()).unwrap();
        let nested = TextEncoder::from_folder(folder(make, &format!("{make}.")).path()).unwrap();
        assert_eq!(plain.dimensions(), WIDTH);
        let words = ["he", "he", "unheard", "he."];
        let features = plain.features(&words).unwrap();
        assert_eq!(difference(&features, &nested.features(&words).unwrap()), 0.0);
        // The same word at another place is another row; the context counts.
        let changed = plain.features(&["he", "he", "he", "he."]).unwrap();
        assert!((&features.row(0) - &features.row(1)).iter().any(|d| d.abs() > 1e-3), "{make}");
        assert!((&features.row(0) - &changed.row(0)).iter().any(|d| d.abs() > 1e-4), "{make}");
    }
}

#[test]
fn places_of_roberta_begin_behind_the_padding() {
    // With the same weights, BERT's place 0 is RoBERTa's place 2.
    let folder = folder("roberta", "");
    let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
    let weights = folder.path().join("model.safetensors");
    let roberta = Bert::read(serde_json::from_str(&config).unwrap(), &weights).unwrap();
    let bert =
        Bert::read(serde_json::from_str(&config.replace("roberta", "bert")).unwrap(), &weights).unwrap();
    let (first, both) = (roberta.forward(&[4, 5, 6]).unwrap(), bert.forward(&[4, 5, 6]).unwrap());
    assert!((first - both).abs().max().double_value(&[]) > 1e-3);
    assert_eq!((roberta.configuration.places(), bert.configuration.places()), (20, 22));
    assert!(roberta.forward(&[4; 20]).is_ok() && roberta.forward(&[4; 21]).is_err());
}

#[test]
fn long_texts_are_read_in_stretches() {
    let encoder = TextEncoder::from_folder(folder("bert", "").path()).unwrap();
    // 20 places hold 18 words between the signs.
    let words = vec!["he"; 40];
    let features = encoder.features(&words).unwrap();
    let stretch = encoder.features(&words[..18]).unwrap();
    assert!((&features.row(0) - &stretch.row(0)).iter().all(|d| d.abs() < 1e-5));
    assert!((&features.row(18) - &stretch.row(0)).iter().all(|d| d.abs() < 1e-5));
    assert!(encoder.features(&["sats", ""]).unwrap().row(1).iter().all(|&value| value == 0.0));
    assert_eq!(encoder.features(&[]).unwrap().dim(), (0, WIDTH));
    assert!(encoder.features(&["sat.".repeat(100).as_str()]).unwrap().iter().all(|value| value.is_finite()));
}

#[test]
fn frames_show_the_word_in_their_middle() {
    let features = Array2::from_shape_fn((4, 1), |(word, _)| word as f32 + 1.0);
    // Frame middles at 0.02, 0.06, 0.10, ...; the third word falls between two of them.
    let times = [(0.0, 0.07), (0.09, 0.13), (0.145, 0.155), (9.0, 9.5)];
    let rows = by_frame(&features, &times, 6);
    assert_eq!(rows.iter().copied().collect::<Vec<_>>(), [1.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
    assert_eq!(
        by_frame(&features, &[(f64::NAN, 1.0), (0.5, 0.4), (-3.0, -2.0)], 3),
        Array2::<f32>::zeros((3, 1))
    );
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let folder = folder("bert", "");
    let path = folder.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    for (from, to, reason) in [
        ("\"bert\"", "\"gpt2\"", "gpt2"),
        ("\"hidden_size\": 8", "\"hidden_size\": 4000000000", "hidden_size"),
        ("\"hidden_size\": 8", "\"hidden_size\": 16", "should be"),
        ("\"num_attention_heads\": 2", "\"num_attention_heads\": 3", "heads"),
        ("\"vocab_size\": 12", "\"vocab_size\": 7", "pieces"),
        ("\"gelu\"", "\"relu\"", "relu"),
        ("{", "", "config.json"),
    ] {
        std::fs::write(&path, config.replacen(from, to, 1)).unwrap();
        let error = TextEncoder::from_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains(reason) && error.hint().is_some(), "{error}");
    }
}

/// The mean of all rows of a text's last layer, of length 1: what sentence models are compared by.
fn sentence(encoder: &TextEncoder, text: &str) -> Result<Array1<f32>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pieces = words.iter().enumerate().flat_map(|(i, word)| encoder.pieces.of_word(word, i == 0));
    let tokens: Vec<i64> =
        [encoder.pieces.begin].into_iter().chain(pieces).chain([encoder.pieces.end]).collect();
    let hidden = orator_nn::to_array2(&tch::no_grad(|| encoder.bert.forward(&tokens))?)?;
    let mean = hidden.mean_axis(Axis(0)).unwrap_or_default();
    let length = mean.dot(&mean).sqrt();
    Ok(mean / length)
}

/// The first numbers that the model card's own example gives for its first sentence.
#[test]
fn minilm_gives_the_published_numbers() {
    orator_nn::configure_threads(1);
    let encoder = match TextEncoder::load() {
        Ok(encoder) => encoder,
        Err(SpeechError::Asset(error)) => return eprintln!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(encoder.dimensions(), 384);
    let example = sentence(&encoder, "This is an example sentence").unwrap();
    let published = [0.067_657, 0.063_496, 0.048_713, 0.079_305, 0.037_448, 0.002_653, 0.039_375, -0.007_098];
    for (ours, theirs) in example.iter().zip(published) {
        assert!((ours - theirs).abs() < 2e-5, "{:?}", example.iter().take(8).collect::<Vec<_>>());
    }
    let near = sentence(&encoder, "A man is eating food.").unwrap();
    let also = sentence(&encoder, "A man is eating a piece of bread.").unwrap();
    let far = sentence(&encoder, "The girl is carrying a baby.").unwrap();
    assert!(near.dot(&also) > near.dot(&far) + 0.3);

    let word = |text: &str, start, end| Word { text: text.into(), start, end, probability: 1.0 };
    let rows = encoder.encode(&[word("hello", 0.1, 0.5), word("world.", 0.6, 1.0)], 30).unwrap();
    assert_eq!(rows.dim(), (30, 384));
    assert!(rows.row(13).iter().all(|&value| value == 0.0) && rows.row(20).iter().any(|&value| value != 0.0));
}
