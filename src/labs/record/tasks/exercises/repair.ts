import type { Actor } from "../../actor.ts";
import { HOST } from "../../arch.ts";
import { loadListing, STUB_CODE } from "../../listing.ts";
import type { Answer } from "../answer.ts";
import { CODE_ADDRESS } from "../assemble.ts";
import { go, kill } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import { CODE } from "./arch.ts";
import { cloneNew, livesAsStub } from "./verbs.ts";

/** The stub code, from its listing, with short labels and the names of its constants. */
export function stubSource(): string {
  const rows = loadListing(STUB_CODE).lines.map(({ text, label }) => {
    const named = text.replace(/ +# ORPHAN$/, "").replace(/([$#])\d+(.*?) +# (\w+)$/, "$1$3$2");
    return `${label === null ? "" : `${label}:\n`}    ${named.replace("__NR_", "SYS_")}\n`;
  });
  return rows.join("").replaceAll("stublab_stub_syscall", "call").replaceAll("stublab_stub_", "");
}

export const repairStub: Pose = (draw) => {
  const [part, right, wrong] = draw.one(...CODE.DAMAGES);
  const source = stubSource();
  return {
    parts: [part],
    isCode: true,
    start: source.replace(right, wrong),
    key: source,
    play(judge, answer) {
      const [begin, call] = ["begin", "call"].map((label) => addressOf(answer, label));
      const seen = begin !== undefined && call !== undefined ? "there" : "missing";
      judge.expect("the labels begin and call", "there", seen);
      const [parent, child] = birth(judge, answer, call);
      livesAsStub(judge, parent, child);
      const [killed, orphan] = birth(judge, answer, call);
      kill(killed, "This parent is killed before its child has executed anything.");
      judge.expect("the orphan", "exited with status 1", go(orphan));
    },
  };
};

/** The address of a label in the answer's code. */
function addressOf({ code }: Answer, label: string): bigint | undefined {
  const line = code?.lines.find((each) => each.label?.split(" ").includes(label));
  return line === undefined ? undefined : CODE_ADDRESS + BigInt(line.offset);
}

/** A clone at `call`: the parent, and the child before its first instruction. */
function birth(judge: Judge, { code }: Answer, call = CODE_ADDRESS): [Actor, Actor] {
  const parent = judge.cast({ lane: "master", role: "a stub with your code, which clones", code });
  parent.thread.initial.set(HOST.INSTRUCTION_POINTER, call);
  return [parent, cloneNew(judge, parent)];
}
