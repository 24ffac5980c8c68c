// Quitting: running runs write a checkpoint first, for which they have 5 s altogether. Whoever
// takes longer goes on from an earlier checkpoint after the next start, as after a crash.

/** Milliseconds from the wish to quit to the end of the program at most. */
export const patience = 5000

/** Of Electron's `app`. */
export interface EndingApp {
  on(event: 'before-quit', listener: (event: { preventDefault(): void }) => void): unknown
  quit(): void
  exit(code: number): void
}

export interface Ending {
  /** From the first wish to quit on. */
  readonly begun: boolean
}

/**
 * Holds quitting up until `close` is done or the time is over; asking again does not shorten it.
 */
export function endInOrder(
  app: EndingApp,
  close: () => Promise<void>,
  limit: number = patience,
): Ending {
  let state: 'open' | 'closing' | 'closed' = 'open'
  app.on('before-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    // nothing can hold this one up: no window, no page, no error of ours
    const timer = setTimeout(() => app.exit(0), limit)
    const end = () => {
      clearTimeout(timer)
      state = 'closed'
      app.quit()
    }
    close().then(end, end)
  })
  return {
    get begun() {
      return state !== 'open'
    },
  }
}
