#!/bin/sh
# Fuzzes in as many parts as this machine has processors, and merges them: fuzz-parallel.sh CASES FOLDER
# Needs GNU parallel (apt-get install parallel). The same again with more CASES goes on with the parts.
set -eu
cases=${1:-1000000} folder=${2:-fuzz} parts=$(nproc)
mkdir -p "$folder"
seq "$parts" | parallel --line-buffer --tag \
  "${STUBLAB:-stublab}" fuzz --shard "{}/$parts" --cases "$cases" --corpus "$folder/part{}" || found=$?
set --
for i in $(seq "$parts"); do set -- "$@" "$folder/part$i"; done
"${STUBLAB:-stublab}" fuzz merge "$@" -o "$folder/merged-$cases"
# Each part that found something counts as a job that failed.
exit "$((${found:-0} > 0))"
