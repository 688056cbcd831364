#!/usr/bin/env bash
# Session strings that botring writes, read by the libraries they are for: GramJS and mtcute from npm, Telethon from
# Debian. They are installed into a temporary folder, without root; nothing but that needs a network.
#
#   scripts/clients.sh      CLIENTS=DIR uses what is installed there, and leaves it there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(telegram@2.26.22 @mtcute/convert@0.29.7)
debian=(python3-telethon python3-pyaes python3-rsa python3-pyasn1)

if [[ -z ${CLIENTS:-} ]]; then
  CLIENTS=$(mktemp -d)
  trap 'rm -rf "$CLIENTS"' EXIT
fi
mkdir -p "$CLIENTS"
if [[ ! -d $CLIENTS/node_modules ]]; then
  echo '{"private": true}' >"$CLIENTS/package.json"
  npm install --prefix "$CLIENTS" --silent --no-audit --no-fund --ignore-scripts "${packages[@]}"
fi
if [[ ! -d $CLIENTS/python ]]; then
  mkdir -p "$CLIENTS/debs" # a run that failed may have left it
  (cd "$CLIENTS/debs" && apt-get download "${debian[@]}" >&2)
  for deb in "$CLIENTS"/debs/*.deb; do
    dpkg-deb -x "$deb" "$CLIENTS/unpacked"
  done
  mv "$CLIENTS/unpacked" "$CLIENTS/python" # only when it is whole
fi
BOTRING_CLIENTS=$CLIENTS go test ./telegram -run TestSessionsOfRealClients -count=1 -v
