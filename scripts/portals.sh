#!/usr/bin/env bash
# Builds the portals and tells their sizes: `scripts/portals.sh --help`. The builder is built with the features of the whole workspace, as the tests are:
# alone it would have others, and with them a second copy of its libraries.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --workspace --bin portal-xtask
exec "${CARGO_TARGET_DIR:-target}/debug/portal-xtask" "$@"
