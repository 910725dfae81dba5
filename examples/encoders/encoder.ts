// An encoder in AssemblyScript for amd64: system calls, their results and restarts, and a guest's registers.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   npx -y -p assemblyscript asc examples/encoders/encoder.ts -O --runtime stub --use abort= \
//     --initialMemory 2 --maximumMemory 2 -o mine.wasm
//   npx stublab compare ./mine.wasm
//
// An exported constant becomes an exported global. `--use abort=` omits the one import that asc would add.

export const ENCODER_ABI: i32 = 2;
export const heap: usize = __heap_base; // the compiler's: the end of this module's own data

// struct user_regs_struct
export const REGISTERS_SIZE: i32 = 216;
// biome-ignore format: a register a column
export const REG_r15: i32 = 0, REG_r14: i32 = 8, REG_r13: i32 = 16, REG_r12: i32 = 24, REG_rbp: i32 = 32,
  REG_rbx: i32 = 40, REG_r11: i32 = 48, REG_r10: i32 = 56, REG_r9: i32 = 64, REG_r8: i32 = 72, REG_rax: i32 = 80,
  REG_rcx: i32 = 88, REG_rdx: i32 = 96, REG_rsi: i32 = 104, REG_rdi: i32 = 112, REG_orig_rax: i32 = 120,
  REG_rip: i32 = 128, REG_cs: i32 = 136, REG_eflags: i32 = 144, REG_rsp: i32 = 152, REG_ss: i32 = 160,
  REG_fs_base: i32 = 168, REG_gs_base: i32 = 176, REG_ds: i32 = 184, REG_es: i32 = 192, REG_fs: i32 = 200,
  REG_gs: i32 = 208;

export const ERESTARTSYS: i32 = 512;
export const ERESTARTNOINTR: i32 = 513;
export const ERESTARTNOHAND: i32 = 514;
export const ERESTART_RESTARTBLOCK: i32 = 516;
export const SYS_restart_syscall: i32 = 219;
export const X86_EFLAGS_TF: i32 = 0x100;

// biome-ignore format: a line for each parameter would take 6 more of the 80 that an example may have
export function encodeSyscall(
  block: usize, initial: usize, number: u64,
  a: u64, b: u64, c: u64, d: u64, e: u64, f: u64,
): void {
  memory.copy(block, initial, REGISTERS_SIZE);
  store<u64>(block, number, REG_rax);
  store<u64>(block, u64.MAX_VALUE, REG_orig_rax);
  store<u64>(block, a, REG_rdi);
  store<u64>(block, b, REG_rsi);
  store<u64>(block, c, REG_rdx);
  store<u64>(block, d, REG_r10);
  store<u64>(block, e, REG_r8);
  store<u64>(block, f, REG_r9);
}

export function rewindSyscall(block: usize): void {
  store<u64>(block, load<u64>(block, REG_rip) - 2, REG_rip);
}

export function syscallResult(block: usize): u64 {
  return load<u64>(block, REG_rax);
}

export function syscallErrno(result: u64): i32 {
  return 0 - result - 1 < 4095 ? <i32>(0 - result) : 0;
}

export function restartsSyscall(errno: i32): i32 {
  return i32(errno >= ERESTARTSYS && errno <= ERESTART_RESTARTBLOCK && errno != 515);
}

export function restartSyscall(block: usize, _original: u64): i32 {
  const errno = syscallErrno(syscallResult(block));
  const call = load<u64>(block, REG_orig_rax);
  if (<i32>call == -1 || restartsSyscall(errno) == 0) return 0;
  store<u64>(block, errno == ERESTART_RESTARTBLOCK ? SYS_restart_syscall : call, REG_rax);
  rewindSyscall(block);
  return 1;
}

export function enterGuest(block: usize, initial: usize): i32 {
  store<u64>(block, load<u64>(initial, REG_cs), REG_cs);
  store<u64>(block, load<u64>(initial, REG_ss), REG_ss);
  memory.copy(block + REG_ds, initial + REG_ds, 32); // ds, es, fs, gs
  store<u64>(block, u64.MAX_VALUE, REG_orig_rax);
  return i32((load<u64>(block, REG_eflags) & X86_EFLAGS_TF) != 0);
}
