import { HOST_ARCH } from "../../../../core/machine/index.ts";
import { hex } from "../../../../lib/errors.ts";
import { rowsOf } from "../../../../lib/rows.ts";
import { record, text } from "../../../../lib/shape.ts";
import type { Actor } from "../../actor.ts";
import { HOST } from "../../arch.ts";
import { loadListing, STUB_CODE } from "../../listing.ts";
import type { Answer } from "../answer.ts";
import { CODE_ADDRESS } from "../assemble.ts";
import { go, kill, write } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import { CODE, indented } from "./arch.ts";
import LINES from "./damages.jsonl";
import { cloneNew, livesAsStub } from "./verbs.ts";

export const guestCode: Pose = (draw) => {
  const call = draw.one("write", "getpid", "exit", "kill", "close", "brk", "openat");
  const argument = draw.number(2, 0xffff);
  const address = 0x1_0000n * BigInt(draw.number(16, 0xffff)) + 8n * BigInt(draw.number(0, 8191));
  return {
    values: { call, argument, address: hex(address), load: CODE.LOAD },
    isCode: true,
    start: indented(CODE.guest("getppid")),
    key: indented(CODE.guest(call, argument, address)),
    play(judge, { code }) {
      const guest = judge.cast({ lane: "guest", role: "a stub in which your code runs", code });
      guest.emulated = true;
      const begin = { [HOST.INSTRUCTION_POINTER]: CODE_ADDRESS };
      write(guest, begin, "It begins at the first instruction of the guest.");
      judge.expect("the first stop", `stopped at ${call}`, go(guest));
      const seen = hex(guest.registers()[HOST.ARGUMENTS[0] ?? ""] ?? 0n);
      judge.expect("RDI at the call", hex(BigInt(argument)), seen);
      const fault = `raised SIGSEGV at ${hex(address)}`;
      judge.expect("the second stop", fault, go(guest));
    },
  };
};

/** A line of damages.jsonl: a part of the text of "repair-stub", what is right in the stub code, and what is in its place. */
const damage = record({ arch: text, part: text, right: text, wrong: text });
export const DAMAGES = rowsOf(LINES, damage).filter(({ arch }) => arch === HOST_ARCH);

/** The stub code, from its listing, with short labels and the names of its constants. */
export function stubSource(): string {
  const rows = loadListing(STUB_CODE).lines.map(({ text, label }) => {
    const named = text.replace(/ +# ORPHAN$/, "").replace(/([$#])\d+(.*?) +# (\w+)$/, "$1$3$2");
    return `${label === null ? "" : `${label}:\n`}    ${named.replace("__NR_", "SYS_")}\n`;
  });
  return rows.join("").replaceAll("stublab_stub_syscall", "call").replaceAll("stublab_stub_", "");
}

export const repairStub: Pose = (draw) => {
  const { part = "", right = "", wrong = "" } = DAMAGES[draw.number(0, DAMAGES.length - 1)] ?? {};
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
