#!/bin/sh
# Installs this bundle, needs no network. Each version gets a folder of its own; `current` points to the one that runs, so
# that going back is one link.
#
#   sudo ./install.sh                       to /opt/switchroom, with a user and systemd units (not started)
#   ./install.sh --prefix DIR --no-system   files only
set -eu
# Whatever root's is: the programs run as a user of their own, who has to read what is put there.
umask 022

prefix=/opt/switchroom
system=yes
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      [ $# -ge 2 ] || { echo "install.sh: --prefix needs a folder" >&2; exit 2; }
      prefix=$2
      shift 2
      ;;
    --no-system) system=no; shift ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "install.sh: $1 is no option (--prefix DIR, --no-system)" >&2; exit 2 ;;
  esac
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=$(basename "$here")

case $(uname -s)-$(uname -m) in
  Linux-x86_64) machine=x64 ;;
  Linux-aarch64) machine=arm64 ;;
  *) machine=none ;;
esac
case $name in
  *-linux-$machine) ;;
  *) echo "install.sh: $name is not for this machine ($(uname -s) $(uname -m))" >&2; exit 1 ;;
esac

echo "Checking $name ..."
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS)

target=$prefix/releases/$name
mkdir -p "$prefix/releases"
rm -rf "$target.new"
cp -R "$here" "$target.new"
chmod -R go-w "$target.new"
rm -rf "$target"
mv "$target.new" "$target"
# A link is replaced in one step only by renaming another over it.
ln -s "releases/$name" "$prefix/current.new"
mv -T "$prefix/current.new" "$prefix/current"
"$prefix/current/bin/switchroom" --version >/dev/null
echo "Installed: $prefix/current/bin/switchroom"

[ $system = yes ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "install.sh: user and units need root (or say --no-system)" >&2
  exit 1
fi

if ! id switchroom >/dev/null 2>&1; then
  useradd --system --home-dir /var/lib/switchroom --no-create-home --shell /usr/sbin/nologin switchroom
fi
install -d -o switchroom -g switchroom -m 0700 /var/lib/switchroom
install -d -o root -g switchroom -m 0750 /etc/switchroom
if [ ! -e /etc/switchroom/switchroom.json ]; then
  printf '{\n  "bind": ["127.0.0.1"],\n  "demo": false\n}\n' >/etc/switchroom/switchroom.json
  chown root:switchroom /etc/switchroom/switchroom.json
  chmod 0640 /etc/switchroom/switchroom.json
fi
# Before, a link stood there: nothing is written through it.
rm -f /usr/local/bin/switchroom
sed "s|/opt/switchroom|$prefix|g" "$target/bin/site-switchroom" >/usr/local/bin/switchroom
chmod 0755 /usr/local/bin/switchroom
for unit in switchroom-edge.service switchroom-server.service switchroom-sidecar.service switchroom-cloud.service; do
  sed "s|/opt/switchroom|$prefix|g" "$target/systemd/$unit" >"/etc/systemd/system/$unit"
done
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "Settings: /etc/switchroom/switchroom.json. Start: systemctl enable --now switchroom-edge switchroom-server"
echo "The first administrator, once it runs: switchroom agent add admin --roles admin --phone none"
echo "Digital channels: /etc/switchroom/sidecar.json, then systemctl enable --now switchroom-sidecar"
echo "The cloud half, on its own machine: docs/cloud.md, then systemctl enable --now switchroom-cloud"
