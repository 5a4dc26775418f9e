//! What a person should know about the picture they gave, in words that help.

use std::fmt;

/// Something that was found, or not found, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remark {
    /// Neither hand is visible.
    NoHands,
    /// Only the person's own left hand is visible.
    OnlyLeftHand,
    /// Only the person's own right hand is visible.
    OnlyRightHand,
    /// No face mesh could be fitted.
    NoFace,
    /// The head is turned far to one side.
    FaceTurnedAway,
    /// This many people are in the picture.
    SeveralPeople(usize),
    /// Not even the shoulders are in view.
    ShouldersCutOff,
    /// Neither elbow is in view.
    ElbowsCutOff,
    /// The shoulders span only this percentage of the picture's shorter side.
    SmallPerson(u8),
    /// In a video: this percentage of the frames shows no person.
    PersonMissing(u8),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHands => f.write_str("no hands in view: only head and shoulders will move"),
            Self::OnlyLeftHand => {
                f.write_str("only the left hand is in view: the right arm will move without its hand")
            }
            Self::OnlyRightHand => {
                f.write_str("only the right hand is in view: the left arm will move without its hand")
            }
            Self::NoFace => f.write_str("no face was recognised: the mouth will not move"),
            Self::FaceTurnedAway => {
                f.write_str("the face is turned away: lips look best when the face points to the camera")
            }
            Self::SeveralPeople(count) => {
                write!(f, "several people in the picture ({count}): the most prominent one is used")
            }
            Self::ShouldersCutOff => {
                f.write_str("the body is cut off above the shoulders: only the head will move")
            }
            Self::ElbowsCutOff => f.write_str(
                "the body is cut off above the elbows: the arms will not move; a picture down to the waist shows gestures",
            ),
            Self::SmallPerson(percent) => write!(
                f,
                "the person is small: the shoulders span {percent} % of the picture; a closer crop gives more detail"
            ),
            Self::PersonMissing(percent) => {
                write!(f, "no person was found in {percent} % of the frames")
            }
        }
    }
}
