//! The software picture maker: from posed surfaces, a camera and a setting to a picture and the truth about each pixel.
//!
//! One frame is drawn by one thread, always with the same bytes; frames are shared out among threads by the caller. First
//! it is found which triangle each of four samples a pixel sees; what is seen is shaded once per pixel and surface.

mod backdrop;
mod camera;
mod cast;
mod hit;
mod lights;
mod maker;
mod motion;
mod occlusion;
mod power;
mod prepared;
mod resolve;
mod sensor;
mod setting;
mod shade;
mod shadow;
#[cfg(test)]
mod tests;
mod texture;
mod visibility;

pub use backdrop::Backdrop;
pub use camera::{Camera, CameraPath, Framing};
pub use cast::Actor;
pub use maker::{Drawn, Moment, PictureMaker};
pub use prepared::Prepared;
pub use sensor::Sensor;
pub use setting::{Light, Lights, Setting};
