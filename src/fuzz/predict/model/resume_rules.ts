import type { RuleEntry } from "./rule.ts";

const SI_KERNEL = 128n;
const [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] = [4n, 5n, 7n, 8n, 11n];

/** A set of signals as the kernel has it. */
const signals = (...numbers: number[]): bigint =>
  numbers.reduce((set, number) => set | (1n << BigInt(number - 1)), 0n);

/** Resuming, and the next stop. */
export const RESUME_RULES = {
  R1: {
    text: "A request to resume takes no signal above {most}: errno {errno}.",
    source: "ptrace_request, kernel/ptrace.c: valid_signal",
    values: { most: 64n, errno: 5n },
  },
  R2: {
    text: "The signal given at a signal's stop is delivered, or stays pending where it is blocked.",
    source: "ptrace_signal, kernel/signal.c",
    values: {},
  },
  R3: {
    text: "SIGCHLD, SIGCONT, SIGURG and SIGWINCH ({set}) do nothing where they have no handler.",
    source: "sig_kernel_ignore, include/linux/signal.h",
    values: { set: signals(17, 18, 23, 28) },
  },
  R4: {
    text: "SIGTSTP, SIGTTIN and SIGTTOU ({set}) do nothing in an orphaned process group, as a stub's is.",
    source: "get_signal, kernel/signal.c",
    values: { set: signals(20, 21, 22) },
  },
  R5: {
    text: "SIGSTOP ({signal}) stops the process, and such a stop has no siginfo.",
    source: "do_signal_stop, kernel/signal.c",
    values: { signal: 19n },
  },
  R6: {
    text: "Signals {set} have a handler, which is entered.",
    source: "the target: SIGUSR1 and SIGUSR2",
    values: { set: signals(10, 12) },
  },
  R7: {
    text: "The signal given at a group-stop is not looked at.",
    source: "do_jobctl_trap, kernel/signal.c",
    values: {},
  },
  R8: {
    text: "The signal given at another stop is sent: there is a stop for it, si_code {code}, before anything runs.",
    source: "ptrace_report_syscall, include/linux/ptrace.h",
    values: { code: SI_KERNEL },
  },
  R9: {
    text: "SIGKILL ({signal}) ends the process.",
    source: "complete_signal, kernel/signal.c",
    values: { signal: 9n },
  },
  R10: {
    text: "On the way out of a stop by a signal a call is made again if rax is {first} to {last} (-ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND): rax = orig_rax, and rip goes back by {size}, wherever it is.",
    source: "arch_do_signal_or_restart, arch/x86/kernel/signal.c",
    values: { first: -514n, last: -512n, size: 2n },
  },
  R11: {
    text: "If rax is {code} (-ERESTART_RESTARTBLOCK), rax = {call}, restart_syscall, and rip goes back by {size}.",
    source: "arch_do_signal_or_restart, arch/x86/kernel/signal.c",
    values: { code: -516n, call: 219n, size: 2n },
  },
  R12: {
    text: "Nothing is made again where the low half of orig_rax is {none}.",
    source: "syscall_get_nr, arch/x86/include/asm/syscall.h",
    values: { none: 0xffff_ffffn },
  },
  R13: {
    text: "Where a handler is entered, rax of {noHand} and {block} becomes {result}, -EINTR.",
    source: "handle_signal, arch/x86/kernel/signal.c",
    values: { noHand: -514n, block: -516n, result: -4n },
  },
  R14: {
    text: "Where a handler is entered, rax of {code} (-ERESTARTSYS) becomes {result}, -EINTR, unless the handler's signal ({restart}) has SA_RESTART.",
    source: "handle_signal, arch/x86/kernel/signal.c",
    values: { code: -512n, result: -4n, restart: 12n },
  },
  R15: {
    text: "Where a handler is entered, a call is made again after it where rax is still {noIntr} or {sys} (-ERESTARTNOINTR, -ERESTARTSYS): rax = orig_rax, and rip goes back by {size}.",
    source: "handle_signal, arch/x86/kernel/signal.c",
    values: { noIntr: -513n, sys: -512n, size: 2n },
  },
  R16: {
    text: "A signal's frame begins {zone} bytes below rsp: the red zone.",
    source: "get_sigframe, arch/x86/kernel/signal.c",
    values: { zone: 128n },
  },
  R17: {
    text: "Below it lies the XSAVE area with {magic} bytes behind it, aligned to {alignment}.",
    source: "fpu__alloc_mathframe, arch/x86/kernel/fpu/signal.c",
    values: { magic: 4n, alignment: 64n },
  },
  R18: {
    text: "Below that lies struct rt_sigframe of {size} bytes, aligned to {alignment} and {less} less.",
    source: "get_sigframe, arch/x86/kernel/signal.c",
    values: { size: 440n, alignment: 16n, less: 8n },
  },
  R19: {
    text: "If the frame cannot be written, the signal is SIGSEGV ({signal}) instead, si_code {code}.",
    source: "signal_setup_done, kernel/signal.c",
    values: { signal: SIGSEGV, code: SI_KERNEL },
  },
  R20: {
    text: "A handler is entered with rsp at the frame, rdi = the signal, rsi = the frame + {info}, rdx = the frame + {context}, rax = 0.",
    source: "x64_setup_rt_frame, arch/x86/kernel/signal_64.c",
    values: { info: 312n, context: 8n },
  },
  R21: {
    text: "A handler is entered with cs = {cs}, and with ss = {ss} where it was none that can be used.",
    source: "x64_setup_rt_frame, arch/x86/kernel/signal_64.c: force_valid_ss",
    values: { cs: 0x33n, ss: 0x2bn },
  },
  R22: {
    text: "A handler is entered without TF, DF and RF ({cleared}).",
    source: "handle_signal, arch/x86/kernel/signal.c",
    values: { cleared: 0x1_0500n },
  },
  R23: {
    text: "The frame has the registers as they were, cs and ss as bits 0 and {shift} of a word, and 0 for fs and gs.",
    source: "__unsafe_setup_sigcontext, arch/x86/kernel/signal_64.c",
    values: { shift: 48n },
  },
  R24: {
    text: "Under a single-step there is a stop by SIGTRAP ({signal}), si_code {code}, as soon as the handler is entered.",
    source: "signal_setup_done, kernel/signal.c",
    values: { signal: SIGTRAP, code: 5n },
  },
  R25: {
    text: "ds, es, fs and gs that name no segment to read ({code32}, {data}, {code}, {processor}) become 0, but for those up to {none}.",
    source: "loadsegment, arch/x86/include/asm/segment.h",
    values: { none: 3n, code32: 0x23n, data: 0x2bn, code: 0x33n, processor: 0x7bn },
  },
  R26: {
    text: "cs other than {code} and {code32} cannot be returned to: SIGSEGV ({signal}), si_code {si}.",
    source: "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c",
    values: { code: 0x33n, code32: 0x23n, signal: SIGSEGV, si: SI_KERNEL },
  },
  R27: {
    text: "ss other than {data} cannot be returned with: SIGSEGV ({signal}), si_code {si}.",
    source: "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c",
    values: { data: 0x2bn, signal: SIGSEGV, si: SI_KERNEL },
  },
  R28: {
    text: "rip that is not canonical (of {bits} bits) cannot be returned to: SIGSEGV ({signal}), si_code {si}.",
    source: "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c",
    feature: "!la57",
    values: { bits: 47n, signal: SIGSEGV, si: SI_KERNEL },
  },
  R29: {
    text: "In 32-bit code (cs = {code32}) rsp is cut to 32 bits.",
    source: "measured",
    values: { code32: 0x23n },
  },
  R62: {
    text: "rip above 32 bits cannot be returned to with cs = {code32}: SIGSEGV ({signal}), si_code {si}.",
    source: "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c",
    values: { code32: 0x23n, signal: SIGSEGV, si: SI_KERNEL },
  },
  R63: {
    text: "ds, es, fs and gs up to {none} become 0 when a program is returned to by IRET.",
    source: "IRET, SDM volume 2",
    values: { none: 3n },
  },
  R64: {
    text: "DIV that is done sets AF ({set}), clears PF, ZF and SF ({cleared}), and keeps CF and OF.",
    source: "measured, family 26",
    feature: "amd",
    values: { set: 0x10n, cleared: 0xc4n },
  },
  R30: {
    text: "The number of a call is the low half of orig_rax; all but the harmless calls answer {result}, -ENOSYS.",
    source: "the target's filter",
    values: { result: -38n },
  },
  R31: {
    text: "sched_yield ({call}) answers {result}.",
    source: "kernel/sched/syscalls.c",
    values: { call: 24n, result: 0n },
  },
  R32: {
    text: "restart_syscall ({call}) answers {result}, -EINTR, where nothing is to be restarted.",
    source: "do_no_restart_syscall, kernel/signal.c",
    values: { call: 219n, result: -4n },
  },
  R33: {
    text: "A call that SYSEMU stopped is not run, however the stub is resumed: rax stays.",
    source: "syscall_trace_enter, kernel/entry/common.c",
    values: {},
  },
  R34: {
    text: "PTRACE_SYSCALL stops on the way out of a call: SIGTRAP and {bit}.",
    source: "syscall_exit_work, kernel/entry/common.c",
    values: { bit: 0x80n },
  },
  R35: {
    text: "A single-step on the way out of a call traps before anything else runs: SIGTRAP ({signal}), si_code {code}, TRAP_BRKPT, si_addr = rip.",
    source: "user_single_step_report, arch/x86/kernel/ptrace.c",
    values: { signal: SIGTRAP, code: 1n },
  },
  R36: {
    text: "PTRACE_SYSEMU_SINGLESTEP does not trap there.",
    source: "report_single_step, kernel/entry/common.c",
    values: {},
  },
  R37: {
    text: "SYSCALL puts rip into rcx and rax into orig_rax.",
    source: "SYSCALL, SDM volume 2; entry_SYSCALL_64, arch/x86/entry/entry_64.S",
    values: {},
  },
  R38: {
    text: "SYSCALL puts eflags without RF ({without}) into r11, a single-step's TF among them, and that is what is returned to.",
    source: "SYSCALL, SDM volume 2",
    values: { without: 0x1_0000n },
  },
  R39: {
    text: "PTRACE_SYSCALL, PTRACE_SYSEMU and PTRACE_SYSEMU_SINGLESTEP stop on the way into a call: SIGTRAP and {bit}, rax = {result}, -ENOSYS.",
    source: "syscall_trace_enter, kernel/entry/common.c",
    values: { bit: 0x80n, result: -38n },
  },
  R40: {
    text: "With TF ({flag}) in eflags there is SIGTRAP ({signal}), si_code {code}, TRAP_TRACE, si_addr = rip, after an instruction.",
    source: "exc_debug_user, arch/x86/kernel/traps.c",
    values: { signal: SIGTRAP, code: 2n, flag: 0x100n },
  },
  R41: {
    text: "TF ({flag}) that a request set is not seen at the stop.",
    source: "get_flags, arch/x86/kernel/ptrace.c: TIF_FORCED_TF",
    values: { flag: 0x100n },
  },
  R42: {
    text: "After a call the first trap is that after the next instruction.",
    source: "SYSCALL and IRET, SDM volume 2",
    values: {},
  },
  R43: {
    text: "INT3: SIGTRAP ({signal}), si_code {code}, rip after it.",
    source: "exc_int3, arch/x86/kernel/traps.c",
    values: { signal: SIGTRAP, code: SI_KERNEL },
  },
  R44: {
    text: "UD2: SIGILL ({signal}), si_code {code}, ILL_ILLOPN, si_addr = rip.",
    source: "handle_invalid_op, arch/x86/kernel/traps.c",
    values: { signal: SIGILL, code: 2n },
  },
  R45: {
    text: "HLT, and a selector or an address that is refused: SIGSEGV ({signal}), si_code {code}, si_addr 0.",
    source: "exc_general_protection, arch/x86/kernel/traps.c",
    values: { signal: SIGSEGV, code: SI_KERNEL },
  },
  R46: {
    text: "DIV by 0, or of too much: SIGFPE ({signal}), si_code {code}, FPE_INTDIV, si_addr = rip.",
    source: "exc_divide_error, arch/x86/kernel/traps.c",
    values: { signal: SIGFPE, code: 1n },
  },
  R47: {
    text: "What is not mapped: SIGSEGV ({signal}), si_code {code}, SEGV_MAPERR, si_addr = the address.",
    source: "do_user_addr_fault, arch/x86/mm/fault.c",
    values: { signal: SIGSEGV, code: 1n },
  },
  R48: {
    text: "What may not be written, or not be run: SIGSEGV ({signal}), si_code {code}, SEGV_ACCERR, si_addr = the address.",
    source: "access_error, arch/x86/mm/fault.c",
    values: { signal: SIGSEGV, code: 2n },
  },
  R49: {
    text: "An access by rsp that is not canonical: SIGBUS ({signal}), si_code {code}, si_addr 0.",
    source: "exc_stack_segment, arch/x86/kernel/traps.c",
    values: { signal: SIGBUS, code: SI_KERNEL },
  },
  R50: {
    text: "With AC ({flag}) in eflags an access that is not aligned: SIGBUS ({signal}), si_code {code}, BUS_ADRALN, si_addr 0, mapped or not.",
    source:
      "exc_alignment_check, arch/x86/kernel/traps.c; that it comes before a page's fault: measured",
    values: { flag: 0x4_0000n, signal: SIGBUS, code: 1n },
  },
  R51: {
    text: "A fault of an instruction sets RF ({flag}).",
    source: "SDM volume 3, 18.3.1.1",
    values: { flag: 0x1_0000n },
  },
  R52: {
    text: "An instruction that is done clears RF ({flag}).",
    source: "SDM volume 3, 18.3.1.1",
    values: { flag: 0x1_0000n },
  },
  R53: {
    text: "What is no call leaves orig_rax = {none}.",
    source: "arch/x86/entry/entry_64.S",
    values: { none: -1n },
  },
  R54: {
    text: "An access over the end of a page faults where the next page begins, pages having {size} bytes.",
    source: "measured",
    values: { size: 4096n },
  },
  R55: {
    text: "After MOV SS there is no trap, nor after INT3.",
    source: "MOV, SDM volume 2",
    values: {},
  },
  R56: {
    text: "MOV SS takes {data} only.",
    source: "MOV, SDM volume 2",
    values: { data: 0x2bn },
  },
  R57: {
    text: "In 32-bit code an access by ds wants ds = {data}, or to read {code} or {code32}; with others the signal is that of HLT.",
    source: "SDM volume 3, 6.15",
    values: { data: 0x2bn, code: 0x33n, code32: 0x23n },
  },
  R58: {
    text: "INT 0x80 is a 32-bit call: orig_rax = the low half of rax, and the filter answers {result}, -ENOSYS.",
    source: "do_int80_emulation, arch/x86/entry/syscall_32.c",
    feature: "ia32",
    values: { result: -38n },
  },
  R59: {
    text: "RDFSBASE and RDGSBASE read what was written as fs_base and gs_base, whatever fs and gs are.",
    source: "x86_fsgsbase_load, arch/x86/kernel/process_64.c",
    feature: "fsgsbase",
    values: {},
  },
  R60: {
    text: "What jumps to itself never stops.",
    source: "the catalogue of code",
    values: {},
  },
  R61: {
    text: "With five levels of page tables rip that is not canonical (of {bits} bits) cannot be returned to: SIGSEGV ({signal}), si_code {si}.",
    source: "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c",
    feature: "la57",
    values: { bits: 56n, signal: SIGSEGV, si: SI_KERNEL },
  },
  R65: {
    text: "A signal of the kernel's like SIGSEGV that is blocked and pending comes in the place of one that an instruction raises, si_code {code}.",
    source: "dequeue_synchronous_signal, kernel/signal.c",
    values: { code: SI_KERNEL },
  },
  R67: {
    text: "With rcx = rip, r11 = eflags, cs = {cs}, ss = {ss}, no TF and no RF ({flags}) and rip below {limit} a call returns by SYSRET, which leaves selectors as they are.",
    source: "do_syscall_64, arch/x86/entry/syscall_64.c",
    values: { cs: 0x33n, ss: 0x2bn, flags: 0x1_0100n, limit: 0x7fff_ffff_f000n },
  },
  R68: {
    text: "The filter does not see uprobe ({call}), which answers {result}, -ENXIO, to who is no probe.",
    source: "seccomp_uprobe_exception, kernel/seccomp.c; uprobe, arch/x86/kernel/uprobes.c",
    feature: "uprobe",
    since: "6.18",
    values: { call: 336n, result: -6n },
  },
  R69: {
    text: "In 32-bit code an access over the end of 4 GB is like one that is not canonical.",
    source: "SDM volume 3, 6.15",
    values: {},
  },
  R70: {
    text: "The filter does not see uretprobe ({call}), which sends SIGILL ({signal}) to who is no probe, si_code {code}, and answers {result}.",
    source: "seccomp_uprobe_exception, kernel/seccomp.c; uretprobe, arch/x86/kernel/uprobes.c",
    feature: "uretprobe",
    since: "6.14",
    values: { call: 335n, signal: SIGILL, code: SI_KERNEL, result: -1n },
  },
  R71: {
    text: "OR and TEST clear AF ({flag}), which the manual leaves undefined.",
    source: "measured",
    values: { flag: 0x10n },
  },
  R72: {
    text: "In 32-bit code POP ES takes the selectors {code32}, {data}, {code} and {processor}, whatever privilege they ask for, and those up to {none}; others are refused like HLT.",
    source: "POP, SDM volume 2",
    values: { none: 3n, code32: 0x23n, data: 0x2bn, code: 0x33n, processor: 0x7bn },
  },
} as const satisfies Readonly<Record<string, RuleEntry>>;
