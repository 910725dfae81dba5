import { hex } from "../../../../lib/errors.ts";
import { mapPages } from "../stage.ts";
import type { Task } from "../task.ts";
import { castAnswer, makesCall } from "./verbs.ts";

/** A page in which an answer's set of signals is put. */
const SET = 0x1000_0000n;

export const unblockSignal: Task = {
  lesson: "blocked-signals",
  title: "Unblock one signal, and no other",
  exercise(draw) {
    const all = ["SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGALRM"] as const;
    const open = draw.one(...all);
    const choice = draw.number(1, 15);
    const others = all.filter((name) => name !== open).filter((_, i) => (choice >> i) & 1);
    return {
      text: [
        `A stub has inherited a mask: ${[open, ...others].join(", ")} are blocked. Write the rt_sigprocmask after which ${open} reaches ` +
          "the stub, and the others are blocked as before.",
      ],
      form: {
        how: "the first argument: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK",
        set: "the signals of the set, separated by commas",
      },
      start: `how = SIG_BLOCK\nset = ${open}`,
      key: `how = SIG_UNBLOCK\nset = ${open}`,
      hints: [
        "SIG_SETMASK replaces the mask, SIG_BLOCK adds to it, SIG_UNBLOCK takes away from it.",
        "With SIG_SETMASK the set is what is blocked afterwards; with SIG_UNBLOCK it is what is not blocked any more.",
        `how = SIG_UNBLOCK, set = ${open}`,
      ],
      play(stage, answer) {
        const { tracer } = stage;
        const setOf = (names: readonly string[]) =>
          names.reduce((set, name) => set | tracer.encoder.signalSet(tracer.constant(name)), 0n);
        const stub = stage.cast({
          role: "a stub with a mask",
          prepare(each) {
            mapPages(each, [SET]);
            const set = answer.words("set").reduce((word, signal) => word | bit(signal), 0n);
            each.write(SET, new Uint8Array(new BigUint64Array([set]).buffer));
          },
        });
        stub.tracee.thread.expect("stopped").setMask(setOf([open, ...others]));
        const args = [answer.word("how"), SET, 0, 8];
        const result = stub.call("rt_sigprocmask", args, "The call of the answer.");
        stage.expect("the call", "0", result, "the kernel refuses the call");
        const seen = stub.facts()?.blocked ?? 0n;
        const isOpen = (seen & setOf([open])) === 0n;
        const meaning = isOpen
          ? "other signals must stay as they were"
          : `${open} is still blocked`;
        stage.expect("SigBlk in /proc", hex(setOf(others)), hex(seen), meaning);
        stub.tracee.signal(open, "Does the signal reach the stub?");
        const { how } = stub.meet();
        const fact = "the stub, resumed with it";
        stage.expect(fact, `killed by ${open}`, how, "the signal has not reached it");
      },
    };
  },
};

/** The bit of a signal in a set of the kernel; nothing for what is not a signal. */
function bit(signal: bigint): bigint {
  return signal >= 1n && signal <= 64n ? 1n << (signal - 1n) : 0n;
}

export const outOfReach: Task = {
  lesson: "no-setsid",
  title: "Out of reach of Ctrl-C",
  exercise(draw) {
    const goal = draw.one("session", "group", "join");
    const [key, text] = (
      {
        session: ["rax = SYS_setsid", "lead a session of its own afterwards."],
        group: [
          "rax = SYS_setpgid",
          "lead a process group of its own afterwards, in the session in which it was.",
        ],
        join: [
          "rax = SYS_setpgid\nrsi = OTHER",
          "be a member of the process group of the stub OTHER afterwards, which is in the same session.",
        ],
      } as const
    )[goal];
    return {
      text: [
        "Ctrl-C sends SIGINT to a process group, that of the foreground of a terminal. A stub is in the group of its parent. Write the " +
          `registers of one system call after which SIGINT to that group does not reach it. The stub must ${text}`,
      ],
      form: "registers",
      names: { OTHER: "the pid of a stub that leads a group of its own" },
      start: "rax = SYS_getpgrp",
      key,
      hints: [
        "setsid(2) and setpgid(2) change the group; the first changes the session, too.",
        "setpgid(0, 0) means: this process, and a group with its own pid.",
        key.replaceAll("\n", ", "),
      ],
      play(stage, answer) {
        const { tracer, keeper } = stage;
        const other = stage.cast({ lane: "other", role: "a stub that leads a group" });
        other.call("setpgid", [0, 0], "It leads a group of its own.");
        const stub = castAnswer(stage, answer, { OTHER: BigInt(other.pid) });
        const [group, session] = ["getpgid", "getsid"].map((name) => keeper.call(name, stub.pid));
        const { told } = makesCall(stage, stub);
        for (const [what, name, expected] of [
          ["session", "getsid", goal === "session" ? stub.pid : session],
          ["group", "getpgid", goal === "join" ? other.pid : stub.pid],
        ] as const) {
          const meaning = `the ${what} is not as asked: the call returned ${told}`;
          stage.expect(`its ${what}`, `${expected}`, `${keeper.call(name, stub.pid)}`, meaning);
        }
        keeper.call("kill", -(group ?? 0n), tracer.constant("SIGINT"));
        const why = "SIGINT is sent to the group in which the stub was, as Ctrl-C does.";
        stub.note(`kill(-${group}, SIGINT)`, why, "host");
        const missed = "does not reach it";
        const seen = stub.hasPending("SIGINT") ? "is pending" : missed;
        const member = "it is still a member of that group";
        stage.expect("SIGINT, sent to the group", missed, seen, member);
      },
    };
  },
};
