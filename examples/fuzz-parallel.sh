#!/bin/sh
# Fuzzes in as many parts as this machine has processors, and merges them: fuzz-parallel.sh CASES FOLDER
# Needs GNU parallel (apt-get install parallel). Run it again with more CASES to continue the parts.
set -eu
cases=${1:-1000000} folder=${2:-fuzz} parts=$(nproc)
mkdir -p "$folder"
seq "$parts" | parallel --line-buffer --tag \
  "${STUBLAB:-stublab}" fuzz --shard "{}/$parts" --cases "$cases" --corpus "$folder/part{}" || found=$?
set --
for i in $(seq "$parts"); do set -- "$@" "$folder/part$i"; done
"${STUBLAB:-stublab}" fuzz merge "$@" -o "$folder/merged-$cases"
# GNU parallel counts each part that found something as a failed job.
exit "$((${found:-0} > 0))"
