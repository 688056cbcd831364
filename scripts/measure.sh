#!/usr/bin/env bash
# Measures what the program promises: scripts/measure.sh ./botring (a stripped build, as `make build` makes it).
# It compares and mostly does not judge: numbers of a busy machine are no verdict. Only a keyring that is slower
# than three times its bound even in its fastest rounds makes it fail; the benchmarks themselves say so.
set -euo pipefail
program=$(realpath "${1:?usage: scripts/measure.sh PROGRAM}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
owner=$HOME
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME=$home XDG_RUNTIME_DIR=$home BOTRING_HOME=$home/data BOTRING_KEYRING=memory
unset DBUS_SESSION_BUS_ADDRESS

row() { printf '%-44s %12s   %s\n' "$1" "$2" "$3"; }
row "what" "measured" "bound"
row "size, stripped" "$(awk "BEGIN { printf \"%.1f MB\", $(stat -c %s "$program") / 1e6 }")" "25 MB"

# milliseconds ROUNDS COMMAND… is the mean time of a run.
milliseconds() {
  local rounds=$1 began ended i
  shift
  began=$(date +%s%N)
  for ((i = 0; i < rounds; i++)); do "$@" >/dev/null; done
  ended=$(date +%s%N)
  awk "BEGIN { printf \"%.1f ms\", ($ended - $began) / $rounds / 1e6 }"
}
row "botring version, fork included" "$(milliseconds 50 "$program" version)" "10 ms"
row "the same for /bin/true" "$(milliseconds 50 /bin/true)" ""

# fastest COMMAND… is the shortest of 40 runs: what a machine that is busy with other work adds is not ours.
fastest() {
  local began took best= i
  for ((i = 0; i < 40; i++)); do
    began=$(date +%s%N)
    "$@" >/dev/null
    took=$(($(date +%s%N) - began))
    [[ -n $best && $best -le $took ]] || best=$took
  done
  awk "BEGIN { printf \"%.1f ms\", $best / 1e6 }"
}
HOME=$owner go run ./ui/cli/testdata/fill "$home/many" 1000
row "botring --help, the fastest of 40" "$(fastest "$program" --help)" "15 ms"
row "list --json, 1,000 bots" "$(fastest "$program" list --json --keyring system --home "$home/many")" "60 ms"
row "completing one of 1,000 bots" "$(fastest "$program" __complete --keyring system --home "$home/many" show "")" "30 ms"

# On a terminal a command that asks it anything, or colours what nobody asked to have coloured, shows here.
escapes=0
for args in "version" "--help" "list" "list --json" "show nobody" "check nobody" "no-such-command"; do
  # shellcheck disable=SC2086 # words are meant
  out=$(script -qec "$program $args" /dev/null </dev/null || true)
  if [[ $out == *$'\x1b'* ]]; then
    escapes=$((escapes + 1))
    echo "an escape code from: botring $args"
  fi
done
row "commands that write escape codes" "$escapes" "0"

# The list at rest, on a terminal, with the demo's bots and its Telegram in the same process.
if command -v tmux >/dev/null; then
  tmux -L measure -f /dev/null new-session -d -x 100 -y 30 "exec $program demo"
  sleep 3
  pid=$(tmux -L measure list-panes -F '#{pane_pid}')
  row "memory in the demo's list, server included" "$(awk '/^VmRSS/ {printf "%.0f MB", $2 * 1.024 / 1000}' "/proc/$pid/status")" "40 MB"
  tmux -L measure kill-session
fi

# Keyrings are in memory where there is such a place: every write waits for the disk, which others write to as well.
scratch=${TMPDIR:-/tmp}
[[ -w /dev/shm ]] && scratch=/dev/shm

# benchmarks PACKAGE PATTERN ROUNDS [COMMAND…] prints those that have a bound. Go builds where and from what its owner does:
# a place in memory may refuse to run programs.
failed=0
benchmarks() {
  local package=$1 pattern=$2 rounds=$3 out
  shift 3
  if ! out=$(env HOME="$owner" TMPDIR="$scratch" GOTMPDIR="${TMPDIR:-/tmp}" "$@" go test -exec "env GOTMPDIR=$scratch" \
    "$package" -run '^$' -bench "$pattern" -benchtime "$rounds" 2>&1); then
    failed=1
    grep -v '^Benchmark' <<<"$out" || true
  fi
  awk '/^Benchmark/ {
    split("", of)
    for (i = 3; i < NF; i += 2) of[$(i + 1)] = $i
    sub(/^Benchmark/, "", $1); sub(/-[0-9]+$/, "", $1)
    if ("ms-bound" in of) printf "%-44s %12s   %g ms\n", $1, sprintf("%.2f ms", of["ms"]), of["ms-bound"]
    if ("times-bound" in of) printf "%-44s %12s   %g times\n", "  beside 1 item", sprintf("%.2f times", of["times"]), of["times-bound"]
  }' <<<"$out"
}
benchmarks ./keyring/agefile 'Store/(get|put)' 300x
benchmarks ./keyring/agefile 'Open' 10x
if command -v gnome-keyring-daemon >/dev/null; then
  benchmarks ./keyring 'System/^10$' 50x scripts/with-keyring.sh
  benchmarks ./keyring/secretservice 'Read/^secrets$' 20x
fi
exit "$failed"
