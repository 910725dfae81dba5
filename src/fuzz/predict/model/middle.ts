import { addImmediate, decrementAh, rotateAh, setAh, setLogicFlags } from "./arithmetic.ts";
import * as op from "./instructions.ts";
import { RAX, RCX, RSP, type State } from "./state.ts";

/** INT3 four times, as a number. */
const BREAKS = 0xcccc_cccc;
const [SIGN, BYTE_SIGN] = [0x8000_0000, 0x80];

/**
 * What lies in the middle of instructions, with INT3 for numbers.
 *
 * @param adjust what OR and TEST clear beyond the flags of every processor
 */
export function calculate(instruction: number, adjust: number, state: State): void {
  if (instruction === op.ADD_EAX) addImmediate(BREAKS, state);
  else if (instruction === op.OR_AH) {
    setAh(((state.low(RAX) >>> 8) & 0xff) | (BREAKS & 0xff), state);
    setLogicFlags((state.low(RAX) >>> 8) & 0xff, BYTE_SIGN, adjust, state);
  } else if (instruction === op.ROR_AH) rotateAh(state);
  else if (instruction === op.DEC_AH) decrementAh(state);
  else if (instruction === op.TEST_ESP) {
    setLogicFlags((state.low(RSP) & BREAKS) >>> 0, SIGN, adjust, state);
  } else {
    state.set(RCX, (state.low(RCX) | state.low(RSP)) >>> 0, 0);
    setLogicFlags(state.low(RCX), SIGN, adjust, state);
  }
}
