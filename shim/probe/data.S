    .section .rodata
    .globl packed_data, packed_data_end
    .balign 8
packed_data:
    .incbin "data.packed"
packed_data_end:
    .section .note.GNU-stack, "", @progbits
