// arch_prctl: the bases of a guest's segments.

import { hex } from "../../../lib/errors.ts";
import { type Answer, EFAULT, EINVAL, type EmulatedCall, OK } from "../call.ts";
import type { Guest } from "../guest.ts";
import { BASE_LIMIT } from "../machine/index.ts";

/** The codes of arch_prctl(2) (<asm/prctl.h>), each with the register that it sets or gets. */
const CODES = new Map([
  [0x1001n, { name: "ARCH_SET_GS", register: "gs_base", sets: true }],
  [0x1002n, { name: "ARCH_SET_FS", register: "fs_base", sets: true }],
  [0x1003n, { name: "ARCH_GET_FS", register: "fs_base", sets: false }],
  [0x1004n, { name: "ARCH_GET_GS", register: "gs_base", sets: false }],
]);

export const arch_prctl: EmulatedCall = {
  run(guest, [code = 0n, address = 0n]) {
    const known = CODES.get(BigInt.asUintN(32, code));
    if (known === undefined) return EINVAL;
    return known.sets
      ? setBase(guest, known.register, address)
      : getBase(guest, known.register, address);
  },
  show(guest, [code = 0n, address = 0n], answer) {
    const known = CODES.get(BigInt.asUintN(32, code));
    if (known === undefined) return [hex(code), hex(address)];
    const words = known.sets || !("value" in answer) ? undefined : guest.readWords(address, 1);
    return [known.name, words === undefined ? hex(address) : `[${hex(words[0] ?? 0n)}]`];
  },
};

function setBase({ context }: Guest, register: string, base: bigint): Answer {
  if (base >= BASE_LIMIT) return { errno: "EPERM" };
  context.registers.set(register, base);
  return OK;
}

function getBase(guest: Guest, register: string, address: bigint): Answer {
  const base = guest.context.registers.get(register);
  return guest.writeWords(address, base) ? OK : EFAULT;
}
