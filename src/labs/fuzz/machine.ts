import { release } from "node:os";
import { type Arch, HOST_ARCH } from "../../core/machine/index.ts";
import { count, list, oneOf, optional, record, type Shape, text, truth } from "../../lib/shape.ts";
import { COMPONENT_RECORD, CONSTANTS } from "./case/records.ts";

/** What only a processor has, by the names of /proc/cpuinfo. */
const OF_PROCESSOR = ["la57", "fsgsbase", "pku", "user_shstk", "xsavec", "xsaves"] as const;
const OF_KERNEL = [
  "ia32",
  "set_syscall_info",
  "uretprobe",
  "uprobe",
  "uprobe_eproto",
  "icebp_trap",
  "div_flags",
  "iret_cuts_rip",
  "stack_wraps",
  "data_wraps",
  "pop_reads_selector",
  "alignment_first",
  "movss_breakpoint",
  "syscall32_undefined",
  "xrstor_reads_all",
  "xrstor_reads_legacy",
  "xrstor_reads_unasked",
  "xrstor_reads_compacted",
  "negative_restart",
  "mxcsr_check",
  "sysret_limit",
  "sud",
  "sud_inclusive",
  "sud_tagged",
  "sud_half",
  "x32",
  "altstack_first",
  "xstate_size_check",
  "fred",
] as const;
const OF_ARM64 = ["dit", "ssbs", "tco", "bti", "orig_x0"] as const;

/** The features that rules depend on. Cases show which of them a machine has: facts/setups.ts. */
export const FEATURES = [...OF_PROCESSOR, ...OF_KERNEL, ...OF_ARM64] as const;
export type Feature = (typeof FEATURES)[number];

/** Features as a set: a bit each, in the order of the table. */
export const featureSet = (features: readonly Feature[]): bigint =>
  features.reduce((set, name) => set | (1n << BigInt(FEATURES.indexOf(name))), 0n);

/** A component of the XSAVE area, as CPUID leaf 0xD describes it. */
export interface XsaveComponent {
  /** Its bit in XCR0; a supervisor's in IA32_XSS. */
  readonly number: number;
  /** In the standard format; 0 if it has none, as that of a supervisor. */
  readonly offset: number;
  readonly size: number;
  /** Only the kernel has it, such as a shadow stack's: neither NT_X86_XSTATE nor a frame shows it. */
  readonly supervisor: boolean;
  /** In the compacted format it is aligned to 64 bytes. */
  readonly aligned: boolean;
}

/**
 * How the kernel shows floating point on amd64; all is 0 on arm64. Sets of components are as XCR0, and three of them may
 * differ.
 */
export interface Xstate {
  /** Bytes of NT_X86_XSTATE; 0 on a machine without XSAVE. */
  readonly xstateLength: number;
  /** The components that NT_X86_XSTATE reports: all that the kernel enables, in XCR0, even those to request. */
  readonly xcr0: number;
  /** Bytes of the XSAVE area of a signal frame, without its last word: xstate_size. */
  readonly frameLength: number;
  /** The components that a process has without a request, and a frame. */
  readonly xfeatures: number;
  /** Those that stubs may use: xfeatures, and what the host has requested (ARCH_REQ_XCOMP_PERM). No rule depends on it. */
  readonly permitted: number;
  /** The valid bits of mxcsr. */
  readonly mxcsrMask: number;
  /** Those that the processor has, from AVX on, whether they are enabled or not. */
  readonly components: readonly XsaveComponent[];
}

/** What predictions hold for: the kernel and the processor, as far as rules depend on them. */
export interface Machine extends Xstate {
  /** Its architecture, if that is not amd64. */
  readonly arch?: Exclude<Arch, "amd64">;
  /** The kernel's release, such as "6.12.9". */
  readonly release: string;
  /** As /proc/cpuinfo has them. */
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  /** The features that rules depend on and this machine has. */
  readonly features: readonly Feature[];
  /** The page of the stub code, about which the model knows nothing else. */
  readonly stubCode: number;
}

