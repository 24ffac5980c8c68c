// What clusters have to say, as rows of a table and as sentences: sizes, labels, and each number
// with its comparison.
import type { Clusters } from '../../../../preload/contract/analysis.ts'
import { count, decimal } from '../../../format.ts'

export type Method = Clusters['method']
export const methods: readonly Method[] = ['prior', 'mixture', 'kmeans']

export interface ClusterRow {
  /** From 0. */
  cluster: number
  images: number
  /** Of all images, 0 to 1. */
  share: number
  label: number | null
  purity: number | null
}

/** Largest first. */
export function clusterRows({
  clusters,
  images: all,
}: Pick<Clusters, 'clusters' | 'images'>): ClusterRow[] {
  return clusters
    .map(({ images, label, purity }, cluster) => ({
      cluster,
      images,
      share: images / all,
      label,
      purity,
    }))
    .sort((a, b) => b.images - a.images || a.cluster - b.cluster)
}

/** A cluster as the address writes it: `mixture:3`, counted from 1. */
export function parseCluster(text: string | undefined): { method: Method; cluster: number } | null {
  const [name = '', number = ''] = (text ?? '').split(':', 2)
  const method = methods.find((each) => each === name)
  return method && method !== 'prior' && /^[1-9]\d{0,2}$/.test(number)
    ? { method, cluster: Number(number) - 1 }
    : null
}

/** Which draws are of one cluster; all of them for null. */
export function drawsOf(
  { draws, drawnFrom }: Pick<Clusters, 'draws' | 'drawnFrom'>,
  cluster: number | null,
): number[] {
  return draws
    .map((_, index) => index)
    .filter((index) => cluster === null || drawnFrom[index] === cluster)
}

/** The mixture's log-likelihood beside the prior's. */
export function likelihoodWords(prior: number, mixture: number): string {
  const better = mixture - prior
  const verdict = better >= 0 ? `${decimal(better)} nats more` : `${decimal(-better)} nats less`
  return `${decimal(mixture)} nats per code under the mixture, ${decimal(prior)} under the prior: ${verdict}.`
}

/**
 * How many numbers a mixture with full covariances is free to choose (Bishop 2006, section 9.2).
 */
export const freeNumbers = (k: number, latentSize: number) =>
  k * (1 + latentSize + (latentSize * (latentSize + 1)) / 2) - 1

/**
 * Inertia, and the part of the codes' variance that the centres account for; totalVariance: sum
 * over dimensions.
 */
export function inertiaWords(
  inertia: number,
  images: number,
  totalVariance: number | null,
): string {
  const each = `Inertia ${inertia >= 100 ? count(inertia) : decimal(inertia)}, ${decimal(inertia / images)} per code`
  if (totalVariance === null || !(totalVariance > 0)) return `${each}.`
  const explained = 1 - inertia / images / totalVariance
  return `${each}: the centres explain ${Math.round(100 * explained)} % of the variance (${decimal(totalVariance)}).`
}

export const share = (value: number) => `${Math.round(100 * value)} %`

const [fewestColumns, mostColumns] = [4, 8]
const rowsOf = (room: Room, columns: number) =>
  Math.max(1, Math.floor(room.height / Math.floor(room.width / columns)))

/** CSS pixels for a sheet of square pictures. */
export interface Room {
  width: number
  height: number
}

/** How many pictures a sheet has room for, at their smallest. */
export const sheetRoom = (room: Room) => mostColumns * rowsOf(room, mostColumns)

/** Pictures beside each other: so few that they are large, so many that all are seen. */
export function sheetColumns(room: Room, pictures: number): number {
  for (let columns = fewestColumns; columns < mostColumns; columns++)
    if (
      columns * rowsOf(room, columns) >= pictures &&
      Math.floor(room.width / columns) <= room.height
    )
      return columns
  return mostColumns
}
