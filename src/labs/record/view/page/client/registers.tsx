import type { MeaningRow } from "../../../annotate.ts";
import { isOld } from "../../../moment.ts";
import { annotator, moments } from "./book.ts";
import { ProcessView } from "./kernel.tsx";
import { Age, LaneName, Prose } from "./text.tsx";
import { Marked, Told } from "./told.tsx";
import { type ValueProps, ValueRow } from "./value.tsx";

/** The registers of the thread; if they are not known, what /proc says takes their place. */
export function ValuesColumn(props: ValueProps) {
  const { known, index, subject, registers: rows } = props.moment;
  const { registers } = known;
  if (registers === null) {
    return (
      <div class="column values">
        <ProcessView {...props} />
      </div>
    );
  }
  const { first, rest, segments } = annotator.groups(props.moment);
  const changed = rows.filter((row) => row.changed).length;
  const count = changed === 0 ? "none changed" : `${changed} changed`;
  const table = { ...props, old: isOld(known, registers, index) };
  return (
    <section class="column values" aria-label="Registers">
      <h2 class="caption">
        Registers of <LaneName id={subject} /> {registers.step === index && <small>{count}</small>}
        <Age known={known} value={registers} index={index} />
      </h2>
      <Table {...table} label="Those that matter most" rows={first} />
      {rest.length > 0 && <Table {...table} label="Other registers" rows={rest} calm />}
      {segments.length > 0 && (
        <details class="segments" open={segments.some((row) => row.changed)}>
          <summary>Segments</summary>
          <Table {...table} label="Segments" rows={segments} calm />
        </details>
      )}
    </section>
  );
}

interface TableProps extends ValueProps {
  readonly label: string;
  readonly rows: readonly MeaningRow[];
  /** Whether two of them share a line. */
  readonly calm?: boolean;
  /** Whether the thread may have changed them since. */
  readonly old: boolean;
}

function Table({ label, rows, calm = false, old, ...props }: TableProps) {
  const classes = ["registers", calm && "calm", old && "old"].filter(Boolean);
  return (
    <table class={classes.join(" ")} aria-label={label}>
      <tbody>
        {rows.map((row) => (
          <Register key={row.name} row={row} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function Register({ row, ...props }: ValueProps & { readonly row: MeaningRow }) {
  const { name, before, after, changed, meaning, used } = row;
  const { subject, index } = props.moment;
  return (
    <ValueRow
      {...props}
      lane={subject}
      name={name}
      origin={moments.registerOrigin(subject, name, index)}
      changed={changed}
      before={before}
      used={used}
      meaning={
        meaning !== null && (
          <span class="meaning">
            {"= "}
            <Prose text={meaning} />
          </span>
        )
      }
    >
      {changed ? <Marked before={before} after={after} /> : <Told text={after} />}
    </ValueRow>
  );
}
