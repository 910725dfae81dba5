// What the stub layer knows about the architecture, beyond what encoders compute.

/** Bytes of a page. */
export const PAGE_SIZE = 4096;

/** The first address past user space (TASK_SIZE_MAX with four-level paging, which every program gets). */
export const TOP_OF_USER_SPACE = 0x7ffffffff000;

/** The register that holds the address of the next instruction. */
export const INSTRUCTION_POINTER = "rip";
