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
    const bytes = known.sets || !("value" in answer) ? undefined : guest.read(address, 8);
    if (bytes === undefined) return [known.name, hex(address)];
    const word = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    return [known.name, `[${hex(word)}]`];
  },
};

function setBase({ context }: Guest, register: string, base: bigint): Answer {
  if (base >= BASE_LIMIT) return { errno: "EPERM" };
  context.registers.set(register, base);
  return OK;
}

function getBase(guest: Guest, register: string, address: bigint): Answer {
  const word = new BigUint64Array([guest.context.registers.get(register)]);
  return guest.write(address, new Uint8Array(word.buffer)) ? OK : EFAULT;
}
