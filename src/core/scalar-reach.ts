/** Keepers: what makes every node of a graph one that can be come to. The definition of wasm/graph-reach.ts, which tells why. */

export interface KeptNode<N> {
  /** Neighbors per level, 0 first. */
  links: N[][];
  /** Linked before it; both name each other on level 0, whatever is pruned. Null: the first. */
  keeper: N | null;
}

/**
 * Who is to keep a new node: the first of `candidates`, best first, that keeps fewer than `most`, else one below the first of them; null where
 * there are none. `turn`: which way down is taken, 0…
 */
export function findKeeper<N extends KeptNode<N>>(
  candidates: readonly N[],
  { most, turn }: { most: number; turn: number },
): N | null {
  const first = candidates[0];
  if (first === undefined) return null;
  for (const node of candidates) if (keptBy(node).length < most) return node;
  let at = first;
  for (let kept = keptBy(at), left = turn; kept.length >= most; kept = keptBy(at)) {
    at = kept[left % kept.length]!;
    left = Math.floor(left / most);
  }
  return at;
}

function keptBy<N extends KeptNode<N>>(node: N): N[] {
  return node.links[0]!.filter(({ keeper }) => keeper === node);
}

/**
 * Nodes that ways on level 0 lead to from `entry`; each but this one is kept by another, and names it, if need be instead of the last
 * of its `room` neighbors. Where two name each other already nothing is changed.
 */
export function reachedFrom<N extends KeptNode<N>>(entry: N, room: number): Set<N> {
  const reached = new Set<N>();
  walk(entry, reached);
  // What comes to the set meanwhile is looked at too.
  for (const node of reached) {
    for (const to of node.links[0]!) {
      if (reached.has(to)) continue;
      to.keeper = node;
      const list = to.links[0]!;
      if (!list.includes(node)) list.splice(Math.min(list.length, room - 1), 1, node);
      walk(to, reached);
    }
  }
  entry.keeper = null;
  return reached;
}

/** Into the depth, so that few keep many, along links that lead both ways. */
function walk<N extends KeptNode<N>>(first: N, reached: Set<N>): void {
  reached.add(first);
  const way = [{ node: first, next: 0 }];
  for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
    const { node } = top;
    const to = node.links[0]![top.next++];
    if (to === undefined) way.pop();
    else if (!reached.has(to) && to.links[0]!.includes(node)) {
      reached.add(to);
      to.keeper = node;
      way.push({ node: to, next: 0 });
    }
  }
}
