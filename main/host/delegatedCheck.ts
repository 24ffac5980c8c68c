// A host under Electron asks main to try a rung in a throw-away process, because a utility process
// cannot start another one. Both ends speak these two messages beside the host protocol;
// supervision never sees them.
import type { CheckOutcome, RunCheck } from '../backends/child.ts'
import type { Rung } from '../../preload/contract/runConfig.ts'
import type { ParentPort } from './hostChannel.ts'

export interface CheckQuestion {
  kind: 'check'
  id: number
  rung: Rung
  cacheFolder: string
}

export interface CheckAnswer {
  kind: 'checked'
  id: number
  outcome: CheckOutcome
}

export function isCheckQuestion(message: { kind: string }): message is CheckQuestion {
  return message.kind === 'check'
}

/** Tries rungs by asking the other end of the port. */
export function checksBy(port: ParentPort): RunCheck {
  const waiting = new Map<number, (outcome: CheckOutcome) => void>()
  let asked = 0
  port.on('message', ({ data }) => {
    const answer = data as CheckAnswer | { kind: '' }
    if (answer.kind !== 'checked') return
    waiting.get(answer.id)?.(answer.outcome)
    waiting.delete(answer.id)
  })
  return (rung, cacheFolder) =>
    new Promise((resolve) => {
      waiting.set(++asked, resolve)
      port.postMessage({ kind: 'check', id: asked, rung, cacheFolder } satisfies CheckQuestion)
    })
}
