//! Text from the wire cannot act on the terminal.

use super::*;

/// Moves a cursor, clears a screen, sets a title, turns text round, has no width.
const EVIL: &str = "a\x1b[2J\x1b]0;owned\x07b\u{202e}c\u{200b}\u{9b}31m\r\nd";

#[test]
fn names_from_packets_are_only_ever_text() {
    let mut state = opened(&["proxy-407-ntlm-unanswered.pcap"], 120, 40, Preferences::default());
    let mut snapshot = (*state.snapshot).clone();
    for filed in &mut snapshot.findings {
        filed.edit(|finding| {
            finding.host = Some(EVIL.to_owned());
            finding.url = Some(format!("http://{EVIL}/"));
            for evidence in &mut finding.evidence {
                if let crate::verdict::Note::Request { target, user_agent, .. } = &mut evidence.note {
                    *target = EVIL.to_owned();
                    *user_agent = Some(EVIL.to_owned());
                }
            }
        });
    }
    for client in &mut snapshot.clients {
        client.name = Some(EVIL.to_owned());
    }
    for input in &mut snapshot.inputs {
        input.filter = Some(EVIL.to_owned());
        input.path.set_file_name(EVIL);
    }
    update(&mut state, Event::News(News { snapshot: Arc::new(snapshot), stage: Stage::Done(Vec::new()) }));
    for keys in [
        &["1"][..],
        &["2"],
        &["3"],
        &["6"],
        &["7"],
        &["8"],
        &["0"],
        &["1", "tab"],
        &["1", "f", "h", "o", "s", "t", ":", "tab", "tab"],
    ] {
        press(&mut state, &["esc"]);
        press(&mut state, keys);
        let text = screen(&state);
        let acts = |character: char| {
            character != '\n'
                && (character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{200b}'..='\u{200f}'))
        };
        assert!(!text.contains(acts), "{keys:?}: {text:?}");
    }
    for item in crate::tui::menu::items(crate::tui::menu::Menu::Copy, &state) {
        if let Some(Effect::Copy(text)) = crate::tui::menu::choose(item, &state) {
            assert!(!text.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}', '\r']), "{item:?}: {text:?}");
        }
    }
}
