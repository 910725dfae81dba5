import { loadListing, STUB_CODE } from "../../listing.ts";
import { go, kill, meet, RESTS } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import { cloneNew, cloneStub } from "./verbs.ts";

const ORPHANED = "exited with status 1";
const KILLED = "killed by SIGKILL";

/** Each goal: the instructions of a right answer; how the stub ends, and with its parent's death an instruction away. */
const MOMENTS = {
  latest: [3, ORPHANED, KILLED, 1],
  earliest: [4, KILLED, ORPHANED, -1],
} as const;

export const parentDies: Pose = (draw) => {
  const goal = draw.one("latest", "earliest");
  const [right, ends, next, away] = MOMENTS[goal];
  return {
    parts: [goal],
    start: `instructions = ${draw.number(8, 16)}`,
    key: `instructions = ${right}`,
    play(judge, answer) {
      const count = Number(answer.word("instructions"));
      const { lines } = loadListing(STUB_CODE);
      const selfStop = judge.tracer.host.shim.stubSyscallOffset();
      const most = lines.findIndex(({ offset }) => offset === selfStop);
      const range = `0 to ${most}`;
      judge.expect("the number", range, count <= most ? range : `${count}`);
      judge.expect("the stub", ends, dieAfter(judge, count));
      judge.expect("one instruction away", next, dieAfter(judge, count + away));
    },
  };
};

/** A birth whose parent dies after some instructions of the child; how the child ends. */
function dieAfter(judge: Judge, count: number): string {
  const parent = judge.cast({ lane: "parent", role: "the parent that is killed" });
  const child = cloneStub(judge, parent);
  go(child, count);
  kill(parent, "The parent is killed now.");
  return go(child).told;
}

export const exitSignal: Pose = (draw) => {
  const signal = draw.one("SIGKILL", "SIGTERM", "SIGUSR1", "SIGHUP", "SIGALRM", "SIGCHLD", "0");
  const lives = signal === "SIGCHLD" || signal === "0";
  return {
    parts: [lives ? "lives" : "dies"],
    values: { signal: signal === "0" ? "no signal at all" : signal },
    start: `clone = CLONE_FILES|${lives ? "SIGKILL" : "SIGCHLD"}`,
    key: `clone = CLONE_FILES|${signal}`,
    play(judge, answer) {
      const parent = judge.cast({ lane: "master", role: "the stub that clones, with your word" });
      const child = cloneNew(judge, parent, answer.word("clone"));
      go(child, 4);
      kill(child, "The child is killed.");
      const { signals, how } = meet(parent);
      const gets = how === KILLED ? "SIGKILL" : (signals[0] ?? "0");
      judge.expect("what its parent gets", signal, gets);
      judge.expect("the parent", lives ? RESTS : `killed by ${signal}`, how);
    },
  };
};
