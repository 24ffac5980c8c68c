// What pages may not do, for every page that this program ever shows: leave our pages, open
// windows, embed guests, use a permission, reach the network, or download anything but what our
// page made itself.
import { app, session, type Session, type WebContents } from 'electron'
import { isOurPage, isOurPagesFile } from './transport/origin.ts'

/**
 * The one permission our page has: "Copy" puts text or a picture onto the clipboard. Reading it is
 * another one.
 */
const granted = 'clipboard-sanitized-write'

/** Before the first window: every web contents there will be, whoever makes it. */
export function guardContents(): void {
  app.on('web-contents-created', (_event, contents) => guard(contents))
}

/** Once Electron is ready, before the first window. */
export function guardSession(): void {
  const { defaultSession } = session
  denyPermissions(defaultSession)
  cutNetwork(defaultSession)
  limitDownloads(defaultSession)
}

function guard(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  // they fire for links and scripts, not for our own loadURL or a reload from the menu; the address
  // does not matter
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

// Electron grants everything unless told otherwise. Silent checks come first and requests after a
// check that failed, so both have to say no.
function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(permission === granted && details.isMainFrame && isOurPage(details.requestingUrl))
  })
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin, details) =>
      permission === granted && details.isMainFrame && isOurPage(requestingOrigin),
  )
  session.setDevicePermissionHandler(() => false)
  // null streams: no screen, no window and no tab to capture
  session.setDisplayMediaRequestHandler((_request, answer) => answer(null))
}

// The page talks through its port alone. What the content security policy forbids is also not sent.
function cutNetwork(session: Session): void {
  session.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !isInternal(details.url) }),
  )
}

function isInternal(address: string): boolean {
  return (
    isOurPage(address) ||
    isOurPagesFile(address) ||
    address.startsWith('data:') ||
    address.startsWith('devtools:')
  )
}

function limitDownloads(session: Session): void {
  session.on('will-download', (event, item) => {
    // a blob that our page made; Electron then asks the person where it goes
    if (!isOurPagesFile(item.getURL()) || !isOurPage(item.getInitiatorOrigin()))
      event.preventDefault()
  })
}
