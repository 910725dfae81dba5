export { type CompareOptions, type Comparison, compare } from "./compare/compare.ts";
export { Opened, openSubjects } from "./compare/open.ts";
export type {
  Answer,
  Breakage,
  CompareReport,
  Coverage,
  Disagreement,
  EncoderReport,
  FunctionReport,
  LayoutReport,
  LiveFailure,
  LiveReport,
  PairReport,
  Timing,
  Verdict,
} from "./compare/report.ts";
export type { Subject } from "./compare/subject.ts";
export {
  type Arch,
  ENCODER_ABI,
  FUNCTIONS,
  type FunctionName,
  OPERATIONS,
  type Operation,
  type Parameter,
  type Signature,
} from "./encoder/abi.ts";
export { type RegisterField, registerLayout } from "./encoder/block.ts";
export type { Encoder, EncoderFunctions, PartialEncoder } from "./encoder/encoder.ts";
export {
  ALL_ENCODERS,
  ENCODERS,
  type EncoderName,
  openEncoder,
  openEncoderFor,
} from "./encoder/open.ts";
export {
  AttachError,
  BirthError,
  CloseError,
  DeadlineError,
  DeathError,
  EncoderError,
  type ErrorDetails,
  ForkError,
  InputError,
  MemoryError,
  OutputError,
  type RegisterDump,
  StateError,
  StopError,
  type StubEnd,
  StubError,
  StublabError,
  SyscallError,
  TraceError,
  UnsupportedError,
} from "./errors.ts";
export { BASELINE } from "./fuzz/baseline.ts";
export {
  type Case,
  type CaseDocument,
  formatCase,
  type Pair,
  parseCase,
  type SignalFrame,
} from "./fuzz/case.ts";
export { type CaseOutcome, Examiner, type ExaminerOptions } from "./fuzz/examiner.ts";
export { type Examined, type ExportOptions, exportC } from "./fuzz/export_c.ts";
export type { Fields } from "./fuzz/fields.ts";
export { fuzz, fuzzFindings } from "./fuzz/fuzz.ts";
export type { Finding } from "./fuzz/fuzz_findings.ts";
export type { Path } from "./fuzz/generate.ts";
export type { Feature, Machine } from "./fuzz/machine.ts";
export { changedWords, type MinimizeOptions, minimize } from "./fuzz/minimize.ts";
export { type AppliedRule, type Change, RULES, type Rule } from "./fuzz/model/model.ts";
export { type CasePrediction, type PredictOptions, predict } from "./fuzz/predict.ts";
export type { FieldDifference } from "./fuzz/predicted.ts";
export type { Shard } from "./fuzz/round.ts";
export type { Counts, Entry, FoundCase, RunState } from "./fuzz/run_state.ts";
export type { FuzzOptions, FuzzProgress, FuzzResult } from "./fuzz/session.ts";
export { type From, type On, REGISTERS, type Way } from "./fuzz/setups.ts";
export type { TracedCall } from "./guest/calls.ts";
export type { Guest, Sink } from "./guest/guest.ts";
export type { GuestProgram } from "./guest/image.ts";
export { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "./guest/run.ts";
export {
  Context,
  type GuestEvent,
  type GuestFault,
  type GuestInterrupt,
  type GuestSignal,
  type GuestSyscall,
  type InterruptHandle,
  interruptGuest,
} from "./platform/context.ts";
export type { Protection } from "./platform/memory.ts";
export { Platform, type PlatformOptions } from "./platform/platform.ts";
export type { SignalInfo } from "./platform/signal_info.ts";
export { type FileMapping, Subprocess } from "./platform/subprocess.ts";
export { loadRecording, parseRecording } from "./record/load.ts";
export { type RecordOptions, recordScenario } from "./record/record.ts";
export type { NewStep, Recorder } from "./record/recorder.ts";
export {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Fact,
  type Instruction,
  type KernelView,
  type Lane,
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
  type StepKind,
} from "./record/recording.ts";
export { DEFAULT_SCENARIO, SCENARIOS } from "./record/scenarios.ts";
export { Actor, type CallTelling, type Lesson, Scene } from "./record/scene.ts";
export type { RequestDetails, StopTelling, Tracee } from "./record/tracee.ts";
export type { UnseenOptions } from "./record/unseen.ts";
export { renderMermaid } from "./record/view/mermaid.ts";
export { renderRecordingPage } from "./record/view/page/page.ts";
export { renderPerfetto } from "./record/view/perfetto.ts";
export { renderText, type TextOptions } from "./record/view/text.ts";
export type { ChildStep } from "./shim/fork.ts";
export { type Check, type Examination, examine } from "./stub/examine.ts";
export { type Mapping, type ProcessFacts, readProcess } from "./stub/proc.ts";
export type { Stop } from "./stub/status.ts";
export { type CloneOptions, Stub } from "./stub/stub.ts";
export type {
  CallEnd,
  ObservedCall,
  SyscallArgument,
  SyscallResult,
  Thread,
  ThreadState,
} from "./stub/thread.ts";
export type { ThreadTicket } from "./stub/thread_pool.ts";
export {
  type DeathListener,
  type StubOptions,
  Tracer,
  type TracerOptions,
} from "./stub/tracer.ts";
export type { TracingThread } from "./stub/tracing_thread.ts";
