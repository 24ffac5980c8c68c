// Starts the page: theme first (so that nothing flashes), then the connection, then the frame with
// its routes.
import { mount } from 'svelte'
import './tokens.css'
import './base.css'
import App from './App.svelte'
import { connection } from './client/connection.svelte.ts'
import { desktop } from './state/desktop.svelte.ts'
import { jobs } from './state/jobs.svelte.ts'
import { runs } from './state/runs.svelte.ts'
import { theme } from './state/theme.svelte.ts'

theme.start()
await connection.start()
runs.start()
jobs.start()
desktop.start()

const target = document.getElementById('app')
if (target) mount(App, { target })
