#include "guest_registers.h"
#include <asm-generic/errno.h>

/** Bases from here on are refused (TASK_SIZE_MAX with four-level paging). */
#define END_OF_BASES UINT64_C(0x7ffffffff000)

static const struct {
    uint8_t frame, block;
} registers[] = {
    {FRAME_R8, REG_R8},   {FRAME_R9, REG_R9},         {FRAME_R10, REG_R10}, {FRAME_R11, REG_R11},
    {FRAME_R12, REG_R12}, {FRAME_R13, REG_R13},       {FRAME_R14, REG_R14}, {FRAME_R15, REG_R15},
    {FRAME_RDI, REG_RDI}, {FRAME_RSI, REG_RSI},       {FRAME_RBP, REG_RBP}, {FRAME_RBX, REG_RBX},
    {FRAME_RDX, REG_RDX}, {FRAME_RAX, REG_RAX},       {FRAME_RCX, REG_RCX}, {FRAME_RSP, REG_RSP},
    {FRAME_RIP, REG_RIP}, {FRAME_EFLAGS, REG_EFLAGS},
};
enum { REGISTERS = sizeof registers / sizeof *registers };

void write_registers(volatile uint64_t *to, const uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        to[registers[i].frame] = block[registers[i].block];
}

void read_registers(const volatile uint64_t *from, uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        block[registers[i].block] = from[registers[i].frame];
}

int are_same(const volatile uint64_t *these, const uint64_t *block) {
    for (int i = 0; i < REGISTERS; i++)
        if (registers[i].block != REG_EFLAGS &&
            these[registers[i].frame] != block[registers[i].block])
            return 0;
    return 1;
}

int64_t write_header(const struct stublab_pages *pages, const uint64_t *block) {
    if (block[REG_FS_BASE] >= END_OF_BASES || block[REG_GS_BASE] >= END_OF_BASES)
        return -EIO;
    *header(pages, HEADER_DS) = block[REG_DS] & 0xffff;
    *header(pages, HEADER_ES) = block[REG_ES] & 0xffff;
    *header(pages, HEADER_FS) = block[REG_FS] & 0xffff;
    *header(pages, HEADER_GS) = block[REG_GS] & 0xffff;
    *header(pages, HEADER_FS_BASE) = block[REG_FS_BASE];
    *header(pages, HEADER_GS_BASE) = block[REG_GS_BASE];
    return 0;
}

void read_header(const struct stublab_pages *pages, uint64_t *block) {
    block[REG_DS] = *header(pages, HEADER_FOUND_DS);
    block[REG_ES] = *header(pages, HEADER_FOUND_ES);
    block[REG_FS] = *header(pages, HEADER_FOUND_FS);
    block[REG_GS] = *header(pages, HEADER_FOUND_GS);
    block[REG_FS_BASE] = *header(pages, HEADER_FOUND_FS_BASE);
    block[REG_GS_BASE] = *header(pages, HEADER_FOUND_GS_BASE);
}
