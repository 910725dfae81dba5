import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

/** What lessons say that differs by more than a name: the exports of the architecture's module. */
interface Texts {
  readonly STUB_CODE: Readonly<Record<keyof typeof amd64.STUB_CODE, string>>;
  readonly REFUSED: Readonly<Record<string, string>>;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, Texts>> = { amd64, arm64 };

/** Those of the machine on which recordings are made. */
export const TEXTS = MODULES[HOST_ARCH];
