import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connect } from './api/connect.ts'
import { App } from './app.tsx'
import { SignedOut } from './shell/signed-out.tsx'
import { applyTheme } from './shell/theme.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no root')

applyTheme()
const api = connect()
createRoot(root).render(
  <StrictMode>{api === undefined ? <SignedOut /> : <App api={api} />}</StrictMode>,
)
