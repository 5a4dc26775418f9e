//! Finding the person in a picture or video: pose, hands, face, mask.
