/* What facts about requests are made of, for every host: verbs, and places of what is seen (shim/fuzz/requests.h). */

import type { Enumeration } from "./layout.ts";

export const VERB = {
  name: "verb",
  prefix: "VERB",
  about: "What is done with a tracee.",
  values: [
    ["TRACEE", "a new tracee, for the rest of the check in which this is, or else of the fact"],
    ["REQUEST", "request, address, data, task; then the words of an iovec or of arguments"],
    ["READ", "the same, twice: what it writes is the same, whatever lay there before"],
    ["PUT", "copies words to where an answer begins"],
    ["MUST", "the fact ends if the last result is an error"],
    ["KEEP", "keeps the last result and answer for later checks"],
    ["WAIT", "how long, in microseconds; the task, if it is not the tracee"],
    ["ARRIVE", "the fact ends if the last stop has another status word than this"],
    ["SIGNAL", "a signal for the thread"],
    ["KILL", "a signal for its process"],
    ["CALL", "a system call of the tracee, and six arguments"],
    ["ZOMBIE", "waits until it is a zombie"],
    ["CHILD", "takes the stop of the child whose pid is the answer, and ends it"],
    ["REAP", "leads it from an event of its child to the end of the clone; it reaps the child"],
    ["UNLESS", "errno, and a text: with this result what follows is skipped, for that reason"],
    ["NEED", "the same without a need: its index"],
  ],
} as const satisfies Enumeration;

/** Words of verbs and of what is expected: this number, the kind, and a number in the low half. */
export const LATER_MARK = 0x5ab1_ab;

export const LATER = {
  name: "later",
  prefix: "LATER",
  about: "What a word stands for that is known when it is used.",
  values: [
    ["ANSWER", "the address of an answer"],
    ["ASIDE", "that of an iovec or arguments before it"],
    ["TID", "the tracee"],
    ["TRACER", "its tracer"],
    ["UID", "the user of both"],
    ["KEPT", "the word at an offset in the answer that was kept"],
    ["XSTATE", "the length of the XSAVE area, if it is not more than the number"],
  ],
} as const satisfies Enumeration;

export const PLACE = {
  name: "place",
  prefix: "PLACE",
  about: "Where a field of what is expected is found; the last four have an offset in an answer.",
  values: [
    ["result", "what the last request returned"],
    ["kept", "what the kept one returned"],
    ["written", "how many bytes the last answer has"],
    ["length", "the length in its iovec"],
    ["stop", "the last stop"],
    ["first", "the first stop of a child"],
    ["differs", "where the last answer differs from the one that was kept; -1: nowhere"],
    ["byte", "an unsigned byte"],
    ["int", "a signed half"],
    ["half", "a half of a word"],
    ["word", "a word"],
  ],
} as const satisfies Enumeration;

export const FOLLOWED = {
  name: "followed",
  prefix: "FOLLOWED",
  about: "What a verb has led to.",
  values: [
    ["DONE", "it was carried out"],
    ["LOST", "the fact ends: the tracee is not where it should be, `expected` but `seen`"],
    ["SKIPS", "the check, or the rest of the fact, is skipped"],
    ["YOURS", "the host has to do it, with `words`"],
  ],
} as const satisfies Enumeration;
