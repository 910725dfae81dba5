import { useState } from "preact/hooks";
import { counted } from "../../../../lib/page/figures.ts";
import { type Action, type Reading, scoreOf, seenAt } from "../../reading.ts";
import { recording } from "./book.ts";
import { linkTo } from "./place.ts";

interface Props {
  readonly reading: Reading;
  readonly place: string;
  readonly act: (action: Action) => void;
  readonly announce: (sentence: string) => void;
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

/** The buttons: at a thumb's reach on a phone. */
export function Bar({ reading, place, act, announce, showKeys }: Props) {
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
    <div class="bar">
      <fieldset class="moves">
        <legend class="unseen">Go to</legend>
        {MOVES.slice(0, 3).map(button)}
        <span id="place">{place}</span>
        {MOVES.slice(3).map(button)}
      </fieldset>
      <p id="message">{reading.message}</p>
      <div class="more">
        {recording.questions.length > 0 && <Asking reading={reading} act={act} />}
        <CopyLink reading={reading} announce={announce} />
        <button type="button" id="show-keys" aria-haspopup="dialog" onClick={showKeys}>
          Keys <kbd>?</kbd>
        </button>
      </div>
    </div>
  );
}

function Asking({ reading, act }: Pick<Props, "reading" | "act">) {
  const { questions, right, answered } = scoreOf(reading);
  return (
    <label>
      <input
        id="ask"
        type="checkbox"
        checked={reading.asks}
        onChange={({ currentTarget }) => act({ kind: "ask", asks: currentTarget.checked })}
      />{" "}
      ask me{" "}
      <span id="score" class="soft">
        {answered > 0 ? `${right} of ${answered} right` : counted(questions, "question")}
      </span>
    </label>
  );
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
