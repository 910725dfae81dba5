export { BASELINE, type From, REGISTERS, type Way } from "./case/arch.ts";
export type { Case, Pair, SignalFrame, Step } from "./case/case.ts";
export type { Fields } from "./case/fields.ts";
export type { On } from "./case/records.ts";
export {
  type CaseDocument,
  type FrameDocument,
  formatCase,
  parseCase,
  type StepDocument,
} from "./case/text.ts";
export type { Path } from "./draw/arch.ts";
export { type CaseOutcome, Examiner, type StepOutcome } from "./examiner.ts";
export type { ExaminerOptions } from "./experiment.ts";
export { fuzz, fuzzFindings } from "./fuzz.ts";
export type { KnownName, ModelOptions } from "./known/arch.ts";
export type { Feature, Machine, XsaveComponent, Xstate } from "./machine.ts";
export type { DifferenceKind, FieldDifference } from "./predict/differences.ts";
export { changedWords, minimize } from "./predict/minimize.ts";
export type { AppliedRule, Causes, Change } from "./predict/model.ts";
export { type PredictOptions, predict } from "./predict/predict.ts";
export type { CasePrediction, StepPrediction } from "./predict/prediction.ts";
export type { Processor } from "./predict/processors.ts";
export { type Phase, type Rule, rules } from "./predict/rules.ts";
export { type JudgeOptions, judge } from "./recordings/judge.ts";
export type {
  Contradiction,
  JudgedCause,
  Judgement,
  UnpredictedCases,
} from "./recordings/judge_here.ts";
export { type RecordOptions, recordRun } from "./recordings/record_run.ts";
export type { RecordingHeader } from "./recordings/recording.ts";
export type { Finding } from "./run/fuzz_findings.ts";
export type { FuzzOptions, FuzzProgress, FuzzResult } from "./run/options.ts";
export type { Counts, FoundCase, Round, RunState, SeenKind, Shard } from "./run/state.ts";
export type { CauseRow } from "./tell/causes.ts";
export { type Examined, type ExportOptions, exportC } from "./tell/export_c.ts";
