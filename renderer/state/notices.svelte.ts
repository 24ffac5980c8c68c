// Problems that belong to no field: shown one at a time at the foot of the window until dismissed
// or replaced.
import { problemFrom, type Problem } from '../client/problem.ts'

class Notices {
  current = $state.raw<Problem | null>(null)

  show(thrown: unknown): void {
    this.current = problemFrom(thrown)
  }

  /** Something to know, that no act of the person's went wrong with. */
  tell(message: string): void {
    this.current = { code: 'host-failed', message, fields: [] }
  }

  dismiss(): void {
    this.current = null
  }

  /** Runs an act of the person's; what goes wrong is shown, never lost. */
  async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (thrown) {
      this.show(thrown)
      return undefined
    }
  }
}

export const notices = new Notices()
