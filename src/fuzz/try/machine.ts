import { constants, release } from "node:os";
import { errnoName } from "../../errno.ts";
import { StateError, StopError } from "../../errors.ts";
import { count, list, members, oneOf, type Shape, text } from "../../shape.ts";
import { Deadline } from "../../shim/deadline.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import { readIfThere, readProc } from "../../stub/proc.ts";
import type { Stub } from "../../stub/stub.ts";
import type { Tracer } from "../../stub/tracer.ts";
import { CONSTANTS } from "../case/records.ts";

/** What predictions hold for: the kernel and the processor, as far as rules depend on them. */
export interface Machine {
  /** The kernel's release, such as "6.12.9". */
  readonly release: string;
  /** As /proc/cpuinfo has them. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  /** The features that rules depend on and this machine has. */
  readonly features: readonly Feature[];
  /** Bytes of the XSAVE area that NT_X86_XSTATE and a signal frame have. */
  readonly xstateLength: number;
  /** The components that are enabled without a request, as in XCR0. */
  readonly xfeatures: number;
  /** The valid bits of mxcsr. */
  readonly mxcsrMask: number;
  /** The page of the stub code, about which the model knows nothing else. */
  readonly stubCode: number;
}

const { EINVAL, ENXIO, ESRCH } = constants.errno;
const { SIGTRAP } = constants.signals;

/** The features of the processor that rules depend on, as /proc/cpuinfo names them. */
export const OF_PROCESSOR = [
  "la57",
  "fsgsbase",
  "pku",
  "user_shstk",
  "misalignsse",
  "xsavec",
  "amx_tile",
] as const;

export const FEATURES = [
  ...OF_PROCESSOR,
  "ia32",
  "set_syscall_info",
  "uretprobe",
  "uprobe",
  "icebp_trap",
  "sud",
  "sud_inclusive",
  "amd",
] as const;
export type Feature = (typeof FEATURES)[number];

// Newer than the encoders' names: asm/unistd_64.h
export const SYS_UPROBE = 336;
const SYS_URETPROBE = 335n;
const PTRACE_SET_SYSCALL_INFO = 0x4212;
const ICEBP = 0xf1;
/** PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, Linux 6.4; Linux 6.16 added the mode 2, PR_SYS_DISPATCH_INCLUSIVE_ON. */
const PTRACE_SET_DISPATCH = 0x4210;

/** What shows that a kernel has a feature. The probe makes the same trials (src/fuzz/probe/source.ts). */
export type Trial =
  /** A call fails with an errno, or stops the stub elsewhere than at its INT3. */
  | { readonly call: bigint; readonly errno: number | "stops" }
  /** A request with these words, and with their length as its address, has a result. */
  | { readonly request: number; readonly words: readonly bigint[]; readonly result: number }
  /** After an instruction of one byte, rip is behind it. */
  | { readonly code: number };

/** Those of the kernel, each tried: distributions backport, so a version says nothing. */
export const OF_KERNEL: readonly (readonly [Feature, Trial])[] = [
  // Outside of a probe it sends SIGILL.
  ["uretprobe", { call: SYS_URETPROBE, errno: "stops" }],
  // A length of 0 is too short for the request; a kernel without it answers EIO.
  ["set_syscall_info", { request: PTRACE_SET_SYSCALL_INFO, words: [], result: -EINVAL }],
  // Outside of a probe it answers ENXIO.
  ["uprobe", { call: BigInt(SYS_UPROBE), errno: ENXIO }],
  // Some hypervisors pass its exception on as a fault, with rip at it.
  ["icebp_trap", { code: ICEBP }],
  ["sud", { request: PTRACE_SET_DISPATCH, words: [0n, 0n, 0n, 0n], result: 0 }],
  ["sud_inclusive", { request: PTRACE_SET_DISPATCH, words: [2n, 0n, 0n, 1n], result: 0 }],
];
/** The features that only a stub shows. */
export const KERNEL_FEATURES = OF_KERNEL.map(([name]) => name);

/** Where the kernel tells the components of an area: xstate_bv in struct _fpx_sw_bytes. */
const COMPONENTS = 464;
/** mxcsr_mask in struct user_i387_struct. */
const MXCSR_MASK = 28;
/** XFEATURE_MASK_USER_DYNAMIC: a component that a process has to ask for. */
const ASKED_FOR = 1 << 18;

