// The fake's windows, their sessions, and what a page in them can try. A page here is an address
// with an origin; what it tries goes the documented way: events that can be prevented, handlers
// that can refuse, else it happens.
import { EventEmitter } from 'node:events'
import type { MessagePortMain } from './fakeProcess.ts'
import { app } from './fakeApp.ts'
import { passes, Preventable, state, whenReadyOnly, openWindows, type Box } from './fakeState.ts'

export class Frame {
  url: string
  readonly parent: Frame | null
  readonly contents: WebContents

  constructor(contents: WebContents, url: string, parent: Frame | null = null) {
    this.contents = contents
    this.url = url
    this.parent = parent
  }

  /** RFC 6454; the registered standard schemes have origins of their own. */
  get origin(): string {
    const { protocol, host } = new URL(this.url)
    return host === '' ? 'null' : `${protocol}//${host}`
  }

  postMessage(channel: string, _message: unknown, ports: MessagePortMain[] = []): void {
    state.preload.emit(channel, { ports: ports.map((port) => port.leave()) })
  }
}

type Answer = (granted: boolean) => void
type RequestHandler = (
  contents: WebContents,
  permission: string,
  answer: Answer,
  details: object,
) => void
type DisplayHandler = (request: object, answer: (streams: object | null) => void) => void
type BeforeRequest = (
  details: { url: string },
  answer: (response: { cancel?: boolean }) => void,
) => void
type CheckHandler = (
  contents: WebContents | null,
  permission: string,
  origin: string,
  details: object,
) => boolean

class Session extends EventEmitter {
  #request: RequestHandler = (_contents, _permission, answer) => answer(true)
  #check: CheckHandler = () => true
  #device: (details: object) => boolean = () => true
  #display: DisplayHandler = (_request, answer) => answer(null)
  #before: BeforeRequest = (_details, answer) => answer({})

  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => void (this.#before = listener),
  }
  setPermissionRequestHandler = (handler: RequestHandler) => void (this.#request = handler)
  setPermissionCheckHandler = (handler: CheckHandler) => void (this.#check = handler)
  setDevicePermissionHandler = (handler: (details: object) => boolean) =>
    void (this.#device = handler)
  setDisplayMediaRequestHandler = (handler: DisplayHandler) => void (this.#display = handler)

  requestPermission(contents: WebContents, permission: string, details: object): Promise<boolean> {
    return new Promise((resolve) => this.#request(contents, permission, resolve, details))
  }

  checkPermission(
    contents: WebContents | null,
    permission: string,
    origin: string,
    details: object,
  ): boolean {
    return this.#check(contents, permission, origin, details)
  }

  useDevice(deviceType: string, origin: string): boolean {
    return this.#device({ deviceType, origin, device: {} })
  }

  captureDisplay(): Promise<boolean> {
    return new Promise((resolve) => this.#display({}, (streams) => resolve(streams !== null)))
  }

  /** What a page's request to this address comes to. */
  fetch(url: string): Promise<'cancelled' | 'sent'> {
    return new Promise((resolve) =>
      this.#before({ url }, ({ cancel }) => {
        if (!cancel) state.sentOutside.push(url)
        resolve(cancel ? 'cancelled' : 'sent')
      }),
    )
  }

  download(contents: WebContents, url: string, initiator: string): 'cancelled' | 'saved' {
    const item = {
      getURL: () => url,
      getInitiatorOrigin: () => initiator,
      getFilename: () => 'file',
    }
    return passes(this, 'will-download', new Preventable(), item, contents, null)
      ? 'saved'
      : 'cancelled'
  }
}

export const session = { defaultSession: new Session() }

export class WebContents extends EventEmitter {
  readonly session = session.defaultSession
  readonly ipc = new EventEmitter()
  mainFrame: Frame = new Frame(this, 'about:blank')
  reloads = 0
  #openHandler: (details: { url: string }) => { action: 'allow' | 'deny' } = () => ({
    action: 'allow',
  })

  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'allow' | 'deny' }): void {
    this.#openHandler = handler
  }

