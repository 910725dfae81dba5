import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import type { SyscallArgument, SyscallResult } from "../../core/stub/injection.ts";
import type { Stub } from "../../core/stub/stub.ts";
import type { Tracer } from "../../core/stub/tracer.ts";

// What a scenario takes care of beforehand, where the processes that it makes could outlive it. The numbers are in no
// encoder: <asm-generic/resource.h>, <linux/time.h>, <asm-generic/siginfo.h>.
const RLIMIT_CPU = 0;
const RLIMIT_CORE = 4;
const CLOCK_MONOTONIC = 1;
const SIGEV_SIGNAL = 0;

/** Sets a limit (linux/resource.h) of a stub, and of what it clones from now on. */
export function limit(stub: Stub, resource: number, most: bigint): void {
  const page = stub.map(PAGE_SIZE);
  stub.write(page, new Uint8Array(new BigUint64Array([most, most]).buffer));
  stub.call("prlimit64", 0, resource, page, 0);
  stub.call("munmap", page, PAGE_SIZE);
}

/** A signal that ends a stub leaves no file behind. */
export const dumpNoCore = (stub: Stub): void => limit(stub, RLIMIT_CORE, 0n);

/** A stub that adopts orphans among its descendants. None of them dumps core. */
export function createKeeper(tracer: Tracer): Stub {
  const stub = tracer.createStub();
  stub.call("prctl", tracer.host.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
  dumpNoCore(stub);
  return stub;
}

/** How long a stub lives whose life is limited, and how much processor time it gets, in seconds. */
export const LIFE = { seconds: 60, processorSeconds: 5 } as const;

/**
 * Has the kernel kill a stub after a time, whatever became of those who made it: by a timer whose signal is SIGKILL,
 * which its children do not inherit, and by a limit on its processor time.
 */
export function limitLife(stub: Stub, milliseconds = LIFE.seconds * 1000): void {
  const page = stub.map(PAGE_SIZE);
  const processor = BigInt(LIFE.processorSeconds);
  stub.write(page, new Uint8Array(new BigUint64Array([processor, processor]).buffer));
  // EPERM where the limit is lower already.
  stub.inject("prlimit64", 0, RLIMIT_CPU, page, 0);
  // struct sigevent, a timer_t, and a struct itimerspec.
  const [event, timer, setting] = [page, page + 64n, page + 128n];
  const bytes = new DataView(new ArrayBuffer(160));
  bytes.setInt32(8, stub.tracer.constant("SIGKILL"), true);
  bytes.setInt32(12, SIGEV_SIGNAL, true);
  bytes.setBigUint64(144, BigInt(Math.floor(milliseconds / 1000)), true);
  bytes.setBigUint64(152, BigInt((milliseconds % 1000) * 1_000_000), true);
  stub.write(page, new Uint8Array(bytes.buffer));
  stub.call("timer_create", CLOCK_MONOTONIC, event, timer);
  const id = new DataView(stub.read(timer, 4).buffer).getInt32(0, true);
  stub.call("timer_settime", id, 0, setting, 0);
  stub.call("munmap", page, PAGE_SIZE);
}

/** CLOSE_RANGE_UNSHARE of linux/close_range.h, which the encoders do not define. */
const CLOSE_RANGE_UNSHARE = 2;
/** A descriptor that is never open. */
const NO_DESCRIPTOR = 0x7fff_ffff;

/** What is asked of a stub, which may be one that takes down the calls. */
interface Caller {
  readonly tracer: { flag(name: string): bigint };
  call(name: string, ...args: SyscallArgument[]): bigint;
  inject(name: string, ...args: SyscallArgument[]): SyscallResult;
}

/**
 * Gives a stub its own file table, so that no call can close a descriptor that Node.js needs. Some container profiles
 * forbid unshare but allow close_range (Linux 5.9).
 *
 * @throws SyscallError if both are refused
 */
export function leaveFiles(stub: Caller): void {
  if (stub.inject("unshare", stub.tracer.flag("CLONE_FILES")).errno === null) return;
  stub.call("close_range", NO_DESCRIPTOR, NO_DESCRIPTOR, CLOSE_RANGE_UNSHARE);
}
