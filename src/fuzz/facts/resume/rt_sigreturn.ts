import { placeOf } from "../../case/code.ts";
import { by, type Expectation, type Row, SI_KERNEL, setupFacts } from "../fact.ts";
import { show, sigreturn, type Words } from "../setups.ts";

const NOPS = placeOf("nops");
const UC_STRICT_RESTORE_SS = 4;
const RESTORE = "restore_sigcontext, arch/x86/kernel/signal_64.c";
const GENERAL = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi rsp".split(" ");

const trap = (stopped: Words): Expectation => ({ stop: "SIGTRAP", code: SI_KERNEL, stopped });
const refused = (stopped: Words): Expectation => {
  return { stop: "SIGSEGV", code: SI_KERNEL, address: 0n, stopped: { rip: NOPS, ...stopped } };
};

export const rtSigreturn = setupFacts("rt_sigreturn", (fact) => {
  const words = Object.fromEntries(
    GENERAL.map((name, i) => [name, 0xabc0_0000_0000_0000n + BigInt(i)]),
  );
  fact("rt_sigreturn restores the general registers and rip", by(RESTORE, "S1"), [
    "",
    sigreturn(words, "nops"),
    trap({ ...words, rip: NOPS + 17n }),
  ]);
  fact(
    "rt_sigreturn sets RPL 3 in cs and ss, and refuses none",
    by(RESTORE, "S2"),
    ["cs = 0x30", sigreturn({ cs: 0x30n }, "nops"), trap({ cs: 0x33n })],
    ["ss = 0x28", sigreturn({ ss: 0x28n }, "nops"), trap({ ss: 0x2bn })],
    ["cs = 0x10", sigreturn({ cs: 0x10n }, "nops"), refused({ cs: 0x13n })],
    ["cs = 0", sigreturn({ cs: 0n }, "nops"), refused({ cs: 3n })],
  );
  const unusable = [0n, 3n, 0x23n, 0x33n, 0xffffn];
  fact(
    "Without UC_STRICT_RESTORE_SS an ss that is not a writable data segment becomes 0x2b",
    by("force_valid_ss, arch/x86/kernel/signal_64.c", "S3"),
    ...unusable.map((ss): Row => [show(ss), sigreturn({ ss }, "nops"), trap({ ss: 0x2bn })]),
  );
  fact(
    "With UC_STRICT_RESTORE_SS an ss that is not a data segment is SIGSEGV at the return",
    by(RESTORE, "S2 R27"),
    ...unusable.map((ss): Row => {
      return [show(ss), sigreturn({ ss }, "nops", UC_STRICT_RESTORE_SS), refused({ ss: ss | 3n })];
    }),
  );
  fact(
    "rt_sigreturn restores the flags of PTRACE_SETREGS, without NT",
    by("FIX_EFLAGS, arch/x86/include/asm/sighandling.h", "S4"),
    ...[0n, 0x4202n, 0x1_0000_3202n, 0x20_0202n].map((eflags): Row => {
      return [show(eflags), sigreturn({ eflags }, "nops"), trap({ eflags: 0x202n })];
    }),
    ...[0x203n, 0x206n, 0x212n, 0x242n, 0x282n, 0x602n, 0xa02n, 0x40202n].map((eflags): Row => {
      return [show(eflags), sigreturn({ eflags }, "nops"), trap({ eflags })];
    }),
  );
  fact(
    "After rt_sigreturn nothing restarts",
    by(RESTORE, "S5"),
    ...[-512n, -513n, -514n, -516n].map((rax): Row => {
      return [show(rax), sigreturn({ rax, orig_rax: 24n }, "nops"), trap({ rax, rip: NOPS + 17n })];
    }),
  );
  fact(
    "rt_sigreturn to a rip that is not canonical is SIGSEGV, SI_KERNEL",
    by("fixup_bad_iret, arch/x86/kernel/traps.c", "S1"),
    [
      "",
      sigreturn({ rip: 1n << 62n }, "nops"),
      { stop: "SIGSEGV", code: SI_KERNEL, address: 0n, stopped: { rip: 1n << 62n } },
    ],
  );
});
