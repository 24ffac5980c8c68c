// Who gets the port to main: the main frame of our window, while it shows our pages, once a load;
// and which message the page takes for it. Everybody else's tries are counted, none may be
// accepted.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { acceptPort } from '../../renderer/client/handover.ts'
import { countAttempts } from './attempts.ts'
import { Frame, WebContents as BareContents } from './fakeWindow.ts'
import { endAll, loadPage, Page, runPreload, startProgram, type Program } from './program.ts'

const attempt = countAttempts('hand-over of the port', 20)

let program: Program
beforeEach(async () => {
  program = await startProgram()
})
afterEach(endAll)

describe('the port', () => {
  /** Lets one process ask for a port and counts what it is given. */
  function asking(frame: (contents: Program['window']['webContents']) => unknown): number {
    let given = 0
    program.state.preload.on('studio:port', () => (given += 1))
    program.window.webContents.receive('studio:connect', frame(program.window.webContents) as never)
    return given
  }

  it.each<[string, (contents: Program['window']['webContents']) => unknown]>([
    ['a frame that has gone', () => null],
    [
      'a frame inside the page',
      (contents) => new Frame(contents as never, 'studio://app/', contents.mainFrame as never),
    ],
    ['another window of our origin', () => new Frame(new BareContents(), 'studio://app/')],
    [
      'a copy of the main frame',
      (contents) => ({ ...contents.mainFrame, origin: 'studio://app', parent: null }),
    ],
  ])('is not given to %s', (who, frame) => attempt(`port for ${who}`, asking(frame) > 0))

  it.each([
    'https://evil.example/',
    'file:///index.html',
    'studio://other/',
    'studio://app.evil/',
    'studio://app:80/',
    'about:blank',
  ])('is not given to the main frame while it shows %s', (url) => {
    program.window.webContents.mainFrame.url = url
    attempt(`port for the page ${url}`, asking((contents) => contents.mainFrame) > 0)
  })

  it('is given once a load: asking again gives none, and the first goes on', async () => {
    const { client } = await loadPage(program)
    attempt('a second port', asking((contents) => contents.mainFrame) > 0)
    attempt('a third port', asking((contents) => contents.mainFrame) > 0)
    expect((await client.system.status()).shell).toBe('electron')
  })

  it('is not asked for by the preload in a frame', async () => {
    const page = new Page()
    const posted = vi.fn()
    page.addEventListener('message', posted)
    await runPreload(program.state, program.window, page, false)
    attempt('preload of a frame', posted.mock.calls.length > 0)
  })

  it('is answered on one channel alone', () => {
    const { webContents } = program.window
    expect(webContents.ipc.eventNames()).toEqual(['studio:connect'])
    for (const channel of ['studio:port', 'ELECTRON_BROWSER_REQUIRE', 'studio:open'])
      attempt(
        `channel ${channel}`,
        webContents.ipc.emit(channel, { senderFrame: webContents.mainFrame }),
      )
  })

  it('is taken by the page from its own window alone, by its name, once', async () => {
    const page = new Page()
    const taken: unknown[] = []
    void acceptPort(page).then((port) => taken.push(port))
    const [port, other] = Object.values(new MessageChannel())
    const good = { data: 'studio:port', ports: [port], source: page, origin: 'studio://app' }
    for (const [what, change] of Object.entries({
      'another window': { source: new Page() },
      'no window': { source: null },
      'another origin': { origin: 'https://evil.example' },
      'another name': { data: 'port' },
      'no port': { ports: [] },
      'two ports': { ports: [port, other] },
    })) {
      page.receive({ ...good, ...change })
      await Promise.resolve()
      attempt(`page takes a port from ${what}`, taken.length > 0)
    }
    page.receive(good)
    page.receive({ ...good, ports: [other] })
    await vi.waitFor(() => expect(taken).toEqual([port]))
    for (const each of [port, other]) each?.close()
  })
})
