// A page's port joined to another owner: a program that finds the data folder owned never opens the
// database, it passes its page's calls on to the owner's loopback server. Only the group `desktop`
// is answered here, where the window is.
import { isContractProcedure, type AnyContractProcedure } from '@orpc/contract'
import { implement, type AnyRouter } from '@orpc/server'
import type { Client } from '../../preload/contract/client.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { contract } from '../../preload/contract/index.ts'
import { neverProxyLoopback } from '../runtime/environment.ts'
import { desktopProcedures, type DesktopShell } from '../service/desktopProcedures.ts'
import { createHandler, serve } from './carrier.ts'
import { portCarrier, type Port } from './port.ts'

/** Joins `port` to the server at `url` (with its token). Either end closing closes the other. */
export function relay(port: Port, url: string, shell: DesktopShell | null): void {
  neverProxyLoopback()
  const connection = connectSocket(url)
  const { desktop: _here, ...elsewhere } = contract
  const router = { ...passedOn(elsewhere, connection.client), desktop: desktopProcedures(shell) }
  const page = portCarrier(port)
  page.onClose(() => connection.close())
  let opened = false
  connection.onState((state) => {
    if (state === 'open') opened = true
    // the owner has gone: the page shows that, and its next load decides anew who owns the folder
    else if (opened && state === 'connecting') {
      page.drop('the owner closed the connection')
      connection.close()
    }
  })
  serve(createHandler(router), page)
}

type Call = (input: unknown, options: { signal?: AbortSignal }) => Promise<unknown>
type Procedures = { [name: string]: AnyContractProcedure | Procedures }

/** The same tree of procedures, each of which asks the client's of that name. */
function passedOn(procedures: Procedures, client: Client | object): Record<string, AnyRouter> {
  return Object.fromEntries(
    Object.entries(procedures).map(([name, procedure]) => {
      const theirs = (client as Record<string, unknown>)[name]
      if (!isContractProcedure(procedure))
        return [name, passedOn(procedure as Procedures, theirs as object)]
      return [
        name,
        implement(procedure).handler(({ input, signal }) =>
          (theirs as Call)(input, signal === undefined ? {} : { signal }),
        ),
      ]
    }),
  )
}
