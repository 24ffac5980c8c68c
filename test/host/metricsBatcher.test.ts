// Metrics of several chunks in one message: nothing lost, nothing twice, and never later than the
// news that follows them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MetricsBatcher } from '../../main/host/metricsBatcher.ts'
import type { FromHost } from '../../main/host/protocol.ts'

type Message = Extract<FromHost, { kind: 'metrics' }>

const batchSize = 16

function batcher() {
  const sent: Message[] = []
  const clock = { now: 1000 }
  return {
    sent,
    clock,
    box: new MetricsBatcher(
      batchSize,
      (message) => sent.push(message),
      () => clock.now,
    ),
  }
}

/** count x [step, step + 0.25, step + 0.5] */
const rowsOf = (firstStep: number, count: number) =>
  Float32Array.from({ length: 3 * count }, (_, i) => firstStep + Math.floor(i / 3) + (i % 3) * 0.25)

it('any chunks at any times come out as the steps that went in, in order, with the time that they took', () => {
  const chunk = fc.record({
    count: fc.integer({ min: 0, max: 40 }),
    took: fc.integer({ min: 1, max: 400 }),
    news: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 30 }), (chunks) => {
      const { sent, clock, box } = batcher()
      let step = 0
      for (const { count, took, news } of chunks) {
        clock.now += took
        box.add(step + 1, rowsOf(step + 1, count), took)
        step += count
        if (!news) continue
        box.flush()
        expect(sent.reduce((sum, message) => sum + message.count, 0)).toBe(step)
      }
      box.flush()
      let next = 1
      for (const { firstStep, count, columns } of sent) {
        expect(firstStep).toBe(next)
        expect([...columns.reconstruction]).toEqual(
          Array.from({ length: count }, (_, i) => firstStep + i),
        )
        expect([...columns.kl]).toEqual(
          Array.from({ length: count }, (_, i) => firstStep + i + 0.25),
        )
        expect([...columns.objective]).toEqual(
          Array.from({ length: count }, (_, i) => firstStep + i + 0.5),
        )
        next += count
      }
      expect(next).toBe(step + 1)
      const trained = chunks
        .filter(({ count }) => count > 0)
        .reduce((sum, { took }) => sum + took, 0)
      expect(sent.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(trained / 1000, 9)
    }),
  )
})

it('the first steps go at once, quick chunks wait for each other, a slow one does not', () => {
  const { sent, clock, box } = batcher()
  const add = (firstStep: number, count: number, took: number) => {
    clock.now += took
    box.add(firstStep, rowsOf(firstStep, count), took)
  }
  add(1, 1, 50)
  expect(sent.map(({ count }) => count)).toEqual([1])
  for (let chunk = 0; chunk < 10; chunk++) add(2 + 10 * chunk, 10, 50)
  expect(sent.map(({ count }) => count)).toEqual([1, 50, 50])
  expect(sent[1]!.imagesPerSecond).toBeCloseTo((50 * batchSize) / 0.25, 6)
  add(102, 1, 900)
  expect(sent.at(-1)).toMatchObject({ firstStep: 102, count: 1, seconds: 0.9 })
})
