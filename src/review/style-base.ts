import { css } from './css.js'

/** Colours, type, and what all views have. */
export const baseStyle = css`
  :root {
    color-scheme: light dark;
    --page: #faf9f7;
    --panel: #ffffff;
    --sunk: #f3f1ed;
    --line: #e3e0da;
    --line-strong: #c9c5bd;
    --text: #1d2125;
    --dim: #63696f;
    --accent: #1f6283;
    --accent-soft: #e3eef3;
    --good: #23703f;
    --warn: #8a5a00;
    --warn-soft: #fbf1dc;
    --bad: #ab2f26;
    --bad-soft: #fae7e4;
    --plus-soft: #e6f3ea;
    --tone-1: #2a6f97;
    --tone-2: #b26a00;
    --tone-3: #3f7d4e;
    --tone-4: #84508f;
    --tone-5: #a34a52;
    --tone-6: #5d6b2f;
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #14171a;
      --panel: #1b1f23;
      --sunk: #181b1f;
      --line: #2b3036;
      --line-strong: #434a52;
      --text: #e2e5e8;
      --dim: #979fa7;
      --accent: #7cbbd8;
      --accent-soft: #1e323d;
      --good: #74c08d;
      --warn: #e0ae55;
      --warn-soft: #33291a;
      --bad: #ef8a80;
      --bad-soft: #3a2220;
      --plus-soft: #1b2e22;
      --tone-1: #6db3d6;
      --tone-2: #e0a458;
      --tone-3: #84c394;
      --tone-4: #c796d3;
      --tone-5: #e3929a;
      --tone-6: #b3c274;
    }
  }
  * {
    box-sizing: border-box;
  }
  html {
    background: var(--page);
    color: var(--text);
    font: 15px/1.5 var(--sans);
    -webkit-text-size-adjust: 100%;
  }
  body {
    margin: 0 auto;
    max-width: 1440px;
    min-height: 100vh;
    padding: 0 24px 32px;
    display: flex;
    flex-direction: column;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul {
    margin: 0;
    padding: 0;
  }
  h2 {
    font-size: 1.2rem;
    font-weight: 600;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  h3 {
    font-size: 0.93rem;
    font-weight: 600;
  }
  ul {
    list-style: none;
  }
  a {
    color: var(--accent);
    text-underline-offset: 3px;
    text-decoration-thickness: 1px;
  }
  code,
  kbd {
    font-family: var(--mono);
    font-size: 0.86em;
  }
  code {
    overflow-wrap: anywhere;
  }
  bdi {
    unicode-bidi: isolate;
  }
  time,
  .number,
  .count {
    font-variant-numeric: tabular-nums;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    border-radius: 4px;
  }
  main:focus {
    outline: none;
  }
  main {
    flex: 1;
    display: flex;
    flex-direction: column;
  }
  .view {
    flex: 1;
    display: flex;
    flex-direction: column;
    gap: 16px;
  }
  .dim,
  .note {
    color: var(--dim);
  }
  .note {
    font-size: 0.87rem;
  }
  .good-text {
    color: var(--good);
  }
  .warn-text {
    color: var(--warn);
  }
  .bad-text {
    color: var(--bad);
  }
  .unseen,
  .skip:not(:focus) {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .mark {
    direction: ltr;
    unicode-bidi: isolate;
    font: 600 0.7em/1 var(--mono);
    padding: 1px 4px;
    margin: 0 1px;
    border: 1px solid var(--line-strong);
    border-radius: 3px;
    color: var(--warn);
    background: var(--warn-soft);
  }

  button {
    font: inherit;
    font-size: 0.9rem;
    color: var(--text);
    background: var(--panel);
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    padding: 4px 12px;
    min-height: 32px;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    border-color: var(--dim);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--page);
  }
  button.quiet {
    min-width: 32px;
    padding: 4px;
    color: var(--dim);
    border-color: var(--line);
  }
  button.more {
    border: 0;
    background: none;
    padding: 0 2px;
    min-height: 24px;
    color: var(--accent);
    text-decoration: underline;
    text-underline-offset: 3px;
    text-decoration-thickness: 1px;
  }
  kbd {
    display: inline-block;
    min-width: 1.7em;
    padding: 1px 5px;
    text-align: center;
    line-height: 1.35;
    color: var(--dim);
    background: var(--sunk);
    border: 1px solid var(--line);
    border-radius: 4px;
  }
  button kbd {
    margin-left: 8px;
    font-size: 0.76em;
  }
  button.primary kbd {
    color: inherit;
    background: none;
    border-color: currentColor;
    opacity: 0.75;
  }

  .heading {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 20px;
    align-items: baseline;
    justify-content: space-between;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .badge {
    display: inline-block;
    padding: 1px 8px;
    border-radius: 10px;
    font-size: 0.77rem;
    font-weight: 500;
    line-height: 1.5;
    color: var(--dim);
    background: var(--sunk);
    border: 1px solid var(--line);
    vertical-align: 0.1em;
    white-space: nowrap;
  }
  .badge.open {
    color: var(--warn);
    background: var(--warn-soft);
    border-color: transparent;
  }
  .badge.resolved {
    color: var(--good);
    background: var(--plus-soft);
    border-color: transparent;
  }
  .badge.bad {
    color: var(--bad);
    background: var(--bad-soft);
    border-color: transparent;
  }
  .notice,
  .failure,
  .fresh:not(:empty) {
    padding: 10px 14px;
    margin: 0 0 16px;
    border-radius: 8px;
    background: var(--warn-soft);
  }
  .fresh:not(:empty) {
    margin: 0;
  }
  .fresh:empty {
    display: none;
  }
  .failure {
    background: var(--bad-soft);
    display: grid;
    gap: 6px;
    justify-items: start;
    margin: 0;
  }
  p.said:empty {
    display: none;
  }
  p.said {
    padding: 8px 14px;
    margin: 0 0 16px;
    border-radius: 8px;
    background: var(--accent-soft);
  }
  p.said[data-tone='good'] {
    background: var(--plus-soft);
  }
  p.said[data-tone='bad'] {
    background: var(--bad-soft);
  }
  .empty {
    padding: 48px 0;
    text-align: center;
    color: var(--dim);
  }

  .table {
    overflow-x: auto;
  }
  table {
    min-width: min(100%, 760px);
    border-collapse: collapse;
    font-size: 0.92rem;
  }
  th,
  td {
    text-align: left;
    padding: 7px 28px 7px 0;
    border-bottom: 1px solid var(--line);
    vertical-align: baseline;
  }
  th {
    font-size: 0.8rem;
    font-weight: 500;
    color: var(--dim);
    white-space: nowrap;
  }
  td:last-child,
  th:last-child {
    padding-right: 0;
  }
  .table .number {
    text-align: right;
    white-space: nowrap;
  }
  tbody tr:last-child td {
    border-bottom: 0;
  }

  dialog.help {
    color: inherit;
    background: var(--panel);
    border: 1px solid var(--line-strong);
    border-radius: 12px;
    padding: 22px 26px;
    max-width: min(640px, calc(100vw - 32px));
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 0.35);
  }
  .help-columns {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 48px;
    margin: 14px 0 18px;
  }
  .help dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 6px 16px;
    margin-top: 8px;
    font-size: 0.9rem;
  }
  .help dt {
    white-space: nowrap;
  }
  .help kbd + kbd {
    margin-left: 4px;
  }
  @media (max-width: 640px) {
    body {
      padding: 0 14px 24px;
    }
  }
`
