import { ARCHES, type Arch } from "../core/machine/index.ts";
import { InputError } from "../lib/errors.ts";

/** The value of `--arch`. @throws InputError */
export function parseArch(name: string): Arch {
  const arch = ARCHES.find((known) => known === name);
  if (arch !== undefined) return arch;
  throw new InputError(`unknown architecture "${name}"`, {
    remedy: `choose one of ${ARCHES.join(", ")}`,
  });
}
