// The register block of arm64: struct user_pt_regs (<asm/ptrace.h>), as PTRACE_GETREGSET and
// PTRACE_SETREGSET transfer it for NT_PRSTATUS. 34 words of 64 bits, 272 bytes, little-endian:
//
//      +0 x0       +8 x1      +16 x2      +24 x3      +32 x4      +40 x5
//     +48 x6      +56 x7      +64 x8      +72 x9      +80 x10     +88 x11
//     +96 x12    +104 x13    +112 x14    +120 x15    +128 x16    +136 x17
//    +144 x18    +152 x19    +160 x20    +168 x21    +176 x22    +184 x23
//    +192 x24    +200 x25    +208 x26    +216 x27    +224 x28    +232 x29
//    +240 x30
//    +248 sp     +256 pc     +264 pstate

@unmanaged
export class Registers {
  x0: u64;
  x1: u64;
  x2: u64;
  x3: u64;
  x4: u64;
  x5: u64;
  x6: u64;
  x7: u64;
  x8: u64;
  x9: u64;
  x10: u64;
  x11: u64;
  x12: u64;
  x13: u64;
  x14: u64;
  x15: u64;
  x16: u64;
  x17: u64;
  x18: u64;
  x19: u64;
  x20: u64;
  x21: u64;
  x22: u64;
  x23: u64;
  x24: u64;
  x25: u64;
  x26: u64;
  x27: u64;
  x28: u64;
  x29: u64;
  x30: u64;
  sp: u64;
  pc: u64;
  pstate: u64;
}

/** Size of the register block in bytes. */
export const REGISTERS_SIZE: i32 = offsetof<Registers>();

// Byte offset of each register in the block. All other code uses these exports.
export const REG_x0: i32 = offsetof<Registers>("x0");
export const REG_x1: i32 = offsetof<Registers>("x1");
export const REG_x2: i32 = offsetof<Registers>("x2");
export const REG_x3: i32 = offsetof<Registers>("x3");
export const REG_x4: i32 = offsetof<Registers>("x4");
export const REG_x5: i32 = offsetof<Registers>("x5");
export const REG_x6: i32 = offsetof<Registers>("x6");
export const REG_x7: i32 = offsetof<Registers>("x7");
export const REG_x8: i32 = offsetof<Registers>("x8");
export const REG_x9: i32 = offsetof<Registers>("x9");
export const REG_x10: i32 = offsetof<Registers>("x10");
export const REG_x11: i32 = offsetof<Registers>("x11");
export const REG_x12: i32 = offsetof<Registers>("x12");
export const REG_x13: i32 = offsetof<Registers>("x13");
export const REG_x14: i32 = offsetof<Registers>("x14");
export const REG_x15: i32 = offsetof<Registers>("x15");
export const REG_x16: i32 = offsetof<Registers>("x16");
export const REG_x17: i32 = offsetof<Registers>("x17");
export const REG_x18: i32 = offsetof<Registers>("x18");
export const REG_x19: i32 = offsetof<Registers>("x19");
export const REG_x20: i32 = offsetof<Registers>("x20");
export const REG_x21: i32 = offsetof<Registers>("x21");
export const REG_x22: i32 = offsetof<Registers>("x22");
export const REG_x23: i32 = offsetof<Registers>("x23");
export const REG_x24: i32 = offsetof<Registers>("x24");
export const REG_x25: i32 = offsetof<Registers>("x25");
export const REG_x26: i32 = offsetof<Registers>("x26");
export const REG_x27: i32 = offsetof<Registers>("x27");
export const REG_x28: i32 = offsetof<Registers>("x28");
export const REG_x29: i32 = offsetof<Registers>("x29");
export const REG_x30: i32 = offsetof<Registers>("x30");
export const REG_sp: i32 = offsetof<Registers>("sp");
export const REG_pc: i32 = offsetof<Registers>("pc");
export const REG_pstate: i32 = offsetof<Registers>("pstate");
