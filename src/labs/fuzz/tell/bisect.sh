#!/bin/sh
# Finds the commit of the kernel from which on a case differs from its prediction. In a tree of the kernel:
#
#   git bisect start BAD GOOD && git bisect run FOLDER/bisect.sh
#
# Each step builds bzImage, and boots it under QEMU with probe.cpio of this folder, in which the probe is process 1 and
# tries the case. Without a .config, it is that of x86_64_defconfig.
#
#   FIXED=1            find the commit from which on it does not differ:
#                      git bisect start --term-new=fixed --term-old=broken FIXED BROKEN
#   BZIMAGE=FILE       boot this kernel, and build none
#   QEMU=COMMAND       default: qemu-system-x86_64 -machine q35 -accel tcg -cpu max
#                      with the processor of this machine: qemu-system-x86_64 -accel kvm -cpu host
#   SECONDS_TO_BOOT=N  default: 300
#
# Exit status, as `git bisect run` takes it: 0 if the outcome is as predicted, 1 if it differs, 125 if this kernel
# cannot be built, does not boot or cannot try the case, 255 if no kernel can be tried.

folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 255
qemu=${QEMU:-qemu-system-x86_64 -machine q35 -accel tcg -cpu max}

impossible() {
    echo "bisect.sh: $1" >&2
    exit 255
}

skip() {
    echo "bisect.sh: $1" >&2
    exit 125
}

build() {
    [ -e Makefile ] || impossible "this folder is not a tree of the kernel"
    if [ -e .config ]; then
        make -s olddefconfig
    else
        make -s x86_64_defconfig
    fi </dev/null >&2 && make -s -j"$(nproc)" bzImage </dev/null >&2
}

[ -r "$folder/probe.cpio" ] || impossible "$folder/probe.cpio is missing"
command -v "${qemu%% *}" >/dev/null || impossible "${qemu%% *} is missing"
if [ -z "${BZIMAGE:-}" ]; then
    build || skip "this kernel cannot be built"
    BZIMAGE=arch/x86/boot/bzImage
fi
[ -r "$BZIMAGE" ] || impossible "$BZIMAGE is missing"

# The command is several words.
# shellcheck disable=SC2086
output=$(timeout "${SECONDS_TO_BOOT:-300}" $qemu -m 512 -kernel "$BZIMAGE" -initrd "$folder/probe.cpio" \
    -append "console=ttyS0 quiet panic=-1 -- replay /case.json" \
    -nodefaults -display none -serial stdio -no-reboot </dev/null)
status=$?
log=$(printf '%s\n' "$output" | tr -d '\r')
printf '%s\n' "$log"

case $status in
0) ;;
124) skip "this kernel runs for ${SECONDS_TO_BOOT:-300} seconds" ;;
*) impossible "$qemu fails" ;;
esac
case $log in
*"ok 1 case # SKIP"* | *"ok 1 case, not predicted"*) skip "this kernel cannot try the case" ;;
*"# exit status 0"*) differs=0 ;;
*"# exit status 1"*) differs=1 ;;
*) skip "this kernel does not boot, or cannot try the case" ;;
esac
[ -z "${FIXED:-}" ] || differs=$((1 - differs))
exit "$differs"
