// Where a task is

/** At a stop by a signal, of its group, or of a call. */
export const AT_SIGNAL: u32 = 0;
export const AT_GROUP: u32 = 1;
export const AT_ENTRY: u32 = 2;
export const AT_EXIT: u32 = 3;
/** At the entry of a call that is not executed. */
export const AT_SYSEMU: u32 = 4;
/** At the entry of a handler. */
export const AT_HANDLER: u32 = 5;
/** It is not at a stop: nothing can go on from there. */
export const AT_END: u32 = 6;
