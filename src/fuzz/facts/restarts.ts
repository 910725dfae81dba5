import type { Case } from "../case/case.ts";
import { placeOf } from "../case/code.ts";
import { type Fact, setregs, show, tellOf } from "./fact.ts";

const tell = tellOf("restarts");

const NOPS = placeOf("nops");
/** A number that is put into orig_rax: no call is made of it, for what is gone back to is INT3. */
const NUMBER = 777n;
const EINTR = -4n;
const RESTART_SYSCALL = 219n;
const SCHED_YIELD = 24n;

// linux/errno.h
const CODES = {
  ERESTARTSYS: -512n,
  ERESTARTNOINTR: -513n,
  ERESTARTNOHAND: -514n,
  ENOIOCTLCMD: -515n,
  ERESTART_RESTARTBLOCK: -516n,
} as const;
type Code = keyof typeof CODES;
const NAMES: readonly Code[] = [
  "ERESTARTSYS",
  "ERESTARTNOINTR",
  "ERESTARTNOHAND",
  "ENOIOCTLCMD",
  "ERESTART_RESTARTBLOCK",
];

/** What rax becomes, and whether RIP goes back. */
type Result = readonly [rax: bigint, back: boolean];
const stays = (name: Code): Result => [CODES[name], false];

function* withoutHandler(): Generator<Fact> {
  for (const from of ["signal", "group"] as const) {
    for (const name of NAMES) {
      const [rax, back]: Result =
        name === "ENOIOCTLCMD"
          ? stays(name)
          : [name === "ERESTART_RESTARTBLOCK" ? RESTART_SYSCALL : NUMBER, true];
      const what = back
        ? `rax = ${rax === NUMBER ? "orig_rax" : "restart_syscall"}, rip -= 2`
        : "stays";
      const rule = !back
        ? "arch_do_signal_or_restart, arch/x86/kernel/signal.c"
        : rax === NUMBER
          ? "R10"
          : "R11";
      yield tell(`From a stop "${from}" rax = -${name}: ${what}`, rule, go(CODES[name], { from }), {
        stop: "SIGTRAP",
        stopped: { rax, rip: back ? NOPS - 1n : NOPS + 17n },
      });
    }
  }
  for (const rax of [-511n, -517n, -4n, 0n]) {
    yield tell(
      `rax = ${show(rax)} is no restart`,
      "arch_do_signal_or_restart, arch/x86/kernel/signal.c",
      go(rax),
      {
        stop: "SIGTRAP",
        stopped: { rax, rip: NOPS + 17n },
      },
    );
  }
  for (const rax of [0xffff_fe00n, 0x7fff_ffff_ffff_fe00n]) {
    yield tell(
      `rax = ${show(rax)}, -ERESTARTSYS of fewer bits, is no restart`,
      "syscall_get_error, arch/x86/include/asm/syscall.h",
      go(rax),
      {
        stop: "SIGTRAP",
        stopped: { rax, rip: NOPS + 17n },
      },
    );
  }
}

/** A block with a restart in rax, at code that makes no call. */
function go(
  rax: bigint,
  {
    from = "signal",
    on = "CONT",
    signal = 0,
    number = NUMBER,
  }: {
    from?: Case["from"];
    on?: Case["on"];
    signal?: number;
    number?: bigint;
  } = {},
): Case {
  return setregs({ rax, orig_rax: number }, { from, on, signal, code: "nops" });
}

function* numbers(): Generator<Fact> {
  for (const [number, restarts] of [
    [0n, true],
    [-2n, true],
    [0x7fff_ffff_ffff_ffffn, false],
    [-1n, false],
    [0xffff_ffffn, false],
    [1n << 32n, true],
  ] as const) {
    const what = restarts ? "restarts, with all of it in rax" : "does not restart";
    const name = `-ERESTARTSYS with orig_rax = ${show(number)} ${what}`;
    const rule = restarts ? "R10" : "R12";
    yield tell(name, rule, go(-512n, { number }), {
      stop: "SIGTRAP",
      stopped: restarts ? { rax: number, rip: NOPS - 1n } : { rax: -512n, rip: NOPS + 17n },
    });
  }
}

