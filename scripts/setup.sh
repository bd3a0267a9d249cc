#!/usr/bin/env bash
# Installs what `make run` or `make test` needs, on Debian with rustup and Node 20. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-}
case $mode in run | test) ;; *) echo "usage: scripts/setup.sh run|test" >&2; exit 2 ;; esac

fail() { echo "$*" >&2; exit 1; }
has() { command -v "$1" > /dev/null; }

has rustup || fail "rustup is missing: install it as https://rustup.rs says, then try again."
node_version=$(node --version 2> /dev/null || true)
[[ $node_version =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge 20 ]] \
    || fail "Node 20 or newer is needed; found ${node_version:-none}."

packages=()
has cc || packages+=(gcc libc6-dev)
has npm || packages+=(npm)
if [ "$mode" = test ]; then
    has chromium || packages+=(chromium)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || packages+=(postgresql)
    [ -x /usr/sbin/pgbouncer ] || packages+=(pgbouncer)
fi
if [ ${#packages[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=(env)
    elif has sudo && sudo -n true 2> /dev/null; then
        as_root=(sudo -n env)
    else
        fail "Install these Debian packages, then try again: ${packages[*]}"
    fi
    has apt-get || fail "Install these programs, then try again (names of Debian's packages): ${packages[*]}"
    echo "Installing Debian packages: ${packages[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if ! rustup toolchain list | grep -q "^$channel-"; then
    rustup toolchain install "$channel" --profile minimal --component rustfmt --component clippy
fi
if ! rustup target list --installed --toolchain "$channel" | grep -qx wasm32-unknown-unknown; then
    rustup target add wasm32-unknown-unknown --toolchain "$channel"
fi

if [ "$mode" = test ]; then
    cd tests/browser
    # The packages' own install scripts are not needed, so they do not run.
    if ! cmp -s package-lock.json node_modules/.installed-lock; then
        npm ci --ignore-scripts --no-audit --no-fund
        cp package-lock.json node_modules/.installed-lock
    fi
fi
