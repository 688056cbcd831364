#!/usr/bin/env bash
# The benchmarks of a package as they are now beside those of the last commit, told apart by benchstat. The two are
# built first and then run in turn, so that other work on the machine slows both.
#
#   scripts/bench-compare.sh PACKAGE [PATTERN] [COMMIT]      ./fleet, '.' and HEAD where nothing is said
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

package=${1:-./fleet} pattern=${2:-.} commit=${3:-HEAD} rounds=${ROUNDS:-8}
benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260709024250-82a0b07e230d

work=$(mktemp -d)
trap 'rm -rf "$work"; git -C "$root" worktree prune' EXIT
git worktree add -q --detach "$work/before" "$commit"
go test -c -o "$work/now.test" "$package"
(cd "$work/before" && go test -c -o "$work/before.test" "$package")
for ((i = 1; i <= rounds; i++)); do
  for side in before now; do
    folder=$package
    [[ $side == now ]] || folder=$work/before/$package
    (cd "$folder" && "$work/$side.test" -test.run '^$' -test.bench "$pattern" -test.benchtime "${BENCHTIME:-20x}" -test.benchmem) >>"$work/$side.txt"
  done
  echo "bench-compare: round $i of $rounds" >&2
done
cd "$work" && go run "$benchstat" before.txt now.txt
