/*
 * What the fuzzer shares with the shim and its module: the records of a case, and the kinds of cases. This is their only
 * description: the C header build/ARCH/records.h and an AssemblyScript file are written from it for each architecture.
 */

import { ARCHES, type Arch, HOST_ARCH } from "../../../core/machine/index.ts";
import { CASES, type Content, DEFAULT_ARCH, FROM, type From, WAY, type Way } from "./arch.ts";
import { type Enumeration, halvesOf, layOut, namesOf, numbersOf } from "./layout.ts";
import { SIGNALS } from "./signals.ts";

const ON = {
  name: "on",
  prefix: "ON",
  about: "The request that resumes.",
  values: [
    ["NONE", "no request: the setup is only written and read back"],
    ["CONT", "PTRACE_CONT"],
    ["SYSCALL", "PTRACE_SYSCALL"],
    ["SINGLESTEP", "PTRACE_SINGLESTEP"],
    ["SYSEMU", "PTRACE_SYSEMU"],
    ["SYSEMU_SINGLESTEP", "PTRACE_SYSEMU_SINGLESTEP"],
  ],
} as const satisfies Enumeration;

export const FPSTATE = {
  name: "fpstate",
  prefix: "FPSTATE",
  about: "The floating point that a signal frame points to.",
  values: [
    ["NONE", "none: a null pointer"],
    ["LAST", "that of the last stop"],
    [
      "IMAGE",
      "that of a new program, as the kernel would write it to a frame, at the address `image`, with `count` pairs of `damage`; only what lies in the scratch pages is written",
    ],
  ],
} as const satisfies Enumeration;

const WANT = {
  name: "wants",
  prefix: "WANT",
  about: "What is read in addition to the registers at the stop.",
  bits: true,
  values: [
    ["WRITTEN", "the registers after the write, even if it succeeded"],
    ["INFO", "PTRACE_GETSIGINFO of the stop"],
    ["FRAME", "the registers in the signal frame on the stack"],
  ],
} as const satisfies Enumeration;

export const OBSTACLE = {
  name: "obstacle",
  prefix: "OBSTACLE",
  about: "Why a setup was not tried. Such an outcome has nothing else.",
  values: [
    ["NONE", "it was tried"],
    ["START", "the stop at which it begins is not reached"],
    ["SYSEMU", "PTRACE_SYSEMU is refused"],
    ["REGSET", "PTRACE_SETREGSET is refused"],
    ["XSTATE", "there is no XSAVE area"],
    ["FPREGS", "PTRACE_SETFPREGS is refused"],
    ["SIGMASK", "PTRACE_SETSIGMASK is refused"],
    ["READ", "registers cannot be read back"],
    ["GONE", "its stub is lost, each time"],
    ["TRACE", "no stub can be set up that is traced"],
    ["RETURN", "no stub can be set up that returns from signal handlers by itself"],
    ["FILTER", "it makes a call, which no filter would refuse"],
    ["EMULATOR", "QEMU's TCG hangs at a step onto a data breakpoint"],
    ["ENDED", "a step before it left no stop to go on from"],
  ],
} as const satisfies Enumeration;

/** What documents of cases are. */
export const CASE_SCHEMA = "stublab.case/1";

/** A case has so many steps at most, each a setup; all but the first are from "last". */
const MOST_STEPS = 5;
/** The steps of a case that is drawn are among so many consecutive numbers, from a multiple of it on. */
const GROUP = 8;
/** More bytes than any processor's XSAVE area has. */
const MOST_XSTATE = 16 << 10;
/** More components than it has from AVX on. */
const MOST_COMPONENTS = 32;

