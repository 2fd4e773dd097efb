#!/bin/sh
# Makes what compose.yaml reads and mounts: .env, random secrets, each in a file of its own, a first switchroom.json and
# sidecar.json. What is there stays.
#   ./setup.sh ADDRESS     the address that phones, trunks and browsers reach this host by
set -eu
cd "$(dirname "$0")"

address=${1:-}
case $address in
  "" | -* | *[!0-9a-fA-F.:]*) echo "usage: ./setup.sh ADDRESS   (an IP address of this host)" >&2; exit 2 ;;
esac
# As it stands before a port.
case $address in
  *:*) host="[$address]" ;;
  *) host=$address ;;
esac

# For compose.yaml: which services run, and the address of Asterisk's RTP.
if [ ! -e .env ]; then
  printf 'COMPOSE_PROFILES=edge,turn\nSWITCHROOM_ADDRESS=%s\n' "$address" >.env
fi

umask 077
mkdir -p secrets
# Readable inside the containers, whose users (10001, 10002, coturn's) are not the one who runs this. Nobody but the owner
# gets into the folder.
new() {
  [ -e "secrets/$1" ] && return 0
  cat >"secrets/$1.new"
  chmod 0444 "secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
}
random() { head -c 32 /dev/urandom | base64 | tr -d '/+=\n' | cut -c 1-40; }

for name in asterisk drachtio postgres turn; do random | new "$name"; done

new drachtio.conf.xml <<EOF
<drachtio>
  <admin port="9022" secret="$(cat secrets/drachtio)">127.0.0.1</admin>
  <sip>
    <contacts>
      <contact>sip:$host:5060;transport=udp,tcp</contact>
    </contacts>
  </sip>
  <logging><console/><loglevel>info</loglevel></logging>
</drachtio>
EOF

new turnserver.conf <<EOF
listening-ip=$address
relay-ip=$address
listening-port=3478
min-port=49160
max-port=49999
realm=switchroom
use-auth-secret
static-auth-secret=$(cat secrets/turn)
fingerprint
no-cli
no-tls
no-dtls
no-multicast-peers
no-tcp-relay
# To this host's audio and nowhere else: whoever has an account could reach the whole inner network through it otherwise.
allowed-peer-ip=$address
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
log-file=stdout
pidfile=/tmp/turnserver.pid
EOF

if [ ! -e switchroom.json ]; then
  cat >switchroom.json <<EOF
{
  "bind": ["127.0.0.1", "$address"],
  "demo": false,
  "media": "asterisk",
  "asterisk": {
    "hosts": [{ "name": "one", "url": "http://127.0.0.1:8088", "sip": "127.0.0.1:5080" }],
    "secretFile": "/run/secrets/asterisk"
  },
  "webrtc": {
    "iceServers": [{ "urls": ["turn:$host:3478?transport=udp", "turn:$host:3478?transport=tcp"], "secretFile": "/run/secrets/turn" }]
  }
}
EOF
  chmod 0444 switchroom.json
fi
# No digital channels yet: what each needs stands in the documents of its kind.
if [ ! -e sidecar.json ]; then
  printf '{\n  "channels": {}\n}\n' >sidecar.json
  chmod 0444 sidecar.json
fi
echo "Ready. Look at switchroom.json and sidecar.json, then: docker compose up -d"
echo "The first administrator: docker compose exec server switchroom agent add admin --roles admin --phone none"
