// Requests that end or hold work are answered while the room of their connection is full of slow
// ones.
import { os } from '@orpc/server'
import { describe, expect, it } from 'vitest'
import { contract } from '../../preload/contract/index.ts'
import { createHandler, serve, type Carrier, type Message } from '../../main/transport/carrier.ts'
import { controlBounds, controlPaths, most } from '../../main/transport/requestLimits.ts'

/** A connection to a server whose procedures answer when they are told to. */
function connected() {
  const answers: string[] = []
  const open: Record<string, (() => void)[]> = { slow: [], stop: [] }
  const procedure = (name: string) =>
    os.handler(() => new Promise<string>((answer) => open[name]!.push(() => answer(name))))
  const handler = createHandler({ slow: procedure('slow'), runs: { stop: procedure('stop') } })
  let receive: (message: Message) => void
  let reading = true
  const carrier: Carrier = {
    send(message) {
      answers.push((JSON.parse(message as string) as { i: string }).i)
      return Promise.resolve()
    },
    onMessage: (listener) => (receive = listener),
    onClose: () => undefined,
    drop: (reason) => {
      throw new Error(reason)
    },
    pause: () => (reading = false),
    resume: () => (reading = true),
  }
  serve(handler, carrier)
  let asked = 0
  /** Asks, and waits until what can begin has begun. */
  const ask = async (path: string, count: number) => {
    for (let each = 0; each < count; each++)
      receive(JSON.stringify({ i: String(++asked), p: { u: path } }))
    await settled()
  }
  const answerAll = async (name: string) => {
    while (open[name]!.length > 0) {
      for (const answer of open[name]!.splice(0)) answer()
      await settled()
    }
  }
  return { answers, open, ask, answerAll, reading: () => reading }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a stop', () => {
  it('is answered while the room is full of slow requests', async () => {
    const { answers, open, ask, answerAll } = connected()
    await ask('/slow', 1)
    await answerAll('slow') // how large its answers are is known from then on
    await ask('/slow', most.questions + 10)
    expect(open['slow']).toHaveLength(most.questions)
    await ask('/runs/stop', 1)
    await answerAll('stop')
    expect(answers).toEqual(['1', String(most.questions + 12)])
  })

  it('has a bound of its own, and a flood of them stops the reading as well', async () => {
    const { answers, open, ask, answerAll, reading } = connected()
    await ask('/runs/stop', 1)
    await answerAll('stop')
    await ask('/runs/stop', 300)
    expect(open['stop']).toHaveLength(controlBounds.own.questions)
    expect(reading()).toBe(false)
    await ask('/slow', 300) // of a carrier that goes on for a while
    await answerAll('stop')
    expect(reading()).toBe(false) // for the slow ones
    await answerAll('slow')
    expect(reading()).toBe(true)
    expect(answers).toHaveLength(601)
  })

  it.each([...controlPaths])('%s is a procedure of the contract', (path) => {
    const [, group, name] = path.split('/')
    expect(Object.keys((contract as Record<string, object>)[group!]!)).toContain(name)
  })
})
