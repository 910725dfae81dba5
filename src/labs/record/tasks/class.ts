import { createHmac } from "node:crypto";
import { InputError } from "../../../lib/errors.ts";
import { nearest } from "../../../lib/nearest.ts";
import type { Submission } from "./submission.ts";

/** The fewest characters of a secret. */
const LEAST_SECRET = 16;

/** What a teacher fixes for a class. */
export interface ClassOptions {
  /** Draws the variant of every student, in place of their names. */
  readonly variant?: string | undefined;
  /** Only those who know it can tell which variant a student gets. */
  readonly secret?: string | undefined;
}

/** @throws InputError */
export function parseSecret(text: string): string {
  const secret = text.trim();
  if (secret.length >= LEAST_SECRET) return secret;
  throw new InputError(`the secret of a course needs at least ${LEAST_SECRET} characters`, {
    remedy: "head -c 24 /dev/urandom | base64 > secret",
  });
}

/** What draws the variant of a student; undefined if the name does. */
export function variantOf(task: string, student: string, course: ClassOptions): string | undefined {
  const { variant, secret } = course;
  if (secret === undefined) return variant;
  const name = variant ?? student.trim();
  return createHmac("sha256", secret).update(`${task}\0${name}`).digest("hex").slice(0, 16);
}

/** @throws InputError if a file has another variant than the course gives its student */
export function expectVariant({ task, student, variant }: Submission, course: ClassOptions): void {
  const expected = variantOf(task, student, course);
  if (expected === undefined || expected === variant) return;
  throw new InputError(
    `${task}, ${student}: this is not the variant of the student in this course`,
  );
}

/** The names of a class: one on each line, once. The text after # is a comment. */
export function parseClass(text: string): string[] {
  const names = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

/**
 * The answers that are missing: of each student, to every task that somebody has answered. If somebody whose name the class
 * does not have has a similar one, the reason names that one.
 */
export function missingIn(
  names: readonly string[],
  answers: readonly { readonly task: string | null; readonly student: string | null }[],
): { task: string; student: string; reason: string | null }[] {
  const tasks = new Set(answers.flatMap(({ task }) => task ?? []));
  const strangers = answers.flatMap(({ student }) => student ?? []);
  return names.flatMap((student) => {
    const found = answers.filter((each) => each.student === student).map(({ task }) => task);
    const near = nearest(
      student,
      strangers.filter((each) => !names.includes(each)),
    );
    const reason =
      near === undefined
        ? null
        : `no answer has this name, but one has ${near}, who is not in the class`;
    const missing = [...tasks].filter((task) => !found.includes(task));
    return missing.map((task) => ({ task, student, reason }));
  });
}
