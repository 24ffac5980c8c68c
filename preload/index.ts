// All that the sandboxed page gets from Electron: one MessagePort to main, handed over after the
// page's own scripts have run. It asks main once per load, takes one answer, and posts it to its
// own window only; nothing else is exposed.
import { ipcRenderer } from 'electron'

const asked = new Promise<MessagePort>((settle) => {
  ipcRenderer.once('studio:port', (event) => {
    const [port] = event.ports
    if (port !== undefined) settle(port)
  })
})
const loaded = new Promise<void>((settle) =>
  window.addEventListener('load', () => settle(), { once: true }),
)

// a frame inside the page has no business with main
if (process.isMainFrame) ipcRenderer.send('studio:connect')
// The page listens by then (its modules run before `load`) and checks event.source === window.
void Promise.all([asked, loaded]).then(([port]) =>
  window.postMessage('studio:port', window.location.origin, [port]),
)
