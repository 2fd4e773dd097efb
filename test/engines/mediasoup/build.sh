#!/usr/bin/env bash
# Builds mediasoup's worker for the tests, and for sites with no way to the prebuilt one, from the source inside the npm
# package and Debian 12's own libraries: nothing is downloaded but Debian packages. About three minutes on two cores.
#
#   test/engines/mediasoup/build.sh [FILE]     default: where the tests look for it (worker.ts)
#
# It needs g++, meson and the libraries' headers, and installs them where it may. To run it needs libuv1, libssl3, libsrtp2-1,
# libabsl20220623 and libstdc++6.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../../../node_modules/mediasoup" && pwd)
version=$(sed -n 's/^[[:space:]]*"version": "\(.*\)",/\1/p' "$package/package.json")
file=$(realpath -m "${1:-$package/../.cache/switchroom/mediasoup-worker-$version}")

needed=(g++ meson ninja-build pkg-config libuv1-dev libssl-dev libsrtp2-dev libabsl-dev libflatbuffers-dev flatbuffers-compiler)
if ! dpkg -s "${needed[@]}" >/dev/null 2>&1; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${needed[@]}"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$package/worker" "$work/worker"
cd "$work/worker"

# The build asks for a newer meson than Debian's; nothing in it does.
sed -i "s/meson_version: '>= 1.1.0'/meson_version: '>= 1.0.0'/" meson.build

# Debian's OpenSSL may hand records to the kernel (KTLS), and asks the connection's BIO whether it does. The worker's callback
# says yes to every question, whereupon OpenSSL gives it no buffer to write to. It shall answer for its own operations only.
grep -q 'operationType == BIO_CB_RETURN)' src/RTC/DtlsTransport.cpp
sed -i 's/operationType == BIO_CB_RETURN)/operationType \& BIO_CB_RETURN)/' src/RTC/DtlsTransport.cpp

# The same headers are read by some 180 files: once is enough.
mkdir pch
{
	for header in algorithm array chrono cstdint deque functional limits list map memory optional ranges regex set sstream \
		string string_view unordered_map unordered_set utility variant vector uv.h flatbuffers/flatbuffers.h openssl/ssl.h; do
		echo "#include <$header>"
	done
	for header in message notification request response worker; do echo "#include \"FBS/$header.h\""; done
} >pch/pch.hpp
sed -i "/^executable($/{n;s/'mediasoup-worker',/&\n  cpp_pch: 'pch\/pch.hpp',/}" meson.build
grep -q cpp_pch meson.build

# Each library that meson would download becomes a project of one file that points to Debian's.
cd subprojects
project() { # project WRAP LANGUAGE <<meson.build
	folder=$(sed -n 's/^directory *= *//p' "$1.wrap")
	mkdir -p "$folder"
	{
		echo "project('$1', '$2')"
		cat
	} >"$folder/meson.build"
}
options() { # options TYPE DEFAULT NAME… : options that the caller sets and nobody reads
	type=$1 default=$2
	shift 2
	for name in "$@"; do echo "option('$name', type: '$type', value: $default)"; done >"$folder/meson_options.txt"
}
project libuv c <<-'END'
	libuv_dep = dependency('libuv')
	libuv = []
END
options boolean false build_tests build_benchmarks
project openssl c <<-'END'
	openssl_dep = dependency('openssl')
	libcrypto_lib = []
	libssl_lib = []
END
project flatbuffers cpp <<-'END'
	flatbuffers_dep = dependency('flatbuffers')
	flatbuffers_lib = []
END
project abseil-cpp cpp <<-'END'
	absl_strings_dep = dependency('absl_strings')
	absl_types_dep = dependency('absl_optional')
	absl_container_dep = absl_types_dep
	absl_container_lib = []
END
project unordered-dense cpp <<-'END'
	ankerl_unordered_dense_dep = declare_dependency(include_directories: include_directories('include'))
END
mkdir -p "$folder/include/ankerl"
cp "$here/unordered_dense.h" "$folder/include/ankerl/"
project libsrtp3 c <<-'END'
	libsrtp3_dep = declare_dependency(include_directories: include_directories('include'), dependencies: dependency('libsrtp2'))
	libsrtp3 = []
END
options string "''" crypto-library crypto-library-kdf tests
mkdir -p "$folder/include"
cp "$here/srtp.h" "$folder/include/"
cd ..

CXXFLAGS=${CXXFLAGS--O1} meson setup --wrap-mode=nodownload --buildtype=plain -Db_ndebug=true build >setup.log ||
	{ cat setup.log; exit 1; }
# Some objects need generated headers that meson does not know they need: those first.
for target in fbs/FBS/message.h mediasoup-worker; do
	ninja -C build "$target" >ninja.log || { tail -60 ninja.log; exit 1; }
done

mkdir -p "$(dirname "$file")"
strip -o "$file.new" build/mediasoup-worker
# Started by hand it says that it wants to be started otherwise: so it loads.
{ "$file.new" 2>&1 || true; } | grep -q 'real father'
mv "$file.new" "$file"
echo "$file: mediasoup $version"
