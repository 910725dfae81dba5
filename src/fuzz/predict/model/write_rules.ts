import type { RuleEntry } from "./rule.ts";

const EIO = 5n;
const EFAULT = 14n;
const EINVAL = 22n;
const ERANGE = 34n;

/** Writing registers, and reading them back. What no rule speaks of is taken as it is given. */
export const WRITE_RULES = {
  W1: {
    text: "Words are put in one after the other, r15 first; at the first that is refused the request ends, and those before it stay.",
    source: "genregs_set, arch/x86/kernel/ptrace.c",
    values: {},
  },
  W2: {
    text: "A selector is cut to its low bits ({mask}).",
    source: "set_segment_reg, arch/x86/kernel/ptrace.c",
    values: { mask: 0xffffn },
  },
  W3: {
    text: "A selector that is not 0 must ask for privilege level {level} (of {bits}), else errno {errno}.",
    source: "invalid_selector, arch/x86/kernel/ptrace.c",
    values: { level: 3n, bits: 3n, errno: EIO },
  },
  W4: {
    text: "cs and ss must not be 0, else errno {errno}.",
    source: "set_segment_reg, arch/x86/kernel/ptrace.c",
    values: { errno: EIO },
  },
  W5: {
    text: "fs_base and gs_base must be below {limit}, else errno {errno}.",
    source: "putreg, arch/x86/kernel/ptrace.c: TASK_SIZE_MAX",
    feature: "!la57",
    values: { limit: 0x7fff_ffff_f000n, errno: EIO },
  },
  W6: {
    text: "With five levels of page tables fs_base and gs_base must be below {limit}, else errno {errno}.",
    source: "putreg, arch/x86/kernel/ptrace.c: TASK_SIZE_MAX",
    feature: "la57",
    values: { limit: 0xff_ffff_ffff_f000n, errno: EIO },
  },
  W7: {
    text: "Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF and AC are written ({mask}); all else stays.",
    source: "set_flags, arch/x86/kernel/ptrace.c: FLAG_MASK",
    values: { mask: 0x54dd5n },
  },
  W8: {
    text: "The length given to SETREGSET must be a multiple of {size}, else errno {errno}.",
    source: "ptrace_regset, kernel/ptrace.c",
    values: { size: 8n, errno: EINVAL },
  },
  W9: {
    text: "SETREGSET writes the first words only, as many as the length has, and no more than {most} bytes.",
    source: "ptrace_regset, kernel/ptrace.c",
    values: { most: 216n },
  },
  W10: {
    text: "An offset given to POKEUSER must be a multiple of {size}, else errno {errno}.",
    source: "arch_ptrace, arch/x86/kernel/ptrace.c",
    values: { size: 8n, errno: EIO },
  },
  W11: {
    text: "An offset given to POKEUSER must be below {limit}, else errno {errno}.",
    source: "arch_ptrace, arch/x86/kernel/ptrace.c: sizeof(struct user)",
    values: { limit: 912n, errno: EIO },
  },
  W12: {
    text: "An offset from {begin} to the debug registers at {end} cannot be written: errno {errno}.",
    source: "arch_ptrace, arch/x86/kernel/ptrace.c",
    values: { begin: 216n, end: 848n, errno: EIO },
  },
  W13: {
    text: "The debug registers 4 and 5, at {begin} and before {end}, do not exist: errno {errno}.",
    source: "ptrace_set_debugreg, arch/x86/kernel/ptrace.c",
    values: { begin: 880n, end: 896n, errno: EIO },
  },
  W14: {
    text: "POKEUSER of several words ends at the first that is refused, and its index is told.",
    source: "arch_ptrace, arch/x86/kernel/ptrace.c",
    values: {},
  },
  W15: {
    text: "At an entry stop (and after SYSEMU) rax is {result}, -ENOSYS.",
    source: "entry_SYSCALL_64, arch/x86/entry/entry_64.S",
    values: { result: -38n },
  },
  W16: {
    text: "PTRACE_SET_SYSCALL_INFO wants at least {size} bytes, else errno {errno}.",
    source: "ptrace_set_syscall_info, kernel/ptrace.c",
    feature: "set_syscall_info",
    since: "6.16",
    values: { size: 88n, errno: EINVAL },
  },
  W17: {
    text: "Its flags and its reserved byte must be 0 (bits {mask} of the first word), else errno {errno}.",
    source: "ptrace_set_syscall_info, kernel/ptrace.c",
    feature: "set_syscall_info",
    since: "6.16",
    values: { mask: 0xffff_ff00n, errno: EINVAL },
  },
  W18: {
    text: "Its op must be {entry} at an entry stop and {exit} at an exit stop, and there must be such a stop, else errno {errno}.",
    source: "ptrace_set_syscall_info, kernel/ptrace.c",
    feature: "set_syscall_info",
    since: "6.16",
    values: { entry: 1n, exit: 2n, errno: EINVAL },
  },
  W19: {
    text: "At an entry stop the number must be an int, sign-extended, else errno {errno}.",
    source: "ptrace_set_syscall_info_entry, kernel/ptrace.c",
    feature: "set_syscall_info",
    since: "6.16",
    values: { errno: ERANGE },
  },
  W20: {
    text: "The number goes to orig_rax.",
    source: "syscall_set_nr, arch/x86/include/asm/syscall.h",
    feature: "set_syscall_info",
    since: "6.16",
    values: {},
  },
  W21: {
    text: "The arguments go to rdi, rsi, rdx, r10, r8 and r9, unless the number is {none}.",
    source: "ptrace_set_syscall_info_entry, kernel/ptrace.c",
    feature: "set_syscall_info",
    since: "6.16",
    values: { none: -1n },
  },
  W22: {
    text: "At an exit stop the result goes to rax.",
    source: "syscall_set_return_value, arch/x86/include/asm/syscall.h",
    feature: "set_syscall_info",
    since: "6.16",
    values: {},
  },
  W23: {
    text: "If it is said to be an error it is cut to an int and extended with its sign.",
    source: "syscall_set_return_value, arch/x86/include/asm/syscall.h",
    feature: "set_syscall_info",
    since: "6.16",
    values: {},
  },
  W24: {
    text: "Before Linux 6.16 there is no PTRACE_SET_SYSCALL_INFO: errno {errno}.",
    source: "ptrace_request, kernel/ptrace.c",
    feature: "!set_syscall_info",
    values: { errno: EIO },
  },
  W25: {
    text: "The size given to PTRACE_SETSIGMASK must be {size}, else errno {errno}.",
    source: "ptrace_request, kernel/ptrace.c",
    values: { size: 8n, errno: EINVAL },
  },
  W26: {
    text: "SIGKILL and SIGSTOP are taken out of the mask ({never}).",
    source: "ptrace_request, kernel/ptrace.c",
    values: { never: 0x40100n },
  },
  W27: {
    text: "PTRACE_SETFPREGS refuses bits of mxcsr beyond {mask}: errno {errno}.",
    source: "xfpregs_set, arch/x86/kernel/fpu/regset.c: mxcsr_feature_mask",
    feature: "misalignsse",
    values: { mask: 0x2ffffn, errno: EINVAL },
  },
  W28: {
    text: "From {begin} on the floating point registers are 0 when they are read, whatever was written.",
    source: "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c",
    values: { begin: 416n },
  },
  W29: {
    text: "The length given for NT_X86_XSTATE must be a multiple of {size}, else errno {errno}.",
    source: "ptrace_regset, kernel/ptrace.c",
    values: { size: 8n, errno: EINVAL },
  },
  W30: {
    text: "NT_X86_XSTATE is written as a whole or not at all: if it is too short, errno {errno}; if it is too long, it is cut.",
    source: "xstateregs_set, arch/x86/kernel/fpu/regset.c",
    values: { errno: EFAULT },
  },
  W31: {
    text: "The header may name no component that the machine has not (xstate_bv, at {at}), else errno {errno}.",
    source: "validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c",
    values: { at: 512n, errno: EINVAL },
  },
  W32: {
    text: "The rest of the header, from {begin} and before {end}, must be 0, else errno {errno}.",
    source: "validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c",
    values: { begin: 520n, end: 576n, errno: EINVAL },
  },
  W33: {
    text: "With the x87, SSE or AVX component ({components}) mxcsr must have no bit beyond {mask}, else errno {errno}.",
    source: "copy_uabi_to_xstate, arch/x86/kernel/fpu/xstate.c: mxcsr_feature_mask",
    feature: "misalignsse",
    values: { components: 7n, mask: 0x2ffffn, errno: EINVAL },
  },
  W34: {
    text: "From {begin} to the header an XSAVE area tells the components that there are, whatever was written.",
    source: "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c",
    values: { begin: 464n },
  },
  W35: {
    text: "A component that the header does not name reads as at the start of a program; so does mxcsr without SSE and AVX.",
    source: "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c",
    values: {},
  },
  W36: {
    text: "Without misaligned SSE, PTRACE_SETFPREGS refuses bits of mxcsr beyond {mask}: errno {errno}.",
    source: "xfpregs_set, arch/x86/kernel/fpu/regset.c: mxcsr_feature_mask",
    feature: "!misalignsse",
    values: { mask: 0xffffn, errno: EINVAL },
  },
  W37: {
    text: "Without misaligned SSE, with the x87, SSE or AVX component ({components}) mxcsr must have no bit beyond {mask}, else errno {errno}.",
    source: "copy_uabi_to_xstate, arch/x86/kernel/fpu/xstate.c: mxcsr_feature_mask",
    feature: "!misalignsse",
    values: { components: 7n, mask: 0xffffn, errno: EINVAL },
  },
  W38: {
    text: "Debug register 6, behind those two, takes anything, and nothing is seen of it.",
    source: "ptrace_set_debugreg, arch/x86/kernel/ptrace.c: virtual_dr6",
    values: {},
  },
  W39: {
    text: "Debug registers 0 to 3, from {begin} and before {end}, take an address below {limit}, else errno {errno}; without debug register 7 nothing comes of it.",
    source:
      "hw_breakpoint_parse, kernel/events/hw_breakpoint.c; arch_check_bp_in_kernelspace, arch/x86/kernel/hw_breakpoint.c",
    feature: "!la57",
    values: { begin: 848n, end: 880n, limit: 0x7fff_ffff_f000n, errno: EINVAL },
  },
  W40: {
    text: "With five levels of page tables debug registers 0 to 3, from {begin} and before {end}, take an address below {limit}, else errno {errno}.",
    source:
      "hw_breakpoint_parse, kernel/events/hw_breakpoint.c; arch_check_bp_in_kernelspace, arch/x86/kernel/hw_breakpoint.c",
    feature: "la57",
    values: { begin: 848n, end: 880n, limit: 0xff_ffff_ffff_f000n, errno: EINVAL },
  },
} as const satisfies Readonly<Record<string, RuleEntry>>;
