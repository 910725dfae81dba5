/** What came of an instruction: it is done, done with no trap after it, or the stub has stopped. */
export const DONE = 0;
export const DONE_WITHOUT_TRAP = 1;
export const STOPPED = 2;
