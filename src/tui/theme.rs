//! Colours and marks. Shape and words carry the meaning; colour only helps the eye.

use ratatui::style::{Color, Modifier, Style};

use crate::verdict::Severity;

/// How the UI looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
    /// Strong colours only.
    HighContrast,
    /// No colours: bold, faint, underlined and reversed text.
    Monochrome,
}

impl Look {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: &'static [Self] = &[Self::Dark, Self::Light, Self::HighContrast, Self::Monochrome];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Monochrome => "monochrome",
        }
    }

    /// The look with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|look| look.name() == name)
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|look| *look == self).map_or(0, |at| at + 1);
        Self::ALL.get(at).copied().unwrap_or_default()
    }
}

/// Styles by what they mean.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Plain text.
    pub text: Style,
    /// Less important.
    pub faint: Style,
    /// Titles.
    pub strong: Style,
    /// Names, numbers and keys that stand out.
    pub accent: Style,
    /// Lines around panes.
    pub border: Style,
    /// Lines around the pane that has the keys.
    pub focus: Style,
    /// The selected row.
    pub selected: Style,
    /// The selected row of a pane without the keys.
    pub chosen: Style,
    /// The first and the last line of the screen.
    pub bar: Style,
    /// What a search found, and the bytes of the field in question.
    pub found: Style,
    /// From the client.
    pub to_server: Style,
    /// To the client.
    pub to_client: Style,
    severities: [Style; 4],
}

impl Theme {
    /// The styles of a look.
    #[must_use]
    pub fn of(look: Look) -> Self {
        let plain = Style::new();
        let of = |colour| plain.fg(colour);
        match look {
            Look::Dark => Self {
                text: plain,
                faint: of(Color::Indexed(245)),
                strong: plain.add_modifier(Modifier::BOLD),
                accent: of(Color::Indexed(80)),
                border: of(Color::Indexed(240)),
                focus: of(Color::Indexed(80)),
                selected: plain.bg(Color::Indexed(24)).fg(Color::Indexed(255)),
                chosen: plain.bg(Color::Indexed(237)),
                bar: plain.bg(Color::Indexed(236)).fg(Color::Indexed(252)),
                found: plain.bg(Color::Indexed(220)).fg(Color::Indexed(16)),
                to_server: of(Color::Indexed(117)),
                to_client: of(Color::Indexed(216)),
                severities: [
                    of(Color::Indexed(114)),
                    of(Color::Indexed(110)),
                    of(Color::Indexed(221)),
                    of(Color::Indexed(203)).add_modifier(Modifier::BOLD),
                ],
            },
            Look::Light => Self {
                text: of(Color::Indexed(16)),
                faint: of(Color::Indexed(242)),
                strong: of(Color::Indexed(16)).add_modifier(Modifier::BOLD),
                accent: of(Color::Indexed(25)),
                border: of(Color::Indexed(248)),
                focus: of(Color::Indexed(25)),
                selected: plain.bg(Color::Indexed(153)).fg(Color::Indexed(16)),
                chosen: plain.bg(Color::Indexed(254)).fg(Color::Indexed(16)),
                bar: plain.bg(Color::Indexed(253)).fg(Color::Indexed(16)),
                found: plain.bg(Color::Indexed(220)).fg(Color::Indexed(16)),
                to_server: of(Color::Indexed(25)),
                to_client: of(Color::Indexed(130)),
                severities: [
                    of(Color::Indexed(28)),
                    of(Color::Indexed(25)),
                    of(Color::Indexed(130)),
                    of(Color::Indexed(160)).add_modifier(Modifier::BOLD),
                ],
            },
            Look::HighContrast => Self {
                text: plain.fg(Color::White).bg(Color::Black),
                faint: plain.fg(Color::White).bg(Color::Black),
                strong: plain.fg(Color::White).bg(Color::Black).add_modifier(Modifier::BOLD),
                accent: plain.fg(Color::LightCyan).bg(Color::Black).add_modifier(Modifier::BOLD),
                border: plain.fg(Color::White).bg(Color::Black),
                focus: plain.fg(Color::LightYellow).bg(Color::Black).add_modifier(Modifier::BOLD),
                selected: plain.fg(Color::Black).bg(Color::LightYellow).add_modifier(Modifier::BOLD),
                chosen: plain.fg(Color::Black).bg(Color::White),
                bar: plain.fg(Color::Black).bg(Color::White),
                found: plain.fg(Color::Black).bg(Color::LightCyan).add_modifier(Modifier::BOLD),
                to_server: plain.fg(Color::LightCyan).bg(Color::Black),
                to_client: plain.fg(Color::LightYellow).bg(Color::Black),
                severities: [
                    plain.fg(Color::LightGreen).bg(Color::Black).add_modifier(Modifier::BOLD),
                    plain.fg(Color::LightCyan).bg(Color::Black),
                    plain.fg(Color::LightYellow).bg(Color::Black).add_modifier(Modifier::BOLD),
                    plain.fg(Color::LightRed).bg(Color::Black).add_modifier(Modifier::BOLD),
                ],
            },
            Look::Monochrome => {
                let bold = plain.add_modifier(Modifier::BOLD);
                Self {
                    text: plain,
                    faint: plain.add_modifier(Modifier::DIM),
                    strong: bold,
                    accent: bold,
                    border: plain.add_modifier(Modifier::DIM),
                    focus: bold,
                    selected: plain.add_modifier(Modifier::REVERSED),
                    chosen: plain.add_modifier(Modifier::UNDERLINED),
                    bar: plain.add_modifier(Modifier::REVERSED),
                    found: plain.add_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD),
                    to_server: bold,
                    to_client: plain.add_modifier(Modifier::ITALIC),
                    severities: [plain, plain, bold, bold],
                }
            }
        }
    }

    /// Gives a part another colour.
    pub fn set(&mut self, part: Part, colour: Color) {
        let [ok, info, warning, error] = &mut self.severities;
        let (style, ground) = match part {
            Part::Text => (&mut self.text, false),
            Part::Faint => (&mut self.faint, false),
            Part::Accent => (&mut self.accent, false),
            Part::Border => (&mut self.border, false),
            Part::Focus => (&mut self.focus, false),
            Part::Selected => (&mut self.selected, true),
            Part::Bar => (&mut self.bar, true),
            Part::Found => (&mut self.found, true),
            Part::ToServer => (&mut self.to_server, false),
            Part::ToClient => (&mut self.to_client, false),
            Part::Ok => (ok, false),
            Part::Info => (info, false),
            Part::Warning => (warning, false),
            Part::Error => (error, false),
        };
        *style = if ground { style.bg(colour) } else { style.fg(colour) };
    }

    /// The style of a severity.
    #[must_use]
    pub const fn severity(&self, severity: Severity) -> Style {
        let [ok, info, warning, error] = self.severities;
        match severity {
            Severity::Ok => ok,
            Severity::Info => info,
            Severity::Warning => warning,
            Severity::Error => error,
        }
    }
}

