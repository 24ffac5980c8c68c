// latent serve: the studio in a browser.
import type { Call, Command } from './command.ts'
export const serve: Command = { name: 'serve', summary: '', arguments: [], flags: [], examples: [], run: async (_call: Call) => undefined }
