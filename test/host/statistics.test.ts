// The largest answers that an analysis may give fit into one message.
import { expect, test } from 'vitest'
import { statistics } from '../../main/host/analyses/statistics.ts'
import type { Codes } from '../../main/host/analyses/codes.ts'
import type { Subject } from '../../main/host/analyses/subject.ts'
import { latentRows, rounded } from '../../main/host/analyses/numbers.ts'
import { bytesOfDraw, mostClustersOf } from '../../preload/contract/analysis.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'

test('statistics of 1,024 dimensions and ten classes, with the digits that codes have', async () => {
  const [Z, count] = [1024, 40]
  let state = 1
  // small ones are the longest when written out
  const small = () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5) * 1e-3
  const mean = Float32Array.from({ length: count * Z }, small)
  const logVariance = Float32Array.from({ length: count * Z }, small)
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 10)
  const codes = {
    step: 1,
    split: 'validation',
    count,
    latentSize: Z,
    mean,
    logVariance,
    labels,
    milliseconds: 0,
    derived: new Map(),
  }
  const model = { config: { binarisation: 'grey' } }
  const subject = {
    model,
    codes: () => Promise.resolve(codes as unknown as Codes),
  } as unknown as Subject
  const answer = await statistics(
    { kind: 'statistics', codes: { split: 'validation', images: count } },
    subject,
  )
  expect(answer.principal.components).toHaveLength(16)
  expect(answer.classes).toHaveLength(10)
  expect(JSON.stringify(answer).length).toBeLessThanOrEqual(512 * 1024)
  const average =
    mean.filter((_, index) => index % Z === 5).reduce((sum, value) => sum + value, 0) / count
  expect(answer.mean[5]).toBeCloseTo(average, 8)
}, 60_000)

test('as many clusters and samples as their numbers leave room for, however they are written', () => {
  expect([1, 2, 128].map(mostClustersOf)).toEqual([64, 64, 64])
  const Z = 1024
  // numbers of this size have zeros after the point and no exponent
  const longest = Float32Array.from(
    { length: mostClustersOf(Z) * Z },
    (_, index) => -1.234567891e-6 * (1 + index / 1e6),
  )
  const centres = rounded(longest, 5)
  expect(mostClustersOf(Z)).toBeGreaterThan(20)
  expect(JSON.stringify(centres).length).toBeLessThanOrEqual(maxAnswerBytes)
  const samples = latentRows(longest, Z)
  expect(samples).toHaveLength(mostClustersOf(Z))
  expect(JSON.stringify(samples).length).toBeLessThanOrEqual(
    samples.length * bytesOfDraw(0, Z) + samples.length + 2,
  )
  expect(samples[1]![0]).toBeCloseTo(longest[Z]!, 14)
})
