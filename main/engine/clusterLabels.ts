// What clusters found without labels have to do with labels (Manning et al. 2008, section 16.3).

export interface ClusterLabel {
  /**
   * The most frequent label of the cluster's points, the lower of equal ones; null for a cluster
   * without points.
   */
  label: number | null
  /** Share of its points that bear it. */
  purity: number | null
  /** Points of the cluster. */
  points: number
}

/** assignments: cluster of each point, 0 .. k-1. labels: null when there are none. */
export function clusterLabels(
  assignments: ArrayLike<number>,
  labels: ArrayLike<number> | null,
  k: number,
): ClusterLabel[] {
  const points = new Int32Array(k)
  const counts = Array.from({ length: k }, () => new Map<number, number>())
  for (let i = 0; i < assignments.length; i++) {
    const cluster = assignments[i]!
    points[cluster]!++
    if (labels) counts[cluster]!.set(labels[i]!, (counts[cluster]!.get(labels[i]!) ?? 0) + 1)
  }
  return counts.map((ofCluster, cluster) => {
    const [first] = [...ofCluster].sort(([labelA, a], [labelB, b]) => b - a || labelA - labelB)
    return {
      label: first?.[0] ?? null,
      purity: first ? first[1] / points[cluster]! : null,
      points: points[cluster]!,
    }
  })
}
