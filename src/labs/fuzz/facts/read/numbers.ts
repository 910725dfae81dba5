import { constants } from "node:os";
import { errnoName } from "../../../../lib/errno.ts";

/* Numbers of linux/ptrace.h, asm/ptrace-abi.h, linux/elf.h, linux/audit.h. */

export const REQUESTS = {
  ...{ TRACEME: 0, PEEKTEXT: 1, PEEKDATA: 2, PEEKUSER: 3, POKETEXT: 4, POKEDATA: 5, POKEUSER: 6 },
  ...{ CONT: 7, KILL: 8, SINGLESTEP: 9, GETREGS: 12, SETREGS: 13, GETFPREGS: 14, SETFPREGS: 15 },
  ...{ ATTACH: 16, DETACH: 17, GETFPXREGS: 18, SETFPXREGS: 19, OLDSETOPTIONS: 21, SYSCALL: 24 },
  ...{ GET_THREAD_AREA: 25, ARCH_PRCTL: 30, SYSEMU: 31, SYSEMU_SINGLESTEP: 32, SINGLEBLOCK: 33 },
  ...{ PEEKMTETAGS: 33, POKEMTETAGS: 34 },
  ...{ SETOPTIONS: 0x4200, GETEVENTMSG: 0x4201, GETSIGINFO: 0x4202, SETSIGINFO: 0x4203 },
  ...{ GETREGSET: 0x4204, SETREGSET: 0x4205, SEIZE: 0x4206, INTERRUPT: 0x4207, LISTEN: 0x4208 },
  ...{ PEEKSIGINFO: 0x4209, GETSIGMASK: 0x420a, SETSIGMASK: 0x420b, GET_SYSCALL_INFO: 0x420e },
  ...{ GET_RSEQ_CONFIGURATION: 0x420f, GET_SYSCALL_USER_DISPATCH_CONFIG: 0x4211 },
} as const;
export type RequestName = keyof typeof REQUESTS;
export type Request = RequestName | number;

export const NOTES = {
  ...{ NT_PRSTATUS: 1, NT_PRFPREG: 2, NT_386_TLS: 0x200, NT_386_IOPERM: 0x201 },
  ...{ NT_X86_XSTATE: 0x202, NT_X86_SHSTK: 0x204, NT_PRXFPREG: 0x46e6_2b7f },
  ...{ NT_ARM_VFP: 0x400, NT_ARM_TLS: 0x401, NT_ARM_HW_BREAK: 0x402, NT_ARM_HW_WATCH: 0x403 },
  ...{ NT_ARM_SYSTEM_CALL: 0x404, NT_ARM_SVE: 0x405, NT_ARM_PAC_MASK: 0x406 },
  ...{ NT_ARM_PACA_KEYS: 0x407, NT_ARM_PACG_KEYS: 0x408, NT_ARM_TAGGED_ADDR_CTRL: 0x409 },
  NT_ARM_PAC_ENABLED_KEYS: 0x40a,
} as const;
export type NoteName = keyof typeof NOTES;
export type Note = NoteName | number | bigint;

export const OPTIONS = {
  ...{ TRACESYSGOOD: 1, TRACEFORK: 2, TRACEVFORK: 4, TRACECLONE: 8, TRACEEXEC: 16 },
  ...{ TRACEVFORKDONE: 32, TRACEEXIT: 64, TRACESECCOMP: 128, EXITKILL: 1 << 20 },
} as const;

export const EVENTS: Readonly<Record<number, string>> = {
  ...{ 1: "FORK", 2: "VFORK", 3: "CLONE", 4: "EXEC", 5: "VFORK_DONE", 6: "EXIT", 7: "SECCOMP" },
  128: "STOP",
};

/** Where a seized tracee traps. */
export const TRAPPED = "PTRACE_EVENT_STOP, SIGTRAP";

/** An address at which nothing is mapped: the first page. */
export const NOWHERE = 8;
/** No process has it: PID_MAX_LIMIT is 2^22. */
export const NO_PID = 2 ** 31 - 1;

export function numberOf(request: Request): number {
  return typeof request === "number" ? request : REQUESTS[request];
}

export function noteOf(note: Note): number | bigint {
  return typeof note === "string" ? NOTES[note] : note;
}

export type ErrnoName = keyof typeof constants.errno;

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
/** SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const CALL = 0x85;
/** Stands for the status word of a wait in which nothing stops. */
export const NO_STOP = -1;

/** "SIGTRAP", "system call", "PTRACE_EVENT_STOP, SIGTRAP", "exit 0", "killed by SIGKILL", "no stop". */
export function stopText(status: number, nameOf: (signal: number) => string): string {
  if (status < 0) return status === NO_STOP ? "no stop" : errnoName(-status);
  const [low, signal, event] = [status & 0xff, (status >> 8) & 0xff, status >> 16];
  if (low === 0) return `exit ${signal}`;
  if (low !== 0x7f) return `killed by ${nameOf(low & 0x7f)}`;
  if (event !== 0) return `PTRACE_EVENT_${EVENTS[event] ?? event}, ${nameOf(signal)}`;
  return signal === CALL ? "system call" : nameOf(signal);
}

const STOPS: ReadonlyMap<string, number> = new Map(
  [...SIGNALS.keys(), CALL]
    .flatMap((signal) => {
      const stop = (signal << 8) | 0x7f;
      return [signal, stop, ...Object.keys(EVENTS).map((event) => (Number(event) << 16) | stop)];
    })
    .concat(NO_STOP)
    .map((status) => [stopText(status, (signal) => SIGNALS.get(signal) ?? ""), status]),
);

/** The status word that has such a text. @throws RangeError for another text */
export function statusOf(stop: string): number {
  const status = STOPS.get(stop);
  if (status === undefined) throw new RangeError(`no stop is called "${stop}"`);
  return status;
}
