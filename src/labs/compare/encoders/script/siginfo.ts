import type { EncoderFunctions } from "../../../../core/encoder/abi.ts";
import { number } from "./constants.ts";
import type { Memory } from "./memory.ts";

/*
 * siginfo_t (asm-generic/siginfo.h). The content of the union from 16 on depends on signal and code:
 *
 *      0 si_signo    4 si_errno    8 si_code    12 (padding)    128 (end)
 *
 *     16              20           24
 *     si_pid          si_uid                                    SIGINFO_KILL
 *     si_timerid      si_overrun   si_value                     SIGINFO_TIMER
 *     si_band                      si_fd                        SIGINFO_POLL
 *     si_addr                                                   SIGINFO_FAULT
 *     si_pid          si_uid       si_status                    SIGINFO_CHLD
 *     si_pid          si_uid       si_value                     SIGINFO_RT
 *     si_call_addr                 si_syscall    28 si_arch     SIGINFO_SYS
 */
const SIZE = number("SIGINFO_SIZE");
const SI_SIGNO = half("si_signo");
const SI_CODE = half("si_code");

const KILL = number("SIGINFO_KILL");
const TIMER = number("SIGINFO_TIMER");
const POLL = number("SIGINFO_POLL");
const FAULT = number("SIGINFO_FAULT");
const CHLD = number("SIGINFO_CHLD");
const RT = number("SIGINFO_RT");
const SYS = number("SIGINFO_SYS");

const SI_USER = number("SI_USER");
const SI_KERNEL = number("SI_KERNEL");
const SI_TIMER = number("SI_TIMER");
const SI_SIGIO = number("SI_SIGIO");

/** The codes of one signal, 1 to `last`, and their form. */
interface OwnCodes {
  readonly last: number;
  readonly form: number;
}

/** The signals with codes of their own, and how many they have (NSIGILL and so on). */
const OWN_CODES: ReadonlyMap<number, OwnCodes> = new Map([
  [number("SIGILL"), { last: 11, form: FAULT }],
  [number("SIGTRAP"), { last: 6, form: FAULT }],
  [number("SIGBUS"), { last: 5, form: FAULT }],
  [number("SIGFPE"), { last: 15, form: FAULT }],
  [number("SIGSEGV"), { last: 10, form: FAULT }],
  [number("SIGCHLD"), { last: 6, form: CHLD }],
  [number("SIGIO"), { last: 6, form: POLL }],
  [number("SIGSYS"), { last: 2, form: SYS }],
]);

/** NSIGPOLL: every signal may have these codes of SIGPOLL, also called SIGIO. */
const LAST_POLL = 6;

/** A member of the union: its place, and whether it has 64 bits or 32. */
interface Member {
  readonly half: number;
  readonly isWord: boolean;
}

/** The place of a member, in half words. */
function half(member: string): number {
  return number(`SIGINFO_${member}`) / 4;
}

const WORDS: readonly string[] = ["si_addr", "si_value", "si_band", "si_call_addr"];

function members(...names: string[]): Member[] {
  return names.map((name) => ({ half: half(name), isWord: WORDS.includes(name) }));
}

/** The members of each form, in the order in which their values are given. */
const MEMBERS: ReadonlyMap<number, readonly Member[]> = new Map([
  [KILL, members("si_pid", "si_uid")],
  [TIMER, members("si_timerid", "si_overrun", "si_value")],
  [POLL, members("si_band", "si_fd")],
  [FAULT, members("si_addr")],
  [CHLD, members("si_pid", "si_uid", "si_status")],
  [RT, members("si_pid", "si_uid", "si_value")],
  [SYS, members("si_call_addr", "si_syscall", "si_arch")],
]);

/** The form of the union, a SIGINFO_*. */
export function siginfoForm(signal: number, code: number): number {
  const bounded = code | 0;
  if (bounded > SI_USER && bounded < SI_KERNEL) return kernelForm(signal | 0, bounded);
  if (bounded === SI_TIMER) return TIMER;
  if (bounded === SI_SIGIO) return POLL;
  return bounded < 0 ? RT : KILL;
}

/** The form of a code that only the kernel sets. */
function kernelForm(signal: number, code: number): number {
  const own = OWN_CODES.get(signal);
  if (own !== undefined && code <= own.last) return own.form;
  return code <= LAST_POLL ? POLL : KILL;
}

/** The function that writes a siginfo_t to a memory, and returns its form. */
export function siginfoEncoder(memory: Memory): EncoderFunctions["encodeSiginfo"] {
  return (at, signal, code, ...values) => {
    const first = memory.indexOf(at, SIZE);
    memory.clear(first, SIZE / 8);
    memory.setHalf(first, SI_SIGNO, signal);
    memory.setHalf(first, SI_CODE, code);
    const form = siginfoForm(signal, code);
    for (const [i, { half, isWord }] of (MEMBERS.get(form) ?? []).entries()) {
      const value = values[i] ?? 0n;
      if (isWord) memory.set(first + half / 2, value);
      else memory.setHalf(first, half, Number(BigInt.asIntN(32, value)));
    }
    return form;
  };
}
