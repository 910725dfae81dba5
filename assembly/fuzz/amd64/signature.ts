// The signature of a case: two cases have the same one if the kernel did the same things to their registers. Addresses,
// pids and values are not part of it unless they are significant, so it is the same in every run.

import {
  REG_ds,
  REG_eflags,
  REG_fs_base,
  REG_gs,
  REG_gs_base,
  REG_rax,
  REG_rdi,
  REG_rip,
  REG_rsp,
  REGISTERS_SIZE,
} from "../../amd64/registers";
import { EINTR, EINVAL, ENOSYS } from "../../linux/errno";
import { SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGSTOP, SIGTRAP } from "../../linux/signal";
import { baseline, placeHandler } from "../../model/amd64/target";
import { mix } from "../mix";
import {
  FPSTATE_IMAGE,
  FROM_GROUP,
  FROM_SIGNAL,
  MOST_PAIRS,
  ON_CONT,
  ON_SINGLESTEP,
  ON_SYSEMU_SINGLESTEP,
  Outcome,
  Setup,
  WANT_WRITTEN,
  WAY_POKEUSER,
  WAY_SETREGS,
  WAY_SETREGSET,
  WAY_SIGRETURN,
  WAY_SYSCALL_INFO,
  WAY_XSTATE,
} from "../setup";
import { wordsOf } from "../tables";

const FIRST_DEBUG_REGISTER: u32 = 848;

/** How a word changed. */
const SAME: u32 = 0;
const ZERO: u32 = 1;
const LOW_32: u32 = 2;
const LOW_16: u32 = 3;
const ERRNO: u32 = 4;
const OTHER: u32 = 5;
/** In a set of kinds of change: the flags changed. */
const FLAGS: u32 = 8;

/** TF, NT and RF: changes of other flags have little significance. */
const TELLING_FLAGS: u32 = 0x0001_4100;
/** ERESTARTSYS to ERESTART_RESTARTBLOCK: errnos that are internal to the kernel. */
const FIRST_RESTART: u32 = 512;
const LAST_RESTART: u32 = 516;

/** How many bytes RIP or RSP may move in one or two instructions. */
const NEAR: i64 = 16;
/** Greater than the lengths of the instructions that are distinguished. */
const SOME: i64 = 4;
const FAR: u32 = 100;

/** The low byte of the status word of a stop, and the first si_code that a stop at a system call may have. */
const STOPPED: u32 = 0x7f;
const SYSCALL_STOP: u32 = 0x80;

/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STATUS: u32 = 5 | 0x80;

/** The bit of RAX in a set of registers. */
const RAX: u32 = 1 << (REG_rax / 8);

const BEGINNING: u64 = 0x5157_0b1a;

/** The signature of a setup and its outcome: an integer below 2^53. */
export function signatureOf(setup: Setup, outcome: Outcome, agreement: u32, decided: u32): f64 {
  const kinds = load<u32>(changetype<usize>(setup)) & 0xff_ffff;
  const way: u32 = setup.way;
  const error = outcome.error;
  const resumed = outcome.resumed;
  const registers = way <= WAY_POKEUSER || way == WAY_SYSCALL_INFO || way == WAY_SIGRETURN;
  let hash = mix(
    BEGINNING,
    error != 0 ? kinds & 0xffff : resumed != 0 ? kinds : resumedKinds(setup, outcome.status),
  );
  hash = mix(hash, agreement);
  hash = mix(hash, error);
  if (error != 0) hash = mix(hash, refusal(setup, outcome, way));
  else if (!registers) hash = mix(hash, writtenChanges(setup, outcome.written, way));
  // If the stub is resumed, only the resume counts: with the write, the kinds of outcomes would multiply.
  else if (resumed != 0) hash = mix(hash, changes(outcome.written, asked(setup, way)));
  hash = mix(hash, resumed);
  if (resumed == 0) {
    const before = isReadBack(setup, way) ? outcome.written : setup.words;
    // With an image only that counts: both would multiply.
    const image = setup.fpstate == FPSTATE_IMAGE;
    hash = mixStop(hash, outcome, setup.signal, registers && !image ? before : 0, decided);
    if (image) hash = mix(hash, imageKind(setup, outcome.written));
  }
  return f64(hash & 0x1f_ffff_ffff_ffff);
}

/**
 * The kinds that count if the stub is resumed. Its behaviour then depends neither on how its registers were written nor
 * on whether it was in a group-stop. The requested kind of system call stop only matters at such stops.
 */
function resumedKinds(setup: Setup, status: u32): u32 {
  const from: u32 = setup.from == FROM_GROUP ? FROM_SIGNAL : setup.from;
  const way: u32 = setup.way;
  const on: u32 = setup.on;
  const steps = on == ON_SINGLESTEP || on == ON_SYSEMU_SINGLESTEP;
  const told = status >> 8 == SYSCALL_STATUS ? on : steps ? ON_SINGLESTEP : ON_CONT;
  return from | (way <= WAY_POKEUSER ? 0 : way << 8) | (told << 16);
}

