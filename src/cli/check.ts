import { checkBirth } from "../labs/check/check.ts";
import { encodeChoices } from "../labs/check/encoded.ts";
import { checkTable } from "../labs/check/table.ts";
import { checkDocument, reportText } from "../labs/check/text.ts";
import { trySchedule } from "../labs/check/try.ts";
import { parseFlags, parseSignal } from "../lib/names.ts";
import { openEncoderWatched } from "./encoder.ts";
import { publish, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { checkBirth as table } from "./table/stubs.ts";

/** How long the command may take with a user's encoder, in milliseconds. */
const LIMIT = 60_000;

export async function runCheckBirth(values: Values<typeof table>): Promise<number> {
  const encoder = await openEncoderWatched(values.encoder, LIMIT);
  const { constants } = encoder;
  if (values.table) {
    tell(checkTable(constants).join("\n"));
    return 0;
  }
  const { omit, outside, acts, until } = values;
  const encoded = encodeChoices(encoder, {
    flags: parseFlags(values.flags, constants),
    exitSignal: parseSignal(values.exitSignal, constants),
    wait: parseFlags(values.wait, constants),
  });
  const chosen = { ...(omit && { omit }), ...(outside && { outside }), acts, until };
  const report = checkBirth({ ...chosen, ...encoded });
  const text = `${reportText(report, constants)}\n`;
  publish(values.json, "stublab.check/1", checkDocument(report, constants), text);
  const broken = report.verdicts.filter(({ schedule }) => schedule !== undefined);
  if (values.try) {
    const { verdicts } = checkBirth({ ...chosen, ...encoded, calm: true });
    const tried = verdicts.flatMap(({ property, schedule }) =>
      schedule === undefined ? [] : [{ property, result: trySchedule(schedule) }],
    );
    for (const { property } of tried.filter(({ result }) => !result))
      talk(`this kernel does not do what the schedule says: ${property}\n`);
    const performed = tried.filter(({ result }) => result).length;
    talk(
      `${performed} of ${broken.length} schedules performed by real processes, with the same end\n`,
    );
  }
  return broken.length === 0 ? 0 : 1;
}
