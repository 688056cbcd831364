#!/bin/bash
# Runs a command beside a D-Bus and a gnome-keyring of its own, unlocked, in a home that is thrown away:
#
#	scripts/with-keyring.sh go test ./keyring/...
#
# It needs gnome-keyring, dbus, libsecret-tools and libglib2.0-bin, and installs nothing. Exit status: the
# command's own; 69 when the keyring cannot be brought up.
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: scripts/with-keyring.sh COMMAND..." >&2
	exit 64
fi
for tool in dbus-run-session gnome-keyring-daemon secret-tool gdbus; do
	if ! command -v "$tool" >/dev/null; then
		echo "with-keyring: $tool is not installed (apt-get install gnome-keyring dbus libsecret-tools libglib2.0-bin)" >&2
		exit 69
	fi
done

# Go keeps its caches where they were: only the keyring moves house.
if command -v go >/dev/null; then
	for name in GOCACHE GOMODCACHE GOPATH GOENV; do export "$name=$(go env $name)"; done
fi
[ -n "${GOLANGCI_LINT_CACHE:-}" ] || export GOLANGCI_LINT_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/golangci-lint"

room=$(mktemp -d)
# A daemon that is still ending may write into its home once more.
trap 'rm -rf "$room" 2>/dev/null || { sleep 0.2; rm -rf "$room" || :; }' EXIT
mkdir -m 700 "$room/home" "$room/run"
export HOME=$room/home XDG_RUNTIME_DIR=$room/run
# gnome-keyring's prompter, which no test should meet, ends at once without a display.
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_DATA_HOME XDG_STATE_HOME XDG_CONFIG_HOME XDG_CACHE_HOME

# The password stands in a variable for tests that lock the keyring and unlock it again.
export BOTRING_TEST_KEYRING_PASSWORD=test

dbus-run-session -- bash -c '
	unavailable() { echo "with-keyring: $1" >&2; exit 69; }
	# The daemon must not hold the pipes of whoever waits for our output.
	printf %s "$BOTRING_TEST_KEYRING_PASSWORD" |
		gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || unavailable "gnome-keyring does not start"
	gdbus wait --session --timeout 10 org.freedesktop.secrets || unavailable "no Secret Service within 10 s"
	# A wrong password shows only here.
	printf probe | secret-tool store --label=probe app probe || unavailable "the keyring takes no item"
	[ "$(secret-tool lookup app probe)" = probe ] || unavailable "the keyring does not give its item back"
	secret-tool clear app probe
	exec "$@"' _ "$@"