/** Whether the registers after the write are known; if not, those that the case requests are used. */
function isReadBack(setup: Setup, way: u32): bool {
  if (way == WAY_SIGRETURN) return false;
  return way != WAY_SETREGS || (setup.wants & WANT_WRITTEN) != 0;
}

/** A block and one more word, for a poke that begins in the last half of the block. */
const block = memory.data(232, 8);

/** The address of the registers that a case requests. */
function asked(setup: Setup, way: u32): usize {
  const words = setup.words;
  if (way == WAY_SETREGS) return words;
  if (way == WAY_SETREGSET) {
    const length = setup.length;
    if (length >= u32(REGISTERS_SIZE)) return words;
    memory.copy(block, wordsOf(baseline), REGISTERS_SIZE);
    memory.copy(block, words, (length + 3) & ~3);
    return block;
  }
  if (way != WAY_POKEUSER) return wordsOf(baseline);
  memory.copy(block, wordsOf(baseline), REGISTERS_SIZE);
  const end = words + 16 * setup.count;
  for (let pair = words; pair < end; pair += 16) {
    const offset = load<u64>(pair);
    if (offset >= u64(REGISTERS_SIZE)) continue;
    store<u64>(block + (usize(offset) & ~3), load<u64>(pair, 8));
  }
  return block;
}

/** The word that was refused: a register, or the kind of its offset. */
function refusal(setup: Setup, outcome: Outcome, way: u32): u32 {
  if (way == WAY_POKEUSER) {
    const offset = load<u32>(setup.words + 16 * min(outcome.refusedAt, MOST_PAIRS));
    if (offset < u32(REGISTERS_SIZE) && offset % 8 == 0) return offset;
    return 1000 + (offset & 7) + (offset >= FIRST_DEBUG_REGISTER ? 8 : 0);
  }
  if (way > WAY_SETREGSET) return 0;
  // The words before it were written; the first that was not is usually the one.
  const written = outcome.written;
  const wanted = asked(setup, way);
  for (let k: usize = 0; k < usize(REGISTERS_SIZE); k += 8) {
    const is = load<u64>(written + k);
    const was = load<u64>(wanted + k);
    if (is == was || k == REG_eflags) continue;
    const change = changeOf(is, was);
    if (change == ZERO || change >= ERRNO) return u32(k / 4);
  }
  return REGISTERS_SIZE / 4;
}

/** How the registers after the write differ from those asked for: a set of kinds of change. */
function changes(written: usize, wanted: usize): u32 {
  let seen: u32 = 0;
  for (let k: usize = 0; k < usize(REGISTERS_SIZE); k += 8) {
    const is = load<u64>(written + k);
    const was = load<u64>(wanted + k);
    if (is != was) seen |= 1 << (k == REG_eflags ? FLAGS : changeOf(is, was));
  }
  return seen;
}

/** The same for words that are not registers. */
function writtenChanges(setup: Setup, written: usize, way: u32): u32 {
  const words = setup.words;
  if (way > WAY_XSTATE) return changeOf(load<u64>(written), load<u64>(words));
  let seen: u32 = 0;
  const count = setup.count;
  for (let k: u32 = 0; k < count; k++) {
    const change = changeOf(load<u64>(written + 8 * k), load<u64>(words + 16 * k, 8));
    seen |= 1 << change;
  }
  return seen;
}

/** The vector registers in floating point: XMM, and all after the header. */
const XMM: u64 = 160;
const XMM_SIZE: u64 = 256;
const AFTER_HEADER: u64 = 576;

/** Whether the floating point of a frame was taken, or only some of it: words of vector registers that are there. */
function imageKind(setup: Setup, written: usize): u32 {
  let kind: u32 = 0;
  for (let k: u32 = 0; k < setup.count; k++) {
    const pair = setup.damage + 16 * k;
    const offset = load<u64>(pair);
    if (offset - XMM >= XMM_SIZE && offset < AFTER_HEADER) continue;
    kind |= load<u64>(written + 8 * k) == load<u64>(pair, 8) ? 1 : 2;
  }
  return kind;
}

function changeOf(is: u64, was: u64): u32 {
  if (is == was) return SAME;
  if (is > 0xffff_ffff_ffff_f000) return ERRNO;
  if (is >> 32 != 0) return OTHER;
  if (is == 0) return ZERO;
  if (u32(is) == u32(was)) return LOW_32;
  return u32(is) == (u32(was) & 0xffff) ? LOW_16 : OTHER;
}

