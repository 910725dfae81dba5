import { MACHINES } from "../../../../core/machine/index.ts";
import { indexIn } from "../layout.ts";

/** The registers of a block in their order: struct user_regs_struct. */
export const REGISTERS = MACHINES.amd64.registers;

/** The debug registers that exist, in the order in which they are read back. */
export const DEBUG_REGISTERS = ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"];

/** offsetof(struct user, u_debugreg), and its end. */
export const [FIRST_DEBUG_REGISTER, END_OF_DEBUG_REGISTERS] = [848n, 912n];

/** The members of struct sigcontext before the pointer to the floating point, a word each. */
export const FRAME_REGISTERS =
  "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags selectors err trapno oldmask cr2".split(
    " ",
  );

/** The index of a register in a block. @throws RangeError */
export const indexOf = indexIn(REGISTERS);
