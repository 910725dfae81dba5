import { MACHINES } from "../../../../core/machine/index.ts";
import { indexIn } from "../layout.ts";

/**
 * The registers of a block in their order: struct user_pt_regs (NT_PRSTATUS), the number of the system call
 * (NT_ARM_SYSTEM_CALL, 32 bits), and TPIDR_EL0 (NT_ARM_TLS).
 */
export const REGISTERS = [...MACHINES.arm64.registers, "syscallno", "tls"];

/** No way writes debug registers. */
export const DEBUG_REGISTERS: readonly string[] = [];
export const [FIRST_DEBUG_REGISTER, END_OF_DEBUG_REGISTERS] = [0n, 0n];

/** The members of struct sigcontext before the records of floating point, a word each. */
export const FRAME_REGISTERS = ["fault_address", ...MACHINES.arm64.registers];

/** The index of a register in a block. @throws RangeError */
export const indexOf = indexIn(REGISTERS);
