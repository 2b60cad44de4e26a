//! Indented JSON, written in large pieces.
//!
//! A report is seven times as long as the packets that a flood of findings was made from, and most of its lines are a few
//! bytes behind an indentation. Handing each of these bytes on by itself costs more than making them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

/// Bytes that are gathered before they are handed on.
const PIECE: usize = 64 << 10;
/// A line's end and the deepest indentation that is written in one go; reports nest up to eight.
const LINE: &[u8; 2 + 2 * DEPTH] = b",\n                                ";
/// Levels of it, two spaces each.
const DEPTH: usize = 16;

/// Writes `value` as `serde_json::to_writer_pretty` does, byte for byte.
///
/// # Errors
///
/// What `out` says.
pub fn write<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut pieces = Pieces { gathered: Vec::with_capacity(PIECE + (PIECE >> 2)), out };
    let mut serializer = serde_json::Serializer::with_formatter(&mut pieces, Indented::default());
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    pieces.flush()
}

/// Gathers what is written.
struct Pieces<'a> {
    gathered: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Write for Pieces<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < PIECE { Ok(()) } else { self.flush() }
    }

    #[cold]
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}

/// Indents by two spaces a level.
#[derive(Default)]
struct Indented {
    level: usize,
    /// What is being closed is not empty.
    filled: bool,
}

impl Indented {
    /// A new line, after a comma where something stands before it.
    #[inline]
    fn line<W: Write + ?Sized>(&self, comma: bool, out: &mut W) -> io::Result<()> {
        let whole = self.level.min(DEPTH);
        out.write_all(LINE.get(usize::from(!comma)..2 + 2 * whole).unwrap_or_default())?;
        for _ in whole..self.level {
            out.write_all(b"  ")?;
        }
        Ok(())
    }

    #[inline]
    fn open<W: Write + ?Sized>(&mut self, mark: &[u8], out: &mut W) -> io::Result<()> {
        self.level += 1;
        self.filled = false;
        out.write_all(mark)
    }

    #[inline]
    fn close<W: Write + ?Sized>(&mut self, mark: &[u8], out: &mut W) -> io::Result<()> {
        self.level -= 1;
        if self.filled {
            self.line(false, out)?;
        }
        out.write_all(mark)
    }
}

impl Formatter for Indented {
    #[inline]
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b"[", out)
    }

    #[inline]
    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b"]", out)
    }

    #[inline]
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(!first, out)
    }

    #[inline]
    fn end_array_value<W: Write + ?Sized>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    #[inline]
    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b"{", out)
    }

    #[inline]
    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b"}", out)
    }

    #[inline]
    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(!first, out)
    }

    #[inline]
    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    #[inline]
    fn end_object_value<W: Write + ?Sized>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_library() {
        let mut deep = json!({});
        for level in 0..DEPTH + 4 {
            deep = json!({ "level": level, "within": [deep, []], "empty": {} });
        }
        let long = Value::Array((0..20_000).map(|number| json!({ "n": number, "t": "\u{1}\"é" })).collect());
        for value in [json!(null), json!([]), json!({}), json!([1, [2, {}], { "a": [] }]), deep, long] {
            let mut written = Vec::new();
            write(&value, &mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
