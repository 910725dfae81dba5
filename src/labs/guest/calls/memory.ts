// brk, mmap, munmap, mprotect. The stub executes them: the kernel keeps track of mappings.

import type { SyscallResult } from "../../../core/stub/syscall.ts";
import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { type Answer, EINVAL, type EmulatedCall, ENOMEM, OK, refused } from "../call.ts";
import type { Guest } from "../guest.ts";
import { pageEnd, pageOf } from "../image.ts";
import { GUEST_MACHINE } from "../machine/index.ts";

const PROTECTIONS = ["PROT_READ", "PROT_WRITE", "PROT_EXEC", ...GUEST_MACHINE.protectionFlags];

/** The flags that are passed to the kernel in addition to MAP_PRIVATE|MAP_ANONYMOUS. */
const PASSED_ON = [
  "MAP_FIXED",
  "MAP_FIXED_NOREPLACE",
  ...GUEST_MACHINE.mappingFlags,
  "MAP_NORESERVE",
  "MAP_STACK",
];
/** Unsupported flags that cannot be ignored: a mapping would not work without them. All others are advice. */
const REFUSED = ["MAP_GROWSDOWN", "MAP_HUGETLB"];
export const brk: EmulatedCall = {
  run(guest, [wanted = 0n]) {
    if (wanted >= guest.heap && wanted <= topOfUserSpace()) moveBreak(guest, wanted);
    return { value: guest.break };
  },
};

/** Moves the break, unless a mapping is in the way. */
function moveBreak(guest: Guest, wanted: bigint): void {
  const [now, then] = [pageEnd(guest.break), pageEnd(wanted)];
  if (then > now && !grow(guest, now, then - now)) return;
  if (then < now) guest.space.unmap(then, now - then);
  guest.break = wanted;
}

function grow(guest: Guest, start: bigint, length: bigint): boolean {
  if (!guest.mayMap(length)) return false;
  const protection = bits(guest, "PROT_READ", "PROT_WRITE");
  const how = bits(guest, "MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE");
  const { value } = guest.space.remap("mmap", start, length, protection, how, -1, 0);
  // Linux before 4.17 takes the address as a hint.
  if (value !== null && value !== start) guest.space.unmap(value, length);
  return value === start;
}

export const mmap: EmulatedCall = {
  run(guest, [address = 0n, length = 0n, protection = 0n, how = 0n]) {
    const refusal = refusedMapping(guest, address, length, protection, how);
    if (refusal !== undefined) return refusal;
    if (!guest.mayMap(pageEnd(length))) return ENOMEM;
    const asked = how & bits(guest, ...PASSED_ON);
    const passed = asked | bits(guest, "MAP_PRIVATE", "MAP_ANONYMOUS");
    const rest = [protection, passed, -1, 0] as const;
    // At an address of its own choice the kernel maps nothing over what is there.
    const isFree = address === 0n && (how & bits(guest, "MAP_FIXED")) === 0n;
    const start = isFree ? undefined : address;
    return answerOf(guest.space.remap("mmap", start, pageEnd(length), ...rest));
  },
};

function refusedMapping(
  guest: Guest,
  address: bigint,
  length: bigint,
  protection: bigint,
  how: bigint,
): Answer | undefined {
  if (length === 0n || (protection & ~bits(guest, ...PROTECTIONS)) !== 0n) return EINVAL;
  const type = how & bits(guest, "MAP_SHARED_VALIDATE");
  if (type === 0n) return EINVAL;
  const anonymous = (how & bits(guest, "MAP_ANONYMOUS")) !== 0n;
  if (!anonymous || type !== bits(guest, "MAP_PRIVATE")) return refused("ENODEV");
  if (REFUSED.some((name) => (how & bits(guest, name)) !== 0n)) return refused("EINVAL");
  if (address + length > topOfUserSpace()) return ENOMEM;
  const fixed = (how & bits(guest, "MAP_FIXED")) !== 0n;
  return fixed && !guest.space.isFree(address, length) ? EINVAL : undefined;
}

export const munmap: EmulatedCall = {
  run(guest, [address = 0n, length = 0n]) {
    if (!guest.space.isFree(address, length)) return EINVAL;
    try {
      guest.space.unmap(address, length);
      return OK;
    } catch (error) {
      if (error instanceof SyscallError && error.errno !== undefined) return { errno: error.errno };
      throw error;
    }
  },
};

export const mprotect: EmulatedCall = {
  run(guest, [address = 0n, length = 0n, protection = 0n]) {
    if (address !== pageOf(address)) return EINVAL;
    if (length === 0n) return OK;
    if ((protection & ~bits(guest, ...PROTECTIONS)) !== 0n) return EINVAL;
    // To the guest, stublab's own pages are unmapped.
    if (!guest.space.isFree(address, length)) return ENOMEM;
    return answerOf(guest.space.remap("mprotect", address, pageEnd(length), protection));
  },
};

function bits(guest: Guest, ...names: readonly string[]): bigint {
  return names.reduce((word, name) => word | guest.space.tracer.flag(name), 0n);
}

function answerOf({ value, errno }: SyscallResult): Answer {
  return errno === null ? { value: value ?? 0n } : { errno };
}
