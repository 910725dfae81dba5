// What the C of wasm2c includes in place of a C library's headers, so that it compiles for any
// machine.
#define assert(holds) ((void)0)
#define static_assert _Static_assert
