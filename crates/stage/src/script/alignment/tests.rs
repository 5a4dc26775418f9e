use super::*;

const GRID: &str = "0 17750 sil\n17750 22500 bin\n22500 27000 blue\n27000 28000 at\n28000 31000 a\n31000 31500 sp\n31500 36250 three\n36250 46750 soon\n46750 74500 sil\n";

#[test]
fn a_grid_table() {
    let talk = parse(GRID, AlignmentForm::Grid).unwrap();
    assert_eq!(talk.text, "bin blue at a three soon");
    assert_eq!(talk.duration, 2.98);
    assert_eq!((talk.words[0].start, talk.words[0].end), (0.71, 0.9));
    assert_eq!(talk.words[2].stress, None);
    assert!((talk.words[3].stress.unwrap() - 1.18).abs() < 1e-9, "the letter a is stressed");
    assert!(talk.phones.is_empty());
}

#[test]
fn grid_tables_that_are_none() {
    for (text, cause) in [
        ("", "holds no word"),
        ("0 100 sil\n", "holds no word"),
        ("0 100\n", "line 1: has no word"),
        ("0 ten bin\n", "line 1: `ten` is no end"),
        ("-5 10 bin\n", "line 1: `-5` is no start"),
        ("0 100 bin blue\n", "line 1: has more"),
        ("0 30000 bin\n10 40000 blue\n", "before the one before it ends"),
        ("9 3 bin\n", "from"),
    ] {
        let error = parse(text, AlignmentForm::Grid).unwrap_err();
        assert!(error.contains(cause), "{text:?}: {error}");
    }
}

const SPHINX: &str = r#"{"b":0.0,"d":1.5,"p":1.0,"t":"consider money","w":[
 {"b":0.0,"d":0.2,"p":1,"t":"<sil>","w":[{"b":0.0,"d":0.2,"p":1,"t":"SIL"}]},
 {"b":0.2,"d":0.6,"p":1,"t":"consider(2)","w":[{"b":0.2,"d":0.1,"p":1,"t":"K"},{"b":0.3,"d":0.1,"p":1,"t":"AH"},
  {"b":0.4,"d":0.1,"p":1,"t":"N"},{"b":0.5,"d":0.05,"p":1,"t":"S"},{"b":0.55,"d":0.05,"p":1,"t":"IH"},
  {"b":0.6,"d":0.1,"p":1,"t":"D"},{"b":0.7,"d":0.1,"p":1,"t":"ER"}]},
 {"b":0.8,"d":0.4,"p":1,"t":"money","w":[{"b":0.8,"d":0.1,"p":1,"t":"M"},{"b":0.9,"d":0.1,"p":1,"t":"AH"},
  {"b":1.0,"d":0.1,"p":1,"t":"N"},{"b":1.1,"d":0.1,"p":1,"t":"IY"}]}]}"#;

#[test]
fn an_alignment_by_pocketsphinx() {
    let talk = parse(SPHINX, AlignmentForm::PocketSphinx).unwrap();
    assert_eq!(talk.text, "consider money");
    assert_eq!(talk.words[0].text, "consider");
    assert!((talk.words[0].stress.unwrap() - 0.575).abs() < 1e-9);
    assert!((talk.words[1].stress.unwrap() - 0.95).abs() < 1e-9);
    assert_eq!(talk.phones.len(), 12);
    assert_eq!(talk.phones[0].symbol, "SIL");
    assert_eq!(talk.phones[5].stress, 1);
}

#[test]
fn words_alone_are_enough_for_pocketsphinx() {
    let text = r#"{"b":0,"d":1,"t":"no","w":[{"b":0.25,"d":0.5,"t":"no"}]}"#;
    let talk = parse(text, AlignmentForm::PocketSphinx).unwrap();
    assert!(talk.phones.is_empty());
    // Where in the word the vowel lies is estimated from how long N and OW ordinarily are.
    assert!((0.45..0.7).contains(&talk.words[0].stress.unwrap()), "{:?}", talk.words[0].stress);
    assert!(parse("{\"b\":0,\"d\":1,\"t\":\"\"}", AlignmentForm::PocketSphinx).is_err());
    assert!(parse("[1,2", AlignmentForm::PocketSphinx).is_err());
}

fn own(words: &str, phones: &str, duration: &str) -> std::result::Result<Talk, String> {
    let text = format!(
        r#"{{"text":"No.","words":[{words}],"phones":[{phones}],"duration":{duration},"voice":"joe"}}"#
    );
    parse(&text, AlignmentForm::Talk)
}

#[test]
fn our_own_form() {
    const WORD: &str = r#"{"text":"no","start":0.1,"end":0.5,"stress":0.35}"#;
    const PHONES: &str =
        r#"{"symbol":"N","stress":0,"start":0.1,"end":0.2},{"symbol":"OW","stress":1,"start":0.2,"end":0.5}"#;
    let talk = own(WORD, PHONES, "0.6").unwrap();
    assert_eq!(talk.words[0].stress, Some(0.35));
    let marked = own(&WORD.replace("0.35", "null"), PHONES, "0.6").unwrap();
    assert_eq!(marked, talk);
    for (words, phones, duration, cause) in [
        (WORD, PHONES, "0", "length"),
        (WORD, PHONES, "1e6", "at most"),
        (WORD, PHONES, "0.4", "after the end of the sound"),
        (&WORD.replace("0.35", "0.8"), PHONES, "0.9", "outside of it"),
        (&WORD.replace("\"no\"", "\"\""), PHONES, "0.9", "without letters"),
        (WORD, &PHONES.replace("OW", "QQ"), "0.6", "no ARPAbet"),
        (WORD, &PHONES.replace("\"OW\",\"stress\":1", "\"Z\",\"stress\":1"), "0.6", "stress 1 on"),
        (WORD, &PHONES.replace("\"start\":0.2", "\"start\":0.15"), "0.6", "before the one before it"),
        (WORD, "7", "0.6", "is no talk"),
    ] {
        let error = own(words, phones, duration).unwrap_err();
        assert!(error.contains(cause), "{cause}: {error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = read(Path::new("nowhere/none.align")).unwrap_err();
    assert!(matches!(error, StageError::Speech { .. }) && error.to_string().contains("none.align"));
}
