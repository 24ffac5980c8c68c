// What clusters say: rows of the table, the address, sentences with their comparison, and the room
// of a sheet.
import { describe, expect, it } from 'vitest'
import {
  clusterRows,
  drawsOf,
  freeNumbers,
  inertiaWords,
  likelihoodWords,
  parseCluster,
  sheetColumns,
  sheetRoom,
} from '../../../renderer/components/explore/samplers/clusterRows.ts'

const cluster = (images: number, label: number | null, purity: number | null) => ({
  images,
  weight: 0.5,
  centre: [0],
  label,
  purity,
})

describe('clusters', () => {
  it('are listed by size, an empty one too', () => {
    const clusters = [cluster(1, 3, 0.5), cluster(0, null, null), cluster(3, 7, 1)]
    expect(clusterRows({ clusters, images: 4 })).toEqual([
      { cluster: 2, images: 3, share: 0.75, label: 7, purity: 1 },
      { cluster: 0, images: 1, share: 0.25, label: 3, purity: 0.5 },
      { cluster: 1, images: 0, share: 0, label: null, purity: null },
    ])
  })

  it('are counted from 1 in the address', () => {
    expect(parseCluster('mixture:3')).toEqual({ method: 'mixture', cluster: 2 })
    for (const wrong of [undefined, 'mixture', 'mixture:0', 'prior:1', 'kmeans:x', 'kmeans:1000'])
      expect(parseCluster(wrong)).toBeNull()
  })

  it('have their own draws', () => {
    const draws = { draws: [[1], [2], [3]], drawnFrom: [0, 1, 0] }
    expect(drawsOf(draws, 0)).toEqual([0, 2])
    expect(drawsOf(draws, null)).toEqual([0, 1, 2])
    expect(drawsOf({ draws: [[1]], drawnFrom: [] }, null)).toEqual([0])
  })
})

describe('sentences', () => {
  it('compare', () => {
    expect(likelihoodWords(-3.21, -2.78)).toBe(
      '−2.78 nats per code under the mixture, −3.21 under the prior: 0.43 nats more.',
    )
    expect(likelihoodWords(-2, -2.5)).toContain('0.50 nats less')
    expect(inertiaWords(1627, 5000, 2.74)).toBe(
      'Inertia 1,627, 0.33 per code: the centres explain 88 % of the variance (2.74).',
    )
    expect(inertiaWords(50, 100, null)).toBe('Inertia 50.00, 0.50 per code.')
  })

  it('count what a mixture is free to choose', () => {
    // one component in one dimension: a mean and a variance; two in two: 2 x (2 + 3) and one weight
    expect([freeNumbers(1, 1), freeNumbers(2, 2)]).toEqual([2, 11])
  })
})

describe('sheets', () => {
  it('show all pictures as large as that allows', () => {
    const room = { width: 320, height: 320 }
    expect(sheetRoom(room)).toBe(64)
    expect(sheetColumns(room, 10)).toBe(4)
    expect(sheetColumns(room, 20)).toBe(5)
    expect(sheetColumns(room, 64)).toBe(8)
    expect(sheetColumns({ width: 320, height: 30 }, 3)).toBe(8)
  })
})
