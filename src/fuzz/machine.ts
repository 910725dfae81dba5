import { readFileSync } from "node:fs";
import { constants, release } from "node:os";
import { StateError } from "../errors.ts";
import type { Tracer } from "../stub/tracer.ts";

/** What expectations hold for: the kernel and the processor, as far as rules depend on them. */
export interface Machine {
  /** Of the kernel, such as "6.12.9". */
  readonly release: string;
  /** As /proc/cpuinfo has them. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  /** The features that rules ask for, which are there. */
  readonly features: readonly Feature[];
  /** Bytes of the XSAVE area that NT_X86_XSTATE and a signal frame have. */
  readonly xstateLength: number;
  /** The components that it may have without asking, as XCR0 has them. */
  readonly xfeatures: number;
  /** The bits of mxcsr that there are. */
  readonly mxcsrMask: number;
  /** The page of the stub code, which the model knows no more about. */
  readonly stubCode: number;
}

/** What rules ask for. */
export const FEATURES = [
  "la57",
  "fsgsbase",
  "pku",
  "user_shstk",
  "misalignsse",
  "amx_tile",
  "ia32",
  "set_syscall_info",
  "uretprobe",
  "uprobe",
  "amd",
] as const;
export type Feature = (typeof FEATURES)[number];

/** Those that the processor has and /proc/cpuinfo tells. */
const OF_PROCESSOR: readonly Feature[] = [
  "la57",
  "fsgsbase",
  "pku",
  "user_shstk",
  "misalignsse",
  "amx_tile",
];
/** Those that come with a version of the kernel. */
const OF_KERNEL: readonly (readonly [Feature, major: number, minor: number])[] = [
  ["uretprobe", 6, 14],
  ["set_syscall_info", 6, 16],
  ["uprobe", 6, 18],
];
const MOST_XSTATE = 16 << 10;
const { ESRCH } = constants.errno;
/** Where the kernel tells the components of an area: xstate_bv in struct _fpx_sw_bytes. */
const COMPONENTS = 464;
/** mxcsr_mask in struct user_i387_struct. */
const MXCSR_MASK = 28;
/** XFEATURE_MASK_USER_DYNAMIC: a component that a process has to ask for. */
const ASKED_FOR = 1 << 18;

/** Asks the machine. A stub of the tracer tells how its XSAVE area is laid out. */
export function readMachine(tracer: Tracer): Machine {
  return { ...readProcessor(), ...readXstate(tracer), stubCode: tracer.stubAddress };
}

/** What only a stub tells. */
type FromStub = "xstateLength" | "xfeatures" | "mxcsrMask" | "stubCode";

/** What can be asked without one. */
export function readProcessor(): Omit<Machine, FromStub> {
  const cpuinfo = readFileSync("/proc/cpuinfo", "utf8");
  const field = (name: string) =>
    new RegExp(`^${name}\\s*: (.*)$`, "m").exec(cpuinfo)?.[1] ?? "unknown";
  const flags = new Set(field("flags").split(" "));
  const vendor = field("vendor_id");
  const features = OF_PROCESSOR.filter((name) => flags.has(name));
  if (hasCompatibility()) features.push("ia32");
  for (const [name, major, minor] of OF_KERNEL) {
    if (isSince(release(), major, minor)) features.push(name);
  }
  if (vendor === "AuthenticAMD") features.push("amd");
  return {
    release: release(),
    vendor,
    family: Number(field("cpu family")),
    model: Number(field("model")),
    features,
  };
}

/** Whether 32-bit programs are served: the kernel says so where it has the limit of their vDSO. */
function hasCompatibility(): boolean {
  try {
    readFileSync("/proc/sys/abi/vsyscall32", "utf8");
    return true;
  } catch {
    return false;
  }
}

function isSince(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}

function readXstate(tracer: Tracer): Pick<Machine, "xstateLength" | "xfeatures" | "mxcsrMask"> {
  const area = new Uint8Array(MOST_XSTATE);
  const [stub] = tracer.stubs.values();
  if (stub === undefined) throw new StateError("the tracer has no stub that can be asked");
  const length = tracer.shim.readXstate(stub.thread.tid, area, area.length);
  // A stub that is gone does not say that the machine has no such area.
  if (length === -ESRCH) throw new StateError(`stub ${stub.pid} is gone`);
  const view = new DataView(length > 0 ? area.buffer : new ArrayBuffer(MOST_XSTATE));
  return {
    xstateLength: Math.max(length, 0),
    xfeatures: view.getUint32(COMPONENTS, true) & ~ASKED_FOR,
    mxcsrMask: view.getUint32(MXCSR_MASK, true),
  };
}