function* withHandler(): Generator<Fact> {
  for (const [signal, restart] of [
    [10, false],
    [12, true],
  ] as const) {
    const handler = restart ? "a handler with SA_RESTART" : "a handler";
    for (const name of NAMES) {
      const again = name === "ERESTARTNOINTR" || (name === "ERESTARTSYS" && restart);
      const [rax, back]: Result = again
        ? [NUMBER, true]
        : name === "ENOIOCTLCMD"
          ? stays(name)
          : [EINTR, false];
      const what = back ? "rax = orig_rax, rip -= 2" : rax === EINTR ? "rax = -EINTR" : "stays";
      const rule = back
        ? "R15"
        : name === "ENOIOCTLCMD"
          ? "handle_signal, arch/x86/kernel/signal.c"
          : name === "ERESTARTSYS"
            ? "R14"
            : "R13";
      yield tell(
        `With ${handler}, -${name}: ${what} in its frame`,
        rule,
        go(CODES[name], { signal }),
        {
          stop: "SIGTRAP",
          stopped: { rip: placeOf("handler") + 1n, rax: 0n },
          frame: { rax, rip: back ? NOPS - 2n : NOPS },
        },
      );
    }
    yield tell(
      `With ${handler} and orig_rax = -1, -ERESTARTSYS stays in its frame`,
      "R12",
      go(-512n, { signal, number: -1n }),
      {
        stop: "SIGTRAP",
        frame: { rax: -512n, rip: NOPS },
      },
    );
  }
}

function* whereNot(): Generator<Fact> {
  for (const from of ["exit", "sysemu"] as const) {
    for (const name of NAMES) {
      yield tell(
        `From a stop "${from}" with no signal -${name} reaches the program`,
        "exit_to_user_mode_loop, kernel/entry/common.c",
        go(CODES[name], { from }),
        {
          stop: "SIGTRAP",
          stopped: { rax: CODES[name], rip: NOPS + 17n },
        },
      );
    }
  }
}

/** What is gone back to is a call. */
function* again(): Generator<Fact> {
  const rip = placeOf("syscall") + 2n;
  const back = (rax: bigint, on: Case["on"]) =>
    setregs({ rax, orig_rax: SCHED_YIELD, rip }, { on });
  yield tell(
    "Behind a SYSCALL -ERESTARTSYS makes the call of orig_rax again",
    "R10",
    back(-512n, "CONT"),
    {
      stop: "SIGTRAP",
      stopped: { rax: 0n, rip: rip + 1n, rcx: rip },
    },
  );
  yield tell(
    "Behind a SYSCALL -ERESTART_RESTARTBLOCK calls restart_syscall, which is -EINTR where there is nothing",
    "R11",
    back(-516n, "CONT"),
    {
      stop: "SIGTRAP",
      stopped: { rax: EINTR, rip: rip + 1n },
    },
  );
  for (const [rax, number] of [
    [-512n, SCHED_YIELD],
    [-513n, SCHED_YIELD],
    [-514n, SCHED_YIELD],
    [-516n, RESTART_SYSCALL],
  ] as const) {
    yield tell(
      `PTRACE_SYSCALL meets the call that rax = ${rax} makes again at its entry`,
      rax === -516n ? "R11" : "R10",
      back(rax, "SYSCALL"),
      {
        stop: "call",
        stopped: { orig_rax: number, rax: -38n, rip },
      },
    );
  }
  for (const on of ["SINGLESTEP", "SYSEMU", "SYSEMU_SINGLESTEP", "SYSCALL"] as const) {
    yield tell(`PTRACE_${on} restarts as PTRACE_CONT does`, "R10", go(-512n, { on }), {
      stop: "SIGTRAP",
      stopped: { rax: NUMBER, rip: NOPS - 1n },
    });
  }
}

export const restarts: readonly Fact[] = [
  ...withoutHandler(),
  ...numbers(),
  ...withHandler(),
  ...whereNot(),
  ...again(),
];
