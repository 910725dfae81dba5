import { useState } from "preact/hooks";
import { counted } from "../../../../../lib/page/figures.ts";
import { type Action, type Reading, scoreOf, seenAt } from "../../../reading.ts";
import { recording } from "./book.ts";
import { embedded, linkTo } from "./place.ts";
import { exportProgress } from "./progress.ts";

interface Props {
  readonly reading: Reading;
  readonly place: string;
  readonly act: (action: Action) => void;
  readonly announce: (sentence: string) => void;
  readonly zoomBy: (factor: number) => void;
  readonly showKeys: () => void;
}

const MOVES: readonly (readonly [sign: string, name: string, key: string, action: Action])[] = [
  ["⇤", "Introduction", "Home", { kind: "begin" }],
  ["«", "Previous event: no instruction", "[", { kind: "event", by: -1 }],
  ["‹", "Previous step", "←", { kind: "step", by: -1 }],
  ["›", "Next step", "→", { kind: "step", by: 1 }],
  ["»", "Next event: no instruction", "]", { kind: "event", by: 1 }],
  ["⇥", "The end, or the next question", "End", { kind: "end" }],
];

export function Toolbar({ reading, place, act, announce, zoomBy, showKeys }: Props) {
  const button = ([sign, name, key, action]: (typeof MOVES)[number]) => (
    <button
      key={key}
      type="button"
      data-key={key}
      title={`${name} (${key})`}
      aria-label={name}
      onClick={() => act(action)}
    >
      {sign}
    </button>
  );
  return (
    <div class="toolbar">
      <fieldset class="moves">
        <legend class="unseen">Go to</legend>
        {MOVES.slice(0, 3).map(button)}
        <span id="place">{place}</span>
        {MOVES.slice(3).map(button)}
      </fieldset>
      <fieldset class="zoom">
        <legend class="unseen">Zoom</legend>
        <button
          type="button"
          aria-label="Zoom out"
          title="Zoom out (-)"
          onClick={() => zoomBy(0.5)}
        >
          −
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoomBy(2)}>
          +
        </button>
      </fieldset>
      <p id="message">{reading.message}</p>
      <div class="more">
        {recording.questions.length > 0 && <Questions reading={reading} act={act} />}
        <CopyLink reading={reading} announce={announce} />
        {embedded ? (
          <a href={linkTo(seenAt(reading))} target="_top">
            Whole lesson
          </a>
        ) : (
          <button type="button" id="show-keys" aria-haspopup="dialog" onClick={showKeys}>
            Keys <kbd>?</kbd>
          </button>
        )}
      </div>
    </div>
  );
}

function Questions({ reading, act }: Pick<Props, "reading" | "act">) {
  const { questions, right, answered } = scoreOf(reading);
  const save = () => {
    const progress = new Blob([exportProgress(reading)], { type: "application/json" });
    saveFile(progress, "stublab-progress.json");
  };
  return (
    <>
      <label>
        <input
          id="ask"
          type="checkbox"
          checked={reading.asks}
          onChange={({ currentTarget }) => act({ kind: "ask", asks: currentTarget.checked })}
        />{" "}
        ask me<span class="many"> {counted(questions, "question")}</span>
      </label>
      {answered > 0 && (
        <button type="button" id="export" title="Save your answers to a file" onClick={save}>
          {right} of {answered} right
        </button>
      )}
    </>
  );
}

function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function CopyLink({ reading, announce }: Pick<Props, "reading" | "announce">) {
  const [label, setLabel] = useState("Copy link");
  const copy = async () => {
    const link = linkTo(seenAt(reading));
    try {
      await navigator.clipboard.writeText(link);
      setLabel("Copied");
      announce("Copied a link to this step");
    } catch {
      // A page that came over plain HTTP has no clipboard.
      setLabel("See the address");
      announce("Scripts may not copy here: the address of this page is the link");
    }
    setTimeout(() => setLabel("Copy link"), 2000);
  };
  return (
    <button type="button" id="copy-link" onClick={copy}>
      {label}
    </button>
  );
}
