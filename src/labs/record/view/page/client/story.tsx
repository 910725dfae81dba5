import { count, counted } from "../../../../../lib/page/figures.ts";
import { type Action, type Reading, scoreOf } from "../../../reading.ts";
import type { Step } from "../../../recording.ts";
import { callInWords, KINDS, STAGED, stepNumber } from "../../../tell.ts";
import { facts, index, moments, next, recording, tasks } from "./book.ts";
import { ProcessView } from "./kernel.tsx";
import { Question, Verdicts } from "./question.tsx";
import { LaneName, Prose } from "./text.tsx";
import { Told } from "./told.tsx";
import type { ValueProps } from "./value.tsx";

interface Props extends ValueProps {
  readonly reading: Reading;
  readonly act: (action: Action) => void;
}

/** What happens, and why, or the question that comes first; below that, what /proc says. */
export function StoryColumn({ reading, act, ...values }: Props) {
  const { moment } = values;
  return (
    <div class="column story">
      <article id="step" aria-labelledby="step-title">
        {reading.asked !== null ? (
          <Question reading={reading} question={reading.asked} act={act} />
        ) : moment.step !== null ? (
          <ToldStep reading={reading} step={moment.step} index={moment.index} act={act} />
        ) : moment.index < 0 ? (
          <Beginning act={act} />
        ) : (
          <Ending reading={reading} act={act} />
        )}
      </article>
      {moment.known.registers !== null && <ProcessView {...values} />}
    </div>
  );
}

interface StepProps {
  readonly reading: Reading;
  readonly step: Step;
  readonly index: number;
  readonly act: (action: Action) => void;
}

function ToldStep({ reading, step, index, act }: StepProps) {
  const { lane, about, kind, title, why, call, observer, microseconds, staged } = step;
  const words = call === null ? null : callInWords(call);
  return (
    <>
      <p class="where">
        <span>
          <LaneName id={lane} />
          {about !== lane && (
            <>
              {" → "}
              <LaneName id={about} />
            </>
          )}
        </span>
        <span>{KINDS[kind].name}</span>
        <span>{count(microseconds)} µs</span>
        {staged && <strong>{STAGED}</strong>}
      </p>
      <h2 id="step-title" class={staged ? "mono soft" : "mono"} tabIndex={-1}>
        <Prose text={title} />
      </h2>
      <Verdicts reading={reading} index={index} act={act} />
      {why !== "" && (
        <p class="why">
          <Prose text={why} />
        </p>
      )}
      {words !== null && (
        <p class="words">
          <span class="soft">raw</span>{" "}
          <code>
            <Prose text={words} />
          </code>
        </p>
      )}
      <Arrows index={index} />
      {observer !== null && (
        <p class="observer">
          <b>The observer: </b>
          <Told text={observer} />
        </p>
      )}
    </>
  );
}

/** Links to the other ends of the arrows that begin or end at a step, as far as they are known by then. */
function Arrows({ index }: { readonly index: number }) {
  const here = moments.arrowsUpTo(index).filter(({ from, to }) => from === index || to === index);
  if (here.length === 0) return null;
  return (
    <ul class="arrows">
      {here.map(({ kind, label, from, to }) => {
        const [way, other] = to === index ? (["from", from] as const) : (["to", to] as const);
        const number = stepNumber(other);
        return (
          <li key={`${from} ${to}`}>
            {kind}
            {label !== kind && (
              <>
                {": "}
                <Told text={label} />
              </>
            )}
            {` ${way} `}
            <a href={`#step=${number}`}>step {number}</a> (
            <LaneName id={recording.steps[other]?.lane ?? ""} />)
          </li>
        );
      })}
    </ul>
  );
}

function Beginning({ act }: { readonly act: Props["act"] }) {
  const { steps, questions, lanes } = recording;
  return (
    <>
      <h2 id="step-title" tabIndex={-1}>
        {counted(steps.length, "step")}
      </h2>
      <p class="why">
        This happened to {lanes.length === 1 ? "a real process" : `${lanes.length} real processes`}.
        Nothing runs while you look: go forwards and backwards as often as you like.
        {questions.length > 0 &&
          ` On the way you are asked ${counted(questions.length, "question")} about what will happen.`}
      </p>
      <p>
        <button type="button" class="begin" onClick={() => act({ kind: "step", by: 1 })}>
          Begin <kbd>→</kbd>
        </button>
      </p>
    </>
  );
}

function Ending({ reading, act }: { readonly reading: Reading; readonly act: Props["act"] }) {
  const { questions, answered, right } = scoreOf(reading);
  return (
    <>
      <h2 id="step-title" tabIndex={-1}>
        The end
      </h2>
      {questions > 0 && (
        <p class="why">
          {answered === 0
            ? `You answered none of ${counted(questions, "question")}.`
            : `You answered ${answered} of ${counted(questions, "question")}; ${right} ${right === 1 ? "was" : "were"} right.`}
        </p>
      )}
      <p class="why">
        <a href="#end">{counted(facts, "fact")}</a> {facts === 1 ? "was" : "were"} checked on the
        real processes.
      </p>
      {tasks.length > 0 && (
        <>
          <p>Now do it yourself; the kernel judges it:</p>
          <ul class="tasks">
            {tasks.map(({ name, title }) => (
              <li key={name}>
                {title}: <code>npx stublab lesson task {name}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {next !== null && (
        <p>
          <a class="begin" href={next.file}>
            Next: <Told text={next.title} />
          </a>
        </p>
      )}
      <p class="ways">
        <button type="button" onClick={() => act({ kind: "begin" })}>
          From the beginning
        </button>
        {index !== null && <a href={index.file}>{index.title}</a>}
      </p>
    </>
  );
}
