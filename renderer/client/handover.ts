// How the page gets its port under Electron: the preload posts one to its own window at every load.
// Nobody else's message is taken for it: not another window's or frame's, not one without the name,
// and no second one.

/** Of the window: what posts messages to the page. */
export interface MessageSource {
  readonly location: { readonly origin: string }
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** The name of the message; preload/index.ts posts it. */
const name = 'studio:port'

/** Resolves with the first port that this very window was handed. */
export function acceptPort(page: MessageSource): Promise<MessagePort> {
  return new Promise((resolve) => {
    const onMessage = (event: MessageEvent) => {
      const [port, ...others] = event.ports
      const ours =
        event.source === (page as unknown) &&
        event.origin === page.location.origin &&
        event.data === name
      if (!ours || port === undefined || others.length > 0) return
      page.removeEventListener('message', onMessage)
      resolve(port)
    }
    page.addEventListener('message', onMessage)
  })
}
