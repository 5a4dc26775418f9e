//! Staging presenters: what cannot be carried out is refused, and nothing is left behind.

use crate::bench::Bench;

#[test]
fn impossible_settings_are_refused() {
    let bench = Bench::new();
    for (arguments, code) in [
        ("stage render --minutes 0 --out corpus", 2),
        ("stage render --minutes 1 --people 0 --out corpus", 2),
        ("stage render --minutes 1 --size 77 --out corpus", 2),
        ("stage render --minutes 1 --shard 4/4 --out corpus", 2),
        ("stage render --minutes 1 --shard half --out corpus", 2),
        ("stage render --minutes 1 --shards 0 --out corpus", 2),
        ("stage render --minutes 1 --speech nowhere --out corpus", 3),
    ] {
        let outcome = bench.run(arguments);
        assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("help: "), "{arguments}: {}", outcome.stderr);
        assert!(bench.names().is_empty(), "{arguments} left {:?}", bench.names());
    }
}

#[test]
fn sentences_are_printed_and_repeatable() {
    let bench = Bench::new();
    let outcome = bench.run("stage sentences --seed 4 --count 7");
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (0, 7), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, bench.run("stage sentences --seed 4 --count 7").stdout);
}
