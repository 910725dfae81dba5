import "../../fast/index.ts";
import { Platform, type PlatformOptions } from "../../core/platform/platform.ts";
import type { Stub } from "../../core/stub/stub.ts";
import { Tracer } from "../../core/stub/tracer.ts";
import { GUEST_ADDRESS, GUEST_CODE } from "./guest.ts";

/** How many calls a batch has. */
const CALLS = 64;

/** A benchmark that is ready to run. */
export interface Batch {
  /** Does the work `count` times. @returns the milliseconds that this took */
  run(count: number): number;
  close(): void;
}

/** Opens a tracer or a platform with options, and prepares work. */
type Opener = (options: PlatformOptions) => Batch;

/** What is measured, by name. */
export const WORKS = {
  call: (options) => {
    const { tracer, master } = openMaster(options);
    const expected = BigInt(master.pid);
    const run = (count: number) =>
      timed(() => {
        for (let i = 0; i < count; i++) {
          if (master.call("getpid") !== expected) throw new Error("getpid returned another pid");
        }
      });
    return { run, close: () => tracer.close() };
  },

  batch: (options) => {
    const { tracer, master } = openMaster(options);
    const batch = master.batch();
    const calls = Array.from({ length: CALLS }, () => batch.call("getpid"));
    const expected = BigInt(master.pid);
    const run = (count: number) => {
      const trips = Math.ceil(count / CALLS);
      const time = timed(() => {
        for (let i = 0; i < trips; i++) batch.run();
      });
      if (calls.some(({ value }) => value !== expected)) throw new Error("getpid was not executed");
      return (time * count) / (trips * CALLS);
    };
    return { run, close: () => tracer.close() };
  },

  birth: (options) => births(options, (master) => [master.createStub()]),

  births: (options) =>
    births(options, (master, count) => {
      const { stubs, failure } = master.createMany(count);
      if (failure !== undefined) throw failure;
      return stubs;
    }),

  pool: (options) => {
    const platform = Platform.open(options);
    let space = platform.newAddressSpace();
    const run = (count: number) =>
      timed(() => {
        for (let i = 0; i < count; i++) {
          space.release();
          space = platform.newAddressSpace();
        }
      });
    return { run, close: () => platform.close() };
  },

  switch: (options) => {
    const platform = Platform.open(options);
    const space = platform.newAddressSpace();
    space.mapAnonymous(GUEST_ADDRESS, GUEST_CODE.length, "rw");
    space.write(GUEST_ADDRESS, GUEST_CODE);
    space.protect(GUEST_ADDRESS, GUEST_CODE.length, "rx");
    const context = platform.newContext();
    context.registers.set("rip", BigInt(GUEST_ADDRESS));
    const expected = Number(platform.tracer.host.syscallNumber("getpid"));
    const run = (count: number) =>
      timed(() => {
        for (let i = 0; i < count; i++) {
          const event = context.switch(space);
          if (event.kind !== "syscall" || event.number !== expected) {
            throw new Error("the guest stopped by something other than getpid");
          }
          context.setResult(BigInt(i));
        }
      });
    return { run, close: () => platform.close() };
  },
} satisfies Record<string, Opener>;

export type Work = keyof typeof WORKS;

function openMaster(options: PlatformOptions) {
  const tracer = new Tracer(options);
  const master = tracer.createStub();
  master.scrub();
  return { tracer, master };
}

/** Births by a master, of at most so many stubs at a time. */
function births(options: PlatformOptions, make: (master: Stub, most: number) => readonly Stub[]) {
  const { tracer, master } = openMaster(options);
  const run = (count: number) => {
    const stubs: Stub[] = [];
    const time = timed(() => {
      while (stubs.length < count) stubs.push(...make(master, count - stubs.length));
    });
    for (const stub of stubs) stub.close();
    return time;
  };
  return { run, close: () => tracer.close() };
}

/** The milliseconds that work takes. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
