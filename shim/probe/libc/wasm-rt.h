// What the C of wasm2c needs of its runtime, by the names of wabt's release in package.json: one
// memory that never grows, a table of functions, and traps. No access to the memory is checked: the
// modules compute each address themselves.
#ifndef STUBLAB_WASM_RT_H
#define STUBLAB_WASM_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(holds) __builtin_expect(!!(holds), 1)
#define UNLIKELY(holds) __builtin_expect(!!(holds), 0)
#define wasm_rt_memcpy __builtin_memcpy
/** Leaves out the check of each access. */
#define WASM_RT_MEMCHECK_GUARD_PAGES 1

typedef enum {
    WASM_RT_TRAP_OOB = 1,
    WASM_RT_TRAP_INT_OVERFLOW,
    WASM_RT_TRAP_DIV_BY_ZERO,
    WASM_RT_TRAP_INVALID_CONVERSION,
    WASM_RT_TRAP_UNREACHABLE,
    WASM_RT_TRAP_CALL_INDIRECT,
} wasm_rt_trap_t;

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;

typedef struct {
    uint8_t *data;
    uint64_t pages, max_pages;
    uint64_t size; /* in bytes */
    bool is64;
} wasm_rt_memory_t;

typedef void (*wasm_rt_function_ptr_t)(void);
/** 32 bytes, equal if the types are. */
typedef const char *wasm_rt_func_type_t;

typedef struct wasm_rt_tailcallee {
    void (*fn)(void **instance, void *stack, struct wasm_rt_tailcallee *next);
} wasm_rt_tailcallee_t;

typedef struct {
    wasm_rt_func_type_t func_type;
    wasm_rt_function_ptr_t func;
    wasm_rt_tailcallee_t func_tailcallee;
    void *module_instance;
} wasm_rt_funcref_t;

typedef void *wasm_rt_externref_t;

#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){0})
#define wasm_rt_externref_null_value ((wasm_rt_externref_t)0)

/** Sizes are in elements. */
typedef struct {
    wasm_rt_funcref_t *data;
    uint32_t max_size, size;
} wasm_rt_funcref_table_t;

/** Is declared only: no module has one. */
typedef struct {
    wasm_rt_externref_t *data;
    uint32_t max_size, size;
} wasm_rt_externref_table_t;

__attribute__((noreturn)) void wasm_rt_trap(wasm_rt_trap_t trap);
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64,
                             uint32_t page_size);
void wasm_rt_free_memory(wasm_rt_memory_t *memory);
/** Refused: the allocator of a module then traps. */
#define wasm_rt_grow_memory(memory, pages) ((void)(memory), (void)(pages), UINT32_MAX)
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements,
                                    uint32_t most);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table);

#endif
