/** How many calls are in a batch. */
export const BATCH = 64;
