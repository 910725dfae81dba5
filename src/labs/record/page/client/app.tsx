import { useEffect, useLayoutEffect, useMemo, useReducer, useState } from "preact/hooks";
import { hasEnded } from "../../moment.ts";
import { type Action, type Reading, read, seenAt, sinceAt } from "../../reading.ts";
import { stepNumber } from "../../tell.ts";
import { Bar, Scrubber } from "./bar.tsx";
import { moments, recording } from "./book.ts";
import { CodeFold, ProcFold, RegistersFold } from "./folds.tsx";
import { useKeys } from "./keys.ts";
import { beginKept, keepReading } from "./progress.ts";
import { isWide, StageView } from "./stage.tsx";
import { Cast, Story } from "./story.tsx";

/** How long nothing must change before it is announced, in milliseconds: who drags passes many steps. */
const SETTLED = 350;

const begin = () => beginKept(readPlace() ?? -1);

export function App() {
  const [reading, act] = useReducer<Reading, Action, null>(read, null, begin);
  const [heard, announce] = useState("");
  const [seen, since] = [seenAt(reading), sinceAt(reading)];
  const moment = useMemo(() => moments.at(seen, since), [seen, since]);
  useKeys({ reading, act });
  useLinks(act);
  useSettled(reading, announce);
  useFocus(reading);
  // An answer is kept before anything else can happen, a reload among it.
  useLayoutEffect(() => keepReading(reading), [reading.answers]);
  useLayoutEffect(() => hideEnding(reading), [reading]);
  useLayoutEffect(() => showChoices(reading), [reading]);

  const sentence = sentenceOf(reading);
  const classes = [
    "app",
    isWide() && "wide",
    seen < 0 && "cold",
    reading.asked !== null && "asking",
  ];
  const isOver = hasEnded(moment.known.state);
  return (
    <div class={classes.filter(Boolean).join(" ")}>
      <div class="steps">
        <Scrubber reading={reading} sentence={sentence} act={act} />
        <Bar reading={reading} act={act} />
        {seen < 0 && <Cast />}
      </div>
      <StageView index={seen} since={since} />
      <div class="side">
        <Story reading={reading} index={seen} act={act} />
        <div class="kernel">
          <ProcFold moment={moment} />
        </div>
      </div>
      {!isOver && (
        <div class="folds">
          <CodeFold moment={moment} />
          <RegistersFold moment={moment} />
        </div>
      )}
      <p class="unseen" role="status" id="announcer">
        {heard || null}
      </p>
    </div>
  );
}

/** The step in a sentence, for those who hear it; it does not answer a question that is open. */
function sentenceOf({ at, asked }: Reading): string {
  const { steps, questions } = recording;
  const step = steps[at];
  if (step === undefined) return at < 0 ? "The introduction" : "The end";
  const number = `Step ${stepNumber(at)} of ${steps.length}`;
  const question = asked === null ? undefined : questions[asked];
  if (question !== undefined) return `${number}, a question: ${question.text}`;
  return `${number}, ${step.lane}: ${step.title}`;
}

/** The end of the page has the answers, so it is hidden while questions are open. */
function hideEnding({ reached, asks }: Reading): void {
  const isKnown = !asks || reached >= recording.steps.length;
  document.querySelector("#ending")?.classList.toggle("future", !isKnown);
}

/** Scrolls to the choices if the message asks for an answer: on a phone they are below the stage. */
function showChoices({ message }: Reading): void {
  if (message !== "") document.querySelector(".choices")?.scrollIntoView({ block: "nearest" });
}

/** Serves links to steps, and addresses that are typed. */
function useLinks(act: (action: Action) => void): void {
  useLayoutEffect(() => {
    const change = ({ newURL }: HashChangeEvent) => {
      // By now the address may name the step that the reader has left.
      const at = readPlace(new URL(newURL).hash);
      if (at === null) return;
      act({ kind: "link", at });
      document.querySelector<HTMLElement>("#step-title")?.focus();
    };
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, [act]);
}

/** Once a reader stays at a step, the address names it, and it is announced. */
function useSettled(reading: Reading, announce: (sentence: string) => void): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      nameInAddress(reading.at);
      // Who is on the slider has heard its value.
      if (document.activeElement?.id === "scrub") return;
      const verdict = document.querySelector(".verdict")?.textContent ?? "";
      const rows = reading.asked === null ? moments.changedAt(reading.at, sinceAt(reading)) : [];
      const changed = rows.map(({ name }) => name);
      const list = changed.length === 0 ? "" : `. Changed: ${changed.slice(0, 8).join(", ")}`;
      announce(`${reading.message} ${sentenceOf(reading)}${list}. ${verdict}`.trim());
    }, SETTLED);
    return () => clearTimeout(timer);
  }, [reading.at, reading.asked, reading.message, reading.answers]);
}

/** If what had the focus is gone, such as an answer, the title of the step gets it. */
function useFocus(reading: Reading): void {
  useLayoutEffect(() => {
    if (document.activeElement !== document.body || reading.answers.size === 0) return;
    document.querySelector<HTMLElement>("#step-title")?.focus({ preventScroll: true });
  }, [reading.asked]);
}

// Addresses: "#step=12" leads to a step.

/** The index of the step that an address names; null if it names none. */
export function readPlace(fragment = location.hash): number | null {
  const index = Number(/^#step=(\d{1,7})$/.exec(fragment)?.[1] ?? 0) - 1;
  return isStep(index) ? index : null;
}

const isStep = (index: number) => index >= 0 && index < recording.steps.length;
const fragmentOf = (index: number) => `#step=${stepNumber(index)}`;

/** Has the address name a step, without a new entry in the history. */
export function nameInAddress(index: number): void {
  if (location.hash === fragmentOf(index)) return;
  const path = location.pathname + location.search;
  history.replaceState(null, "", isStep(index) ? fragmentOf(index) : path);
}
