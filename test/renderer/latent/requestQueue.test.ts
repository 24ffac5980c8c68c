// One request in flight, the newest of a kind wins, the urgent kind first, and a failure stops
// nothing.
import { describe, expect, it } from 'vitest'
import { RequestQueue } from '../../../renderer/components/latent/requestQueue.ts'

function deferred() {
  let settle = (_error?: Error) => {}
  const promise = new Promise<void>(
    (resolve, reject) => (settle = (error) => (error ? reject(error) : resolve())),
  )
  return { promise, settle }
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('RequestQueue', () => {
  it('keeps one in flight, drops what was overtaken, takes the urgent first', async () => {
    const queue = new RequestQueue(['decode', 'manifold'], () => {})
    const begun: string[] = []
    const gates = new Map<string, ReturnType<typeof deferred>>()
    const ask = (kind: string, name: string) =>
      queue.ask(kind, () => {
        begun.push(name)
        const gate = deferred()
        gates.set(name, gate)
        return gate.promise
      })
    ask('manifold', 'm1')
    ask('manifold', 'm2')
    ask('decode', 'd1')
    ask('decode', 'd2')
    ask('manifold', 'm3')
    expect(begun).toEqual(['m1'])
    gates.get('m1')!.settle()
    await turn()
    expect(begun).toEqual(['m1', 'd2'])
    gates.get('d2')!.settle()
    await turn()
    expect(begun).toEqual(['m1', 'd2', 'm3'])
    gates.get('m3')!.settle()
    await turn()
    ask('decode', 'd3')
    expect(begun.at(-1)).toBe('d3')
  })

  it('lets another kind through in a long row', async () => {
    const queue = new RequestQueue(['decode', 'manifold'], () => {})
    const done: string[] = []
    let left = 100
    const decode = () =>
      queue.ask('decode', async () => {
        done.push('decode')
        if (left-- > 0) decode()
      })
    decode()
    queue.ask('manifold', async () => void done.push('manifold'))
    for (let i = 0; i < 200 && left >= 0; i++) await turn()
    expect(done.indexOf('manifold')).toBe(30)
    expect(done.filter((kind) => kind === 'decode')).toHaveLength(101)
  })

  it('ends a request under way of the kinds that are named, without a failure, and goes on with the next', async () => {
    const failures: unknown[] = []
    const queue = new RequestQueue(['decode', 'nearest'], (thrown) => failures.push(thrown))
    const ended: string[] = []
    const untilAborted = (name: string) => (signal: AbortSignal) =>
      new Promise<void>((_, reject) =>
        signal.addEventListener('abort', () => {
          ended.push(name)
          reject(new Error('cancelled'))
        }),
      )
    queue.ask('nearest', untilAborted('old'))
    queue.ask('nearest', async () => void ended.push('new'))
    queue.end(['statistics'])
    await turn()
    expect(ended).toEqual([])
    queue.end(['nearest', 'statistics'])
    await turn()
    expect(ended).toEqual(['old', 'new'])
    queue.ask('decode', untilAborted('last'))
    queue.close()
    await turn()
    expect([ended.at(-1), failures]).toEqual(['last', []])
  })

  it('goes on after a failure and tells it', async () => {
    const failures: string[] = []
    const queue = new RequestQueue(['a'], (thrown) => failures.push((thrown as Error).message))
    let answered = false
    queue.ask('a', () => Promise.reject(new Error('lost')))
    await turn()
    queue.ask('a', async () => {
      answered = true
    })
    await turn()
    expect(failures).toEqual(['lost'])
    expect(answered).toBe(true)
  })

  it('is silent once closed', async () => {
    const failures: unknown[] = []
    const queue = new RequestQueue(['a'], (thrown) => failures.push(thrown))
    const gate = deferred()
    let later = false
    queue.ask('a', () => gate.promise)
    queue.ask('a', async () => {
      later = true
    })
    queue.close()
    gate.settle(new Error('aborted'))
    await turn()
    expect([failures.length, later]).toEqual([0, false])
  })
})
