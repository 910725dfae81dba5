    .section .rodata
    .globl compressed_data, compressed_data_end
compressed_data:
    .incbin "data.lz4"
compressed_data_end:
    .section .note.GNU-stack, "", @progbits
