//! The findings and clients of a report, put into words one at a time: a report on a hundred thousand clients is written
//! without ever being held whole.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::{Options, build, model};
use crate::engine::snapshot::{self, Snapshot};
use crate::verdict;

/// What the selection leaves of an analysis, as facts.
#[derive(Debug)]
struct Shown<'a> {
    snapshot: &'a Snapshot,
    options: Options,
    findings: Vec<&'a verdict::Filed>,
    clients: Vec<&'a snapshot::Client>,
}

/// The findings that are shown, in the order in which they were settled.
#[derive(Clone, Debug)]
pub struct Findings<'a>(Arc<Shown<'a>>);

/// The clients that are shown, in the order of their first packets.
#[derive(Clone, Debug)]
pub struct Clients<'a>(Arc<Shown<'a>>);

/// What `options` select of `snapshot`.
#[must_use]
pub fn select<'a>(snapshot: &'a Snapshot, options: &Options) -> (Findings<'a>, Clients<'a>) {
    let findings = options.selection.findings(snapshot);
    let clients = options.selection.clients(snapshot, &findings);
    let shown = Arc::new(Shown { snapshot, options: options.clone(), findings, clients });
    (Findings(Arc::clone(&shown)), Clients(shown))
}

impl<'a> Findings<'a> {
    /// The findings as facts.
    #[must_use]
    pub fn facts(&self) -> &[&'a verdict::Filed] {
        &self.0.findings
    }

    /// The findings in words, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = model::Finding> {
        self.part(0..self.len())
    }

    /// Some of the findings in words, by their places.
    pub fn part(&self, places: Range<usize>) -> impl Iterator<Item = model::Finding> {
        self.0.findings.get(places).unwrap_or_default().iter().map(|finding| self.in_words(finding))
    }

    /// Threads that may put them into words.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.0.options.threads
    }

    /// Digits of a second that the captures know.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.0.snapshot.time_digits
    }

    /// One of the findings in words.
    #[must_use]
    pub fn in_words(&self, finding: &verdict::Filed) -> model::Finding {
        build::finding(finding.open(), self.0.snapshot, &self.0.options)
    }

    /// The finding of an identifier, where it is shown.
    #[must_use]
    pub fn by_id(&self, id: u32) -> Option<&'a verdict::Filed> {
        let at = self.0.findings.binary_search_by_key(&id, |finding| finding.id).ok()?;
        self.0.findings.get(at).copied()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.findings.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.findings.is_empty()
    }
}

impl<'a> Clients<'a> {
    /// The clients as facts.
    #[must_use]
    pub fn facts(&self) -> &[&'a snapshot::Client] {
        &self.0.clients
    }

    /// The clients in words, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = model::Client> {
        self.part(0..self.len())
    }

    /// Some of the clients in words, by their places.
    pub fn part(&self, places: Range<usize>) -> impl Iterator<Item = model::Client> {
        let Shown { snapshot, options, findings, clients } = &*self.0;
        let is_shown = |id: u32| findings.binary_search_by_key(&id, |finding| finding.id).is_ok();
        let part = clients.get(places).unwrap_or_default();
        part.iter().map(move |client| build::client(client, &is_shown, snapshot, options))
    }

    /// Threads that may put them into words.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.0.options.threads
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.clients.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.clients.is_empty()
    }
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Serialize for Clients<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// In JSON they are lists as any other.
macro_rules! is_list {
    ($type:ident of $item:ty) => {
        impl JsonSchema for $type<'_> {
            fn inline_schema() -> bool {
                Vec::<$item>::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                Vec::<$item>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                Vec::<$item>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                Vec::<$item>::json_schema(generator)
            }
        }
    };
}

is_list!(Findings of model::Finding);
is_list!(Clients of model::Client);

/// Which capture a packet stands in: its index in the list of inputs, or its path where a finding stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Index in `inputs`.
    Index(u16),
    /// The capture's path.
    Path(Arc<str>),
}

impl Place {
    /// The index, where it is one.
    #[must_use]
    pub const fn index(&self) -> Option<u16> {
        match self {
            Self::Index(index) => Some(*index),
            Self::Path(_) => None,
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Index(index) => serializer.serialize_u16(*index),
            Self::Path(path) => serializer.serialize_str(path),
        }
    }
}
