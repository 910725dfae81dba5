// What a step moves from one process to another.

import type { Moments } from "../moment.ts";
import type { Arrow, Call, Step } from "../recording.ts";
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

/** What the call of a step sends or fetches; or the arrows that end with it, unless the step before has shown them. */
export function movesAt(moments: Moments, index: number): Move[] {
  const { steps, arrows } = moments.recording;
  const isNew = ({ kind, from, to }: Arrow) =>
    Math.max(from, to) === index &&
    (from !== index - 1 || kind === "wait" || steps[from]?.lane === steps[from]?.about);
  const step = steps[index];
  const sent = step === undefined ? null : callOf(step);
  const written = sent?.label.startsWith("SETREG") ? messages(moments, index) : [];
  if (sent !== null) return [{ ...sent, carries: written }];
  return arrows.filter(isNew).map(({ kind, from, to, label }) => ({
    kind,
    from: steps[from]?.lane ?? "",
    to: steps[to]?.lane ?? "",
    label: label.replace("PTRACE_", ""),
    carries: kind === "clone" ? messages(moments, to) : [],
  }));
}

/** What a tracer tells a process by its registers: the call to make, who its parent must be, whether it is a clone. */
function messages({ arch, recording }: Moments, index: number): string[] {
  const { kind, registers } = recording.steps[index] ?? {};
  const { before = {}, after = {} } = registers ?? {};
  const names = kind === "clone" ? [arch.PARENT, arch.MARK] : [arch.NUMBER, arch.PARENT, arch.MARK];
  const isTold = (name: string) => kind === "clone" || after[name] !== before[name];
  return names.flatMap((name) =>
    after[name] !== undefined && isTold(name)
      ? [`${name} = ${BigInt.asIntN(64, BigInt(after[name]))}`]
      : [],
  );
}

/** A call or a request of one process that concerns another; null if the step is none. */
function callOf(step: Step): Omit<Move, "carries"> | null {
  const { lane, about, call } = step;
  if (call === null || lane === about) return null;
  const [sent, fetched] = [
    { from: lane, to: about },
    { from: about, to: lane },
  ];
  const signal = signalOf(call);
  const request = requestOf(step);
  if (request !== "") {
    const label = [
      request,
      ...(request.startsWith("SET") || signal === undefined ? [] : [signal]),
    ].join(" ");
    return { kind: "request", ...(/^(GET|PEEK)/.test(request) ? fetched : sent), label };
  }
  if (call.name !== "wait4") return { kind: "signal", ...sent, label: signal ?? call.name };
  const status = /^\[(.*): 0x/.exec(call.arguments[1]?.told ?? "")?.[1];
  if (status !== undefined)
    return { kind: "wait", ...fetched, label: status.replace("PTRACE_", "") };
  return { kind: "wait", ...sent, label: `wait4 = ${call.result?.told ?? "?"}` };
}

const signalOf = ({ arguments: passed }: Call) =>
  passed.find(({ told }) => /^SIG[A-Z0-9]+$/.test(told))?.told;
