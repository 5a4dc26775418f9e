//! Pickles as lists of instructions: made sound, then spoilt.

use super::chance::Chance;

/// A pickle, an instruction an entry, each with its argument.
pub type Program = Vec<Vec<u8>>;

/// A storage that a program names.
pub struct Storage {
    pub key: String,
    pub width: usize,
    pub count: usize,
}

const CLASSES: [(&str, usize); 10] = [
    ("DoubleStorage", 8),
    ("FloatStorage", 4),
    ("HalfStorage", 2),
    ("BFloat16Storage", 2),
    ("LongStorage", 8),
    ("IntStorage", 4),
    ("ShortStorage", 2),
    ("CharStorage", 1),
    ("ByteStorage", 1),
    ("BoolStorage", 1),
];

const NUMPY: [(&str, usize); 12] = [
    ("f8", 8),
    ("f4", 4),
    ("f2", 2),
    ("i8", 8),
    ("i4", 4),
    ("i2", 2),
    ("i1", 1),
    ("u8", 8),
    ("u4", 4),
    ("u2", 2),
    ("u1", 1),
    ("b1", 1),
];

const NAMES: [(&str, &str); 20] = [
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("collections", "Counter"),
    ("builtins", "dict"),
    ("builtins", "list"),
    ("builtins", "tuple"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("_codecs", "encode"),
    ("torch", "Size"),
    ("torch", "device"),
    ("torch", "float32"),
    ("torch", "QInt8Storage"),
    ("torch._utils", "_rebuild_tensor"),
    ("torch._utils", "_rebuild_parameter"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy", "dtype"),
    ("os", "system"),
];

/// Instructions whose argument is none, or a single byte.
const BARE: &[u8] =
    b"(012N)t\x85\x86\x87]lae}dsu\x8f\x90\x91R\x81bQ\x88\x89\x93\x94.\x92\x97\x98oSViP\x82\x83\x84\xff";

fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn name(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// A whole number in the shortest of its forms, or a longer one.
pub fn number(value: i128, chance: &mut Chance) -> Vec<u8> {
    match (u8::try_from(value), i32::try_from(value)) {
        (Ok(byte), _) if !chance.one_in(4) => vec![b'K', byte],
        (_, Ok(word)) if !chance.one_in(8) => [b"J", &word.to_le_bytes()[..]].concat(),
        _ if chance.one_in(4) => format!("I{value}\n").into_bytes(),
        _ if chance.one_in(4) => format!("L{value}L\n").into_bytes(),
        _ => [b"\x8a\x10", &value.to_le_bytes()[..]].concat(),
    }
}

/// A number that is right, or, seldom, one that is not.
fn count(value: usize, chance: &mut Chance) -> Vec<u8> {
    let value = if chance.one_in(60) { chance.hostile() } else { value as i128 };
    number(value, chance)
}

fn tuple(program: &mut Program, values: &[usize], chance: &mut Chance) {
    program.push(b"(".to_vec());
    for value in values {
        program.push(count(*value, chance));
    }
    program.push(b"t".to_vec());
}

fn bare(program: &mut Program, codes: &[u8]) {
    program.extend(codes.iter().map(|code| vec![*code]));
}

/// Up to four sides, now and then an empty one.
fn sides(chance: &mut Chance) -> Vec<usize> {
    (0..chance.below(5)).map(|_| if chance.one_in(12) { 0 } else { 1 + chance.below(4) }).collect()
}

/// A dictionary of torch's tensors that views of `storages` fill; `old` as in the older stream.
pub fn torch(chance: &mut Chance, old: bool) -> (Program, Vec<Storage>) {
    let mut program = vec![vec![0x80, 2]];
    let mut storages: Vec<Storage> = Vec::new();
    if chance.one_in(2) {
        program.push(name("collections", "OrderedDict"));
        bare(&mut program, b")R(");
    } else {
        bare(&mut program, b"}(");
    }
    let tensors = 1 + chance.below(5);
    for tensor in 0..tensors {
        program.push(text(&format!("layer.{tensor}.weight")));
        let shape = sides(chance);
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        if chance.one_in(3) {
            strides.reverse();
        }
        if chance.one_in(10) && !strides.is_empty() {
            let axis = chance.below(strides.len());
            strides[axis] = chance.below(3);
        }
        for (side, stride) in shape.iter().zip(&mut strides) {
            // Nobody looks at the stride of a single row.
            if *side == 1 && chance.one_in(4) {
                *stride = usize::try_from(chance.hostile()).unwrap_or(usize::MAX);
            }
        }
        let offset = if chance.one_in(3) { chance.below(4) } else { 0 };
        let reach: usize = shape
            .iter()
            .zip(&strides)
            .map(|(side, stride)| side.saturating_sub(1).saturating_mul(*stride))
            .sum();
        let needed = offset + reach + 1;
        let (class, width) = CLASSES[chance.below(CLASSES.len())];
        // Now and then a storage that another tensor has already, perhaps under another number type.
        if storages.is_empty() || !chance.one_in(3) {
            storages.push(Storage { key: storages.len().to_string(), width, count: needed });
        }
        let at = if chance.one_in(3) { chance.below(storages.len()) } else { storages.len() - 1 };
        let storage = &mut storages[at];
        let class = if width == storage.width || chance.one_in(8) {
            class
        } else {
            CLASSES.iter().find(|(_, width)| *width == storage.width).map_or(class, |known| known.0)
        };
        storage.count = storage.count.max(needed);
        program.push(name("torch._utils", "_rebuild_tensor_v2"));
        bare(&mut program, b"((");
        program.push(text("storage"));
        program.push(name("torch", class));
        program.push(text(&storage.key));
        program.push(text("cpu"));
        program.push(count(needed, chance));
        if old && chance.one_in(4) {
            bare(&mut program, b"(");
            program.push(text("view"));
            program.push(count(0, chance));
            program.push(count(needed, chance));
            bare(&mut program, b"t");
        } else if old {
            bare(&mut program, b"N");
        }
        bare(&mut program, b"tQ");
        program.push(count(offset, chance));
        tuple(&mut program, &shape, chance);
        tuple(&mut program, &strides, chance);
        bare(&mut program, b"\x89");
        program.push(name("collections", "OrderedDict"));
        bare(&mut program, b")RtR");
        if chance.one_in(6) {
            bare(&mut program, b"0");
            program.push(vec![b'N']);
        }
    }
    bare(&mut program, b"u.");
    (program, storages)
}

/// A dictionary of numpy's arrays and other things.
pub fn numpy(chance: &mut Chance) -> Program {
    let mut program = vec![vec![0x80, 2 + chance.below(4) as u8]];
    bare(&mut program, b"}(");
    for entry in 0..1 + chance.below(4) {
        program.push(text(&format!("entry {entry}")));
        let (code, width) = NUMPY[chance.below(NUMPY.len())];
        let shape = sides(chance);
        let data = chance.bytes(shape.iter().product::<usize>() * width);
        let data = [b"B", &(data.len() as u32).to_le_bytes()[..], &data].concat();
        match chance.below(4) {
            0 => {
                program.push(name("numpy.core.numeric", "_frombuffer"));
                bare(&mut program, b"(");
                program.push(data);
                number_type(&mut program, code, chance);
                tuple(&mut program, &shape, chance);
                program.push(text(chance.pick(&["C", "F"])));
                bare(&mut program, b"tR");
            }
            1 => {
                program.push(name("numpy.core.multiarray", "scalar"));
                number_type(&mut program, code, chance);
                let scalar = chance.bytes(width);
                program.push([&[b'C', width as u8], &scalar[..]].concat());
                bare(&mut program, b"\x86R");
            }
            _ => {
                program.push(name("numpy.core.multiarray", "_reconstruct"));
                program.push(name("numpy", "ndarray"));
                program.push(b"K\0".to_vec());
                bare(&mut program, b"\x85");
                program.push(b"C\x01b".to_vec());
                bare(&mut program, b"\x87R(");
                program.push(b"K\x01".to_vec());
                tuple(&mut program, &shape, chance);
                number_type(&mut program, code, chance);
                bare(&mut program, if chance.one_in(2) { b"\x88" } else { b"\x89" });
                program.push(data);
                bare(&mut program, b"tb");
            }
        }
    }
    bare(&mut program, b"u.");
    program
}

fn number_type(program: &mut Program, code: &str, chance: &mut Chance) {
    program.push(name("numpy", "dtype"));
    program.push(text(code));
    bare(program, b"\x89\x88\x87R(");
    program.push(b"K\x03".to_vec());
    program.push(text(chance.pick(&["<", ">", "|", "="])));
    bare(program, b"NNN");
    program.push(number(-1, chance));
    program.push(number(-1, chance));
    program.push(b"K\0".to_vec());
    bare(program, b"tb");
}

/// Spoils a program in one place.
pub fn spoil(program: &mut Program, chance: &mut Chance) {
    let at = chance.below(program.len());
    match chance.below(16) {
        0 | 1 => drop(program.remove(at)),
        2 | 3 => program.insert(at, instruction(chance)),
        4 | 5 => program[at] = instruction(chance),
        6 => {
            let other = chance.below(program.len());
            program.swap(at, other);
        }
        7 => {
            let to = at + 1 + chance.below(program.len() - at);
            let piece = program[at..to].to_vec();
            let place = chance.below(program.len());
            program.splice(place..place, piece);
        }
        8 | 9 => {
            // A number becomes another one.
            let numbers: Vec<usize> = (0..program.len())
                .filter(|at| matches!(program[*at][0], b'K' | b'J' | b'I' | 0x8a))
                .collect();
            if !numbers.is_empty() {
                let value = chance.hostile();
                program[numbers[chance.below(numbers.len())]] = number(value, chance);
            }
        }
        10 => {
            // An argument is cut off, or its length is another.
            let instruction = &mut program[at];
            if instruction.len() > 1 {
                let byte = 1 + chance.below(instruction.len() - 1);
                if chance.one_in(2) {
                    instruction.truncate(byte)
                } else {
                    instruction[byte] = chance.bytes(1)[0]
                }
            }
        }
        11 => bomb(program, at, chance),
        12 => {
            // Something is remembered and named again.
            let place = at + chance.below(program.len() - at);
            let key = chance.below(3) as u8;
            program.insert(place, vec![b'h', key]);
            program.insert(at, vec![b'q', key]);
        }
        13 => {
            let (module, named) = NAMES[chance.below(NAMES.len())];
            program[at] = name(module, named);
        }
        14 => {
            // A group that is never closed, or closed twice.
            program.insert(at, vec![if chance.one_in(2) { b'(' } else { b't' }]);
        }
        _ => {
            let (bit, byte) = (1 << chance.below(8), chance.below(program[at].len()));
            program[at][byte] ^= bit;
        }
    }
    if program.is_empty() {
        program.push(b".".to_vec());
    }
}

/// Some instruction with some argument.
fn instruction(chance: &mut Chance) -> Vec<u8> {
    let length = if chance.one_in(3) { chance.hostile() as u64 } else { chance.below(12) as u64 };
    let body = chance.below(12);
    let body = chance.bytes(body);
    match chance.below(12) {
        0 => [b"X", &(length as u32).to_le_bytes()[..], &body].concat(),
        1 => [&[0x8d], &length.to_le_bytes()[..], &body].concat(),
        2 => [&[0x8e], &length.to_le_bytes()[..], &body].concat(),
        3 => [&[0x96], &length.to_le_bytes()[..], &body].concat(),
        4 => [&[0x8b], &(length as u32).to_le_bytes()[..], &body].concat(),
        5 => [&[0x95], &length.to_le_bytes()[..]].concat(),
        6 => [&[b"hqjrgp"[chance.below(6)]], &body[..]].concat(),
        7 => {
            let value = chance.hostile();
            number(value, chance)
        }
        8 => {
            let (module, named) = NAMES[chance.below(NAMES.len())];
            name(module, named)
        }
        9 => {
            let text = *b"FILSUTVGcg".get(chance.below(10)).unwrap_or(&b'I');
            [&[text], &body[..], b"\n"].concat()
        }
        _ => vec![BARE[chance.below(BARE.len())]],
    }
}

/// A few bytes that ask for much: objects named again and again, nested, or repeated.
fn bomb(program: &mut Program, at: usize, chance: &mut Chance) {
    let times = if chance.one_in(40) { 20_000 } else { 10 + chance.below(60) };
    let piece: Vec<Vec<u8>> = match chance.below(8) {
        // A list of the list before it, twice.
        0 => {
            let level = |level: usize| {
                let level = level as u8;
                [b']', 0x94, b'(', b'h', level, b'h', level, b'e'].to_vec()
            };
            [vec![b"]\x94".to_vec()], (0..times.min(250)).map(level).collect()].concat()
        }
        1 => vec![b"]".to_vec(); times].into_iter().chain(vec![b"a".to_vec(); times - 1]).collect(),
        2 => vec![b"(".to_vec(); times].into_iter().chain(vec![b"t".to_vec(); times]).collect(),
        3 => vec![b"\x85".to_vec(); times],
        4 => vec![b"2".to_vec(); times],
        // A long text, remembered and named again and again: in a list, as a key, as what is called for.
        5 => {
            let long = "<".repeat(1 << (4 + chance.below(12)));
            let again: &[u8] =
                chance.pick(&[&b"h\x07"[..], b"h\x07h\x07s", b"h\x07h\x07\x93", b"h\x07\x85R"]);
            [vec![text(&long), b"q\x07".to_vec(), b"]".to_vec()], vec![again.to_vec(); times]].concat()
        }
        // A list that contains itself.
        6 => vec![b"]".to_vec(), b"q\x08".to_vec(), b"h\x08".to_vec(), b"a".to_vec()],
        // The same tensor or array again and again, made anew from the same arguments.
        _ => {
            let from = chance.below(program.len());
            let to = (from + 1 + chance.below(60)).min(program.len());
            let piece = program[from..to].to_vec();
            (0..times.min(64)).flat_map(|_| piece.clone()).collect()
        }
    };
    program.splice(at..at, piece);
}
