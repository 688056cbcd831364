#!/usr/bin/env bash
# Builds what is given to people, into dist/: an archive for each system, a Debian package for each Linux, what each
# program was built from (CycloneDX), and the checksums of all. The same commit gives the same files.
#
#   scripts/dist.sh [OS/ARCH…]      all of the systems below where none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

systems=(linux/amd64 linux/arm64 linux/armv7 darwin/amd64 darwin/arm64 windows/amd64)
(($# == 0)) || systems=("$@")

out=${DIST:-$PWD/dist} # a folder of its own: what is in it goes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out"
umask 022

export CGO_ENABLED=0 TZ=UTC
build() { go build -buildvcs=auto -trimpath -ldflags "-s -w" -o "$1" .; }

# The version is the one that Go writes into the program: that of the tag, or of the commit. Where there is no clone
# to tell, it is none.
build "$work/here"
version=$(go version -m "$work/here" | awk '$1 == "mod" { print $3 }')
[[ $version != "(devel)" ]] || version=v0.0.0-dev
when=$(git log -1 --format=%ct 2>/dev/null || date +%s)
changed=$(date -d "@$when" +%Y-%m-%dT%H:%M:%SZ)

# What goes with every program.
mkdir -p "$work/completions" "$work/man"
for shell in bash zsh fish powershell; do
  "$work/here" completion "$shell" >"$work/completions/botring.$shell"
done
"$work/here" man "$work/man"

# debian ARCH PROGRAM packs for dpkg's ARCH.
debian() {
  local root=$work/deb-$1 name=botring_${version#v}
  name=${name//-/\~}
  install -D -m 755 "$2" "$root/usr/bin/botring"
  install -D -m 644 "$work/completions/botring.bash" "$root/usr/share/bash-completion/completions/botring"
  install -D -m 644 "$work/completions/botring.zsh" "$root/usr/share/zsh/vendor-completions/_botring"
  install -D -m 644 "$work/completions/botring.fish" "$root/usr/share/fish/vendor_completions.d/botring.fish"
  install -D -m 644 LICENSE "$root/usr/share/doc/botring/copyright"
  install -D -m 644 -t "$root/usr/share/doc/botring" README.md docs/*.md
  install -D -m 644 -t "$root/usr/share/man/man1" "$work"/man/*.1
  gzip -9n "$root"/usr/share/man/man1/*.1
  mkdir "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: botring
Version: ${name#botring_}
Architecture: $1
Maintainer: botring contributors
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Recommends: gnome-keyring | keepassxc | kwalletmanager
Suggests: wl-clipboard | xclip | xsel
Section: utils
Priority: optional
Description: keeps Telegram bots' credentials in the keyring
 Botring takes api_ids, api_hashes and bot tokens, logs each bot in over
 MTProto, shows who it is or what went wrong, and saves everything to the
 operating system's keyring. It has screens and commands.
CONTROL
  find "$root" -exec touch -h -d "@$when" {} +
  SOURCE_DATE_EPOCH=$when dpkg-deb --root-owner-group --build -Zxz "$root" "$out/${name}_$1.deb" >/dev/null
}

# archive OS ARCH PROGRAM packs for a system, as it is used to.
archive() {
  local name=botring-$version-$1-$2 folder
  folder=$work/$name
  mkdir "$folder"
  cp -r "$3" LICENSE README.md "$work/completions" "$work/man" "$folder"
  find "$folder" -exec touch -h -d "@$when" {} +
  if [[ $1 == windows ]]; then
    (cd "$work" && find "$name" | LC_ALL=C sort | zip -qX9 "$out/$name.zip" -@)
  else
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="$changed" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
  fi
}

for system in "${systems[@]}"; do
  os=${system%/*} arch=${system#*/}
  program=$work/$os-$arch/botring
  [[ $os != windows ]] || program+=.exe
  case $arch in
    armv7) GOOS=$os GOARCH=arm GOARM=7 build "$program" ;;
    *) GOOS=$os GOARCH=$arch build "$program" ;;
  esac
  archive "$os" "$arch" "$program"
  CGO_ENABLED=0 go run ./scripts/sbom "$program" >"$out/botring-$version-$os-$arch.cdx.json"
  if [[ $os == linux ]] && command -v dpkg-deb >/dev/null; then
    debian "${arch/armv7/armhf}" "$program"
  fi
done
(cd "$out" && sha256sum -- * >SHA256SUMS)
ls -l "$out"
