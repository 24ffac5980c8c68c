// A page without a browser: what the preload does under Electron, with a real studio at the other
// end of the port. Call it before the page's own modules are used.
import { MessageChannel } from 'node:worker_threads'
import type { Studio } from '../../main/studio.ts'
import { connection } from '../../renderer/client/connection.svelte.ts'

/** Connects the page's one client to a studio. */
export async function connectPage(studio: Studio): Promise<void> {
  Object.defineProperty(navigator, 'userAgent', { value: 'Electron/45.0.0', configurable: true })
  const { port1, port2 } = new MessageChannel()
  studio.attach(port1 as unknown as Parameters<Studio['attach']>[0])
  const connected = connection.start()
  const handed = { ports: [port2], source: window, origin: location.origin, data: 'studio:port' }
  window.dispatchEvent(Object.assign(new Event('message'), handed))
  await connected
}
