// exit, exit_group, getpid, set_tid_address, arch_prctl: what a guest is.

import { hex } from "../../errors.ts";
import { ARCH_GET_FS, ARCH_GET_GS, ARCH_SET_FS, ARCH_SET_GS, BASE_LIMIT } from "../amd64.ts";
import { type Answer, EFAULT, EINVAL, type EmulatedCall, int, OK } from "../call.ts";
import type { Guest } from "../guest.ts";
import { pointer } from "../show.ts";

/** The pid of every guest, and the tid of its only thread: to itself it is alone. */
const GUEST_PID = 1n;

export const exit: EmulatedCall = {
  run: (_, [status = 0n]) => ({ exit: int(status) & 0xff }),
  show: (_, [status = 0n]) => [`${int(status)}`],
};

export const getpid: EmulatedCall = {
  run: () => ({ value: GUEST_PID }),
  show: () => [],
};

export const set_tid_address: EmulatedCall = {
  run: () => ({ value: GUEST_PID }),
  show: (_, [address = 0n]) => [pointer(address)],
};

const CODES = new Map([
  [ARCH_SET_GS, { name: "ARCH_SET_GS", register: "gs_base", sets: true }],
  [ARCH_SET_FS, { name: "ARCH_SET_FS", register: "fs_base", sets: true }],
  [ARCH_GET_FS, { name: "ARCH_GET_FS", register: "fs_base", sets: false }],
  [ARCH_GET_GS, { name: "ARCH_GET_GS", register: "gs_base", sets: false }],
]);

export const arch_prctl: EmulatedCall = {
  run(guest, [code = 0n, address = 0n]) {
    const known = CODES.get(BigInt.asUintN(32, code));
    if (known === undefined) return EINVAL;
    return known.sets
      ? setBase(guest, known.register, address)
      : tellBase(guest, known.register, address);
  },
  show(guest, [code = 0n, address = 0n], answer) {
    const known = CODES.get(BigInt.asUintN(32, code));
    if (known === undefined) return [hex(code), hex(address)];
    if (known.sets || !("value" in answer)) return [known.name, hex(address)];
    return [known.name, `[${hex(guest.context.registers.get(known.register))}]`];
  },
};

function setBase({ context }: Guest, register: string, base: bigint): Answer {
  if (base >= BASE_LIMIT) return { errno: "EPERM" };
  context.registers.set(register, base);
  return OK;
}

function tellBase(guest: Guest, register: string, address: bigint): Answer {
  const word = new BigUint64Array([guest.context.registers.get(register)]);
  return guest.write(address, new Uint8Array(word.buffer)) ? OK : EFAULT;
}