/** The numbers, enumerations and records of an architecture. */
export function tablesOf(arch: Arch) {
  const { REGISTERS, FRAME_REGISTERS, SIZES, FROM, WAY } = CASES[arch];
  const CONSTANTS = {
    /** Words of a register block, and of struct sigcontext without floating point. */
    REGISTERS: REGISTERS.length,
    SIGCONTEXT: FRAME_REGISTERS.length,
    /** Words that are read back after a write: a block, and the debug registers. */
    WRITTEN: REGISTERS.length + SIZES.DEBUG_REGISTERS,
    ...SIZES,
    MOST_STEPS,
    GROUP,
    MOST_XSTATE,
    MOST_COMPONENTS,
    /** Room for enum stublab_obstacle, an even number. */
    MOST_OBSTACLES: 16,
  };
  const ENUMERATIONS: readonly Enumeration[] = [FROM, WAY, ON, FPSTATE, WANT, OBSTACLE];
  const { SIGCONTEXT } = CONSTANTS;
  const BLOCK = CONSTANTS.REGISTERS;

  const SETUP_RECORD = layOut("setup", "One setup.", {
    from: ["u8", "enum stublab_from"],
    way: ["u8", "enum stublab_way"],
    on: ["u8", "enum stublab_on"],
    wants: ["u8", "enum stublab_wants"],
    length: ["u32", "in bytes"],
    count: ["u32", "of pairs, of `words` or of `damage`"],
    signal: ["u32", "to resume with"],
    ucFlags: ["u32", "rt_sigreturn: of the frame"],
    fpstate: ["u32", "rt_sigreturn: enum stublab_fpstate"],
    image: ["u64", "rt_sigreturn: the address of an image"],
    padding: ["u64", "", SIZES.PADDING],
    words: ["u64", "see enum stublab_way", BLOCK],
    damage: [
      "u64",
      "rt_sigreturn: pairs: offset in the image, word",
      2 * CONSTANTS.MOST_IMAGE_PAIRS,
    ],
  });

  const OUTCOME_RECORD = layOut(
    "outcome",
    "The outcome of a setup. Members after a failed step stay unchanged.",
    {
      error: ["i32", "errno of the write; 0: it succeeded"],
      refusedAt: ["i32", "index of the pair at which POKEUSER failed; else -1"],
      resumed: ["i32", "errno of the resume; 0: it succeeded; -1: not tried"],
      status: ["i32", "status word of the stop or end; 0: none in time"],
      signal: ["i32", "si_signo; 0: no siginfo"],
      code: ["i32", "si_code"],
      address: ["u64", "si_addr"],
      obstacle: ["u32", "enum stublab_obstacle"],
      obstacleError: ["i32", "errno of the request or call that failed, if there is an obstacle"],
      written: [
        "u64",
        "after the write: the registers and, if one of them was poked, the debug registers; the words of other ways, or the mask; after rt_sigreturn with an image, the words at the offsets of its pairs in the floating point of the stop",
        CONSTANTS.WRITTEN,
      ],
      stopped: ["u64", "the registers at the stop", BLOCK],
      frame: ["u64", "struct sigcontext without floating point; else zeros", SIGCONTEXT],
    },
  );

  const EXCHANGE_RECORD = layOut(
    "exchange",
    "Shared by the host and a stub that tries setups by rt_sigreturn, with the setups and outcomes (sigreturn.S). Only the side whose turn it is accesses it. Addresses are the stub's.",
    {
      turn: ["u32", "futex; 0: the host's, 1: the stub's"],
      next: ["u32", "index of the current setup, or of the next one"],
      count: ["u32", "number of setups"],
      bases: ["u32", "whether the bases of FS and GS can be read without a system call"],
      selector: ["u32", "that each setup starts with in ds and es"],
      unfiltered: ["i32", "why the stub has no filter, as an errno; 0: it has one"],
      scratch: ["u64", "address of the scratch pages"],
      scratchSize: ["u64", "in bytes"],
      imageLength: ["u64", "in bytes, with FP_XSTATE_MAGIC2; 0: frames have no XSAVE area"],
      setups: ["u64", "address of the first setup"],
      outcomes: ["u64", "address of the first outcome"],
      image: ["u8", "the floating point of a new program, as in a signal frame", MOST_XSTATE],
    },
  );

  const COMPONENT_RECORD = layOut(
    "component",
    "A component of the XSAVE area, from AVX on, as CPUID leaf 0xD describes it.",
    {
      number: ["u32", "its bit in XCR0; a supervisor's in IA32_XSS"],
      offset: ["u32", "in the standard format"],
      bytes: ["u32", "its length"],
      flags: ["u32", "1: a supervisor's; 2: aligned to 64 bytes in the compacted format"],
    },
  );
  /** Those that the module works on. */
  const MODULE_RECORDS = [SETUP_RECORD, OUTCOME_RECORD, COMPONENT_RECORD];
  const RECORDS = [...MODULE_RECORDS, EXCHANGE_RECORD];
  return {
    ...{ REGISTERS, FRAME_REGISTERS, CONSTANTS, ENUMERATIONS, RECORDS, MODULE_RECORDS },
    ...{ SETUP_RECORD, OUTCOME_RECORD, COMPONENT_RECORD },
    ...namesIn(arch),
    PLACES: placesIn(arch),
  };
}

