import { BLOCK_SIZE } from "../../case/case_members.ts";
import { requestFacts } from "../fact.ts";
import { ARCH_PTRACE, REGSET } from "../sources.ts";
import { differsAt, intAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { type Tracee, WHERES } from "./tracee.ts";

const COPY = "copy_regset_to_user, kernel/regset.c";
/** Requests that read a whole set, and its note type and size. */
const WHOLE = [
  ["GETREGS", "NT_PRSTATUS", BLOCK_SIZE],
  ["GETFPREGS", "NT_PRFPREG", 512],
] as const;
/** Note types of 32-bit tracees, and their sizes. */
const COMPAT = [
  ...([
    ["NT_PRSTATUS", 68],
    ["NT_PRFPREG", 108],
    ["NT_PRXFPREG", 512],
  ] as const),
  ["NT_386_TLS", 48],
] as const;
const RBX = 0xb0b0_0000_0000_0001n;

/** Whether a tracee was led to 32-bit code; if the kernel does not run it, the check is skipped. */
function toCompat(bench: Bench, tracee: Tracee): boolean {
  const runs = bench.machine.features.includes("ia32");
  if (runs) tracee.set({ cs: 0x23n, rbx: RBX, rax: 7n, rsp: 0x1000_7000n }, "int3");
  else bench.skip("", "the kernel does not run 32-bit programs");
  return runs;
}

export const getregs = requestFacts("GETREGS, GETFPREGS", (fact) => {
  for (const [request, note, size] of WHOLE) {
    fact(`${request} writes what GETREGSET(${note}) does, at each stop`, COPY, (bench) => {
      for (const where of WHERES) {
        const tracee = bench.tracee(where);
        const [all, set] = [tracee.read(request), tracee.regset(note, size)];
        const seen = { ...all, differs: differsAt(all, set, size) };
        bench.check(where, seen, { result: 0, written: size, differs: "nowhere" });
      }
    });
    fact(`${request} to an address that is not mapped is EFAULT`, COPY, (bench, tracee) => {
      bench.check("", { result: tracee.request(request, 0, NOWHERE) }, { result: "EFAULT" });
    });
  }
  fact("SETREGSET sets the length of the iovec to what it has written", REGSET, (bench, tracee) => {
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
  fact(
    "With cs = 0x23 GETREGSET has the note types and sizes of 32-bit programs",
    "task_user_regset_view, arch/x86/kernel/ptrace.c",
    (bench, tracee) => {
      if (!toCompat(bench, tracee)) return;
      for (const [note, size] of COMPAT) {
        const expected = { result: 0, length: size, written: size };
        bench.check(`${note}, 4080 bytes`, tracee.regset(note, 4080), expected);
      }
      const part = tracee.regset("NT_PRSTATUS", 4);
      const seen = { ...part, ebx: intAt(part, 0) };
      bench.check("NT_PRSTATUS, 4 bytes", seen, { result: 0, length: 4, written: 4, ebx: 1 });
      const refused = { result: "EINVAL", written: 0 };
      bench.check("NT_PRSTATUS, 6 bytes", tracee.regset("NT_PRSTATUS", 6), refused);
    },
  );
  fact("With cs = 0x23 GETREGS keeps its 64-bit form", ARCH_PTRACE, (bench, tracee) => {
    if (!toCompat(bench, tracee)) return;
    const seen = { ...tracee.read("GETREGS"), rbx: tracee.register("rbx") };
    bench.check("", seen, { result: 0, written: BLOCK_SIZE, rbx: RBX });
  });
});