  /** By main, so nothing is asked. Rejects as Electron does when the load fails. */
  async load(url: string): Promise<number> {
    const response = await state.handlers.get(new URL(url).protocol.slice(0, -1))?.(
      new Request(url),
    )
    if (!response) throw new Error(`ERR_UNKNOWN_URL_SCHEME (-302) loading '${url}'`)
    this.#commit(url)
    return response.status
  }

  reload(): void {
    this.reloads += 1
    this.#commit(this.mainFrame.url)
  }

  #commit(url: string): void {
    this.mainFrame = new Frame(this, url)
    this.emit('did-navigate', {}, url, 200, '')
    this.emit('did-finish-load', {})
  }

  /** A page, in its main frame or in another, goes somewhere by a link, a form or a script. */
  navigate(url: string, frame: Frame = this.mainFrame): 'refused' | 'done' {
    const event = () =>
      Object.assign(new Preventable(), { url, frame, isMainFrame: frame.parent === null })
    this.emit('did-start-navigation', event())
    if (!passes(this, 'will-frame-navigate', event(), url)) return 'refused'
    if (frame.parent === null && !passes(this, 'will-navigate', event(), url)) return 'refused'
    if (frame.parent === null) this.#commit(url)
    else frame.url = url
    return 'done'
  }

  /** The answer to a navigation sends the page elsewhere. */
  redirect(url: string): 'refused' | 'done' {
    return passes(
      this,
      'will-redirect',
      Object.assign(new Preventable(), { url, isMainFrame: true }),
      url,
    )
      ? 'done'
      : 'refused'
  }

  open(url: string): 'refused' | 'done' {
    if (this.#openHandler({ url }).action === 'deny') return 'refused'
    new BrowserWindow({})
    return 'done'
  }

  /** A page whose process was taken over attaches a guest without asking for the tag. */
  attachGuest(src: string, webPreferences: Record<string, unknown>): 'refused' | 'done' {
    return passes(this, 'will-attach-webview', new Preventable(), webPreferences, { src })
      ? 'done'
      : 'refused'
  }

  /** A message of a frame's process; `null` is a frame that has gone since. */
  receive(channel: string, senderFrame: Frame | null, ...args: unknown[]): void {
    const event = {
      ...new Preventable(),
      type: 'frame',
      sender: this,
      senderFrame,
      ports: [],
      reply: () => undefined,
    }
    this.ipc.emit(channel, event, ...args)
  }

  endProcess(reason: string, exitCode = 11): void {
    this.emit('render-process-gone', {}, { reason, exitCode })
  }
}

export class BrowserWindow extends EventEmitter {
  readonly options: Record<string, unknown> & { webPreferences?: Record<string, unknown> }
  readonly webContents = new WebContents()
  bounds: Box
  calls: string[] = []
  #state = { destroyed: false, minimised: false, maximised: false }

  constructor(options: Record<string, unknown>) {
    whenReadyOnly('BrowserWindow')
    super()
    this.options = options
    this.bounds = { x: 240, y: 70, width: 800, height: 600, ...options } as Box
    openWindows.add(this)
    app.emit('web-contents-created', {}, this.webContents)
  }

  static getAllWindows(): BrowserWindow[] {
    return [...openWindows] as BrowserWindow[]
  }

  /** Resolves when the page has finished loading. */
  async loadURL(url: string): Promise<void> {
    await this.webContents.load(url)
    this.emit('ready-to-show')
  }

  show = () => void this.calls.push('show')
  focus = () => void this.calls.push('focus')
  isDestroyed = () => this.#state.destroyed
  isMinimized = () => this.#state.minimised
  isMaximized = () => this.#state.maximised
  getNormalBounds = () => this.bounds
  minimize = () => void (this.#state.minimised = true)
  maximize = () => void (this.#state.maximised = true)
  restore = () => void (this.#state.minimised = false)

  close(): void {
    if (this.#state.destroyed || !passes(this, 'close', new Preventable())) return
    this.destroy()
  }

  destroy(): void {
    if (this.#state.destroyed) return
    this.#state.destroyed = true
    openWindows.delete(this)
    this.emit('closed')
    if (openWindows.size === 0) app.lastWindowClosed()
  }
}
