import type { Term } from "../lesson_text.ts";
import type { Recording } from "../recording.ts";

/** Another page of the same course. */
export interface CoursePage {
  readonly title: string;
  /** Its file, beside this page. */
  readonly file: string;
}

/** A task that belongs to a lesson: `stublab lesson task NAME`. */
export interface TaskLink {
  readonly name: string;
  readonly title: string;
}

/** Where a page belongs, if it is one of several. */
export interface Course {
  readonly index: CoursePage;
  /** All pages in their order, and the place of this one among them. */
  readonly pages: readonly CoursePage[];
  readonly place: number;
}

/** What the page's script reads. */
export interface PageData {
  readonly recording: Recording;
  /** The names of numbers: signals, system calls, flags, errnos. */
  readonly constants: Readonly<Record<string, number>>;
  /** The page of all lessons, and the one that comes next in the course. */
  readonly index: CoursePage | null;
  readonly next: CoursePage | null;
  readonly tasks: readonly TaskLink[];
  readonly terms: readonly Term[];
}
