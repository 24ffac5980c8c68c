// UMAP planes that were computed, the newest few, so that coming back to one costs nothing.

export interface Plan {
  /** N x 2 */
  positions: Float32Array
  step: number
}

const most = 6
const kept = new Map<string, Plan>()
const keyOf = (run: string, step: number) => `${run} ${step}`

export function keptPlan(run: string, step: number): Plan | null {
  return kept.get(keyOf(run, step)) ?? null
}

export function keepPlan(run: string, plan: Plan): void {
  kept.set(keyOf(run, plan.step), plan)
  for (const oldest of kept.keys()) {
    if (kept.size <= most) break
    kept.delete(oldest)
  }
}
