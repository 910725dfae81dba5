// The beginning of the probe. There is no restorer (shim/core/riscv64/machine.h).
    .text
    .globl _start, restore_signal
_start:
    mv a0, sp
    call begin
    .set restore_signal, 0
    .section .note.GNU-stack, "", %progbits