/// What can be given another colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Part {
    Text,
    Faint,
    Accent,
    Border,
    Focus,
    Selected,
    Bar,
    Found,
    ToServer,
    ToClient,
    Ok,
    Info,
    Warning,
    Error,
}

impl Part {
    /// All of them, with their names in the configuration.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("faint", Self::Faint),
        ("accent", Self::Accent),
        ("border", Self::Border),
        ("focus", Self::Focus),
        ("selected", Self::Selected),
        ("bar", Self::Bar),
        ("found", Self::Found),
        ("to-server", Self::ToServer),
        ("to-client", Self::ToClient),
        ("ok", Self::Ok),
        ("info", Self::Info),
        ("warning", Self::Warning),
        ("error", Self::Error),
    ];
}

/// Characters of the UI beyond letters, in two sets: terminals that know no Unicode show the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Line drawing and marks of Unicode, all one column wide.
    #[default]
    Unicode,
    /// ASCII alone.
    Ascii,
}

impl Glyphs {
    /// The one of two that this terminal shows.
    #[must_use]
    pub const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// The mark of a severity, told apart by shape.
    #[must_use]
    pub const fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Ok => self.pick("✓", "+"),
            Severity::Info => "i",
            Severity::Warning => "!",
            Severity::Error => self.pick("✗", "x"),
        }
    }

    /// The mark of a client that is online, offline, or not known to be either.
    #[must_use]
    pub const fn online(self, online: Option<bool>) -> &'static str {
        match online {
            Some(true) => self.pick("✓", "+"),
            Some(false) => self.pick("✗", "x"),
            None => self.pick("·", "."),
        }
    }

    /// Lines around panes.
    #[must_use]
    pub const fn border(self) -> ratatui::symbols::border::Set<'static> {
        match self {
            Self::Unicode => ratatui::symbols::border::PLAIN,
            Self::Ascii => ratatui::symbols::border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
        }
    }
}
