// The order of lists that the service keeps, newest first.

/** Of two that began at once, an imported run and what it was, the order is the same each time. */
export function newestFirst<Item extends { createdAt: number; id: string }>(items: Iterable<Item>): Item[] {
  return [...items].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
}
