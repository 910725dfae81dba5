const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A number with thousands separators: "200,000". */
export function count(number: number): string {
  return GROUPED.format(number);
}

/** A number of things: "1 case", "200,000 cases". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A time given in milliseconds: "0.33 s", "12.4 s", "3 min 20 s". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 120 ? `${whole} s` : `${count(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** A few nanoseconds: "8.3", "108", "6,012". */
export function nanoseconds(time: number): string {
  return time < 9.95 ? time.toFixed(1) : count(time);
}

/** A share in percent: "1.5%". It is "0%" and "100%" only if that is exact. */
export function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  if (part > 0 && share < 0.1) return "< 0.1%";
  if (part < whole && share > 99.9) return "> 99.9%";
  return `${share < 10 ? share.toFixed(1) : Math.floor(share)}%`;
}
