#!/usr/bin/env bash
# Everything that has to hold before a change is done: format, modules, vet, lint, the cross builds of
# the keyrings that this machine cannot run, and all tests with the race detector, against a real
# keyring of their own. `make test` calls it, and so does CI.
#
# On Debian as root it installs what it lacks. Elsewhere it goes on with what is there: the tests that
# need a Secret Service or age skip and say why. With CI=true such a skip is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

golangci_version=2.15.0

# What the tests see must not depend on who runs them, and with-keyring.sh gives them a HOME of their own:
# what Go derives from HOME is settled before.
GOPATH=$(go env GOPATH) GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) GOENV=$(go env GOENV)
export GOPATH GOCACHE GOMODCACHE GOENV
export PATH="$(go env GOBIN):$GOPATH/bin:$PATH"
for name in $(compgen -e BOTRING_ || true); do unset "$name"; done
unset BOT_TOKEN API_ID API_HASH NO_COLOR ALL_PROXY all_proxy SSH_CONNECTION SSH_TTY

ci=
if [[ ${CI:-} == true ]]; then
  ci=yes
  export BOTRING_REQUIRE_KEYRING=1
fi

# step NAME COMMAND… runs a command under its name and says how long it took. The first that fails ends all.
doing= began=0
step() {
  doing=$1 began=$SECONDS
  shift
  printf '== %s\n' "$doing"
  "$@"
  printf '== %s: %d s\n\n' "$doing" $((SECONDS - began))
  doing=
}
trap '[[ -z $doing ]] || printf "== %s FAILED after %d s\n" "$doing" $((SECONDS - began))' EXIT

# The programs the tests need and the Debian packages they come in; libc6-dev has no program, but a header.
needs=(
  git:git gnome-keyring-daemon:gnome-keyring dbus-run-session:dbus secret-tool:libsecret-tools
  gdbus:libglib2.0-bin age:age tmux:tmux zsh:zsh fish:fish mandoc:mandoc groff:groff-base less:less microsocks:microsocks gcc:gcc /usr/include/stdlib.h:libc6-dev
)

missing() {
  local need
  for need in "${needs[@]}"; do
    if [[ $need == /* ]]; then
      [[ -e ${need%%:*} ]] || echo "${need#*:}"
    else
      command -v "${need%%:*}" >/dev/null || echo "${need#*:}"
    fi
  done
}

packages() {
  local lacking
  mapfile -t lacking < <(missing)
  if ((${#lacking[@]} == 0)); then
    echo "nothing is missing"
    return
  fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${lacking[@]}" >/dev/null
    return
  fi
  echo "missing here: ${lacking[*]}"
  [[ -z $ci ]]
}

linter() {
  local have
  have=$(golangci-lint version --short 2>/dev/null || true)
  if [[ ${have#v} == "$golangci_version" ]]; then
    echo "golangci-lint $golangci_version is there"
    return
  fi
  go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$golangci_version"
}

formatted() {
  local bad
  bad=$(gofmt -l .)
  [[ -z $bad ]] || { printf 'gofmt would change:\n%s\n' "$bad"; return 1; }
}

# The keyrings of other systems can only be compiled here; vet compiles their tests as well.
cross() {
  local target
  for target in windows/amd64 darwin/arm64; do
    CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build ./keyring/...
    CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go vet ./keyring/...
  done
}

# All tests, under a keyring of their own where one can be had. Vet has been run by now.
tests() {
  local run=()
  if [[ $(uname) == Linux && -z $(missing | grep -vx -e tmux -e age -e zsh -e fish -e mandoc -e groff-base -e less -e microsocks) ]]; then
    run=(scripts/with-keyring.sh)
  fi
  # The race detector watches what botring is made of. SQLite, scrypt and the emulated terminal would be most of its work: they
  # share nothing with botring but what they are called with. `make test-long` watches them too.
  local race=(-race) unwatched='-race=false -d=checkptr=0' module
  for module in modernc.org golang.org/x/crypto github.com/charmbracelet/x/vt github.com/charmbracelet/ultraviolet; do
    race+=("-gcflags=$module/...=$unwatched")
  done
  if ! command -v "$(go env CC)" >/dev/null; then
    echo "no C compiler: the tests run without the race detector"
    [[ -z $ci ]] || return 1
    race=()
  fi
  # Tests that may run beside each other mostly wait, for other processes and for their deadlines.
  CGO_ENABLED=${#race[@]} "${run[@]}" go test -vet=off "${race[@]}" -parallel 6 -timeout 15m ./...
}

step "packages" packages
step "gofmt" formatted
step "go mod tidy -diff" go mod tidy -diff
step "go vet" go vet ./...
step "golangci-lint $golangci_version, installed" linter
step "golangci-lint run" golangci-lint run --allow-parallel-runners ./...
step "keyrings of Windows and macOS" cross
step "go test -race" tests
step "allocations" go run ./scripts/bench allocs
step "Debian package" scripts/try-deb.sh
printf 'All is well, after %d s.\n' "$SECONDS"
