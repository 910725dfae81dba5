import { release } from "node:os";
import type { Said, Story } from "../../lib/page/block.ts";
import { counted } from "../../lib/page/figures.ts";
import { MASKS } from "./clusters.ts";
import type { Agreement, Answer, Breakage, CompareReport, Disagreement } from "./report.ts";

/** A finding about an encoder. */
export interface CompareStory extends Story {
  readonly encoder: string;
  /** The architecture and the operation, if it is about the results of one. */
  readonly row?: string;
  /** Why it is not an error, in a line; null if it is one. */
  readonly excuse: string | null;
}

type Found = Omit<CompareStory, "id">;

/** Everything that a comparison found: errors first, of constants last of these, then what is not an error; and one case. */
export function storiesOf(report: CompareReport): CompareStory[] {
  const rankOf = ({ excuse, row = "" }: Found) =>
    excuse !== null ? 2 : row.endsWith(" layout") ? 1 : 0;
  return [
    ...report.disagreements.map(disagreementStory),
    ...report.agreements.map(agreementStory),
    ...report.broken.map(breakageStory),
    ...contradictionsOf(report).map(contradictionStory),
  ]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map((story, i) => ({ ...story, id: `f${i + 1}` }));
}

function disagreementStory(found: Disagreement): Found {
  const { arch, operation, name, encoder, against, field, cases, masks } = found;
  const { input, own, other, verdict, apart, replay } = found;
  const where = name === null || name === field ? field : `${name} ${field}`;
  return {
    encoder,
    row: `${arch} ${operation}`,
    title: `${encoder}: ${arch} ${where}`,
    beside: counted(cases, "case") + waysText(masks),
    facts: [
      ...(name === null ? [] : [["input", inputText(input)] as const]),
      [encoder, answerText(own, other)],
      [against, answerText(other, own)],
      ["bits", bitsText(found)],
      ["verdict", verdictText(found)],
    ],
    command: replay,
    excuse: apart === null ? null : `${apart}: ${verdict.reason.split(";")[0]}`,
  };
}

function agreementStory({ arch, name, encoder, against, input, answer }: Agreement): Found {
  const told = answer.map((each) => `${each.name} = ${each.told}`).join(", ");
  return {
    encoder,
    title: `${encoder}: ${arch} ${name} agrees`,
    beside: "",
    facts: [
      ["input", inputText(input)],
      [encoder, told === "" ? "changes nothing" : told],
      [against, "the same"],
    ],
    command: null,
    excuse: null,
  };
}

function waysText(masks: number): string {
  if (masks === 1) return "";
  return `, in ${masks > MASKS ? `more than ${MASKS}` : masks} ways`;
}

/** The bytes in the order of memory, those that differ marked, and the word with its name. */
function answerText({ bytes, told }: Answer, other: Answer): Said {
  const others = other.bytes.split(" ");
  const marked = bytes
    .split(" ")
    .map((byte, i) => (byte === others[i] ? byte : ({ text: byte, tone: "mark" } as const)));
  return [...marked.flatMap((byte) => [byte, " "]), ` ${told}`];
}

/** More stretches of bits than this are a mask only. */
const STRETCHES = 3;

/** Which bits differ: by name if they are flags, else by number; as a mask; and where the first of them lies. */
function bitsText({ flags, xor, byte, field }: Disagreement): string {
  const names = flags.filter((flag) => flag !== field);
  const stretches = stretchesOf(BigInt.asUintN(64, BigInt(xor)));
  const told = names.length > 0 ? names : stretches.length > STRETCHES ? [] : stretches;
  return [...(told.length === 0 ? [] : [told.join(" ")]), `xor ${xor}`, `byte ${byte}`].join(", ");
}

function stretchesOf(mask: bigint): string[] {
  const bits = mask.toString(2).split("").reverse().join("");
  return [...bits.matchAll(/1+/g)].map(({ 0: ones, index }) =>
    ones.length === 1 ? `${index}` : `${index}-${index + ones.length - 1}`,
  );
}

function inputText(input: Disagreement["input"]): string {
  if (input.length === 0) return "every word is 0";
  return `${input.map(({ name, told }) => `${name} = ${told}`).join(", ")}, all else 0`;
}

/** Whose word the kernel's is: "Linux 6.18.0". */
export const KERNEL = `Linux ${/^[\d.]*/.exec(release())}`;

const DECIDERS = {
  headers: "the headers",
  kernel: KERNEL,
  abi: "the ABI",
} as const;

function verdictText({ verdict, apart }: Disagreement): Said {
  const { by, wrong, reason } = verdict;
  if (apart !== null) return `${apart}: ${reason}`;
  const blamed = `${wrong.join(", ")} ${wrong.length > 1 ? "are" : "is"}`;
  return [{ text: `${blamed} wrong`, tone: "bad" }, ` by ${DECIDERS[by]}: ${reason}`];
}

function breakageStory(breakage: Breakage): Found {
  const { encoder, arch, name, kind, message, input, replay } = breakage;
  const place = name === null ? "cannot be opened" : `${arch} ${name}`;
  // An answer that depends on the calls before does not depend on the input alone.
  const isAbout = name !== null && (kind !== "answer" || replay !== null);
  return {
    encoder,
    title: `${encoder}: ${place}: ${kind}`,
    beside: "",
    facts: [
      ...(isAbout ? [["input", inputText(input)] as const] : []),
      ["message", [{ text: message, tone: "bad" }]],
    ],
    command: replay,
    excuse: null,
  };
}

/** What the kernel contradicts beside the disagreements whose verdict already says so. */
export function contradictionsOf({ disagreements, live }: CompareReport) {
  const known = ({ name, field, encoder }: Pick<Disagreement, "name" | "field" | "encoder">) =>
    disagreements.some(
      (each) =>
        each.verdict.by === "kernel" &&
        each.verdict.wrong.includes(encoder) &&
        each.name === name &&
        each.field === field,
    );
  return live
    .flatMap(({ name, encoder, asked, failures }) =>
      failures.map((failure) => ({ name, encoder, asked, ...failure })),
    )
    .filter((each) => !known(each));
}

function contradictionStory(found: ReturnType<typeof contradictionsOf>[number]): Found {
  const { name, encoder, asked, field, cases, meant, seen, input, replay } = found;
  return {
    encoder,
    title: `${encoder}: the kernel contradicts ${name === field ? name : `${name} ${field}`}`,
    beside: counted(cases, "case"),
    facts: [
      ["input", inputText(input)],
      ["asked", asked],
      ["expected", meant],
      ["got", [{ text: seen, tone: "bad" }]],
    ],
    command: replay,
    excuse: null,
  };
}
