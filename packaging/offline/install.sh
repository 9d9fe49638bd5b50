#!/bin/sh
# Install or update uketsuke from this folder, without internet: sudo ./install.sh
# To remove it: sudo apt-get remove uketsuke   (keeps the ledger, keys and settings)
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "install.sh: root permissions required. Run: sudo ./install.sh" >&2; exit 1; }
. /etc/os-release
[ "$VERSION_ID" = "$(cat RELEASE)" ] || {
  echo "install.sh: this bundle is for Debian $(cat RELEASE), but this system is $PRETTY_NAME. Use the bundle for this release." >&2
  exit 1
}
sha256sum --quiet --check SHA256SUMS || { echo "install.sh: the bundle is damaged. Copy it again." >&2; exit 1; }

# Use this folder as the only package source. apt skips installed packages.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
echo "deb [trusted=yes] copy:$PWD/packages ./" > "$work/bundle.list"
set -- -qq -o "Dir::Etc::SourceList=$work/bundle.list" -o Dir::Etc::SourceParts=/dev/null \
  -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root
apt-get "$@" update
DEBIAN_FRONTEND=noninteractive apt-get "$@" -o Dpkg::Options::=--force-confold install -y uketsuke
echo "Installed. Next: sudo uketsuke setup, then sudo systemctl enable --now uketsuke uketsuke-kiosk"
