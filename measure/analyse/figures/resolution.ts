/** The finest difference that an instrument can show. How much that is in a run is among the run's results. */
export const resolutions = {
  clock: 'a step of the captures’ clock',
  tick: 'a tick of the kernel’s counters in the shortest visit',
} as const;

export type Resolution = keyof typeof resolutions;

/** How much each resolution is in a run, in the unit of its figures; null = not known. */
export type Steps = Readonly<Partial<Record<Resolution, number | null>>>;

/** Of the figure with this key; null = it has none, or it is not known. Throws RangeError for a key without a figure. */
export function resolutionOf(
  figures: readonly { readonly key: string; readonly resolution?: Resolution }[],
  key: string,
  steps: Steps,
): number | null {
  const figure = figures.find((each) => each.key === key);
  if (!figure) throw new RangeError(`the catalogue of figures has no ${key}`);
  return figure.resolution === undefined ? null : (steps[figure.resolution] ?? null);
}
