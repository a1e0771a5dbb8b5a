// Durations as counts in fixed logarithmic buckets, so that percentiles add up and ask no order.

const STEPS = [1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2];
const DECADES = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0];

/** Upper bounds in seconds: one multiplication of two literals each, which is the same number in every language. */
export const BOUNDS_S = DECADES.flatMap((decade) => STEPS.map((step) => step * decade));

/** The index of the first bound that is not below the duration; what is longer than all counts in the last. */
export function bucket(durationS) {
  let low = 0;
  let high = BOUNDS_S.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (BOUNDS_S[middle] < durationS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bound below which `share` of the durations lie, in seconds; null when there are none. */
export function percentile(counts, share) {
  let total = 0;
  for (const count of counts.values()) total += count;
  if (total === 0) return null;
  let reached = 0;
  for (const index of [...counts.keys()].sort((a, b) => a - b)) {
    reached += counts.get(index);
    if (reached >= total * share) return BOUNDS_S[index];
  }
  return null;
}
