//! Capture filter text (`man pcap-filter`) for frames that come from files.

#[cfg(feature = "live")]
pub use with_libpcap::Filter;
#[cfg(not(feature = "live"))]
pub use without_libpcap::Filter;

#[cfg(feature = "live")]
mod with_libpcap {
    use std::fmt;

    use pcap::{BpfProgram, Capture, Linktype};

    use crate::error::Error;
    use crate::source::{Frame, LinkType};

    /// A filter expression, compiled for each link type that is met.
    pub struct Filter {
        expression: String,
        programs: Vec<(LinkType, Option<BpfProgram>)>,
    }

    impl Filter {
        /// A filter that is not compiled yet.
        ///
        /// # Errors
        ///
        /// [`Error::WithoutLive`] in a build without libpcap.
        pub fn new(expression: &str) -> Result<Self, Error> {
            Ok(Self { expression: expression.to_owned(), programs: Vec::new() })
        }

        /// Compiles the expression for frames of `link`.
        ///
        /// # Errors
        ///
        /// [`Error::Filter`] where libpcap does not accept it: for its syntax, or because frames of this type do not
        /// have what it asks for.
        pub fn compile(&mut self, link: LinkType) -> Result<(), Error> {
            if self.programs.iter().any(|(known, _)| *known == link) {
                return Ok(());
            }
            let program = Capture::dead(Linktype(dlt(link))).and_then(|dead| dead.compile(&self.expression, true));
            let (program, result) = match program {
                Ok(program) => (Some(program), Ok(())),
                Err(error) => (None, Err(self.error(&error))),
            };
            self.programs.push((link, program));
            result
        }

        /// Whether a frame passes. One of a link type for which the expression has no meaning does not.
        #[inline]
        pub fn matches(&mut self, frame: &Frame<'_>) -> bool {
            if !self.programs.iter().any(|(link, _)| *link == frame.link) {
                // The result is kept with the program.
                let _ = self.compile(frame.link);
            }
            let program = self.programs.iter().find(|(link, _)| *link == frame.link);
            program.and_then(|(_, program)| program.as_ref()).is_some_and(|program| program.filter(frame.data))
        }

        /// Whether the expression was compiled for `link` and has no meaning for it.
        #[must_use]
        pub fn is_senseless_for(&self, link: LinkType) -> bool {
            self.programs.iter().any(|(known, program)| *known == link && program.is_none())
        }

        fn error(&self, error: &pcap::Error) -> Error {
            let message = match error {
                pcap::Error::PcapError(message) => message.clone(),
                other => other.to_string(),
            };
            Error::Filter { expression: self.expression.clone(), message }
        }
    }

    impl fmt::Debug for Filter {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
        }
    }

    /// libpcap's own number (`DLT_…`) of a link type: a few differ between systems, and files hold a neutral one.
    const fn dlt(link: LinkType) -> i32 {
        match link.0 {
            100 => 11,
            12 | 14 | 101 => 12,
            other => other as i32,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::source::{PacketId, PacketRef};
        use crate::time::CaptureTime;

        fn frame(link: u16, data: &[u8]) -> Frame<'_> {
            let at = PacketRef { time: CaptureTime::MIN, id: PacketId::new(0, 1) };
            Frame { at, link: LinkType(link), fcs_len: 0, wire_len: 60, outbound: false, data }
        }

        #[test]
        fn compiles_for_each_link_type() -> Result<(), Error> {
            let mut udp = vec![0; 60];
            udp[12..14].copy_from_slice(&[8, 0]);
            udp[14] = 0x45;
            udp[23] = 17;
            let mut filter = Filter::new("udp")?;
            assert!(filter.matches(&frame(1, &udp)));
            assert!(filter.matches(&frame(101, &udp[14..])));
            assert!(!filter.matches(&frame(1, &[0; 60])));
            Ok(())
        }

        #[test]
        fn says_what_is_wrong() -> Result<(), Error> {
            let message = Filter::new("prot 80")?.compile(LinkType::ETHERNET).map_err(|error| error.to_string());
            assert!(message.is_err_and(|message| message.contains("prot 80") && message.contains("syntax error")));
            let mut filter = Filter::new("ether host 02:00:00:00:00:01")?;
            assert!(filter.compile(LinkType::RAW).is_err());
            assert!(filter.is_senseless_for(LinkType::RAW));
            assert!(filter.compile(LinkType::ETHERNET).is_ok());
            Ok(())
        }
    }
}

#[cfg(not(feature = "live"))]
mod without_libpcap {
    use crate::error::Error;
    use crate::source::{Frame, LinkType};

    /// A filter expression; this build cannot make one.
    #[derive(Debug)]
    pub enum Filter {}

    impl Filter {
        /// Always fails: only libpcap knows the language.
        ///
        /// # Errors
        ///
        /// [`Error::WithoutLive`].
        pub fn new(_expression: &str) -> Result<Self, Error> {
            Err(Error::WithoutLive { wanted: "a capture filter" })
        }

        /// Never called.
        ///
        /// # Errors
        ///
        /// None.
        pub fn compile(&mut self, _link: LinkType) -> Result<(), Error> {
            match *self {}
        }

        /// Never called.
        pub fn matches(&mut self, _frame: &Frame<'_>) -> bool {
            match *self {}
        }

        /// Never called.
        #[must_use]
        pub fn is_senseless_for(&self, _link: LinkType) -> bool {
            match *self {}
        }
    }
}
