//! The upper half alone: what was read of a capture, before anything is made of it.

use std::net::IpAddr;
use std::path::PathBuf;

use super::pipeline::{Lower, Pipeline};
use crate::error::Error;
use crate::settings::Settings;
use crate::source::{Capture, Input, Options};
use crate::time::CaptureTime;
use crate::transaction::Transaction;

/// What a capture held beside its transactions.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The captures, in the order of their first packets.
    pub inputs: Vec<Input>,
    /// Encapsulations and link types that were met and not decoded, with the number of packets.
    pub not_decoded: Vec<(&'static str, u64)>,
}

/// Reads captures to their end and hands every transaction to `each`, as it settles.
///
/// # Errors
///
/// All errors, at least one, where any of the captures could not be read or the filter cannot be used.
pub fn inventory(
    paths: &[PathBuf],
    settings: &Settings,
    each: impl FnMut(&Transaction),
) -> Result<Inventory, Vec<Error>> {
    let options = Options { filter: settings.filter.clone(), ..Options::default() };
    let (mut capture, unread) = Capture::open(paths, options)?;
    if !unread.is_empty() {
        return Err(unread);
    }
    let mut pipeline = Pipeline::new(settings);
    let mut lower = Each(each);
    while let Some(frame) = capture.next() {
        pipeline.frame(&frame, &mut lower);
    }
    let (counts, _) = pipeline.finish(&mut lower);
    Ok(Inventory { inputs: capture.inputs(), not_decoded: counts.not_decoded.into_iter().collect() })
}

/// Instead of the lower half: somebody who only listens.
struct Each<F>(F);

impl<F: FnMut(&Transaction)> Lower for Each<F> {
    fn packet(&mut self, _time: CaptureTime) {}

    fn towards(&mut self, _host: IpAddr, _time: CaptureTime, _ttl: u8) {}

    fn accept(&mut self, transaction: Transaction) {
        (self.0)(&transaction);
    }
}
