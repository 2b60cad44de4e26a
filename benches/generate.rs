//! Writes the traffic of the benchmarks to a file, for comparisons with other programs:
//! `cargo bench --bench generate -- bulk 1000 bulk.pcap` writes about 1000 MB. Kinds: bulk, tiny, probes, mixed.

#![allow(clippy::expect_used, clippy::print_stderr)] // a program for the command line

#[allow(dead_code, reason = "no program needs all kinds of traffic")]
mod traffic;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [kind, megabytes, path] = arguments.as_slice() else {
        eprintln!("nothing written; usage: cargo bench --bench generate -- bulk|tiny|probes|mixed MEGABYTES FILE");
        return;
    };
    let bytes = megabytes.parse::<u32>().expect("a number of megabytes").saturating_mul(1_000_000);
    let traffic = match kind.as_str() {
        "bulk" => traffic::bulk(64, bytes / (64 * 1470)),
        "tiny" => traffic::tiny(1_000_000, bytes / 70),
        "mixed" => traffic::mixed(bytes / traffic::MIXED_BYTES),
        _ => traffic::probes(bytes / 920),
    };
    std::fs::write(path, traffic.bytes).expect("the file can be written");
    eprintln!("{path}: {} packets", traffic.packets);
}
