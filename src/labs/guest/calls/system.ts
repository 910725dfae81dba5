// exit, exit_group, getpid, set_tid_address, clock_gettime, gettimeofday, time, uname, arch_prctl.

import { release } from "node:os";
import { constantName } from "../../../lib/names.ts";
import { type Emulation, int } from "../call.ts";
import { BASE_LIMIT, GUEST_MACHINE } from "../machine.ts";

export const exit: Emulation = (_, status) => ({ exit: int(status) & 0xff });
export const exit_group = exit;

/** The pid of every guest, and the tid of its only thread. */
export const getpid: Emulation = () => 1n;
export const set_tid_address = getpid;

const NANOSECONDS = 1_000_000_000n;
const realTime = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));

/** The clocks that a guest can read, in nanoseconds. */
const CLOCKS: Readonly<Record<string, () => bigint>> = {
  CLOCK_REALTIME: realTime,
  CLOCK_MONOTONIC: () => process.hrtime.bigint(),
};

export const clock_gettime: Emulation = (guest, id, address) => {
  const { constants } = guest.space.tracer.encoder;
  const now = CLOCKS[constantName(BigInt(int(id)), "CLOCK_", constants) ?? ""]?.();
  if (now === undefined) return { refused: "EINVAL" };
  return guest.writeWords(address, now / NANOSECONDS, now % NANOSECONDS) ? 0n : "EFAULT";
};

export const gettimeofday: Emulation = (guest, address, zone) => {
  const now = realTime() / 1000n;
  const written = address === 0n || guest.writeWords(address, now / 1_000_000n, now % 1_000_000n);
  // The kernel's time zone is UTC unless somebody sets it.
  const zoned = zone === 0n || guest.writeWords(zone, 0n);
  return written && zoned ? 0n : "EFAULT";
};

export const time: Emulation = (guest, address) => {
  const value = realTime() / NANOSECONDS;
  return address === 0n || guest.writeWords(address, value) ? value : "EFAULT";
};

/** The fields of struct new_utsname, each of 65 bytes: sysname, nodename, release, version, machine, domainname. */
const UTSNAME = ["Linux", "stublab", release(), "stublab", GUEST_MACHINE.name, "(none)"];

export const uname: Emulation = (guest, address) => {
  const fields = UTSNAME.map((field) => field.slice(0, 64).padEnd(65, "\0"));
  return guest.write(address, Buffer.from(fields.join(""), "latin1")) ? 0n : "EFAULT";
};

/** The codes of arch_prctl(2) from ARCH_SET_GS on (<asm/prctl.h>): two set a base, two get one. */
const BASES = ["gs_base", "fs_base", "fs_base", "gs_base"];
const ARCH_SET_GS = 0x1001;

/** Sets and gets the bases of segments, where the architecture has them. */
export const arch_prctl: Emulation = (guest, code, address) => {
  const { registers } = guest.context;
  const which = int(code) - ARCH_SET_GS;
  const base = BASES[which];
  if (base === undefined) return "EINVAL";
  if (which > 1) return guest.writeWords(address, registers.get(base)) ? 0n : "EFAULT";
  if (address >= BASE_LIMIT) return "EPERM";
  registers.set(base, address);
  return 0n;
};
