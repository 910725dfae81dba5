import "../../fast/index.ts";
import { Platform, type PlatformOptions } from "../../core/platform/platform.ts";
import { Tracer } from "../../core/stub/tracer.ts";
import { GUEST_ADDRESS, GUEST_CODE } from "./guest.ts";

/** Switches after which a system call is patched, if the platform does that. */
const ENOUGH_TO_PATCH = 100;

/** A benchmark that is ready to run. */
export interface Batch {
  /** Does the work `count` times. @returns the milliseconds that this took */
  run(count: number): number;
  close(): void;
}

/** Opens a tracer or a platform with options, and prepares work. */
type Opener = (options: PlatformOptions, calls: number) => Batch;

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

  batch: (options, size) => {
    const { tracer, master } = openMaster(options);
    const batch = master.batch();
    const calls = Array.from({ length: size }, () => batch.call("getpid"));
    const expected = BigInt(master.pid);
    const run = (count: number) => {
      const trips = Math.ceil(count / size);
      const time = timed(() => {
        for (let i = 0; i < trips; i++) batch.run();
      });
      if (calls.some(({ value }) => value !== expected)) throw new Error("getpid was not executed");
      return (time * count) / (trips * size);
    };
    return { run, close: () => tracer.close() };
  },

  birth: (options) => {
    const { tracer, master } = openMaster(options);
    const run = (count: number) => {
      const stubs: { close(): void }[] = [];
      const time = timed(() => {
        for (let i = 0; i < count; i++) stubs.push(master.createStub());
      });
      for (const stub of stubs) stub.close();
      return time;
    };
    return { run, close: () => tracer.close() };
  },

  births: (options) => {
    const { tracer, master } = openMaster(options);
    const run = (count: number) => {
      const stubs: { close(): void }[] = [];
      const time = timed(() => {
        while (stubs.length < count) {
          const { stubs: made, failure } = master.createMany(count - stubs.length);
          if (failure !== undefined) throw failure;
          stubs.push(...made);
        }
      });
      for (const stub of stubs) stub.close();
      return time;
    };
    return { run, close: () => tracer.close() };
  },

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
    const expected = Number(platform.tracer.syscallNumber("getpid"));
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
    if (options.patches === true) {
      run(ENOUGH_TO_PATCH);
      if (space.patches.length === 0) throw new Error("the guest's system call was not patched");
    }
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

/** The milliseconds that work takes. */
function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
