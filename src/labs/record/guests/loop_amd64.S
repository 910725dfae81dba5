// The guest of the lessons `no-exitkill` and `exitkill`: it counts, and never calls the kernel, so nothing but a
// signal or its time slice stops it. src/labs/record/plays/dying_tracer.ts loads it, and says why each instruction is there.

    .globl loop_begin, loop_end
loop_begin:
    inc %rax
    jmp loop_begin
loop_end:

    .section .note.GNU-stack, "", @progbits
