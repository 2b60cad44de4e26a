//! Arguments in, exit code out.

/// Very many small values come and go: the system's allocator takes a third of the time of a probe-dense capture.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    ncsight::cli::main()
}
