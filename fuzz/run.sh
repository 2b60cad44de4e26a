#!/usr/bin/env bash
# Fuzzes every target for a while, or proves that every target finds the fault that is planted behind its deepest parser.
#   run.sh fuzz SECONDS [TARGET...]       seconds for each target
#   run.sh planted SECONDS [TARGET...]    longest time for each target
# A stable toolchain is enough: the coverage that libFuzzer asks for is a pass of LLVM, and parsers without `unsafe` need
# no sanitizer; overflow and debug assertions are on (see Cargo.toml).
set -euo pipefail
cd "$(dirname "$0")"

mode=$1 seconds=$2
shift 2
if ! command -v c++ >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || command -v sudo || true)
  $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq g++ >/dev/null
fi
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | grep -vx -e ncsight-fuzz -e seed)

# What can steer a parser: every edge, and every comparison with the value that would have changed it.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
# A target of its own keeps these flags from build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
cargo="${CARGO:-cargo}"
features=()
[ "$mode" = fuzz ] || features=(--features planted)
bins=(--bin seed)
for target in "${targets[@]}"; do bins+=(--bin "$target"); done
"$cargo" build --release --locked --target "$host" "${features[@]}" "${bins[@]}"
programs=${CARGO_TARGET_DIR:-target}/$host/release
[ -d corpus ] || "$programs/seed" -runs=0 > /dev/null 2>&1

# Memory that a run frees is kept for the next one: mapping a reading block anew for each is dozens of times slower.
export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=16777216

# Lengths that hold a few messages; what is longer only runs slower.
longest() {
  case $1 in
    whole) echo 6144 ;;
    tls | fragments | source) echo 2500 ;;
    http_* | page) echo 1200 ;;
    *) echo 1600 ;;
  esac
}

faults=0 sum=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  log=$(mktemp)
  common=(-max_len="$(longest "$target")" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1)
  if [ "$mode" = fuzz ]; then
    found=yes
    "$programs/$target" "${common[@]}" -max_total_time="$seconds" -artifact_prefix="artifacts/$target/" \
      "corpus/$target" > "$log" 2>&1 && found=no
    if [ $found = yes ]; then
      faults=$((faults + 1))
      grep -aE "panicked|assert|ERROR|SUMMARY|Test unit written" -A2 "$log" >&2 || tail -20 "$log" >&2
    fi
  else
    # The seeds alone must not trip it; bytes that were mutated and understood to the end must.
    seeds=$(mktemp -d) found=no
    cp "corpus/$target"/seed-* "$seeds/"
    if ! "$programs/$target" "${common[@]}" -runs=0 "$seeds" > "$log" 2>&1; then
      echo "$target: a seed trips the planted fault" >&2
      tail -5 "$log" >&2
      faults=$((faults + 1))
    fi
    "$programs/$target" "${common[@]}" -max_total_time="$seconds" -artifact_prefix="$seeds/" "$seeds" > "$log" 2>&1 || found=yes
    if [ $found = no ] || ! grep -aq "planted: " "$log"; then
      echo "$target: the planted fault was not found in $seconds s" >&2
      faults=$((faults + 1))
    fi
    rm -rf "$seeds"
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  # A run that ends in a crash is counted by the last line of its progress.
  runs=${runs:-$(grep -aoE '^#[0-9]+' "$log" | tail -1 | tr -d '#')}
  sum=$((sum + ${runs:-0}))
  printf '%-14s %10s runs  found: %s\n' "$target" "${runs:-0}" "$found"
  rm -f "$log"
done
echo "$sum runs of ${#targets[@]} targets, $faults faults"
[ $faults = 0 ]
