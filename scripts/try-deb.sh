#!/usr/bin/env bash
# Builds the Debian package for this machine, and installs, uses and removes it under a root of its own, so that the
# machine's packages stay as they are: scripts/try-deb.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v dpkg-deb >/dev/null; then
  echo "no dpkg here: nothing is tried"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arch=$(dpkg --print-architecture)
system=linux/${arch/armhf/armv7}
DIST=$work/dist scripts/dist.sh "$system" >/dev/null
(cd "$work/dist" && sha256sum --quiet --check SHA256SUMS)
deb=$(echo "$work"/dist/*.deb)

root=$work/root
mkdir -p "$root"/var/lib/dpkg/{updates,info} "$work/home"
touch "$root/var/lib/dpkg/status"
package() { PATH=$PATH:/usr/sbin:/sbin dpkg --root="$root" --force-not-root --force-depends --log=/dev/null "$@" >/dev/null; }
fail() { echo "$1" >&2; exit 1; }

package -i "$deb"
bin=$root/usr/bin/botring
printf '%s\n' 'a passphrase for this test' >"$work/passphrase"
chmod 600 "$work/passphrase"
user=(env -i HOME="$work/home" PATH="$PATH" BOTRING_KEYRING=age BOTRING_PASSPHRASE_FILE="$work/passphrase")
botring() { "${user[@]}" "$bin" "$@"; }

[[ $(botring version) == "botring "* ]] || fail "the installed program does not say its version"
"${user[@]}" BOT_TOKEN=7000000001:AAH-abcdefghijklmnopqrstuvwxyz01234 API_ID=10001 API_HASH=0123456789abcdef0123456789abcdef \
  "$bin" add --no-login --label shop --quiet </dev/null >/dev/null
botring list | grep -q shop || fail "a bot that was added is not listed"
bash -c 'source "$1" && complete -p botring' _ "$root/usr/share/bash-completion/completions/botring" >/dev/null || fail "bash does not complete"
for page in "$root"/usr/share/man/man1/botring{,-add,-list}.1.gz; do
  [[ -s $page ]] || fail "there is no $page"
done

package -r botring
left=$(find "$root/usr" ! -type d)
[[ -z $left ]] || fail "after the removal there is still $left"
[[ -s $work/home/.local/share/botring/age/botring/identities ]] || fail "the removal has taken what was saved"
echo "$(basename "$deb"): installed, used and removed"
