// What a step moves from one process to another.

import type { Moments } from "../moment.ts";
import type { Arrow, Step } from "../recording.ts";
import { requestOf } from "./kin.ts";

/** From lane to lane; both may be the same. */
export interface Move {
  readonly kind: Arrow["kind"] | "request";
  readonly from: string;
  readonly to: string;
  /** "SIGSTOP", "SETREGS", "stopped by SIGSTOP". */
  readonly label: string;
  /** The words that go with it: "r15 = 4720". */
  readonly carries: readonly string[];
}

const isToOther = (step: Step | undefined) => step?.call != null && step.lane !== step.about;

/** What the call of a step sends or fetches; or the arrows that end with it, unless the step before has shown them. */
export function movesAt(moments: Moments, index: number): Move[] {
  const { steps, arrows } = moments.recording;
  const step = steps[index];
  if (step !== undefined && isToOther(step)) return [callOf(moments, step, index)];
  const ends = arrows.filter(
    ({ from, to }) =>
      Math.max(from, to) === index && (from !== index - 1 || !isToOther(steps[from])),
  );
  return ends.map(({ kind, from, to, label }) => ({
    kind,
    from: steps[from]?.lane ?? "",
    to: steps[to]?.lane ?? "",
    label: label.replace("PTRACE_", ""),
    carries: kind === "clone" ? messages(moments, to) : [],
  }));
}

/** A call or a request of one process that concerns another. */
function callOf(moments: Moments, step: Step, index: number): Move {
  const { lane, about, call } = step;
  const passed = call?.arguments ?? [];
  const request = requestOf(step);
  const signal = passed.find(({ told }) => /^SIG[A-Z0-9]+$/.test(told))?.told;
  const status = /^\[(.*): 0x/.exec(passed[1]?.told ?? "")?.[1]?.replace("PTRACE_", "");
  const isFetched = /^(GET|PEEK)/.test(request) || (request === "" && status !== undefined);
  const ends = isFetched ? { from: about, to: lane } : { from: lane, to: about };
  const kind = request !== "" ? "request" : call?.name === "wait4" ? "wait" : "signal";
  const labels = {
    request: signal === undefined ? request : `${request} ${signal}`,
    wait: status ?? `wait4 = ${call?.result?.told ?? "?"}`,
    signal: signal ?? call?.name ?? "",
  };
  const carries = request.startsWith("SETREG") ? messages(moments, index) : [];
  return { kind, ...ends, label: labels[kind], carries };
}

/** What registers tell a process: the call to make; who the parent of a clone must be, and that it is one. */
function messages({ arch, recording }: Moments, index: number): string[] {
  const { kind, registers } = recording.steps[index] ?? {};
  const { before = {}, after = {} } = registers ?? {};
  return [arch.NUMBER, arch.PARENT, arch.MARK].flatMap((name) => {
    const word = after[name];
    const isMessage = name !== arch.PARENT || after[arch.MARK] === "0x1";
    const isTold = kind === "clone" ? name !== arch.NUMBER : isMessage && word !== before[name];
    return word !== undefined && isTold ? [`${name} = ${BigInt.asIntN(64, BigInt(word))}`] : [];
  });
}
