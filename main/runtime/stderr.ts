// Of what a process printed before it died, the one line that says why. Pure text, for every
// process that is started.

/** What Node, Chromium and TensorFlow print beside an error. */
const noise = new RegExp(
  [
    /at |Node\.js v|\^|node:internal|----- |\d+: (0x|\S+:\d)/, // banners and stacks
    /\(node:\d+\) |\(Use `/, // Node's warnings, and how to see more of them
    /\[\d+:\d+\/\d+\.\d+:(INFO|WARNING)/, // Chromium's log
    /E\d{4} .*(cpu_aot_loader|text_format)\.cc:/, // what XLA says of every kept program that it loads
    /[IW]\d{4} |\d{4}-\d\d-\d\d \S+ ?: [IW] |WARNING: All log messages before/, // TensorFlow's log
  ]
    .map(({ source }) => `^(${source})`)
    .join('|'),
)

/**
 * Names an error: JavaScript's, TensorFlow's fatal and error lines (`F0000 ...`, `2026-... F `), an
 * assertion of C.
 */
const named =
  /error|fatal|assert|terminate called|out of memory|check failed|^[FE]\d{4} |^\d{4}-\d\d-\d\d \S+ ?: [FE] /i

/**
 * The line that names the error, else the last one that is not noise, at most 300 characters; may
 * be empty.
 */
export function errorLine(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line))
  return (lines.findLast((line) => named.test(line)) ?? lines.at(-1) ?? '').slice(0, 300)
}
