// The register block of amd64: struct user_regs_struct (<sys/user.h>), as PTRACE_GETREGS and
// PTRACE_SETREGS transfer it. 27 words of 64 bits, 216 bytes, little-endian:
//
//      +0 r15      +8 r14     +16 r13     +24 r12     +32 rbp     +40 rbx     +48 r11
//     +56 r10     +64 r9      +72 r8      +80 rax     +88 rcx     +96 rdx    +104 rsi
//    +112 rdi    +120 orig_rax           +128 rip    +136 cs     +144 eflags
//    +152 rsp    +160 ss     +168 fs_base            +176 gs_base
//    +184 ds     +192 es     +200 fs     +208 gs
// The order is that of the kernel's struct pt_regs, which the entry of a system call pushes from its end to its start.

@unmanaged
export class Registers {
  r15: u64;
  r14: u64;
  r13: u64;
  r12: u64;
  rbp: u64;
  rbx: u64;
  r11: u64;
  r10: u64;
  r9: u64;
  r8: u64;
  rax: u64;
  rcx: u64;
  rdx: u64;
  rsi: u64;
  rdi: u64;
  orig_rax: u64;
  rip: u64;
  cs: u64;
  eflags: u64;
  rsp: u64;
  ss: u64;
  fs_base: u64;
  gs_base: u64;
  ds: u64;
  es: u64;
  fs: u64;
  gs: u64;
}

/** Size of the register block in bytes. */
export const REGISTERS_SIZE: i32 = offsetof<Registers>();

// Byte offset of each register in the block. All other code uses these exports.
export const REG_r15: i32 = offsetof<Registers>("r15");
export const REG_r14: i32 = offsetof<Registers>("r14");
export const REG_r13: i32 = offsetof<Registers>("r13");
export const REG_r12: i32 = offsetof<Registers>("r12");
export const REG_rbp: i32 = offsetof<Registers>("rbp");
export const REG_rbx: i32 = offsetof<Registers>("rbx");
export const REG_r11: i32 = offsetof<Registers>("r11");
export const REG_r10: i32 = offsetof<Registers>("r10");
export const REG_r9: i32 = offsetof<Registers>("r9");
export const REG_r8: i32 = offsetof<Registers>("r8");
export const REG_rax: i32 = offsetof<Registers>("rax");
export const REG_rcx: i32 = offsetof<Registers>("rcx");
export const REG_rdx: i32 = offsetof<Registers>("rdx");
export const REG_rsi: i32 = offsetof<Registers>("rsi");
export const REG_rdi: i32 = offsetof<Registers>("rdi");
export const REG_orig_rax: i32 = offsetof<Registers>("orig_rax");
export const REG_rip: i32 = offsetof<Registers>("rip");
export const REG_cs: i32 = offsetof<Registers>("cs");
export const REG_eflags: i32 = offsetof<Registers>("eflags");
export const REG_rsp: i32 = offsetof<Registers>("rsp");
export const REG_ss: i32 = offsetof<Registers>("ss");
export const REG_fs_base: i32 = offsetof<Registers>("fs_base");
export const REG_gs_base: i32 = offsetof<Registers>("gs_base");
export const REG_ds: i32 = offsetof<Registers>("ds");
export const REG_es: i32 = offsetof<Registers>("es");
export const REG_fs: i32 = offsetof<Registers>("fs");
export const REG_gs: i32 = offsetof<Registers>("gs");
