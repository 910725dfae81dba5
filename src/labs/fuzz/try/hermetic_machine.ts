import { InputError } from "../../../lib/errors.ts";
import { parseJson } from "../../../lib/shape.ts";
import { type Machine, machineShape } from "../machine.ts";

/** What the release of a described kernel ends with: no report of it is taken for one of a real kernel. */
const SUFFIX = "-model";

/**
 * For tests: the machine whose model answers in place of this kernel, if the environment describes one. Here alone that is read.
 *
 * @throws InputError if it is no machine whose release ends with "-model"
 */
export function hermeticMachine(): Machine | undefined {
  const { STUBLAB_TEST_MACHINE } = process.env;
  if (STUBLAB_TEST_MACHINE === undefined) return undefined;
  const machine = machineShape(parseJson(STUBLAB_TEST_MACHINE), "STUBLAB_TEST_MACHINE");
  if (machine.release.endsWith(SUFFIX)) return machine;
  throw new InputError(`STUBLAB_TEST_MACHINE: the release does not end with ${SUFFIX}`);
}
