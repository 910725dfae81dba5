/* Facts on this kernel: the probe checks them, and its log is read. */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { KnownName } from "../known/arch.ts";
import { runProbe } from "../probe/run.ts";
import { allFacts } from "./arch.ts";
import type { Fact } from "./fact.ts";
import { KtapReader } from "./ktap.ts";
import type { Tool } from "./profiles.ts";
import type { VerdictLog } from "./verdict.ts";

/** What a machine is known to do otherwise. */
export interface KnownFacts {
  /** What reports call it: the name of a list, or a file. */
  readonly name: string;
  /** Names of facts, or of checks of theirs as `nameOfCheck` has them. */
  readonly facts: readonly string[];
  /** The list, which also says what is not compared. */
  readonly list?: KnownName;
}

export interface CheckOptions {
  /** What is known not to hold. */
  readonly known?: KnownFacts | undefined;
  /** The tool for which the kernel should be enough. */
  readonly tool?: Tool | undefined;
  /** Is passed the facts of a group as soon as they were checked. */
  readonly onGroup?: ((log: Pick<VerdictLog, "verdicts" | "machine">) => void) | undefined;
  /** Ends it after the fact under way. */
  readonly interrupted?: AbortSignal | undefined;
}

/**
 * Checks facts, each in new stubs. What does not hold is tried again until two attempts have the same result.
 *
 * @returns the verdicts, and what the probe has printed
 * @throws UnsupportedError or TraceError if the probe cannot start, or ends early
 */
export async function checkFacts(
  facts: readonly Fact[],
  { known, tool, onGroup, interrupted }: CheckOptions = {},
): Promise<VerdictLog & { readonly printed: string }> {
  const reader = new KtapReader((verdicts) => onGroup?.({ verdicts, machine: reader.machine }));
  const all = facts.length === allFacts().length;
  const args = [
    "conformance",
    ...(all ? [] : facts.flatMap(({ name }) => ["--only", name])),
    ...(tool === undefined ? [] : ["--for", tool]),
    ...(known === undefined ? [] : ["--known", known.list ?? "-"]),
  ];
  const input = known?.facts.join("\n");
  let printed = "";
  const take = (line: string) => {
    printed += `${line}\n`;
    reader.read(line);
  };
  await runProbe(HOST_ARCH, args, take, { input, interrupted });
  return { ...reader.end(), known: known?.name, printed };
}
