export type { Check, CheckStatus } from "../../lib/check.ts";
export type { Shape, Shaped } from "../../lib/shape.ts";
export type { Tracing } from "./acting.ts";
export { Actor } from "./actor.ts";
export type { Teller, Word } from "./calls.ts";
export type { Lesson } from "./course.ts";
export { LESSONS, summaryOf } from "./course.ts";
export type { UnseenOptions } from "./fork.ts";
export type { Reason } from "./lesson_text.ts";
export type { Listing } from "./listing.ts";
export { loadRecording, parseRecording } from "./load.ts";
export type { Course, CoursePage, TaskLink } from "./page/data.ts";
export { type PageOptions, renderRecordingPage } from "./page/page.ts";
export type { Stage } from "./plays/play.ts";
export { type RecordOptions, recordLesson } from "./record.ts";
export type {
  Introduction,
  NewEvent,
  NewStep,
  Place,
  Reasons,
  Recorder,
} from "./recorder.ts";
export {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Fact,
  type Hex,
  type Instruction,
  type KernelView,
  type Lane,
  type Piece,
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
  type StepKind,
} from "./recording.ts";
export type { Asked, Choice, Said, Saying } from "./said.ts";
export { type HostLane, type RestOptions, Scene } from "./scene.ts";
export type { ClassOptions } from "./tasks/class.ts";
export { type Graded, gradeAnswerConfined } from "./tasks/grade.ts";
export { type AssignmentOptions, assignment } from "./tasks/submission.ts";
export type {
  AttachTelling,
  CallTelling,
  RequestDetails,
  StopTelling,
  TryOptions,
} from "./telling.ts";
export { renderText, type TextOptions } from "./text.ts";
