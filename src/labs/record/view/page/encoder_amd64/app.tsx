import { useMemo, useState } from "preact/hooks";
import { counted } from "../../../../../lib/page/figures.ts";
import { ARGUMENTS } from "../../../amd64.ts";
import { Marked } from "../../../page/client/told.tsx";
import { type Bench, bitsOf, type Encoded, type FlagSet, tellWord, type Wanted } from "./bench.ts";

const FIRST: Wanted = {
  call: "clone",
  arguments: ARGUMENTS.map(() => "0"),
  flags: new Set(["CLONE_FILES", "WUNTRACED", "__WALL"]),
  signal: "SIGKILL",
  marks: true,
  parent: "1510",
};

/** What to encode, and what the encoder makes of it. */
export function EncoderApp({ bench }: { readonly bench: Bench }) {
  const [wanted, setWanted] = useState(FIRST);
  const encoded = useMemo(() => bench.encode(wanted), [bench, wanted]);
  const change = (part: Partial<Wanted>) => setWanted((now) => ({ ...now, ...part }));
  const flags = bench.flagsOf(wanted.call);
  return (
    <div class="encoder">
      <form
        id="encoder-form"
        aria-label="What to encode"
        onSubmit={(event) => event.preventDefault()}
      >
        <Call bench={bench} wanted={wanted} encoded={encoded} change={change} />
        {flags !== undefined && (
          <Flags bench={bench} set={flags} wanted={wanted} encoded={encoded} change={change} />
        )}
        <fieldset>
          <legend>Bootstrap</legend>
          <label>
            <input
              type="checkbox"
              name="marks"
              checked={wanted.marks}
              onChange={({ currentTarget }) => change({ marks: currentTarget.checked })}
            />{" "}
            mark a clone under way: 1 in RBX, and the parent in R15
          </label>
          <p>
            <label htmlFor="field-parent">the parent’s pid</label>{" "}
            <Field
              name="parent"
              value={wanted.parent}
              invalid={encoded.invalid === "parent"}
              set={(parent) => change({ parent })}
            />
          </p>
        </fieldset>
      </form>
      <Result encoded={encoded} />
    </div>
  );
}

interface PartProps {
  readonly bench: Bench;
  readonly wanted: Wanted;
  readonly encoded: Encoded;
  readonly change: (part: Partial<Wanted>) => void;
}

function Call({ bench, wanted, encoded, change }: PartProps) {
  return (
    <fieldset>
      <legend>System call</legend>
      <label>
        call{" "}
        <select
          name="call"
          value={wanted.call}
          onChange={({ currentTarget }) => change({ call: currentTarget.value })}
        >
          {bench.calls.map((call) => (
            <option key={call} value={call}>
              {call} ({String(bench.number(call))})
            </option>
          ))}
        </select>
      </label>
      <div class="arguments">
        {ARGUMENTS.map((name, i) => {
          const given = encoded.flagged?.argument === i ? encoded.flagged.word : undefined;
          return (
            <div key={name}>
              <label htmlFor={`field-${name}`}>
                {i} <code>{name}</code>
              </label>
              <Field
                name={name}
                value={given === undefined ? (wanted.arguments[i] ?? "0") : tellWord(given)}
                given={given !== undefined}
                invalid={encoded.invalid === name}
                set={(text) => change({ arguments: wanted.arguments.with(i, text) })}
              />
            </div>
          );
        })}
      </div>
      <p class="soft">Arguments are numbers in any base, or flags: PROT_READ|PROT_EXEC.</p>
    </fieldset>
  );
}

function Flags({ bench, set, wanted, encoded, change }: PartProps & { readonly set: FlagSet }) {
  const toggle = (name: string) => {
    const flags = new Set(wanted.flags);
    if (!flags.delete(name)) flags.add(name);
    change({ flags });
  };
  return (
    <fieldset>
      <legend>{set.title}</legend>
      <div class="flags">
        {set.names.map(([name]) => (
          <label key={name}>
            <input
              type="checkbox"
              name={name}
              checked={wanted.flags.has(name)}
              onChange={() => toggle(name)}
            />{" "}
            <code>{name}</code>
          </label>
        ))}
      </div>
      <p>
        {wanted.call === "clone" && (
          <label>
            exit signal{" "}
            <select
              name="signal"
              value={wanted.signal}
              onChange={({ currentTarget }) => change({ signal: currentTarget.value })}
            >
              <option value="none">none</option>
              {bench.signals.map((signal) => (
                <option key={signal} value={signal}>
                  {signal}
                </option>
              ))}
            </select>
          </label>
        )}{" "}
        <output class="mono">
          {encoded.flagged === null ? "" : `= ${tellWord(encoded.flagged.word)}`}
        </output>
      </p>
    </fieldset>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly invalid: boolean;
  /** Whether its value comes from the flags. */
  readonly given?: boolean;
  readonly set: (text: string) => void;
}

function Field({ name, value, invalid, given = false, set }: FieldProps) {
  return (
    <input
      type="text"
      id={`field-${name}`}
      name={name}
      value={value}
      readOnly={given}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      maxLength={200}
      aria-invalid={invalid ? "true" : undefined}
      aria-describedby={invalid ? "encoder-status" : undefined}
      onInput={({ currentTarget }) => set(currentTarget.value)}
    />
  );
}

function Result({ encoded: { rows, refusal } }: { readonly encoded: Encoded }) {
  const changed = rows.filter((row) => row.changed).map(({ name }) => name);
  const count = counted(changed.length, "register changes", "registers change");
  const told = changed.length === 0 ? "No register changes." : `${count}: ${changed.join(", ")}.`;
  return (
    <section id="encoder-result" aria-labelledby="encoder-status">
      <p id="encoder-status" role="status" class={refusal === null ? "" : "bad"}>
        {refusal === null ? told : `${refusal}. Nothing is encoded.`}
      </p>
      <p class="soft">Before: a stub at rest, with RIP at its SYSCALL.</p>
      <table class="registers">
        <thead>
          <tr>
            {["register", "before", "after", "bits"].map((text) => (
              <th key={text} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} class={row.changed ? "changed" : ""} data-register={row.name}>
              <th scope="row">
                {row.name}
                {row.changed && <span class="unseen"> changed</span>}
              </th>
              <td class="before">{row.before}</td>
              <td>{row.changed ? <Marked before={row.before} after={row.after} /> : row.after}</td>
              <td class="bits">{bitsOf(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
