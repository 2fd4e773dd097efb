#!/bin/sh
# The first start gives the data folder the flows that came with the image; later ones leave what is there alone.
set -eu
if [ ! -e "$SWITCHROOM_FLOWS" ]; then
  cp -R /opt/switchroom/ivr-flows "$SWITCHROOM_FLOWS.new"
  # Edge and server may start together: one of them is first, and the other's copy is not needed.
  mv -T "$SWITCHROOM_FLOWS.new" "$SWITCHROOM_FLOWS" 2>/dev/null || rm -rf "$SWITCHROOM_FLOWS.new"
fi
exec switchroom "$@"
