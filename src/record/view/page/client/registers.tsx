import type { MeaningRow } from "../../../annotate.ts";
import { isOld } from "../../../moment.ts";
import { annotator, moments } from "./book.ts";
import { KernelView, Memory } from "./kernel.tsx";
import { Age, LaneName, Prose } from "./text.tsx";
import { Marked, Told } from "./told.tsx";
import { type ValueProps, ValueRow } from "./value.tsx";

/** The registers of the thread, what /proc says of it, and its memory. */
export function ValuesColumn(props: ValueProps) {
  const { moment } = props;
  const { first, rest, segments } = annotator.groups(moment);
  const changed = first.filter((row) => row.changed).length;
  const { known, index } = moment;
  const { registers } = known;
  const count = changed === 0 ? "none changed" : `${changed} changed`;
  const old = registers !== null && isOld(known, registers, index);
  const table = { ...props, old };
  return (
    <section class="column values" aria-label="Registers, /proc and memory">
      {registers !== null && (
        <h2 class="caption">
          Registers of <LaneName id={moment.subject} />{" "}
          {registers.step === index && <small>{count}</small>}
          <Age known={known} value={registers} index={index} />
        </h2>
      )}
      {first.length > 0 && <Table {...table} label="Changed, and used" rows={first} />}
      {rest.length > 0 && <Table {...table} label="Other registers" rows={rest} calm />}
      {segments.length > 0 && (
        <details class="segments">
          <summary>Segments</summary>
          <Table {...table} label="Segments" rows={segments} calm />
        </details>
      )}
      <KernelView {...props} />
      <Memory moment={moment} />
    </section>
  );
}

interface TableProps extends ValueProps {
  readonly label: string;
  readonly rows: readonly MeaningRow[];
  /** Whether nothing in it has changed: then it takes less room. */
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

/** The longest word that finds room beside another. */
const SHORT = 14;

function Register({ row, ...props }: ValueProps & { readonly row: MeaningRow }) {
  const { name, before, after, changed, meaning } = row;
  const { subject, index } = props.moment;
  return (
    <ValueRow
      {...props}
      lane={subject}
      name={name}
      origin={moments.registerOrigin(subject, name, index)}
      changed={changed}
      before={before}
      wide={meaning !== null || after.length > SHORT}
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
