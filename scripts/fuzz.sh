#!/bin/sh
# Runs each fuzz target for some seconds. The flags are those of libFuzzer's coverage, which the pinned toolchain has; they are for the target and not for build
# scripts, hence its name.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks -Copt-level=1 -Cdebuginfo=0"
for target in filter request; do
    mkdir -p "fuzz/corpus/$target"
    cargo run --quiet --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "${CARGO_TARGET_DIR:-fuzz/target}" --bin "$target" -- \
        "fuzz/corpus/$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1
done
