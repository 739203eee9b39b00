#!/usr/bin/env bash
# The build's entry for shells: ./build.sh [build|test|coverage|demo|bench|soak|docs|package|clean]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# What follows is silent for a while the first time.
if [ "${1-}" = demo ]; then echo 'Building; the first time that takes a minute or two. The demo follows.'; fi
exec dotnet run --project build -c Release -v quiet -- "$@"
