/** The first of each list, then the second of each and so on, at most `most`; those of one list stay together and in order. */
export function inTurn<T>(lists: readonly (readonly T[])[], most: number): readonly T[] {
  const taken = lists.map(() => 0);
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  let left = most;
  for (let round = 0; round < longest; round++) {
    lists.forEach((list, index) => {
      if (left > 0 && round < list.length) {
        taken[index] = round + 1;
        left -= 1;
      }
    });
  }
  return lists.flatMap((list, index) => list.slice(0, taken[index]));
}
