//! Files that somebody still writes while they are read.

use std::time::{Duration, SystemTime};

use super::Input;
use crate::error::Error;

/// A file that changed within this time is probably being written: capturing programs write once a second and more often.
const LATELY: Duration = Duration::from_secs(10);

/// The inputs that end in a record that is not whole and that changed a moment ago.
#[must_use]
pub fn still_written(inputs: &[Input]) -> Vec<Error> {
    let now = SystemTime::now();
    let lately = |input: &&Input| {
        let changed = input.path.metadata().and_then(|about| about.modified());
        changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|age| age < LATELY))
    };
    let torn = inputs.iter().filter(|input| input.torn && input.compression.is_none());
    torn.filter(lately).map(|input| Error::StillWritten { path: input.path.clone() }).collect()
}
