import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64 from "./amd64/own_data.ts";
import * as arm64 from "./arm64/own_data.ts";

/** What the probe of an architecture has beside what all have: the exports of its module. */
interface OwnData {
  /** Sections of the data. */
  ownParts(): Readonly<Record<string, Uint8Array>>;
  /** Tables in C. */
  ownTables(): string;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, OwnData>> = { amd64, arm64 };

export const { ownParts, ownTables } = MODULES[HOST_ARCH];
