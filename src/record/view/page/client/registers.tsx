import type { MeaningRow } from "../../../annotate.ts";
import { isOld } from "../../../moment.ts";
import { annotator, moments } from "./book.ts";
import { KernelView, Memory } from "./kernel.tsx";
import { Age, LaneName, Prose } from "./text.tsx";
import { Marked, Told } from "./told.tsx";
import { Value, type ValueProps } from "./value.tsx";

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

function Register({ row, moment, sought, seek }: ValueProps & { readonly row: MeaningRow }) {
  const { name, before, after, changed, meaning } = row;
  const lane = moment.subject;
  const origin = moments.registerOrigin(lane, name, moment.index);
  const isSought = sought?.lane === lane && sought.name === name;
  const classes = [
    changed && "changed",
    isSought && "sought",
    (meaning !== null || after.length > SHORT) && "wide",
  ];
  return (
    <tr class={classes.filter(Boolean).join(" ")} data-register={name}>
      <th scope="row">
        <Told text={name} />
        {changed && <span class="unseen"> changed</span>}
      </th>
      <td>
        {changed && (
          <>
            <span class="before">
              <Told text={before} />
            </span>
            <span class="to"> → </span>
          </>
        )}
        <Value
          label={`${name}: who wrote this value?`}
          disabled={origin === undefined || origin.step === moment.index}
          onClick={() => origin && seek({ lane, name }, origin)}
        >
          {changed ? <Marked before={before} after={after} /> : <Told text={after} />}
        </Value>
        {meaning !== null && (
          <span class="meaning">
            {"= "}
            <Prose text={meaning} />
          </span>
        )}
      </td>
    </tr>
  );
}
