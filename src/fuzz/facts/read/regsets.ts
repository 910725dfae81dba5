import { BLOCK_SIZE } from "../../case/case_members.ts";
import { requestFacts } from "../fact.ts";
import { REGSET } from "../sources.ts";
import { differsAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE, type Note } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const FXSAVE_SIZE = 512;
/** Where the XSAVE area differs from fxregs_state: 0 to 415 are the registers. */
const FX_REGISTERS = 416;
const BIG = [1n << 31n, 1n << 63n, (1n << 64n) - 8n];

/** Lengths up to `size` read a prefix; longer ones are cut. */
function readsPrefix(bench: Bench, tracee: Tracee, note: Note, size: number, unit = 8): void {
  const whole = tracee.regset(note, size);
  bench.check(`${size} bytes`, whole, { result: 0, length: size, written: size });
  for (let length = 0; length < size; length += size > 1024 ? 64 : unit) {
    const answer = tracee.regset(note, length);
    const seen = { ...answer, "differs from the whole": differsAt(answer, whole, length) };
    const expected = { result: 0, length, written: length, "differs from the whole": "nowhere" };
    bench.check(`${length} bytes`, seen, expected);
  }
  for (const length of [BigInt(size + unit), ...BIG]) {
    const expected = { result: 0, length: size, written: size };
    bench.check(`0x${length.toString(16)} bytes`, tracee.regset(note, length), expected);
  }
}

/** Lengths that are no multiple of `unit` are refused, and nothing is written. */
function refusesParts(bench: Bench, tracee: Tracee, note: Note, lengths: readonly number[]): void {
  for (const length of lengths) {
    const expected = { result: "EINVAL", length, written: 0 };
    bench.check(`${length} bytes`, tracee.regset(note, length), expected);
  }
}

/** Whether there is an XSAVE area; if not, the check is skipped. */
function hasXstate(bench: Bench): boolean {
  const has = bench.machine.xstateLength > 0;
  if (!has) bench.skip("", "there is no XSAVE area");
  return has;
}

const XSTATE = "xstateregs_get, arch/x86/kernel/fpu/regset.c";
/** Note types with their sizes, and lengths that are refused. */
const SETS = [
  {
    note: "NT_PRSTATUS",
    source: "genregs_get, arch/x86/kernel/ptrace.c",
    sizeOf: () => BLOCK_SIZE,
    parts: [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1],
  },
  {
    note: "NT_PRFPREG",
    source: "xfpregs_get, arch/x86/kernel/fpu/regset.c",
    sizeOf: () => FXSAVE_SIZE,
    parts: [1, 4, 108, 511, 513],
  },
  {
    note: "NT_X86_XSTATE",
    source: XSTATE,
    sizeOf: ({ machine }: Bench) => machine.xstateLength,
    parts: [1, 4, 511, 513, 577],
  },
] as const;

export const regsets = requestFacts("GETREGSET", (fact) => {
  for (const { note, source, sizeOf, parts } of SETS) {
    fact(
      `GETREGSET(${note}) writes as many words as the iovec has room for, and sets its length`,
      source,
      (bench, tracee) => {
        if (note !== "NT_X86_XSTATE" || hasXstate(bench)) {
          readsPrefix(bench, tracee, note, sizeOf(bench));
        }
      },
    );
    fact(
      `GETREGSET(${note}) of a length that is not a multiple of 8 is EINVAL, and writes nothing`,
      REGSET,
      (bench, tracee) => {
        if (note !== "NT_X86_XSTATE" || hasXstate(bench)) refusesParts(bench, tracee, note, parts);
      },
    );
  }
  fact("The XSAVE area begins with the registers of NT_PRFPREG", XSTATE, (bench) => {
    if (!hasXstate(bench)) return;
    const tracee = bench.tracee();
    const fxsave = tracee.regset("NT_PRFPREG", FXSAVE_SIZE);
    const area = tracee.regset("NT_X86_XSTATE", FXSAVE_SIZE);
    bench.check("", { differs: differsAt(fxsave, area, FX_REGISTERS) }, { differs: "nowhere" });
  });
  fact(
    "GETREGSET(NT_386_IOPERM) of a task without ports is ENXIO",
    "ioperm_get, arch/x86/kernel/ptrace.c",
    (bench, tracee) => {
      for (const length of [8, 8192]) {
        const expected = { result: "ENXIO", length, written: 0 };
        bench.check(`${length} bytes`, tracee.regset("NT_386_IOPERM", length), expected);
      }
    },
  );
  fact(
    "GETREGSET(NT_X86_SHSTK) of a task without a shadow stack is ENODEV",
    "ssp_get, arch/x86/kernel/fpu/regset.c",
    (bench, tracee) => {
      const answer = tracee.regset("NT_X86_SHSTK", 8);
      if (answer.result === "EINVAL")
        return bench.skip("", "the kernel does not have this note type");
      bench.check("8 bytes", answer, { result: "ENODEV", length: 8, written: 0 });
      bench.check("4 bytes", tracee.regset("NT_X86_SHSTK", 4), { result: "EINVAL", written: 0 });
    },
  );
  fact(
    "GETREGSET of an unknown note type, or of one of 32-bit programs, is EINVAL",
    "find_regset, kernel/ptrace.c",
    (bench, tracee) => {
      const unknown = [0, 3, 4, 6, 0x100, 0x203, 0x400, 0x4649_4c45, 2 ** 32 - 1];
      for (const note of [...unknown, "NT_386_TLS", "NT_PRXFPREG"] as const) {
        for (const length of [0, 8, 48]) {
          const expected = { result: "EINVAL", length, written: 0 };
          bench.check(`note ${note}, ${length} bytes`, tracee.regset(note, length), expected);
        }
      }
    },
  );
  fact("GETREGSET cuts the note type to 32 bits", REGSET, (bench) => {
    const answer = bench.tracee().regset((1n << 32n) + 1n, 8);
    bench.check("0x100000001", answer, { result: 0, length: 8, written: 8 });
  });
  fact("An iovec at, or for, an address that is not mapped is EFAULT", REGSET, (bench, tracee) => {
    const get = (vector: number) => tracee.request("GETREGSET", 1, vector);
    bench.check("the iovec", { result: get(NOWHERE) }, { result: "EFAULT" });
    bench.check("its memory", tracee.memory.badVector(NOWHERE, 8n, get), { result: "EFAULT" });
    bench.check("no bytes", tracee.memory.badVector(NOWHERE, 0n, get), { result: 0 });
    const part = tracee.memory.badVector(NOWHERE, 4n, get);
    bench.check("a refused length", part, { result: "EINVAL" });
  });
});
