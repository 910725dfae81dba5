import { placeOf } from "../../../case/amd64/code.ts";
import { by, type Expectation, each, refusal, setupFacts } from "../../fact.ts";
import type { Words } from "../../words.ts";
import { sigreturn } from "../setups.ts";
import { BAD_IRET } from "../sources.ts";

const NOPS = placeOf("nops");
const END = NOPS + 17n;
const UC_STRICT_RESTORE_SS = 4;
const RESTORE = "restore_sigcontext, arch/x86/kernel/signal_64.c";
const GENERAL = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi rsp".split(" ");
const WORDS = Object.fromEntries(GENERAL.map((name, i) => [name, (0xabcn << 52n) + BigInt(i)]));
/** Flags of which none is restored, and others. */
const CLEARED = [0n, 0x4202n, 0x1_0000_3202n, 0x20_0202n];
const RESTORED = [0x203n, 0x206n, 0x212n, 0x242n, 0x282n, 0x602n, 0xa02n, 0x40202n];
const RESTARTS = [-512n, -513n, -514n, -516n];
/** Selectors of no writable data segment. */
const UNUSABLE = [0n, 3n, 0x23n, 0x33n, 0xffffn];

const go = (words: Words, ucFlags = 0) => sigreturn(words, "nops", ucFlags);
const trap = (stopped: Words): Expectation => ({ stop: "SIGTRAP", code: "SI_KERNEL", stopped });

export const rtSigreturn = setupFacts("rt_sigreturn", {
  "rt_sigreturn restores the general registers and rip": [
    by(RESTORE, "S1"),
    ["", go(WORDS), trap({ ...WORDS, rip: END })],
  ],
  "rt_sigreturn sets RPL 3 in cs and ss, and refuses none": [
    by(RESTORE, "S2"),
    ["cs = 0x30", go({ cs: 0x30n }), trap({ cs: 0x33n })],
    ["ss = 0x28", go({ ss: 0x28n }), trap({ ss: 0x2bn })],
    ["cs = 0x10", go({ cs: 0x10n }), refusal({ rip: NOPS, cs: 0x13n })],
    ["cs = 0", go({ cs: 0n }), refusal({ rip: NOPS, cs: 3n })],
  ],
  "Without UC_STRICT_RESTORE_SS an ss that is not a writable data segment becomes 0x2b": [
    by("force_valid_ss, arch/x86/kernel/signal_64.c", "S3"),
    ...each("%", UNUSABLE, (ss) => [go({ ss }), trap({ ss: 0x2bn })]),
  ],
  "With UC_STRICT_RESTORE_SS an ss that is not a data segment is SIGSEGV at the return": [
    by(RESTORE, "S2 R27"),
    ...each("%", UNUSABLE, (ss) => [
      go({ ss }, UC_STRICT_RESTORE_SS),
      refusal({ rip: NOPS, ss: ss | 3n }),
    ]),
  ],
  "rt_sigreturn restores the flags of PTRACE_SETREGS, without NT": [
    by("FIX_EFLAGS, arch/x86/include/asm/sighandling.h", "S4"),
    ...each("%", CLEARED, (eflags) => [go({ eflags }), trap({ eflags: 0x202n })]),
    ...each("%", RESTORED, (eflags) => [go({ eflags }), trap({ eflags })]),
  ],
  "After rt_sigreturn nothing restarts": [
    by(RESTORE, "S5"),
    ...each("%", RESTARTS, (rax) => [go({ rax, orig_rax: 24n }), trap({ rax, rip: END })]),
  ],
  "rt_sigreturn to a rip that is not canonical is SIGSEGV, SI_KERNEL": [
    by(BAD_IRET, "S1"),
    ["", go({ rip: 1n << 62n }), refusal({ rip: 1n << 62n })],
  ],
});
