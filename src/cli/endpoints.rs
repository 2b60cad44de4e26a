//! The file of `--endpoints`.

use std::io::Read;
use std::path::Path;

use crate::endpoints::{self, EndpointList};
use crate::error::Error;
use crate::limits::MAX_ENDPOINT_LIST;

/// Reads an endpoint list in the schema of Microsoft's web service.
///
/// # Errors
///
/// The file cannot be read, or is no such list; the message has its place.
pub fn load(path: &Path) -> Result<EndpointList, Error> {
    let unreadable = |source| Error::Io {
        path: path.to_owned(),
        operation: "read",
        source,
        hint: "; --endpoints takes the JSON of https://endpoints.office.com/endpoints/worldwide",
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than is read tells a longer file.
    file.take(MAX_ENDPOINT_LIST as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let broken = |message: String| Error::Config { path: path.to_owned(), message };
    let text =
        std::str::from_utf8(&bytes).map_err(|error| broken(format!("byte {}: not UTF-8", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let sets = endpoints::parse(text).map_err(broken)?;
    Ok(EndpointList { file: Some(path.to_string_lossy().into_owned()), sets })
}