/** A number of /proc/cpuinfo, which lacks some on some machines. */
const figure: Shape<number> = (value, place) =>
  Number.isNaN(value) ? Number.NaN : count(Number.MAX_SAFE_INTEGER)(value, place);

export const machineShape: Shape<Machine> = (value, place) => {
  const read = members(value, place);
  const whole = count(Number.MAX_SAFE_INTEGER);
  return {
    release: read("release", text),
    vendor: read("vendor", text),
    family: read("family", figure),
    model: read("model", figure),
    features: read("features", list(oneOf(FEATURES), FEATURES.length)),
    xstateLength: read("xstateLength", whole),
    xfeatures: read("xfeatures", whole),
    mxcsrMask: read("mxcsrMask", whole),
    stubCode: read("stubCode", whole),
  };
};

/** Asks the machine. A stub of the tracer shows what the kernel has, and how the XSAVE area is laid out. */
export function readMachine(tracer: Tracer): Machine {
  const [stub] = tracer.stubs.values();
  if (stub === undefined) throw new StateError("the tracer has no stub that can be asked");
  const processor = readProcessor();
  const ofKernel = OF_KERNEL.filter(([, trial]) => shows(trial, stub)).map(([name]) => name);
  return {
    ...processor,
    features: [...processor.features, ...ofKernel],
    ...readXstate(stub),
    stubCode: tracer.stubAddress,
  };
}

function shows(trial: Trial, stub: Stub): boolean {
  if ("code" in trial) return leavesBehind(trial.code, stub);
  if ("request" in trial) return request(trial, stub) === trial.result;
  try {
    const { errno } = stub.inject(trial.call);
    return errno !== null && errno === errnoName(Number(trial.errno));
  } catch (error) {
    if (error instanceof StopError) return trial.errno === "stops";
    throw error;
  }
}

/** Makes a request, and undoes it with zeros. */
function request(
  { request, words }: Extract<Trial, { request: number }>,
  { tracer, thread }: Stub,
): number {
  const make = (data: BigUint64Array) =>
    tracer.shim.ptraceMemory(request, thread.tid, data.byteLength, data);
  const result = make(BigUint64Array.from(words));
  if (words.length > 0) make(new BigUint64Array(words.length));
  return result;
}

function leavesBehind(code: number, stub: Stub): boolean {
  const { tracer, thread } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.write(page, Uint8Array.of(code));
  stub.call("mprotect", page, PAGE_SIZE, tracer.flag("PROT_READ") | tracer.flag("PROT_EXEC"));
  tracer.frame.copyFrom(thread.initial);
  tracer.frame.set("rip", page);
  thread.writeRegisters(tracer.frame);
  const deadline = new Deadline(tracer.deadline);
  // Signals of other processes are passed over.
  while (thread.next(deadline).signal !== SIGTRAP);
  const { rip } = thread.registers();
  stub.call("munmap", page, PAGE_SIZE);
  return rip === page + 1n;
}

/** What can be asked without one. */
export function readProcessor() {
  const cpuinfo = readProc("/proc/cpuinfo");
  const field = (name: string) =>
    new RegExp(`^${name}\\s*: (.*)$`, "m").exec(cpuinfo)?.[1] ?? "unknown";
  const flags = new Set(field("flags").split(" "));
  const vendor = field("vendor_id");
  const features: Feature[] = OF_PROCESSOR.filter((name) => flags.has(name));
  // The kernel that serves 32-bit programs has the limit of their vDSO.
  if (readIfThere("/proc/sys/abi/vsyscall32") !== undefined) features.push("ia32");
  if (vendor === "AuthenticAMD") features.push("amd");
  const [family, model] = [Number(field("cpu family")), Number(field("model"))];
  return { release: release(), vendor, family, model, features };
}

function readXstate(stub: Stub) {
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const length = stub.tracer.shim.readXstate(stub.thread.tid, area, area.length);
  // A stub that is gone does not say that the machine has no such area.
  if (length === -ESRCH) throw new StateError(`stub ${stub.pid} is gone`);
  const view = new DataView(length > 0 ? area.buffer : new ArrayBuffer(area.length));
  return {
    xstateLength: Math.max(length, 0),
    xfeatures: view.getUint32(COMPONENTS, true) & ~ASKED_FOR,
    mxcsrMask: view.getUint32(MXCSR_MASK, true),
  };
}
