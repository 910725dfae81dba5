import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64Seed from "./amd64/seed.ts";
import * as amd64Seeds from "./amd64/seeds.ts";
import * as amd64Tables from "./amd64/tables.ts";
import * as arm64Seed from "./arm64/seed.ts";
import * as arm64Seeds from "./arm64/seeds.ts";
import * as arm64Tables from "./arm64/tables.ts";

const HOST = {
  amd64: { ...amd64Seed, ...amd64Seeds, ...amd64Tables },
  arm64: { ...arm64Seed, ...arm64Seeds, ...arm64Tables },
}[HOST_ARCH];

/** What a run begins with, and what it draws from. */
export const { SIMPLE, SEEDS, UNPREDICTED_SEEDS, TABLES, PLACES } = HOST;

/** How the registers of cases are written, in the order of assembly/fuzz/amd64/paths.ts. */
export const PATHS: readonly Path[] = HOST.PATHS;
export type Path = (typeof amd64Tables.PATHS | typeof arm64Tables.PATHS)[number];
/** The last one: every path, where there are several. */
export const DEFAULT_PATH: Path = PATHS.at(-1) ?? "ptrace";
