//! What the README shows is what the program prints.

#![allow(clippy::expect_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_report_in_the_readme_is_the_real_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let (_, rest) = readme.split_once("```console\n$ ncsight ").expect("a console block");
    let (shown, _) = rest.split_once("\n```").expect("its end");
    let (command, shown) = shown.split_once('\n').expect("a command and its output");
    let output = Command::new(env!("CARGO_BIN_EXE_ncsight"))
        .args(command.split(' '))
        .current_dir(root)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(shown.trim_end(), printed.trim_end(), "README.md shows another report than `ncsight {command}` prints");
}

#[test]
fn the_keys_in_the_readme_are_the_real_ones() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README");
    let table = ncsight::tui::keys::table();
    assert!(readme.contains(&table), "README.md lists other keys than the program has:\n{table}");
}

#[test]
fn the_pictures_in_the_readme_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let pictures: Vec<&str> = readme.split("](pictures/").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        let svg = std::fs::read_to_string(root.join("pictures").join(picture)).expect(picture);
        assert!(svg.starts_with("<svg") && svg.contains("ncsight"), "{picture}");
    }
}
