export type { Check, CheckStatus } from "./check.ts";
export {
  type ComparisonFunctionName,
  ENCODER_ABI,
  type EncoderFunctions,
  FUNCTIONS,
  type FunctionName,
  OPERATIONS,
  type Operation,
  type Parameter,
  type ParameterValues,
  type Result,
  type ResultValue,
  type Signature,
} from "./encoder/abi.ts";
export type { Arch } from "./encoder/arch.ts";
export {
  type RegisterBlock,
  type RegisterField,
  registerLayout,
} from "./encoder/block.ts";
export type {
  CompleteEncoder,
  Encoder,
  EncoderIdentity,
  PartialEncoder,
} from "./encoder/encoder.ts";
export { loadEncoder } from "./encoder/foreign.ts";
export {
  ALL_ENCODERS,
  ENCODERS,
  type EncoderName,
  openEncoder,
  type Suggested,
} from "./encoder/open.ts";
export {
  AttachError,
  BirthError,
  CloseError,
  CorruptionError,
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
export type { GuestAnswer, GuestCall } from "./guest/answer.ts";
export type { CallArguments } from "./guest/call.ts";
export type { TracedCall } from "./guest/calls.ts";
export type { Input as GuestInput } from "./guest/files.ts";
export type { Guest, Sink } from "./guest/guest.ts";
export type { GuestProgram } from "./guest/image.ts";
export type {
  Limit as GuestLimit,
  Limits as GuestLimits,
  Used as GuestUse,
} from "./guest/limits.ts";
export {
  GuestPool,
  type GuestPoolOptions,
  type PooledGuestOptions,
  type PooledGuestRun,
} from "./guest/pool.ts";
export { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "./guest/run.ts";
export type { Start as GuestStart } from "./guest/stack.ts";
export {
  Context,
  type GuestEvent,
  type GuestFault,
  type GuestInterrupt,
  type GuestSignal,
  type GuestSyscall,
  type InterruptHandle,
  interruptGuest,
  type SwitchOptions,
} from "./platform/context.ts";
export type { SwitchLane } from "./platform/lanes.ts";
export type { Protection } from "./platform/memory.ts";
export { Platform, type PlatformOptions } from "./platform/platform.ts";
export type { SignalInfo } from "./platform/signal_info.ts";
export { type FileMapping, Subprocess } from "./platform/subprocess.ts";
export type { Deadline } from "./shim/deadline.ts";
export type { ChildStep } from "./shim/fork.ts";
export { Batch, BatchedCall } from "./stub/batch.ts";
export { type Examination, examine } from "./stub/examine.ts";
export type { CallEnd, InjectedThread, ObservedCall } from "./stub/injected_thread.ts";
export type { BirthLane, InjectionLane, Lanes } from "./stub/lane.ts";
export { type Mapping, type ProcessFacts, readProcess } from "./stub/proc.ts";
export type { Stop } from "./stub/status.ts";
export { type CloneOptions, Stub } from "./stub/stub.ts";
export type { SyscallArgument, SyscallResult } from "./stub/syscall.ts";
export type { Thread } from "./stub/thread.ts";
export type { ThreadTicket } from "./stub/thread_pool.ts";
export type { ThreadState, TracedThread } from "./stub/traced_thread.ts";
export {
  type DeathListener,
  type StubOptions,
  Tracer,
  type TracerOptions,
} from "./stub/tracer.ts";
export type { TracingThread } from "./stub/tracing_thread.ts";
