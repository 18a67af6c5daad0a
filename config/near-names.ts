/** Of `known`, the names that are nearest to a name that is none of them, the nearest first; none that is far off. */
export function nearNames(name: string, known: Iterable<string>, most = 3): readonly string[] {
  const furthest = Math.max(3, name.length / 3);
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '');
  return [...known]
    .map((each) => ({ each, distance: distance(plain(name), plain(each)) }))
    .filter((found) => found.distance <= furthest)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ each }) => each);
}

/** Letters to insert, leave out or change until one is the other (V. I. Levenshtein, 1966). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, against] of [...other].entries()) {
      const [left = 0, above = 0, diagonal = 0] = [next[j], row[j + 1], row[j]];
      next.push(Math.min(left + 1, above + 1, diagonal + (letter === against ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
