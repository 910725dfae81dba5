// Cases near a rule: near the one that a run is to look at, or near those that few cases use. A survey of the first
// cases notes, by rule, some of those that use it. A case near a rule is one of them with a small change.

import { predict } from "../model/predict";
import { known } from "../model/prediction";
import { usedRule, usedRules } from "../model/rule";
import { changeCase, drawPlain, SCRIPTS, streamOf } from "./paths";
import { below, CHANGE, CHOICE, start, TRACED } from "./random";
import { copySetup } from "./records";
import { drawScript } from "./script";
import { GROUP, SETUP_SIZE, Setup } from "./setup";
import { seedCount } from "./tables";

/** So many cases are surveyed. A rule that fewer than one in 1024 of them use is rare. */
const SURVEYED: u32 = 1 << 17;
const RARE: u32 = SURVEYED >> 10;
/** One case in this many is near a rare rule; or, if there is a focus, is not near it. */
const NEAR: u32 = 8;
/** One in this many of those near a rare rule because of which a stop is not predicted is made. */
const HIDDEN: u32 = 32;
/** Of so many rare rules, the one that the fewest cases use is chosen. */
const CANDIDATES = 4;
/** One case in this many may end its stub: rules about the end are rare because a new stub takes long. */
const KILLING_RARE: u32 = 128;
const KILLING_FOCUS: u32 = 16;

/** Two streams with more rules than there are, and the most cases that are noted for each. */
const LISTS: u32 = 2 * 256;
const NOTED: u32 = 64;
const NONE: u32 = 0xffff_ffff;

/** By stream and rule: how many cases use it, and the numbers of the first of them. */
const uses = memory.data(4 * LISTS, 4);
const noted = memory.data(4 * LISTS * NOTED, 4);
/** By stream: the rare rules. */
const rare = memory.data(4 * LISTS, 4);
const rareCounts = memory.data(4 * 2, 4);
/** By rule: whether a stop is not predicted because of it. */
const hides = memory.data(256);
const surveyed = memory.data(SETUP_SIZE, 8);

/** The rule that most cases are near to; 0: none. */
let focus: u32 = 0;
/** Whether there has been a survey: only then are there scripts. */
let surveys = false;

/** Without a survey no case is near a rule, and what is drawn does not depend on the rules that hold. */
export function forget(): void {
  focus = 0;
  surveys = false;
  memory.fill(rareCounts, 0, 4 * 2);
}

/** Predicts the first cases, by the model as it is now. From then on, cases are near `rule`; 0: near rare ones. */
export function survey(rule: u32): void {
  forget();
  memory.fill(uses, 0, 4 * LISTS);
  const setup = changetype<Setup>(surveyed);
  for (let number: u32 = 0; number < SURVEYED; number++) {
    const stream = streamOf(number);
    drawPlain(setup, stream, number);
    predict(setup);
    if (known.reason != 0) {
      note(256 * stream + known.reason, number);
      store<u8>(hides + known.reason, 1);
    } else for (let k = usedRules(); k-- > 0; ) note(256 * stream + usedRule(k), number);
  }
  for (let list: u32 = 0; list < LISTS; list++) {
    const count = load<u32>(uses + 4 * list);
    if (count > 0 && count < RARE) addRare(list >> 8, list & 0xff);
  }
  focus = rule;
  surveys = true;
}

function note(list: u32, number: u32): void {
  const count = load<u32>(uses + 4 * list);
  store<u32>(uses + 4 * list, count + 1);
  if (count < NOTED) store<u32>(noted + 4 * (NOTED * list + count), number);
}

function addRare(stream: u32, rule: u32): void {
  const count = load<u32>(rareCounts + 4 * stream);
  store<u32>(rare + 4 * (256 * stream + count), rule);
  store<u32>(rareCounts + 4 * stream, count + 1);
}

/** The setups of a group of numbers that has scripts. */
const scripts = memory.data(SETUP_SIZE * GROUP, 8);

/** Whether a number is in such a group. */
function isOfScript(index: u64): bool {
  const group = index / GROUP;
  if (!surveys || group % SCRIPTS != SCRIPTS - 1 || GROUP * group < seedCount) return false;
  return streamOf(index) == TRACED;
}

function drawScripts(index: u64): void {
  for (let k: u32 = 0; k < GROUP; ) {
    const first = scripts + SETUP_SIZE * k;
    drawCase(changetype<Setup>(first), index + k);
    k += drawScript(first, index + k, GROUP - k);
  }
}

/** Writes `count` setups from `index` on. */
export function drawCases(to: usize, count: u32, index: u64): void {
  let drawn = false;
  for (const end = index + count; index < end; index++, to += SETUP_SIZE) {
    const place = u32(index % GROUP);
    if (!isOfScript(index)) drawCase(changetype<Setup>(to), index);
    else {
      if (place == 0 || !drawn) drawScripts(index - place);
      drawn = true;
      copySetup(to, scripts + SETUP_SIZE * place);
    }
  }
}

/** Writes case `index`, of one step. */
function drawCase(setup: Setup, index: u64): void {
  const stream = streamOf(index);
  start(stream, index, CHOICE);
  const number = index < seedCount ? NONE : drawNumber(stream);
  if (number == NONE) {
    drawPlain(setup, stream, index);
    return;
  }
  drawPlain(setup, stream, number);
  start(stream, index, CHANGE);
  changeCase(setup, stream, below(focus != 0 ? KILLING_FOCUS : KILLING_RARE) == 0);
}

/** The number of a case that uses a rule; for most cases NONE. */
function drawNumber(stream: u32): u32 {
  const rule = drawRule(stream);
  if (rule == 0) return NONE;
  const list = 256 * stream + rule;
  const count = min(load<u32>(uses + 4 * list), NOTED);
  return count == 0 ? NONE : load<u32>(noted + 4 * (NOTED * list + below(count)));
}

function drawRule(stream: u32): u32 {
  const most = below(NEAR) > 0;
  if (focus != 0) return most ? focus : 0;
  if (most || load<u32>(rareCounts + 4 * stream) == 0) return 0;
  let rule = drawRare(stream);
  for (let n = 1; n < CANDIDATES; n++) {
    const other = drawRare(stream);
    if (usesOf(stream, other) < usesOf(stream, rule)) rule = other;
  }
  return load<u8>(hides + rule) != 0 && below(HIDDEN) > 0 ? 0 : rule;
}

function drawRare(stream: u32): u32 {
  return load<u32>(rare + 4 * (256 * stream + below(load<u32>(rareCounts + 4 * stream))));
}

/** How many of the surveyed cases use a rule. */
function usesOf(stream: u32, rule: u32): u32 {
  return load<u32>(uses + 4 * (256 * stream + rule));
}
