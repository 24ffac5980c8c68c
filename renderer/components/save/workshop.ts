// The worker that makes files, so that the page goes on answering meanwhile. One for each save:
// closing it cancels.
import { StudioError } from '../../../preload/contract/errors.ts'
import type { Layout, Sheet } from '../../draw/layout.ts'
import type { Answer, Question } from './workshopMessages.ts'

export class Workshop {
  readonly #worker = new Worker(new URL('./workshop.worker.ts', import.meta.url), {
    type: 'module',
  })

  /** One at a time. After `close` it settles never: who closes stops waiting. */
  ask(question: Question): Promise<{ blob: Blob | null; note: string }> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Answer>) =>
        data.kind === 'made' ? resolve(data) : reject(new StudioError(data.code, data.message))
      this.#worker.onerror = (event) => {
        event.preventDefault()
        reject(
          new StudioError(
            'internal',
            `The file could not be made: ${event.message || 'its worker did not start'}. Save again.`,
          ),
        )
      }
      this.#worker.postMessage(question)
    })
  }

  close(): void {
    this.#worker.terminate()
  }
}

/**
 * The layout with pixels of its own: what is sent is copied with the whole buffer that it is a part
 * of.
 */
export function packed(layout: Layout): Layout {
  return layout.map((sheets) => sheets.map(packedSheet))
}

export function packedSheet({ tiles, columns }: Sheet): Sheet {
  const part = tiles.pixels.byteLength < tiles.pixels.buffer.byteLength
  return { columns, tiles: part ? { ...tiles, pixels: tiles.pixels.slice() } : tiles }
}
