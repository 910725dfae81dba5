import { hex } from "../../../errors.ts";
import type { Task } from "../task.ts";
import { makesCall, mapPages, NAMES, writeAnswer } from "./verbs.ts";

/** A page in which an answer's set of signals is put. */
const SET = 0x1000_0000n;

export const unblock: Task = {
  lesson: "blocked-signals",
  title: "Unblock one signal, and no other",
  exercise(draw) {
    const all = ["SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGALRM"] as const;
    const open = draw.one(...all);
    const others = draw.number(1, 15);
    const blocked = [
      open,
      ...all.filter((name) => name !== open).filter((_, i) => (others >> i) & 1),
    ];
    return {
      text: [
        `A stub has inherited a mask: ${blocked.join(", ")} are blocked. Write the rt_sigprocmask after which ${open} reaches ` +
          "the stub, and the others are blocked as before.",
      ],
      form: {
        kind: "fields",
        fields: {
          how: "the first argument: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK",
          set: "the signals of the set, separated by commas",
        },
      },
      start: `how = SIG_BLOCK\nset = ${open}\n`,
      key: `how = SIG_UNBLOCK\nset = ${open}\n`,
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
          lane: "stub",
          role: "a stub with a mask",
          prepare(each) {
            mapPages(each, [SET]);
            const set = answer.words("set").reduce((word, signal) => word | bit(signal), 0n);
            each.write(SET, new Uint8Array(new BigUint64Array([set]).buffer));
          },
        });
        stub.tracee.thread.setMask(setOf(blocked));
        const how = answer.word("how") ?? 0n;
        const result = stub.call("rt_sigprocmask", [how, SET, 0, 8], "The call of the answer.");
        stage.expect("the call", "0", `${result}`, "the kernel refuses the call");
        const left = setOf(blocked.filter((name) => name !== open));
        const seen = stub.facts()?.blocked ?? 0n;
        stage.expect(
          "SigBlk in /proc",
          hex(left),
          hex(seen),
          (seen & setOf([open])) !== 0n
            ? `${open} is still blocked`
            : "other signals must stay as they were",
        );
        stub.tracee.signal(tracer.constant(open), "Does the signal reach the stub?");
        const { how: met } = stub.meet();
        const signal = tracer.constant(open);
        stage.expect(
          "the stub, resumed with it",
          `killed by ${tracer.signalName(signal)}`,
          met,
          "the signal has not reached it",
        );
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
    const text = {
      session: "The stub must lead a session of its own afterwards.",
      group:
        "The stub must lead a process group of its own afterwards, in the session in which it was.",
      join: "The stub must be a member of the process group of the stub OTHER afterwards, which is in the same session.",
    }[goal];
    const key = {
      session: "rax = SYS_setsid\n",
      group: "rax = SYS_setpgid\n",
      join: "rax = SYS_setpgid\nrsi = OTHER\n",
    }[goal];
    return {
      text: [
        "Ctrl-C sends SIGINT to a process group, that of the foreground of a terminal. A stub is in the group of its parent. Write the " +
          `registers of one system call after which SIGINT to that group does not reach it. ${text}`,
      ],
      form: { kind: "registers" },
      names: { ...NAMES, OTHER: "the pid of a stub that leads a group of its own" },
      start: "rax = SYS_getpgrp\n",
      key,
      hints: [
        "setsid(2) and setpgid(2) change the group; the first changes the session, too.",
        "setpgid(0, 0) means: this process, and a group with its own pid.",
        key.trim().replaceAll("\n", ", "),
      ],
      play(stage, answer) {
        const { tracer, keeper } = stage;
        const other = stage.cast({ lane: "other", role: "a stub that leads a group" });
        other.call("setpgid", [0, 0], "It leads a group of its own.");
        const stub = stage.cast({ lane: "stub", role: "the stub that executes your registers" });
        const group = Number(keeper.call("getpgid", stub.pid));
        const session = Number(keeper.call("getsid", stub.pid));
        if (!writeAnswer(stage, stub, answer, { OTHER: BigInt(other.pid) })) return;
        if (!makesCall(stage, stub)) return;
        const groupOf = { session: stub.pid, group: stub.pid, join: other.pid }[goal];
        const sessionOf = goal === "session" ? stub.pid : session;
        const result = stub.calls[0]?.told ?? "";
        stage.expect(
          "its session",
          `${sessionOf}`,
          `${keeper.call("getsid", stub.pid)}`,
          `the session is not as asked: the call returned ${result}`,
        );
        stage.expect(
          "its group",
          `${groupOf}`,
          `${keeper.call("getpgid", stub.pid)}`,
          `the group is not as asked: the call returned ${result}`,
        );
        keeper.call("kill", -group, tracer.constant("SIGINT"));
        const pending = stub.facts()?.pending ?? 0n;
        const hit = (pending & bit(BigInt(tracer.constant("SIGINT")))) !== 0n;
        stage.recorder.step({
          lane: "host",
          about: "stub",
          kind: "note",
          title: `kill(-${group}, SIGINT)`,
          why: "SIGINT is sent to the group in which the stub was, as Ctrl-C does.",
          kernel: stage.recorder.view(stub.pid),
        });
        stage.expect(
          "SIGINT, sent to the group",
          "does not reach it",
          hit ? "is pending" : "does not reach it",
          "it is still a member of that group",
        );
      },
    };
  },
};
