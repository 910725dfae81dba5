// clock_gettime, gettimeofday, time, uname.

import { release } from "node:os";
import { quote } from "../../../lib/quote.ts";
import { EFAULT, type EmulatedCall, int, OK, refused } from "../call.ts";
import type { Guest } from "../guest.ts";
import { GUEST_MACHINE } from "../machine/index.ts";
import { pointer } from "../signatures.ts";

const NANOSECONDS = 1_000_000_000n;

/** The clocks that a guest can read, in nanoseconds. */
const CLOCKS = {
  CLOCK_REALTIME: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)),
  CLOCK_MONOTONIC: () => process.hrtime.bigint(),
} as const;

export const clock_gettime: EmulatedCall = {
  run(guest, [id = 0n, address = 0n]) {
    const name = clockName(guest, id);
    if (name === undefined) return refused("EINVAL");
    const now = CLOCKS[name]();
    return guest.writeWords(address, now / NANOSECONDS, now % NANOSECONDS) ? OK : EFAULT;
  },
  show(guest, [id = 0n, address = 0n], answer) {
    const name = clockName(guest, id) ?? `${int(id)}`;
    const words = "value" in answer ? guest.readWords(address, 2) : undefined;
    if (words === undefined) return [name, pointer(address)];
    return [name, `{tv_sec=${words[0]}, tv_nsec=${words[1]}}`];
  },
};

export const gettimeofday: EmulatedCall = {
  run(guest, [address = 0n, zone = 0n]) {
    const now = CLOCKS.CLOCK_REALTIME() / 1000n;
    const written = address === 0n || guest.writeWords(address, now / 1_000_000n, now % 1_000_000n);
    // The kernel's time zone is UTC unless somebody sets it.
    const zoned = zone === 0n || guest.writeWords(zone, 0n);
    return written && zoned ? OK : EFAULT;
  },
};

export const time: EmulatedCall = {
  run(guest, [address = 0n]) {
    const value = CLOCKS.CLOCK_REALTIME() / NANOSECONDS;
    return address === 0n || guest.writeWords(address, value) ? { value } : EFAULT;
  },
};

function clockName({ space }: Guest, id: bigint): keyof typeof CLOCKS | undefined {
  const names = ["CLOCK_REALTIME", "CLOCK_MONOTONIC"] as const;
  return names.find((name) => space.tracer.constant(name) === int(id));
}

/** The fields of struct new_utsname, in order. */
const UTSNAME: readonly (readonly [name: string, value: string])[] = [
  ["sysname", "Linux"],
  ["nodename", "stublab"],
  ["release", release()],
  ["version", "stublab"],
  ["machine", GUEST_MACHINE.name],
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
