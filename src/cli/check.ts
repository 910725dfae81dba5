import type { Encoder } from "../core/encoder/abi.ts";
import { checkBirth } from "../labs/check/check.ts";
import { checkDocument, precautionTable, reportText } from "../labs/check/text.ts";
import { trySchedule } from "../labs/check/try.ts";
import { InputError } from "../lib/errors.ts";
import { parseFlags, parseSignal } from "../lib/names.ts";
import { openEncoderWatched } from "./encoder.ts";
import { publish, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { checkBirth as table } from "./table/stubs.ts";

/** How long the command may take with a user's encoder, in milliseconds. */
const LIMIT = 60_000;

export async function runCheckBirth(values: Values<typeof table>): Promise<number> {
  if (values.table) {
    tell(precautionTable().join("\n"));
    return 0;
  }
  const encoder = await openEncoderWatched(values.encoder, LIMIT);
  const { omit, outside, acts } = values;
  const chosen = { ...(omit && { omit }), ...(outside && { outside }), acts };
  const report = checkBirth({ ...chosen, ...encoded(encoder, values) });
  const text = `${reportText(report, encoder.constants)}\n`;
  publish(values.json, "stublab.check/1", checkDocument(report, encoder.constants), text);
  const broken = report.verdicts.filter(({ schedule }) => schedule !== undefined);
  if (!values.try) return broken.length === 0 ? 0 : 1;
  const tried = broken.map(({ schedule = [] }) => trySchedule(schedule));
  for (const { property } of broken.filter((_, i) => !tried[i]))
    talk(`this kernel does not do what the schedule says: ${property}\n`);
  talk(
    `${tried.filter(Boolean).length} of ${tried.length} schedules performed by real processes, with the same end\n`,
  );
  return broken.length === 0 ? 0 : 1;
}

/** What the encoder makes of the choices. @throws InputError if it refuses them */
function encoded(encoder: Encoder, { flags, exitSignal, wait }: Values<typeof table>) {
  const { constants } = encoder;
  const word = encoder.encodeClone(
    parseFlags(flags, constants),
    parseSignal(exitSignal, constants),
  );
  const options = encoder.encodeWaitOptions(parseFlags(wait, constants));
  if (word < 0n)
    throw new InputError(`encoder ${encoder.name} refuses these flags and exit signal`);
  if (options < 0n) throw new InputError(`encoder ${encoder.name} refuses these options of wait4`);
  return {
    cloneFlags: Number(word & ~0xffn),
    exitSignal: Number(word & 0xffn),
    waitOptions: Number(options),
  };
}
