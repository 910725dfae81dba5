// Reads the document of a case, "stublab.case/1" (docs/fuzzing-cases.md), into setups. Members may be in any order: they
// are found first, so that each is read when what it depends on is known. Functions return whether they succeed; those
// that do not have written why.

import * as member from "../../../build/case_members";
import * as names from "../../../build/case_names";
import { PC } from "../../model/task";
import { wantsOf } from "../kinds";
import { clearWords, copyBaseline } from "../records";
import * as its from "../setup";
import { Setup } from "../setup";
import * as json from "./json";
import { is, memberValue, nextAfter } from "./json";
import { countOf, indexOf, takes } from "./names";
import { endText } from "./output";
import * as refuse from "./refuse";

/** The steps of the case that was read last. */
export const caseSteps: usize = memory.data(its.SETUP_SIZE * its.MOST_STEPS, 16);

/** The values of members by their index; 0 for one that is omitted. */
const values: usize = memory.data(8 * 32, 8);

function valueFor(index: i32): usize {
  return load<usize>(values + 8 * index);
}

/** The word that was read last. */
let word: u64 = 0;
/** The index of the name that was read last. */
let named: i32 = 0;

const HEX_WORD = 'a hex word such as "0xfe0"';
const WHOLE_NUMBER = "a whole number from 0 to 4294967295";
const MOST: u64 = 0xffff_ffff;

/**
 * Reads the document from `begin` to `end` into `caseSteps`.
 *
 * @param follows what may follow it: FOLLOWS_NOTHING and its like
 * @returns the number of steps; 0 if it is refused: `caseText` says why, and, after a line feed, what may help
 */
export function readCase(begin: usize, end: usize, follows: u32): u32 {
  const document = json.checkDocument(begin, end, follows);
  const steps = document == 0 ? 0 : readSteps(document);
  endText();
  return steps;
}

function readSteps(document: usize): u32 {
  refuse.placesIn(document);
  if (!findMembers(document, member.schema, member.offset, "a case has no")) return 0;
  if (!readSchema(document) || !readArch()) return 0;
  const before = valueFor(member.before);
  let count: u32 = 0;
  if (before != 0) {
    if (!isList(before, its.MOST_STEPS - 1)) return 0;
    for (let step = json.firstIn(before); step != 0; step = nextAfter(step)) {
      if (!findMembers(step, member.from, member.offset, "a step has no")) return 0;
      if (!readStep(step, count++, true)) return 0;
    }
    findMembers(document, member.schema, member.offset, "");
  }
  return readStep(document, count, count > 0) ? count + 1 : 0;
}

function readSchema(document: usize): bool {
  const schema = valueFor(member.schema);
  if (schema == 0) return refuse.missing(document, member.schema, '"stublab.case/1"');
  return readName(schema, names.SCHEMAS, 0, 1);
}

/** The kinds and registers of cases are those of this architecture. */
function readArch(): bool {
  const all = countOf(names.ARCHES);
  if (!readKind(member.arch, names.ARCHES, 0, all, names.USUAL_ARCH)) return false;
  return named == names.ARCH || refuse.arch(named);
}

/** Finds the members of an object, whose names are from `first` to `last` of MEMBERS. */
function findMembers(object: usize, first: i32, last: i32, lacks: string): bool {
  for (let index = first; index < last; index++) store<usize>(values + 8 * index, 0);
  if (!is(object, json.OPEN)) return refuse.expected(object, "an object");
  for (let name = json.firstIn(object); name != 0; ) {
    const value = memberValue(name);
    const index = indexOf(name, names.MEMBERS, first, last);
    if (index < 0)
      return refuse.unknown(object, lacks, name, "members", names.MEMBERS, first, last);
    if (valueFor(index) != 0) return refuse.because(value, "it appears twice");
    store<usize>(values + 8 * index, value);
    name = nextAfter(value);
  }
  return true;
}

function readName(value: usize, list: usize, first: i32, last: i32): bool {
  named = indexOf(value, list, first, last);
  return named >= 0 || refuse.noneOf(value, list, first, last);
}

/** The same for a member that may be omitted. */
function readKind(index: i32, list: usize, first: i32, last: i32, usual: i32): bool {
  named = usual;
  const value = valueFor(index);
  return value == 0 || readName(value, list, first, last);
}

