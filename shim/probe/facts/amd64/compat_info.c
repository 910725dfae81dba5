// PTRACE_GET_SYSCALL_INFO at calls of 32-bit programs.
#include "syscall_info.h"

static const char group[] = "GET_SYSCALL_INFO";

FACT("At a stop of INT 0x80 the architecture is i386, and the arguments are its own", GET_INFO) {
    enum { GETPID = 20, INT80_BYTES = 2 };
    require("32-bit calls");
    CHECK ("") {
        GO(PTRACE_SYSCALL, "int80", {REG_RAX, GETPID}, {REG_RBX, 1}, {REG_RCX, 2}, {REG_RDX, 3},
           {REG_RSI, 4}, {REG_RDI, 5}, {REG_RBP, 6});
        read_info();
        expect_result(80);
        expect_half("arch", 4, AUDIT_ARCH_I386);
        expect_word(COUNTER, 8, place_of("int80") + INT80_BYTES);
        expect_call(GETPID, (const uint64_t[]){1, 2, 3, 4, 5, 6});
    }
}
