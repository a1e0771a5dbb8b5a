// From numbers to places on a chart. Pure.

/** Costs further apart than this share a chart only on a logarithmic axis. */
const LOG_FROM = 30;

/** `{log, from, to, at(value), ticks}` for costs: `at` gives 0 to 1. */
export function costScale(costs) {
  const least = Math.min(...costs);
  const most = Math.max(...costs);
  if (least > 0 && most / least > LOG_FROM) {
    const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    const powers = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
    const every = Math.ceil(powers.length / 6);
    const ticks = powers.filter((_, index) => index % every === 0);
    return { log: true, at: (value) => (Math.log10(value) - from) / (to - from), ticks };
  }
  const to = most > 0 ? most * 1.08 : 1;
  const ticks = most > 0 ? stepped(0, to, 4) : [0];
  return { log: false, at: (value) => value / to, ticks };
}

/** The same for scores, over all of `values`. */
export function scoreScale(values) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const room = Math.max((most - least) * 0.1, 0.02);
  const [from, to] = [least - room, most + room];
  return { at: (value) => (value - from) / (to - from), ticks: stepped(from, to, 4) };
}

/** Round numbers from `from` to `to`, about `wanted` of them. */
export function stepped(from, to, wanted) {
  const raw = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw);
  const ticks = [];
  for (let index = Math.ceil(from / step); index * step <= to + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}
