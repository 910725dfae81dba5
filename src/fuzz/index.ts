export type { Case, Frame, Pair } from "./case.ts";
export { type FuzzOptions, type FuzzProgress, type FuzzResult, fuzz } from "./fuzz.ts";
export type { Path } from "./generate.ts";
export type { Feature, Machine } from "./machine.ts";
export type { Change } from "./model/model.ts";
export type { DifferenceKind } from "./predicted.ts";
export type { Shard } from "./round.ts";
export type { Counts, Entry as CorpusEntry, FoundCase, RunState } from "./run_state.ts";
export type { From, On, Way } from "./setups.ts";
