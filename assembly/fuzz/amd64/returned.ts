// Generates cases for rt_sigreturn.

import { REG_cs, REG_eflags, REG_r11, REG_rcx, REG_rip } from "../../amd64/registers";
import { placeInt80, placeSse, placeSyscall } from "../../model/amd64/target";
import { TRAP_FLAG } from "../../model/amd64/task";
import { below, ITSELF, RETURNED, start } from "../random";
import { clearHead, copyBaseline } from "../records";
import * as setups from "../setup";
import { Setup } from "../setup";
import { pick, ucFlags } from "../tables";
import { drawRegisters, step } from "../traced";
import { changeImage, drawImage, dropImage } from "./image";
import { drawPlace } from "./registers";
import { tame, VSYSCALL } from "./tame";

/** One case in this many changes many registers at once. */
const CROWDED: u32 = 32;
/** One case in this many permits a return by SYSRET, which requires RCX and R11 as SYSCALL leaves them. */
const FAST: u32 = 8;

const USER_CS: u16 = 0x33;

/** Writes case `index`. */
export function giveBack(setup: Setup, index: u64): void {
  start(RETURNED, index, ITSELF);
  draw(setup);
  finish(setup);
}

/** Changes a case a little: a register, and the image. */
export function changeReturned(setup: Setup): void {
  setup.way = u8(setups.WAY_SETREGS);
  step(setup);
  if (setup.fpstate == setups.FPSTATE_IMAGE && below(2) == 0) changeImage(setup);
  finish(setup);
}

function finish(setup: Setup): void {
  if (below(FAST) == 0) leaveBySysret(setup.words);
  // The restrictions on cases of ptrace apply here, too.
  setup.from = u8(setups.FROM_SIGNAL);
  setup.way = u8(setups.WAY_SETREGS);
  setup.on = u8(setups.ON_CONT);
  tame(setup, false);
  if (below(8) > 0) favourPredicted(setup.words);
  // What SSE does would depend on another case.
  const last = setup.fpstate == setups.FPSTATE_LAST;
  if (last && load<u64>(setup.words, REG_rip) == placeSse) setup.fpstate = setups.FPSTATE_NONE;
  if (setup.on != setups.ON_CONT) {
    store<u64>(setup.words, load<u64>(setup.words, REG_eflags) | TRAP_FLAG, REG_eflags);
  }
  setup.way = u8(setups.WAY_SIGRETURN);
  setup.on = u8(setups.ON_CONT);
  setup.wants = 0;
  setup.signal = 0;
}

/** Moves code of which little is predicted elsewhere: functions of the vsyscall page, and a 32-bit SYSCALL. */
function favourPredicted(words: usize): void {
  const rip = load<u64>(words, REG_rip);
  const short = load<u16>(words, REG_cs) != USER_CS && rip == placeSyscall;
  if (rip >= VSYSCALL || short) store<u64>(words, placeInt80, REG_rip);
}

function draw(setup: Setup): void {
  clearHead(setup);
  copyBaseline(setup);
  store<u64>(setup.words, drawPlace(), REG_rip);
  drawRegisters(setup, CROWDED);
  drawFrame(setup);
}

function drawFrame(setup: Setup): void {
  setup.ucFlags = u32(pick(ucFlags));
  const kind = below(16);
  if (kind == 0) drawImage(setup);
  else dropImage(setup, kind < 3 ? setups.FPSTATE_LAST : setups.FPSTATE_NONE);
}

function leaveBySysret(words: usize): void {
  store<u64>(words, load<u64>(words, REG_rip), REG_rcx);
  store<u64>(words, load<u64>(words, REG_eflags), REG_r11);
}
