// Cases that set hardware breakpoints: they spoil their stub, so they are as rare as those that end it.

import { REG_eflags, REG_rax, REG_rdi, REG_rip } from "../../amd64/registers";
import { pageAt, placeStore, SCRATCH_PAGE } from "../../model/amd64/target";
import { drawOn, drawSignal } from "../kinds";
import { below } from "../random";
import { clearWords, pairsEnd } from "../records";
import { FROM_LAST, ON_CONT, ON_NONE, REGISTERS, SETUP_SIZE, Setup, WAY_POKEUSER } from "../setup";
import { addresses, breakpointKinds, drawWord, pick, stacks, stores } from "../tables";
import { kills } from "./kills";
import { drawPair } from "./other_ways";
import { drawPlace, drawRegister } from "./registers";

/** offsetof(struct user, u_debugreg), and the register that enables. */
const DEBUG_REGISTERS: u32 = 848;
const CONTROL: u32 = DEBUG_REGISTERS + 7 * 8;

/** Has every other case arm a breakpoint; returns whether it does. */
export function armsBreakpoint(setup: Setup): bool {
  if (below(2) == 0) return false;
  arm(setup);
  return true;
}

/**
 * Makes a further step one that executes or stores where an earlier one has set breakpoint 0, or that changes a
 * breakpoint.
 */
export function meetBreakpoint(setup: Setup): void {
  pokeNothing(setup);
  const kind = below(4);
  if (kind == 0) poke(setup, CONTROL, drawControl(below(4)));
  else if (kind == 1) poke(setup, DEBUG_REGISTERS + 8 * (below(2) * below(4)), drawWord());
  else {
    setup.on = u8(drawOn());
    const address = addressBefore(setup);
    const stores = pageAt(address) == SCRATCH_PAGE;
    poke(setup, REG_rip, stores ? placeStore : address);
    if (stores) poke(setup, REG_rdi, address);
  }
}

/** The last address that the steps before a setup poke as that of breakpoint 0, and that is not refused; else 0. */
function addressBefore(setup: Setup): u64 {
  let address: u64 = 0;
  for (let it = setup; address == 0 && it.from == FROM_LAST; ) {
    it = changetype<Setup>(changetype<usize>(it) - SETUP_SIZE);
    if (it.way != WAY_POKEUSER) continue;
    for (let pair = it.words, end = pairsEnd(it); pair < end; pair += 16) {
      const word = load<u64>(pair, 8);
      if (load<u64>(pair) == DEBUG_REGISTERS && word <= u64(u32(-1))) address = word;
    }
  }
  return address;
}

function pokeNothing(setup: Setup): void {
  setup.way = u8(WAY_POKEUSER);
  setup.length = 0;
  setup.count = 0;
  setup.signal = 0;
  clearWords(setup.words, REGISTERS);
}

/** Makes a case one that pokes registers and breakpoints, mostly where it executes or accesses memory. */
function arm(setup: Setup): void {
  pokeNothing(setup);
  setup.signal = below(4) == 0 ? drawSignal() : 0;
  if (setup.on == ON_NONE && below(4) > 0) setup.on = u8(ON_CONT);
  if (kills(setup)) setup.signal = 0;
  const rip = drawPlace();
  const rdi = rip == placeStore ? pick(stores) : pick(addresses);
  poke(setup, REG_rip, rip);
  if (below(2) == 0) poke(setup, REG_rdi, rdi);
  if (below(2) == 0) poke(setup, REG_rax, drawRegister(REG_rax / 8));
  if (below(4) == 0) poke(setup, REG_eflags, drawRegister(REG_eflags / 8));
  for (let n = 1 + below(4); n > 0; n--) {
    const k = below(8) == 0 ? below(4) : 0;
    const kind = below(8);
    if (kind < 4) poke(setup, DEBUG_REGISTERS + 8 * k, drawAddress(rip, rdi));
    else if (kind < 7) poke(setup, CONTROL, drawControl(k));
    else drawPair(WAY_POKEUSER, setup.words + 16 * setup.count++);
  }
  poke(setup, CONTROL, drawControl(0));
}

function poke(setup: Setup, offset: i32, word: u64): void {
  const pair = setup.words + 16 * setup.count++;
  store<u64>(pair, offset);
  store<u64>(pair, word, 8);
}

function drawAddress(rip: u64, rdi: u64): u64 {
  const kind = below(8);
  if (kind < 4) return rip + (kind == 0 ? below(4) : 0);
  if (kind < 6) return rdi + below(16) - 8;
  return kind == 6 ? pick(stacks) - below(9) : pick(addresses);
}

/** A word that enables one breakpoint, and gives all the same kind and length. */
function drawControl(k: u32): u64 {
  if (below(16) == 0) return drawWord();
  const kind = u32(pick(breakpointKinds));
  const length = kind == 0 && below(8) > 0 ? 0 : below(4);
  const fields = u64((kind | (length << 2)) * 0x1111) << 16;
  return fields | (u64(below(4)) << (2 * k)) | (below(4) == 0 ? below(256) : 0);
}
