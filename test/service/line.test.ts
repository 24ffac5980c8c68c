// What a host process is sent, and what waits for it here.
import { expect, it } from 'vitest'
import type { FromHost, HostPort, ToHost } from '../../main/host/protocol.ts'
import { HostClient, maxWaiting, type Unnumbered } from '../../main/service/hostClient.ts'

const question = { kind: 'ladder', force: false } as Unnumbered

/** The other end of a line, which answers when it is told to. */
function host() {
  const sent: ToHost[] = []
  const port: HostPort = {
    pid: 1,
    send: (message) => void sent.push(message),
    onMessage: () => undefined,
    onExit: () => undefined,
    kill: () => undefined,
  }
  const line = new HostClient(port)
  const ids = () => sent.flatMap((message) => (message.kind === 'ladder' ? [message.id] : []))
  const answer = (id: number) =>
    line.take({ kind: 'answer', id, value: { active: 'js', ladder: [] } } as FromHost)
  return { line, sent, ids, answer }
}

it('asking and leaving fills nothing: what the host has not answered keeps its place there', async () => {
  const { line, sent, ids, answer } = host()
  for (let round = 0; round < 100; round += 1) {
    const cancel = new AbortController()
    const asked = Array.from({ length: 30 }, () =>
      line.ask(question, { limit: 10_000, signal: cancel.signal }),
    )
    cancel.abort()
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected')
  }
  expect(ids()).toHaveLength(maxWaiting)
  // those that never left are not taken back either
  expect(sent).toHaveLength(2 * maxWaiting)
  const waits = line.ask(question, { limit: 10_000 })
  expect(ids()).toHaveLength(maxWaiting)
  answer(ids()[0]!)
  expect(ids()).toHaveLength(maxWaiting + 1)
  answer(ids().at(-1)!)
  expect(await waits).toMatchObject({ active: 'js' })
})

it('questions past the queue are refused as busy; those before it are answered', async () => {
  const { line, ids, answer } = host()
  const asked = Array.from({ length: maxWaiting + 6 }, () => line.ask(question, { limit: 10_000 }))
  const refused = asked.slice(maxWaiting)
  for (const each of refused)
    await expect(each).rejects.toMatchObject({ code: 'busy', data: { waiting: maxWaiting } })
  for (const id of ids()) answer(id)
  expect(await Promise.all(asked.slice(0, maxWaiting))).toHaveLength(maxWaiting)
})
