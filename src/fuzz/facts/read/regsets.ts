import { BLOCK_SIZE } from "../../case/case_members.ts";
import { requestFacts } from "../fact.ts";
import { REGSET } from "../sources.ts";
import { differsAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE, type Note } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";
import { WHERES } from "./tracee.ts";

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

/** Whether there is an XSAVE area; if not, says so. */
function hasXstate(bench: Bench): boolean {
  const has = bench.machine.xstateLength > 0;
  if (!has) bench.skip("", "there is no XSAVE area");
  return has;
}

/** A tracee in 32-bit code; undefined if the kernel does not run it. */
function compat(bench: Bench): Tracee | undefined {
  if (bench.machine.features.includes("ia32")) {
    const tracee = bench.tracee();
    tracee.set({ cs: 0x23n, rbx: 0xb0b0_0000_0000_0001n, rax: 7n, rsp: 0x1000_7000n }, "int3");
    return tracee;
  }
  bench.skip("", "the kernel does not run 32-bit programs");
  return undefined;
}

export const regsets = requestFacts("GETREGSET", (fact) => {
  fact(
    "GETREGSET(NT_PRSTATUS) writes as many words as the iovec has room for, and sets its length",
    REGSET,
    (bench) => {
      readsPrefix(bench, bench.tracee(), "NT_PRSTATUS", BLOCK_SIZE);
    },
  );
  fact(
    "GETREGSET(NT_PRSTATUS) of a length that is no multiple of 8 is EINVAL, and writes nothing",
    REGSET,
    (bench) => {
      refusesParts(bench, bench.tracee(), "NT_PRSTATUS", [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1]);
    },
  );
  fact(
    "GETREGSET(NT_PRFPREG) writes as many words as the iovec has room for, and sets its length",
    REGSET,
    (bench) => {
      readsPrefix(bench, bench.tracee(), "NT_PRFPREG", FXSAVE_SIZE);
    },
  );
  fact(
    "GETREGSET(NT_PRFPREG) of a length that is no multiple of 8 is EINVAL, and writes nothing",
    REGSET,
    (bench) => {
      refusesParts(bench, bench.tracee(), "NT_PRFPREG", [1, 4, 108, 511, 513]);
    },
  );
  const XSTATE = "xstateregs_get, arch/x86/kernel/fpu/regset.c";
  fact(
    "GETREGSET(NT_X86_XSTATE) writes as many words as the iovec has room for, and sets its length",
    XSTATE,
    (bench) => {
      if (!hasXstate(bench)) return;
      readsPrefix(bench, bench.tracee(), "NT_X86_XSTATE", bench.machine.xstateLength);
    },
  );
  fact(
    "GETREGSET(NT_X86_XSTATE) of a length that is no multiple of 8 is EINVAL, and writes nothing",
    REGSET,
    (bench) => {
      if (!hasXstate(bench)) return;
      refusesParts(bench, bench.tracee(), "NT_X86_XSTATE", [1, 4, 511, 513, 577]);
    },
  );
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
    (bench) => {
      const tracee = bench.tracee();
      for (const length of [8, 8192]) {
        const expected = { result: "ENXIO", length, written: 0 };
        bench.check(`${length} bytes`, tracee.regset("NT_386_IOPERM", length), expected);
      }
    },
  );
  fact(
    "GETREGSET(NT_X86_SHSTK) of a task without a shadow stack is ENODEV",
    "ssp_get, arch/x86/kernel/fpu/regset.c",
    (bench) => {
      const tracee = bench.tracee();
      const answer = tracee.regset("NT_X86_SHSTK", 8);
      if (answer.result === "EINVAL")
        return bench.skip("", "the kernel does not have this note type");
      bench.check("8 bytes", answer, { result: "ENODEV", length: 8, written: 0 });
      bench.check("4 bytes", tracee.regset("NT_X86_SHSTK", 4), { result: "EINVAL", written: 0 });
    },
  );
  fact(
    "GETREGSET of an unknown note type is EINVAL, and of those of 32-bit programs",
    "find_regset, kernel/ptrace.c",
    (bench) => {
      const tracee = bench.tracee();
      const unknown = [0, 3, 4, 6, 0x100, 0x203, 0x400, 0x4649_4c45, 2 ** 32 - 1];
      for (const note of [...unknown, "NT_386_TLS", "NT_PRXFPREG"] as const) {
        for (const length of [0, 8, 48]) {
          const expected = { result: "EINVAL", length, written: 0 };
          bench.check(`note ${note}, ${length} bytes`, tracee.regset(note, length), expected);
        }
      }
    },
  );
  fact("Of a note type 32 bits count", REGSET, (bench) => {
    const answer = bench.tracee().regset((1n << 32n) + 1n, 8);
    bench.check("0x100000001", answer, { result: 0, length: 8, written: 8 });
  });
  fact("An iovec at, or for, an address that is not mapped is EFAULT", REGSET, (bench) => {
    const tracee = bench.tracee();
    const get = (vector: number) => tracee.request("GETREGSET", 1, vector);
    bench.check("the iovec", { result: get(NOWHERE) }, { result: "EFAULT" });
    bench.check("its memory", tracee.memory.badVector(NOWHERE, 8n, get), { result: "EFAULT" });
    bench.check("no bytes", tracee.memory.badVector(NOWHERE, 0n, get), { result: 0 });
    const part = tracee.memory.badVector(NOWHERE, 4n, get);
    bench.check("a refused length", part, { result: "EINVAL" });
  });
  fact("SETREGSET sets the length of the iovec to what it has written", REGSET, (bench) => {
    const tracee = bench.tracee();
    const { bytes } = tracee.read("GETREGS");
    for (const [length, expected] of [
      [0, 0],
      [16, 16],
      [216, 216],
      [280, 216],
    ] as const) {
      const seen = tracee.setRegset("NT_PRSTATUS", bytes.subarray(0, length));
      bench.check(`${length} bytes`, seen, { result: 0, length: expected });
    }
    const refused = tracee.setRegset("NT_PRSTATUS", bytes.subarray(0, 12));
    bench.check("12 bytes", refused, { result: "EINVAL", length: 12 });
  });
  const VIEW = "task_user_regset_view, arch/x86/kernel/ptrace.c";
  fact(
    "With cs = 0x23 GETREGSET has the note types and sizes of 32-bit programs",
    VIEW,
    (bench) => {
      const tracee = compat(bench);
      if (tracee === undefined) return;
      for (const [note, size] of [
        ...([
          ["NT_PRSTATUS", 68],
          ["NT_PRFPREG", 108],
          ["NT_PRXFPREG", 512],
        ] as const),
        ["NT_386_TLS", 48],
      ] as const) {
        const expected = { result: 0, length: size, written: size };
        bench.check(`${note}, 4080 bytes`, tracee.regset(note, 4080), expected);
      }
      const part = { result: 0, length: 4, written: 4 };
      bench.check("NT_PRSTATUS, 4 bytes", tracee.regset("NT_PRSTATUS", 4), part);
      const parts = { result: "EINVAL", written: 0 };
      bench.check("NT_PRSTATUS, 6 bytes", tracee.regset("NT_PRSTATUS", 6), parts);
      const word = new DataView(tracee.regset("NT_PRSTATUS", 4).bytes.buffer).getUint32(0, true);
      bench.check("its first word is ebx", { ebx: word }, { ebx: 1 });
    },
  );
  fact(
    "With cs = 0x23 GETREGS and PEEKUSER keep their 64-bit form",
    "arch_ptrace, arch/x86/kernel/ptrace.c",
    (bench) => {
      const tracee = compat(bench);
      if (tracee === undefined) return;
      bench.check("GETREGS", tracee.read("GETREGS"), { result: 0, written: BLOCK_SIZE });
      bench.check("rbx", { rbx: tracee.register("rbx") }, { rbx: 0xb0b0_0000_0000_0001n });
    },
  );
  fact(
    "GETREGS writes what GETREGSET(NT_PRSTATUS) does, at each stop",
    "copy_regset_to_user, kernel/regset.c",
    (bench) => {
      for (const where of WHERES) {
        const tracee = bench.tracee(where);
        const [all, set] = [tracee.read("GETREGS"), tracee.regset("NT_PRSTATUS", BLOCK_SIZE)];
        const seen = { ...all, differs: differsAt(all, set, BLOCK_SIZE) };
        bench.check(where, seen, { result: 0, written: BLOCK_SIZE, differs: "nowhere" });
      }
    },
  );
  fact(
    "GETFPREGS writes what GETREGSET(NT_PRFPREG) does, at each stop",
    "copy_regset_to_user, kernel/regset.c",
    (bench) => {
      for (const where of WHERES) {
        const tracee = bench.tracee(where);
        const [all, set] = [tracee.read("GETFPREGS"), tracee.regset("NT_PRFPREG", FXSAVE_SIZE)];
        const seen = { ...all, differs: differsAt(all, set, FXSAVE_SIZE) };
        bench.check(where, seen, { result: 0, written: FXSAVE_SIZE, differs: "nowhere" });
      }
    },
  );
  fact(
    "GETREGS and GETFPREGS to an address that is not mapped are EFAULT",
    "copy_regset_to_user, kernel/regset.c",
    (bench) => {
      const tracee = bench.tracee();
      for (const request of ["GETREGS", "GETFPREGS"] as const) {
        const result = tracee.request(request, 0, NOWHERE);
        bench.check(request, { result }, { result: "EFAULT" });
      }
    },
  );
});
