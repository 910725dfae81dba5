import type { MeaningRow } from "../../annotate.ts";
import { isOld } from "../../moment.ts";
import { annotator, moments } from "./book.ts";
import { Fold } from "./fold.tsx";
import { LaneName, Prose } from "./text.tsx";
import { Marked, Told } from "./told.tsx";
import { Age, type ValueProps, ValueRow } from "./value.tsx";

interface Props extends ValueProps {
  /** The registers that the stage shows. */
  readonly staged: ReadonlySet<string>;
}

/** The registers of the thread; open where one has changed that the stage does not show. */
export function RegistersFold({ staged, ...props }: Props) {
  const { known, index, subject, registers: rows } = props.moment;
  const { registers } = known;
  if (registers === null) return null;
  const { first, rest, segments } = annotator.groups(props.moment);
  const changed = rows.filter((row) => row.changed);
  const wanted = changed.some(({ name }) => !staged.has(name));
  const count = changed.length === 0 ? "none changed" : `${changed.length} changed`;
  const table = { ...props, old: isOld(known, registers, index) };
  const title = (
    <>
      Registers of <LaneName id={subject} />{" "}
      <small>
        {registers.step === index ? count : <Age moment={props.moment} value={registers} />}
      </small>
    </>
  );
  return (
    <Fold kind="values" title={title} wanted={wanted}>
      <Table {...table} label="Those that matter most" rows={first} />
      <Table {...table} label="Other registers" rows={[...rest, ...segments]} calm />
    </Fold>
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
  if (rows.length === 0) return null;
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
