// exit, exit_group, getpid, set_tid_address.

import { type EmulatedCall, int } from "../call.ts";

/** The pid of every guest, and the tid of its only thread. */
const GUEST_PID = 1n;

export const exit: EmulatedCall = {
  run: (_, [status = 0n]) => ({ exit: int(status) & 0xff }),
};

export const getpid: EmulatedCall = {
  run: () => ({ value: GUEST_PID }),
};

export const set_tid_address: EmulatedCall = {
  run: () => ({ value: GUEST_PID }),
};
