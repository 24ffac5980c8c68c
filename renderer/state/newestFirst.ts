// The order of lists that the service keeps, newest first.

/**
 * By the order in which they were made; a clock that was ahead has no say. Where that is not told,
 * by their times, and of two that began at once the order is the same each time.
 */
export function newestFirst<Item extends { createdAt: number; id: string; order?: number }>(
  items: Iterable<Item>,
): Item[] {
  return [...items].sort(
    (a, b) =>
      (b.order ?? 0) - (a.order ?? 0) || b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1),
  )
}
