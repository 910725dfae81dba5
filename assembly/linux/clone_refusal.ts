// Flags shared by clone(2) and clone3(2) that the kernel refuses with EINVAL, whatever the caller's privileges.

import {
  CLONE_FS,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
} from "./clone_flags";

/** Whether all of `wanted` are in `flags`. */
export function has(flags: u64, wanted: u64): bool {
  return (flags & wanted) == wanted;
}

/**
 * Whether both calls refuse `flags` (copy_process in the kernel's kernel/fork.c, copy_namespaces in
 * kernel/nsproxy.c).
 */
export function refuses(flags: u64): bool {
  return (
    has(flags, CLONE_NEWNS | CLONE_FS) ||
    has(flags, CLONE_NEWUSER | CLONE_FS) ||
    (has(flags, CLONE_THREAD) && !has(flags, CLONE_SIGHAND)) ||
    (has(flags, CLONE_SIGHAND) && !has(flags, CLONE_VM)) ||
    (has(flags, CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)) != 0) ||
    has(flags, CLONE_NEWIPC | CLONE_SYSVSEM)
  );
}
