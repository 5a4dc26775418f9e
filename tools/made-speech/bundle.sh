#!/bin/sh
# Makes the set of sentences in crates/stage/speech anew. Needs ffmpeg with libvorbis besides what made_speech.py needs.
# usage: bundle.sh PYTHON OUT
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
echo '[{"name": "joe", "engine": "piper", "share": 1, "length": [0.95, 1.12]}]' > "$work/voices.json"
"$1" "$here/made_speech.py" "$here/bundled.txt" "$work/made" --voices "$work/voices.json" --seed 40 --one-sentence
mkdir -p "$2"
for wav in "$work"/made/*.wav; do
    name=$(basename "$wav" .wav)
    ffmpeg -nostdin -v error -y -i "$wav" -c:a libvorbis -q:a 3 -map_metadata -1 -fflags +bitexact -flags:a +bitexact "$2/$name.ogg"
done
"$1" - "$work/made" "$2/talks.json" <<'PYTHON'
import json, pathlib, sys
talks = [json.loads(path.read_text()) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json"))]
for talk in talks:
    talk.pop("voice")
lines = ",\n".join(json.dumps(talk, ensure_ascii=False, separators=(",", ":")) for talk in talks)
pathlib.Path(sys.argv[2]).write_text("[\n" + lines + "\n]\n")
PYTHON
