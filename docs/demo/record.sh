#!/usr/bin/env bash
# Records docs/demo.gif: the demo on a terminal, a D-Bus, a keyring and a home of its own, after
# storyboard.txt. It needs no network. On Debian as root it installs the fonts it lacks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fonts=/usr/share/fonts/truetype
regular=$fonts/jetbrains-mono/JetBrainsMono-Regular.ttf
others=("$fonts/dejavu/DejaVuSansMono.ttf" "$fonts/droid/DroidSansFallbackFull.ttf" "$fonts/ancient-scripts/Symbola_hint.ttf")
if ! ls "$regular" "${others[@]}" >/dev/null 2>&1; then
  packages=(fonts-jetbrains-mono fonts-dejavu-core fonts-droid-fallback fonts-symbola)
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "record.sh: missing fonts, of the Debian packages ${packages[*]}" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
go build -o "$room/" . ./docs/demo/record ./docs/demo/cast2gif

cat >"$room/rc" <<'EOF'
PS1='\[\e[38;2;140;140;140m\]$\[\e[m\] '
cd
bind 'set enable-bracketed-paste off'
EOF
PATH=$room:$PATH scripts/with-keyring.sh record -storyboard docs/demo/storyboard.txt -size 84x20 \
  -o "$room/demo.cast" bash --noprofile --rcfile "$room/rc" -i
"$room/cast2gif" -font "$regular" -bold "${regular/Regular/Bold}" -italic "${regular/Regular/Italic}" \
  "${others[@]/#/-fallback=}" "$room/demo.cast" docs/demo.gif
printf 'docs/demo.gif: %d KiB\n' $(($(stat -c %s docs/demo.gif) / 1024))
