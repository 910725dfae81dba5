// brk, mmap, munmap, mprotect. The stub executes them: the kernel keeps track of mappings.

import type { SyscallResult } from "../../../core/stub/injection.ts";
import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import type { Answer, Emulation } from "../call.ts";
import type { Guest } from "../guest.ts";
import { pageEnd, pageOf } from "../image.ts";
import { GUEST_MACHINE } from "../machine.ts";

export const brk: Emulation = (guest, wanted) => {
  if (wanted >= guest.heap && wanted <= topOfUserSpace()) moveBreak(guest, wanted);
  return guest.break;
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
  const protection = bits(guest, "PROT_READ|PROT_WRITE");
  const how = bits(guest, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE");
  const { value } = guest.space.remap("mmap", start, length, protection, how, -1, 0);
  // Linux before 4.17 takes the address as a hint.
  if (value !== null && value !== start) guest.space.unmap(value, length);
  return value === start;
}

export const mmap: Emulation = (guest, address, length, protection, how) => {
  const has = (flags: string) => (how & bits(guest, flags)) !== 0n;
  if (length === 0n || !isProtection(guest, protection)) return "EINVAL";
  const type = how & bits(guest, "MAP_SHARED_VALIDATE");
  if (type === 0n) return "EINVAL";
  const anonymous = bits(guest, "MAP_PRIVATE|MAP_ANONYMOUS");
  if (!has("MAP_ANONYMOUS") || type !== bits(guest, "MAP_PRIVATE")) return { refused: "ENODEV" };
  // A mapping would not work without them. All other flags are advice.
  if (has("MAP_GROWSDOWN|MAP_HUGETLB")) return { refused: "EINVAL" };
  if (address + length > topOfUserSpace()) return "ENOMEM";
  if (has("MAP_FIXED") && !guest.space.isFree(address, length)) return "EINVAL";
  if (!guest.mayMap(pageEnd(length))) return "ENOMEM";
  const passed = anonymous | (how & bits(guest, GUEST_MACHINE.mappingFlags));
  // At an address of its own choice the kernel maps nothing over what is there.
  const start = address === 0n && !has("MAP_FIXED") ? undefined : address;
  return answerOf(guest.space.remap("mmap", start, pageEnd(length), protection, passed, -1, 0));
};

export const munmap: Emulation = (guest, address, length) =>
  guest.space.isFree(address, length)
    ? answerOf(guest.space.remap("munmap", address, pageEnd(length)))
    : "EINVAL";

export const mprotect: Emulation = (guest, address, length, protection) => {
  if (address !== pageOf(address)) return "EINVAL";
  if (length === 0n) return 0n;
  if (!isProtection(guest, protection)) return "EINVAL";
  // To the guest, stublab's own pages are unmapped.
  if (!guest.space.isFree(address, length)) return "ENOMEM";
  return answerOf(guest.space.remap("mprotect", address, pageEnd(length), protection));
};

function isProtection(guest: Guest, protection: bigint): boolean {
  return (protection & ~bits(guest, GUEST_MACHINE.protectionFlags)) === 0n;
}

/** The bits of flags such as "MAP_PRIVATE|MAP_FIXED". */
function bits({ space }: Guest, flags: string): bigint {
  return flags.split("|").reduce((word, name) => word | space.tracer.flag(name), 0n);
}

function answerOf({ value, errno }: SyscallResult): Answer {
  return errno ?? value;
}
