# Two commands do all the set-up on a fresh Debian or Ubuntu machine with Rust, a C compiler, make and git:
#   make demo     installs what is missing, builds, and analyses a capture
#   make test     everything that is tested
CARGO ?= cargo
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: instructions bench-peers demo test lint doc setup compare fuzz fuzz-planted captures tables picture bench clean

demo: setup
	$(CARGO) build --release --locked
	target/release/ncsight report captures/proxy-407-ntlm-unanswered.pcap

test: setup
	$(CARGO) test --locked

lint: setup
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --no-default-features -- -D warnings

doc: setup
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

# libpcap's headers are all that is needed beyond Rust, a C compiler and make; and they only for the feature `live`.
setup:
	@if ! echo '#include <pcap/pcap.h>' | $${CC:-cc} -E - >/dev/null 2>&1; then \
	  if command -v apt-get >/dev/null; then \
	    echo "installing libpcap-dev"; \
	    $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libpcap-dev >/dev/null; \
	  else \
	    echo "libpcap's headers are missing: install libpcap-dev (or libpcap-devel), or build with --no-default-features" >&2; exit 1; \
	  fi; \
	fi

# Compares what is read with what tshark reads, in captures/ and in the folder that NCSIGHT_CORPUS names; with the program
# as the tests have it, so that dependencies are not built once more with other features.
COMPARE ?=
compare: setup
	$(CARGO) test --locked --no-run --test tables
	python3 tests/tshark/compare.py --ncsight target/debug/ncsight $(COMPARE)

# Mutated bytes for every parser (fuzz/README.md): seconds for each target, and which.
FUZZ_SECONDS ?= 5
FUZZ_TARGETS ?=
fuzz:
	CARGO="$(CARGO)" fuzz/run.sh fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Whether each target finds the fault that is planted behind its deepest parser.
FUZZ_PLANTED_SECONDS ?= 120
fuzz-planted:
	CARGO="$(CARGO)" fuzz/run.sh planted $(FUZZ_PLANTED_SECONDS) $(FUZZ_TARGETS)

# Makes the captures again with real programs in network namespaces: as root, by hand. See captures/lab/README.md.
captures:
	captures/lab/setup.sh
	python3 captures/lab/run.py all

# Writes the table of rows, captures and near misses anew.
tables: setup
	NCSIGHT_WRITE_TABLES=1 $(CARGO) test --locked --test tables

# The README's pictures of the terminal UI, from real runs.
PICTURED = captures/portal-polls.pcap captures/many-proxy-both-fail.pcap captures/direct-ncsi-txt.pcap captures/built-address-changes.pcap captures/anonymised-portal.pcap
picture: setup
	$(CARGO) run --locked --example picture -- - $(PICTURED) > pictures/overview.svg
	$(CARGO) run --locked --example picture -- 3 captures/tcp-timeout.pcap > pictures/ladder.svg

bench: setup
	$(CARGO) bench --locked

# Instructions a packet beside those that are recorded; fails at 5 % more where compiler, C library and processor are the same.
instructions: setup
	$(CARGO) build --release --locked
	benches/instructions.py

# The whole program against those of tcpdump, tshark, ndpiReader and capinfos that are installed, on generated traffic. It
# writes the README's table, and fails where a bound does not hold. Half an hour; 13 GB of disk, 16 GB of memory.
PEERS ?= --write README.md
bench-peers: setup
	$(CARGO) build --release --locked
	benches/peers.py $(PEERS)

clean:
	$(CARGO) clean