/** Hashes a stop. `before`: the registers with which the stub was resumed; 0 if the way has none. */
function mixStop(hash: u64, outcome: Outcome, sent: u32, before: usize, decided: u32): u64 {
  const status = outcome.status;
  const stops = (status & 0xff) == STOPPED;
  // All signals that have their intended effect are equivalent.
  const own = (stops ? status >> 8 : status & 0x7f) == sent && !isTold(sent);
  hash = mix(hash, own ? (stops ? -1 : -2) : status);
  if (!stops) return hash;
  // After the other ways the registers are those of the previous stop.
  if (before != 0) hash = mixRun(hash, outcome.stopped, before, decided);
  const signal = outcome.signal;
  if (signal == 0 || own) return hash;
  hash = mix(hash, outcome.code);
  return isFault(signal, outcome.code) ? mix(hash, addressKind(outcome)) : hash;
}

/**
 * Hashes how the registers changed between the write and the stop: some individually, and whether any selector or base
 * changed. The others follow from these, as RCX does from a SYSCALL, and each would double the number of signatures.
 */
function mixRun(hash: u64, stopped: usize, before: usize, decided: u32): u64 {
  // The result of a call may be a pid, so a value derived from it differs in each run.
  if ((decided & RAX) != 0) hash = mixChange(hash, REG_rax, answerChange(stopped, before));
  hash = mixChange(hash, REG_rip, jump(load<u64>(stopped, REG_rip), load<u64>(before, REG_rip)));
  const flags = load<u32>(stopped, REG_eflags) ^ load<u32>(before, REG_eflags);
  hash = mixChange(hash, REG_eflags, flags & TELLING_FLAGS);
  hash = mixChange(hash, REG_rsp, push(load<u64>(stopped, REG_rsp), load<u64>(before, REG_rsp)));
  let segments =
    difference(stopped, before, REG_fs_base) | difference(stopped, before, REG_gs_base);
  // An interrupt may have cleared a selector.
  for (let register = REG_ds; register <= REG_gs; register += 8)
    if ((decided >> (register / 8)) & 1) segments |= difference(stopped, before, register);
  return mix(hash, segments != 0 ? 1 : 0);
}

function difference(stopped: usize, before: usize, register: usize): u64 {
  return load<u64>(stopped + register) ^ load<u64>(before + register);
}

/** Hashes the change of a register, which is given by its index in halves. */
function mixChange(hash: u64, register: u32, change: u32): u64 {
  return change == 0 ? hash : mix(mix(hash, register / 4), change);
}

function answerChange(stopped: usize, before: usize): u32 {
  const is = load<u64>(stopped, REG_rax);
  const change = changeOf(is, load<u64>(before, REG_rax));
  return change == ERRNO && isTelling(0 - u32(is)) ? u32(is) : change;
}

function isTelling(errno: u32): bool {
  if (errno >= FIRST_RESTART && errno <= LAST_RESTART) return true;
  return errno == EINTR || errno == EINVAL || errno == ENOSYS;
}

function jump(is: u64, was: u64): u32 {
  if (is == was) return 0;
  if (is == placeHandler) return FAR + 1;
  if (is >> 32 != was >> 32) return FAR;
  const distance = i64(is - was);
  return abs(distance) > NEAR ? FAR : u32(max<i64>(-1, min(distance, SOME)));
}

function push(is: u64, was: u64): u32 {
  if (is == was) return 0;
  if (is >> 32 != was >> 32) return FAR;
  const distance = i64(is - was);
  if (abs(distance) > NEAR) return FAR;
  return distance < 0 ? -1 : 1;
}

/** SIGKILL, SIGSTOP and signals that instructions raise are distinguished, whatever their sender. */
function isTold(signal: u32): bool {
  return isRaised(signal) || signal == SIGKILL || signal == SIGSTOP;
}

function isRaised(signal: u32): bool {
  switch (signal) {
    case SIGILL:
    case SIGTRAP:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
      return true;
    default:
      return false;
  }
}

/** A signal that an instruction raised; at system calls the address field contains a pid. */
function isFault(signal: u32, code: u32): bool {
  return isRaised(signal) && code > 0 && code < SYSCALL_STOP;
}

/** Which register the address of a fault is near. */
function addressKind(outcome: Outcome): u32 {
  const address = outcome.address;
  const stopped = outcome.stopped;
  if (address == 0) return 1;
  if (isNear(load<u64>(stopped, REG_rip), address)) return 2;
  if (isNear(load<u64>(stopped, REG_rdi), address)) return 3;
  return isNear(load<u64>(stopped, REG_rsp), address) ? 4 : 5;
}

function isNear(word: u64, address: u64): bool {
  return word >> 32 == address >> 32 && abs(i64(word - address)) <= NEAR;
}
