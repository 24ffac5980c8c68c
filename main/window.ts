// The one window: our built pages under studio://app in a sandboxed renderer, at the place where it
// was last time. A renderer that dies is loaded again once; runs do not notice, they live
// elsewhere.
import { app, BrowserWindow, dialog, protocol, screen } from 'electron'
import { securityHeaders } from './transport/assets.ts'
import { isOurPage, origin, scheme } from './transport/origin.ts'
import type { Pages } from './transport/pages.ts'
import { keepWindowState, readWindowState, smallest, usual } from './windowState.ts'

/**
 * Before Electron is ready: a scheme with an origin of its own, so that the content security policy
 * has a 'self'.
 */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])
}

/**
 * Answers studio://app from the list of built files, or with the sentence that says how to build
 * them.
 */
export function servePages(pages: Pages): void {
  protocol.handle(scheme, (request) => {
    const text = (status: number, body: string) =>
      new Response(body, {
        status,
        headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' },
      })
    if (!isOurPage(request.url) || request.method !== 'GET') return text(404, 'not found')
    if (typeof pages === 'string') return text(503, pages)
    // looked up as it stands: no request becomes a path
    const asset = pages.get(new URL(request.url).pathname)
    if (asset === undefined) return text(404, 'not found')
    return new Response(new Uint8Array(asset.body), {
      headers: { ...securityHeaders, 'content-type': asset.type },
    })
  })
}

export interface WindowOptions {
  /** The built preload file. */
  preload: string
  /** Where its place is kept. */
  stateFile: string
  /** Something that the next page should tell the person. */
  note(text: string): void
}

/**
 * The window, hidden until it has something to show. It shows nothing yet: `show` loads the pages.
 */
export function openWindow({ preload, stateFile, note }: WindowOptions): BrowserWindow {
  const screens = screen.getAllDisplays().map(({ workArea }) => workArea)
  const { bounds, maximised } = readWindowState(stateFile, screens)
  const window = new BrowserWindow({
    ...(bounds ?? usual),
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: 'Latent Studio',
    show: false,
    webPreferences: {
      preload,
      // the defaults of Electron, written down: none may change unseen
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      devTools: !app.isPackaged,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => {
    if (maximised) window.maximize()
    window.show()
  })
  keepPlace(window, stateFile)
  reloadOnce(window, note)
  return window
}

/** Loads the pages. What goes wrong then is on the page itself. */
export function show(window: BrowserWindow): void {
  window.loadURL(`${origin}/`).catch(() => undefined)
}

/** In front of the person, whatever state it is in. */
export function bringForward(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

function keepPlace(window: BrowserWindow, stateFile: string): void {
  let timer: NodeJS.Timeout | undefined
  const keep = () => {
    clearTimeout(timer)
    if (!window.isDestroyed())
      keepWindowState(stateFile, window.getNormalBounds(), window.isMaximized())
  }
  // a drag fires these many times a second
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(keep, 500)
  }
  window.on('resize', later)
  window.on('move', later)
  window.on('close', keep)
  window.on('closed', () => clearTimeout(timer))
}

/** Milliseconds of life after which a crash is a new one. */
const longEnough = 60_000

function reloadOnce(window: BrowserWindow, note: (text: string) => void): void {
  let last = -Infinity
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const again = performance.now() - last < longEnough
    last = performance.now()
    if (again) return void ask(window, reason)
    note(
      `The window was reloaded because its process ended (${reason}, code ${exitCode}). Runs were not affected.`,
    )
    window.webContents.reload()
  })
}

async function ask(window: BrowserWindow, reason: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window of Latent Studio ended twice within a minute.',
    detail: `Reason: ${reason}. Runs continue. Reload the window, or quit, which stops runs with a checkpoint.`,
    buttons: ['Reload', 'Quit'],
    defaultId: 0,
    cancelId: 0,
  })
  if (response === 1) app.quit()
  else if (!window.isDestroyed()) window.webContents.reload()
}