const half = count(0xffff_ffff);

const bytes = count(CONSTANTS.MOST_XSTATE);

const componentShape: Shape<XsaveComponent> = record({
  ...{ number: count(31, 2), offset: bytes, size: bytes, supervisor: truth, aligned: truth },
});

/** A number of /proc/cpuinfo, which lacks some on some machines. */
const figure: Shape<number> = (value, place) =>
  Number.isNaN(value) ? Number.NaN : count(Number.MAX_SAFE_INTEGER)(value, place);

const membersShape = record({
  arch: optional(oneOf(["arm64"])),
  ...{ release: text, vendor: text, family: figure, model: figure },
  features: list(oneOf(FEATURES), FEATURES.length),
  ...{ xstateLength: bytes, xcr0: half, frameLength: bytes, xfeatures: half, permitted: half },
  ...{ mxcsrMask: half, components: list(componentShape, CONSTANTS.MOST_COMPONENTS - 1) },
  stubCode: count(Number.MAX_SAFE_INTEGER),
});

export const machineShape: Shape<Machine> = (value, place) => {
  const { arch, ...others } = membersShape(value, place);
  return { ...(arch !== undefined && { arch }), ...others };
};

/** A machine of a log: JSON has null for numbers that /proc/cpuinfo lacks. */
export const loggedMachineShape: Shape<Machine> = (value, place) => {
  if (typeof value !== "object" || value === null) return machineShape(value, place);
  const entries = Object.entries(value).map(([name, it]) => [name, it ?? Number.NaN]);
  return machineShape(Object.fromEntries(entries), place);
};

/** A machine as logs have it: the features in the order of the table. */
export function machineDocument({ features, ...machine }: Machine) {
  const { arch, release, vendor, family, model, ...numbers } = machine;
  const named = arch === undefined ? {} : { arch };
  const ordered = FEATURES.filter((name) => features.includes(name));
  return { ...named, release, vendor, family, model, features: ordered, ...numbers };
}

export const NO_XSTATE: Xstate = {
  ...{ xstateLength: 0, xcr0: 0, frameLength: 0, xfeatures: 0, permitted: 0, mxcsrMask: 0 },
  components: [],
};

const AMD64: Omit<Machine, "release"> = {
  ...{ vendor: "unknown", family: 0, model: 0, stubCode: 0 },
  features: ["fsgsbase", ...OF_KERNEL],
  ...{ xstateLength: 832, xcr0: 7, frameLength: 832, xfeatures: 7, permitted: 7 },
  mxcsrMask: 0x2ffff,
  components: [{ number: 2, offset: 576, size: 256, supervisor: false, aligned: false }],
};
const ARM64: Omit<Machine, "release"> = {
  ...{ arch: "arm64", vendor: "unknown", family: 0, model: 0, features: OF_ARM64 },
  ...{ ...NO_XSTATE, stubCode: 0 },
};

/** What is assumed of a machine that cannot be asked: a processor with AVX, and a new kernel. */
export const USUAL_MACHINE: Machine = {
  ...{ amd64: AMD64, arm64: ARM64 }[HOST_ARCH],
  release: release(),
};

/** Flags of a component's record: bits of ECX in CPUID leaf 0xD. */
const [SUPERVISOR, ALIGNED] = [1, 2];

/** Components as the records that the module reads, which a number of 0 ends. */
export function componentRecords(components: readonly XsaveComponent[]): Uint32Array {
  const records = new Uint32Array((COMPONENT_RECORD.size / 4) * CONSTANTS.MOST_COMPONENTS);
  const rows = components.map(({ number, offset, size, supervisor, aligned }) => [
    ...[number, offset, size],
    (supervisor ? SUPERVISOR : 0) | (aligned ? ALIGNED : 0),
  ]);
  records.set(rows.flat());
  return records;
}