function isList(value: usize, most: u32): bool {
  if (!is(value, json.OPEN_LIST)) return refuse.expected(value, "a list");
  return json.countIn(value) <= most || refuse.tooMany(value, most);
}

/** Reads a word such as "0xfe0": in lower case, without zeros before it. */
function readWord(value: usize): bool {
  word = 0;
  let count = 0;
  let isWord = is(value, json.QUOTE);
  for (let at = value + 1; isWord && !is(at, json.QUOTE); at = json.unitEnd, count++) {
    const unit = json.unitAt(at);
    const digit = unit - 0x41 < 26 ? 16 : json.hexDigit(unit);
    if (count < 2) isWord = unit == (count == 0 ? 0x30 : 0x78);
    else {
      isWord = digit < 16 && count < 18 && (count == 2 || word != 0);
      word = (word << 4) | digit;
    }
  }
  return (isWord && count > 2) || refuse.expected(value, HEX_WORD);
}

/** Reads a number of 32 bits, in digits alone. */
function readNumber(value: usize): bool {
  word = 0;
  const last = json.valueEnd(value);
  for (let at = value; at < last; at++) {
    const digit = u32(load<u8>(at)) - 0x30;
    word = 10 * word + digit;
    if (digit > 9 || word > MOST) return refuse.expected(value, WHOLE_NUMBER);
  }
  return true;
}

/** Reads a step, whose members were found, into the setup of a number. */
function readStep(object: usize, number: u32, isScript: bool): bool {
  const at = caseSteps + its.SETUP_SIZE * number;
  const setup = changetype<Setup>(at);
  clearWords(at, its.SETUP_SIZE / 8);
  const last = i32(its.FROM_LAST);
  const isFirst = number == 0;
  const from = isFirst ? 0 : last;
  if (!readKind(member.from, names.FROMS, from, isFirst ? last : last + 1, from)) return false;
  setup.from = u8(named);
  if (!readKind(member.way, names.WAYS, 0, countOf(names.WAYS), 0)) return false;
  setup.way = u8(named);
  if (!readKind(member.on, names.ONS, 0, countOf(names.ONS), its.ON_CONT)) return false;
  setup.on = u8(named);
  if (!readSignal(setup)) return false;
  const way = setup.way;
  if (takes(way, member.frame) && !isReturn(setup, isScript)) return false;
  for (let index = member.code; index < member.offset; index++) {
    const value = valueFor(index);
    if (value != 0 && !takes(way, index) && !isEmpty(value)) return refuse.way(value, way);
  }
  if (takes(way, member.registers) && !readRegisters(setup)) return false;
  if (takes(way, member.words) && !readWords(setup)) return false;
  if (takes(way, member.length) && !readLength(object, setup)) return false;
  if (takes(way, member.frame) && !readFrame(setup)) return false;
  return !takes(way, member.pairs) || readPairs(setup);
}

/** Whether a value is null, or has no content. */
function isEmpty(value: usize): bool {
  return (
    is(value, json.NULL) ||
    ((is(value, json.OPEN) || is(value, json.OPEN_LIST)) && json.firstIn(value) == 0)
  );
}

/** A signal by name or number, even an invalid one: the kernel must refuse it. */
function readSignal(setup: Setup): bool {
  const value = valueFor(member.signal);
  if (value != 0 && is(value, json.QUOTE)) {
    const index = indexOf(value, names.SIGNALS, 0, countOf(names.SIGNALS));
    if (index < 0) return refuse.unknown(value, "unknown signal", value, "", names.SIGNALS, 0, 0);
    setup.signal = load<u32>(names.SIGNAL_NUMBERS + 4 * index);
  } else if (value != 0 && !is(value, json.NULL)) {
    if (!readNumber(value)) return false;
    setup.signal = u32(word);
  }
  setup.wants = wantsOf(setup.signal);
  return true;
}

/** A stub that returns from a signal handler starts there, resumes by itself, and does not stop between two steps. */
function isReturn(setup: Setup, isScript: bool): bool {
  if (isScript) return refuse.script(valueFor(member.way), setup.way);
  const isFrom = setup.from == its.FROM_SIGNAL;
  const wrong = !isFrom ? member.from : setup.on != its.ON_CONT ? member.on : member.signal;
  return (wrong == member.signal && setup.signal == 0) || refuse.kind(valueFor(wrong), setup.way);
}

