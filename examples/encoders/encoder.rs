// An encoder in Rust for amd64, without its standard library: system calls, the bootstrap convention and signals.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   rustc --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=2 -C panic=abort \
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

macro_rules! constants {
    ($($name:expr => $value:expr),* $(,)?) => {
        $(const _: () = { #[export_name = $name] extern "C" fn constant() -> u64 { ($value) as u64 } };)*
    };
}

macro_rules! registers {
    ($($name:ident)*) => {
        /// struct user_regs_struct
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct Registers { $($name: u64),* }
        constants! { $(concat!("REG_", stringify!($name)) => offset_of!(Registers, $name)),* }
    };
}

registers! {
    r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs
}

extern "C" {
    static __heap_base: u8; // the linker's: the end of this module's own data and stack
}

constants! {
    "ENCODER_ABI" => 2,
    "REGISTERS_SIZE" => size_of::<Registers>(),
    "heap" => unsafe { &__heap_base as *const u8 },
    "SIGKILL" => 9,
    "SIGSTOP" => 19,
}

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
pub extern "C" fn signalSet(signal: i32) -> u64 {
    if (1..=64).contains(&signal) { 1 << (signal - 1) } else { 0 }
}

#[no_mangle]
pub extern "C" fn blockableSignals(set: u64) -> u64 {
    set & !(signalSet(9) | signalSet(19)) // SIGKILL, SIGSTOP
}
