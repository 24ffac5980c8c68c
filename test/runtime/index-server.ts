// A package index on the loopback address for the installer's tests: one small package with the
// members of a runtime, served whole, cut, or with a flipped byte.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { zipSync } from 'fflate'
import type { RuntimeEntry } from '../../main/runtime/runtimeManifest.ts'

export interface PackageServer {
  entry: RuntimeEntry
  environment: NodeJS.ProcessEnv
  ranges: (string | undefined)[] // the Range header of each request for the package
  cutAfter: number // bytes after which the connection is destroyed; Infinity for never
  flip: boolean // serve one wrong byte
  close(): Promise<void>
}

const file = 'latent_tiny-1.0.0-py3-none-any.whl'

/** 3 MB that do not compress, so that a cut falls into the data. */
function noise(bytes: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from(
    { length: bytes },
    () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24,
  )
}

export async function startPackageServer(): Promise<PackageServer> {
  const wheel = Buffer.from(
    zipSync({
      'tensorflow/libtensorflow_cc.so.2': noise(3_000_000, 1),
      'tensorflow/libtensorflow_framework.so.2': noise(200_000, 2),
      'tensorflow/include/tensorflow/c/c_api.h': Buffer.from('// header\n'),
      'tensorflow/python/big.py': Buffer.from('not needed'),
      'tensorflow/../../outside.txt': Buffer.from('never written'),
      'latent_tiny-1.0.0.dist-info/WHEEL': Buffer.from(
        'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      ),
      'latent_tiny-1.0.0.dist-info/METADATA': Buffer.from(
        'Metadata-Version: 2.1\nName: latent-tiny\nVersion: 1.0.0\n',
      ),
      'latent_tiny-1.0.0.dist-info/LICENSE': Buffer.from('a licence'),
    }),
  )
  const flipped = Buffer.from(wheel)
  flipped[1_000_000]! ^= 1
  const server = http.createServer()
  const state: PackageServer = {
    entry: entryOf(wheel),
    environment: {},
    ranges: [],
    cutAfter: Infinity,
    flip: false,
    close: () => closed(server),
  }
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/simple/'))
      return void response
        .setHeader('content-type', 'text/html')
        .end(`<a href="/files/${file}">${file}</a>`)
    state.ranges.push(request.headers.range)
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const body = (state.flip ? flipped : wheel).subarray(start)
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      'content-type': 'application/zip',
    })
    if (start + body.length <= state.cutAfter) return void response.end(body)
    response.write(body.subarray(0, Math.max(0, state.cutAfter - start)), () =>
      setTimeout(() => response.destroy(), 50),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  state.environment = {
    ...process.env,
    PIP_CONFIG_FILE: os.devNull,
    PIP_INDEX_URL: `http://127.0.0.1:${port}/simple/`,
    PIP_FIND_LINKS: '',
    PIP_EXTRA_INDEX_URL: '',
  }
  return state
}

function entryOf(wheel: Buffer): RuntimeEntry {
  const sha256 = createHash('sha256').update(wheel).digest('hex')
  const one = {
    project: 'latent-tiny',
    version: '1.0.0',
    file,
    sha256,
    bytes: wheel.length,
    python: '3.12',
    abi: 'none',
    platform: 'any',
    licence: 'MIT',
  }
  const libraries = [
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
  ] as const
  return {
    variant: 'cpu',
    platform: 'linux-x64',
    version: '1.0.0',
    wheels: [one],
    libraries,
    unpackedBytes: 4e6,
  }
}

function closed(server: http.Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

/**
 * A stand-in for the C++ compiler, which the small package could not satisfy: it writes the file
 * after -o.
 */
export function fakeCompiler(folder: string): string {
  const command = path.join(folder, 'fake-c++')
  fs.writeFileSync(
    command,
    '#!/bin/sh\nif [ "$1" = --version ]; then echo "fake 1.0"; exit 0; fi\nwhile [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo built > "$2"; fi; shift; done\n',
    { mode: 0o755 },
  )
  return command
}
