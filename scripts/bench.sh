#!/usr/bin/env bash
# Every benchmark, a few rounds of each. Where node and npm are there, GramJS is installed into a temporary
# folder for the comparison (BenchmarkContest); where they are not, its rows are left out.
#
#   scripts/bench.sh [PACKAGE…]      BENCH_GRAMJS=DIR uses a GramJS that is installed there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

gramjs_version=2.26.22

if [[ -z ${BENCH_GRAMJS:-} ]] && command -v node >/dev/null && command -v npm >/dev/null; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  echo '{"private": true}' >"$folder/package.json"
  if npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts "telegram@$gramjs_version" >&2; then
    export BENCH_GRAMJS=$folder
  else
    echo "GramJS could not be installed: the comparison goes without it" >&2
  fi
fi

go test -run '^$' -bench . -benchtime 20x -benchmem "${@:-./...}"
