#!/usr/bin/env bash
# Tests a fresh copy of this clone on a bare machine: test/bare.sh [COMMAND], as root on Debian.
#
# The machine's root has the files of Debian's essential packages, of gcc and libc6-dev with all that they depend on, and
# Node.js with npm. There the copy is installed, started and tested. COMMAND replaces all but `npm ci`.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT

essential=$(dpkg-query --show --showformat='${Essential} ${Package}\n' | sed -n 's/^yes //p')
# shellcheck disable=SC2086
packages=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances gcc libc6-dev $essential | grep '^[a-z0-9]' | sort -u)

# Copies the paths that are there, of the input's lines; folders without what is in them.
copy_paths() {
  while read -r path; do if [ -e "$path" ]; then echo "$path"; fi; done |
    tar --create --directory=/ --no-recursion --files-from=- 2>/dev/null | tar --extract --directory="$root"
}

# shellcheck disable=SC2086
dpkg --listfiles $packages | grep '^/' | grep -Ev '^/usr/share/(doc|man|info|locale)/' | sort -u | copy_paths
# Their installation makes these.
ln -sf gcc "$root/usr/bin/cc"
printf '/etc/%s\n' passwd group hosts nsswitch.conf resolv.conf ld.so.cache ld.so.conf | copy_paths
npm=$(command -v npm)
npm_folder=$(dirname "$(dirname "$(readlink -f "$npm")")")
{
  find "$npm_folder"
  printf '%s\n' "$(readlink -f "$(command -v node)")" "$npm" "$(dirname "$npm")/npx" ${NODE_EXTRA_CA_CERTS:+"$NODE_EXTRA_CA_CERTS"}
} | copy_paths

for tool in clang gdb git ld.lld qemu-x86_64 runsc strace tmux wasm2c; do
  if [ -e "$root/usr/bin/$tool" ]; then echo "the bare machine has $tool"; exit 1; fi
done

copy=$root/home/stublab
mkdir -p "$copy" "$root"/{dev,proc,sys,tmp,root}
git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copy"

# npm's own: its settings and its cache.
settings=$(npm config get userconfig)
cache=$(npm config get cache)
mkdir -p "$root$cache" "$root$(dirname "$settings")" "$cache"
if [ -e "$settings" ]; then touch "$root$settings"; fi
export root settings cache
env --unset=CC --unset=CLANG PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
  unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" sh -euc '
  mount --rbind "$root" "$root"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
  mount --bind "$cache" "$root$cache"
  if [ -e "$settings" ]; then mount --bind "$settings" "$root$settings"; fi
  cd "$root"
  mkdir old
  pivot_root . old
  old/usr/bin/umount -l old
  rmdir old
  exec chroot . sh -euc "cd /home/stublab && npm ci --prefer-offline && $1"' sh "${1:-npm start && npm test}"
