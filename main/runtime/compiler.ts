// Builds the native binding of tfjs (tfjs-node-gpu's own C++ sources) against the unpacked
// TensorFlow libraries: one compiler call of about 10 s, no node-gyp. The result finds its
// libraries relative to itself.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { outsideArchive } from './bundled.ts'
import { answerLimit } from './processGroup.ts'
import { output } from './python.ts'
import type { RuntimeEntry } from './runtimeManifest.ts'

const require = createRequire(import.meta.url)

export const bindingFile = 'tfjs_binding.node'
export const muteFile = 'mute.node'

/** Raised when the way of building changes, so that an older build is not taken for a newer one. */
export const buildRecipe = 2

// TensorFlow logs while its library is being opened, whatever TF_CPP_MIN_LOG_LEVEL says, and its
// logging library reads no such variable at all. Two small additions of ours make it quiet. This
// constructor runs when the binding is opened and sets the level: 0 all, 1 no information, 2 (our
// default) no warnings either, 3 fatal errors only. The symbol is weak: another version of the
// library is only louder.
const levelSource = `#include <cstdlib>
#ifdef __linux__
extern "C" void set_level(int) __asm__("_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE") __attribute__((weak));
__attribute__((constructor)) static void quiet() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (set_level) set_level(level && *level ? std::atoi(level) : 2);
}
#endif
`

// And a module of two functions, mute() and unmute(), that sends standard error to nowhere while
// the library opens.
const muteSource = `#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>
static int kept = -1;
static napi_value mute(napi_env, napi_callback_info) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (kept < 0 && nowhere >= 0) { kept = dup(2); dup2(nowhere, 2); }
  if (nowhere >= 0) close(nowhere);
  return nullptr;
}
static napi_value unmute(napi_env, napi_callback_info) {
  if (kept >= 0) { dup2(kept, 2); close(kept); kept = -1; }
  return nullptr;
}
NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, nullptr, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "unmute", NAPI_AUTO_LENGTH, unmute, nullptr, &function);
  napi_set_named_property(env, exports, "unmute", function);
  return exports;
}
`

export interface Compiler {
  command: string
  version: string
}

/** The first C++ compiler on PATH ($CXX first). Throws `runtime-failed` when there is none. */
export async function findCompiler(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Compiler> {
  const chosen = environment['CXX']
  const names = [...(chosen ? [chosen] : []), 'c++', 'g++', 'clang++']
  for (const command of names) {
    const outcome = await output(command, ['--version'], environment, undefined, answerLimit)
    if (outcome.code === 0) return { command, version: outcome.text.split('\n')[0] ?? '' }
  }
  throw new StudioError(
    'runtime-failed',
    `Expected a C++ compiler to build the native binding, found none (tried ${names.join(', ')}). Install g++ or clang and try again; until then, training uses WebAssembly.`,
    { reason: 'no-compiler' },
  )
}

/** Folder of tfjs-node-gpu, whose sources and kernels we use (never its index). */
export function tfjsNodeFolder(): string {
  return path.dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'))
}

export function tfjsNodeVersion(): string {
  return (require('@tensorflow/tfjs-node-gpu/package.json') as { version: string }).version
}

/**
 * Builds `folder`/tfjs_binding.node and mute.node against `folder`/site. Throws `runtime-failed`
 * with the compiler's first error, `cancelled`.
 */
export async function buildBinding(
  entry: RuntimeEntry,
  folder: string,
  compiler: Compiler,
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
): Promise<void> {
  const sources = outsideArchive(path.join(tfjsNodeFolder(), 'binding'))
  const ours = fs.readdirSync(sources).filter((name) => name.endsWith('.cc'))
  const site = path.join(folder, 'site')
  const level = path.join(folder, 'level.cc')
  const mute = path.join(folder, 'mute.cc')
  fs.writeFileSync(level, levelSource)
  fs.writeFileSync(mute, muteSource)
  const run = (args: string[]): Promise<void> => compile(compiler, args, environment, signal)
  const files = [...ours.map((name) => path.join(sources, name)), level]
  await run([
    ...files,
    '-I',
    path.join(site, 'tensorflow', 'include'),
    '-o',
    path.join(folder, bindingFile),
    ...linkFlags(entry, site),
  ])
  await run([
    mute,
    '-o',
    path.join(folder, muteFile),
    ...(entry.platform.startsWith('darwin') ? ['-undefined', 'dynamic_lookup'] : []),
  ])
  for (const file of [level, mute]) fs.rmSync(file)
}

async function compile(
  compiler: Compiler,
  args: string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<void> {
  const headers = outsideArchive(
    path.join(path.dirname(require.resolve('node-api-headers/package.json')), 'include'),
  )
  const common = [
    '-shared',
    '-fPIC',
    '-O2',
    '-std=c++17',
    '-DNAPI_VERSION=8',
    '-DNODE_GYP_MODULE_NAME=tfjs_binding',
    '-I',
    headers,
  ]
  const outcome = await output(compiler.command, [...common, ...args], environment, signal)
  if (signal?.aborted)
    throw new StudioError('cancelled', 'The installation was stopped; downloaded files are kept.')
  if (outcome.code === 0) return
  const error =
    outcome.text.split('\n').find((line) => /error|cannot|undefined/i.test(line)) ??
    outcome.text.trim().split('\n').at(-1)
  throw new StudioError(
    'runtime-failed',
    `Expected ${compiler.command} to build the native binding; found the error: ${error ?? 'no message'}. Install a compiler with C++17 (g++ 9 or later) and try again.`,
    { reason: 'build-failed' },
  )
}

function linkFlags(entry: RuntimeEntry, site: string): string[] {
  const [first] = entry.libraries
  const folder = path.posix.dirname(first)
  if (entry.platform.startsWith('darwin')) {
    const libraries = entry.libraries.map((library) => path.join(site, library))
    return ['-undefined', 'dynamic_lookup', ...libraries, `-Wl,-rpath,@loader_path/site/${folder}`]
  }
  const libraries = entry.libraries.map((library) => `-l:${path.posix.basename(library)}`)
  return [`-L${path.join(site, folder)}`, ...libraries, `-Wl,-rpath,$ORIGIN/site/${folder}`]
}
