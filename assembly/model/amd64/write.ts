// The write of a setup by ptrace: which request it is.

import { SYS_getpid } from "../../../build/calls";
import {
  REG_eflags,
  REG_orig_rax,
  REG_r11,
  REG_rax,
  REG_rcx,
  REG_rip,
  REGISTERS_SIZE,
} from "../../amd64/registers";
import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { TRAP_BRKPT } from "../../linux/siginfo";
import { SIGTRAP } from "../../linux/signal";
import { SOME_ID } from "../harmless_calls";
import { copy, forget, known, outcome, readBack, set, wrote } from "../prediction";
import { use } from "../rule";
import { setLastInfo } from "../send_signal";
import { AT_ENTRY, AT_EXIT, AT_SIGNAL } from "../stops";
import { call32, R37, R38 } from "./entry_64";
import { readBases } from "./process_64";
import { archPtrace, genregsSet, getFlags } from "./ptrace";
import { ptraceGetDebugregs } from "./ptrace_debugreg";
import { ptraceRegset, setSigmask } from "./ptrace_request";
import { ptraceSetSyscallInfo } from "./ptrace_set_syscall_info";
import { xfpregsSet, xstateregsSet } from "./regset";
import { setDispatchConfig } from "./syscall_user_dispatch";
import { placeInt80, placeSyscall } from "./target";
import { setFlags, TRAP_FLAG, task } from "./task";

/**
 * At an entry stop, and after SYSEMU, rax is {result} (-ENOSYS).
 * @source entry_SYSCALL_64, arch/x86/entry/entry_64.S, 6.12
 */
export let W15: u32 = 0;
export let W15_result: i64 = -38;

/** The number of getpid in 32-bit programs. */
const GETPID_32 = 20;

/** Brings the task to the stop at which it is written to. */
function arrive(from: u32): void {
  if (from == setups.FROM_LAST) return;
  task.stop = from;
  if (from == setups.FROM_SIGNAL || from == setups.FROM_GROUP) return;
  if (from == setups.FROM_ENTRY32 || from == setups.FROM_EXIT32 || from == setups.FROM_STEP32) {
    task.in32 = true;
    task.stop = from == setups.FROM_ENTRY32 ? AT_ENTRY : AT_EXIT;
    if (from == setups.FROM_STEP32) arriveBySingleStep();
    set(REG_rip, placeInt80 + 2);
    set(REG_orig_rax, GETPID_32);
    if (from != setups.FROM_ENTRY32) call32();
    else if (use(W15)) set(REG_rax, u64(W15_result));
    return;
  }
  task.inCall = true;
  set(REG_rip, placeSyscall + 2);
  if (use(R37)) copy(REG_rip, REG_rcx);
  if (use(R38)) copy(REG_eflags, REG_r11);
  set(REG_orig_rax, SYS_getpid);
  set(REG_rax, SOME_ID);
  if (from == setups.FROM_EXIT) forget(REG_rax);
  else if (use(W15)) set(REG_rax, u64(W15_result));
}

/** At the stop by a single-step TF is set, and hidden. */
function arriveBySingleStep(): void {
  task.stop = AT_SIGNAL;
  setLastInfo(SIGTRAP, TRAP_BRKPT, placeInt80 + 2);
  task.singlestep = true;
  task.forcedTf = true;
  setFlags(TRAP_FLAG);
}

/** Writes a setup. Returns the errno. */
export function write(setup: Setup): i32 {
  arrive(setup.from);
  const errno = writeBy(setup, setup.way);
  wrote(errno);
  return errno;
}

function writeBy(setup: Setup, way: u32): i32 {
  if (way == setups.WAY_DISPATCH) return setDispatchConfig(setup);
  if (way == setups.WAY_SIGMASK) return setSigmask(setup);
  if (way == setups.WAY_SETFPREGS) return xfpregsSet(setup);
  if (way == setups.WAY_XSTATE) return xstateregsSet(setup);
  const errno = writeRegisters(setup, way);
  if (errno != 0 || (setup.wants & setups.WANT_WRITTEN) != 0) {
    readBack();
    getFlags(outcome.written);
    known.written = readBases(outcome.written, known.written);
  }
  if (way == setups.WAY_POKEUSER) ptraceGetDebugregs(setup);
  return errno;
}

function writeRegisters(setup: Setup, way: u32): i32 {
  if (way == setups.WAY_SETREGS) return genregsSet(setup.words, REGISTERS_SIZE);
  if (way == setups.WAY_SETREGSET) return ptraceRegset(setup);
  return way == setups.WAY_POKEUSER ? archPtrace(setup) : ptraceSetSyscallInfo(setup);
}
