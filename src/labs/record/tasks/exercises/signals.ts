import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { hex } from "../../../../lib/errors.ts";
import { processFacts } from "../../kernel_view.ts";
import { kernelWord } from "../answer.ts";
import { inject, isPending, meet } from "../go.ts";
import { mapPages } from "../judge.ts";
import type { Pose } from "../task.ts";
import { castAnswer, linesOf, makesCall } from "./verbs.ts";

/** A page in which an answer's set of signals is put. */
const SET = 0x1000n * BigInt(PAGE_SIZE);

/** A set of signals. What is not a signal has no bit. */
const setOf = (words: readonly bigint[]): bigint =>
  words.filter((word) => word >= 1n && word <= 64n).reduce((set, n) => set | (1n << (n - 1n)), 0n);

export const unblockSignal: Pose = (draw) => {
  const all = ["SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGALRM"] as const;
  const open = draw.one(...all);
  const choice = draw.number(1, 15);
  const others = all.filter((name) => name !== open).filter((_, i) => (choice >> i) & 1);
  return {
    values: { open, all: [open, ...others].join(", ") },
    start: `how = SIG_BLOCK\nset = ${open}`,
    key: `how = SIG_UNBLOCK\nset = ${open}`,
    play(judge, answer) {
      const stub = judge.cast({
        role: "a stub with a mask",
        prepare(each) {
          mapPages(each, [SET]);
          each.write(SET, new Uint8Array(new BigUint64Array([setOf(answer.words("set"))]).buffer));
        },
      });
      const blocked = setOf(others.map(kernelWord));
      const bit = setOf([kernelWord(open)]);
      stub.thread.expect("stopped").setMask(blocked | bit);
      const args = [answer.word("how"), SET, 0, 8];
      const result = inject(stub, "rt_sigprocmask", args, "The call of the answer.");
      judge.expect("the call", "0", result);
      const seen = processFacts(stub.pid)?.blocked ?? 0n;
      const isOpen = (seen & bit) === 0n;
      const meaning = isOpen ? "other signals must stay as they were" : `${open} is still blocked`;
      judge.expect("SigBlk in /proc", hex(blocked), hex(seen), meaning);
      stub.signal(open, "Does the signal reach the stub?");
      judge.expect("the stub, resumed with it", `killed by ${open}`, meet(stub).how);
    },
  };
};

export const outOfReach: Pose = (draw) => {
  const goal = draw.one("session", "group", "join");
  return {
    parts: [goal],
    start: linesOf("getpgid"),
    key:
      goal === "session"
        ? linesOf("setsid")
        : linesOf("setpgid", "0", goal === "join" ? "OTHER" : "0"),
    play(judge, answer) {
      const { tracer, keeper } = judge;
      const other = judge.cast({ lane: "other", role: "a stub that leads a group" });
      inject(other, "setpgid", [0, 0], "It leads a group of its own.");
      const stub = castAnswer(judge, answer, { OTHER: BigInt(other.pid) });
      const [group, session] = ["getpgid", "getsid"].map((name) => keeper.call(name, stub.pid));
      const { told } = makesCall(judge, stub);
      for (const [what, name, expected] of [
        ["session", "getsid", goal === "session" ? stub.pid : session],
        ["group", "getpgid", goal === "join" ? other.pid : stub.pid],
      ] as const) {
        const meaning = `the ${what} is not as asked: the call returned ${told}`;
        judge.expect(`its ${what}`, `${expected}`, `${keeper.call(name, stub.pid)}`, meaning);
      }
      keeper.call("kill", -(group ?? 0n), tracer.host.constant("SIGINT"));
      const why = "SIGINT is sent to the group in which the stub was, as Ctrl-C does.";
      const event = { lane: "host", about: stub.lane, kind: "note" } as const;
      stub.tell({ ...event, title: `kill(-${group}, SIGINT)`, why });
      const missed = "does not reach it";
      const seen = isPending(stub, "SIGINT") ? "is pending" : missed;
      judge.expect("SIGINT, sent to the group", missed, seen);
    },
  };
};
