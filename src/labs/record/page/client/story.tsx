import { counted } from "../../../../lib/page/figures.ts";
import { stepsOf } from "../../event.ts";
import { deedOf, scoreOf } from "../../reading.ts";
import { type Block, KINDS, STAGED, stepNumber, tell } from "../../tell.ts";
import { annotator, contents, events, moments, next, recording, tasks, type Walk } from "./book.ts";
import { Question, Verdicts } from "./question.tsx";
import { Explained, LaneName, Prose, Told } from "./text.tsx";

interface Props extends Walk {
  /** The index of the step that is shown. */
  readonly index: number;
}

/** What happens, and why, or the question that comes first. */
export function Story(props: Props) {
  const { reading, index, act } = props;
  return (
    <article id="step" aria-labelledby="step-title">
      {reading.asked !== null ? (
        <Question reading={reading} question={reading.asked} act={act} />
      ) : index < 0 ? (
        <Beginning act={act} />
      ) : index >= recording.steps.length ? (
        <Ending reading={reading} />
      ) : (
        [
          ...tell(moments, annotator, index).map((block, i) => {
            const key = block.kind === "title" ? "title" : `${index} ${i}`;
            return <Part key={key} block={block} {...props} />;
          }),
          <Leading key={`${index} leading`} index={index} />,
        ]
      )}
    </article>
  );
}

/** Registers and /proc have places of their own. */
function Part({ block, ...props }: Props & { readonly block: Block }) {
  switch (block.kind) {
    case "title":
      return <Title block={block} {...props} />;
    case "prose":
      return <Explained tag="p" text={block.text} />;
    case "detail":
      return (
        <details class="detail">
          <summary>What a kernel engineer would say</summary>
          <Explained text={block.text} />
        </details>
      );
    case "call":
      return <Prose tag="p" class="soft" text={`in the registers: \`${block.text}\``} />;
    case "observer":
      return <Prose tag="p" class="soft" text={`The observer: ${block.text}`} />;
    case "memory":
      return (
        <details class="detail memory">
          <summary>{`Memory, ${counted(block.mappings.length, "mapping")}`}</summary>
          {block.mappings.map((mapping) => (
            <div key={mapping} class="mono">
              <Told text={mapping} />
            </div>
          ))}
        </details>
      );
    case "link":
      return block.step > props.index ? null : <Link block={block} />;
    default:
      return null;
  }
}

/** To a step, which is named by its title. */
export function StepLink({ index }: Pick<Props, "index">) {
  return (
    <a href={`#step=${stepNumber(index)}`} title={recording.steps[index]?.title}>
      step {stepNumber(index)}
    </a>
  );
}

/** The steps that led to an event. */
function Leading({ index }: Pick<Props, "index">) {
  const leading = stepsOf(events, index);
  if (leading.length === 0) return null;
  return (
    <details class="detail">
      <summary>{`${counted(leading.length, "step")} led here`}</summary>
      {leading.map((step) => (
        <div key={step} class="mono">
          <StepLink index={step} /> <Prose text={recording.steps[step]?.title ?? ""} />
        </div>
      ))}
    </details>
  );
}

type Of<K extends Block["kind"]> = Extract<Block, { readonly kind: K }>;

function Title({ block, ...props }: Props & { readonly block: Of<"title"> }) {
  const { lane, about, step, staged, text } = block;
  return (
    <>
      <p class="soft">
        <LaneName id={lane} />
        {about !== lane && [" → ", <LaneName key={about} id={about} />]} · {KINDS[step]}
        {staged && <strong> · {STAGED}</strong>}
      </p>
      <Prose tag="h2" id="step-title" class="mono" tabIndex={-1} text={text} />
      <Verdicts {...props} />
    </>
  );
}

/** To the other end of an arrow, as far as that is known by now. */
function Link({ block }: { readonly block: Of<"link"> }) {
  const { arrow, label, way, step, lane } = block;
  return (
    <p class="soft">
      <Prose text={label === arrow ? arrow : `${arrow}: ${label}`} />
      {` ${way} `}
      <StepLink index={step} /> (<LaneName id={lane} />)
    </p>
  );
}

function Beginning({ act }: Pick<Walk, "act">) {
  const { questions, introduction, title } = recording;
  const [crux = title, ...more] = introduction;
  const deed = deedOf(recording)?.deed;
  const asks = questions.length === 0 ? "" : `, ${counted(questions.length, "question")}`;
  return (
    <>
      <p class="soft">{`${counted(events.length, "event")} of real processes${asks}`}</p>
      <Explained tag="h2" id="step-title" tabIndex={-1} text={crux} />
      <p class="begins">
        <button type="button" class="begin" onClick={() => act({ kind: "event", by: 1 })}>
          Begin <kbd>→</kbd>
        </button>
        {deed !== undefined && (
          <button type="button" onClick={() => act({ kind: "deed" })}>
            {deed} <kbd>x</kbd>
          </button>
        )}
      </p>
      {more.map((text) => (
        <Explained tag="p" key={text} text={text} />
      ))}
    </>
  );
}

/** Who is in it. */
export function Cast() {
  return (
    <dl class="facts">
      {recording.lanes.map(({ id, role }) => [
        <dt key={id}>
          <LaneName id={id} />
        </dt>,
        <Prose tag="dd" key={`${id} role`} text={role} />,
      ])}
    </dl>
  );
}

function Ending({ reading }: Pick<Walk, "reading">) {
  const { questions, answered, right } = scoreOf(reading);
  return (
    <>
      <h2 id="step-title" tabIndex={-1}>
        The end
      </h2>
      {answered > 0 && (
        <p>{`You answered ${answered} of ${questions} questions, ${right} right.`}</p>
      )}
      <p>
        <a href="#end">What was checked</a> on the real processes.
      </p>
      {tasks.length > 0 && <p>Now do it yourself; the kernel judges it:</p>}
      {tasks.map(({ name, title }) => (
        <p key={name}>
          {title}: <code>npx stublab lesson task {name}</code>
        </p>
      ))}
      {next !== null && (
        <p>
          <a class="begin" href={next.file}>
            Next: {next.title}
          </a>
        </p>
      )}
      {contents !== null && <a href={contents.file}>{contents.title}</a>}
    </>
  );
}
