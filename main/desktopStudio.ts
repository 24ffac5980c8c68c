// What stands behind the window, without Electron: this program's own studio, or, while another
// program owns the data folder, a relay to that one. Decided anew for every load of a page, so a
// reload takes over when the owner has gone.
import { z } from 'zod'
import { StudioError } from '../preload/contract/errors.ts'
import { createStudio, socketUrl, type Studio, type StudioOptions } from './studio.ts'
import type { Port } from './transport/port.ts'
import { relay } from './transport/relay.ts'

const address = z.object({ port: z.number(), token: z.string() })

export interface Desktop {
  /**
   * Gives a page's port its other end. Throws `newer-store`, `store-failed`, or `owned-elsewhere`
   * when the owner tells no address.
   */
  attach(port: Port): Promise<void>
  /** Stops runs with a checkpoint and gives the folder back, where this program owns it. */
  close(): Promise<void>
}

export function createDesktop(options: StudioOptions): Desktop {
  let own: Promise<Studio> | undefined
  return {
    async attach(port) {
      own ??= createStudio(options)
      try {
        const studio = await own
        studio.attach(port)
      } catch (error) {
        own = undefined
        relay(port, ownerUrl(error), options.desktop ?? null)
      }
    },
    async close() {
      const studio = await own?.catch(() => undefined)
      await studio?.close()
    },
  }
}

/** Where the owner listens, from the error that says there is one; every other error goes on. */
function ownerUrl(error: unknown): string {
  const found =
    error instanceof StudioError && error.code === 'owned-elsewhere'
      ? address.safeParse(error.data)
      : undefined
  if (!found?.success) throw error
  return socketUrl(found.data)
}
