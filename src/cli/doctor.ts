import { release } from "node:os";
import { type Finding, hasFailed, MACHINE, STUB, tryAll } from "./doctor_trials.ts";
import { paint, publish, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { doctor } from "./table/stubs.ts";

const MORE =
  "more: docs/limitations.md (what is missing), docs/limitations.md#troubleshooting (messages, remedies)";

export async function runDoctor({ json }: Values<typeof doctor>): Promise<number> {
  const findings = [...(await tryAll(MACHINE)), ...(await tryAll(STUB))];
  if (!findings.slice(MACHINE.length).some(hasFailed)) {
    const { COMMANDS } = await import("./doctor_commands.ts");
    findings.push(...(await tryAll(COMMANDS)));
  }
  const text = `${findings.map(lineOf).join("\n")}\n${MORE}\n`;
  publish(json, "stublab.doctor/1", { checks: findings }, text);
  return findings.some(hasFailed) ? 3 : 0;
}

const MARKS = {
  ok: paint("green", "ok     "),
  warning: paint("yellow", "warning"),
  failed: paint("red", "FAILED "),
} as const;

function lineOf({ name, status, detail, remedy }: Finding): string {
  const more = remedy === null ? "" : `\n${" ".repeat(25)}${remedy}`;
  return `${MARKS[status]} ${name.padEnd(16)} ${detail}${more}`;
}

/** What `stublab` alone prints: whether it works here, and what to do next. Returns the exit status of doctor. */
export async function greet(title: string): Promise<number> {
  const failed = (await tryAll(STUB)).find(hasFailed);
  const verdict =
    failed === undefined
      ? paint("green", "stubs work here")
      : paint("red", `${failed.name} failed: ${failed.detail}`);
  tell(`${title}
Linux ${release()}, Node.js ${process.version}: ${verdict} (more: stublab doctor)

  student          stublab lesson host        watch how a stub is born
  encoder author   stublab compare --new DIR  start an encoder that agrees
  kernel engineer  stublab fuzz --seconds 60  try register setups on this kernel
  builder          stublab guest PROGRAM      run a static program in a stub

stublab --help lists all commands
`);
  return failed === undefined ? 0 : 3;
}
