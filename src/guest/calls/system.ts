// clock_gettime, uname.

import { release } from "node:os";
import { quote } from "../../quote.ts";
import { MACHINE } from "../arch.ts";
import { EFAULT, EINVAL, type EmulatedCall, int, OK } from "../call.ts";
import type { Guest } from "../guest.ts";
import { pointer } from "../show.ts";

const NANOSECONDS = 1_000_000_000n;

/** The clocks that a guest can read, in nanoseconds. */
const CLOCKS: Readonly<Record<string, () => bigint>> = {
  CLOCK_REALTIME: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)),
  CLOCK_MONOTONIC: () => process.hrtime.bigint(),
};

export const clock_gettime: EmulatedCall = {
  run(guest, [id = 0n, address = 0n]) {
    const read = CLOCKS[clockName(guest, id) ?? ""];
    if (read === undefined) return EINVAL;
    const now = read();
    const timespec = new BigInt64Array([now / NANOSECONDS, now % NANOSECONDS]);
    return guest.write(address, new Uint8Array(timespec.buffer)) ? OK : EFAULT;
  },
  show(guest, [id = 0n, address = 0n], answer) {
    const name = clockName(guest, id) ?? `${int(id)}`;
    const bytes = "value" in answer ? guest.read(address, 16) : undefined;
    if (bytes === undefined) return [name, pointer(address)];
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [seconds, rest] = [view.getBigInt64(0, true), view.getBigInt64(8, true)];
    return [name, `{tv_sec=${seconds}, tv_nsec=${rest}}`];
  },
};

function clockName(guest: Guest, id: bigint): string | undefined {
  const { tracer } = guest.space;
  return Object.keys(CLOCKS).find((name) => tracer.constant(name) === int(id));
}

/** The fields of struct new_utsname, in order. */
const UTSNAME: readonly (readonly [name: string, value: string])[] = [
  ["sysname", "Linux"],
  ["nodename", "stublab"],
  ["release", release()],
  ["version", "stublab"],
  ["machine", MACHINE],
  ["domainname", "(none)"],
];
const FIELD_SIZE = 65;

export const uname: EmulatedCall = {
  run(guest, [address = 0n]) {
    const bytes = new Uint8Array(UTSNAME.length * FIELD_SIZE);
    UTSNAME.forEach(([, value], i) => {
      bytes.set(Buffer.from(value).subarray(0, FIELD_SIZE - 1), i * FIELD_SIZE);
    });
    return guest.write(address, bytes) ? OK : EFAULT;
  },
  show(guest, [address = 0n], answer) {
    if (!("value" in answer)) return [pointer(address)];
    const fields = UTSNAME.slice(0, 2).map(([name], i) => {
      const bytes = guest.read(address + BigInt(i * FIELD_SIZE), FIELD_SIZE);
      return `${name}=${bytes === undefined ? "?" : quote(untilNul(bytes))}`;
    });
    return [`{${fields.join(", ")}, ...}`];
  },
};

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
