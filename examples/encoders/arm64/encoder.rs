// ---- arm64
// struct user_pt_regs
registers! {
    x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22 x23 x24 x25 x26 x27 x28
    x29 x30 sp pc pstate
}

constants! {
    SYS_exit = 93, SYS_unshare = 97, SYS_restart_syscall = 128, SYS_kill = 129, SYS_prctl = 167,
    SYS_getpid = 172, SYS_getppid = 173, SYS_munmap = 215, SYS_clone = 220, SYS_mmap = 222, SYS_mprotect = 226,
    SYS_wait4 = 260, SYS_execveat = 281, SYS_rseq = 293, SYS_close_range = 436, ENCODER_MACHINE = 183,
    AUDIT_ARCH_AARCH64 = 0xc00000b7,
    PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205
}
const ARCHITECTURE: i64 = AUDIT_ARCH_AARCH64;
const HAS_VSYSCALLS: bool = false;

#[no_mangle]
pub extern "C" fn encodeSyscall(
    block: &mut Registers, initial: &Registers, number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64,
) {
    *block = Registers { x8: number, x0: a, x1: b, x2: c, x3: d, x4: e, x5: f, ..*initial };
}

#[no_mangle]
pub extern "C" fn rewindSyscall(block: &mut Registers) {
    block.pc = block.pc.wrapping_sub(4);
}

#[no_mangle]
pub extern "C" fn encodeBootstrap(block: &mut Registers, parent: i32) {
    block.x7 = parent as u32 as u64;
    block.x9 = 1;
}

#[no_mangle]
pub extern "C" fn syscallResult(block: &Registers) -> u64 {
    block.x0
}

#[no_mangle]
pub extern "C" fn enterGuest(_block: &mut Registers, _own: &Registers) -> i32 {
    0
}

#[no_mangle]
pub extern "C" fn decodeGuestSyscall(block: &mut Registers, at: &mut [u64; 6]) -> i32 {
    *at = [block.x0, block.x1, block.x2, block.x3, block.x4, block.x5];
    block.x8 as i32
}

#[no_mangle]
pub extern "C" fn encodeGuestResult(block: &mut Registers, result: u64) {
    block.x0 = result;
}
