import { BLOCK_SIZE } from "../../case/case_members.ts";
import { ARCH_PTRACE, REGSET } from "../sources.ts";
import { answers, differsAt, intAt, refused } from "./answer.ts";
import {
  at,
  each,
  type Requests,
  regset,
  request,
  requestFacts,
  requires,
  type Step,
} from "./bench.ts";
import { NOWHERE, type Note, type NoteName, type Request } from "./numbers.ts";
import { type Tracee, WHERES } from "./tracee.ts";

const COPY = "copy_regset_to_user, kernel/regset.c";
/** Note types of 32-bit tracees, and their sizes. */
const COMPAT = { NT_PRSTATUS: 68, NT_PRFPREG: 108, NT_PRXFPREG: 512, NT_386_TLS: 48 };
const NOTES = ["NT_PRSTATUS", "NT_PRFPREG", "NT_PRXFPREG", "NT_386_TLS"] as const;
const RBX = 0xb0b0_0000_0000_0001n;

/** What is common to requests that read a whole set. */
const whole = (it: "GETREGS" | "GETFPREGS", note: NoteName, size: number): Requests => ({
  [`${it} writes what GETREGSET(${note}) does, at each stop`]: [
    COPY,
    ...each("%", WHERES, (where) => [
      at(where, (t) => sameSet(t, it, note, size)),
      answers(size, { differs: "nowhere" }),
    ]),
  ],
  [`${it} to an address that is not mapped is EFAULT`]: [
    COPY,
    ["", request(it, 0, NOWHERE), "EFAULT"],
  ],
});

function sameSet(tracee: Tracee, request: Request, note: Note, size: number) {
  const [all, set] = [tracee.read(request), tracee.regset(note, size)];
  return { ...all, differs: differsAt(all, set, size) };
}

const set = (tracee: Tracee, length: number) =>
  tracee.setRegset("NT_PRSTATUS", tracee.read("GETREGS").bytes.subarray(0, length));

/** Leads a tracee to 32-bit code. */
const toCompat: Step = (tracee) =>
  tracee.set({ cs: 0x23n, rbx: RBX, rax: 7n, rsp: 0x1000_7000n }, "int3");
const ebx = (tracee: Tracee) => {
  const part = tracee.regset("NT_PRSTATUS", 4);
  return { ...part, ebx: intAt(part, 0) };
};

export const getregs = requestFacts("GETREGS, GETFPREGS", {
  ...whole("GETREGS", "NT_PRSTATUS", BLOCK_SIZE),
  ...whole("GETFPREGS", "NT_PRFPREG", 512),
  "SETREGSET sets the length of the iovec to what it has written": [
    REGSET,
    ...each("% bytes", [0, 16, 216], (n) => [(t) => set(t, n), { result: 0, length: n }]),
    ["280 bytes", (t) => set(t, 280), { result: 0, length: 216 }],
    ["12 bytes", (t) => set(t, 12), { result: "EINVAL", length: 12 }],
  ],
  "With cs = 0x23 GETREGSET has the note types and sizes of 32-bit programs": [
    "task_user_regset_view, arch/x86/kernel/ptrace.c",
    requires("32-bit calls"),
    toCompat,
    ...each("%, 4080 bytes", NOTES, (note) => [
      regset(note, 4080),
      answers(COMPAT[note], { length: COMPAT[note] }),
    ]),
    ["NT_PRSTATUS, 4 bytes", ebx, answers(4, { length: 4, ebx: 1 })],
    ["NT_PRSTATUS, 6 bytes", regset("NT_PRSTATUS", 6), refused("EINVAL")],
  ],
  "With cs = 0x23 GETREGS keeps its 64-bit form": [
    ARCH_PTRACE,
    requires("32-bit calls"),
    toCompat,
    ["", (t) => ({ ...t.read("GETREGS"), rbx: t.register("rbx") }), answers(216, { rbx: RBX })],
  ],
});
