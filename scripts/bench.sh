#!/usr/bin/env bash
# What botring takes beside what others take, in one table of Markdown on standard output; what is going on is told on
# standard error. GramJS and mtcute are installed into a temporary folder; without node and npm their rows are left out,
# without gnome-keyring those of the system's keyring.
#
#   scripts/bench.sh [TITLE…]      all, or parts by how their titles begin: Many, Session, Start …
#
# BENCH_CLIENTS=DIR uses the libraries that are installed there, and leaves them there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(telegram@2.26.22 @mtcute/convert@0.29.7)

if [[ -z ${BENCH_CLIENTS:-} ]] && command -v node >/dev/null && command -v npm >/dev/null; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  echo '{"private": true}' >"$folder/package.json"
  if npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts "${packages[@]}" >&2; then
    BENCH_CLIENTS=$folder
  else
    echo "GramJS and mtcute could not be installed: the table goes without them" >&2
  fi
fi
export BENCH_CLIENTS=${BENCH_CLIENTS:-} BENCH_GRAMJS=${BENCH_CLIENTS:-}

keyring=()
if command -v gnome-keyring-daemon >/dev/null; then
  keyring=(scripts/with-keyring.sh)
fi
"${keyring[@]}" go run ./scripts/bench "$@"
