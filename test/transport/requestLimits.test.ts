// What waits for room and what begins: one connection cannot take all of it, none is forgotten,
// nothing piles up.
import { describe, expect, it } from 'vitest'
import { Intake, type Entry } from '../../main/transport/intake.ts'
import { most, mostTogether, Room } from '../../main/transport/requestLimits.ts'
import type { StudioError } from '../../preload/contract/errors.ts'

const later = () => new Promise((resolve) => setImmediate(resolve))

/** A connection whose answers are finished by hand. */
function connection(room: Room, { pausing = true, answer = 100 } = {}) {
  const begun: string[] = []
  const refused: StudioError[] = []
  const finish = new Map<string, () => void>()
  let reading = true
  let asked = 0
  const intake = new Intake<Entry>({
    room,
    answer: (entry, leaving) =>
      new Promise((left) => {
        begun.push(entry.id)
        leaving(answer)
        finish.set(entry.id, left)
      }),
    refuse: (_entry, error) => refused.push(error),
    ...(pausing ? { pause: () => (reading = false), resume: () => (reading = true) } : {}),
  })
  const ask = (count: number, bytes = 100) => {
    for (const end = asked + count; asked < end; asked += 1)
      intake.take({ id: String(asked), path: '/a', bytes })
  }
  const finishOne = async () => {
    const [id] = [...finish.keys()]
    finish.get(id!)!()
    finish.delete(id!)
    await later()
    await later()
  }
  return { intake, begun, refused, ask, finishOne, reading: () => reading }
}

describe('one connection', () => {
  it('has so many questions under way; the next begins when an answer has left, in order', async () => {
    const room = new Room()
    room.learn('/a', 100)
    const { ask, begun, finishOne, intake } = connection(room)
    ask(most.questions + 3)
    expect(begun).toHaveLength(most.questions)
    await finishOne()
    expect(begun).toHaveLength(most.questions + 1)
    expect(begun.at(-1)).toBe(String(most.questions))
    expect(intake.held.questions).toBe(most.questions)
  })

  it('makes no answer while those before it have not left, but always one', async () => {
    const room = new Room()
    const { ask, begun, finishOne } = connection(room, { answer: most.bytes })
    ask(1)
    ask(3)
    expect(begun).toHaveLength(1)
    await finishOne()
    expect(begun).toHaveLength(2)
    await finishOne()
    expect(begun).toHaveLength(3)
  })

  it('is not read while too many wait, and is read again', async () => {
    const room = new Room()
    room.learn('/a', 100)
    const { ask, begun, finishOne, reading, refused } = connection(room)
    ask(most.questions + 255)
    expect(reading()).toBe(true)
    ask(10)
    expect(reading()).toBe(false)
    for (let at = 0; at < 250; at += 1) await finishOne()
    expect(reading()).toBe(true)
    while (begun.length < most.questions + 265) await finishOne()
    expect(refused).toEqual([])
  })

  it('that cannot be stopped has the rest refused as busy', () => {
    const room = new Room()
    room.learn('/a', 100)
    const { ask, begun, refused } = connection(room, { pausing: false })
    ask(most.questions + 4096 + 5)
    expect(begun).toHaveLength(most.questions)
    expect(refused).toHaveLength(5)
    expect(refused[0]).toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/^Expected at most 4096 .* found 4096\. Wait/),
    })
  })

  it('gives everything back when it closes', async () => {
    const room = new Room()
    const one = connection(room)
    one.ask(200)
    one.intake.close()
    while (one.intake.held.questions > 0) await one.finishOne()
    expect(one.intake.held).toEqual({ questions: 0, bytes: 0, streams: 0 })
    const other = connection(room)
    room.learn('/a', 100)
    other.ask(most.questions)
    expect(other.begun).toHaveLength(most.questions)
  })
})

describe('all connections together', () => {
  it('share the room; one with nothing under way has one question all the same', () => {
    const room = new Room()
    room.learn('/a', 100)
    const greedy = Array.from({ length: mostTogether.questions / most.questions }, () =>
      connection(room),
    )
    for (const each of greedy) each.ask(100)
    const modest = connection(room)
    modest.ask(5)
    expect(greedy.map(({ begun }) => begun.length)).toEqual(greedy.map(() => most.questions))
    expect(modest.begun).toHaveLength(1)
  })

  it('are offered room in turns', async () => {
    const room = new Room()
    room.learn('/a', 100)
    const greedy = Array.from({ length: mostTogether.questions / most.questions }, () =>
      connection(room),
    )
    for (const each of greedy) each.ask(100)
    const modest = [connection(room), connection(room)]
    for (const each of modest) each.ask(3)
    for (let at = 0; at < 40; at += 1) await greedy[at % greedy.length]!.finishOne()
    for (const each of modest) expect(each.begun.length).toBe(3)
  })
})
