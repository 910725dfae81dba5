// Writes a case as a document "stublab.case/1" in one line.

import * as member from "../../../build/case_members";
import * as names from "../../../build/case_names";
import { baseline } from "../../model/target";
import { PC } from "../../model/task";
import { firstStep } from "../records";
import { FPSTATE_IMAGE, FPSTATE_NONE, FROM_LAST, SETUP_SIZE, Setup } from "../setup";
import { wordsOf } from "../tables";
import { countOf, putName, takes } from "./names";
import { beginText, endText, put, putHex, putNumber } from "./output";

/** Writes the case whose last step is at an address to `caseText`. Returns its length in bytes. */
export function writeCase(last: usize): u32 {
  const first = firstStep(last);
  beginText();
  putMember('{"schema":"', names.SCHEMAS, 0);
  put(",");
  if (names.ARCH != names.USUAL_ARCH) {
    putMember('"arch":"', names.ARCHES, names.ARCH);
    put(",");
  }
  if (first != last) {
    put('"before":[');
    for (let step = first; step < last; step += SETUP_SIZE) {
      put(step == first ? "{" : ",{");
      putStep(changetype<Setup>(step));
    }
    put("],");
  }
  putStep(changetype<Setup>(last));
  return endText();
}

/** A name in quotes, the first of which `before` has. */
function putMember(before: string, list: usize, name: i32): void {
  put(before);
  putName(list, name);
  put('"');
}

/** The members of a step, and the end of its object. */
function putStep(setup: Setup): void {
  const way = setup.way;
  const isFramed = takes(way, member.frame);
  if (setup.from != FROM_LAST) {
    putMember('"from":"', names.FROMS, setup.from);
    put(",");
  }
  putMember('"way":"', names.WAYS, way);
  putMember(',"on":"', names.ONS, setup.on);
  putSignal(setup.signal);
  if (takes(way, member.registers)) putRegisters(setup.words);
  if (load<u32>(names.WAY_PAIRS + 4 * way) > 0 && (!isFramed || setup.count > 0)) {
    putPairs(isFramed ? setup.damage : setup.words, setup.count);
  }
  const words = load<u32>(names.WAY_WORDS + 4 * way);
  for (let n: u32 = 0; n < words; n++) {
    put(n == 0 ? ',"words":["' : '","');
    putHex(load<u64>(setup.words + 8 * n));
  }
  if (words > 0) put('"]');
  if (takes(way, member.length)) {
    put(',"length":');
    putNumber(setup.length);
  }
  if (isFramed) putFrame(setup);
  put("}");
}

function putSignal(signal: u32): void {
  put(',"signal":');
  for (let n = 0; n < countOf(names.SIGNALS); n++) {
    if (load<u32>(names.SIGNAL_NUMBERS + 4 * n) != signal) continue;
    putMember('"', names.SIGNALS, n);
    return;
  }
  if (signal == 0) put("null");
  else putNumber(signal);
}

/** The piece of code, and the words that differ from the baseline. */
function putRegisters(words: usize): void {
  let code = countOf(names.CODES) - 1;
  while (code >= 0 && load<u64>(names.CODE_PLACES + 8 * code) != load<u64>(words + PC)) code--;
  put(',"code":');
  if (code < 0) put("null");
  else putMember('"', names.CODES, code);
  put(',"registers":{');
  let isFirst = true;
  for (let n = 0; n < countOf(names.REGISTER_NAMES); n++) {
    const word = load<u64>(words + 8 * n);
    if (word == load<u64>(wordsOf(baseline) + 8 * n) || (8 * n == PC && code >= 0)) continue;
    putMember(isFirst ? '"' : ',"', names.REGISTER_NAMES, n);
    putWord(':"', word);
    isFirst = false;
  }
  put("}");
}

/** A word in quotes, the first of which `before` has. */
function putWord(before: string, word: u64): void {
  put(before);
  putHex(word);
  put('"');
}

function putPairs(pair: usize, count: u32): void {
  put(',"pairs":[');
  for (let n: u32 = 0; n < count; n++, pair += 16) {
    putWord(n == 0 ? '{"offset":"' : ',{"offset":"', load<u64>(pair));
    putWord(',"word":"', load<u64>(pair, 8));
    put("}");
  }
  put("]");
}

function putFrame(setup: Setup): void {
  putWord(',"frame":{"uc_flags":"', setup.ucFlags);
  put(setup.fpstate == FPSTATE_NONE ? ',"fpstate":false' : ',"fpstate":true');
  if (setup.fpstate == FPSTATE_IMAGE) putWord(',"image":"', setup.image);
  put("}");
}
