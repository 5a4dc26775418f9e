//! Other people's checkpoints, read as data.
//!
//! A pickle is a program, and Python runs it. Here nothing is run: a small machine knows the instructions that build
//! lists, dictionaries, texts and numbers, and a fixed list of names that build arrays of torch and numpy. Any other
//! name or instruction ends in an error that says which. Three kinds of files are told apart by their first bytes:
//!
//! * PyTorch zip archives (`torch.save` since 1.6: `.pt`, `.pth`, `.ckpt`, `.pth.tar`),
//! * the older stream of `torch.save`, where the storages follow the pickles,
//! * plain pickles of numpy arrays (protocols 2 to 5).
//!
//! ```no_run
//! # fn main() -> orator_pickle::Result<()> {
//! let checkpoint = orator_pickle::read("tiny.en.pt".as_ref())?;
//! let width = checkpoint.at(&["dims", "n_text_state"])?.as_int();
//! let weights = checkpoint.at(&["model_state_dict"])?.arrays()?;
//! let first = weights["encoder.conv1.weight"].to_f32()?;
//! # Ok(()) }
//! ```
//!
//! Every size that a file states is checked against what is in the file before memory is taken ([`Limits`]).

mod array;
mod build;
mod error;
mod follow;
mod globals;
mod legacy;
mod limits;
mod machine;
mod node;
mod numpy;
mod opcode;
mod read;
mod strides;
mod tensor;
mod torch_zip;
mod tree;
mod value;
mod zip_members;

pub use array::{Array, Kind};
pub use error::{PickleError, Result};
pub use limits::Limits;
pub use read::{read, read_bytes, read_with};
pub use value::Value;