/** The baseline with the code, and the words that differ: that of the program counter decides. */
function readRegisters(setup: Setup): bool {
  copyBaseline(setup);
  const code = valueFor(member.code);
  if (code != 0 && !is(code, json.NULL)) {
    const count = countOf(names.CODES);
    if (!is(code, json.QUOTE)) return refuse.expected(code, "a string");
    const index = indexOf(code, names.CODES, 0, count);
    if (index < 0)
      return refuse.unknown(code, "unknown code", code, "codes", names.CODES, 0, count);
    store<u64>(setup.words + PC, load<u64>(names.CODE_PLACES + 8 * index));
  }
  const registers = valueFor(member.registers);
  if (registers == 0) return true;
  if (!is(registers, json.OPEN)) return refuse.expected(registers, "an object");
  const all = names.REGISTER_NAMES;
  const count = countOf(all);
  let seen: u64 = 0;
  for (let name = json.firstIn(registers); name != 0; ) {
    const value = memberValue(name);
    const index = indexOf(name, all, 0, count);
    if (index < 0) {
      return refuse.unknown(registers, "unknown register", name, "registers", all, 0, count);
    }
    if (((seen >> index) & 1) != 0) return refuse.because(value, "it appears twice");
    seen |= u64(1) << index;
    if (!readWord(value)) return false;
    store<u64>(setup.words + 8 * index, word);
    name = nextAfter(value);
  }
  return true;
}

function readWords(setup: Setup): bool {
  const list = valueFor(member.words);
  if (list == 0) return true;
  if (!isList(list, load<u32>(names.WAY_WORDS + 4 * setup.way))) return false;
  let at = setup.words;
  for (let item = json.firstIn(list); item != 0; item = nextAfter(item), at += 8) {
    if (!readWord(item)) return false;
    store<u64>(at, word);
  }
  return true;
}

function readLength(object: usize, setup: Setup): bool {
  const value = valueFor(member.length);
  word = load<u32>(names.WAY_LENGTHS + 4 * setup.way);
  // Each machine has its own.
  const isRequired = word == MOST;
  if (value == 0 && isRequired) return refuse.missing(object, member.length, WHOLE_NUMBER);
  if (value != 0 && !readNumber(value)) return false;
  setup.length = u32(word);
  return true;
}

function readFrame(setup: Setup): bool {
  const frame = valueFor(member.frame);
  if (frame == 0) return true;
  if (!findMembers(frame, member.uc_flags, countOf(names.MEMBERS), "a frame has no")) return false;
  const flags = valueFor(member.uc_flags);
  if (flags != 0) {
    if (!readWord(flags)) return false;
    if (word > MOST) return refuse.expected(flags, "at most 32 bits");
    setup.ucFlags = u32(word);
  }
  const fpstate = valueFor(member.fpstate);
  const image = valueFor(member.image);
  const isTrue = fpstate != 0 && is(fpstate, json.TRUE);
  if (fpstate != 0 && !isTrue && !is(fpstate, json.FALSE)) {
    return refuse.expected(fpstate, "true or false");
  }
  if (isTrue) setup.fpstate = its.FPSTATE_LAST;
  if (image == 0) return true;
  if (!readWord(image)) return false;
  if (fpstate != 0 && !isTrue) return refuse.because(image, "needs fpstate");
  setup.fpstate = its.FPSTATE_IMAGE;
  setup.image = word;
  return true;
}

/** Those of a frame damage its image. */
function readPairs(setup: Setup): bool {
  const list = valueFor(member.pairs);
  if (list == 0) return true;
  const isFramed = takes(setup.way, member.frame);
  const hasNone = isFramed && setup.fpstate != its.FPSTATE_IMAGE;
  if (!isList(list, hasNone ? 0 : load<u32>(names.WAY_PAIRS + 4 * setup.way))) return false;
  let at = isFramed ? setup.damage : setup.words;
  for (let pair = json.firstIn(list); pair != 0; pair = nextAfter(pair), at += 16) {
    if (!findMembers(pair, member.offset, member.uc_flags, "a pair has no")) return false;
    for (let index = member.offset; index < member.uc_flags; index++) {
      const value = valueFor(index);
      if (value == 0) return refuse.missing(pair, index, HEX_WORD);
      if (!readWord(value)) return false;
      store<u64>(at + 8 * (index - member.offset), word);
    }
    setup.count++;
  }
  return true;
}
