import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "preact/hooks";
import { cut } from "../../../../../lib/visible.ts";
import type { Origin } from "../../../moment.ts";
import { type Action, type Reading, read, seenAt } from "../../../reading.ts";
import { stepNumber } from "../../../tell.ts";
import { moments, recording } from "./book.ts";
import { CodeColumn, hasCode } from "./code.tsx";
import { Legend } from "./glyphs.tsx";
import { KeysDialog, useKeys } from "./keys.tsx";
import { carryRegisters } from "./motion.ts";
import { nameInAddress, readPlace } from "./place.ts";
import { beginKept, keepReading } from "./progress.ts";
import { ValuesColumn } from "./registers.tsx";
import { useSize } from "./resize.ts";
import { showStatic } from "./static.ts";
import { StoryColumn } from "./story.tsx";
import { Strip } from "./strip.tsx";
import { Toolbar } from "./toolbar.tsx";
import type { Sought } from "./value.tsx";

/** How long nothing must change before it is announced, in milliseconds: who drags passes many steps. */
const SETTLED = 350;

const MOST_ZOOM = 16;

function begin(): Reading {
  const { at, bounds, lane } = readPlace();
  const reading = beginKept(at ?? -1, bounds ?? undefined);
  return lane === null ? reading : read(reading, { kind: "keep", lane });
}

export function App() {
  const [reading, act] = useReducer<Reading, Action, null>(read, null, begin);
  const [zoom, setZoom] = useState(1);
  const keys = useRef<HTMLDialogElement>(null);
  const [sought, setSought] = useState<(Sought & { readonly at: number }) | null>(null);
  const [heard, announce] = useState("");
  const seen = seenAt(reading);
  const moment = useMemo(() => moments.at(seen), [seen]);
  const zoomBy = useCallback(
    (factor: number) => setZoom((now) => Math.max(1, Math.min(MOST_ZOOM, now * factor))),
    [],
  );
  const showKeys = useCallback(() => keys.current?.showModal(), []);
  useKeys({ reading, act, zoomBy, showKeys });
  useLinks(act);
  useSettled(reading, announce);
  useFocus(reading);
  // An answer is kept before anything else can happen, a reload among it.
  useLayoutEffect(() => keepReading(reading), [reading.answers]);
  useLayoutEffect(() => showStatic(reading), [reading]);
  useEffect(() => carryRegisters(seen), [seen]);

  const head = useRef<HTMLDivElement>(null);
  // The columns stay below the lanes and the controls, however high these are.
  useSize(head, ({ offsetHeight }) =>
    document.documentElement.style.setProperty("--head", `${offsetHeight}px`),
  );

  const seek = (wanted: Sought, origin: Origin) => {
    setSought({ ...wanted, lane: laneOf(wanted, origin), at: origin.step });
    act({ kind: "go", at: origin.step });
    announce(`${wanted.name}: ${originInWords(origin)}`);
  };
  const here = sought?.at === seen ? sought : null;
  const values = { moment, sought: here, seek };
  return (
    <div class={seen < 0 ? "app cold" : "app"}>
      <div class="head" ref={head}>
        <Toolbar
          reading={reading}
          place={placeOf(reading)}
          act={act}
          announce={announce}
          zoomBy={zoomBy}
          showKeys={showKeys}
        />
        <Strip reading={reading} zoom={zoom} sentence={sentenceOf(reading)} act={act} />
      </div>
      <div class={hasCode ? "columns" : "columns uncoded"}>
        {hasCode && <CodeColumn moment={moment} />}
        <StoryColumn reading={reading} act={act} {...values} />
        <ValuesColumn {...values} />
      </div>
      <Legend />
      <p class="unseen" role="status" id="announcer">
        {heard || null}
      </p>
      <KeysDialog dialog={keys} />
    </div>
  );
}

/** The lane in which a value was set: that of the parent if a clone has copied it. */
function laneOf({ lane }: Sought, { clone, step }: Origin): string {
  return clone === null ? lane : (recording.steps[step]?.about ?? lane);
}

function originInWords({ step, set, clone }: Origin): string {
  const by = `${set ? "set by" : "first reported at"} step ${stepNumber(step)}`;
  return clone === null ? by : `${by}, and copied by the clone at step ${stepNumber(clone.to)}`;
}

function placeOf(reading: Reading): string {
  const { length } = recording.steps;
  const { at, asked } = reading;
  if (at < 0) return `– / ${length}`;
  if (at >= length) return `end / ${length}`;
  return `${asked === null ? "" : "→ "}${stepNumber(at)} / ${length}`;
}

/** The step in a sentence, for those who hear it; it does not answer a question that is open. */
function sentenceOf({ at, asked }: Reading): string {
  const { steps, questions } = recording;
  const step = steps[at];
  if (step === undefined) return at < 0 ? "The introduction" : "The end";
  const number = `Step ${stepNumber(at)} of ${steps.length}`;
  const question = asked === null ? undefined : questions[asked];
  if (question !== undefined) return `${number}, a question: ${cut(question.text, 300).text}`;
  return `${number}, ${cut(step.lane, 60).text}: ${cut(step.title, 300).text}`;
}

/** Serves the links to steps, wherever they are, and addresses that are typed. */
function useLinks(act: (action: Action) => void): void {
  useLayoutEffect(() => {
    const click = (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const link =
        event.target instanceof Element ? event.target.closest("a[href^='#step=']") : null;
      const { at } = readPlace(link?.getAttribute("href") ?? "");
      if (at === null) return;
      event.preventDefault();
      act({ kind: "go", at });
      document.querySelector("#app")?.scrollIntoView();
      document.querySelector<HTMLElement>("#step-title")?.focus({ preventScroll: true });
    };
    const change = ({ newURL }: HashChangeEvent) => {
      // By now the address may name the step that the reader has left.
      const { at } = readPlace(new URL(newURL).hash);
      if (at !== null) act({ kind: "go", at });
    };
    document.addEventListener("click", click);
    addEventListener("hashchange", change);
    return () => {
      document.removeEventListener("click", click);
      removeEventListener("hashchange", change);
    };
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
      const rows = reading.asked === null ? moments.changedAt(reading.at) : [];
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
