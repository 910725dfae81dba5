// The pages that a stub of the lane fast has below its stub code, from low to high:
//
//     the stack of the signal handler │ a header │ the code of the handler │ the stub code
//
// The host shares the stack and the header with it. Offsets in the header, for C and assembly:
#ifndef STUBLAB_HANDLER_LAYOUT_H
#define STUBLAB_HANDLER_LAYOUT_H

#define HEADER_LENGTH 4096

/* Whose turn it is, and whether a side sleeps until its turn comes. */
#define HEADER_TURN 0
#define HEADER_HOST_SLEEPS 4
#define HEADER_STUB_SLEEPS 8
#define TURN_HOST 0
#define TURN_STUB 1

/* What the handler found, and the kernel has not written to the signal frame. */
#define HEADER_CONTEXT 64
#define HEADER_INFO 72
#define HEADER_FOUND_DS 80
#define HEADER_FOUND_ES 88
#define HEADER_FOUND_FS 96
#define HEADER_FOUND_GS 104
#define HEADER_FOUND_FS_BASE 112
#define HEADER_FOUND_GS_BASE 120

/* What it loads before it returns. */
#define HEADER_DS 128
#define HEADER_ES 136
#define HEADER_FS 144
#define HEADER_GS 152
#define HEADER_FS_BASE 160
#define HEADER_GS_BASE 168
#define HEADER_FLAGS 176

/* Arguments of the set-up: struct sigaction, stack_t, struct sock_fprog and its program. */
#define HEADER_ACTION 192
#define HEADER_ALTSTACK 224
#define HEADER_PROGRAM 248
#define HEADER_FILTER 264

#endif