/** The memory of a target, and its pieces of code, by the names that the module has for them. All are below 4 GB. */
function placesIn(arch: Arch) {
  const { CODE, CODES, CONSTANTS, HANDLER_STOP, PART, SCRATCH, SCRATCH_SIZE } = CASES[arch];
  const pieces = CODES.map(({ name, address }) => [
    `place${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    address,
  ]);
  return {
    ...Object.fromEntries(pieces),
    ...{ pageCode: CODE, pageConstants: CONSTANTS, pageScratch: SCRATCH, sizeOfPart: PART },
    endOfScratch: SCRATCH + BigInt(SCRATCH_SIZE),
    handlerStop: HANDLER_STOP,
  };
}

/** The members of documents in this order: those of a case, of its steps, and of their pairs and frames. */
const MEMBERS = [
  ...["schema", "arch", "before"],
  ...["from", "way", "on", "signal", "code", "registers", "pairs", "words", "length", "frame"],
  ...["offset", "word"],
  ...["uc_flags", "fpstate", "image"],
];

/** What documents of cases name, and what each way takes, for the module (assembly/fuzz/case_text/). */
function namesIn(arch: Arch) {
  const { REGISTERS, FROM, WAY, CODES, CONTENTS } = CASES[arch];
  const contents: readonly Content[] = Object.values(CONTENTS);
  return {
    NAMES: {
      SCHEMAS: [CASE_SCHEMA],
      ...{ MEMBERS, ARCHES, FROMS: namesOf(FROM), WAYS: namesOf(WAY), ONS: namesOf(ON) },
      ...{ REGISTER_NAMES: REGISTERS, CODES: CODES.map(({ name }) => name) },
      SIGNALS: SIGNALS.map(([name]) => name),
    },
    INDICES: { ARCH: ARCHES.indexOf(arch), USUAL_ARCH: ARCHES.indexOf(DEFAULT_ARCH) },
    LISTS: {
      CODE_PLACES: ["u64", CODES.map(({ address }) => address)],
      SIGNAL_NUMBERS: ["u32", SIGNALS.map(([, number]) => number)],
      WAY_PAIRS: ["u32", contents.map(({ pairs = 0 }) => pairs)],
      WAY_WORDS: ["u32", contents.map(({ words = 0 }) => words)],
      /** The length by default; 2^32 - 1 if it has no length. */
      WAY_LENGTHS: ["u32", contents.map(({ length }) => length ?? 2 ** 32 - 1)],
      /** The members that only some ways take, from `code` on: a bit each. */
      WAY_TAKES: [
        "u8",
        contents.map(({ block, pairs, words, length, frame }) =>
          [block, block, pairs, words, length, frame].reduce<number>(
            (bits, taken, i) => bits | (Number(taken !== undefined) << i),
            0,
          ),
        ),
      ],
    },
  } as const;
}

export const {
  CONSTANTS,
  ENUMERATIONS,
  MODULE_RECORDS,
  SETUP_RECORD,
  OUTCOME_RECORD,
  COMPONENT_RECORD,
} = tablesOf(HOST_ARCH);

export const FROMS: readonly From[] = namesOf(FROM);
/** Those at which a case begins. */
export const STARTS: readonly From[] = FROMS.filter((from) => from !== "last");
/** The requests that write. With SIGRETURN the stub does it itself. */
export const WAYS: readonly Way[] = namesOf(WAY);

export const ONS = namesOf(ON);
export type On = (typeof ONS)[number];

export const { WRITTEN: WANT_WRITTEN, INFO: WANT_INFO, FRAME: WANT_FRAME } = numbersOf(WANT);

export const SETUP_SIZE = SETUP_RECORD.size;
export const OUTCOME_SIZE = OUTCOME_RECORD.size;

/** Setups side by side, as halves, as words and as bytes: three views of the same memory. */
export interface SetupViews {
  readonly setups: Uint32Array;
  readonly setupWords: BigUint64Array;
  readonly setupBytes: Uint8Array;
}

/** The views of setups at an address. */
export function setupViews(buffer: ArrayBuffer, at: number, count: number): SetupViews {
  const size = count * SETUP_SIZE;
  return {
    setups: new Uint32Array(buffer, at, size / 4),
    setupWords: new BigUint64Array(buffer, at, size / 8),
    setupBytes: new Uint8Array(buffer, at, size),
  };
}

/** Offsets in a setup, in halves. `kinds` is from, way, on and wants, a byte each from the lowest. */
export const SETUP = { ...halvesOf(SETUP_RECORD), kinds: SETUP_RECORD.offsets.from / 4 };

/** Offsets in an outcome, in halves. */
export const OUTCOME = halvesOf(OUTCOME_RECORD);

/** The index of a case's first half in `setups`, and in `outcomes`. */
export const setupAt = (i: number): number => (i * SETUP_SIZE) / 4;
export const outcomeAt = (i: number): number => (i * OUTCOME_SIZE) / 4;
