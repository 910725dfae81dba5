export { BASELINE } from "./baseline.ts";
export {
  type Case,
  type CaseDocument,
  formatCase,
  type Pair,
  parseCase,
  type SignalFrame,
} from "./case.ts";
export { type CaseOutcome, Examiner, type ExaminerOptions } from "./examiner.ts";
export { type Examined, type ExportOptions, exportC } from "./export_c.ts";
export type { Fields } from "./fields.ts";
export { fuzz, fuzzFindings } from "./fuzz.ts";
export type { Finding } from "./fuzz_findings.ts";
export type { Path } from "./generate.ts";
export type { Feature, Machine } from "./machine.ts";
export { changedWords, type MinimizeOptions, minimize } from "./minimize.ts";
export { type AppliedRule, type Change, RULES, type Rule } from "./model/model.ts";
export type { RuleEntry } from "./model/rule.ts";
export type { Phase } from "./model/rules.ts";
export { type CasePrediction, type PredictOptions, predict } from "./predict.ts";
export type { DifferenceKind, FieldDifference } from "./predicted.ts";
export type { Shard } from "./round.ts";
export type { Counts, Entry as CorpusEntry, FoundCase, RunState } from "./run_state.ts";
export type { FuzzOptions, FuzzProgress, FuzzResult } from "./session.ts";
export { type From, type On, REGISTERS, type Way } from "./setups.ts";
