//! What the configuration file says of the terminal UI: theme, colours and keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ratatui::style::Color;
use serde::Deserialize;

use crate::error::Error;
use crate::tui::keys::{Key, Keymap, TABLE};
use crate::tui::theme::{Look, Part};

/// The section `[ui]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    theme: Option<String>,
    colors: BTreeMap<String, String>,
    keys: BTreeMap<String, Vec<String>>,
}

/// What it means.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    /// The theme, where one is named.
    pub look: Option<Look>,
    /// Colours that differ from those of the theme.
    pub colours: Vec<(Part, Color)>,
    /// Which key does what.
    pub keymap: Keymap,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    ui: Section,
}

/// Reads the section of the file at `path`.
///
/// # Errors
///
/// The file cannot be read, or names a theme, a part, a colour, an action or a key that there is not.
pub fn load(path: &Path) -> Result<Interface, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        operation: "read",
        source,
        hint: "; `ncsight --print-config` prints one to start from",
    })?;
    read(&text).map_err(|message| Error::Config { path: path.to_owned(), message })
}

/// Reads the section of a file with this text.
pub(super) fn read(text: &str) -> Result<Interface, String> {
    let File { ui } = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let mut interface = Interface::default();
    if let Some(name) = ui.theme {
        let names: Vec<&str> = Look::ALL.iter().map(|look| look.name()).collect();
        let look = Look::from_name(&name);
        interface.look = Some(look.ok_or_else(|| format!("theme {name:?}: there are {}", names.join(", ")))?);
    }
    for (name, colour) in ui.colors {
        let part = Part::ALL.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        let names: Vec<&str> = Part::ALL.iter().map(|(name, _)| *name).collect();
        let part = part.ok_or_else(|| format!("ui.colors.{name}: there are {}", names.join(", ")))?;
        let parsed = colour.parse::<Color>();
        let wrong = || format!("ui.colors.{name} = {colour:?}: write a name, a number to 255 or \"#rrggbb\"");
        interface.colours.push((part, parsed.map_err(|_| wrong())?));
    }
    for (name, keys) in ui.keys {
        let row = TABLE.iter().find(|row| row.name == name);
        let row = row.ok_or_else(|| format!("ui.keys.{name}: `ncsight --print-config` lists what there is"))?;
        let keys: Result<Vec<Key>, String> = keys
            .iter()
            .map(|key| {
                let wrong =
                    || format!("ui.keys.{name}: {key:?} is no key; write \"q\", \"ctrl-d\", \"enter\" or \"f1\"");
                Key::parse(key).ok_or_else(wrong)
            })
            .collect();
        interface.keymap.set(row.action, keys?);
    }
    Ok(interface)
}

/// The defaults as a commented section; reading it gives the defaults back.
#[must_use]
pub fn print_defaults() -> String {
    let names: Vec<&str> = Look::ALL.iter().map(|look| look.name()).collect();
    let mut out = String::from("\n# The terminal UI.\n[ui]\n");
    let _ = writeln!(out, "# {}; NO_COLOR makes it monochrome.", names.join(", "));
    let _ = writeln!(out, "theme = \"{}\"\n", Look::default().name());
    let parts: Vec<&str> = Part::ALL.iter().map(|(name, _)| *name).collect();
    let _ = writeln!(out, "# Colours instead of the theme's, by name, number to 255 or \"#rrggbb\", for instance");
    let _ = writeln!(out, "# error = \"lightred\". Parts: {}.", parts.join(" "));
    let _ = writeln!(out, "[ui.colors]\n\n# Keys of each action; an empty list takes them away.\n[ui.keys]");
    for row in TABLE {
        let keys: Vec<String> = row.keys.iter().map(|key| toml::Value::String((*key).to_owned()).to_string()).collect();
        let _ = writeln!(out, "{} = [{}] # {}", row.name, keys.join(", "), row.en);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tui::keys::Action;

    #[test]
    fn the_printed_defaults_give_the_defaults_back() {
        let interface = read(&print_defaults()).unwrap();
        assert_eq!(interface.look, Some(Look::default()));
        assert!(interface.colours.is_empty());
        for row in TABLE {
            assert_eq!(interface.keymap.keys(row.action), Keymap::default().keys(row.action), "{}", row.name);
        }
    }

    #[test]
    fn themes_colours_and_keys_are_taken() {
        let text = "[ui]\ntheme = \"light\"\n[ui.colors]\nerror = \"#ff0000\"\n[ui.keys]\nquit = [\"x\", \"ctrl-q\"]\n";
        let interface = read(text).unwrap();
        assert_eq!(interface.look, Some(Look::Light));
        assert_eq!(interface.colours, [(Part::Error, Color::Rgb(255, 0, 0))]);
        assert_eq!(interface.keymap.shown(Action::Quit), "x");
        assert_eq!(interface.keymap.action(Key::parse("q").unwrap()), None);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[ui]\ntheme = \"pink\"", "high-contrast"),
            ("[ui.colors]\nerror = \"blood\"", "ui.colors.error"),
            ("[ui.colors]\nerorr = \"red\"", "ui.colors.erorr"),
            ("[ui.keys]\nqiut = [\"q\"]", "ui.keys.qiut"),
            ("[ui.keys]\nquit = [\"qq\"]", "\"qq\" is no key"),
            ("[ui]\nteme = \"dark\"", "line 2"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(expected), "{text:?}: {message}");
        }
    }
}
