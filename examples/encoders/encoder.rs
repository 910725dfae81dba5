// An encoder in Rust for amd64, without its standard library. It has all that stubs need, and one function that only a
// comparison calls.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   rustc --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=2 -C panic=abort -C linker=wasm-ld \
//     -C link-args="-zstack-size=16384 --initial-memory=131072 --max-memory=131072" \
//     -o mine.wasm examples/encoders/encoder.rs
//   npx stublab compare ./mine.wasm
//
// Rust exports the address of a static, so each constant is a function that returns it.

#![no_std]
#![allow(non_snake_case)]

use core::mem::{offset_of, size_of};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

macro_rules! export {
    ($($name:expr => $value:expr),* $(,)?) => {
        $(const _: () = { #[export_name = $name] extern "C" fn constant() -> u64 { ($value) as u64 } };)*
    };
}

macro_rules! constants {
    ($($name:ident = $value:expr),* $(,)?) => {
        $(#[allow(dead_code, non_upper_case_globals)] const $name: i64 = $value;)*
        export! { $(stringify!($name) => $name),* }
    };
}

macro_rules! registers {
    ($($name:ident)*) => {
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct Registers { $($name: u64),* }
        export! { $(concat!("REG_", stringify!($name)) => offset_of!(Registers, $name)),* }
    };
}

// ---- amd64
// struct user_regs_struct
registers! {
    r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs
}

constants! {
    SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11, SYS_getpid = 39, SYS_clone = 56, SYS_exit = 60,
    SYS_wait4 = 61, SYS_kill = 62, SYS_getppid = 110, SYS_prctl = 157, SYS_restart_syscall = 219,
    SYS_unshare = 272, SYS_execveat = 322, SYS_rseq = 334, SYS_close_range = 436, PTRACE_GETREGS = 12,
    PTRACE_SETREGS = 13, AUDIT_ARCH_X86_64 = 0xc000003e
}
const ARCHITECTURE: i64 = AUDIT_ARCH_X86_64;
const HAS_VSYSCALLS: bool = true;
const TF: u64 = 0x100;

#[no_mangle]
pub extern "C" fn encodeSyscall(
    block: &mut Registers, initial: &Registers, number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64,
) {
    let arguments = Registers { rdi: a, rsi: b, rdx: c, r10: d, r8: e, r9: f, ..*initial };
    *block = Registers { rax: number, orig_rax: u64::MAX, ..arguments };
}

#[no_mangle]
pub extern "C" fn rewindSyscall(block: &mut Registers) {
    block.rip = block.rip.wrapping_sub(2);
}

#[no_mangle]
pub extern "C" fn encodeBootstrap(block: &mut Registers, parent: i32) {
    block.r15 = parent as u32 as u64;
    block.rbx = 1;
}

#[no_mangle]
pub extern "C" fn syscallResult(block: &Registers) -> u64 {
    block.rax
}

#[no_mangle]
pub extern "C" fn enterGuest(block: &mut Registers, own: &Registers) -> i32 {
    let Registers { cs, ss, ds, es, fs, gs, .. } = *own;
    *block = Registers { cs, ss, ds, es, fs, gs, orig_rax: u64::MAX, ..*block };
    (block.eflags & TF != 0) as i32
}

#[no_mangle]
pub extern "C" fn decodeGuestSyscall(block: &mut Registers, at: &mut [u64; 6]) -> i32 {
    *at = [block.rdi, block.rsi, block.rdx, block.r10, block.r8, block.r9];
    block.rax = block.orig_rax;
    block.orig_rax as i32
}

#[no_mangle]
pub extern "C" fn encodeGuestResult(block: &mut Registers, result: u64) {
    block.rax = result;
}

#[no_mangle]
pub extern "C" fn rewindVsyscall(block: &mut Registers, address: u64) {
    block.rip = address;
    block.rsp = block.rsp.wrapping_sub(8);
}
// ---- every architecture

extern "C" {
    static __heap_base: u8; // the linker's: the end of this module's own data and stack
}

export! {
    "ENCODER_ABI" => 2,
    "REGISTERS_SIZE" => size_of::<Registers>(),
    "heap" => unsafe { &__heap_base as *const u8 },
}
constants! {
    PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_PRIVATE = 2,
    MAP_FIXED = 16, MAP_ANONYMOUS = 32, MAP_POPULATE = 0x8000, AT_EMPTY_PATH = 0x1000, PR_SET_PDEATHSIG = 1,
    PR_GET_PDEATHSIG = 2, SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGSEGV = 11,
    SIGCHLD = 17, SIGSTOP = 19, SIGSYS = 31, SIGRTMAX = 64, PTRACE_CONT = 7, PTRACE_DETACH = 17,
    PTRACE_SYSEMU = 31, PTRACE_SYSEMU_SINGLESTEP = 32, PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG = 0x4201,
    PTRACE_O_TRACESYSGOOD = 1, PTRACE_O_TRACEEXIT = 64, PTRACE_O_EXITKILL = 0x100000, PTRACE_EVENT_EXIT = 6,
    PTRACE_EVENT_STOP = 128, SIGINFO_si_signo = 0, SIGINFO_si_errno = 4, SIGINFO_si_code = 8,
    SIGINFO_si_pid = 16, SIGINFO_si_addr = 16, SI_USER = 0, SI_KERNEL = 128, SI_TKILL = -6, SYS_SECCOMP = 1,
    SECCOMP_RET_ALLOW = 0x7fff0000, SECCOMP_RET_TRAP = 0x30000, SECCOMP_RET_KILL_PROCESS = 0x80000000
}
constants! {
    CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_PIDFD = 0x1000,
    CLONE_PTRACE = 0x2000, CLONE_THREAD = 0x10000, CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000,
    CLONE_PARENT_SETTID = 0x100000, CLONE_DETACHED = 0x400000, CLONE_NEWIPC = 0x8000000,
    CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000
}
constants! { STUB_THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD }
constants! {
    WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8, __WNOTHREAD = 0x20000000, __WALL = 0x40000000,
    __WCLONE = 0x80000000, WAIT_EXITED = 0, WAIT_SIGNALED = 1, WAIT_STOPPED = 2, WAIT_SYSCALL_STOP = 3,
    WAIT_EVENT = 4, WAIT_GROUP_STOP = 5, WAIT_CONTINUED = 6
}
const EINVAL: i64 = 22;

#[no_mangle]
pub extern "C" fn syscallErrno(result: i64) -> i32 {
    if (-4095..0).contains(&result) { -result as i32 } else { 0 }
}

#[no_mangle]
pub extern "C" fn restartsSyscall(errno: i32) -> i32 {
    matches!(errno, 512 | 513 | 514 | 516) as i32
}

fn is_refused(flags: i64) -> bool {
    let has = |each| flags & each != 0;
    has(CLONE_FS) && has(CLONE_NEWNS | CLONE_NEWUSER)
        || has(CLONE_THREAD) && has(CLONE_NEWUSER | CLONE_NEWPID)
        || has(CLONE_PIDFD) && has(CLONE_DETACHED | CLONE_PARENT_SETTID)
        || has(CLONE_NEWIPC) && has(CLONE_SYSVSEM)
        || has(CLONE_THREAD) && !has(CLONE_SIGHAND)
        || has(CLONE_SIGHAND) && !has(CLONE_VM)
}

#[no_mangle]
pub extern "C" fn encodeClone(flags: i64, exit_signal: i32) -> i64 {
    let fits = flags & !0xffff_ff00 == 0 && (0..=255).contains(&exit_signal);
    if fits && !is_refused(flags) { flags | exit_signal as i64 } else { -EINVAL }
}

#[no_mangle]
pub extern "C" fn encodeWaitOptions(options: i64) -> i64 {
    let known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE;
    if options & !known == 0 { options } else { -EINVAL }
}

#[no_mangle]
pub extern "C" fn waitKind(status: u32) -> i32 {
    let (signal, value, event) = (status & 0x7f, (status >> 8 & 0xff) as i64, (status >> 16) as i64);
    let kind = match (status & 0xff, event) {
        (0x7f, 0) if value == SIGTRAP | 0x80 => WAIT_SYSCALL_STOP,
        (0x7f, 0) => WAIT_STOPPED,
        (0x7f, PTRACE_EVENT_STOP) if value != SIGTRAP => WAIT_GROUP_STOP,
        (0x7f, _) => WAIT_EVENT,
        _ if status == 0xffff => WAIT_CONTINUED,
        (0, 0) => WAIT_EXITED,
        (_, 0) if value == 0 && signal != 0 && signal != 0x7f => WAIT_SIGNALED,
        _ => -EINVAL,
    };
    kind as i32
}

#[no_mangle]
pub extern "C" fn waitValue(status: u32) -> i32 {
    match waitKind(status) as i64 {
        WAIT_SIGNALED => (status & 0x7f) as i32,
        WAIT_SYSCALL_STOP => SIGTRAP as i32,
        WAIT_EXITED..=WAIT_GROUP_STOP => (status >> 8 & 0xff) as i32,
        _ => 0,
    }
}

#[no_mangle]
pub extern "C" fn waitEvent(status: u32) -> i32 {
    if status & 0xff == 0x7f { (status >> 16) as i32 } else { 0 }
}

#[no_mangle]
pub extern "C" fn waitCoreDumped(status: u32) -> i32 {
    (waitKind(status) as i64 == WAIT_SIGNALED && status & 0x80 != 0) as i32
}

#[no_mangle]
pub extern "C" fn signalSet(signal: i32) -> u64 {
    if (1..=64).contains(&signal) { 1 << (signal - 1) } else { 0 }
}

#[no_mangle]
pub extern "C" fn blockableSignals(set: u64) -> u64 {
    set & !(signalSet(9) | signalSet(19)) // SIGKILL, SIGSTOP
}

/// struct sock_filter
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Instruction { code: u16, jt: u8, jf: u8, k: u32 }

// BPF_LD | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
const LOAD: u16 = 0x20;
const EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

struct Filter<'a> { program: &'a mut [Instruction; 128], length: usize }

impl Filter<'_> {
    fn emit(&mut self, code: u16, k: i64, jt: u8, jf: u8) {
        self.program[self.length] = Instruction { code, jt, jf, k: k as u32 };
        self.length += 1;
    }

    /// Allows a call with wanted arguments, pairs of an index and a word, which are compared in both halves.
    fn allow(&mut self, call: i64, wanted: &[(i64, i64)]) {
        let mut rest = 4 * wanted.len() as u8 + 1;
        self.emit(EQUAL, call, 0, rest);
        for (index, word) in wanted {
            self.emit(LOAD, 20 + 8 * index, 0, 0);
            self.emit(EQUAL, 0, 0, rest - 2);
            self.emit(LOAD, 16 + 8 * index, 0, 0);
            rest -= 4;
            self.emit(EQUAL, *word, 0, rest);
        }
        self.emit(RETURN, SECCOMP_RET_ALLOW, 0, 0);
        self.emit(LOAD, 0, 0, 0);
    }
}

#[no_mangle]
pub extern "C" fn encodeSeccomp(at: &mut [Instruction; 128], exit_signal: i32) -> i32 {
    let mut filter = Filter { program: at, length: 0 };
    filter.emit(LOAD, 4, 0, 0);
    filter.emit(EQUAL, ARCHITECTURE, 1, 0);
    filter.emit(RETURN, SECCOMP_RET_KILL_PROCESS, 0, 0);
    // The upper half of the instruction pointer, in the vsyscall page.
    if HAS_VSYSCALLS {
        filter.emit(LOAD, 12, 0, 0);
        filter.emit(EQUAL, -1, 0, 1);
        filter.emit(RETURN, SECCOMP_RET_TRAP, 0, 0);
    }
    filter.emit(LOAD, 0, 0, 0);
    let free = [SYS_mmap, SYS_munmap, SYS_mprotect, SYS_getpid, SYS_getppid, SYS_wait4, SYS_exit, SYS_restart_syscall];
    for call in free {
        filter.allow(call, &[]);
    }
    filter.allow(SYS_clone, &[(0, CLONE_FILES | exit_signal as u32 as i64)]);
    filter.allow(SYS_clone, &[(0, STUB_THREAD_FLAGS)]);
    filter.allow(SYS_kill, &[(1, SIGSTOP)]);
    filter.allow(SYS_execveat, &[(4, AT_EMPTY_PATH)]);
    filter.allow(SYS_prctl, &[(0, PR_SET_PDEATHSIG), (1, SIGKILL)]);
    filter.emit(RETURN, SECCOMP_RET_KILL_PROCESS, 0, 0);
    filter.length as i32
}
