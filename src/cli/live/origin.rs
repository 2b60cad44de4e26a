//! Where the packets of a live run come from.

use std::path::Path;

use anyhow::bail;

use super::super::args::ReportArguments;
use super::super::output::is_same_file;
use super::pace::Pace;

/// One of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Interfaces of this machine.
    Interfaces,
    /// Standard input, which another program may still be writing.
    Stream,
    /// A file that another program still writes.
    File(&'a Path),
}

impl<'a> Origin<'a> {
    /// What the arguments say; of standard input nobody has to say that it is followed.
    ///
    /// # Errors
    ///
    /// They ask for a file to be followed and do not name one that can be, or one that is written at the same time.
    pub fn of(arguments: &'a ReportArguments) -> anyhow::Result<Self> {
        let live = &arguments.live;
        if !live.follow {
            return Ok(if live.is_wanted() { Self::Interfaces } else { Self::Stream });
        }
        let file = match &*arguments.files {
            [file] if file.as_os_str() == "-" => {
                bail!("standard input is read as long as somebody writes to it; leave --follow out")
            }
            [file] => file,
            [] => bail!("--follow needs the file that is being written"),
            _ => bail!("--follow takes one file; follow each on its own"),
        };
        if arguments.output.iter().chain(&live.write).any(|output| is_same_file(output, file)) {
            bail!("{}: cannot be followed and written to at the same time", file.display());
        }
        Ok(Self::File(file))
    }

    /// What its sources are called.
    pub fn names(self, arguments: &ReportArguments) -> Vec<String> {
        match self {
            Self::Interfaces => arguments.live.interfaces.clone(),
            Self::Stream => vec!["-".to_owned()],
            Self::File(path) => vec![path.display().to_string()],
        }
    }

    /// How fast its packets come; interfaces are always live.
    pub fn pace(self) -> Option<Pace> {
        (self != Self::Interfaces).then(Pace::default)
    }
}
