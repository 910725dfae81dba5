/* Cases whose programs together have every part of the template. */

import { CODES } from "../../src/labs/fuzz/case/amd64/code.ts";
import type { Case } from "../../src/labs/fuzz/case/case.ts";
import { ONS, STARTS } from "../../src/labs/fuzz/case/records.ts";
import { type CaseDocument, parseCase } from "../../src/labs/fuzz/case/text.ts";
import { jsonLines } from "./json_lines.ts";

type Document = Partial<CaseDocument>;

/** Cases by name. */
const GIVEN = jsonLines<{ readonly name: string; readonly case: Document }>(
  "support/exported_cases",
);

/** All kinds of cases, and all that makes a program longer. */
export const SPREAD: Readonly<Record<string, Document>> = {
  ...Object.fromEntries(GIVEN.map((it) => [it.name, it.case])),
  ...Object.fromEntries(
    CODES.flatMap(({ name }): [string, Document][] => [
      [`code ${name}`, { code: name, on: name === "spin" ? "SINGLESTEP" : "CONT" }],
      [
        `sigreturn, code ${name}`,
        { way: "SIGRETURN", code: name, registers: { rax: "0x27", eflags: "0x40c97" } },
      ],
    ]),
  ),
  ...Object.fromEntries(
    STARTS.flatMap((from) =>
      ONS.map((on): [string, Document] => {
        const registers = { rax: "0x27", orig_rax: "0x27", eflags: "0x54ed7" };
        return [`from ${from}, on ${on}`, { from, on, code: "nops", registers }];
      }),
    ),
  ),
};

export const caseOf = (document: Document): Case =>
  parseCase({ schema: "stublab.case/1", ...document });

/** A case for each way, and cases that need the other parts of the template. */
export const KINDS = new Map([
  ...Object.values(SPREAD).map((document): [string, Document] => [
    document.way ?? "SETREGS",
    document,
  ]),
  ...[
    ...["a restart that a handler meets", "rip elsewhere", "from exit, on SYSCALL", "32 bits"],
    "several steps",
  ].map((name): [string, Document] => [name, SPREAD[name] ?? {}]),
]);
